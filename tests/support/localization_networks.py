"""Networks and measurements that the tests of localization share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from multistatic.bounds.clock import ClockErrors
from multistatic.estimation.measurement import Measurement
from multistatic.localization.known_sites import KnownSites
from multistatic.units import SPEED_OF_LIGHT_M_S

CARRIER_HZ = 3.5e9
WAVELENGTH_M = SPEED_OF_LIGHT_M_S / CARRIER_HZ


def place(rng: np.random.Generator, shape: tuple[int, ...], dimensions: int, radius_m: float = 100.0) -> np.ndarray:
    """Random points [*shape, 3]; in the plane z = 0 in 2-D."""
    points = np.zeros((*shape, 3))
    points[..., :dimensions] = rng.uniform(-radius_m, radius_m, (*shape, dimensions))
    return points


def sites_of(
    receivers_m: np.ndarray,
    dimensions: int,
    transmitter_m: Sequence[float] = (0.0, 0.0, 0.0),
    clock: ClockErrors | None = None,
) -> KnownSites:
    """Receivers r0, r1, … at 3.5 GHz."""
    return KnownSites(
        transmitter_m=np.asarray(transmitter_m, float),
        receiver_ids=tuple(f"r{k}" for k in range(len(receivers_m))),
        receivers_m=receivers_m,
        carrier_hz=CARRIER_HZ,
        dimensions=2 if dimensions == 2 else 3,
        clock=clock,
    )


def exact(sites: KnownSites, target_m: np.ndarray, velocity_m_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Delays in s and Dopplers in Hz [K], written out here: nothing of the package's geometry is used."""
    delays, dopplers = [], []
    for receiver in sites.receivers_m:
        out, back = target_m - sites.transmitter_m, target_m - receiver
        r_out, r_back = np.sqrt(out @ out), np.sqrt(back @ back)
        delays.append((r_out + r_back) / SPEED_OF_LIGHT_M_S)
        dopplers.append(-(velocity_m_s @ out / r_out + velocity_m_s @ back / r_back) * CARRIER_HZ / SPEED_OF_LIGHT_M_S)
    return np.array(delays), np.array(dopplers)


def measured(
    sites: KnownSites,
    delay_s: np.ndarray,
    doppler_hz: np.ndarray,
    *,
    range_std_m: float = 0.1,
    rate_std_m_s: float = 0.1,
    directions: dict[int, tuple[np.ndarray, float]] | None = None,
    time_s: float = 0.0,
) -> list[Measurement]:
    """One measurement a receiver; `directions`: receiver → (unit vector, standard deviation in rad)."""
    covariance = np.diag([(range_std_m / SPEED_OF_LIGHT_M_S) ** 2, (rate_std_m_s / WAVELENGTH_M) ** 2])
    found = []
    for k, name in enumerate(sites.receiver_ids):
        direction, spread = (directions or {}).get(k, (None, 0.0))
        across = None if direction is None else spread**2 * (np.eye(3) - np.outer(direction, direction))
        if across is not None and sites.dimensions == 2:
            across[2] = across[:, 2] = 0.0
        found.append(
            Measurement(
                receiver_id=name,
                delay_s=float(delay_s[k]),
                doppler_hz=float(doppler_hz[k]),
                covariance=covariance,
                amplitude=0j,
                snr=1.0,
                verdict="detected",
                direction=direction,
                direction_covariance=across,
                time_s=time_s,
            )
        )
    return found


def noisy(
    rng: np.random.Generator, sites: KnownSites, target_m: np.ndarray, velocity_m_s: np.ndarray, count: int, **spread
) -> list[list[Measurement]]:
    """`count` sets of measurements with Gaussian errors of the stated standard deviations, clock offsets included."""
    range_std_m, rate_std_m_s = spread.get("range_std_m", 0.1), spread.get("rate_std_m_s", 0.1)
    delay, doppler = exact(sites, target_m, velocity_m_s)
    clock = sites.clock_or_perfect
    groups = []
    for _ in range(count):
        errors = rng.standard_normal((4, sites.size)), rng.standard_normal(2)
        groups.append(
            measured(
                sites,
                delay
                + errors[0][0] * range_std_m / SPEED_OF_LIGHT_M_S
                + errors[0][2] * clock.time_s
                + errors[1][0] * clock.common_time_s,
                doppler
                + errors[0][1] * rate_std_m_s / WAVELENGTH_M
                + errors[0][3] * clock.frequency_hz
                + errors[1][1] * clock.common_frequency_hz,
                range_std_m=range_std_m,
                rate_std_m_s=rate_std_m_s,
            )
        )
    return groups
