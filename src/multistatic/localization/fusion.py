"""Position and velocity from the measurements of all receivers: weighted least squares on (p, v), model.md §9.

Model: receiver k measures z_k = h_k(p, v) + errors with the covariance that its measurement states, independent between
receivers, plus the clock offsets of `bounds.clock`. The fit minimises χ² = Σ_k e_kᵀ Σ_k⁻¹ e_k: maximum likelihood for
Gaussian errors. Its covariance is (Σ_k T_kᵀ Σ_k⁻¹ T_k)⁻¹: the position error bound, where Σ_k = J_k⁻¹, at the estimate.
A prior of the target (`StatePrior`) adds (x - x₀)ᵀJ₀(x - x₀) to χ² and J₀ to the information: the maximum of the
posterior density, with the posterior covariance. Starts are in `starting_points`, verdicts in `fit`, bad receivers in
`outliers`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from multistatic.estimation.measurement import Measurement
from multistatic.linalg import generalised_inverse, marginal_variance, schur_complement
from multistatic.localization.fit import Fits
from multistatic.localization.fix import Fix, PositionVerdict
from multistatic.localization.known_sites import KnownSites, known_sites
from multistatic.localization.observations import Observations, observations
from multistatic.localization.outliers import RobustFits, robust_fit
from multistatic.localization.reasons import message_of
from multistatic.localization.residuals import FusionModel
from multistatic.localization.shared_errors import with_shared_errors
from multistatic.localization.state_prior import StatePrior, with_priors
from multistatic.scenario.model import Scenario
from multistatic.units import SPEED_OF_LIGHT_M_S, B, F

# Fixes at a time: their starts and derivatives then fit into the processor's caches, and leaving out each receiver of
# each fix, which makes K fits of K receivers, into memory.
_CHUNK = 1024
_LEFT_OUT = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionSettings:
    """Test levels of `localize`.

    false_flag_rate: probability that measurements without outliers lose a receiver or are called contradictory: the
        level of the χ² test, from 0 (no test), below 1.
    most_outliers: largest number of receivers that may be left out of one fix.
    odds: a second local minimum is ruled out if its likelihood is lower by this factor, 1 or more.

    Raises `ValueError` for a value that is out of range.

    >>> FusionSettings(most_outliers=0).false_flag_rate
    0.001
    """

    false_flag_rate: float = 1e-3
    most_outliers: int = 1
    odds: float = 1000.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.false_flag_rate < 1.0:
            raise ValueError(f"false_flag_rate={self.false_flag_rate}, expected 0 or more, below 1")
        if self.most_outliers < 0:
            raise ValueError(f"most_outliers={self.most_outliers}, expected 0 or more")
        if not self.odds >= 1.0:
            raise ValueError(f"odds={self.odds}, expected 1 or more")


DEFAULTS = FusionSettings()


def localize(
    measurements: Sequence[Measurement],
    sites: KnownSites | Scenario,
    settings: FusionSettings = DEFAULTS,
    *,
    prior: StatePrior | None = None,
) -> Fix:
    """Estimate position and velocity of the target from the measurements of one block.

    measurements: at most one for each receiver; only those with the verdict `detected` are used.
    sites: the known positions and clocks (`KnownSites`), or the scenario that has them.
    settings: test levels (`FusionSettings`).
    prior: what is known of position and velocity without the measurements (`StatePrior`, of a scenario `state_prior`);
        None: nothing. A prior of the scenario is used only where it is given here.

    Weighted least squares on position and velocity: maximum likelihood for Gaussian errors with the stated covariances,
    independent between receivers apart from `shared_std` and the offset of the transmitter's clock; with a prior, the
    maximum of the posterior density. A target that is not observable is a verdict of the fix and not an error. Raises
    `InputError` for measurements of unknown receivers, two measurements of one receiver, values that are not finite,
    and a prior in other dimensions. Source: model.md §9.

    >>> from multistatic import load_preset, realise, sensing_network
    >>> scenario = load_preset("paper")
    >>> network = sensing_network(scenario, realise(scenario))
    >>> from multistatic import draw_measurements
    >>> import numpy as np
    >>> group, = draw_measurements(network, 10.0, np.random.default_rng(0))
    >>> localize(group, scenario).position_verdict
    'unique'
    """
    return localize_many([measurements], sites, settings, prior=prior)[0]


def localize_many(
    groups: Sequence[Sequence[Measurement]],
    sites: KnownSites | Scenario,
    settings: FusionSettings = DEFAULTS,
    *,
    prior: StatePrior | Sequence[StatePrior] | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Fix, ...]:
    """Estimate one fix for each group of measurements, all together: thousands in a second.

    groups: sequences of measurements as for `localize`, one for each fix.
    sites: the known positions and clocks (`KnownSites`), or the scenario that has them.
    settings: test levels (`FusionSettings`).
    prior: one prior for all fixes, or one for each; None: nothing is known without the measurements.
    on_progress: function that is called from time to time with the number of finished fixes and the number of all.

    Model and errors are those of `localize`.

    >>> from multistatic import load_preset, realise, sensing_network
    >>> scenario = load_preset("paper")
    >>> network = sensing_network(scenario, realise(scenario))
    >>> from multistatic import draw_measurements
    >>> import numpy as np
    >>> groups = draw_measurements(network, 10.0, np.random.default_rng(0), count=2)
    >>> [fix.position_verdict for fix in localize_many(groups, scenario)]
    ['unique', 'unique']
    """
    known = known_sites(sites) if isinstance(sites, Scenario) else sites
    groups, known = with_shared_errors(groups, known)
    seen = with_priors(observations(groups, known), prior, known.dimensions)
    size = max(1, min(_CHUNK, _LEFT_OUT // known.size**2))
    times = np.array([np.mean([one.time_s for one in group]) if group else 0.0 for group in groups])
    fixes: list[Fix] = []
    for chunk in _chunks(len(seen), size):
        on_progress(len(fixes), len(seen))
        fixes += _fixes(seen.cases(chunk), known, settings, times[chunk])
    return tuple(fixes)


def _chunks(count: int, size: int) -> Iterator[np.ndarray]:
    for start in range(0, count, size):
        yield np.arange(start, min(start + size, count))


def _fixes(seen: Observations, sites: KnownSites, settings: FusionSettings, times: F) -> Iterator[Fix]:
    model = FusionModel(sites=sites, seen=seen)
    found = robust_fit(
        model,
        false_flag_rate=settings.false_flag_rate,
        most_outliers=settings.most_outliers,
        ambiguity=2.0 * float(np.log(settings.odds)),
    )
    details = _details(model, found)
    for i, time_s in enumerate(times):
        yield _fix(i, float(time_s), model, found, details)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Details:
    """What follows from the fits: covariance of (p, v) and of p, residuals, offsets, all [n, …]."""

    covariance: F
    position_covariance: F
    residuals: F
    normalised: F
    offsets: F
    common: F
    prior_position: F
    prior_covariance: F
    prior_distance: F
    prior_needed: B


def _details(model: FusionModel, found: RobustFits) -> _Details:
    """Covariances, residuals and clock offsets of all fits."""
    d, fits, sites = model.sites.dimensions, found.fits, model.sites
    stated = fits.covariance + fits.excess
    position = generalised_inverse(schur_complement(fits.information, slice(0, d)))
    if model.seen.prior_degrees:
        position = fits.covariance[:, :d, :d]
    error = np.where(model.seen.detected[..., None], model.seen.measured - model.predicted(fits.x), 0.0)
    root = model.seen.root[..., :2, :2]
    white = (root @ error[..., None])[..., 0]
    noise = (model.seen.covariance @ (np.swapaxes(root, -1, -2) @ white[..., None]))[..., 0]
    unit = 1.0 / np.array([SPEED_OF_LIGHT_M_S, -sites.wavelength_m])
    clock = sites.clock_or_perfect
    unsynchronised = np.stack([clock.time_s, clock.frequency_hz], axis=1) > 0
    common = np.zeros((len(error), 2))
    common[:, model.free_offsets] = fits.x[:, 2 * d :]
    return _Details(
        covariance=stated[:, : 2 * d, : 2 * d],
        position_covariance=position + fits.excess[:, :d, :d],
        residuals=error * unit,
        normalised=_normalised(model, found, fits.covariance),
        offsets=np.where(unsynchronised & model.seen.detected[..., None], (error - noise) * unit, 0.0),
        common=common * unit + 0.0,  # + 0.0 turns -0.0 into 0.0
        **_prior_details(model, found),
    )


def _prior_details(model: FusionModel, found: RobustFits) -> dict[str, np.ndarray]:
    """The prior of each fix, its distance from the measurements, and whether the position needs it."""
    seen, d, count = model.seen, model.sites.dimensions, len(found.fits.x)
    if seen.expected is None or seen.prior_rows is None:
        nothing = np.zeros(count)
        return {
            "prior_position": np.zeros((count, 3)),
            "prior_covariance": np.zeros((count, d, d)),
            "prior_distance": nothing,
            "prior_needed": nothing > 0,
        }
    rows, covariance = seen.prior_rows, found.fits.covariance[:, : 2 * d, : 2 * d]
    white = (rows @ (found.fits.x[:, : 2 * d] - seen.expected)[..., None])[..., 0]
    distance = _distance(white, np.eye(rows.shape[1]) - rows @ covariance @ np.swapaxes(rows, 1, 2))
    _, slopes = model.evaluate(found.fits.x, np.arange(count))
    slopes = slopes[:, : slopes.shape[1] - rows.shape[1]] * np.where(_counted(model, found), 1.0, 0.0)[..., None]
    alone = np.swapaxes(slopes, 1, 2) @ slopes
    position, _ = model.place(np.concatenate([seen.expected, np.zeros((count, model.unknowns - 2 * d))], axis=1))
    return {
        "prior_position": position,
        "prior_covariance": generalised_inverse(np.swapaxes(rows, 1, 2) @ rows)[:, :d, :d],
        "prior_distance": distance,
        "prior_needed": np.isinf(marginal_variance(alone, slice(0, d))),
    }


def _counted(model: FusionModel, found: RobustFits) -> B:
    """Which whitened rows [n, R], without those of the prior, belong to receivers in the fit, or to a clock."""
    inside = np.repeat(model.seen.detected & ~found.flagged, model.seen.root.shape[-1], axis=1)
    clocks = np.ones((len(inside), len(model.free_offsets)), bool)
    return np.concatenate([inside, clocks], axis=1)


def _normalised(model: FusionModel, found: RobustFits, covariance: F) -> F:
    """Each receiver against the others, in standard deviations [n, K].

    For a receiver outside of the fit the difference has the (whitened) covariance I + T C Tᵀ. For one inside,
    eᵀ(I - T C Tᵀ)⁻¹e is the same quantity after leaving it out (matrix inversion lemma, to first order).
    """
    count, receivers = model.seen.detected.shape
    size = model.seen.root.shape[-1]
    white, slopes = model.evaluate(found.fits.x, np.arange(count))
    white = white[:, : receivers * size].reshape(count, receivers, size)
    slopes = slopes[:, : receivers * size].reshape(count, receivers, size, -1)
    explained = slopes @ covariance[:, None] @ np.swapaxes(slopes, -1, -2)
    sign = np.where(found.flagged, 1.0, -1.0)
    normalised = _distance(white, np.eye(size) + sign[..., None, None] * explained)
    return np.where(model.seen.detected & found.fits.usable[:, None], normalised, 0.0)


def _distance(white: F, spread: F) -> F:
    """(eᵀS⁺e)^½ [...] of differences e [..., m] with the covariance S [..., m, m]."""
    values, vectors = np.linalg.eigh(spread)
    kept = values > 1e-7
    parts = (np.swapaxes(vectors, -1, -2) @ white[..., None])[..., 0] ** 2
    distance: F = np.sqrt(np.sum(np.where(kept, parts / np.where(kept, values, 1.0), 0.0), axis=-1))
    return distance


def _fix(i: int, time_s: float, model: FusionModel, found: RobustFits, details: _Details) -> Fix:
    """The fix of case `i` from the fits and details of all cases."""
    fits, ids = found.fits, model.sites.receiver_ids
    located = bool(fits.usable[i])
    moving = located and bool(fits.velocity[i])
    contradictory = located and bool(found.contradiction[i])
    two = located and bool(fits.two[i]) and not contradictory
    other = two or (located and bool(fits.prior_decides[i]) and not contradictory)
    prior = located and model.seen.prior_degrees > 0
    (here, there), (slow, fast) = _places(model, fits, i)
    flagged = found.flagged[i]
    return Fix(
        time_s=time_s,
        position_verdict=_verdict(located, contradictory, two),
        velocity_verdict="observable" if moving else "unobservable",
        position_m=here if located else None,
        velocity_m_s=slow if moving else None,
        covariance=details.covariance[i] if moving and not contradictory else None,
        position_covariance_m2=details.position_covariance[i] if located and not contradictory else None,
        other_position_m=there if other else None,
        other_velocity_m_s=fast if other and moving else None,
        other_chi_square_rise=float(fits.other_cost[i] - fits.cost[i]) if other else None,
        prior_position_m=details.prior_position[i] if prior else None,
        prior_position_covariance_m2=details.prior_covariance[i] if prior else None,
        prior_distance=float(details.prior_distance[i]) if prior else None,
        prior_needed=prior and bool(details.prior_needed[i]),
        receiver_ids=ids,
        used=tuple(
            name
            for name, detected, out in zip(ids, model.seen.detected[i], flagged, strict=True)
            if detected and not out
        ),
        outliers=tuple(name for name, out in zip(ids, flagged, strict=True) if out),
        residuals=details.residuals[i] if located else np.zeros((len(ids), 2)),
        normalised_residuals=details.normalised[i],
        chi_square=float(fits.cost[i]) if located else 0.0,
        degrees_of_freedom=int(max(fits.degrees[i], 0)) if located else 0,
        p_value=float(found.p_value[i]) if located else 1.0,
        clock_offsets=details.offsets[i] if located else np.zeros((len(ids), 2)),
        common_clock_offset=(float(details.common[i, 0]), float(details.common[i, 1])) if located else (0.0, 0.0),
        message=message_of(
            model,
            found,
            i,
            prior_needed=bool(details.prior_needed[i]),
            prior_distance=float(details.prior_distance[i]),
        ),
    )


def _verdict(located: bool, contradictory: bool, two: bool) -> PositionVerdict:
    if not located:
        return "unobservable"
    if contradictory:
        return "contradictory"
    return "ambiguous" if two else "unique"


def _places(model: FusionModel, fits: Fits, i: int) -> tuple[F, F]:
    """Positions [2, 3] and velocities [2, 3] of both minima."""
    position, velocity = model.place(np.stack([fits.x[i], fits.other[i]]))
    return position, velocity
