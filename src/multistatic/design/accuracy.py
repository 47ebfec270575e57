"""The accuracy that a group reaches under given beams, in every figure of merit."""

from __future__ import annotations

import numpy as np

from multistatic.bounds.delay_doppler import exact_information, standard_deviations
from multistatic.bounds.position import position_bound
from multistatic.bounds.sensing import SensingNetwork
from multistatic.bounds.surrogate import published_surrogate, sum_of_bounds, surrogate
from multistatic.design.result import Accuracy
from multistatic.units import B


def accuracy(network: SensingNetwork, selected: B, illumination_w: float) -> Accuracy:
    """Bounds of the group `selected` [K] of `network` at illumination p_t > 0."""
    information = exact_information(network, illumination_w)
    delay_std_s, doppler_std_hz = standard_deviations(information, 0.5 / network.bandwidth_hz)
    chosen = np.asarray(selected, bool)
    return Accuracy(
        sensor_ids=network.receiver_ids,
        surrogate=surrogate(information, chosen),
        surrogate_published=published_surrogate(network, chosen, illumination_w),
        sum_crb=sum_of_bounds(information, chosen),
        delay_std_s=delay_std_s,
        doppler_std_hz=doppler_std_hz,
        position=position_bound(network, chosen, illumination_w),
        position_with_angles=position_bound(network, chosen, illumination_w, angles=True),
    )
