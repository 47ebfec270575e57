"""Models of the direct channel H_bk, each (scenario, rng) → [K, N_r, N_t]; one entry point of
`multistatic.channel_models` each.
"""

from __future__ import annotations

import numpy as np

from multistatic.channel.path_loss import direct_gain
from multistatic.scenario.model import Scenario
from multistatic.units import C


def line_of_sight(scenario: Scenario, rng: np.random.Generator) -> C:
    """sqrt(η_bk) a_k a_bᵀ: rank one; a_k looks from the receiver to the transmitter. `rng` is not used."""
    geometry = scenario.geometry()
    gain = direct_gain(scenario.propagation, geometry.transmitter_receiver_m)
    steering_tx = scenario.transmitter.array.steering_vector(geometry.to_receivers, scenario.radio.wavelength_m)
    steering_rx = receive_steering(scenario, -geometry.to_receivers)
    channel: C = np.sqrt(gain)[:, None, None] * steering_rx[:, :, None] * steering_tx[:, None, :]
    return channel


def rician(scenario: Scenario, rng: np.random.Generator) -> C:
    """sqrt(η_bk) [sqrt(α/(1+α)) a_k a_bᵀ + sqrt(1/(1+α)) G], G i.i.d. CN(0, 1).

    Each receiver draws from its own child of `rng`: adding a receiver at the end changes no other channel.
    """
    factor = scenario.propagation.rician_factor
    gain = direct_gain(scenario.propagation, scenario.geometry().transmitter_receiver_m)
    count, transmit = len(scenario.receivers), scenario.transmitter.array.size
    drawn = np.zeros((count, 2, largest_array(scenario), transmit))
    for parts, receiver, child in zip(drawn, scenario.receivers, rng.spawn(count), strict=True):
        parts[:, : receiver.array.size] = child.standard_normal((2, receiver.array.size, transmit))
    scattered = (drawn[:, 0] + 1j * drawn[:, 1]) / np.sqrt(2.0)
    specular = line_of_sight(scenario, rng)
    return np.sqrt(factor / (1 + factor)) * specular + np.sqrt(gain / (1 + factor))[:, None, None] * scattered


def receive_steering(scenario: Scenario, directions: np.ndarray) -> C:
    """a_k(u_k) [K, N_r] for one unit vector per receiver [K, 3], zero-padded to the largest array."""
    steering = np.zeros((len(scenario.receivers), largest_array(scenario)), complex)
    for row, receiver, direction in zip(steering, scenario.receivers, directions, strict=True):
        row[: receiver.array.size] = receiver.array.steering_vector(direction, scenario.radio.wavelength_m)
    return steering


def largest_array(scenario: Scenario) -> int:
    """N_r of the padded arrays."""
    return max(receiver.array.size for receiver in scenario.receivers)
