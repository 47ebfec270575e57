"""The estimators: exact without noise, the maximum of the likelihood with it; verdicts; bad input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from multistatic import registry
from multistatic.errors import InputError
from multistatic.estimation.estimates import VERDICTS, Estimates
from multistatic.estimation.matched_filter import statistic_map
from multistatic.estimation.maximum_likelihood import maximum_likelihood
from multistatic.estimation.search_window import Search, delay_range_s, doppler_range_hz
from tests.support.close import assert_close, close_to
from tests.support.echoes import LONGEST_S, SLOT_S, brute_statistic, echoes, ofdm, search, train

ESTIMATORS = registry.names("estimators")
PULSES = ("half_sine", "raised_cosine", "root_raised_cosine", "cosine", "sinc")
WAVEFORMS = {name: train(name) for name in PULSES} | {"ofdm": ofdm()}


# The contract of every registered estimator


@pytest.mark.parametrize("name", ESTIMATORS)
def test_contract(name: str) -> None:
    waveform = train()
    echo = echoes(waveform, snr=1000.0, trials=3, steering=np.array([1.0, 1j]))
    estimates = registry.load("estimators", name)(
        echo.recording, waveform, search(waveform, steering=np.array([1.0, 1j]))
    )
    assert isinstance(estimates, Estimates)
    assert len(estimates) == 3
    assert set(estimates.verdict) <= set(VERDICTS)
    assert list(estimates.verdict) == ["detected"] * 3
    deviation = np.sqrt(np.diagonal(estimates.covariance, axis1=1, axis2=2))
    assert np.all(np.abs(estimates.delay_s - echo.delay_s) < 6 * deviation[:, 0])
    assert np.all(np.abs(estimates.doppler_hz - echo.doppler_hz) < 6 * deviation[:, 1])
    assert_close(estimates.amplitude, echo.amplitude, rel=0.3)
    assert_close(estimates.snr, 1000.0, rel=0.4)
    for array in (estimates.delay_s, estimates.covariance, estimates.amplitude):
        assert not array.flags.writeable
    measurement = estimates.measurement(1)
    assert (measurement.receiver_id, measurement.delay_s) == ("rx1", estimates.delay_s[1])


@pytest.mark.parametrize("name", ESTIMATORS)
def test_noise_alone_is_not_detected(name: str) -> None:
    waveform = train()
    recording = replace(echoes(waveform, snr=1e-9).recording)
    estimates = registry.load("estimators", name)(recording, waveform, search(waveform, false_alarm_rate=1e-6))
    measurement = estimates.measurement()
    assert measurement.verdict == "not_detected"
    assert measurement.snr == 0.0
    assert np.isposinf(np.diag(measurement.covariance)).all()
    assert "below the threshold" in measurement.message


@pytest.mark.parametrize("name", ESTIMATORS)
def test_two_equal_echoes_are_ambiguous(name: str) -> None:
    waveform = train()
    recording = echoes(waveform, snr=200.0, noise=0.1).recording
    shifted = np.roll(recording.samples, 12, axis=-1)
    both = replace(recording, samples=recording.samples + shifted)
    estimates = registry.load("estimators", name)(both, waveform, search(waveform))
    assert estimates.verdict[0] == "ambiguous"
    assert estimates.wrong_order[0] <= 0.5
    assert "second peak" in estimates.measurement().message


# The maximum of the likelihood


@pytest.mark.parametrize("oversampling", [2.0, 2.5, 4.0])
@pytest.mark.parametrize("name", WAVEFORMS)
def test_exact_without_noise(name: str, oversampling: float) -> None:
    """The wrong sign of a phase, a delay off by a sample or a conjugate forgotten would all be errors of order one."""
    waveform = WAVEFORMS[name]
    if name in ("cosine", "sinc") and oversampling == 2.5:
        pytest.skip("jumps inside of cells are smoothed (docs/algorithms.md)")
    echo = echoes(waveform, snr=1e7, trials=4, oversampling=oversampling, noise=0.0, start_s=3.3e-9)
    found = maximum_likelihood(echo.recording, waveform, search(waveform))
    commensurate = oversampling == int(oversampling)
    # Where the edges of pulses meet samples inside of a cell, the interpolation passes over them.
    tolerance = 2e-4 if commensurate else 0.05
    assert_close(found.delay_s, echo.delay_s, abs=tolerance * SLOT_S)
    assert_close(found.doppler_hz, echo.doppler_hz, abs=tolerance / (128 * SLOT_S))
    assert_close(found.amplitude, echo.amplitude, rel=5e-3 if commensurate else 0.1)


@pytest.mark.parametrize(("name", "oversampling"), [("half_sine", 4), ("root_raised_cosine", 2), ("ofdm", 2)])
def test_nothing_nearby_is_more_likely(name: str, oversampling: int) -> None:
    """To within 0.1 of T, 0.2 of its standard deviation: OFDM jumps from symbol to symbol, and T with it."""
    waveform = WAVEFORMS[name]
    echo = echoes(waveform, snr=100.0, trials=5, oversampling=oversampling)
    found = maximum_likelihood(echo.recording, waveform, search(waveform))
    for trial in range(5):
        best = brute_statistic(echo.recording, waveform, found.delay_s[trial], found.doppler_hz[trial], trial)
        for delay in np.linspace(-0.3, 0.3, 41) * SLOT_S:
            for doppler in np.linspace(-1e5, 1e5, 11):
                place = found.delay_s[trial] + delay, found.doppler_hz[trial] + doppler
                assert brute_statistic(echo.recording, waveform, *place, trial) <= best + 0.1
        assert found.statistic[trial] == close_to(best, rel=2e-3)


@pytest.mark.parametrize("name", ["root_raised_cosine", "ofdm"])
def test_covariance_is_the_inverse_of_the_observed_information(name: str) -> None:
    """Against second differences of the statistic as it is written; a factor 2 would show."""
    waveform = WAVEFORMS[name]
    echo = echoes(waveform, snr=300.0, oversampling=2)
    found = maximum_likelihood(echo.recording, waveform, search(waveform))
    unit = np.array([0.01 * SLOT_S, 0.01 / (128 * SLOT_S)])

    def statistic(step: np.ndarray) -> float:
        place = np.array([found.delay_s[0], found.doppler_hz[0]]) + step * unit
        return brute_statistic(echo.recording, waveform, *place)

    def gradient(step: np.ndarray) -> np.ndarray:
        return np.array([statistic(step + one) - statistic(step - one) for one in np.eye(2)]) / 2

    hessian = np.stack([(gradient(one) - gradient(-one)) / 2 for one in np.eye(2)])
    covariance = np.linalg.solve(-hessian, np.eye(2)) * np.outer(unit, unit)
    deviation = np.sqrt(np.diag(covariance))
    scaled, expected = (matrix / np.outer(deviation, deviation) for matrix in (found.covariance[0], covariance))
    assert_close(scaled, expected, abs=0.02)
    assert approx_fprime(np.zeros(2), statistic, 1e-3) == close_to([0, 0], abs=0.05)


def test_the_map_is_the_statistic_as_it_is_written() -> None:
    """On whole bins exactly; half way between them it lies at most 1.2 dB below, and is distributed alike."""
    waveform = train(count=64)
    echo = echoes(waveform, snr=100.0, trials=2, steering=np.array([1.0, 1j, -1.0]), doppler_bins=2.0)
    wide = search(waveform, 3.0, steering=None)
    mapped = statistic_map(echo.recording, waveform, wide)
    assert mapped.values.shape == (2, len(mapped.doppler_hz), len(mapped.delay_s))
    for trial in range(2):
        for row in range(0, len(mapped.doppler_hz), 2):
            for column in range(0, len(mapped.delay_s), 7):
                place = mapped.delay_s[column], mapped.doppler_hz[row]
                expected = brute_statistic(echo.recording, waveform, *place, trial)
                assert mapped.values[trial, row, column] == close_to(expected, rel=1e-3, abs=1e-3)
    assert mapped.delay_s[0] < 0.5 * SLOT_S
    assert mapped.delay_s[-1] > LONGEST_S - 0.5 * SLOT_S


def test_half_bins_find_an_echo_between_bins() -> None:
    waveform = train("half_sine")
    echo = echoes(waveform, snr=1e4, oversampling=2, noise=0.0)
    mapped = statistic_map(echo.recording, waveform, search(waveform, 2.0))
    middle = (mapped.doppler_hz[2] + mapped.doppler_hz[4]) / 2
    times = echo.recording.times_s
    delay = mapped.delay_s[21]
    clean = waveform.values(times - delay) * np.exp(2j * np.pi * middle * times)
    there = statistic_map(replace(echo.recording, samples=clean[None, None]), waveform, search(waveform, 2.0))
    assert there.doppler_hz[3] == close_to(middle)
    full = np.sum(np.abs(clean) ** 2) / echo.recording.sample_noise_power_w
    assert 10 * np.log10(there.values[0, 3, 21] / full) > -1.2
    assert there.values[0, 3, 21] < full
    assert there.values[0, 2, 21] < 0.75 * full


def test_a_batch_has_the_bits_of_each_trial_alone() -> None:
    waveform = train()
    echo = echoes(waveform, snr=50.0, trials=37, steering=np.array([1.0, 1j]))
    searched = search(waveform, 1.5, steering=np.array([1.0, 1j]))
    batch = maximum_likelihood(echo.recording, waveform, searched)
    for trial in (0, 31, 32, 36):
        alone = replace(echo.recording, samples=echo.recording.samples[trial])
        single = maximum_likelihood(alone, waveform, searched)
        for name in ("delay_s", "doppler_hz", "covariance", "amplitude", "snr", "statistic", "wrong_order", "verdict"):
            np.testing.assert_array_equal(getattr(single, name)[0], getattr(batch, name)[trial])


def test_antennas_by_power_are_one_antenna_where_there_is_one() -> None:
    waveform = train()
    echo = echoes(waveform, snr=50.0, trials=4)
    one, other = (
        maximum_likelihood(echo.recording, waveform, search(waveform, steering=s)) for s in (np.ones(1), None)
    )
    np.testing.assert_array_equal(one.delay_s, other.delay_s)
    np.testing.assert_array_equal(one.amplitude, other.amplitude)


def test_a_recording_that_begins_late_and_ends_early() -> None:
    waveform = train(count=256)
    echo = echoes(waveform, snr=1e6, oversampling=2.0, noise=0.0)
    part = replace(echo.recording, samples=echo.recording.samples[..., 200:450], start_s=200 * SLOT_S / 2)
    found = maximum_likelihood(part, waveform, search(waveform))
    assert_close(found.delay_s, echo.delay_s, abs=1e-3 * SLOT_S)
    assert_close(found.amplitude, echo.amplitude, rel=1e-2)


def test_doppler_limits_do_not_cut_estimates_off() -> None:
    waveform = train()
    echo = echoes(waveform, snr=1e4, trials=6, doppler_bins=0.3)
    narrow = maximum_likelihood(echo.recording, waveform, search(waveform, 1e-6))
    wide = maximum_likelihood(echo.recording, waveform, search(waveform, 0.5))
    assert_close(narrow.doppler_hz, wide.doppler_hz, abs=1e-3 / (128 * SLOT_S))
    assert np.all(narrow.statistic <= wide.statistic + 1e-6)


def test_noise_that_is_not_known_is_measured() -> None:
    waveform = train(count=512)
    echo = echoes(waveform, snr=200.0, trials=20)
    wrong = replace(echo.recording, noise_power_w=1e-3)
    measured = maximum_likelihood(wrong, waveform, search(waveform, noise="estimated"))
    known = maximum_likelihood(echo.recording, waveform, search(waveform))
    assert (measured.verdict == "detected").all()
    assert_close(measured.delay_s, known.delay_s, abs=1e-3 * SLOT_S)
    # Noise measured from 128 parts varies by 9 %: five standard deviations of one, and of the mean of 20.
    assert_close(measured.snr, known.snr, rel=0.45)
    assert np.mean(measured.snr) == close_to(np.mean(known.snr), rel=0.1)
    assert (maximum_likelihood(wrong, waveform, search(waveform)).verdict == "not_detected").all()


# Ranges, and what cannot be used


def test_ranges() -> None:
    assert delay_range_s(299.792458, 2997.92458) == close_to((1e-6, 1e-5))
    assert doppler_range_hz(30.0, 2.99792458e9) == close_to((-600.0, 600.0))


def test_a_search_that_cannot_be_names_everything() -> None:
    with pytest.raises(InputError) as caught:
        Search(delay_s=(1.0, 0.0), doppler_hz=(0.0, np.inf), false_alarm_rate=0.0, ambiguity=2.0, steering=np.zeros(2))
    paths = [problem.path for problem in caught.value.problems]
    assert paths == ["delay_s", "doppler_hz", "false_alarm_rate", "ambiguity", "steering"]


def test_recordings_that_cannot_be_used() -> None:
    waveform = train()
    recording = echoes(waveform, snr=10.0).recording
    samples = recording.samples.copy()
    samples[0, 0, 5] = np.nan
    bad = replace(recording, samples=samples, noise_power_w=-1.0)
    with pytest.raises(InputError) as caught:
        maximum_likelihood(bad, waveform, search(waveform, steering=np.ones(2)))
    assert [problem.path for problem in caught.value.problems] == ["samples", "samples", "noise_power_w"]
    with pytest.raises(InputError, match="the signal at delays from"):
        maximum_likelihood(replace(recording, start_s=1.0), waveform, search(waveform))


def test_one_sample_a_slot_says_nothing_about_the_delay_of_pulses_of_one_slot() -> None:
    waveform = train("half_sine")
    recording = echoes(waveform, snr=10.0, oversampling=1.0).recording
    with pytest.raises(InputError, match="2 samples per slot"):
        maximum_likelihood(recording, waveform, search(waveform))
