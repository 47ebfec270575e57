"""Recorded references: accuracy as stated, slopes, edges."""

import numpy as np
import pytest

from multistatic.signal.sampled import SampledWaveform
from tests.support.close import assert_close


@pytest.mark.parametrize("fraction", [1 / 16, 1 / 8, 1 / 4, 1 / 3])
def test_accuracy_is_as_stated(fraction):
    error = 2 * (fraction / (1 - fraction)) ** 8
    rate, n = 1e8, np.arange(400)
    sampled = SampledWaveform(samples=np.exp(2j * np.pi * fraction * n), sample_rate_hz=rate, start_s=-1e-6)
    times = -1e-6 + np.random.default_rng(0).uniform(50, 350, 500) / rate
    exact = np.exp(2j * np.pi * fraction * rate * (times + 1e-6))
    found = np.abs(sampled.values(times) - exact).max()
    assert 0.8 * error < found < 1.5 * error
    slope = 2j * np.pi * fraction * rate * exact
    assert np.abs(sampled.slopes(times) - slope).max() < 12 * error * np.abs(slope).max()


def test_samples_are_met_and_nothing_is_outside():
    samples = np.random.default_rng(1).standard_normal((2, 3, 20)) * (1 + 2j)
    sampled = SampledWaveform(samples=samples, sample_rate_hz=10.0, start_s=2.0)
    assert sampled.support_s == (2.0, 3.9)
    assert_close(sampled.values(2.0 + np.arange(1, 19) / 10), samples[..., 1:19], abs=1e-9)
    assert not sampled.values([1.99, 3.91]).any()
    assert not sampled.slopes([1.99, 3.91]).any()
    assert sampled.values(np.full((4, 5), 3.0)).shape == (2, 3, 4, 5)


@pytest.mark.parametrize(
    "bad",
    [
        {"samples": np.ones(7)},
        {"samples": np.full(20, np.nan)},
        {"samples": np.array(1.0)},
        {"sample_rate_hz": 0.0},
        {"start_s": np.inf},
    ],
)
def test_what_is_no_signal_is_refused(bad):
    with pytest.raises(ValueError, match="expected finite"):
        SampledWaveform(**({"samples": np.ones(20), "sample_rate_hz": 1.0} | bad))
