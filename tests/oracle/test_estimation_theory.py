"""The theory behind the verdicts: information of the samples against the bounds, peaks against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gamma

from multistatic.bounds.waveform_information import waveform_information
from multistatic.estimation.detection import (
    SearchedField,
    cell_threshold,
    expected_peaks,
    search_threshold,
    wrong_order_probability,
)
from multistatic.estimation.reference import interpolation, quadrature, reference_of
from multistatic.estimation.search_window import Search
from tests.support.close import assert_close, close_to
from tests.support.echoes import SLOT_S, ofdm, train


@pytest.mark.parametrize("name", ["half_sine", "raised_cosine", "root_raised_cosine"])
@pytest.mark.parametrize("oversampling", [2, 4])
def test_information_of_the_samples_is_that_of_the_signal(name: str, oversampling: int) -> None:
    """Two samples a slot lose nothing of these pulses: Λ times twice the SNR is the exact bound's J."""
    waveform = train(name)
    reference = reference_of(waveform, oversampling / SLOT_S)
    energy = reference.energies.mean() / oversampling  # of the signal, in slots
    per_slot = np.array([oversampling, 1 / oversampling])  # (samples, cycles per sample) to (slots, cycles per slot)
    ours = 2.0 * energy * reference.mean_information * np.outer(per_slot, per_slot)
    assert_close(ours, waveform_information(waveform, SLOT_S, 1.0), rel=0.01, abs=1e-3 * ours[0, 0])


def test_interpolation_inside_a_cell() -> None:
    for waveform, rate in ((train(), 2 / SLOT_S), (ofdm(), 2 / SLOT_S), (train("half_sine"), 4 / SLOT_S)):
        reference = reference_of(waveform, rate)
        for fraction in (0.0, 0.13, 0.5, 0.98):
            weight = ((2 * fraction - 1) ** np.arange(len(quadrature()[0]))) @ interpolation()
            index = reference.first + np.arange(reference.values.shape[1])
            # At δ = 0 an edge of a pulse is on a sample: take the limit.
            exact = waveform.values((index - max(fraction, 1e-7)) / rate)
            error = np.abs(weight @ reference.values - exact).max()
            assert error < 2e-3 * np.abs(exact).max()


@pytest.mark.parametrize("branches", [1, 2, 5])
def test_threshold_of_one_cell(branches: int) -> None:
    for rate in (1e-1, 1e-3, 1e-9):
        assert cell_threshold(rate, branches) == close_to(gamma.isf(rate, branches), rel=1e-9)
        point = SearchedField(delay=0.0, doppler=0.0, correlation=0.0, branches=branches)
        assert search_threshold(point, rate) == close_to(gamma.isf(-np.log1p(-rate), branches), rel=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize(("branches", "correlation"), [(1, 0.0), (8, 0.0), (1, 0.95)])
def test_peaks_of_a_field_in_the_plane(branches: int, correlation: float) -> None:
    """Fields with Gaussian correlation e^{-xᵀΛx/2}, drawn on a fine grid: the share whose maximum exceeds u.

    1 200 draws; four standard deviations, and 5 % for what the theory neglects and the grid misses.
    """
    rng = np.random.default_rng(3)
    size, step, draws = 32, 0.25, 1200
    frequency = 2 * np.pi * np.fft.fftfreq(2 * size, step)
    # Its spectrum is e^{-fᵀΛ⁻¹f/2}, Λ = [[1, c], [c, 1]]; this is the root of it.
    square = frequency[:, None] ** 2 + frequency**2 - 2 * correlation * np.outer(frequency, frequency)
    spectrum = np.exp(-square / (4 * (1 - correlation**2)))
    shape = spectrum / np.linalg.norm(spectrum) * (2 * size) ** 2
    maxima = np.empty(draws)
    for draw in range(draws):
        total = 0.0
        for _ in range(branches):
            white = rng.standard_normal((2, 2 * size, 2 * size)) / np.sqrt(2)
            total = total + np.abs(np.fft.ifft2(shape * (white[0] + 1j * white[1]))[:size, :size]) ** 2
        maxima[draw] = np.max(total)
    # Unit variance of the slope along each axis.
    side = (size - 1) * step
    field = SearchedField(delay=side, doppler=side, correlation=correlation, branches=branches)
    for rate in (0.3, 0.1, 0.03):
        share = np.mean(maxima > search_threshold(field, rate))
        assert abs(share - rate) < 4 * np.sqrt(rate / draws) + 0.05 * rate, (rate, share)


def test_crossings_of_jumps() -> None:
    """P(T_1 < u < T_2) of correlated exponentials by drawing them; 4e5 draws, five standard deviations."""
    rng = np.random.default_rng(5)
    draws, coherence, level = 400_000, 0.7, 3.0
    first, second = rng.standard_normal((2, draws, 2)) @ [1, 1j] / np.sqrt(2)
    second = np.sqrt(coherence) * first + np.sqrt(1 - coherence) * second
    share = np.mean((np.abs(first) ** 2 < level) & (np.abs(second) ** 2 > level))
    field = SearchedField(delay=0.0, doppler=0.0, correlation=0.0, branches=1, jumps=1, jump_coherence=coherence)
    computed = expected_peaks(field, level) - np.exp(-level)
    assert abs(share - computed) < 5 * np.sqrt(share / draws)


def test_order_of_peaks() -> None:
    assert wrong_order_probability(np.array([10.0]), np.array([10.0]))[0] == 0.5
    assert wrong_order_probability(np.array([1e5]), np.array([0.0]))[0] < 1e-300
    assert wrong_order_probability(np.array([10.0 + np.log(99)]), np.array([10.0]))[0] == close_to(0.01)


def test_thresholds_rise_with_the_search() -> None:
    levels = [
        search_threshold(SearchedField(delay=side, doppler=1.0, correlation=0.0, branches=1), 1e-3)
        for side in (1.0, 10.0, 100.0)
    ]
    assert levels == sorted(levels)
    smallest = search_threshold(SearchedField(delay=1.0, doppler=1.0, correlation=0.0, branches=1), 5e-324)
    assert levels[-1] < smallest < 2000.0  # far above every peak: a number, and no warning
    assert Search(delay_s=(0, 1), doppler_hz=(0, 1)).false_alarm_rate == 1e-3
