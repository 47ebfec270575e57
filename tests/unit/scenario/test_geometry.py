"""Geometry: lengths and directions by hand, delay (51), Doppler (50) against the rate of change of the path."""

import numpy as np
import pytest

from multistatic.scenario.geometry import bistatic_geometry
from multistatic.units import SPEED_OF_LIGHT_M_S
from tests.support.close import assert_close

TRANSMITTER = np.array([3.0, -2.0, 10.0])
TARGET = np.array([20.0, 40.0, 5.0])
RECEIVERS = np.array([[50.0, 10.0, 1.0], [-30.0, 25.0, 2.0], [0.0, 90.0, 30.0]])


def test_lengths_and_directions_by_hand():
    geometry = bistatic_geometry([0, 0, 0], [[7, 4, 0], [3, 16, 0]], [3, 4, 0])
    assert geometry.transmitter_target_m == 5.0
    assert_close(geometry.to_target, [0.6, 0.8, 0.0], rel=1e-9)
    assert_close(geometry.target_receiver_m, [4.0, 12.0], rel=1e-9)
    assert_close(geometry.receiver_to_target, [[-1, 0, 0], [0, -1, 0]], rel=1e-9)
    assert_close(geometry.transmitter_receiver_m, np.sqrt([65.0, 265.0]), rel=1e-9)
    assert_close(geometry.to_receivers[0], np.array([7, 4, 0]) / np.sqrt(65), rel=1e-9)
    assert_close(geometry.receiver_receiver_m, np.sqrt(160.0) * (1 - np.eye(2)), rel=1e-9)
    assert_close(geometry.delay_s, np.array([9.0, 17.0]) / SPEED_OF_LIGHT_M_S, rel=1e-9)


def test_doppler_is_minus_the_rate_of_the_path_in_wavelengths():
    velocity, carrier, step = np.array([12.0, -7.0, 3.0]), 3.5e9, 1e-4
    path = [
        bistatic_geometry(TRANSMITTER, RECEIVERS, TARGET + sign * step * velocity).bistatic_range_m for sign in (1, -1)
    ]
    rate = (path[0] - path[1]) / (2 * step)
    doppler = bistatic_geometry(TRANSMITTER, RECEIVERS, TARGET).doppler_hz(velocity, carrier)
    assert_close(doppler, -rate * carrier / SPEED_OF_LIGHT_M_S, rel=1e-7)


def test_doppler_along_x_is_equation_50():
    """f_k = -(v f0/c)(cosθ + cosφ_k), angles of the directions towards the target, measured from the x axis."""
    receivers, target = RECEIVERS * [1, 1, 0], TARGET * [1, 1, 0]
    theta = np.arctan2(target[1], target[0])
    phi = np.arctan2(*(target - receivers).T[1::-1])
    published = -(15.0 * 3.5e9 / SPEED_OF_LIGHT_M_S) * (np.cos(theta) + np.cos(phi))
    assert_close(bistatic_geometry(np.zeros(3), receivers, target).doppler_hz([15, 0, 0], 3.5e9), published, rel=1e-9)


def test_nothing_changes_when_everything_moves_together():
    shift = np.array([100.0, -50.0, 7.0])
    one = bistatic_geometry(TRANSMITTER, RECEIVERS, TARGET)
    other = bistatic_geometry(TRANSMITTER + shift, RECEIVERS + shift, TARGET + shift)
    for name in ("to_target", "target_receiver_m", "receiver_receiver_m", "receiver_to_target", "to_receivers"):
        assert_close(getattr(one, name), getattr(other, name), abs=1e-12)


@pytest.mark.parametrize("name", ["to_receivers", "receiver_to_target"])
def test_directions_are_unit_vectors(name):
    directions = getattr(bistatic_geometry(TRANSMITTER, RECEIVERS, TARGET), name)
    assert_close(np.linalg.norm(directions, axis=1), 1.0, rel=1e-9)
