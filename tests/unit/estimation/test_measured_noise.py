"""Noise that is measured from the parts of a correlation: what it says in white noise, where the answer is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.estimation.found import searched_field
from multistatic.estimation.grid import GridSettings, grid
from multistatic.estimation.maximum_likelihood import maximum_likelihood
from multistatic.estimation.measured_noise import noise_meter
from multistatic.estimation.reference import quadrature, reference_of
from multistatic.signal.waveform import Waveform
from multistatic.simulation.recording import Recording
from tests.support.close import assert_close, close_to
from tests.support.echoes import LONGEST_S, SLOT_S, brute_statistic, echoes, search, train

GRID = GridSettings()


def information_at(waveform: Waveform, recording: Recording, delay_s: float, doppler_hz: float) -> np.ndarray:
    """Λ of (delay in samples, Doppler in cycles per sample) over what was recorded, from differences of the samples."""
    times, rate = recording.times_s, recording.sample_rate_hz

    def echo(late: float, fast: float) -> np.ndarray:
        delay, doppler = delay_s + late / rate, doppler_hz + fast * rate
        return waveform.values(times - delay) * np.exp(2j * np.pi * doppler * (times - delay_s))

    steps = (1e-4, 1e-7)
    slopes = np.stack(
        [
            (echo(steps[0], 0.0) - echo(-steps[0], 0.0)) / (2 * steps[0]),
            (echo(0.0, steps[1]) - echo(0.0, -steps[1])) / (2 * steps[1]),
        ]
    )
    x = echo(0.0, 0.0)
    energy = np.vdot(x, x).real
    along = slopes @ x.conj() / energy
    rest = slopes - along[:, None] * x
    return (rest.conj() @ rest.T).real / energy


@pytest.mark.parametrize("samples", [slice(0, None), slice(90, None)])
def test_in_white_noise_it_is_the_information_of_what_was_recorded(samples: slice) -> None:
    """G = 2Λ/SNR and 1/SNR on average, also where the recording begins after the signal: then the mean of its time is
    not that of the reference, and a change of the Doppler shift is in part one of the phase.

    300 trials of at least 20 parts: 2 % of an entry of G on its diagonal, whose own scale holds for the other one.
    """
    waveform = train(count=128)
    whole = echoes(waveform, snr=1e5, trials=300, doppler_bins=0.0).recording
    delay_s, doppler_hz = 17.3 / whole.sample_rate_hz, 2e5
    rng = np.random.default_rng(3)
    part = replace(whole, samples=whole.samples[..., samples], start_s=samples.start / whole.sample_rate_hz)
    times = part.times_s
    echo = waveform.values(times - delay_s) * np.exp(2j * np.pi * doppler_hz * times)
    echo *= 0.3 - 0.4j
    power = 1e-3 * np.vdot(echo, echo).real  # of the noise of a sample: an SNR of 1000
    noise = np.sqrt(power / 2) * (rng.standard_normal((300, 1, len(times), 2)) @ [1, 1j])
    reference = reference_of(waveform, part.sample_rate_hz)
    meter = noise_meter(waveform, reference, part, 1)
    expected = 2.0 * information_at(waveform, part, delay_s, doppler_hz)
    place = (delay_s - part.start_s) * part.sample_rate_hz
    cell, rate = int(np.floor(place)), part.sample_rate_hz
    spreads, inverse_snr = [], []
    for one in noise:
        level, information = meter.accuracy(echo + one, cell, place - cell, doppler_hz / rate, expected)
        spreads.append(expected @ np.linalg.solve(information, expected))
        inverse_snr.append(1.0 / level)
    scale = np.sqrt(np.diagonal(expected))
    assert np.mean(inverse_snr) == close_to(1e-3, rel=0.025)
    assert_close(1000.0 * np.mean(spreads, axis=0) / np.outer(scale, scale), expected / np.outer(scale, scale), abs=0.1)


def test_in_noise_alone_the_statistic_has_its_mean() -> None:
    """1 - R is Beta(W-P, P): the mean of -(W-P) ln(1-R) is (W-P) Σ 1/j, j = W-P … W-1; that of 400 varies by 3 %."""
    waveform, branches, parts = train(count=64), 3, 16
    recording = echoes(waveform, snr=0.0, trials=400, steering=np.ones(branches)).recording
    meter = noise_meter(waveform, reference_of(waveform, recording.sample_rate_hz), recording, branches)
    assert len(meter.starts) == parts
    found = [meter.statistic(one, 20, 0.3, 0.0) for one in recording.samples]
    mean = (parts - branches) * sum(1.0 / j for j in range(parts - branches, parts))
    assert np.mean(found) == close_to(mean, rel=0.12)


def test_the_statistic_is_the_share_of_the_parts_as_it_is_written() -> None:
    """At a node of the interpolation, where the parts are stored, with the inverse in place of a basis."""
    waveform, node, cell = train(count=64), 3, 20
    recording = echoes(waveform, snr=30.0, steering=np.array([1.0, 0.5j])).recording
    reference = reference_of(waveform, recording.sample_rate_hz)
    meter = noise_meter(waveform, reference, recording, 2)
    y, parts = recording.samples[0], meter.values[:, node]
    index = meter.starts[:, None] + np.arange(parts.shape[1]) + cell + reference.first
    length = np.linalg.norm(parts, axis=1)
    u = np.einsum("wj,pwj->pw", parts.conj(), y[:, index]) / length
    a = length / np.linalg.norm(length)
    share = (a @ u.conj().T @ np.linalg.solve(u @ u.conj().T, u @ a)).real
    expected = -(len(a) - 2) * np.log(1.0 - share)
    assert meter.statistic(y, cell, quadrature()[0][node], 0.0) == close_to(expected, rel=1e-3)


def test_later_and_faster_is_the_same() -> None:
    """Shifted by samples and turned by a Doppler shift, noise and all, nothing is known better or worse."""
    waveform = train(count=64)
    whole = echoes(waveform, snr=100.0, steering=np.array([1.0, 0.5j])).recording
    reference = reference_of(waveform, whole.sample_rate_hz)
    meter = noise_meter(waveform, reference, whole, 2)
    y, curvature = whole.samples[0], 2.0 * reference.mean_information
    turned = y * np.exp(2j * np.pi * 0.01 * np.arange(y.shape[1]))
    later = np.pad(y, ((0, 0), (7, 0)))
    here = (meter.statistic(y, 20, 0.3, 0.0), *meter.accuracy(y, 20, 0.3, 0.0, curvature))
    for samples, cell, doppler in ((turned, 20, 0.01), (later, 27, 0.0)):
        assert meter.statistic(samples, cell, 0.3, doppler) == close_to(here[0], rel=1e-4)
        level, information = meter.accuracy(samples, cell, 0.3, doppler, curvature)
        assert level == close_to(here[1], rel=1e-4)
        assert_close(information, here[2], rel=1e-3)


def test_the_grid_states_the_information_at_the_snr_that_it_states() -> None:
    waveform = train(count=64)
    echo = echoes(waveform, snr=40.0)
    searched = search(waveform)
    found = grid(echo.recording, waveform, searched)
    rate = echo.recording.sample_rate_hz
    information = 2.0 * found.snr[0] * reference_of(waveform, rate).mean_information
    steps = np.array([np.ptp(searched.delay_s) / GRID.delays, np.ptp(searched.doppler_hz) / GRID.dopplers])
    in_si = np.diag([1 / rate, rate])
    expected = in_si @ np.linalg.solve(information, in_si) + np.diag(steps**2) / 12.0
    scale = np.sqrt(np.diagonal(expected))
    assert found.snr[0] < 60.0
    assert_close(found.covariance[0] / np.outer(scale, scale), expected / np.outer(scale, scale), abs=1e-9)


def test_what_unknown_streams_add_is_not_the_quantisation_of_the_grid() -> None:
    """Without noise and without streams the covariance of the grid is its steps alone, in whatever noise."""
    waveform = train(count=64)
    echo = echoes(waveform, snr=1e9, noise=0.0)
    found = grid(echo.recording, waveform, search(waveform, noise="estimated", unknown_streams=True))
    assert found.shared_std is not None
    assert_close(found.shared_std[0] / np.sqrt(np.diagonal(found.covariance[0])), np.zeros(2), abs=0.3)


def test_what_the_noise_exceeds_the_stated_one_by_is_found_in_delay_and_doppler() -> None:
    """Ten times the noise: nine tenths of both variances, but for the steps of the grid."""
    waveform = train(count=256)
    echo = echoes(waveform, snr=300.0, noise=np.sqrt(10.0))
    found = grid(echo.recording, waveform, search(waveform, noise="estimated", unknown_streams=True))
    assert found.shared_std is not None
    assert_close(found.shared_std[0] / np.sqrt(np.diagonal(found.covariance[0])), np.full(2, 0.9), abs=0.1)


def test_the_statistic_is_the_largest_inside_the_limits_of_doppler() -> None:
    waveform = train(count=64)
    echo = echoes(waveform, snr=1e4, noise=0.0, doppler_bins=0.45)
    limit_hz = 0.5 * abs(echo.doppler_hz[0])
    searched = replace(search(waveform), doppler_hz=(-limit_hz, limit_hz))
    found = maximum_likelihood(echo.recording, waveform, searched)
    edge_hz = np.copysign(limit_hz, echo.doppler_hz[0])
    delays = echo.delay_s[0] + np.linspace(-1.0, 1.0, 401) * SLOT_S
    largest = max(brute_statistic(echo.recording, waveform, delay, edge_hz) for delay in delays)
    assert found.statistic[0] == close_to(largest, rel=1e-3)
    assert found.statistic[0] < 0.98e4


def test_the_size_of_a_search_counts_what_is_searched() -> None:
    """A cell is 1/sqrt(Λ) long: 30 of 40 slots of delay, and a Doppler shift of one over the length of the signal."""
    waveform = train(count=64)
    recording = echoes(waveform, snr=1.0).recording
    reference = reference_of(waveform, recording.sample_rate_hz)
    searched = replace(search(waveform), delay_s=(0.25 * LONGEST_S, LONGEST_S))
    field = searched_field(reference, recording, searched)
    roots = np.sqrt(np.diagonal(reference.mean_information))
    cells = 0.75 * LONGEST_S * recording.sample_rate_hz
    assert cells * roots[0] <= field.delay * (1 + 1e-9)
    assert field.delay <= (cells + 2) * roots[0]
    assert field.doppler == close_to(np.ptp(searched.doppler_hz) / recording.sample_rate_hz * roots[1])
    assert field.correlation == close_to(reference.mean_information[0, 1] / np.prod(roots))
