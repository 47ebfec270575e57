"""The value-function method: the default beamformer (derivation: docs/algorithms.md §1).

For fixed receive vectors the best beams are a convex problem, solved exactly through its uplink dual
(`beamforming.downlink`); the optimal value is then a smooth function of the receive vectors and of the split of each
rate over streams, minimised by BFGS (`descent`) from several starts (`several_starts`), or from
the beams of a neighbouring problem (`earlier_beams`), with more streams where they help (`streams`).
Whether the rates can be reached at all is decided by the largest common factor of all rates
(`reachable_rates`, `rate_balancing`). With one receive dimension per receiver there is nothing to
choose, and the result is the global optimum with its dual certificate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingProblem, BeamformingResult, Prices
from multistatic.beamforming.certificate import proves_infeasible
from multistatic.beamforming.downlink.downlink import InnerSolution
from multistatic.beamforming.downlink.gram_problem import (
    GramProblem,
    Streams,
    compressed,
    downlink_beams,
    gram_problem,
    matched_powers,
)
from multistatic.beamforming.evaluate import evaluate, infeasible, with_objective
from multistatic.beamforming.rate_words import distinct_digits
from multistatic.beamforming.stationarity import NEARLY_STATIONARY, stationarity
from multistatic.beamforming.value_function.earlier_beams import streams_of_beams
from multistatic.beamforming.value_function.reachable_rates import Reach, reach, scaled
from multistatic.beamforming.value_function.receive_vectors import with_beams
from multistatic.beamforming.value_function.several_starts import (
    LocalOptima,
    ValueFunctionSettings,
    best_streams,
    feasible_start,
    polished,
    resumed_streams,
)
from multistatic.registry import algorithm
from multistatic.signal.beams import Beams
from multistatic.units import C

METHOD = "value_function"
_TILTS = (0.0, 2e-8, 2e-7, 2e-6)
_RESUMED = " The descent started from the earlier beams only."
_SEED = 0x5EED
_ROUNDING = 1e-7  # nats, in the bound on the rates that are reached
_ALL_ON_TARGET = "No beams of this power can send more power towards the target."
_POLISHED = 1e-3  # stationarity residual: beams beyond it are worth a longer descent


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Posed:
    """`original`, reduced to the receivers `required` [K'] with `channels` [K', n, N_t] and a = `steering` [N_t]."""

    original: BeamformingProblem
    required: np.ndarray
    channels: C
    steering: C
    reduced: GramProblem

    def beams(self, data: C, receiver: np.ndarray, sensing: C) -> Beams:
        """Beams [1+K, N_t, L] in sqrt(W) from those of each stream [N_t, S] and the sensing beam [N_t]; power P_T."""
        count, antennas = len(self.original.direct), len(self.steering)
        weights = np.zeros((1 + count, antennas, max(1, self.original.streams)), complex)
        weights[0, :, 0] = sensing
        used = np.zeros(count, int)
        for s, k in enumerate(self.required[receiver]):
            weights[1 + k, :, used[k]] = data[:, s]
            used[k] += 1
        return Beams(weights=weights * np.sqrt(self.original.power_limit_w / np.sum(np.abs(weights) ** 2)))

    def designed(self, streams: Streams, solution: InnerSolution) -> Beams:
        """The beams of an inner solution."""
        data, sensing = downlink_beams(self.reduced, self.channels, self.steering, streams, solution)
        return self.beams(data, streams.receiver, sensing)

    def tilted(self, tilt: float) -> _Posed:
        """The same with a slightly different target: a plus `tilt` ‖a‖ times a fixed random unit vector."""
        real, imaginary = np.random.default_rng(_SEED).standard_normal((2, len(self.steering)))
        vector = real + 1j * imaginary
        norm = np.linalg.norm(self.steering) / np.linalg.norm(vector)
        return _posed(self.original, self.original.steering.conj() + tilt * norm * vector)


def _posed(original: BeamformingProblem, steering: C) -> _Posed:
    required = np.flatnonzero(original.rate_required_bps_hz > 0.0)
    channels = compressed(original.normalised_direct[required])
    reduced = gram_problem(channels, steering, original.rate_required_bps_hz[required], ~original.selected[required])
    return _Posed(original=original, required=required, channels=channels, steering=steering, reduced=reduced)


@algorithm(settings=ValueFunctionSettings, fast=True)
def value_function(problem: BeamformingProblem, settings: ValueFunctionSettings | None = None) -> BeamformingResult:
    """Beams of largest illumination under rates and power, or of least loss over several points; any K, N_t, N_r,
    selection, rates and streams ≤ L.

    One point: see `one_point_beams`. Several: see `over_points.method.point_beams`.
    """
    if len(problem.steering_tx) > 1:
        # It solves problems of one point too, so that it imports this module.
        from multistatic.beamforming.over_points.method import point_beams

        return point_beams(problem, settings)
    return with_objective(problem, one_point_beams(replace(problem, objective=None), settings))


def one_point_beams(problem: BeamformingProblem, settings: ValueFunctionSettings | None = None) -> BeamformingResult:
    """Beams of largest illumination of one point.

    Status `optimal` where every receiver with a requirement has a channel of rank one (line of sight, one antenna) or
    where all power can go to the target; otherwise `feasible`: a local optimum from several starts, with the bound
    N_t P_T. `infeasible` names the reason and the largest common rate found. Raises nothing for well-formed problems.
    """
    posed = _posed(problem, problem.steering.conj())
    matched = matched_powers(posed.reduced)
    if matched is not None:
        aligned = np.sqrt(matched[1:]) * posed.steering[:, None]
        beams = posed.beams(aligned, np.arange(len(posed.required)), np.sqrt(matched[0]) * posed.steering)
        message = "The beams are optimal: every beam points at the target and the required rates are met."
        free = Prices(rate_w_per_bps_hz=np.zeros(len(problem.direct)), power=posed.reduced.norm2)
        return replace(evaluate(problem, beams, method=METHOD, message=message), prices=free)
    settings = settings or ValueFunctionSettings()
    resumed = _resumed(posed, settings)
    if resumed is not None:
        return _result(posed, resumed, settings, _RESUMED)
    reached = feasible_start(posed.reduced, problem.streams)
    if reached.scale < 1.0:
        return _infeasible(posed, reached)
    return _designed(posed, reached.streams, settings)


def _resumed(posed: _Posed, settings: ValueFunctionSettings) -> LocalOptima | None:
    """The local optima below the earlier beams of the problem; None where there are none that still meet the rates, or
    where there is no choice of receive vectors to begin with.
    """
    if posed.reduced.antennas == 1:
        return None
    rows = np.concatenate([[0], posed.required + 1])
    starts = []
    for beams in posed.original.starts:
        weights = np.asarray(beams.weights)[rows] / np.sqrt(posed.original.power_limit_w)
        starts.append(streams_of_beams(posed.reduced, posed.channels, weights))
    usable = [start for start in starts if start is not None]
    return resumed_streams(posed.reduced, usable, posed.original.streams, settings) if usable else None


def _designed(posed: _Posed, feasible: Streams, settings: ValueFunctionSettings) -> BeamformingResult:
    """The best streams found, as a result.

    Receivers exactly orthogonal to the target can put the solution on a pole of the inner problem. The target is only
    in the objective, so beams for a slightly different one are feasible, and nearly as good.
    """
    original, at = posed.original, posed
    for tilt in _TILTS:
        at = posed.tilted(tilt) if tilt else posed
        found = best_streams(at.reduced, feasible, original.streams, settings)
        if found.best.solution is not None and found.best.solution.proven:
            break
    if found.best.solution is None:
        # Next to the limit: the minimum-power beams, scaled up to the budget (which raises every SINR).
        least = with_beams(at.reduced, feasible, "power")
        if least.solution is None:
            message = "The required rates use the whole power budget; nothing is left for sensing."
            return infeasible(original, method=METHOD, message=message)
        found = LocalOptima(best=replace(least, solution=replace(least.solution, proven=False)))
    return _result(at, found, settings)


def _result(at: _Posed, found: LocalOptima, settings: ValueFunctionSettings, origin: str = "") -> BeamformingResult:
    """The result of the best local optimum; `origin`: a sentence on where the search began, if not everywhere."""
    original, best, residual = at.original, found.best, None
    solution = best.solution
    assert solution is not None
    beams = at.designed(best, solution)
    if at.reduced.antennas == 1 and solution.proven:
        bound = _dual_bound_w(at, solution)
        message = "The beams are optimal: every channel has rank one, and the dual problem gives the same illumination."
    else:
        bound = None
        residual = stationarity(original, beams).residual
        given_up = settings.spare(at.reduced) > 0.0
        if residual > _POLISHED and solution.proven and not given_up:
            best = polished(at.reduced, best)
            assert best.solution is not None
            solution = best.solution
            beams = at.designed(best, solution)
            residual = stationarity(original, beams).residual
        loss = best.value / at.reduced.norm2 if given_up else None
        message = f"{_verdict(residual, len(best.share), loss)}{origin}"
    result = evaluate(original, beams, method=METHOD, message=message, iterations=best.iterations, upper_bound_w=bound)
    others = tuple(at.designed(each, each.solution) for each in found.others if each.solution is not None)
    if result.status == "optimal" and residual is not None:
        result = replace(result, message=_ALL_ON_TARGET)  # proven, whatever the first-order conditions say
    return replace(result, prices=_prices(at, best, solution), stationarity=residual, local_optima=others)


def _verdict(residual: float, streams: int, loss: float | None) -> str:
    """What the first-order conditions say of the beams. `loss`: a share of N_t P_T, where some of it was given up."""
    if residual < NEARLY_STATIONARY:
        return f"The beams are a local optimum for {streams} data stream{'' if streams == 1 else 's'}."
    ended = "ended before a local optimum"
    if loss is not None:
        ended = f"ended where at most {loss:.1e} of the largest illumination was left to gain"
    return f"The search for beams with {streams} data stream{'' if streams == 1 else 's'} {ended}."


def _prices(at: _Posed, streams: Streams, solution: InnerSolution) -> Prices | None:
    """dp/dR_k = -ln 2 · q_s (1 - T_ss)² (1 + γ_s)/(γ_s² ν), equation (5) of docs/algorithms.md with (4), and dp/dP =
    1/ν.

    At the optimum all streams of a receiver have the same price: splitting its rate otherwise would pay.
    """
    if not solution.proven:
        return None
    kept, target = 1.0 - np.diagonal(solution.error).real, np.expm1(streams.share)
    price = solution.powers * kept**2 * (1.0 + target) / (target**2 * solution.nu)
    count = np.bincount(streams.receiver, minlength=len(at.required))
    mean = np.bincount(streams.receiver, weights=price, minlength=len(at.required)) / np.maximum(count, 1)
    rate = np.zeros(len(at.original.direct))
    rate[at.required] = mean * np.log(2.0) * at.original.power_limit_w
    return Prices(rate_w_per_bps_hz=rate, power=1.0 / solution.nu)


def _dual_bound_w(at: _Posed, solution: InnerSolution) -> float:
    """The dual value for a' = `at.steering`, as a bound for a: sqrt(aᴴSa) ≤ sqrt(a'ᴴSa') + ‖a - a'‖ sqrt(P)."""
    tilt = float(np.linalg.norm(at.original.steering.conj() - at.steering))
    return float((np.sqrt(at.reduced.norm2 - solution.value) + tilt) ** 2 * at.original.power_limit_w)


def _infeasible(posed: _Posed, reached: Reach) -> BeamformingResult:
    """The verdict, with the largest rate that all receivers with a requirement reach together."""
    reduced, original = posed.reduced, posed.original
    rates = reduced.rate / np.log(2.0)
    common = float(reached.scale * rates.max())
    if rates.min() < rates.max():
        equal = replace(reduced, rate=np.full(len(rates), reduced.rate.max()))
        common = float(reach(equal, scaled(equal, reached.streams, 1.0)[1], original.streams, 1.0).scale * rates.max())
    silent = posed.required[np.sum(np.abs(posed.channels) ** 2, axis=(1, 2)) == 0.0]
    message = (
        f"The required rates cannot be reached with {original.power_limit_w:g} W, which reaches at most "
        f"{distinct_digits(reached.scale, [1.0])} of each required rate, or {distinct_digits(common, rates)} bit/s/Hz "
        "at every receiver that requires a rate."
    )
    if _out_of_reach(posed, reached) or proves_infeasible(original):
        message += " It is proven that no beams meet the required rates, whatever the number of streams."
    if len(silent):
        message = f"Receiver {original.name(silent[0])} requires a rate but has no direct channel."
    return infeasible(original, method=METHOD, message=message, largest_common_rate_bps_hz=common)


def _out_of_reach(posed: _Posed, reached: Reach) -> bool:
    """True where the channels have rank one and the bound on the factor of the rates proves that it is below 1.

    What `compressed` drops of a channel carries at most 1e-9 of the noise in each of N_r directions. By the chain rule
    of mutual information a receiver gains at most ln(1 + 1e-9) nats of each, so that much is given away.
    """
    dropped = 1e-9 * posed.original.direct.shape[1]
    missing = (1.0 - reached.at_most) * float(posed.reduced.rate.min())
    return posed.reduced.antennas == 1 and missing > _ROUNDING + dropped
