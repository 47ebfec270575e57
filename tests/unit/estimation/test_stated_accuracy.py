"""What estimates say of themselves: SNR, covariance, time; each against a second way to know it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.bounds.waveform_information import waveform_information
from multistatic.estimation.each_trial import measurements_of
from multistatic.estimation.found import Peaks, estimates_of
from multistatic.estimation.grid import GridSettings, grid
from multistatic.estimation.matched_filter import statistic_map
from multistatic.estimation.maximum_likelihood import maximum_likelihood
from multistatic.estimation.newton import _height
from multistatic.estimation.projection import PARTS, Known, Projection
from multistatic.estimation.reference import NODES, interpolation, reference_of
from tests.support.close import assert_close, close_to
from tests.support.echoes import SLOT_S, brute_statistic, echoes, search, train

GRID = GridSettings()


def test_a_kink_has_the_covariance_of_the_bound() -> None:
    """A peak without curvature: the inverse of the exact information of the signal at its SNR."""
    waveform = train("half_sine")
    recording = echoes(waveform, snr=100.0, oversampling=4.0).recording
    peaks = Peaks(
        statistic=np.array([1e3]),
        second=np.zeros(1),
        delay=np.array([20.0]),
        doppler=np.zeros(1),
        snr=np.array([900.0]),
        information=np.full((1, 2, 2), np.nan),
        snapshots=np.ones((1, 1), complex),
    )
    reference = reference_of(waveform, recording.sample_rate_hz)
    found = estimates_of(peaks, reference, recording, search(waveform))
    energy = reference.energies.mean() / 4.0  # in slots
    bound = np.linalg.solve(waveform_information(waveform, SLOT_S, 900.0 / energy), np.eye(2))
    deviation = np.sqrt(np.diagonal(found.covariance[0])) / [SLOT_S, 1 / SLOT_S]
    assert_close(deviation, np.sqrt(np.diagonal(bound)), rel=0.01)


@pytest.mark.slow
def test_snr_has_no_bias() -> None:
    """Mean of 6 000 estimates at 50, each with a deviation of 10: 0.5 is four of the mean's."""
    waveform = train(count=64)
    found = maximum_likelihood(echoes(waveform, snr=50.0, trials=6000).recording, waveform, search(waveform))
    assert np.mean(found.snr) == close_to(50.0, abs=0.5)


@pytest.mark.slow
def test_snr_has_no_bias_where_antennas_are_added_by_power_and_noise_is_measured() -> None:
    """Mean over 60 trials: measured from 128 parts each, 9 % a trial, so 5 % is four deviations."""
    waveform = train(count=512)
    echo = echoes(waveform, snr=400.0, trials=60, steering=np.array([1.0, 1j, -1.0]))
    known, measured = (
        maximum_likelihood(echo.recording, waveform, search(waveform, steering=None, noise=noise))
        for noise in ("recorded", "estimated")
    )
    assert np.mean(measured.snr) == close_to(np.mean(known.snr), rel=0.06)


@pytest.mark.slow
@pytest.mark.parametrize("pulse", ["half_sine", "root_raised_cosine"])
def test_noise_measured_from_few_parts_has_no_bias(pulse: str) -> None:
    """White noise measured from 16 parts: without W/(W-2) the covariance is 12 % too small, without W/(W-1) 1/SNR 6 %.

    1 500 trials: the determinant's root varies by 1 %, the mean of 1/SNR by 0.7 %. The delay is stated a little worse
    and the Doppler shift a little better than they are, because the ends of a block tell more about it than its middle;
    1/SNR is up to 5 % low, because delay and Doppler shift were fitted to the same noise.
    """
    waveform = train(pulse, count=64)
    echo = echoes(waveform, snr=3000.0, trials=1500, oversampling=4.0)
    found = maximum_likelihood(echo.recording, waveform, search(waveform, noise="estimated"))
    information = waveform_information(waveform, SLOT_S, 3000.0 / np.sum(np.abs(waveform.symbols) ** 2))
    bound = 1.0 / np.linalg.det(information)
    stated = np.linalg.det(np.mean(found.covariance, axis=0) / np.outer([SLOT_S, 1 / SLOT_S], [SLOT_S, 1 / SLOT_S]))
    assert np.sqrt(stated / bound) == close_to(1.0, abs=0.05)
    assert 0.94 < np.mean(3000.0 / found.snr) < 1.0


