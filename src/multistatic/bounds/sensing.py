"""What the bounds need to know of a network: one value made from a scenario and its channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from multistatic.scenario.geometry import BistaticGeometry
from multistatic.signal.moments import PulseMoments
from multistatic.units import F


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SensingNetwork:
    """Receivers that may hear the echo, K of them, as every bound sees them.

    `snr_per_watt` [K]: w_k of `Channel.echo_snr_per_watt`, so that ρ_k = w_k p_t is the echo SNR per sample (all
    antennas together). `published_snr_per_watt` [K]: η_k² N_r/(σ_c²+σ_z²), what stands in the published bound (η
    counted twice, β = 1). `receive_apertures_m2` [K, 3, 3]: `AntennaArray.aperture_m2` of each receive array.
    `dimensions`: unknown coordinates of the target.
    """

    receiver_ids: tuple[str, ...]
    geometry: BistaticGeometry
    velocity_m_s: F
    carrier_hz: float
    bandwidth_hz: float
    samples: int
    pulse: PulseMoments
    snr_per_watt: F
    published_snr_per_watt: F
    receive_apertures_m2: F
    dimensions: Literal[2, 3]
