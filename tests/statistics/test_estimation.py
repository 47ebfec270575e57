"""The estimator over many trials: accuracy against the exact bound, false alarms against their stated rate.

Fixed seeds; each test says how often a correct estimator would fail it with another seed. The large runs are
the rows `estimation-accuracy`, `estimation-threshold` and `estimation-false-alarms` of `python -m benchmarks.table`.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from multistatic.bounds.waveform_information import waveform_information
from multistatic.estimation.detection import cell_threshold
from multistatic.estimation.matched_filter import statistic_map
from multistatic.estimation.maximum_likelihood import maximum_likelihood
from tests.support.close import close_to
from tests.support.echoes import SLOT_S, echoes, ofdm, search, train

pytestmark = pytest.mark.slow

TRIALS = 2000
WAVEFORMS = {name: train(name) for name in ("half_sine", "raised_cosine", "root_raised_cosine")} | {"ofdm": ofdm()}


@pytest.mark.parametrize("name", WAVEFORMS)
def test_accuracy_is_that_of_the_bound(name: str) -> None:
    """MSE/CRB within 0.9 - 1.15 at 30 dB: its standard deviation is 3 %, so a correct one fails in 1e-3 of seeds."""
    waveform = WAVEFORMS[name]
    steering = np.array([1.0, 1j])
    echo = echoes(waveform, snr=1000.0, trials=TRIALS, oversampling=4.0, steering=steering)
    found = maximum_likelihood(echo.recording, waveform, search(waveform, steering=steering))
    snr_per_slot = np.mean(np.abs(echo.amplitude) ** 2) * 2 / echo.recording.noise_power_w
    information = waveform_information(waveform, SLOT_S, float(snr_per_slot))
    bound = np.linalg.solve(information, np.eye(2))
    error = np.stack([(found.delay_s - echo.delay_s) / SLOT_S, (found.doppler_hz - echo.doppler_hz) * SLOT_S], axis=1)
    ratio = np.mean(error**2, axis=0) / np.diag(bound)
    assert np.all((ratio > 0.9) & (ratio < 1.15)), ratio
    # The stated covariances: normalised errors are χ² of 2 degrees of freedom, up to 6 % for its own estimation.
    scaled = np.stack([found.delay_s - echo.delay_s, found.doppler_hz - echo.doppler_hz], axis=1)
    nees = np.einsum("bi,bij,bj->b", scaled, np.linalg.pinv(found.covariance, rcond=1e-30), scaled)
    low, high = chi2.ppf([1e-4, 1 - 1e-4], 2 * TRIALS) / TRIALS
    assert low * 0.97 < nees.mean() < high * 1.08, nees.mean()
    assert np.mean(found.snr) == close_to(1000.0, rel=0.02)


def test_false_alarms_of_a_cell() -> None:
    """1.2 million cells of noise at the stated 1e-3; neighbours are correlated, so 15 % is about five deviations."""
    waveform = train()
    recording = echoes(waveform, snr=1e-12, trials=1500).recording
    values = statistic_map(recording, waveform, search(waveform, 3.0)).values
    share = np.mean(values > cell_threshold(1e-3))
    assert values.size > 1e6
    assert share == close_to(1e-3, rel=0.15)
    assert np.mean(values) == close_to(1.0, rel=0.01)


@pytest.mark.parametrize(
    ("name", "antennas", "bins"), [("root_raised_cosine", 1, 0.01), ("half_sine", 1, 2.0), ("ofdm", 3, 0.01)]
)
def test_false_alarms_of_a_search(name: str, antennas: int, bins: float) -> None:
    """6 000 searches of noise at the stated 5 %: five standard deviations are 0.28 of it, 0.1 more for the theory."""
    waveform = WAVEFORMS[name]
    noise = echoes(waveform, snr=1e-12, trials=6000, steering=np.ones(antennas)).recording
    steering = np.ones(1) if antennas == 1 else None
    found = maximum_likelihood(noise, waveform, search(waveform, bins, steering=steering, false_alarm_rate=0.05))
    share = np.mean(found.verdict != "not_detected")
    assert 0.05 * 0.65 < share < 0.05 * 1.35, share


def test_false_alarms_where_the_noise_is_measured() -> None:
    waveform = train(count=64)
    noise = echoes(waveform, snr=1e-12, trials=6000).recording
    found = maximum_likelihood(noise, waveform, search(waveform, 0.01, noise="estimated", false_alarm_rate=0.05))
    share = np.mean(found.verdict != "not_detected")
    assert 0.05 * 0.65 < share < 0.05 * 1.35, share
