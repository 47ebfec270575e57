"""Networks whose clocks are not synchronised, from bare numbers; random ones, and cases in full digits from a file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from multistatic.bounds.clock import ClockErrors
from multistatic.bounds.sensing import SensingNetwork
from multistatic.scenario.geometry import bistatic_geometry
from multistatic.signal.moments import PulseMoments
from multistatic.units import F

CASES = Path(__file__).parent.parent / "data" / "clocked_groups.json"
BANDWIDTH_HZ, SAMPLES = 50e6, 1024


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClockedGroup:
    """One group of receivers: places in m, standard deviations of their measurements and of their clocks' offsets.

    `peb_m`, `veb_m_s`: what is known to be true, None for unobservable.
    """

    label: str
    transmitter_m: F
    receivers_m: F
    target_m: F
    velocity_m_s: F
    carrier_hz: float
    delay_std_s: F
    doppler_std_hz: F
    own_time_s: F
    own_frequency_hz: F
    common: tuple[float, float]
    dimensions: int
    peb_m: float | None = None
    veb_m_s: float | None = None

    @property
    def clock(self) -> ClockErrors:
        return ClockErrors(
            time_s=self.own_time_s,
            frequency_hz=self.own_frequency_hz,
            common_time_s=self.common[0],
            common_frequency_hz=self.common[1],
        )


def sensing_network_of(group: ClockedGroup) -> SensingNetwork:
    """The network whose delays and Dopplers have these standard deviations at an illumination of 1 W.

    One pulse serves all receivers, so that the ratio of the two deviations has to be the same for all.
    """
    slot_s = 0.5 / BANDWIDTH_HZ
    doppler_per_snr = 8.0 * np.pi**2 * SAMPLES * (SAMPLES**2 - 1) / 12.0
    snr = 1.0 / (group.doppler_std_hz * slot_s) ** 2 / doppler_per_snr
    bandwidth = (slot_s / group.delay_std_s) ** 2 / (2.0 * SAMPLES * snr)
    np.testing.assert_allclose(bandwidth, bandwidth[0], rtol=1e-12)
    clock = group.clock
    return SensingNetwork(
        receiver_ids=tuple(f"rx{k}" for k in range(len(group.receivers_m))),
        geometry=bistatic_geometry(group.transmitter_m, group.receivers_m, group.target_m),
        velocity_m_s=group.velocity_m_s,
        carrier_hz=group.carrier_hz,
        bandwidth_hz=BANDWIDTH_HZ,
        samples=SAMPLES,
        pulse=PulseMoments(
            mean_square_bandwidth=float(bandwidth[0]),
            mean_frequency=0j,
            mean_time=0.5,
            mean_square_time=0.25,
            time_frequency=0j,
            continuous=True,
        ),
        snr_per_watt=snr,
        published_snr_per_watt=snr,
        receive_apertures_m2=np.zeros((len(snr), 3, 3)),
        dimensions=group.dimensions,  # type: ignore[arg-type]
        clock=None if clock.perfect else clock,
    )


def stored_cases() -> list[ClockedGroup]:
    """The cases of the file, computed with 60 digits from these very numbers."""
    return [_case(item) for item in json.loads(CASES.read_text())["cases"]]


def _case(item: dict[str, Any]) -> ClockedGroup:
    return ClockedGroup(
        label=item["label"],
        transmitter_m=_in_space(item["transmitter_m"]),
        receivers_m=_in_space(item["receivers_m"]),
        target_m=_in_space(item["target_m"]),
        velocity_m_s=_in_space(item["velocity_m_s"]),
        carrier_hz=item["carrier_hz"],
        delay_std_s=np.array(item["delay_std_s"]),
        doppler_std_hz=np.array(item["doppler_std_hz"]),
        own_time_s=np.array([float(each) for each in item["own_time_s"]]),
        own_frequency_hz=np.array([float(each) for each in item["own_frequency_hz"]]),
        common=(float(item["common_time_s"]), float(item["common_frequency_hz"])),
        dimensions=item["dimensions"],
        peb_m=item["peb_m"],
        veb_m_s=item["veb_m_s"],
    )


def _in_space(places: list[Any]) -> F:
    """Two coordinates get a third one of zero."""
    given = np.array(places, float)
    return np.concatenate([given, np.zeros((*given.shape[:-1], 3 - given.shape[-1]))], axis=-1)