def test_derivatives_of_the_height() -> None:
    """Gradient and Hessian of L away from its peak against differences of its value, of sums that mean nothing."""
    rng = np.random.default_rng(4)
    sums = rng.standard_normal((2, PARTS, NODES, 2)) @ [1, 1j]
    projection = Projection(sums, 50.0 + rng.random(NODES))
    real = np.zeros((NODES, 8 * PARTS))
    known = Known(0, real, real.copy(), 117.0, np.array(interpolation()), np.ones(2))
    place, step = np.array([0.37, 1.3e-3]), np.array([1e-4, 1e-6])

    def value(i: float, j: float) -> float:
        return float(_height(known, projection, *(place + step * [i, j])).value)

    here = _height(known, projection, *place)
    gradient = [value(1, 0) - value(-1, 0), value(0, 1) - value(0, -1)] / (2 * step)
    assert_close([here.t, here.f], gradient, rel=1e-5)
    tt, ff = np.array([value(1, 0) + value(-1, 0), value(0, 1) + value(0, -1)]) - 2 * here.value
    tf = (value(1, 1) + value(-1, -1) - value(1, -1) - value(-1, 1)) / 4
    hessian = [tt / step[0] ** 2, tf / np.prod(step), ff / step[1] ** 2]
    assert_close([here.tt, here.tf, here.ff], hessian, rel=1e-4)


def test_the_map_where_the_signal_was_recorded_in_part() -> None:
    """The recording begins after the signal at short delays and ends before it at long ones."""
    waveform = train(count=64)
    whole = echoes(waveform, snr=100.0).recording
    part = replace(whole, samples=whole.samples[..., 20:150], start_s=20 / whole.sample_rate_hz)
    mapped = statistic_map(part, waveform, search(waveform))
    middle = len(mapped.doppler_hz) // 2
    middle -= middle % 2  # whole bins are exact
    for column in range(0, len(mapped.delay_s), 3):
        expected = brute_statistic(part, waveform, mapped.delay_s[column], mapped.doppler_hz[middle])
        assert mapped.values[0, middle, column] == close_to(expected, rel=2e-3, abs=2e-3)


def test_the_grid_states_its_quantisation() -> None:
    """Without noise nothing else is left: a uniform error over a step, whose variance is drawn."""
    waveform = train("half_sine")
    echo = echoes(waveform, snr=1e12, noise=0.0)
    searched = search(waveform)
    found = grid(echo.recording, waveform, searched)
    steps = np.ptp(searched.delay_s) / GRID.delays, np.ptp(searched.doppler_hz) / GRID.dopplers
    drawn = np.random.default_rng(0).uniform(-0.5, 0.5, 200_000)
    stated = np.diagonal(found.covariance[0]) / np.square(steps)
    assert_close(stated, np.var(drawn), rel=0.02)


def test_blocks_follow_each_other() -> None:
    """Trials are as far apart as the signal is long at least, and as a recording of it at most."""
    waveform = train()
    recording = echoes(waveform, snr=100.0, trials=3).recording
    times = [one.time_s for one in measurements_of(maximum_likelihood, recording, waveform, search(waveform))]
    first, second = np.diff(times)
    assert first == close_to(second)
    begin_s, end_s = waveform.support_s
    assert end_s - begin_s <= first * (1 + 1e-9) <= recording.samples.shape[-1] / recording.sample_rate_hz * (1 + 2e-9)
