"""The accuracy that a group reaches under given beams, in every figure of merit."""

from __future__ import annotations

import numpy as np

from multistatic.bounds.clock import range_standard_deviations
from multistatic.bounds.delay_doppler import exact_information, standard_deviations
from multistatic.bounds.position import position_bounds
from multistatic.bounds.sensing import SensingNetwork
from multistatic.bounds.surrogate import published_surrogate, sum_of_bounds, surrogate_value
from multistatic.design.result import Accuracy
from multistatic.units import B

# Echo SNR of a block (13 dB) below which the largest peak of a search is often noise: errors are then far above any
# Cramér-Rao bound (Fig. 7: `multistatic reproduce fig7`).
WEAK_ECHO = 20.0


def weak_echoes(found: Accuracy, selected: B) -> tuple[str, ...]:
    """Ids of the receivers whose echo, for the group `selected` [K], is too weak to be found in one block."""
    chosen = selected if len(selected) == len(found.sensor_ids) else np.ones(len(found.sensor_ids), bool)
    return tuple(
        name
        for name, snr, listens in zip(found.sensor_ids, found.block_snr, chosen, strict=True)
        if listens and snr < WEAK_ECHO
    )


def accuracy(network: SensingNetwork, selected: B, illumination_w: float) -> Accuracy:
    """Bounds of the group `selected` [K] of `network` at illumination p_t > 0."""
    information = exact_information(network, illumination_w)
    delay_std_s, doppler_std_hz = standard_deviations(information, 0.5 / network.bandwidth_hz)
    range_std_m, range_rate_std_m_s = range_standard_deviations(
        delay_std_s, doppler_std_hz, network.carrier_hz, network.clock
    )
    chosen = np.asarray(selected, bool)
    position, with_angles = position_bounds(network, chosen, illumination_w)
    return Accuracy(
        sensor_ids=network.receiver_ids,
        surrogate=surrogate_value(information, chosen),
        surrogate_published=published_surrogate(network, chosen, illumination_w),
        sum_crb=sum_of_bounds(information, chosen),
        delay_std_s=delay_std_s,
        doppler_std_hz=doppler_std_hz,
        range_std_m=range_std_m,
        range_rate_std_m_s=range_rate_std_m_s,
        position=position,
        position_with_angles=with_angles,
        block_snr=network.samples * network.snr_per_watt * illumination_w,
    )
