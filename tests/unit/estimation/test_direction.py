"""Directions of arrival: what they are, how accurate, and what an array cannot tell."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from multistatic.estimation.direction import find_directions
from multistatic.estimation.maximum_likelihood import maximum_likelihood
from multistatic.scenario.arrays import AntennaArray, linear_array, planar_array
from tests.support.close import assert_close, close_to
from tests.support.echoes import echoes, search, train

WAVELENGTH_M = 0.1
SQUARE = AntennaArray(elements_m=0.05 * np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0], [0.4, 0.3, 0]]))
SOLID = AntennaArray(
    elements_m=0.05 * np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1], [0.3, 0.7, 0.2]])
)


def unit(*parts: float) -> np.ndarray:
    return np.array(parts) / np.linalg.norm(parts)


@pytest.mark.parametrize(
    ("array", "direction", "dimensions"),
    [
        (linear_array(4, 0.05), unit(0.8, -0.6, 0), 2),
        (linear_array(2, 0.05, (1.0, 1.0, 0.0)), unit(0.9, -0.3, 0), 2),
        (SQUARE, unit(-0.8, -0.6, 0), 2),
        (planar_array((3, 3), 0.05), unit(0.7, -0.4, 0.5), 3),
        (SOLID, unit(-0.2, 0.5, -0.7), 3),
    ],
)
def test_exact_without_noise(array: AntennaArray, direction: np.ndarray, dimensions: int) -> None:
    snapshot = (0.3 - 2j) * array.steering_vector(direction, WAVELENGTH_M)
    found = find_directions(snapshot[None], np.array([100.0]), array, WAVELENGTH_M, dimensions)
    assert_close(found.direction[0], direction, abs=1e-6)


@pytest.mark.parametrize("axis", [(0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (1.0, 2.0, -2.0)])
def test_a_line_in_space_measures_its_cosine(axis: tuple[float, float, float]) -> None:
    array, direction, along = linear_array(4, 0.05, axis), unit(-0.5, 0.4, 0.6), unit(*axis)
    snapshot = array.steering_vector(direction, WAVELENGTH_M)
    found = find_directions(snapshot[None], np.array([100.0]), array, WAVELENGTH_M, 3)
    assert found.kind == "components"
    assert "every direction at the same angle" in found.note
    assert np.linalg.norm(found.direction[0]) == close_to(1.0)
    assert found.direction[0] @ along == close_to(direction @ along, abs=1e-6)
    # Known along the line to 1/(2 SNR (2π/λ)² variance of the places), and nowhere else.
    variance = 1.0 / (2 * 100.0 * (2 * np.pi / WAVELENGTH_M) ** 2 * np.var(0.05 * np.arange(4)))
    assert_close(found.covariance[0], variance * np.outer(along, along), abs=1e-12)


def test_both_ends_of_a_line_look_alike() -> None:
    """Half a wavelength apart, cosines of ±0.99 differ by 2 % of a turn: 17 dB do not tell them apart, 47 dB do."""
    array, direction = linear_array(2, 0.05), unit(0.14, 0.99, 0)
    snapshot = array.steering_vector(direction, WAVELENGTH_M)[None]
    snr = np.array([50.0, 5e4])
    found = find_directions(np.repeat(snapshot, 2, axis=0), snr, array, WAVELENGTH_M, 2)
    assert np.isinf(found.covariance[0]).all()
    assert np.isfinite(found.covariance[1]).all()
    assert_close(found.direction[1], direction, abs=1e-4)
    across = unit(0.8, 0.6, 0)
    clear = find_directions(array.steering_vector(across, WAVELENGTH_M)[None], np.array([50.0]), array, WAVELENGTH_M, 2)
    assert np.isfinite(clear.covariance).all()


@pytest.mark.parametrize("cosine", [0.5, 0.8, 0.97])
def test_a_second_direction_is_ruled_out_at_a_thousand_to_one(cosine: float) -> None:
    """Likelihoods as they are written, exp(-|v - A a(u)|²/σ²) at the best A: of the truth and of the other end."""
    array, direction = linear_array(2, 0.05), unit(np.sqrt(1 - cosine**2), cosine, 0)
    snapshot, end = (array.steering_vector(each, WAVELENGTH_M) for each in (direction, unit(0, -1, 0)))
    rest = snapshot - end * np.vdot(end, snapshot) / np.vdot(end, end)
    # ln of the odds per unit of |v|²/σ², the SNR of both antennas.
    log_odds = np.vdot(rest, rest).real / np.vdot(snapshot, snapshot).real
    snr = np.log(1000.0) / log_odds * np.array([0.97, 1.03])
    found = find_directions(np.repeat(snapshot[None], 2, axis=0), snr, array, WAVELENGTH_M, 2)
    assert np.isinf(found.covariance[0]).all()
    assert np.isfinite(found.covariance[1]).all()


def test_one_beam_is_one_direction_and_no_more_accurate_than_nothing() -> None:
    """Across a line of two nothing lies outside of its beam, however weak the echo: no second direction."""
    array, across = linear_array(2, 0.05), unit(1, 0, 0)
    snapshots = np.repeat(array.steering_vector(across, WAVELENGTH_M)[None], 2, axis=0)
    found = find_directions(snapshots, np.array([10.0, 1e-9]), array, WAVELENGTH_M, 2)
    # 1/(2 SNR (π/2)²), and that of a number of which only -1 ... 1 is known.
    assert_close(found.covariance[:, 1, 1], [1 / (20 * (np.pi / 2) ** 2), 1 / 3], rel=1e-9)


def test_antennas_close_together_have_no_second_direction() -> None:
    """A quarter of a wavelength apart: the whole half circle lies within one beam."""
    array, direction = linear_array(2, 0.025), unit(0.6, 0.8, 0)
    snapshot = array.steering_vector(direction, WAVELENGTH_M)[None]
    found = find_directions(snapshot, np.array([50.0]), array, WAVELENGTH_M, 2)
    assert np.isfinite(found.covariance).all()
    assert_close(found.direction[0], direction, abs=1e-6)


def test_antennas_a_wavelength_apart_determine_no_direction() -> None:
    array, waveform = linear_array(3, 0.1), train()
    steering = array.steering_vector(unit(0.8, 0.6, 0), WAVELENGTH_M)
    echo = echoes(waveform, snr=1e4, steering=steering)
    searched = search(waveform, steering=None, array=array, wavelength_m=WAVELENGTH_M)
    measurement = maximum_likelihood(echo.recording, waveform, searched).measurement()
    assert measurement.direction is None
    assert "very different direction fits nearly as well" in measurement.message


def test_a_line_says_that_it_has_two_sides() -> None:
    array, behind = linear_array(4, 0.05), unit(-0.8, 0.6, 0)
    found = find_directions(array.steering_vector(behind, WAVELENGTH_M)[None], np.ones(1), array, WAVELENGTH_M, 2)
    assert_close(found.direction[0], behind * [-1, 1, 1], abs=1e-6)
    assert "mirror image" in found.note
    assert "mirror" not in find_directions(np.ones((1, 5), complex), np.ones(1), SQUARE, WAVELENGTH_M, 2).note


@pytest.mark.parametrize(
    ("array", "dimensions", "reason"),
    [
        (linear_array(1, 0.05), 2, "one antenna"),
        (linear_array(4, 0.05, (0.0, 0.0, 1.0)), 2, "without horizontal extent"),
    ],
)
def test_no_direction_where_there_is_none(array: AntennaArray, dimensions: int, reason: str) -> None:
    found = find_directions(np.ones((1, array.size), complex), np.ones(1), array, WAVELENGTH_M, dimensions)
    assert found.direction is None
    assert reason in found.note


@pytest.mark.parametrize(
    ("array", "dimensions", "freedom"),
    [
        (linear_array(4, 0.05), 2, 1),
        (SQUARE, 2, 1),
        (linear_array(4, 0.05), 3, 1),
        (planar_array((3, 2), 0.05), 3, 2),
        (SOLID, 3, 2),
    ],
)
def test_errors_are_as_large_as_stated(array: AntennaArray, dimensions: int, freedom: int) -> None:
    """χ² of the normalised errors of 1 000 snapshots; a correct one fails in 1e-4 of seeds; 5 % for curvature."""
    rng, snr, trials = np.random.default_rng(2), 1000.0, 1000
    direction = unit(0.8, 0.4, 0.3 if dimensions == 3 else 0)
    noise = (rng.standard_normal((trials, array.size, 2)) @ [1, 1j]) * np.sqrt(array.size / snr / 2)
    snapshots = array.steering_vector(direction, WAVELENGTH_M) + noise
    found = find_directions(snapshots, np.full(trials, snr), array, WAVELENGTH_M, dimensions)
    error = found.direction - direction
    nees = np.einsum("bi,bij,bj->b", error, np.linalg.pinv(found.covariance, rcond=1e-6), error)
    low, high = chi2.ppf([5e-5, 1 - 5e-5], freedom * trials) / trials
    assert 0.95 * low < nees.mean() < 1.05 * high


def test_direction_of_an_echo() -> None:
    array, direction = linear_array(3, 0.05), unit(0.6, 0.8, 0)
    steering = array.steering_vector(direction, WAVELENGTH_M)
    waveform = train()
    echo = echoes(waveform, snr=1e4, trials=3, steering=steering)
    searched = search(waveform, steering=None, array=array, wavelength_m=WAVELENGTH_M)
    found = maximum_likelihood(echo.recording, waveform, searched)
    for trial in range(3):
        measurement = found.measurement(trial)
        assert "mirror image" in measurement.message
        assert measurement.direction_kind == "components"
        spread = np.sqrt(np.trace(measurement.direction_covariance))
        assert np.linalg.norm(measurement.direction - direction) < 5 * spread
    assert_close(found.amplitude, echo.amplitude, rel=0.1)


@pytest.mark.parametrize(("log_odds", "clear"), [(4.0, False), (5.0, False), (7.4, True)])
def test_a_direction_is_ambiguous_up_to_odds_of_a_thousand(log_odds: float, clear: bool) -> None:
    """Both ends of a line of two: the other end explains all of the SNR but `log_odds`; ln 1000 is 6.9."""
    array, direction, other = linear_array(2, 0.05), unit(np.sqrt(1 - 0.99**2), 0.99, 0), unit(0, -1, 0)
    own, rival = (array.steering_vector(each, WAVELENGTH_M) for each in (direction, other))
    missed = 1.0 - np.abs(np.vdot(rival, own)) ** 2 / 4
    found = find_directions(own[None], np.array([log_odds / missed]), array, WAVELENGTH_M, 2)
    assert bool(np.isfinite(found.covariance).all()) is clear
