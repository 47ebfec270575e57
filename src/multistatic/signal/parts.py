"""A known signal as a sum of parts that share no symbol: what is random beside it differs from part to part.

Correlations of two signals of one modulation, x = Σ_m s[m] φ_m and x' = Σ_m s'[m] φ_m with independent symbols, are
sums over pairs (m, n) of s*[m]s'[n]<φ_m, φ_n>. Parts of x that share no symbol share no pair, so that their
correlations with x' are uncorrelated, however the φ_m overlap (pulses longer than a slot, cyclic prefixes).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from multistatic.signal.ofdm import OfdmSignal
from multistatic.signal.waveform import PulseTrain, Waveform
from multistatic.units import C, F

_Number = TypeVar("_Number", bound=np.generic)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """x(t) = Σ_w x_w(t - begins_s[w]): `signals` holds the x_w along its first axis [W]."""

    signals: Waveform
    begins_s: F


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Later:
    """x(t - `by_s`)."""

    waveform: Waveform
    by_s: float

    @property
    def support_s(self) -> tuple[float, float]:
        """As of x, later."""
        first, last = self.waveform.support_s
        return first + self.by_s, last + self.by_s

    def values(self, time_s: ArrayLike) -> C:
        """x(t - by_s), elementwise."""
        return self.waveform.values(np.asarray(time_s) - self.by_s)

    def slopes(self, time_s: ArrayLike) -> C:
        """Its derivative in 1/s, elementwise."""
        return self.waveform.slopes(np.asarray(time_s) - self.by_s)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Windows:
    """x(t + begin) for 0 ≤ t < `length_s` and 0 else, for each of `begins_s` [W]."""

    waveform: Waveform
    begins_s: F
    length_s: float

    @property
    def support_s(self) -> tuple[float, float]:
        return 0.0, self.length_s

    def values(self, time_s: ArrayLike) -> C:
        return np.stack([self._inside(self.waveform.values, time_s, float(begin)) for begin in self.begins_s])

    def slopes(self, time_s: ArrayLike) -> C:
        return np.stack([self._inside(self.waveform.slopes, time_s, float(begin)) for begin in self.begins_s])

    def _inside(self, function: Callable[[F], C], time_s: ArrayLike, begin_s: float) -> C:
        time = np.asarray(time_s, float)
        # Rounding must not move a sample at a cut from one window to the other: from both, or to both.
        near = 1e-6 * self.length_s
        return np.where((time >= -near) & (time < self.length_s - near), function(time + begin_s), 0.0)


def symbol_count(waveform: Waveform, slot_s: float) -> int:
    """Symbols of one signal; slots of its support where the symbols are not known."""
    if isinstance(waveform, PulseTrain | OfdmSignal):
        return int(waveform.symbols.shape[-1])
    first, last = waveform.support_s
    return int((last - first) / slot_s)


def parts_of(waveform: Waveform, count: int, slot_s: float) -> Parts:
    """At most `count` parts of equally many symbols in order, the last perhaps of fewer; `waveform` is one signal.

    Of a waveform without symbols, such as a recorded one, the parts are of whole slots counted from t = 0 instead: as
    good for pulses of one slot; others correlate a little across the cuts.
    """
    if isinstance(waveform, PulseTrain):
        symbols = _grouped(waveform.symbols, count)
        length_s = symbols.shape[1] * waveform.slot_s
        return Parts(signals=replace(waveform, symbols=symbols), begins_s=_times(length_s, 0, len(symbols)))
    if isinstance(waveform, OfdmSignal):
        return _of_ofdm(waveform, count)
    first, last = waveform.support_s
    begin, end = int(np.floor(first / slot_s)), int(np.floor(last / slot_s)) + 1
    length = -(-(end - begin) // count)
    begins = _times(slot_s, begin, end, length)
    return Parts(signals=_Windows(waveform=waveform, begins_s=begins, length_s=length * slot_s), begins_s=begins)


def _times(unit_s: float, begin: int, end: int, step: int = 1) -> F:
    return np.asarray(np.arange(begin, end, step) * unit_s, np.float64)


def _grouped(symbols: NDArray[_Number], count: int) -> NDArray[_Number]:
    """Symbols [M] in at most `count` rows of equal length, zeros after the last."""
    length = -(-symbols.size // count)
    rows = -(-symbols.size // length)
    return np.pad(symbols, (0, rows * length - symbols.size)).reshape(rows, length)


def _of_ofdm(signal: OfdmSignal, count: int) -> Parts:
    """Parts that begin with the OFDM symbol of their first data symbol, each as long as the longest."""
    modulation = signal.modulation
    carriers = len(modulation.active)
    groups = _grouped(np.arange(1, signal.symbols.size + 1), count)  # 0: none
    first = (groups[:, 0] - 1) // carriers
    needed = int(np.max((groups.max(axis=1) - 1) // carriers - first)) + 1
    symbols = np.zeros((len(groups), needed * carriers), complex)
    for row, own, begin in zip(symbols, groups, first, strict=True):
        place = own[own > 0] - 1
        row[place - begin * carriers] = signal.symbols[place]
    part = OfdmSignal(symbols=symbols, modulation=replace(modulation, ofdm_symbols=needed))
    length_s = modulation.symbol_slots * modulation.slot_s
    return Parts(signals=part, begins_s=np.asarray(first * length_s, np.float64))
