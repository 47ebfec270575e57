"""The estimator: matched filter over the whole search, the best peaks refined off the grid, a verdict.

Registered as `maximum_likelihood`: what it returns is the maximum of the likelihood of the sampled model.
"""

from __future__ import annotations

import numpy as np

from multistatic.channel.recording import Recording
from multistatic.errors import InputError, Problem
from multistatic.estimation.answer import Peaks, estimates_of
from multistatic.estimation.estimates import Estimates
from multistatic.estimation.matched_filter import Correlator, Grid, branches_of, check, grid_of
from multistatic.estimation.reference import Reference, interpolation, reference_of
from multistatic.estimation.search import Search
from multistatic.signal.waveform import Waveform
from multistatic.units import C, F

_CANDIDATES = 4
# A peak may exceed the cell by which it was found by exp(2 · 0.25), and by noise (+2 where this is used).
_GAIN = 1.65
_TRIALS_AT_ONCE = 32
# Where the statistic jumps from cell to cell, the neighbour is looked at from this far before the edge on.
_NEAR = 0.3
# Below this Λ per sample² the delay within a sample is not determined.
_NO_INFORMATION = 1e-6


def maximum_likelihood(recording: Recording, waveform: Waveform, search: Search) -> Estimates:
    """Delay, Doppler shift, amplitude and SNR in each trial of `recording` (leading axes taken together).

    White noise, complex amplitude unknown. The covariance is the inverse of the observed information -∇²T at the
    peak; of the expected one at the estimated SNR where the peak is a kink. `snr` is T - P - 1: the noise of P branches
    adds P to T on average, choosing the largest of two coordinates adds 1. `InputError` for samples that are not
    finite, antennas that do not fit, or a waveform without information about the delay at this sample rate.
    """
    check(recording, search)
    reference = reference_of(waveform, recording.sample_rate_hz)
    if reference.mean_information[0, 0] < _NO_INFORMATION:
        received = f"{recording.sample_rate_hz:.6g} samples/s"
        expected = "a rate at which the samples depend on the delay: 2 a slot for pulses of one slot"
        raise InputError(
            [Problem("sample_rate_hz", received, expected)], source=f"recording of {recording.receiver_id}"
        )
    grid = grid_of(reference, recording, search)
    found, snapshots = _peaks(waveform, reference, recording, search, grid)
    statistic, second, cell, fraction, doppler, level = found[:, :6].T
    observed = level[:, None, None] * found[:, [6, 7, 7, 8]].reshape(-1, 2, 2)
    return estimates_of(
        Peaks(
            statistic=statistic,
            second=second,
            delay=cell + fraction,
            doppler=doppler,
            snr=np.maximum(level - snapshots.shape[1] - 1.0, 0.0),
            # A kink has no curvature: the information expected at the estimated SNR stands in.
            information=np.where(found[:, 9, None, None] > 0.0, observed, np.nan),
            snapshots=snapshots,
        ),
        reference,
        recording,
        search,
    )


def _peaks(waveform: Waveform, reference: Reference, recording: Recording, search: Search, grid: Grid) -> tuple[F, C]:
    """`result` and `snapshots` of `refine_trials`, a cache full of trials at a time."""
    from multistatic.estimation.refinement import refine_trials

    correlator = Correlator(waveform, reference, recording, grid)
    limits = np.array(search.doppler_hz) / recording.sample_rate_hz
    noise = recording.sample_noise_power_w if search.noise == "recorded" else 0.0
    margin = np.log(1.0 / search.ambiguity)
    reach = _NEAR if reference.jumps else 0.0
    settings = np.array([noise, _GAIN, _CANDIDATES, margin, recording.sample_noise_power_w, reach])
    real, imag = np.ascontiguousarray(reference.values.real), np.ascontiguousarray(reference.values.imag)
    samples = recording.samples.reshape(-1, *recording.samples.shape[-2:])
    result = np.empty((len(samples), 10))
    snapshots = np.empty((len(samples), 1 if search.steering is not None else samples.shape[1]), np.complex128)
    for begin in range(0, len(samples), _TRIALS_AT_ONCE):
        block = slice(begin, begin + _TRIALS_AT_ONCE)
        branches = branches_of(samples[block], search)
        # Of read-only arrays the kernels would be compiled a second time.
        branches = branches if branches.flags.writeable else branches.copy()
        refine_trials(
            branches,
            correlator.statistics(branches),
            reference.first,
            grid.cells,
            np.array(grid.fractions),
            np.clip(grid.dopplers, *limits),
            limits,
            real,
            imag,
            reference.centre,
            np.array(interpolation()),
            reference.mean_information,
            settings,
            result[block],
            snapshots[block],
        )
    return result, snapshots
