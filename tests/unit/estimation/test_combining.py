"""Antennas that are combined in phase, and what a fixed grid costs."""

from __future__ import annotations

import numpy as np
import pytest

from multistatic import registry
from multistatic.estimation.grid import GridSettings, _quantised
from multistatic.estimation.matched_filter import branches_of, statistic_map
from tests.support.close import assert_close, close_to
from tests.support.echoes import LONGEST_S, brute_statistic, echoes, length_s, search, train

GRID = GridSettings()

# A phase and an amplitude of its own for each antenna.
STEERING = np.array([1.0, 0.5j, -0.8 + 0.6j])


def test_a_known_direction_gives_the_mean_of_the_antennas_in_phase() -> None:
    samples = np.arange(12.0).reshape(3, 4) * np.exp(1j)
    (found,) = branches_of(samples, search(train(), steering=STEERING))
    expected = STEERING.conj() @ samples / np.linalg.norm(STEERING)
    assert_close(found, expected, rel=1e-12)


def test_combined_in_phase_the_statistic_is_the_whole_snr() -> None:
    """Without noise T is |A|²‖a‖²‖x‖²/σ², whatever the phases of the antennas."""
    waveform = train()
    echo = echoes(waveform, snr=1e4, steering=STEERING, noise=0.0)
    alone = brute_statistic(echo.recording, waveform, echo.delay_s[0], echo.doppler_hz[0])
    found = statistic_map(echo.recording, waveform, search(waveform, steering=STEERING)).values.max()
    assert alone == close_to(1e4, rel=1e-3)
    assert 0.75e4 < found <= 1.001e4


@pytest.mark.parametrize("steps", [(0.5, 1e-4), (0.0, 0.0)])
def test_a_grid_adds_the_variance_of_a_step(steps: tuple[float, float]) -> None:
    information = np.array([[[40.0, 3.0], [3.0, 5e7]]])
    expected = np.linalg.inv(information[0]) + np.diag(np.square(steps)) / 12
    assert_close(np.linalg.inv(_quantised(information, steps)[0]), expected, rel=1e-09)


def test_the_covariance_of_the_grid_has_its_quantisation() -> None:
    """At a high SNR nothing but the steps is left."""
    waveform = train(count=64)
    echo = echoes(waveform, snr=1e8, noise=1.0)
    searched = search(waveform)
    found = registry.load("estimators", "grid")(echo.recording, waveform, searched)
    step_s = LONGEST_S / GRID.delays
    step_hz = 1.0 / length_s(waveform) / GRID.dopplers
    covariance = np.asarray(found.covariance)[0]
    assert np.sqrt(covariance[0, 0]) == close_to(step_s / np.sqrt(12), rel=0.05)
    assert np.sqrt(covariance[1, 1]) == close_to(step_hz / np.sqrt(12), rel=0.05)
