"""The value-function method: the default beamformer (derivation: docs/algorithms.md §1).

For fixed receive vectors the best beams are a convex problem, solved exactly through its uplink dual
(`value_function_kernels`); the optimal value is then a smooth function of the receive vectors and of the split of each
rate over streams, minimised by BFGS (`value_function_outer`) from several starts (`value_function_starts`), with more
streams where they help (`value_function_streams`). Whether the rates can be reached at all is decided by the minimum
power (`value_function_reach`). With one receive dimension per receiver there is nothing to choose, and the result is
the global optimum with its dual certificate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from multistatic.beamforming import value_function_starts as starts
from multistatic.beamforming.evaluate import evaluate, infeasible
from multistatic.beamforming.problem import BeamformingProblem, BeamformingResult
from multistatic.beamforming.value_function_inner import InnerSolution, directions
from multistatic.beamforming.value_function_outer import GramProblem, Streams, descend, downlink_of, loss
from multistatic.beamforming.value_function_reach import Reach, reach, scaled
from multistatic.beamforming.value_function_streams import with_more_streams, without_idle_streams
from multistatic.signal.beams import Beams
from multistatic.units import B, C, F

METHOD = "value_function"
_RANK_TOLERANCE = 1e-10
_TILTS = (2e-8, 2e-7, 2e-6)
_SCREENING_STEPS = 20
_PROMISING = 1.25
_WORTH_A_STREAM = 1e-4
_STREAM_ROUNDS = 4
_SEED = 0x5EED


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueFunctionSettings:
    """`random_starts`: besides the constructed ones, `random_starts_mixed` where some receivers hear the sensing beam
    and others do not (local optima then differ most); `finalists`: how many starts, at most, are carried to the end;
    `steps` and `tolerance` (relative gain in the loss per step) of each descent.
    """

    random_starts: int = 1
    random_starts_mixed: int = 3
    finalists: int = 3
    steps: int = 300
    tolerance: float = 1e-7


def value_function(problem: BeamformingProblem, settings: ValueFunctionSettings | None = None) -> BeamformingResult:
    """Beams of largest illumination under rates and power; any K, N_t, N_r, selection, rates and streams ≤ L.

    Status `optimal` where every receiver with a requirement has a channel of rank one (line of sight, one antenna) or
    where all power can go to the target; otherwise `feasible`: a local optimum from several starts, with the bound
    N_t P_T. `infeasible` names the reason and the largest common rate found. Raises nothing for well-formed problems.
    """
    settings = settings or ValueFunctionSettings()
    required = np.flatnonzero(problem.rate_required_bps_hz > 0.0)
    steering = problem.steering_tx.conj()
    if len(required) == 0:
        beams = _assemble(problem, required, np.zeros((len(steering), 0), complex), required, steering)
        return evaluate(problem, beams, method=METHOD, message="No rate is required: all power goes to the target.")
    channels = compressed(problem.normalised_direct[required])
    reduced = gram_problem(channels, steering, problem.rate_required_bps_hz[required], ~problem.selected[required])
    matched = matched_powers(reduced)
    if matched is not None:
        aligned = np.sqrt(matched[1:]) * steering[:, None]
        beams = _assemble(problem, required, aligned, np.arange(len(required)), np.sqrt(matched[0]) * steering)
        message = "Every beam points at the target: the rates need nothing else."
        return evaluate(problem, beams, method=METHOD, message=message)
    reached = _feasible_start(reduced, problem.streams)
    if reached.scale < 1.0:
        return _infeasible(problem, reduced, reached)
    best = _best_streams(reduced, reached.streams, problem.streams, settings)
    for tilt in _TILTS:
        if best.solution is not None and best.solution.proven:
            break
        # Receivers exactly deaf to the target put the solution on a pole of the inner problem. The target is only in
        # the objective, so beams for a slightly different one are feasible.
        steering = problem.steering_tx.conj() + tilt * _random_like(steering)
        reduced = gram_problem(channels, steering, problem.rate_required_bps_hz[required], ~problem.selected[required])
        best = _best_streams(reduced, reached.streams, problem.streams, settings)
    if best.solution is None:
        return infeasible(problem, method=METHOD, message="The rates need all of the power, to rounding.")
    data, sensing = downlink_beams(reduced, channels, steering, best, best.solution)
    beams = _assemble(problem, required, data, best.receiver, sensing)
    bound, message = None, f"Local optimum over the receive vectors of {len(best.share)} streams."
    if reduced.antennas == 1 and best.solution.proven:
        bound = _dual_bound_w(problem, reduced, best.solution, steering)
        message = "Global optimum: every channel has rank one, and the dual proves it."
    return evaluate(problem, beams, method=METHOD, message=message, iterations=best.iterations, upper_bound_w=bound)


def _dual_bound_w(problem: BeamformingProblem, reduced: GramProblem, solution: InnerSolution, steering: C) -> float:
    """The dual value for `steering` a', as a bound for a: sqrt(aᴴSa) ≤ sqrt(a'ᴴSa') + ‖a - a'‖ sqrt(P)."""
    tilt = float(np.linalg.norm(problem.steering_tx.conj() - steering))
    return float((np.sqrt(reduced.norm2 - solution.value) + tilt) ** 2 * problem.power_limit_w)


def _random_like(steering: C) -> C:
    """A fixed random vector of the same length and norm."""
    real, imaginary = np.random.default_rng(_SEED).standard_normal((2, len(steering)))
    vector: C = real + 1j * imaginary
    return vector * (np.linalg.norm(steering) / np.linalg.norm(vector))


def compressed(channels: C) -> C:
    """S_kV_kᴴ [K, n, N_t] of H_k = U_kS_kV_kᴴ, with n the largest rank: what the receive antennas can tell apart.

    Directions 1e-10 below the strongest are dropped: a receiver that ignores them loses rate, so beams for the rest
    are safe.
    """
    _, singular, right = np.linalg.svd(channels, full_matrices=False)
    significant = singular > _RANK_TOLERANCE * singular[:, :1]
    n = max(1, int(significant.sum(axis=1).max()))
    small: C = (singular * significant)[:, :n, None] * right[:, :n]
    return small


def gram_problem(channels: C, steering: C, rate_bps_hz: F, hears: B) -> GramProblem:
    """The problem through inner products of channels [K, n, N_t] (noise and power 1) and a = `steering` [N_t]."""
    stacked = channels.reshape(-1, channels.shape[2])
    return GramProblem(
        gram=stacked @ stacked.conj().T,
        cross=stacked @ steering,
        norm2=float(np.vdot(steering, steering).real),
        rate=rate_bps_hz * np.log(2.0),
        hears=hears,
        antennas=channels.shape[1],
    )


def matched_powers(problem: GramProblem) -> F | None:
    """Powers q [1+K] of beams sqrt(q_j) a that meet every rate, Σ q = P/‖a‖²; None if there are none.

    The loss is zero iff every beam points at the target. Then receiver k needs q_k = f_k (1/g_k + P/‖a‖²) if it hears
    the sensing beam and q_k = f_k (1/g_k + Σ_{j≥1} q_j) if it cancels it, with f = γ/(1+γ) = 1 - 2^-R, g_k = ‖H_ka‖².
    """
    needed = -np.expm1(-problem.rate)
    gain = np.sum(np.abs(problem.cross.reshape(len(needed), -1)) ** 2, axis=1)
    if not np.all(gain > 0.0) or problem.norm2 <= 0.0:
        return None
    budget, hears = 1.0 / problem.norm2, problem.hears
    own = needed[~hears].sum()
    if own >= 1.0:
        return None
    data = (np.sum(needed / gain) + needed[hears].sum() * budget) / (1.0 - own)
    if not data <= budget:
        return None
    powers = needed * (1.0 / gain + np.where(hears, budget, data))
    return np.concatenate([[max(0.0, budget - powers.sum())], powers])


def downlink_beams(
    problem: GramProblem, channels: C, steering: C, streams: Streams, solution: InnerSolution
) -> tuple[C, C]:
    """Data beams sqrt(q_s) u_s [N_t, S] and the sensing beam sqrt(p_c) w₀ [N_t], from the inner solution."""
    matched = np.einsum("srt,sr->ts", channels[streams.receiver].conj(), streams.vectors)
    beams = directions(downlink_of(problem, streams)[1], solution)
    data = (matched * np.sqrt(solution.price)) @ beams.error + solution.nu * np.outer(steering, beams.lit)
    return data * np.sqrt(solution.powers), (steering - matched @ beams.weights) * np.sqrt(solution.left)


def _feasible_start(problem: GramProblem, limit: int) -> Reach:
    """Streams that reach all rates within the power (scale 1), or the largest scale of the rates found."""
    best = Reach(scale=0.0, streams=starts.dominant(problem))
    rng = np.random.default_rng(_SEED)
    for attempt in range(4):
        start = starts.dominant(problem) if attempt == 0 else starts.random(problem, rng)
        found = reach(problem, start, limit, 1.0)
        best = max(best, found, key=lambda reached: reached.scale)
        if best.scale >= 1.0 or problem.antennas == 1:
            break
    return best


def _best_streams(problem: GramProblem, feasible: Streams, limit: int, settings: ValueFunctionSettings) -> Streams:
    """The best local optimum over the starts, then with more streams as long as they help."""
    best = loss(problem, replace(feasible, solution=None))[0]
    if problem.antennas == 1:
        return best
    screened = [descend(problem, start, loss, steps=_SCREENING_STEPS) for start in _starts(problem, feasible, settings)]
    screened = sorted(screened, key=lambda streams: streams.value)
    for start in screened[: settings.finalists]:
        if start.value <= _PROMISING * screened[0].value:
            finished = descend(problem, start, loss, steps=settings.steps, tolerance=settings.tolerance)
            best = min(best, finished, key=lambda streams: streams.value)
    for _ in range(_STREAM_ROUNDS):
        richer = with_more_streams(problem, best, limit)
        if richer is None:
            break
        richer = descend(problem, richer, loss, steps=settings.steps, tolerance=settings.tolerance)
        richer = loss(problem, without_idle_streams(problem, richer))[0]
        if not richer.value < best.value * (1.0 - _WORTH_A_STREAM):
            break
        best = richer
    return best


def _starts(problem: GramProblem, feasible: Streams, settings: ValueFunctionSettings) -> list[Streams]:
    """The feasible streams, random ones, and for a mixed selection receivers turned away from the target."""
    rng, count = np.random.default_rng(_SEED), settings.random_starts
    found = [replace(feasible, solution=None)]
    if problem.hears.any() and not problem.hears.all():
        alone, count = starts.everyone_hears(problem), settings.random_starts_mixed
        found.append(starts.deaf_to_target(problem, 1.0))
        found.append(replace(descend(alone, found[0], loss, steps=settings.steps, tolerance=1e-4), solution=None))
    return found + [starts.random(problem, rng) for _ in range(count)]


def _assemble(problem: BeamformingProblem, required: np.ndarray, data: C, receiver: np.ndarray, sensing: C) -> Beams:
    """Beams [1+K, N_t, L] in sqrt(W) from data beams [N_t, S] of `required`[`receiver`], power exactly P_T."""
    count, antennas = len(problem.direct), len(problem.steering_tx)
    weights = np.zeros((1 + count, antennas, max(1, problem.streams)), complex)
    weights[0, :, 0] = sensing
    used = np.zeros(count, int)
    for s, k in enumerate(required[receiver]):
        weights[1 + k, :, used[k]] = data[:, s]
        used[k] += 1
    total = np.sum(np.abs(weights) ** 2)
    return Beams(weights=weights * np.sqrt(problem.power_limit_w / total) if total > 0.0 else weights)


def _infeasible(problem: BeamformingProblem, reduced: GramProblem, reached: Reach) -> BeamformingResult:
    """The verdict, with the largest rate that all receivers with a requirement reach together."""
    rates = reduced.rate / np.log(2.0)
    if np.all(rates == rates[0]):
        common = float(reached.scale * rates[0])
    else:
        equal = replace(reduced, rate=np.full(len(rates), np.log(2.0) * rates.max()))
        common = float(reach(equal, scaled(equal, reached.streams, 1.0)[1], problem.streams, 1.0).scale * rates.max())
    silent = np.flatnonzero(problem.rate_required_bps_hz > 0)[
        np.einsum(
            "kk->k",
            reduced.gram.reshape(len(rates), reduced.antennas, len(rates), reduced.antennas).trace(axis1=1, axis2=3),
        ).real
        <= 0
    ]
    if len(silent):
        message = f"Receiver {silent[0]} has a rate requirement and no channel."
    else:
        message = (
            f"The rates cannot be reached with {problem.power_limit_w:g} W: at most {reached.scale:.6g} of each "
            f"requirement, or {common:.6g} bit/s/Hz for all receivers with one."
        )
    return infeasible(problem, method=METHOD, message=message, largest_common_rate_bps_hz=common)
