"""Noise that is not known, measured beside the echo from the parts of its correlation (docs/algorithms.md §4.6).

Where a receiver does not know all streams, z = A x + A x' + noise with x' the unknown ones. They have the modulation of
x, so they are white neither over the sampled band nor within a slot, and no number of samples determines what they add
to a correlation. A sum is as uncertain as its terms say, whatever they are made of: x is a sum of W parts x_w that
share no symbol (`signal.parts`), so the correlations <x_w, z> have uncorrelated noise, and it is their spread that
counts. Time in samples, Doppler in cycles per sample, as in `refinement`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistatic.errors import InputError, Problem
from multistatic.estimation.reference import NODES, Reference, interpolation, quadrature, shifted_samples
from multistatic.signal.parts import Later, parts_of, symbol_count
from multistatic.signal.waveform import Waveform
from multistatic.simulation.recording import Recording
from multistatic.units import C, F

# Parts: the deviation of a measured power is 1/sqrt(W). More where there are many antennas, whose covariance they have
# to determine, and no fewer than so many more than branches.
_PARTS = 128
_PARTS_A_BRANCH = 4
_SPARE = 8
_SYMBOLS_AT_LEAST = 4  # of a part, where there are enough
_SILENT = 1e-6  # energy, over the mean, of a part that counts for nothing
_ON_A_SAMPLE = 1e-6  # in samples
_FLOOR = 1e-24  # of a recording without noise: an SNR beyond any other


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NoiseMeter:
    """What measures the noise of correlations with `reference` x, by its parts x_w.

    `values` [W, D, J]: part w at the nodes δ_d and at the indices `starts`[w] + 0 … J-1 of the reference.
    """

    reference: Reference
    starts: NDArray[np.int_]
    values: C

    def statistic(self, samples: C, cell: int, fraction: float, doppler: float) -> float:
        """T of one trial [P, N] at a place, the noise unknown: -(W-P) ln(1-R); 0 where too little was recorded.

        With u_w = <x_w, y>/‖x_w‖, vectors over the P branches with independent noise of one covariance, and
        a_w = ‖x_w‖/‖x‖, R = aᴴUᴴ(UUᴴ)⁻¹Ua is the share of a in the row space of U (Kelly, IEEE Trans. AES 22, 1986).
        Whatever the covariance is, also that of an unknown stream that is equal at all antennas, R is Beta(P, W-P)
        where there is no echo: T is Exp(1) for one branch and nearly Gamma(P, 1) for more.
        """
        cut = self._cut(samples, cell, fraction, doppler)
        if cut is None:
            return 0.0
        root = np.linalg.norm(cut.known, axis=1)
        parts = np.einsum("wj,pwj->wp", cut.known, cut.of(samples).conj()) / root[:, None]
        basis = np.linalg.qr(parts)[0]
        share = float(np.sum(np.abs(basis.conj().T @ (root / np.linalg.norm(root))) ** 2))
        return float(-(len(root) - len(samples)) * np.log1p(-min(share, 1.0 - 1e-15)))

    def accuracy(self, samples: C, cell: int, fraction: float, doppler: float, curvature: F) -> tuple[float, F]:
        """SNR + P + 1 and the information [2, 2] about (delay, Doppler) at a peak where -∇²L is `curvature` H.

        The largest L is where its gradient vanishes, so its error is H⁻¹ times the gradient that noise adds at the
        truth, and its covariance H⁻¹GH⁻¹, G that of the gradient. With the residual r = y - Ax, the branches combined
        to b = Σ_p A_p* r_p / Σ_p|A_p|², and ∂_i⊥x_w = ∂_i x_w - x_w <x, ∂_i x>/E, part w adds

            ψ_i,w = 2 Re <∂_i⊥x_w, b>/E, G_ij = Σ_w ψ_i,w ψ_j,w · W/(W-2)

        (two parameters were fitted to it), and 1/SNR = Σ_w |<x_w, b>|²/E² · W/(W-1). In white noise G is 2Λ/SNR, the
        mean of H is 2Λ, and the information 2 SNR Λ again.
        """
        cut = self._cut(samples, cell, fraction, doppler)
        if cut is None:
            return 0.0, np.eye(2)
        known, received = cut.whole, samples[:, cut.shift + cut.inside] * cut.turn
        energy, count = np.vdot(known, known).real, len(cut.known)
        amplitude = received @ known.conj() / energy
        combined = np.zeros(samples.shape[1], complex)
        residual = amplitude.conj() @ (received - amplitude[:, None] * known)
        power = max(float(np.vdot(amplitude, amplitude).real), 1e-300)
        combined[cut.shift + cut.inside] = residual / power / cut.turn
        noise = cut.of(combined[None])[0]
        # Σ_w over the parts is the whole: <x, ∂_i x> from its slope, and its time.
        slopes = np.stack([cut.slope, 2j * np.pi * cut.time * cut.known])
        time = cut.inside - self.reference.centre
        along = np.array([np.vdot(known, cut.whole_slope), 2j * np.pi * np.vdot(known, time * known)]) / energy
        slopes = slopes - along[:, None, None] * cut.known
        of_x = np.sum(cut.known.conj() * noise, axis=1) / energy
        gradient = 2.0 * np.sum(slopes.conj() * noise, axis=2).real / energy
        spread_of_x = float(np.sum(np.abs(of_x) ** 2)) * count / (count - 1)
        spread = gradient @ gradient.T * count / (count - 2) + _FLOOR * np.diag(np.diag(curvature))
        return 1.0 / max(spread_of_x, _FLOOR), curvature @ np.linalg.solve(spread, curvature)

    def _cut(self, samples: C, cell: int, fraction: float, doppler: float) -> _Cut | None:
        """The reference and its parts at a place; None where too few parts were recorded."""
        shift = cell + self.reference.first
        begin, end = max(0, -shift), min(self.reference.values.shape[1], samples.shape[1] - shift)
        if end <= begin:
            return None
        weights = _weights(fraction)
        index = self.starts[:, None] + np.arange(self.values.shape[2])
        known, slope = np.where((index >= begin) & (index < end), np.tensordot(weights, self.values, (1, 1)), 0.0)
        energy: F = np.linalg.norm(known, axis=1) ** 2
        loud = energy > _SILENT * energy.mean()
        if np.count_nonzero(loud) < len(samples) + _SPARE:
            return None
        whole, whole_slope = weights @ self.reference.values[:, begin:end]
        return _Cut(
            known=known[loud],
            slope=slope[loud],
            index=index[loud],
            inside=np.arange(begin, end),
            whole=whole,
            whole_slope=whole_slope,
            shift=shift,
            doppler=doppler,
            centre=self.reference.centre,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Cut:
    """The parts `known` x_w and `slope` ∂x_w/∂δ at the indices `index` [W, J], 0 where nothing was recorded; `whole` x
    and its slope at those `inside` of the recording [n]. Index i is sample `shift` + i.
    """

    known: C
    slope: C
    index: NDArray[np.int_]
    inside: NDArray[np.int_]
    whole: C
    whole_slope: C
    shift: int
    doppler: float
    centre: float

    @property
    def time(self) -> F:
        """Time [W, J] from the middle of the reference."""
        return np.asarray(self.index - self.centre)

    @property
    def turn(self) -> C:
        """e^{-j2πνt} over `inside`: what takes the Doppler shift away."""
        return np.exp(-2j * np.pi * self.doppler * (self.inside - self.centre))

    def of(self, samples: C) -> C:
        """Samples [P, N] as the parts meet them [P, W, J], the Doppler shift taken away."""
        place = np.clip(self.index + self.shift, 0, samples.shape[1] - 1)
        return np.asarray(samples[:, place] * np.exp(-2j * np.pi * self.doppler * self.time))


def _weights(fraction: float) -> F:
    """Interpolation weights of the nodes and their slopes [2, D] at δ = `fraction`."""
    u, power = 2.0 * fraction - 1.0, np.arange(NODES)
    return np.asarray(np.stack([u**power, 2.0 * power * u ** np.maximum(power - 1, 0)]) @ interpolation())


def noise_meter(waveform: Waveform, reference: Reference, recording: Recording, branches: int) -> NoiseMeter:
    """For trials of `recording` of so many branches. `InputError` where the signal has too few symbols to measure."""
    count, least = symbol_count(waveform, recording.slot_s), branches + _SPARE
    if count < least:
        expected = f"at least {least} symbols to measure the noise ({branches} branches)"
        problem = Problem("noise", f"a known signal of {count} symbols", expected)
        raise InputError([problem], source=f"recording of {recording.receiver_id}")
    wanted = min(max(_PARTS, _PARTS_A_BRANCH * branches), max(count // _SYMBOLS_AT_LEAST, least))
    parts = parts_of(waveform, wanted, recording.slot_s)
    begins = parts.begins_s * recording.sample_rate_hz
    whole = np.floor(begins + _ON_A_SAMPLE)
    rests = np.where(begins - whole > _ON_A_SAMPLE, begins - whole, 0.0)
    # Parts that begin at the same fraction of a sample are sampled together: at most rates, that is all of them.
    sampled = {rest: _sampled(parts.signals, rest, recording.sample_rate_hz) for rest in set(rests.tolist())}
    values = np.zeros((len(rests), NODES, max(own.shape[-1] for _, own in sampled.values())), complex)
    starts = np.empty(len(rests), np.int_)
    for w, rest in enumerate(rests.tolist()):
        first, own = sampled[rest]
        values[w, :, : own.shape[-1]] = own[:, w]
        starts[w] = first + whole[w] - reference.first
    return NoiseMeter(reference=reference, starts=starts, values=values)


def _sampled(signals: Waveform, rest: float, rate_hz: float) -> tuple[int, C]:
    """The first index, and signals [W] that begin `rest` of a sample later, at the nodes [D, W, J]."""
    return shifted_samples(Later(waveform=signals, by_s=rest / rate_hz), rate_hz, quadrature()[0])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """Of B trials the `best` and the `second` best place inside the limits (`there`: whether there is one), and the
    `peak` where the echo is taken to be: [B, 3] of (k, δ, ν). `curvature` [B, 2, 2]: -∇²L at the peak. `level` [B]:
    T there in the noise as recorded.
    """

    best: F
    second: F
    there: NDArray[np.bool_]
    peak: F
    curvature: F
    level: F


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """T [B] at the two places (0: none), SNR + P + 1 = `level` [B] and `information` [B, 2, 2] at the peak; `white`
    [B, 2, 2] is what it would be in the noise as recorded (None: that is what it is).
    """

    statistic: F
    second: F
    level: F
    information: F
    white: F | None = None


def measure(meter: NoiseMeter, samples: C, places: Places) -> Measured:
    """All that the noise is needed for, of trials [B, P, N]."""

    def at(place: F) -> tuple[int, float, float]:
        return int(place[0]), float(place[1]), float(place[2])

    trials = range(len(samples))
    accuracy = [meter.accuracy(samples[b], *at(places.peak[b]), places.curvature[b]) for b in trials]
    second = [meter.statistic(samples[b], *at(places.second[b])) if places.there[b] else 0.0 for b in trials]
    return Measured(
        statistic=np.array([meter.statistic(samples[b], *at(places.best[b])) for b in trials]),
        second=np.array(second),
        level=np.array([level for level, _ in accuracy]),
        information=np.stack([information for _, information in accuracy]),
        white=places.level[:, None, None] * places.curvature,
    )
