"""What a beamformer gets and what it answers (paper eq. (32)-(33); model.md §5, §8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from multistatic.beamforming.point_objective import PointObjective
from multistatic.errors import InputError, Problem
from multistatic.notebook import NotebookView, Overview
from multistatic.signal.beams import Beams
from multistatic.units import B, C, F, read_only


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class BeamformingProblem(NotebookView):
    """Maximise the illumination p_t = a_bᵀ S conj(a_b) under R_k ≥ R_th,k at every receiver and tr S ≤ P_T (32), (33).

    Every J_k is proportional to p_t, so its maximum is best for every figure of merit of a fixed group at once.

    direct [K, N_r, N_t]: direct channels; |entry|² is the power at a receive antenna for unit power at a transmit
      antenna.
    steering_tx [M, N_t]: transmit steering vector a_b of each of M points of the target; [N_t] for one point.
    noise_power_w: noise power at a receive antenna, in W.
    power_limit_w: transmit power P_T, in W.
    rate_required_bps_hz [K]: required rates R_th,k, in bit/s/Hz; 0: no requirement; default: none.
    selected [K]: True for receivers that cooperate and cancel the sensing beam; default: all.
    streams: largest number L of data streams for a receiver.
    receiver_ids [K]: ids for messages; default: numbers.
    starts: beams of a neighbouring problem, the best first, from which a beamformer may start instead of searching;
      they need not meet the rates here.
    point_weight [M]: weights of the points, which sum to 1, for the mean of their illuminations; default: equal.
    objective: what beams for several points minimise; default: for one point none, p_t itself is maximised, and for
      several points the kind `worst` with equal weights, so that the least illumination is maximised.

    >>> channels, steering = [[[1.0, 1.0]]], [1.0, 1j]
    >>> problem = BeamformingProblem(direct=channels, steering_tx=steering, noise_power_w=1e-3, power_limit_w=2.0)
    >>> problem.illumination_limit_w, problem.selected.tolist()
    (4.0, [True])
    """

    direct: C
    steering_tx: C
    noise_power_w: float
    power_limit_w: float
    rate_required_bps_hz: F = field(default_factory=lambda: np.zeros(0))
    selected: B = field(default_factory=lambda: np.zeros(0, bool))
    streams: int = 2
    receiver_ids: tuple[str, ...] = ()
    starts: tuple[Beams, ...] = ()
    point_weight: F | None = None
    objective: PointObjective | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "direct", read_only(self.direct, np.complex128))
        object.__setattr__(self, "steering_tx", read_only(np.atleast_2d(self.steering_tx), np.complex128))
        points, count = len(self.steering_tx), len(self.direct)
        weight = np.full(points, 1.0 / points) if self.point_weight is None else self.point_weight
        object.__setattr__(self, "point_weight", read_only(weight))
        rates = self.rate_required_bps_hz if np.size(self.rate_required_bps_hz) else np.zeros(count)
        selected = self.selected if np.size(self.selected) else np.ones(count, bool)
        object.__setattr__(self, "rate_required_bps_hz", read_only(rates))
        object.__setattr__(self, "selected", read_only(selected, np.bool_))
        if self.objective is not None and len(self.objective.weight) != points:
            received = f"{len(self.objective.weight)} weights"
            raise InputError([Problem("objective.weight", received, f"one for each of the {points} points")])

    def name(self, k: int) -> str:
        """What messages call receiver k: its id, or its number where no ids are given."""
        return self.receiver_ids[k] if self.receiver_ids else f"number {k + 1}"

    @property
    def normalised_direct(self) -> C:
        """Channels scaled so that noise and power budget are 1: H_k sqrt(P_T)/σ. Conic solvers fail in raw units."""
        scaled: C = self.direct * np.sqrt(self.power_limit_w / self.noise_power_w)
        return scaled

    @property
    def illumination_limit_w(self) -> float:
        """‖a_b‖² P_T: all power on the target, the trivial upper bound on p_t; of several points the largest."""
        return float(np.sum(np.abs(self.steering_tx) ** 2, axis=1).max() * self.power_limit_w)

    def illumination_w(self, beams: Beams) -> float:
        """p_t of `beams` in W, the weighted mean over the points."""
        return float(np.asarray(self.point_weight) @ beams.illumination_w(self.steering_tx))

    @property
    def point_objective(self) -> PointObjective | None:
        """`objective`, or that of several points where none is given; None for one point without an objective."""
        if self.objective is None and len(self.steering_tx) > 1:
            return PointObjective(kind="worst", weight=np.ones(len(self.steering_tx)))
        return self.objective

    @property
    def antennas(self) -> int:
        """N_t."""
        return self.steering_tx.shape[1]

    @property
    def steering(self) -> C:
        """a_b [N_t] of the only point; `InputError` where there are several, for a beamformer that knows one."""
        if len(self.steering_tx) != 1:
            raise InputError(
                [
                    Problem(
                        "target",
                        f"{len(self.steering_tx)} points",
                        "one point, because this beamformer supports one point only",
                    )
                ]
            )
        return self.steering_tx[0]

    def overview(self) -> Overview:
        """Sizes of the network and how many receivers have a rate to reach, or are selected."""
        receivers, antennas_rx, antennas_tx = self.direct.shape
        return Overview(
            title=f"{receivers} receivers of {antennas_rx} antennas, {antennas_tx} transmit antennas",
            facts=(
                ("power limit", f"{self.power_limit_w:.4g} W"),
                ("rates required", f"of {int((self.rate_required_bps_hz > 0.0).sum())} receivers"),
                ("selected", f"{int(self.selected.sum())} receivers"),
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prices:
    """What the constraints cost at the optimum, by the envelope theorem: derivatives of the illumination p_t.

    `rate_w_per_bps_hz` [K]: W of illumination lost for each bit/s/Hz more at receiver k (0 where its rate is free).
    `power`: W of illumination gained for each W of transmit power.
    """

    rate_w_per_bps_hz: F
    power: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointPrices:
    """Multipliers of the dual problem of several points, with noise and power 1 (docs/algorithms.md, "Several points").

    `rate` [K] of the SINR targets, 0 where no rate is required; `point` [M] of the illuminations in units of `unit_w`,
    0 where a point does not count; `power` of the transmit power.
    """

    rate: F
    point: F
    power: float
    unit_w: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class BeamformingResult(NotebookView):
    """Transmit beams and what they achieve, recomputed from the beams in physical units.

    status: `optimal` (proven), `feasible`, or `infeasible` (no beams were found).
    method: name of the beamformer.
    beams: the beams; None where infeasible.
    illumination_w: power sent towards the target p_t, in W; of several points the least for the kind `worst`, the
      weighted mean for the kind `sum`.
    upper_bound_w: proven upper bound on p_t of any beams, in W; infinite where nothing is proven; for several points
      that of a single one with all of the power.
    power_w: transmit power that the beams use, in W.
    rates_bps_hz [K]: rate of each receiver, in bit/s/Hz.
    iterations: iterations of the method.
    message: what was done and proven; where infeasible, why.
    history_w: illumination after each iteration, in W.
    largest_common_rate_bps_hz: where infeasible, the largest rate that all receivers reach at once, in bit/s/Hz.
    prices: derivatives of p_t with respect to the required rates and the power, from the dual problem of the method or
      the first-order conditions.
    stationarity: residual of the first-order conditions, 0 at a local optimum; None where it was not computed.
    local_optima: beams of other local optima that came close, for `BeamformingProblem.starts`.
    point_illumination_w [M]: power sent towards each point, in W; None without beams.
    loss: value of the problem's objective, where it has one.
    loss_bound: proven lower bound on the loss of any beams for this group; 0 where nothing is proven.
    point_prices: multipliers of the dual problem of several points; None where the method has none.

    >>> from multistatic import design_network, load_preset
    >>> design = design_network(load_preset("paper"))
    >>> design.beamforming.status, design.beamforming.gap < 0.01
    ('feasible', True)
    """

    status: Literal["optimal", "feasible", "infeasible"]
    method: str
    beams: Beams | None
    illumination_w: float | None = None
    upper_bound_w: float = float("inf")
    power_w: float | None = None
    rates_bps_hz: F | None = None
    iterations: int = 0
    message: str = ""
    history_w: tuple[float, ...] = ()
    largest_common_rate_bps_hz: float | None = None
    prices: Prices | None = None
    stationarity: float | None = None
    local_optima: tuple[Beams, ...] = ()
    point_illumination_w: F | None = None
    loss: float | None = None
    loss_bound: float = 0.0
    point_prices: PointPrices | None = None

    @property
    def gap(self) -> float | None:
        """Relative gap to the proven upper bound; of the loss to its lower bound for several points."""
        if self.illumination_w is None:
            return None
        if self.loss is not None:
            return 0.0 if self.loss <= self.loss_bound else 1.0 - self.loss_bound / self.loss
        return max(0.0, 1.0 - self.illumination_w / self.upper_bound_w)

    def overview(self) -> Overview:
        """What the beams achieve, and how far that is below what is proven possible."""
        facts = [("message", self.message)] if self.message else []
        if self.illumination_w is not None and self.power_w is not None and self.gap is not None:
            facts = [
                ("illumination", f"{self.illumination_w:.5g} W"),
                ("gap to the proven bound", f"{100.0 * self.gap:.2g} %"),
                ("power", f"{self.power_w:.4g} W"),
            ]
        return Overview(title=f"{self.status} by {self.method}", facts=tuple(facts))


class Beamformer(Protocol):
    """An entry point of `multistatic.beamformers`."""

    def __call__(self, problem: BeamformingProblem) -> BeamformingResult:
        """Design the beams."""
