"""The estimator: matched filter over the whole search, the best peaks refined off the grid, a verdict.

Registered as `maximum_likelihood`: what it returns is the maximum of the likelihood of the sampled model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multistatic.errors import InputError, Problem
from multistatic.estimation.estimates import Estimates
from multistatic.estimation.found import Peaks, estimates_of
from multistatic.estimation.matched_filter import Correlator, Grid, branches_of, check, grid_of
from multistatic.estimation.measured_noise import Measured, Places, measure, noise_meter
from multistatic.estimation.reference import Reference, interpolation, reference_of
from multistatic.estimation.search_window import Search
from multistatic.signal.waveform import Waveform
from multistatic.simulation.recording import Recording

if TYPE_CHECKING:
    from multistatic.estimation.projection import Known
    from multistatic.estimation.refinement import Found

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

    Complex amplitude unknown. In white noise as recorded, the covariance is the inverse of the observed information
    -∇²T at the peak; of the expected one at the estimated SNR where the peak is a kink. Noise that is to be estimated
    need not be white: T, SNR and covariance are those of `measured_noise`, the place is the same. `snr` is T - P - 1:
    the noise of P branches adds P to T on average, choosing the largest of two coordinates adds 1. `InputError` for
    samples that are not finite, antennas that do not fit, a waveform without information about the delay at this
    sample rate, or one too short to measure noise.
    """
    check(recording, search)
    reference = reference_of(waveform, recording.sample_rate_hz)
    if reference.mean_information[0, 0] < _NO_INFORMATION:
        received = f"{recording.sample_rate_hz:.6g} samples/s"
        expected = "a rate at which the samples depend on the delay, such as 2 samples per slot for pulses of one slot"
        raise InputError(
            [Problem("sample_rate_hz", received, expected)], source=f"recording of {recording.receiver_id}"
        )
    grid = grid_of(reference, recording, search)
    found = _peaks(waveform, reference, recording, search, grid)
    cell, fraction, doppler = found.free.T
    if search.noise == "recorded":
        known = _noise_recorded(found)
    else:
        known = _noise_measured(found, waveform, reference, recording, search)
    return estimates_of(
        Peaks(
            statistic=known.statistic,
            second=known.second,
            delay=cell + fraction,
            doppler=doppler,
            snr=np.maximum(known.level - found.snapshots.shape[1] - 1.0, 0.0),
            information=known.information,
            snapshots=found.snapshots,
            white=known.white,
        ),
        reference,
        recording,
        search,
    )


def _noise_recorded(found: Found) -> Measured:
    """The noise as recorded, which is the unit of T already.

    A kink has no curvature: NaN, for which the information expected at the estimated SNR stands in.
    """
    information = np.where(found.smooth[:, None, None], found.level[:, None, None] * found.curvature, np.nan)
    return Measured(statistic=found.statistic, second=found.second, level=found.level, information=information)


def _noise_measured(
    found: Found, waveform: Waveform, reference: Reference, recording: Recording, search: Search
) -> Measured:
    """The noise as it is beside the echo; a kink has the curvature that is expected, 2Λ."""
    samples = branches_of(recording.samples.reshape(-1, *recording.samples.shape[-2:]), search)
    expected = 2.0 * reference.mean_information
    places = Places(
        best=found.inside,
        second=found.other,
        there=found.second > 0.0,
        peak=found.free,
        curvature=np.where(found.smooth[:, None, None], found.curvature, expected),
        level=found.level,
    )
    return measure(noise_meter(waveform, reference, recording, samples.shape[1]), samples, places)


def _peaks(waveform: Waveform, reference: Reference, recording: Recording, search: Search, grid: Grid) -> Found:
    """What `refine_trials` finds, a cache full of trials at a time; T in units of the noise as recorded."""
    from multistatic.estimation.refinement import Cells, Found, Rules, refine_trials

    correlator = Correlator(waveform, reference, recording, grid)
    low, high = (doppler / recording.sample_rate_hz for doppler in search.doppler_hz)
    cells = Cells(grid.cells[0], np.array(grid.fractions), np.clip(grid.dopplers, low, high))
    rules = Rules(
        noise=recording.sample_noise_power_w,
        gain=_GAIN,
        candidates=_CANDIDATES,
        # How far T has to be below in units of noise that is not known is not known either: all are refined.
        margin=float(np.log(1.0 / search.ambiguity)) if search.noise == "recorded" else np.inf,
        reach=_NEAR if reference.jumps else 0.0,
    )
    samples = recording.samples.reshape(-1, *recording.samples.shape[-2:])
    count, known = len(samples), _known(reference)
    found = Found(
        statistic=np.empty(count),
        second=np.empty(count),
        inside=np.empty((count, 3)),
        other=np.empty((count, 3)),
        free=np.empty((count, 3)),
        level=np.empty(count),
        curvature=np.empty((count, 2, 2)),
        smooth=np.empty(count, np.bool_),
        snapshots=np.empty((count, 1 if search.steering is not None else samples.shape[1]), np.complex128),
    )
    for begin in range(0, count, _TRIALS_AT_ONCE):
        block = slice(begin, begin + _TRIALS_AT_ONCE)
        branches = branches_of(samples[block], search)
        # Of read-only arrays the kernels would be compiled a second time.
        branches = branches if branches.flags.writeable else branches.copy()
        part = Found(*(values[block] for values in found))  # type: ignore[arg-type]
        refine_trials(known, branches, correlator.statistics(branches), cells, (low, high), rules, part)
    return found


def _known(reference: Reference) -> Known:
    """The reference as the kernels take it, in arrays that can be written to."""
    from multistatic.estimation.projection import Known

    return Known(
        first=reference.first,
        real=np.ascontiguousarray(reference.values.real),
        imag=np.ascontiguousarray(reference.values.imag),
        centre=reference.centre,
        inverse=np.array(interpolation()),
        scale=np.diag(reference.mean_information).copy(),
    )
