"""Arrays: the published steering vectors (4)-(5), planar arrays, apertures, what is refused."""

import numpy as np
import pytest

from multistatic.errors import ScenarioError
from multistatic.scenario.arrays import AntennaArray, linear_array, planar_array
from tests.support.close import assert_close

WAVELENGTH = 0.0857


def direction(azimuth: float, elevation: float = 0.0) -> np.ndarray:
    return np.array([np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)])


@pytest.mark.parametrize("spacing", [0.5, 0.37])
@pytest.mark.parametrize("angle", [-2.8, -1.0, 0.0, 0.3, 1.2, 3.0])
def test_linear_array_is_equation_4(angle, spacing):
    steering = linear_array(5, spacing * WAVELENGTH).steering_vector(direction(angle), WAVELENGTH)
    published = [np.exp(2j * np.pi * n * spacing * np.sin(angle)) for n in range(5)]
    assert_close(steering, published, abs=1e-12)


def test_phase_is_that_of_a_plane_wave_to_a_far_point():
    """The phase leads where an element is nearer to the point: e^{-j2πd/λ} against the first element."""
    array = AntennaArray(elements_m=np.random.default_rng(1).normal(size=(6, 3)))
    towards = direction(0.7, 0.4)
    point = 1e7 * towards
    distance = np.linalg.norm(point - array.elements_m, axis=1)
    nearer = (distance - np.linalg.norm(point)) / WAVELENGTH
    assert_close(array.steering_vector(towards, WAVELENGTH), np.exp(-2j * np.pi * nearer), abs=1e-3)


def test_linear_array_does_not_distinguish_front_and_back():
    array = linear_array(7, 0.5 * WAVELENGTH)
    front, back = (array.steering_vector(direction(angle), WAVELENGTH) for angle in (0.4, np.pi - 0.4))
    assert_close(front, back, abs=1e-12)


def test_axis_turns_the_array_and_its_length_does_not_matter():
    along_x = linear_array(4, 0.5 * WAVELENGTH, axis=(3.0, 0.0, 0.0))
    steering = along_x.steering_vector(direction(0.6), WAVELENGTH)
    assert_close(steering, np.exp(1j * np.pi * np.arange(4) * np.cos(0.6)), abs=1e-12)


def test_planar_array_is_a_kronecker_product_with_the_first_axis_fastest():
    towards, spacing = direction(0.5, 0.3), 0.5 * WAVELENGTH
    plane = planar_array((3, 2), spacing, axes=((0, 1, 0), (0, 0, 2))).steering_vector(towards, WAVELENGTH)
    columns = linear_array(3, spacing, axis=(0, 1, 0)).steering_vector(towards, WAVELENGTH)
    rows = linear_array(2, spacing, axis=(0, 0, 1)).steering_vector(towards, WAVELENGTH)
    assert_close(plane, np.kron(rows, columns), abs=1e-12)


def test_many_directions_at_once():
    array = planar_array((2, 3), 0.05)
    directions = np.stack([direction(angle) for angle in (0.1, 0.2, 0.3)])
    each = [array.steering_vector(row, WAVELENGTH) for row in directions]
    np.testing.assert_array_equal(array.steering_vector(directions, WAVELENGTH), each)


def test_aperture_of_a_linear_array():
    """Variance of n equally spaced points: spacing² (n² - 1)/12, along the axis alone."""
    expected = np.diag([0.0, 0.04**2 * (8**2 - 1) / 12, 0.0])
    assert_close(linear_array(8, 0.04).aperture_m2(), expected, abs=1e-18)


def test_elements_cannot_be_changed():
    array = linear_array(2, 0.1)
    with pytest.raises(ValueError, match="read-only"):
        array.elements_m[0, 0] = 1.0


@pytest.mark.parametrize("elements", [np.zeros((0, 3)), np.zeros((2, 2)), np.full((1, 3), np.nan), np.zeros(3)])
def test_malformed_elements_are_refused(elements):
    with pytest.raises(ScenarioError, match=r"array\.elements"):
        AntennaArray(elements_m=elements)
