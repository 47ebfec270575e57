"""A known signal as a sum of parts that share no symbol: what is random beside it differs from part to part.

Correlations of two signals of one modulation, x = Σ_m s[m] φ_m and x' = Σ_m s'[m] φ_m with independent symbols, are
sums over pairs (m, n) of s*[m]s'[n]<φ_m, φ_n>. Parts of x that share no symbol share no pair, so that their
correlations with x' are uncorrelated, however the φ_m overlap (pulses longer than a slot, cyclic prefixes).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from multistatic.signal.ofdm import OfdmSignal
from multistatic.signal.waveform import PulseTrain, Waveform
from multistatic.units import C


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Later:
    """x(t - by_s)."""

    waveform: Waveform
    by_s: float

    @property
    def support_s(self) -> tuple[float, float]:
        first, last = self.waveform.support_s
        return first + self.by_s, last + self.by_s

    def values(self, time_s: ArrayLike) -> C:
        return self.waveform.values(np.asarray(time_s) - self.by_s)

    def slopes(self, time_s: ArrayLike) -> C:
        return self.waveform.slopes(np.asarray(time_s) - self.by_s)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Window:
    """x(t) in `support_s`, which has its beginning and not its end, and 0 outside."""

    waveform: Waveform
    support_s: tuple[float, float]

    def values(self, time_s: ArrayLike) -> C:
        return self._inside(self.waveform.values(time_s), time_s)

    def slopes(self, time_s: ArrayLike) -> C:
        return self._inside(self.waveform.slopes(time_s), time_s)

    def _inside(self, values: C, time_s: ArrayLike) -> C:
        time, (first, last) = np.asarray(time_s), self.support_s
        return np.where((time >= first) & (time < last), values, 0.0)


def symbol_count(waveform: Waveform, slot_s: float) -> int:
    """Symbols of one signal; slots of its support where the symbols are not known."""
    if isinstance(waveform, PulseTrain | OfdmSignal):
        return int(waveform.symbols.shape[-1])
    first, last = waveform.support_s
    return int((last - first) / slot_s)


def parts_of(waveform: Waveform, count: int, slot_s: float) -> tuple[Waveform, ...]:
    """`count` signals of about as many symbols each, in order, whose sum is `waveform`, which is one signal.

    Of a waveform without symbols, such as a recorded one, the parts are of whole slots counted from t = 0 instead: as
    good for pulses of one slot; others correlate a little across the cuts.
    """
    if isinstance(waveform, PulseTrain):
        of_train = np.array_split(np.arange(waveform.symbols.size), count)
        return tuple(
            _Later(waveform=replace(waveform, symbols=waveform.symbols[own]), by_s=float(own[0]) * waveform.slot_s)
            for own in of_train
        )
    if isinstance(waveform, OfdmSignal):
        return tuple(_of_ofdm(waveform, own) for own in np.array_split(np.arange(waveform.symbols.size), count))
    first, last = waveform.support_s
    begin, end = int(np.floor(first / slot_s)), int(np.ceil(last / slot_s)) + 1
    cuts = np.unique(np.linspace(begin, end, count + 1).astype(int)) * slot_s
    return tuple(_Window(waveform=waveform, support_s=(float(low), float(high))) for low, high in pairwise(cuts))


def _of_ofdm(signal: OfdmSignal, own: NDArray[np.int_]) -> Waveform:
    """The symbols `own` of an OFDM signal, as a signal of as many OFDM symbols as they belong to."""
    modulation = signal.modulation
    carriers = len(modulation.active)
    begin, end = own[0] // carriers, own[-1] // carriers + 1
    symbols = np.zeros((end - begin) * carriers, complex)
    symbols[own - begin * carriers] = signal.symbols[own]
    part = OfdmSignal(symbols=symbols, modulation=replace(modulation, ofdm_symbols=int(end - begin)))
    return _Later(waveform=part, by_s=float(begin) * modulation.symbol_slots * modulation.slot_s)
