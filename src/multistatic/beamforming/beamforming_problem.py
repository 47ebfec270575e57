"""What a beamformer is asked and what it answers (paper eq. (32)-(33); model.md §5, §8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from multistatic.errors import InputError, Problem
from multistatic.notebook import NotebookView, Overview
from multistatic.signal.beams import Beams
from multistatic.units import B, C, F, read_only


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class BeamformingProblem(NotebookView):
    """Maximise the illumination p_t = a_bᵀ S conj(a_b) under R_k ≥ R_th,k for every receiver and tr S ≤ P_T.

    `direct` [K, N_r, N_t] and `noise_power_w` in physical units, `steering_tx` [M, N_t] a_b of M points (of one without
    the axis, too) with `point_weight` [M] (default: the same for all; they sum to 1), of whose illuminations the
    weighted mean counts, `rate_required_bps_hz` [K] (0: no requirement; left out: none), `selected` [K]: who cancels
    the sensing beam (left out: all receivers), `streams`: L at most. `receiver_ids` serve messages only. `starts`:
    beams of a neighbouring problem, the best first, from which a beamformer may begin in place of a search; they need
    not meet the rates here. Every J_k is proportional to p_t, so this maximises every figure of merit at once for a
    fixed group.

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
        """‖a_b‖² P_T: all power on the target, the trivial upper bound on p_t."""
        return float(np.sum(np.abs(self.steering) ** 2) * self.power_limit_w)

    def illumination_w(self, beams: Beams) -> float:
        """p_t of `beams` in W, the weighted mean over the points."""
        return float(np.asarray(self.point_weight) @ beams.illumination_w(self.steering_tx))

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class BeamformingResult(NotebookView):
    """Beams and what they achieve, recomputed from the beams themselves in physical units.

    `status`: `optimal` (proven within `gap`), `feasible`, or `infeasible` (no design found; `beams` is None,
    `message` says why and `largest_common_rate_bps_hz` is the largest rate reached by all receivers at once).
    `upper_bound_w` ≥ every possible p_t; `gap` is (upper_bound_w - illumination_w)/upper_bound_w. `history_w`:
    illumination after each iteration. `prices`: of the constraints, from the method's dual; in a finished design else
    from the first-order conditions. `stationarity`: `beamforming.stationarity` of the beams, 0 at a stationary point,
    where it was computed. `local_optima`: beams of other local optima that came close, of which one may be the best for
    a neighbouring problem (`BeamformingProblem.starts`).

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

    @property
    def gap(self) -> float | None:
        """Relative gap to the proven upper bound."""
        if self.illumination_w is None:
            return None
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
