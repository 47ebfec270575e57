"""Messages about a fix: why a quantity is unobservable, which receivers were left out, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from multistatic.localization.outliers import RobustFits
from multistatic.localization.residuals import FusionModel
from multistatic.localization.scaled_units import delay_doubt
from multistatic.units import SPEED_OF_LIGHT_M_S, F

# A path at most this much longer than the direct one passes the baseline within 7 % of its length.
_NEAR_BASELINE = 1.01
# Provided that it may be no more than this share longer.
_SURE = 0.05
# Errors of more than so many standard deviations, clocks included, are none that were to be expected.
_CERTAIN = 4.0
# Of a difference between measurements and prior that is as large as both state, fewer than one of 3000 are larger.
_FAR_FROM_PRIOR = 5.0


def message_of(
    model: FusionModel, found: RobustFits, i: int, *, prior_needed: bool = False, prior_distance: float = 0.0
) -> str:
    """All messages about fix `i`, as sentences. `prior_needed`, `prior_distance`: of its `Fix`."""
    about_prior = _about_prior(model, found, i, prior_needed, prior_distance)
    return " ".join([*_sentences(model, found, i), *(about_prior if found.fits.usable[i] else ())])


def _about_prior(
    model: FusionModel, found: RobustFits, i: int, prior_needed: bool, prior_distance: float
) -> Iterator[str]:
    """What the prior has decided, and how far it is from the measurements."""
    fits = found.fits
    if not model.seen.prior_degrees:
        return
    if prior_needed:
        yield "The measurements alone do not determine the position; measurements and prior together do."
    if fits.prior_decides[i] and not found.contradiction[i]:
        rise = fits.other_cost[i] - fits.cost[i]
        yield f"The measurements alone allow a second position; with the prior its χ² is higher by {rise:.1f}."
    if prior_distance > _FAR_FROM_PRIOR:
        yield f"The measurements differ from the prior by {prior_distance:.1f} standard deviations."


def _sentences(model: FusionModel, found: RobustFits, i: int) -> Iterator[str]:
    """All messages about the fix of case `i`, the most important one first."""
    fits, ids = found.fits, model.sites.receiver_ids
    prior = model.seen.prior_degrees > 0
    if doubt := _doubt_of_unit(model, i):
        yield doubt
        if not fits.usable[i]:
            return
    if not fits.usable[i]:
        yield _unobservable_position(model, found, i)
        return
    if fits.two[i] and not found.contradiction[i]:
        what = "measurements and the prior" if prior else "measurements"
        yield (
            f"Two positions fit the {what} equally well. Another receiver to the side, or a direction of "
            "arrival, decides between them."
        )
    if not fits.velocity[i]:
        yield (
            "The velocity is unobservable: the Doppler shifts are measured along directions that span fewer than "
            f"{model.sites.dimensions} dimensions."
        )
    suspects = [name for name, alike in zip(ids, found.suspects[i], strict=True) if alike]
    for k in np.flatnonzero(found.flagged[i]):
        others = "other receivers and the prior together" if prior else "other receivers"
        yield f"{ids[k]} contradicts the {others} and was left out."
    if found.prior_alone[i] and found.flagged[i].any():
        suspects.append("the prior")
    if suspects:
        yield f"Leaving out {' or '.join(suspects)} instead would explain the measurements equally well."
    if found.contradiction[i] and prior:
        yield _contradicted_prior(found, i)
    elif found.contradiction[i]:
        yield (
            f"The measurements contradict each other (p = {found.p_value[i]:.1e}), and this is not due to one "
            "receiver: several are wrong, or too few remain to find which one is. The position is the best fit; its "
            "error is unknown."
        )


def _contradicted_prior(found: RobustFits, i: int) -> str:
    """Measurements that contradict each other or the prior."""
    unknown = "The position is the best fit; its error is unknown."
    if found.prior_alone[i]:
        return (
            f"The measurements agree with each other but not with the prior (p = {found.p_value[i]:.1e}): it is of "
            f"another target or time, or its covariance is too small. {unknown}"
        )
    return (
        f"The measurements and the prior contradict each other (p = {found.p_value[i]:.1e}), and this is not due to "
        f"one receiver: several are wrong, or the prior is, or too few remain to find which one is. {unknown}"
    )


def _doubt_of_unit(model: FusionModel, i: int) -> str:
    """A doubt about the unit of the delays, for receivers whose clock errors cannot explain them."""
    seen, sites = model.seen, model.sites
    reach, offsets = seen.measured[i, :, 0], _clock_std_m(model)
    timed = seen.detected[i] & (offsets < 0.01 * np.abs(reach))
    direct = np.linalg.norm(sites.receivers_m - sites.transmitter_m, axis=1)
    names = [sites.receiver_ids[k] for k in np.flatnonzero(timed)]
    return delay_doubt(reach[timed], direct[timed], names)


def _unobservable_position(model: FusionModel, found: RobustFits, i: int) -> str:
    """The most specific reason why the position of case `i` is unobservable."""
    seen, d, ids = model.seen, model.sites.dimensions, model.sites.receiver_ids
    detected = seen.detected[i] & ~found.flagged[i]
    if not detected.any():
        return "No receiver detected the echo." + (" A prior alone is no fix." if seen.prior_degrees else "")
    ranged = detected & (seen.root[i, :, 0, 0] > 0)
    directed = detected & (np.abs(seen.root[i, :, 2:, 2:]).sum(axis=(-1, -2)) > 0)
    if ranged.sum() < d and not directed.any():
        have = [ids[k] for k in np.flatnonzero(ranged)]
        return (
            f"A position in {d}-D needs delays from at least {d} receivers with synchronised clocks, or a direction of "
            f"arrival; here {_only(have)}."
        )
    if len(np.unique(model.sites.receivers_m[ranged], axis=0)) < d and not directed.any():
        return (
            f"Receivers at the same position count as one: a position in {d}-D needs {d} receivers at "
            "different positions."
        )
    direct = np.linalg.norm(model.sites.receivers_m - model.sites.transmitter_m, axis=1)
    reach, margin = seen.measured[i, :, 0], _CERTAIN * _range_std_m(model, i)
    below = [ids[k] for k in np.flatnonzero(ranged & (reach + margin < direct))]
    if below:
        return (
            f"The path over the target to {', '.join(below)} is shorter than the direct path, which is impossible: "
            "check the clock, the position, the unit of the delay, and that the delay counts from the transmission."
        )
    near = [ids[k] for k in np.flatnonzero(ranged & (reach < _NEAR_BASELINE * direct) & (margin < _SURE * direct))]
    if near:
        return (
            f"The target lies on or near the line between the transmitter and {', '.join(near)}, where the delay "
            "hardly changes with the position. Use receivers to the side of this line."
        )
    if found.fits.position[i]:
        return (
            "The position is too uncertain to state its error: in the area where the target may be, the ranges are far "
            "from linear in the position, so that no covariance describes the errors. Use more or better measurements, "
            "or better clocks."
        )
    return (
        f"The directions from the receivers to the target span fewer than {d} dimensions (receivers and target lie in "
        "one line or plane), or too few clocks are synchronised. Use receivers in other directions."
    )


def _only(names: list[str]) -> str:
    """How few receivers have a delay that counts."""
    if not names:
        return "no receiver has such a delay"
    return f"{' and '.join(names)} alone {'has' if len(names) == 1 else 'have'} one"


def _range_std_m(model: FusionModel, i: int) -> F:
    """Standard deviations of the ranges [K] in m, clocks included."""
    total: F = np.hypot(np.sqrt(model.seen.covariance[i, :, 0, 0]), _clock_std_m(model))
    return total


def _clock_std_m(model: FusionModel) -> F:
    """Standard deviations of the clocks [K] in m, the transmitter's included."""
    clock = model.sites.clock_or_perfect
    offsets: F = np.hypot(clock.time_s, clock.common_time_s) * SPEED_OF_LIGHT_M_S
    return offsets
