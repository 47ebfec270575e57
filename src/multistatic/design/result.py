"""What a design is: the group, the beams, the accuracy and the rates that follow, and the proof that they were
checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from multistatic.beamforming.beamforming_problem import BeamformingResult
from multistatic.bounds.position import PositionBound
from multistatic.channel.channel import Channel
from multistatic.design.sensitivity import Sensitivity
from multistatic.notebook import LabelledResult, NotebookView, Overview, first_few
from multistatic.scenario.model import Scenario
from multistatic.selection.selection_problem import Selection
from multistatic.units import B, F

Scheme = Literal["multi", "bi", "mono"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Accuracy(NotebookView):
    """Figures of merit of the selected group under the designed beams. Never compare two of them with each other.

    `sensor_ids`: who hears the echo, in the order of the arrays below: the K receivers, or the transmitter alone in the
    mono-static scheme.
    `surrogate` (exact J_k) and `surrogate_published` in normalised units; `delay_std_s` [K], `doppler_std_hz` [K]:
    each receiver's own Cramér-Rao bound, selected or not; `range_std_m` [K], `range_rate_std_m_s` [K]: the same as
    bistatic range and its rate with the offsets of the receiver's and the transmitter's clocks, infinite where one is
    unknown; `sum_crb`: Σ_k tr J_k⁻¹ over the group, normalised units;
    `position`: PEB and VEB from delays and Dopplers only; `position_with_angles`: with each receiver's direction of
    arrival too. `block_snr` [K]: echo SNR after integration over block and antennas, Mρ_k, a power ratio.

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
    """Outcome of recomputing a design from its beams, in physical units, by a path that shares no code with the
    solvers.

    `violations`: relative violation of each constraint and relative error of each reported figure, 0 where it holds.

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
    """A verified design, or the reason why there is none.

    `status`: `optimal` (group and beams proven optimal together), `feasible`, `infeasible` (then `message` names the
    constraint and what would make it feasible, and everything that does not exist is None), or `unverified` (the check
    of the result failed: do not use it). `rounds`: how often group and beams were designed in turn. `certified`: False
    where bound, sensitivities and every claim of optimality are left for `certify`.

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
            facts = [
                ("cooperating receivers", first_few(self.selected_ids) or "none"),
                ("position error bound", "unobservable" if peb_m is None else f"{peb_m:.4g} m"),
                ("illumination", "none" if illumination_w is None else f"{illumination_w:.4g} W"),
                ("verified", "yes" if verified else "no"),
            ]
        return Overview(title=f"{self.scenario.name}, {self.scheme}-static, {self.status}", facts=tuple(facts))
