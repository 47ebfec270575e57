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
from tests.support.close import assert_close

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
    assert_close(bandwidth, bandwidth[0], rel=1e-12)
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


def ordinary_group(rng: np.random.Generator) -> ClockedGroup:
    """As `random_group`, with receivers anywhere."""
    return random_group(rng, degenerate=0.0)


def random_group(rng: np.random.Generator, degenerate: float = 1 / 3) -> ClockedGroup:
    """Places in tenths of metres, clocks perfect, known to some accuracy or unknown; a share of geometries degenerate.

    Decimals make many degeneracies exact, and leave others exact but for the rounding of decimals.
    """
    d, count = int(rng.integers(2, 4)), int(rng.integers(2, 7))
    target, velocity = _decimals(rng, d, 60.0), _decimals(rng, d, 20.0) * (rng.random() < 0.8)
    receivers = np.array([_decimals(rng, d, 90.0) for _ in range(count)])
    if rng.random() < degenerate:
        receivers = _degenerate(rng, receivers, target)
    length = np.linalg.norm(receivers - target, axis=1) + np.linalg.norm(target)
    delay_std_s = float(10 ** rng.uniform(-13, -10)) * length / 100.0
    own_s, own_hz = rng.choice(_OWN_S, count, p=_OWN_SHARE), rng.choice(_OWN_HZ, count, p=_OWN_SHARE)
    return ClockedGroup(
        label="random",
        transmitter_m=np.zeros(3),
        receivers_m=receivers,
        target_m=target,
        velocity_m_s=velocity,
        carrier_hz=3.5e9,
        delay_std_s=delay_std_s,
        doppler_std_hz=delay_std_s * float(10 ** rng.uniform(10, 14)),
        own_time_s=own_s if rng.random() < 0.7 else np.full(count, own_s[0]),
        own_frequency_hz=own_hz if rng.random() < 0.7 else np.full(count, own_hz[0]),
        common=(float(rng.choice([0.0, 1e-9, 2e-8, 1e-6, np.inf])), float(rng.choice([0.0, 5.0, 1e3, np.inf]))),
        dimensions=d,
    )


_OWN_S = [0.0, 1e-12, 1e-9, 1e-6, np.inf]
_OWN_HZ = [0.0, 1.0, 5.0, 100.0, np.inf]
_OWN_SHARE = [0.4, 0.1, 0.2, 0.1, 0.2]


def _decimals(rng: np.random.Generator, d: int, reach: float) -> F:
    place = np.zeros(3)
    place[:d] = np.round(rng.uniform(-reach, reach, d), 1)
    return place


def _degenerate(rng: np.random.Generator, receivers: F, target: F) -> F:
    """On the baseline, behind the target or the transmitter, in one line or plane with both, or in one place."""
    kind = rng.integers(6)
    factors = rng.integers(2, 5, (len(receivers), 1)).astype(float)
    if kind == 0:  # the target on the baseline of one of them
        return np.vstack([2.0 * target, receivers[1:]])
    if kind == 1:  # of all
        return factors * target
    if kind == 2:  # all in one line with transmitter and target, off the baseline
        return target * rng.choice([-1.0, -0.5, 0.5, 0.25], (len(receivers), 1))
    if kind == 3:  # two in one place
        return np.vstack([receivers[:1], receivers[:1], receivers[2:]])
    if kind == 4:  # all in one place, or almost
        apart = rng.choice([0.0, 1e-6, 1e-3]) * rng.standard_normal(receivers.shape)
        return receivers[:1] + apart * (receivers[:1] != 0)
    # nearly on the baseline of all but one
    return np.vstack([receivers[:1], factors[1:] * target + rng.choice([1e-9, 1e-6, 1e-3]) * (target != 0)])
