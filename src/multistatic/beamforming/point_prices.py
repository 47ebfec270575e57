"""What the constraints cost and what each point counts, of beams for several points, recomputed from the beams alone.

At a local optimum there are prices μ_i ≥ 0 of the points, τ ≥ 0 of power and η_k ≥ 0 of the rates with

    Σ_i μ_i a_ia_iᴴW_j - τW_j + Σ_k η_k ∂R_k/∂W_j* = 0   for every beam j,

as in `stationarity`, where one point has the price 1. A sum Σ w_i (p_i + s_i)^(-ρ) has the prices of its derivatives;
of the worst point, max w_i/p_i, they are unknown, and only points that are as bad as the worst have one. All of them
enter linearly, so non-negative least squares finds the best ones. Points that nearly lie in nulls have large prices
that change a lot with hardly any change of the beams: where a method says which prices μ it solved for, these are
used, if the loss that they prove of beams with the same Σ μ_i p_i is nearly that of the beams (`_CONSISTENT`).

Where all light were a little stronger by the same factor, d ln p = Σ μ_i dp_i / Σ μ_i p_i: this common illumination is
what the prices of rates and power are about.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingProblem, Prices
from multistatic.beamforming.point_objective import PointObjective
from multistatic.beamforming.power import interference
from multistatic.beamforming.stationarity import nonnegative_least_squares, pressure_of
from multistatic.communication.rates import rates_nats
from multistatic.signal.beams import Beams
from multistatic.units import F

_NO_RATE = 1e-12  # nat per symbol: a required rate below is as good as none, and ratios to it would overflow
_MOST_POINTS = 64  # of the worst ones that may have a price
_CONSISTENT = 0.1  # relative: the loss that prices of a method may leave unexplained
_HELD = 1e3  # weight of Σ μ_i w_i = 1 beside the forces


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointStationarity:
    """`residual`: length of what is left, relative to the forces that have to cancel. `prices`: derivatives of a common
    illumination, in the units of `Prices` at the result's `illumination_w`. `share` [M]: μ_i p_i/Σ μ_i p_i, the part
    that each point has in a change of the loss; `point` μ [M], of any scale.
    """

    residual: float
    prices: Prices
    share: F
    point: F


def point_prices(
    problem: BeamformingProblem, beams: Beams, illumination_w: float, solved_for: F | None = None
) -> PointStationarity:
    """The prices at `beams`, which meet the constraints and use all of the power; `illumination_w` of their result.

    `solved_for` μ [M]: prices of the points, of any scale, that the method of the beams solved for.
    """
    objective = problem.point_objective
    assert objective is not None
    weights = np.asarray(beams.weights) / np.sqrt(problem.power_limit_w)
    towards = problem.steering_tx.conj()
    owner, stream = np.nonzero(np.any(weights != 0.0, axis=1))
    streams = weights[owner, :, stream].T
    on_points = towards.conj() @ streams
    light = np.sum(np.abs(on_points) ** 2, axis=1)
    forces, exceeded, required = _rate_forces(problem, weights, owner, streams)
    columns = [-streams.ravel(), *(force.ravel() for force in forces)]
    slack = [0.0, *exceeded]
    own = None if solved_for is None else _consistent(objective, solved_for, light * problem.power_limit_w)
    if objective.kind == "sum" or own is not None:
        price = objective.marginal(light * problem.power_limit_w) if own is None else own
        price = price / max(float(price @ light), 1e-300)
        aim = -(np.einsum("m,mn,mb->nb", price, towards, on_points)).ravel()
        found, left, scale = _least(columns, np.array(slack), aim)
    else:
        ratio = objective.weight / np.maximum(light, 1e-300)
        worst = np.argsort(-ratio, kind="stable")[:_MOST_POINTS]
        worst = worst[objective.weight[worst] > 0.0]
        of_points = [np.outer(towards[i], on_points[i]).ravel() / light[i] for i in worst]
        above = np.maximum(ratio[worst[0]] / ratio[worst] - 1.0, 0.0)
        held = np.concatenate([np.zeros(len(columns)), np.full(len(worst), _HELD)])
        found, left, scale = _least([*columns, *of_points], np.concatenate([slack, above]), None, held)
        price = np.zeros(len(light))
        price[worst] = found[len(columns) :] / light[worst]
    total = max(float(price @ light), 1e-300)
    rate = np.zeros(len(problem.direct))
    rate[required] = found[1 : 1 + len(required)] * np.log(2.0) * illumination_w / total
    return PointStationarity(
        residual=left / max(scale, left, 1e-300),
        prices=Prices(rate_w_per_bps_hz=rate, power=float(found[0] * illumination_w / (total * problem.power_limit_w))),
        share=price * light / total,
        point=price,
    )


def _consistent(objective: PointObjective, price: F, light_w: F) -> F | None:
    """The prices, if they explain the loss at illuminations [M] nearly; else None."""
    total = float(price @ light_w)
    if not (total > 0.0 and np.isfinite(total)):
        return None
    loss = objective.loss(light_w)
    explained = objective.proven_loss(price, total) >= (1.0 - _CONSISTENT) * loss
    return price if np.isfinite(loss) and explained else None


def _rate_forces(
    problem: BeamformingProblem, weights: np.ndarray, owner: np.ndarray, streams: np.ndarray
) -> tuple[np.ndarray, F, np.ndarray]:
    """∂R_k/∂W* [A, N_t, B] of each receiver with a rate, by what part it exceeds it [A], and which these are [A]."""
    required = problem.rate_required_bps_hz * np.log(2.0)
    receivers = np.flatnonzero(required > _NO_RATE)
    channels, receives_sensing = problem.normalised_direct, ~problem.selected
    before = interference(channels, weights, receives_sensing)
    rates = rates_nats(channels, weights, receives_sensing)
    exceeded = np.maximum(rates[receivers] / required[receivers] - 1.0, 0.0)
    arrived = channels[receivers] @ streams
    pressure = pressure_of(before[receivers], receivers, owner, arrived, receives_sensing)
    return np.swapaxes(channels[receivers].conj(), 1, 2) @ pressure, exceeded, receivers


def _least(
    columns: list[np.ndarray], slack: F, aim: np.ndarray | None, held: F | None = None
) -> tuple[F, float, float]:
    """x ≥ 0 of least ‖Σ x_i column_i - aim‖ with what of `slack` has a price, the length that is left, and that of the
    forces; `held` Σ x_i held_i = max(held) in place of an aim.
    """
    matrix = np.array(columns).T
    real = np.concatenate([matrix.real, matrix.imag])
    lengths = np.linalg.norm(real, axis=0)
    lengths = np.where(lengths > 0.0, lengths, 1.0)
    scaled = real / lengths
    right = np.zeros(len(scaled)) if aim is None else np.concatenate([aim.real, aim.imag])
    rows = [scaled, np.diag(slack)]
    rights = [right, np.zeros(len(slack))]
    if held is not None:
        rows.append((held / lengths)[None])
        rights.append(np.array([held.max()]))
    found, _ = nonnegative_least_squares(np.concatenate(rows), np.concatenate(rights))
    rest = scaled @ found - right
    left = float(np.hypot(np.linalg.norm(rest), np.linalg.norm(slack * found)))
    if aim is None:
        assert held is not None
        points = np.where(held > 0.0, found, 0.0)
        scale = float(np.linalg.norm(scaled @ points))
    else:
        scale = float(np.linalg.norm(right))
    return found / lengths, left, scale
