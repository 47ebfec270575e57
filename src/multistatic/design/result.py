"""What a design is: the group, the beams, the accuracy and the rates that follow, and the proof that they were
checked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal

from multistatic.beamforming.beamforming_problem import BeamformingResult
from multistatic.bounds.position import PositionBound
from multistatic.channel.channel import Channel
from multistatic.design.points_accuracy import REDUCED, PointsAccuracy
from multistatic.design.robustness import Robustness
from multistatic.design.sensitivity import Sensitivity
from multistatic.notebook import LabelledResult, NotebookView, Overview, first_few
from multistatic.registry import fact, name_of
from multistatic.scenario.model import Scenario
from multistatic.scenario.target_points import TargetPoints
from multistatic.selection.selection_problem import Selection
from multistatic.units import B, F

Scheme = Literal["multi", "bi", "mono"]
_OF_SCENARIO: Any = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Accuracy(NotebookView):
    """Figures of merit of the selected group with the designed beams. They measure different things: do not compare
    them with each other.

    sensor_ids: ids of the sensors that receive the echo, in the order of the arrays below: the K receivers, or the
      transmitter in the mono-static scheme.
    surrogate: U = tr (Σ_k J_k)⁻¹ with the exact J_k, in normalised units; None where it does not exist.
    surrogate_published: U with the J_k of the paper, likewise.
    sum_crb: Σ_k tr J_k⁻¹ over the group, in normalised units.
    delay_std_s [K]: Cramér-Rao bound of each sensor's delay as a standard deviation, in s, selected or not.
    doppler_std_hz [K]: Cramér-Rao bound of each sensor's Doppler shift as a standard deviation, in Hz.
    range_std_m [K]: the same as bistatic range with the clock offsets of receiver and transmitter, in m; infinite where
      an offset is unknown.
    range_rate_std_m_s [K]: the same as bistatic range rate, in m/s.
    position: position and velocity error bound from delays and Doppler shifts.
    position_with_angles: position and velocity error bound with directions of arrival in addition.
    block_snr [K]: echo SNR of a block with all antennas, Mρ_k, as a power ratio.

    >>> from multistatic import design_network, load_preset
    >>> design = design_network(load_preset("paper"))
    >>> design.accuracy.position.peb_m < 1e-3
    True
    """

    sensor_ids: tuple[str, ...]
    surrogate: float | None
    surrogate_published: float | None
    sum_crb: float | None
    delay_std_s: F
    doppler_std_hz: F
    range_std_m: F
    range_rate_std_m_s: F
    position: PositionBound
    position_with_angles: PositionBound
    block_snr: F

    def overview(self) -> Overview:
        """Position and velocity error bound, and how many sensors measure."""
        bounds = (
            ("position error bound", self.position.peb_m, "m"),
            ("velocity error bound", self.position.veb_m_s, "m/s"),
        )
        facts = ((name, "unobservable" if value is None else f"{value:.4g} {unit}") for name, value, unit in bounds)
        return Overview(title=f"{len(self.sensor_ids)} sensors", facts=tuple(facts))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Verification(NotebookView):
    """Outcome of recomputing a design from its beams, in physical units, by code that shares no formula with the
    solvers.

    violations: by name, the relative violation of each constraint and the relative error of each reported figure; 0
      where it holds.
    tolerance: largest relative violation with which a design passes.

    >>> Verification(violations={"power": 1e-9, "cost": 0.0}).passed
    True
    """

    violations: dict[str, float]
    tolerance: float = 1e-6

    @property
    def max_violation(self) -> float:
        """The worst of `violations`."""
        return max(self.violations.values(), default=0.0)

    @property
    def passed(self) -> bool:
        """True when nothing is violated by more than `tolerance`."""
        return self.max_violation <= self.tolerance

    def overview(self) -> Overview:
        """Whether the check passed, and what is worst in it."""
        worst = max(self.violations, key=lambda name: self.violations[name], default="")
        facts = (("largest violation", f"{self.max_violation:.2g} ({worst})"),) if worst else ()
        return Overview(title="passed" if self.passed else "failed", facts=facts)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Design(LabelledResult):
    """A verified design of a network, or the reason why there is none.

    Where a design is infeasible, everything that does not exist is None.

    status: `optimal` (group and beams are proven optimal together), `feasible`, `infeasible`, or `unverified` (the
      design failed its verification and must not be used).
    message: what was done and what is proven; where infeasible, which constraint fails and what would make it feasible.
    scheme: `multi` (a group of receivers), `bi` (one receiver) or `mono` (the transmitter).
    scenario: the scenario, with the algorithms and channels that were used.
    channel: the realisation of the channel that the design is for.
    selected [K]: True for the cooperating receivers.
    selection: how the group was chosen, its value and its proven bound.
    beamforming: the beams, the rates and the illumination.
    cost_m: cooperation cost, in m.
    accuracy: figures of merit of group and beams, at the worst point where there are several (`PointsAccuracy.worst`).
    verification: result of the independent check.
    rounds: how many times group and beams were designed in turn.
    sensitivity: what a change of rates, power and cost limit would do.
    certified: False where bound, sensitivities and claims of optimality are left for `certify`.
    points: the M points where the target may be, in the order of the axis M of `channel`; default: those of the
      scenario. The design may have added some.
    over_points: figures of merit at each point, and what they make together; None for one target that is exactly known.

    >>> from multistatic import design_network, load_preset
    >>> design = design_network(load_preset("paper"))
    >>> design.selected_ids
    ('rx01', 'rx05', 'rx07', 'rx08')
    """

    status: Literal["optimal", "feasible", "infeasible", "unverified"]
    message: str
    scheme: Scheme
    scenario: Scenario
    channel: Channel
    selected: B
    selection: Selection | None
    beamforming: BeamformingResult | None
    cost_m: float | None
    accuracy: Accuracy | None
    verification: Verification | None
    rounds: int
    sensitivity: Sensitivity | None = None
    certified: bool = True
    points: TargetPoints = _OF_SCENARIO
    over_points: PointsAccuracy | None = None
    _robustness: Robustness | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.points is _OF_SCENARIO:
            object.__setattr__(self, "points", self.scenario.points())

    @property
    def robustness(self) -> Robustness | None:
        """What the design loses where a receiver fails or the target is off, computed at the first call; None for a
        design without beams.
        """
        if self._robustness is None:
            found = import_module("multistatic.design.changed_conditions").robustness_of(self)
            object.__setattr__(self, "_robustness", found)
        return self._robustness

    @property
    def selected_ids(self) -> tuple[str, ...]:
        """Ids of the group."""
        return tuple(i for i, chosen in zip(self.scenario.receiver_ids, self.selected, strict=True) if chosen)

    def overview(self) -> Overview:
        """Verdict, group and the figures of merit of the design."""
        facts = [("message", self.message)]
        if self.accuracy is not None and self.beamforming is not None:
            peb_m, illumination_w = self.accuracy.position.peb_m, self.beamforming.illumination_w
            verified = self.verification is not None and self.verification.passed
            minimised, at_worst, of_light = self._over_points_in_view()
            facts = [
                ("cooperating receivers", first_few(self.selected_ids) or "none"),
                *minimised,
                (f"position error bound{at_worst}", "unobservable" if peb_m is None else f"{peb_m:.4g} m"),
                (f"illumination{of_light}", "none" if illumination_w is None else f"{illumination_w:.4g} W"),
                ("verified", "yes" if verified else "no"),
            ]
        return Overview(title=f"{self.scenario.name}, {self.scheme}-static, {self.status}", facts=tuple(facts))

    def _over_points_in_view(self) -> tuple[list[tuple[str, str]], str, str]:
        """What an overview says of several points: their number and the value that is minimised, as facts; and of
        which of them the position error bound and the illumination are. Nothing for one point.
        """
        over = self.over_points
        if over is None or len(over.value) < 2:
            return [], "", ""
        criterion, value = self.scenario.design.criterion, over.value_reduced
        unit = str(fact("criteria", criterion, "unit", None) or "")
        words = str(fact("criteria", criterion, "words", name_of(criterion)))
        reduced = f"{value:.4g} {unit}".rstrip() if value < float("inf") else "unobservable at some point"
        minimised = [("points", f"{len(over.value)}")]
        if over.mode != "worst" or words != "position error bound":
            minimised.append((f"{words}, {REDUCED[over.mode]}", reduced))
        return minimised, ", at the worst point", ", lowest of all points" if over.mode == "worst" else ", on average"
