"""Beams for several points, with a proof for channels of rank one (docs/algorithms.md, "Several points").

The problem is reduced to the directions that matter and to noise and power 1 (`PosedPoints`), its dual is solved
(`fixed_vectors`), and every figure of the result is recomputed from the beams (`evaluate`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingProblem, BeamformingResult, PointPrices
from multistatic.beamforming.certificate import upper_bound
from multistatic.beamforming.downlink.gram_problem import compressed
from multistatic.beamforming.evaluate import evaluate
from multistatic.beamforming.over_points.dual_barrier import DualBarrier, DualPoint
from multistatic.beamforming.over_points.fixed_vectors import least_prices, solved
from multistatic.beamforming.over_points.receive_side import PointReceivers
from multistatic.beamforming.over_points.recovered_beams import PointBeams
from multistatic.beamforming.over_points.several_antennas import best_receive_vectors
from multistatic.beamforming.point_objective import PointObjective
from multistatic.beamforming.value_function.method import METHOD, one_point_beams
from multistatic.beamforming.value_function.several_starts import ValueFunctionSettings
from multistatic.errors import InputError, Problem
from multistatic.signal.beams import Beams
from multistatic.units import C, F

_SMALLEST_RATE_BPS_HZ = 1e-6  # what is less costs nothing either, and drowns in rounding
_RANK_TOLERANCE = 1e-12
_SINGLE = 5  # points whose own beams are tried where the search fails
_DARKEST = 1e-3  # of the largest: illuminations and weights, for prices
_DARK = 1e-12  # of the largest ‖a_i‖²: a point that no beams can illuminate


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PosedPoints:
    """`original` with noise and power 1 and illuminations in units of `unit_w` = P max_i ‖a_i‖².

    `required` [K']: receivers with a rate. `counted` [M']: points that have a weight and can be illuminated, with
    `steering` conj(a_b) [M', N_t] of norm one at most; `dark` are those that have a weight and cannot. `objective` of
    the counted points, whose loss times `loss_unit` is that of the original. `channels` [K', n, N_t] as `compressed`.
    """

    original: BeamformingProblem
    required: np.ndarray
    counted: np.ndarray
    dark: np.ndarray
    steering: C
    objective: PointObjective
    unit_w: float
    loss_unit: float
    channels: C

    @property
    def target(self) -> F:
        """γ [K'] of one stream for each receiver."""
        rates = self.original.rate_required_bps_hz[self.required]
        return np.asarray(np.expm1(np.maximum(rates, _SMALLEST_RATE_BPS_HZ) * np.log(2.0)))

    @property
    def highest_rank(self) -> int:
        """The largest rank of the channels of receivers with a rate, 1 without any."""
        return self.channels.shape[1] if len(self.required) else 1

    @property
    def receives_sensing(self) -> np.ndarray:
        """[K']: receivers that are not selected and so suffer the sensing beam."""
        return np.asarray(~self.original.selected[self.required])

    def beams(self, data: C, receiver: np.ndarray, sensing: C) -> Beams:
        """Beams [1+K, N_t, L] in sqrt(W) from those of each stream [N_t, S], for `receiver` [S] of the required ones,
        and the sensing beams [N_t, r]; power P_T, L = max(streams, r).
        """
        count, antennas = len(self.original.direct), self.original.antennas
        columns = max(1, self.original.streams, sensing.shape[1])
        weights = np.zeros((1 + count, antennas, columns), complex)
        weights[0, :, : sensing.shape[1]] = sensing
        used = np.zeros(count, int)
        for s, k in enumerate(self.required[receiver]):
            weights[1 + k, :, used[k]] = data[:, s]
            used[k] += 1
        return Beams(weights=weights * np.sqrt(self.original.power_limit_w / np.sum(np.abs(weights) ** 2)))


def posed_points(problem: BeamformingProblem) -> PosedPoints:
    """The problem without units and without points that change nothing.

    Raises `InputError` where no point with a weight can be illuminated.
    """
    objective = problem.point_objective
    assert objective is not None
    norms = np.sum(np.abs(problem.steering_tx) ** 2, axis=1)
    seen = norms > _DARK * norms.max()
    counted = np.flatnonzero(objective.counted & seen)
    if not len(counted):
        raise InputError([Problem("steering_tx", "zero for every point with a weight", "a vector that is not zero")])
    unit = float(problem.power_limit_w * norms[counted].max())
    scaled, loss_unit = objective.restricted(counted).scaled(unit)
    required = np.flatnonzero(problem.rate_required_bps_hz > 0.0)
    return PosedPoints(
        original=problem,
        required=required,
        counted=counted,
        dark=np.flatnonzero(objective.counted & ~seen & (objective.shifts == 0.0)),
        steering=problem.steering_tx[counted].conj() / np.sqrt(norms[counted].max()),
        objective=scaled,
        unit_w=unit,
        loss_unit=loss_unit,
        channels=compressed(problem.normalised_direct[required]),
    )


def point_beams(problem: BeamformingProblem, settings: ValueFunctionSettings | None = None) -> BeamformingResult:
    """Beams of the least loss over the problem's points, under rates and power.

    Status `optimal` where the proven gap is at most `POINT_OPTIMALITY_GAP`, `infeasible` with the reason where no beams
    meet the rates. Where a receiver with a rate has a channel of rank above one the beams are the best of a search,
    with a bound that holds for any beams.
    """
    posed = posed_points(problem)
    if posed.highest_rank > 1:
        return _searched_beams(posed, settings)
    return _rank_one_beams(posed, settings)


def refuse_high_ranks(posed: PosedPoints, method: str) -> None:
    """Raise `InputError` for every receiver with a rate whose channel has a rank above one."""
    if posed.highest_rank == 1:
        return
    high = np.flatnonzero(np.any(posed.channels[:, 1:] != 0.0, axis=(1, 2)))
    problems = [
        Problem(
            path=f"direct channel of receiver {posed.original.name(posed.required[k])}",
            received="a rank above one",
            expected="rank one, because the beams are for several points",
        )
        for k in high
    ]
    raise InputError(problems, source=method)


def rank_one_dual(posed: PosedPoints) -> tuple[DualBarrier, C]:
    """The dual problem of channels of rank one, and the orthonormal basis [N_t, n] that its vectors are in."""
    empty = np.zeros((0, posed.original.antennas), complex)
    channels = posed.channels[:, 0].conj() if len(posed.required) else empty
    basis = _basis(channels, posed.steering)
    barrier = DualBarrier(
        channels=channels @ basis.conj(),
        target=posed.target,
        receives_sensing=posed.receives_sensing,
        steering=posed.steering @ basis.conj(),
        objective=posed.objective,
    )
    return barrier, basis


def _rank_one_beams(posed: PosedPoints, settings: ValueFunctionSettings | None) -> BeamformingResult:
    """The optimum where every receiver with a rate has a channel of rank one."""
    barrier, basis = rank_one_dual(posed)
    prices = least_prices(barrier)
    if prices is None or not prices.sum() < 1.0:
        return of_one_point(posed, settings)
    solution = solved(barrier, prices)
    if solution.beams is None:
        return of_one_point(posed, settings, solution.bound)
    receiver = np.arange(len(posed.required))
    result = result_of(posed, in_space(solution.beams, basis), receiver, solution.bound, solution.steps)
    return replace(result, point_prices=_prices(posed, solution.at))


def _searched_beams(posed: PosedPoints, settings: ValueFunctionSettings | None) -> BeamformingResult:
    """The best beams of a search over receive vectors, with a bound on any beams."""
    problem = posed.original
    rows = posed.channels.reshape(-1, problem.antennas).conj()
    basis = _basis(rows[np.any(rows != 0.0, axis=1)], posed.steering)
    receivers = PointReceivers(
        channels=posed.channels @ basis,
        rate=np.log1p(posed.target),
        receives_sensing=posed.receives_sensing,
        steering=posed.steering @ basis.conj(),
        objective=posed.objective,
    )
    with_rate = np.concatenate([[0], posed.required + 1])
    earlier = [basis.conj().T @ beams.weights[with_rate] / np.sqrt(problem.power_limit_w) for beams in problem.starts]
    found = best_receive_vectors(
        receivers,
        earlier,
        problem.streams,
        settings or ValueFunctionSettings(),
        lambda price: any_vectors_bound(posed, price),
    )
    if found is None or found.solution.beams is None:
        return _best_of_single_points(posed, settings)
    beams, at = in_space(found.solution.beams, basis), found.solution.at
    bound, receiver = any_vectors_bound(posed, at.point), found.streams.receiver
    result = result_of(posed, beams, receiver, bound, found.solution.steps)
    if result.beams is None or len(posed.dark):
        return result
    message = _verdict_of_search(posed, result, found.starts, len(receiver), beams.sensing.shape[1])
    of_receivers: F = np.bincount(receiver, at.rate, len(posed.required)).astype(float)
    return replace(result, message=message, point_prices=_prices(posed, at._replace(rate=of_receivers)))


def any_vectors_bound(posed: PosedPoints, price: F) -> float:
    """A lower bound on the normalised loss of any beams, for all receive vectors and groups, from prices μ [M'] of the
    counted points: `upper_bound` on Σ_i μ_ip_i.
    """
    every = np.zeros(len(posed.original.steering_tx))
    every[posed.counted] = price
    return posed.objective.proven_loss(price, upper_bound(posed.original, every).value_w / posed.unit_w)


def _verdict_of_search(posed: PosedPoints, result: BeamformingResult, starts: int, streams: int, rank: int) -> str:
    """What was found and what is proven where there is a choice of receive vectors."""
    assert result.gap is not None
    counted = f"{len(posed.counted)} points, {streams} data stream{'s' * (streams > 1)}, {_sensing_beams(rank)}"
    proven = f"a bound on all receive vectors proves a gap of at most {max(result.gap, 1e-7):.2g}"
    if result.status == "optimal":
        return f"The beams are optimal over {counted}: {proven}."
    return f"The beams are the best of a search from {starts} start{'s' * (starts > 1)} over {counted}; {proven}."


def _sensing_beams(rank: int) -> str:
    return {0: "no sensing beam", 1: "one sensing beam"}.get(rank, f"{rank} sensing beams")


def _best_of_single_points(posed: PosedPoints, settings: ValueFunctionSettings | None) -> BeamformingResult:
    """Of beams for one point each, those that lose least over all points, with a bound on any beams; where none meet
    the rates the verdict of one point, which does not depend on it.
    """
    problem, best = posed.original, of_one_point(posed, settings)
    if best.loss is None:
        return best
    spread = np.unique(np.linspace(0, len(posed.counted) - 1, _SINGLE).astype(int))[1:]
    for point in posed.counted[spread]:
        alone = replace(problem, steering_tx=problem.steering_tx[[point]], objective=None, point_weight=None)
        beams = one_point_beams(alone, settings).beams
        valued = None if beams is None else evaluate(problem, beams, method=METHOD, message="")
        if valued is not None and valued.loss is not None and valued.loss < best.loss:
            best = valued
    assert best.beams is not None
    light = best.beams.illumination_w(problem.steering_tx)[posed.counted] / posed.unit_w
    best = evaluate(problem, best.beams, method=METHOD, message="", loss_bound=_bound_near(posed, light))
    gap = best.gap
    assert gap is not None
    message = (
        "The search over receive vectors found no beams for all points. Of the beams for one point each, these have "
        f"the least loss over all {len(posed.counted)} points; a bound on any beams proves a gap of at most {gap:.2g}."
    )
    return replace(best, message=message)


def _bound_near(posed: PosedPoints, light: F) -> float:
    """A lower bound on the loss of any beams where no dual problem was solved: the best over a few prices, by the
    weights of the points and by normalised illuminations `light` [M'] that beams reach.
    """
    weight = np.asarray(posed.objective.weight)
    need = weight / np.maximum(light, _DARKEST * light.max())
    prices = [weight, need, need**2 / np.maximum(weight, _DARKEST * weight.max())]
    return posed.loss_unit * max(any_vectors_bound(posed, price / price.max()) for price in prices)


def _prices(posed: PosedPoints, at: DualPoint) -> PointPrices:
    """The prices of all receivers and points."""
    rate, point = np.zeros(len(posed.original.direct)), np.zeros(len(posed.original.steering_tx))
    rate[posed.required], point[posed.counted] = at.rate, at.point
    return PointPrices(rate=rate, point=point, power=at.power, unit_w=posed.unit_w)


def result_of(
    posed: PosedPoints, beams: PointBeams, receiver: np.ndarray, bound: float, steps: int, method: str = METHOD
) -> BeamformingResult:
    """The result of `beams` of the antennas, one stream for each of `receiver`; `bound` on the normalised loss."""
    found = posed.beams(beams.data, receiver, beams.sensing)
    result = evaluate(
        posed.original, found, method=method, message="", iterations=steps, loss_bound=bound * posed.loss_unit
    )
    if result.beams is None:
        return result
    return replace(result, message=_verdict(posed, result, beams.sensing.shape[1]))


def _verdict(posed: PosedPoints, result: BeamformingResult, rank: int) -> str:
    """What is proven of the beams."""
    if len(posed.dark):
        return (
            f"No beams can illuminate {len(posed.dark)} of the {len(posed.original.steering_tx)} points; the beams are "
            "for the others."
        )
    gap = result.gap
    assert gap is not None
    counted = f"{len(posed.counted)} points, {_sensing_beams(rank)}"
    if result.status == "optimal":
        return (
            f"The beams are optimal over {counted}: the dual problem proves a loss within {max(gap, 1e-7):.1g} of it."
        )
    return f"The beams are feasible over {counted}; the dual problem proves a gap of at most {gap:.2g}."


def of_one_point(posed: PosedPoints, settings: ValueFunctionSettings | None, bound: float = 0.0) -> BeamformingResult:
    """The verdict of one point: whether beams meet the rates does not depend on the points.

    Next to the limit of the rates there may be beams all the same; they are for the first point.
    """
    problem = posed.original
    first = problem.steering_tx[posed.counted[:1]]
    one = one_point_beams(replace(problem, steering_tx=first, objective=None, point_weight=None), settings)
    if one.beams is None:
        return replace(one, upper_bound_w=problem.illumination_limit_w)
    message = "The required rates use nearly all of the power budget; the beams are those for the first point."
    return evaluate(problem, one.beams, method=METHOD, message=message, loss_bound=bound * posed.loss_unit)


def _basis(channels: C, steering: C) -> C:
    """An orthonormal basis [N_t, n] of all channels and steering vectors, each of which counts for its direction."""
    vectors = np.concatenate([channels, steering])
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(lengths > 0.0, lengths, 1.0)
    _, singular, right = np.linalg.svd(unit, full_matrices=False)
    return np.asarray(right[singular > _RANK_TOLERANCE * singular[0] * len(unit)].T)


def in_space(beams: PointBeams, basis: C) -> PointBeams:
    """Beams in the basis as beams of the antennas."""
    return replace(beams, data=basis @ beams.data, sensing=basis @ beams.sensing)
