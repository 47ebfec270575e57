"""The likelihood-ratio (matched filter) statistic over all delays and Doppler shifts.

Model, for one trial: z_r[n] = A a_r x(t_n - τ) e^{j2πf t_n} + noise, t_n the time of sample n, a_r the response of
antenna r, A an unknown complex amplitude, noise white of known density (model.md §9). For known a the antennas
combine to y = aᴴz/‖a‖, and the likelihood ratio, A at its best, is

    T(τ, f) = |<x_{τ,f}, y>|² / (<x_{τ,f}, x_{τ,f}> σ²),  x_{τ,f}[n] = x(t_n - τ) e^{j2πf t_n},

σ² the noise of one sample. For unknown a each antenna is a branch of its own and T is the sum over them.

One Fourier transform of the samples serves all Doppler shifts that are whole bins: multiplying by e^{-j2πft} shifts it.
Half way between two bins h and h+1 stands their sum, in phase at the middle of the block: the correlation with
x_h + x_{h+1}, of energy 2(1+ρ)E, ρ = <x_h, x_{h+1}>/E. It costs no transform and loses 0.9 dB to the matched one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from multistatic.errors import InputError, Problem
from multistatic.estimation.reference import Reference, reference_of, shifted_samples
from multistatic.estimation.search_window import Search
from multistatic.signal.waveform import Waveform
from multistatic.simulation.recording import Recording
from multistatic.units import C, F, read_only

# A cell may lie this far from a peak, in units of 1/sqrt(Λ): the statistic is then down by a factor e^(-0.25).
_OFFSET = 0.5
_TRIALS_AT_ONCE = 32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StatisticMap:
    """T [..., H, J] at Doppler shifts `doppler_hz` [H] and delays `delay_s` [J], trials first as in the recording."""

    delay_s: F
    doppler_hz: F
    values: F


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grid:
    """The cells of a search: k from `cells[0]` below `cells[1]`, each at the fractions δ [F] of a sample.

    Doppler shifts, in cycles per sample: `lowest` and the `bins` that follow at 1/`size`, the length of the transforms;
    where `halves`, also those half way between.
    """

    cells: tuple[int, int]
    fractions: F
    lowest: float
    bins: int
    halves: bool
    size: int

    @property
    def dopplers(self) -> F:
        """ν [H] in cycles per sample."""
        each = 2 if self.halves else 1
        return self.lowest + np.arange(each * (self.bins - 1) + 1) / (each * self.size)


def statistic_map(
    recording: Recording, waveform: Waveform, search: Search, reference: Reference | None = None
) -> StatisticMap:
    """T on a grid that is fine enough to find every peak, over the whole range of the search; noise as recorded.

    `reference`: that of the waveform, if the caller has it already.
    """
    check(recording, search)
    reference = reference_of(waveform, recording.sample_rate_hz) if reference is None else reference
    grid = grid_of(reference, recording, search)
    branches = branches_of(recording.samples, search)
    values = Correlator(waveform, reference, recording, grid).statistics(branches.reshape(-1, *branches.shape[-2:]))
    cells = np.arange(*grid.cells)[:, None] + grid.fractions
    return StatisticMap(
        delay_s=read_only(recording.start_s + cells.ravel() / recording.sample_rate_hz),
        doppler_hz=read_only(grid.dopplers * recording.sample_rate_hz),
        values=read_only(values.reshape(*branches.shape[:-2], *values.shape[1:])),
    )


def branches_of(samples: C, search: Search) -> C:
    """The branches [..., P, N] of samples [..., N_r, N]: y (P = 1) for a known direction, else one an antenna."""
    if search.steering is None:
        return samples
    weight = search.steering.conj() / np.linalg.norm(search.steering)
    # One product for each trial, so that a trial alone is rounded as in a batch.
    return np.matmul(weight[None], samples)


def check(recording: Recording, search: Search) -> None:
    """Raise `InputError` with everything that makes a recording useless for a search."""
    samples = recording.samples
    problems = []
    antennas = samples.shape[-2] if samples.ndim >= 2 else 0
    if antennas < 1 or samples.shape[-1] < 2:
        problems.append(Problem("samples", f"shape {samples.shape}", "[..., N_r, N] with N of at least 2"))
    elif not np.isfinite(samples.sum()):
        bad = int(np.count_nonzero(~np.isfinite(samples)))
        problems.append(Problem("samples", f"{bad} values that are not finite", "finite numbers of a sensible size"))
    known = search.steering if search.steering is not None else search.array
    if known is not None and antennas and known.size != antennas:
        problems.append(Problem("samples", f"{antennas} antennas", f"{known.size}, the number in steering or array"))
    for name in ("noise_power_w", "sample_rate_hz", "slot_s"):
        value = getattr(recording, name)
        if not (np.isfinite(value) and value > 0):
            problems.append(Problem(name, repr(value), "a number above 0"))
    if problems:
        raise InputError(problems, source=f"recording of {recording.receiver_id}")


def cells_of(recording: Recording, search: Search) -> tuple[int, int]:
    """The first cell and the one after the last, so that all delays of the search are in them."""
    low, high = ((delay - recording.start_s) * recording.sample_rate_hz for delay in search.delay_s)
    begin = int(np.floor(low + 1e-9))
    return begin, max(int(np.ceil(high - 1e-9)), begin + 1)


def grid_of(reference: Reference, recording: Recording, search: Search) -> Grid:
    """Cells over the whole search, spaced so that every peak has one within `_OFFSET` on either axis.

    `InputError` where the recording ends before the signal could have passed at the shortest delay.
    """
    rate, count = recording.sample_rate_hz, recording.samples.shape[-1]
    begin, end = cells_of(recording, search)
    length = reference.values.shape[1]
    begins, ends = begin + reference.first, end - 1 + reference.first + length
    if begins >= count or ends <= 0:
        received = f"samples from {recording.times_s[0]:.6g} s to {recording.times_s[-1]:.6g} s"
        problem = Problem("samples", received, f"samples of the signal at delays from {search.delay_s[0]:.6g} s on")
        raise InputError([problem], source=f"recording of {recording.receiver_id}")
    information = reference.mean_information
    phases = max(1, int(np.ceil(np.sqrt(information[0, 0]) / (2.0 * _OFFSET))))
    fractions = (np.arange(phases) + 0.5) / phases
    # Circular correlation: nothing may come round into a cell that is searched.
    size = scipy.fft.next_fast_len(max(count, ends) + max(0, -begins))
    step = 2.0 * _OFFSET / np.sqrt(information[1, 1])
    lowest, highest = (doppler / rate for doppler in search.doppler_hz)
    bins = max(1, int(np.ceil((highest - lowest) * size - 1e-9)))
    return Grid(
        cells=(begin, end),
        fractions=read_only(fractions),
        lowest=(lowest + highest) / 2.0 - (bins - 1) / (2.0 * size),
        bins=bins,
        halves=bins > 1 and 1.0 / size > step,
        size=size,
    )


class Correlator:
    """T of many trials on the cells of one grid, in single precision: enough to find cells, and twice as fast."""

    def __init__(self, waveform: Waveform, reference: Reference, recording: Recording, grid: Grid) -> None:
        """Prepare the spectra of the shifted reference, their energies, and the phases of the grid."""
        first, values = shifted_samples(waveform, recording.sample_rate_hz, grid.fractions)
        count = recording.samples.shape[-1]
        padded = np.zeros((len(values), grid.size), np.complex128)
        padded[:, (first + np.arange(values.shape[1])) % grid.size] = values / np.sqrt(reference.energies.mean())
        self.grid = grid
        self.spectra = scipy.fft.fft(padded).conj().astype(np.complex64)
        begin, end = grid.cells
        begin %= grid.size
        end = begin + grid.cells[1] - grid.cells[0]
        self.places = slice(begin, end) if end <= grid.size else np.arange(begin, end) % grid.size
        self.scale = _inverse_energies(values, first, grid, count) * np.float32(reference.energies.mean())
        # Normalised to noise of unit power: no sample comes near the limits of single precision.
        level = np.sqrt(recording.sample_noise_power_w)
        self.turn = (np.exp(-2j * np.pi * grid.lowest * np.arange(count)) / level).astype(np.complex64)
        # Phase of bin h + 1 against bin h in the middle of the signal [K], and ρ.
        middle = np.arange(*grid.cells) + first + reference.centre
        self.in_phase = np.exp(2j * np.pi * middle / grid.size).astype(np.complex64)
        index = np.arange(values.shape[1]) - reference.centre
        power = np.sum(np.abs(values) ** 2, axis=0)
        self.coherence = float(power @ np.cos(2.0 * np.pi * index / grid.size) / power.sum())

    def statistics(self, branches: C) -> NDArray[np.float32]:
        """T [B, H, J] of trials [B, P, N]."""
        from multistatic.estimation.bins import add_bin

        grid = self.grid
        result = np.empty((len(branches), len(grid.dopplers), self.scale.size), np.float32)
        for begin in range(0, len(branches), _TRIALS_AT_ONCE):
            block = slice(begin, begin + _TRIALS_AT_ONCE)
            spectrum = scipy.fft.fft(branches[block].astype(np.complex64) * self.turn, grid.size)
            twice = np.concatenate([spectrum, spectrum], axis=-1)
            before = now = np.empty((len(self.spectra), *spectrum.shape[:2], len(self.scale)), np.complex64)
            # One place for every product and its transform: fresh memory for each costs as much as the transform.
            product = np.empty_like(spectrum)
            for shift in range(grid.bins):
                first_bin = shift % grid.size
                before, now = now, np.empty_like(now)
                for phase, reference in enumerate(self.spectra):
                    np.multiply(twice[..., first_bin : first_bin + grid.size], reference, out=product)
                    now[phase] = scipy.fft.ifft(product, overwrite_x=True)[..., self.places]
                halves = grid.halves and shift > 0
                row = 2 * shift if grid.halves else shift
                both = 2.0 + 2.0 * self.coherence
                add_bin(now, before, self.in_phase, self.scale, both, row, halves, result[block])
        return result


def _inverse_energies(values: C, first: int, grid: Grid, count: int) -> NDArray[np.float32]:
    """1/Σ|x|² [K, F] over the samples of the reference inside the recording; 0 where next to nothing is."""
    sums = np.concatenate([np.zeros((len(values), 1)), np.cumsum(np.abs(values) ** 2, axis=1)], axis=1)
    shift = np.arange(*grid.cells) + first
    begin, end = (np.clip(edge, 0, values.shape[1]) for edge in (-shift, count - shift))
    energy = (sums[:, np.maximum(begin, end)] - sums[:, begin]).T
    positive = energy > 1e-6 * sums[:, -1]
    return np.where(positive, 1.0 / np.where(positive, energy, 1.0), 0.0).astype(np.float32)
