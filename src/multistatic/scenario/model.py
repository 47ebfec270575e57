"""The network and its requirements: the frozen values that every later stage takes. SI units and radians throughout.

These values say what a scenario *is*; how a file says it (dB, lat/lon, random placement, defaults) is in
`scenario.schema`. Each of them checks itself when it is made, by `dataclasses.replace` too: `ScenarioError` names every
problem with its path, as in `target.position_m`. Positions and velocities may have two coordinates: the third is 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

import numpy as np

from multistatic.errors import InputError, Problem
from multistatic.notebook import LabelledResult, Overview, first_few
from multistatic.scenario.arrays import AntennaArray, single_antenna
from multistatic.scenario.checks import Checks, as_python
from multistatic.scenario.design_settings import JOINT as JOINT
from multistatic.scenario.design_settings import Choice as Choice
from multistatic.scenario.design_settings import DesignSettings as DesignSettings
from multistatic.scenario.design_settings import OverPoints as OverPoints
from multistatic.scenario.geodetic_origin import GeodeticOrigin as GeodeticOrigin
from multistatic.scenario.geometry import BistaticGeometry, bistatic_geometry
from multistatic.scenario.parts_together import check_parts_together
from multistatic.scenario.point_layout import CLEAR_OF_SITES_M, laid_points
from multistatic.scenario.propagation import LEAST_POWER_W
from multistatic.scenario.propagation import EchoLaw as EchoLaw
from multistatic.scenario.propagation import Propagation as Propagation
from multistatic.scenario.propagation import Scatterer as Scatterer
from multistatic.scenario.propagation import free_space_gain as free_space_gain
from multistatic.scenario.target import Target as Target
from multistatic.scenario.target import stays_at_its_height
from multistatic.scenario.target_points import TargetPoints
from multistatic.units import SPEED_OF_LIGHT_M_S, B, F

_NOT_GIVEN: Any = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseSpec:
    """Which pulse, by its registered name, and its parameters.

    kind: registered name of the pulse.
    rolloff: roll-off factor from 0 to 1, of pulses that have one.
    span_slots: one-sided length in slots, of pulses that are cut off.
    """

    kind: str = "cosine"
    rolloff: float = 0.25
    span_slots: int = 16

    def __post_init__(self) -> None:
        checks = Checks("radio.pulse")
        checks.text("kind", self.kind)
        checks.number("rolloff", self.rolloff, "a roll-off factor from 0 to 1", least=0.0, most=1.0)
        checks.whole("span_slots", self.span_slots, "a whole number from 1 to 1024", least=1, most=1024)
        checks.done(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Radio:
    """Carrier, bandwidth, block length and pulse.

    One complex symbol is sent every slot Δt = 1/(2B): as in the paper, the bandwidth B is half the symbol rate, and the
    carrier occupies about (1 + roll-off)·2B.

    carrier_hz: carrier frequency f0 in Hz.
    bandwidth_hz: bandwidth B in Hz, half the symbol rate.
    samples: number M of symbols in a block.
    pulse: transmit pulse.
    """

    carrier_hz: float
    bandwidth_hz: float
    samples: int
    pulse: PulseSpec = field(default_factory=PulseSpec)

    def __post_init__(self) -> None:
        checks = Checks("radio")
        checks.number("carrier_hz", self.carrier_hz, "a frequency from 1e3 to 1e15 Hz", least=1e3, most=1e15)
        checks.number("bandwidth_hz", self.bandwidth_hz, "a bandwidth from 1 to 1e15 Hz", least=1.0, most=1e15)
        checks.whole("samples", self.samples, "a whole number, 2 or more", least=2, most=10**9)
        checks.kind("pulse", self.pulse, PulseSpec)
        checks.done(self)

    @property
    def wavelength_m(self) -> float:
        """Wavelength λ = c/f0 in m."""
        return SPEED_OF_LIGHT_M_S / self.carrier_hz

    @property
    def slot_s(self) -> float:
        """Length of a slot Δt = 1/(2B) in s."""
        return 0.5 / self.bandwidth_hz

    @property
    def symbol_rate_hz(self) -> float:
        """Symbol rate 1/Δt = 2B in Hz."""
        return 2.0 * self.bandwidth_hz


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Transmitter:
    """The transmitter.

    position_m [3]: position in m.
    array: transmit antennas.
    power_w: power limit P_T in W.
    receive_array: antennas that receive the echo in the mono-static scheme; None: none.
    clock_offset_std_s: standard deviation of its clock offset in s, which is common to all receivers.
    frequency_offset_std_hz: standard deviation of its frequency offset in Hz, which is common to all receivers.
    """

    position_m: F
    array: AntennaArray
    power_w: float
    receive_array: AntennaArray | None = None
    clock_offset_std_s: float = 0.0
    frequency_offset_std_hz: float = 0.0

    def __post_init__(self) -> None:
        checks = Checks("transmitter")
        object.__setattr__(self, "position_m", checks.vector("position_m", self.position_m))
        checks.kind("array", self.array, AntennaArray)
        checks.number("power_w", self.power_w, "a power in W above 0", least=LEAST_POWER_W)
        checks.kind("receive_array", self.receive_array, AntennaArray, optional=True)
        checks.deviation("clock_offset_std_s", self.clock_offset_std_s)
        checks.deviation("frequency_offset_std_hz", self.frequency_offset_std_hz)
        checks.done(self)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Receiver:
    """One receiver.

    id: unique name.
    position_m [3]: position in m.
    array: receive antennas.
    rate_required_bps_hz: required rate R_th,k in bit/s/Hz; 0: none.
    clock_offset_std_s: standard deviation of its clock offset in s; 0: synchronised; infinity: unknown.
    frequency_offset_std_hz: standard deviation of its frequency offset in Hz; 0: synchronised; infinity: unknown.
    """

    id: str
    position_m: F
    array: AntennaArray = field(default_factory=single_antenna)
    rate_required_bps_hz: float = 0.0
    clock_offset_std_s: float = 0.0
    frequency_offset_std_hz: float = 0.0

    def __post_init__(self) -> None:
        checks = Checks(f"receivers[{as_python(self.id)}]")
        checks.text("id", self.id)
        object.__setattr__(self, "position_m", checks.vector("position_m", self.position_m))
        checks.kind("array", self.array, AntennaArray)
        checks.number(
            "rate_required_bps_hz", self.rate_required_bps_hz, "a rate in bit/s/Hz, 0 or more", least=0.0, most=1e3
        )
        checks.deviation("clock_offset_std_s", self.clock_offset_std_s)
        checks.deviation("frequency_offset_std_hz", self.frequency_offset_std_hz)
        checks.done(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """Limit of the cooperation cost.

    cooperation_cost_m: limit Ω_th in m; infinity: no limit.
    distance_weight: weight ρ of the distances to the target in the cost, from 0 to 1.
    """

    cooperation_cost_m: float = float("inf")
    distance_weight: float = 0.5

    def __post_init__(self) -> None:
        checks = Checks("requirements")
        limit = "a limit in m above 0, infinity for none"
        checks.number("cooperation_cost_m", self.cooperation_cost_m, limit, above=0.0, most=math.inf)
        checks.number("distance_weight", self.distance_weight, "a weight from 0 to 1", least=0.0, most=1.0)
        checks.done(self)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False, init=False)
class Scenario(LabelledResult):
    """One network, its targets and one set of requirements: the input of every design.

    All values are in SI units and radians. K is the number of receivers; arrays over receivers follow the order of
    `receivers`. A file states the same in other units and with defaults (`load_scenario`, docs/formats.md).

    name: name in tables, pictures and files.
    seed: seed of the placement, the channel and the random methods, 0 or more.
    radio: carrier frequency, bandwidth, block length and pulse (`Radio`).
    transmitter: position, antenna array, power limit and clock (`Transmitter`).
    receivers: K receivers with position, antenna array, required rate and clock (`Receiver`).
    targets: one target or several, each with position, velocity and reflection (`Target`); `target` in their place
        makes a scenario with one.
    propagation: path loss, fading, noise and clutter (`Propagation`).
    requirements: limit of the cooperation cost (`Requirements`).
    design: criterion and algorithms of the design (`DesignSettings`).
    origin: WGS 84 coordinates of the local origin (`GeodeticOrigin`); None: the scenario has local coordinates only.

    Raises `ScenarioError` with every value that is out of range or does not fit the others, also from
    `dataclasses.replace`. Source: model.md §1 and §2.

    >>> from dataclasses import replace
    >>> from multistatic import load_preset
    >>> paper = load_preset("paper")
    >>> replace(paper, name="mine", receivers=paper.receivers[:4]).receiver_ids
    ('rx01', 'rx02', 'rx03', 'rx04')
    """

    name: str = "scenario"
    seed: int = 0
    radio: Radio
    transmitter: Transmitter
    receivers: tuple[Receiver, ...]
    targets: tuple[Target, ...]
    propagation: Propagation
    requirements: Requirements = field(default_factory=Requirements)
    design: DesignSettings = field(default_factory=DesignSettings)
    origin: GeodeticOrigin | None = None
    _geometry: BistaticGeometry | None = field(default=None, init=False, repr=False, compare=False)
    _points: TargetPoints | None = field(default=None, init=False, repr=False, compare=False)

    def __init__(  # `dataclasses.replace` calls it with `target` beside the old `targets`, so it cannot be generated
        self,
        *,
        name: str = "scenario",
        seed: int = 0,
        radio: Radio,
        transmitter: Transmitter,
        receivers: tuple[Receiver, ...],
        target: Target = _NOT_GIVEN,
        targets: tuple[Target, ...] = (),
        propagation: Propagation,
        requirements: Requirements | None = None,
        design: DesignSettings | None = None,
        origin: GeodeticOrigin | None = None,
    ) -> None:
        values = {
            "name": name,
            "seed": seed,
            "radio": radio,
            "transmitter": transmitter,
            "receivers": receivers,
            "targets": targets if target is _NOT_GIVEN else (target,),
            "propagation": propagation,
            "requirements": Requirements() if requirements is None else requirements,
            "design": DesignSettings() if design is None else design,
            "origin": origin,
            "_geometry": None,
            "_points": None,
        }
        for key, value in values.items():
            object.__setattr__(self, key, value)
        self._check()

    def _check(self) -> None:
        checks = Checks("")
        checks.text("name", self.name)
        checks.whole("seed", self.seed, "a whole number, 0 or more", least=0, most=2**63 - 1)
        object.__setattr__(self, "receivers", checks.several("receivers", self.receivers, Receiver))
        if isinstance(self.targets, tuple) and len(self.targets) == 1:
            checks.kind("target", self.targets[0], Target)
        else:
            object.__setattr__(self, "targets", checks.several("targets", self.targets, Target))
        parts = {"radio": Radio, "transmitter": Transmitter, "propagation": Propagation}
        parts |= {"requirements": Requirements, "design": DesignSettings}
        for name, kind in parts.items():
            checks.kind(name, getattr(self, name), kind)
        checks.kind("origin", self.origin, GeodeticOrigin, optional=True)
        if not self.receivers and not checks.problems:
            checks.refuse("receivers", "none", "at least one receiver")
        if not self.targets and not checks.problems:
            checks.refuse("targets", "none", "at least one target")
        if not checks.problems:
            check_parts_together(self, checks)
        checks.done(self)

    @property
    def receiver_ids(self) -> tuple[str, ...]:
        """Ids of the receivers [K], in the order of the first axis of all arrays."""
        return tuple(receiver.id for receiver in self.receivers)

    @property
    def receiver_positions_m(self) -> F:
        """Positions of the receivers [K, 3] in m."""
        return np.array([receiver.position_m for receiver in self.receivers])

    @property
    def rate_required_bps_hz(self) -> F:
        """Required rates R_th,k of the receivers [K] in bit/s/Hz."""
        return np.array([receiver.rate_required_bps_hz for receiver in self.receivers])

    @property
    def dimensions(self) -> Literal[2, 3]:
        """Number of unknown coordinates of the target: as set, else 2 if every position and the velocity lie in one
        horizontal plane, and 3 otherwise.
        """
        if self.design.dimensions is not None:
            return self.design.dimensions
        height = self.transmitter.position_m[2]
        flat = all(receiver.position_m[2] == height for receiver in self.receivers) and all(
            target.position_m[2] == height and target.velocity_m_s[2] == 0 and stays_at_its_height(target)
            for target in self.targets
        )
        return 2 if flat else 3

    @property
    def target(self) -> Target:
        """The only target. Raises `InputError` where there are several."""
        if len(self.targets) != 1:
            names = ", ".join(each.id for each in self.targets)
            raise InputError([Problem("target", f"{len(self.targets)} targets: {names}", "one target")])
        return self.targets[0]

    @property
    def middle_m(self) -> F:
        """The weighted mean [3] of the targets' positions in m, the position of a single one; where a site is within a
        metre of that and the targets are not there for certain, the nearest of `points`.
        """
        only = self.targets[0]
        if len(self.targets) == 1 and only.area is None:
            return only.position_m
        weight = np.array([target.weight for target in self.targets])
        mean = np.asarray(weight @ np.array([target.position_m for target in self.targets]) / weight.sum())
        sites = np.vstack([self.transmitter.position_m, self.receiver_positions_m])
        if np.linalg.norm(sites - mean, axis=1).min() >= CLEAR_OF_SITES_M:
            return only.position_m if len(self.targets) == 1 else mean
        places = self.points().position_m
        return np.asarray(places[np.argmin(np.linalg.norm(places - mean, axis=1))])

    def middle(self) -> Scenario:
        """The same network with one target at the middle that is taken for exactly known."""
        weight = np.array([target.weight for target in self.targets])
        first = self.targets[0]
        velocity = weight @ np.array([target.velocity_m_s for target in self.targets]) / weight.sum()
        exact = replace(first, position_m=self.middle_m, velocity_m_s=velocity, weight=1.0, prior=None, area=None)
        if len(self.targets) > 1:
            logs = np.log([target.reflection for target in self.targets])
            exact = replace(exact, id="middle", reflection=float(np.exp(weight @ logs / weight.sum())))
        return replace(self, targets=(exact,), design=replace(self.design, over_points=None))

    @property
    def uncertain(self) -> bool:
        """True where there are several targets, or one whose position is not exactly known."""
        return len(self.targets) > 1 or not self.targets[0].exact

    @property
    def over_points(self) -> OverPoints:
        """How the values of the points become one: as set, else `posterior` with a prior and `worst` without."""
        if self.design.over_points is not None:
            return self.design.over_points
        return "posterior" if any(target.prior is not None for target in self.targets) else "worst"

    def geometry(self) -> BistaticGeometry:
        """Distances and directions of every path by way of the middle, computed at the first call."""
        if self._geometry is None:
            found = self.geometry_at(self.middle_m)
            object.__setattr__(self, "_geometry", found)
            return found
        return self._geometry

    def geometry_at(self, position_m: F) -> BistaticGeometry:
        """Distances and directions of every path by way of a position [3] in m."""
        return bistatic_geometry(self.transmitter.position_m, self.receiver_positions_m, position_m)

    def points(self) -> TargetPoints:
        """The points where a design looks, laid at the first call."""
        if self._points is None:
            found = laid_points(self)
            object.__setattr__(self, "_points", found)
            return found
        return self._points

    def mask(self, ids: tuple[str, ...]) -> B:
        """b [K]: True for the receivers in `ids`."""
        return np.isin(np.array(self.receiver_ids), np.array(ids, dtype=str))

    def overview(self) -> Overview:
        """Sizes of the network, carrier, target and requirements."""
        radio, limit_m = self.radio, self.requirements.cooperation_cost_m
        place = ", ".join(f"{each:.6g}" for each in self.middle_m.tolist())
        return Overview(
            title=f"{self.name}, {len(self.receivers)} receivers, {self.transmitter.array.size} transmit antennas",
            facts=(
                ("receivers", first_few(self.receiver_ids)),
                ("carrier", f"{1e-9 * radio.carrier_hz:.6g} GHz, {1e-6 * radio.symbol_rate_hz:.6g} million symbols/s"),
                ("target" if len(self.targets) == 1 else "middle of the targets", f"[{place}] m"),
                ("cooperation cost", f"at most {limit_m:.4g} m" if math.isfinite(limit_m) else "no limit"),
            ),
        )


def default_of(kind: type, name: str) -> Any:
    """The default value of a field: scenario files take theirs from here."""
    (found,) = (each for each in fields(kind) if each.name == name)
    return found.default
