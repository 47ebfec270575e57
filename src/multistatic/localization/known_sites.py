"""What the fusion knows without measurements: the positions of transmitter and receivers, and the clock errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from multistatic.bounds.clock import ClockErrors, clock_errors
from multistatic.errors import InputError, Problem
from multistatic.scenario.model import Scenario
from multistatic.units import SPEED_OF_LIGHT_M_S, F, read_only


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KnownSites:
    """Known positions of the transmitter and K receivers, the carrier, and the prior of the clocks.

    transmitter_m [3]: position of the transmitter in m.
    receiver_ids [K]: ids of the receivers.
    receivers_m [K, 3]: positions of the receivers in m.
    carrier_hz: carrier frequency in Hz.
    dimensions: number of unknown coordinates of the target, 2 or 3.
    height_m: height z of the target in m, known in 2-D and not used in 3-D.
    vertical_velocity_m_s: velocity of the target along z in m/s, known in 2-D and not used in 3-D.
    clock: standard deviations of the clock offsets (`ClockErrors`); None: all clocks are synchronised.

    Raises `InputError` for shapes that do not fit, repeated ids, and values that are not finite.

    >>> KnownSites(transmitter_m=[0, 0, 0], receiver_ids=("a",), receivers_m=[[60, 0, 5]], carrier_hz=3.5e9).size
    1
    """

    transmitter_m: F
    receiver_ids: tuple[str, ...]
    receivers_m: F
    carrier_hz: float
    dimensions: Literal[2, 3] = 3
    height_m: float = 0.0
    vertical_velocity_m_s: float = 0.0
    clock: ClockErrors | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "transmitter_m", read_only(self.transmitter_m))
        object.__setattr__(self, "receivers_m", read_only(self.receivers_m))
        if problems := _problems(self):
            raise InputError(problems, source="sites")

    @property
    def size(self) -> int:
        """Number K of receivers."""
        return len(self.receiver_ids)

    @property
    def wavelength_m(self) -> float:
        """Wavelength λ = c/f0 in m."""
        return SPEED_OF_LIGHT_M_S / self.carrier_hz

    @property
    def clock_or_perfect(self) -> ClockErrors:
        """The clock priors; all zero where none are given."""
        return self.clock or ClockErrors(time_s=np.zeros(self.size), frequency_hz=np.zeros(self.size))


def known_sites(scenario: Scenario, receiver_ids: Sequence[str] | None = None) -> KnownSites:
    """Take the positions and clocks that localization needs from a scenario.

    scenario: the network. The position of the target is not used, except for its height and vertical velocity in 2-D,
        where they are known.
    receiver_ids: receivers to keep; None: all.

    Raises `InputError` for an unknown receiver, and in 2-D for targets at several heights.

    >>> from multistatic import load_preset
    >>> known_sites(load_preset("paper"), ["rx01", "rx05"]).receiver_ids
    ('rx01', 'rx05')
    """
    kept = scenario.mask(tuple(scenario.receiver_ids if receiver_ids is None else receiver_ids))
    errors = clock_errors(scenario)
    clock = ClockErrors(
        time_s=errors.time_s[kept],
        frequency_hz=errors.frequency_hz[kept],
        common_time_s=errors.common_time_s,
        common_frequency_hz=errors.common_frequency_hz,
    )
    height_m, vertical_velocity_m_s = _known_height(scenario) if scenario.dimensions == 2 else (0.0, 0.0)
    return KnownSites(
        transmitter_m=scenario.transmitter.position_m,
        receiver_ids=tuple(name for name, keep in zip(scenario.receiver_ids, kept, strict=True) if keep),
        receivers_m=scenario.receiver_positions_m[kept],
        carrier_hz=scenario.radio.carrier_hz,
        dimensions=scenario.dimensions,
        height_m=height_m,
        vertical_velocity_m_s=vertical_velocity_m_s,
        clock=None if clock.perfect else clock,
    )


def _known_height(scenario: Scenario) -> tuple[float, float]:
    """Height and vertical velocity that all targets share."""
    known = {(float(one.position_m[2]), float(one.velocity_m_s[2])) for one in scenario.targets}
    if len(known) > 1:
        received = f"{len(scenario.targets)} targets of different heights or vertical velocities"
        raise InputError([Problem("target", received, "one height in 2-D, or design.dimensions = 3")], source="sites")
    return known.pop()


def _problems(sites: KnownSites) -> list[Problem]:
    """Every value of the sites that has a wrong shape or range."""
    problems = []
    count = len(sites.receiver_ids)
    for name, array, shape in (
        ("transmitter_m", sites.transmitter_m, (3,)),
        ("receivers_m", sites.receivers_m, (count, 3)),
    ):
        if array.shape != shape:
            problems.append(Problem(name, f"shape {array.shape}", f"shape {shape}"))
        elif not np.isfinite(array).all():
            problems.append(Problem(name, "NaN or infinity", "finite coordinates"))
    if len(set(sites.receiver_ids)) != count:
        problems.append(Problem("receiver_ids", str(sites.receiver_ids)[:60], "each id once"))
    if not 0 < sites.carrier_hz < np.inf:
        problems.append(Problem("carrier_hz", f"{sites.carrier_hz}", "a frequency in Hz above 0"))
    if sites.dimensions not in (2, 3):
        problems.append(Problem("dimensions", f"{sites.dimensions}", "2 or 3"))
    if sites.clock is not None and sites.clock.time_s.shape != (count,):
        problems.append(Problem("clock", f"{len(sites.clock.time_s)} receivers", f"{count} receivers"))
    return problems
