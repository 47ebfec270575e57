"""OFDM: the multicarrier modulation of cellular networks, as a waveform at any time.

x(t) = A^-½ Σ_p w(t - pT) Σ_a c[p, a] e^{j2πaΔf(t - pT - T_cp)} with P OFDM symbols of T = (N + C)Δt, N subcarriers of
which A are active, Δf = 1/(NΔt), and T_cp = CΔt. N subcarriers fill the
band 1/Δt that one symbol every slot fills, and carry as many symbols in the time NΔt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from multistatic.signal.pulse_sum import EDGE, uniform_step
from multistatic.units import C, F, read_only


@dataclass(frozen=True, slots=True, kw_only=True)
class Ofdm:
    """Parameters of an OFDM modulation.

    subcarriers: number N of subcarriers.
    cyclic_prefix: length C of the cyclic prefix in slots.
    slot_s: length Δt of a slot in s; the subcarrier spacing is 1/(NΔt).
    ofdm_symbols: number P of OFDM symbols.
    active: used subcarriers, from -N/2 to N/2 - 1; 0 is DC.
    transition_slots: length of raised-cosine edges between OFDM symbols in slots; 0: plain OFDM, which is discontinuous
        between symbols, so that its bandwidth counts the interior of the symbols alone.

    Raises `ValueError` for parameters that are not possible.
    """

    subcarriers: int
    cyclic_prefix: int
    slot_s: float
    ofdm_symbols: int
    active: tuple[int, ...]
    transition_slots: float = 0.0

    def __post_init__(self) -> None:
        n, prefix, low = self.subcarriers, self.cyclic_prefix, -(self.subcarriers // 2)
        if n < 1 or prefix < 0 or self.ofdm_symbols < 1 or not (np.isfinite(self.slot_s) and self.slot_s > 0):
            raise ValueError(
                f"subcarriers={n}, cyclic_prefix={prefix}, ofdm_symbols={self.ofdm_symbols}, slot_s={self.slot_s}, "
                "expected subcarriers >= 1, cyclic_prefix >= 0, ofdm_symbols >= 1 and slot_s > 0"
            )
        if not self.active or len(set(self.active)) < len(self.active):
            raise ValueError(f"active={self.active}, expected one or more subcarriers, each once")
        if min(self.active) < low or max(self.active) >= low + n:
            raise ValueError(f"active={self.active}, expected subcarriers from {low} to {low + n - 1}")
        if not 0.0 <= self.transition_slots <= n + prefix:
            raise ValueError(f"transition_slots={self.transition_slots}, expected 0 to {n + prefix}")

    @property
    def symbols(self) -> int:
        """Data symbols of one stream: P·A."""
        return self.ofdm_symbols * len(self.active)

    @property
    def symbol_slots(self) -> int:
        """Length of an OFDM symbol in slots, N + C."""
        return self.subcarriers + self.cyclic_prefix

    @property
    def slots(self) -> int:
        """Length of the block in slots, P(N + C)."""
        return self.ofdm_symbols * self.symbol_slots

    def __call__(self, symbols: ArrayLike) -> OfdmSignal:
        """The waveform of c[p, a] = `symbols` [..., P·A], OFDM symbol by OFDM symbol, in the order of `active`."""
        return OfdmSignal(symbols=np.asarray(symbols), modulation=self)


def used_subcarriers(count: int, *, guard: int = 0, dc: bool = False) -> tuple[int, ...]:
    """All of `count` subcarriers but `guard` at either edge and, unless `dc` says so, the one at 0 Hz."""
    low = -(count // 2)
    return tuple(a for a in range(low + guard, low + count - guard) if dc or a != 0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OfdmSignal:
    """x(t) of `symbols` [..., P·A] under `modulation`: a `Waveform` with the mean power of its symbols."""

    symbols: C
    modulation: Ofdm

    def __post_init__(self) -> None:
        symbols = read_only(self.symbols, np.complex128)
        if symbols.shape[-1:] != (self.modulation.symbols,):
            raise ValueError(f"symbols of shape {symbols.shape}, expected [..., {self.modulation.symbols}]")
        object.__setattr__(self, "symbols", symbols)

    @property
    def support_s(self) -> tuple[float, float]:
        """The first OFDM symbol's beginning and the last one's end."""
        edge, slots = (
            self.modulation.transition_slots / 2.0,
            self.modulation.ofdm_symbols * self.modulation.symbol_slots,
        )
        return -edge * self.modulation.slot_s, (slots + edge) * self.modulation.slot_s

    def values(self, time_s: ArrayLike) -> C:
        """x(t), elementwise; by FFT on a uniform grid of a whole number of samples a slot."""
        u = np.asarray(time_s, float) / self.modulation.slot_s
        return self._sum(u, self._coefficients(), _window)

    def slopes(self, time_s: ArrayLike) -> C:
        """dx/dt in 1/s, elementwise; jumps between OFDM symbols are left out."""
        u = np.asarray(time_s, float) / self.modulation.slot_s
        turning = 2j * np.pi * np.array(self.modulation.active) / self.modulation.subcarriers
        of_carriers = self._sum(u, turning * self._coefficients(), _window)
        if self.modulation.transition_slots == 0:
            return of_carriers / self.modulation.slot_s
        return (of_carriers + self._sum(u, self._coefficients(), _window_slope)) / self.modulation.slot_s

    def _coefficients(self) -> C:
        """c[..., p, a] with the factor that makes the mean power that of the symbols.

        The edges lose 2·(1/2 - 3/8) of their length: ∫w² = N + C - transition/4.
        """
        m = self.modulation
        lost = m.transition_slots / (4.0 * m.symbol_slots)
        shaped = self.symbols.reshape(*self.symbols.shape[:-1], m.ofdm_symbols, len(m.active))
        return np.asarray(shaped / np.sqrt(len(m.active) * (1.0 - lost)))

    def _sum(self, u: F, coefficients: C, window: Callable[[F, Ofdm], F]) -> C:
        """Σ_p window(u - p(N+C)) Σ_a coefficients[p, a] e^{j2πa(u - p(N+C) - C)/N}, one OFDM symbol after the other."""
        m, flat = self.modulation, u.reshape(-1)
        step, edge = uniform_step(u), m.transition_slots / 2.0
        if step is not None and step.numerator == 1:
            carriers = _on_a_grid(m, coefficients, float(flat[0]), step.denominator)
        else:
            carriers = _at_any_time(m, coefficients)
        total = np.zeros((*coefficients.shape[:-2], flat.size), complex)
        for p in range(m.ofdm_symbols):
            own = flat - p * m.symbol_slots
            within = np.flatnonzero((own >= -edge - EDGE) & (own < m.symbol_slots + edge - EDGE))
            total[..., within] += window(own[within], m) * carriers(p, within, own[within])
        return total.reshape((*coefficients.shape[:-2], *u.shape))


# Values of the carriers of OFDM symbol p at some samples: their numbers, and their times since the symbol began.
_Carriers = Callable[[int, NDArray[np.int64], F], C]


def _at_any_time(m: Ofdm, coefficients: C) -> _Carriers:
    """The sum over the subcarriers as it is written."""

    def carriers(p: int, samples: NDArray[np.int64], own: F) -> C:
        turns = np.outer(m.active, own - m.cyclic_prefix) / m.subcarriers
        return np.asarray(coefficients[..., p, :] @ np.exp(2j * np.pi * turns))

    return carriers


def _on_a_grid(m: Ofdm, coefficients: C, begin: float, per_slot: int) -> _Carriers:
    """The same on the grid begin + n/R, R = `per_slot`.

    There the carriers have the period NR, and with k = n - p(N+C)R one period is
    Σ_a (coefficients[p, a] e^{j2πa(begin - C)/N}) e^{j2πak/(NR)}, an inverse FFT.
    """
    period, active = m.subcarriers * per_slot, np.array(m.active)
    spectrum = np.zeros((*coefficients.shape[:-1], period), complex)
    spectrum[..., active % period] = coefficients * np.exp(
        2j * np.pi * active * (begin - m.cyclic_prefix) / m.subcarriers
    )
    table = np.fft.ifft(spectrum, axis=-1) * period

    def carriers(p: int, samples: NDArray[np.int64], own: F) -> C:
        return np.asarray(table[..., p, (samples - p * m.symbol_slots * per_slot) % period])

    return carriers


def _window(own: F, m: Ofdm) -> F:
    """w: sin² from 0 to 1 over the transition about 0, and back about N + C, so that neighbours add up to 1."""
    if m.transition_slots == 0:
        return np.ones_like(own)
    return np.asarray(np.sin(np.pi / 2 * _height(own, m)) ** 2)


def _window_slope(own: F, m: Ofdm) -> F:
    """w' in 1/slot: sin² of πh/2 changes by (π/2) sin(πh) for each unit of h, and h by ±1/transition."""
    height = _height(own, m)
    rising = np.where(own < m.symbol_slots / 2.0, 1.0, -1.0)
    return np.asarray(rising * np.pi / 2 * np.sin(np.pi * height) / m.transition_slots)


def _height(own: F, m: Ofdm) -> F:
    """How far up the nearer edge, from 0 to 1; 1 between the edges."""
    from_end = np.minimum(own, m.symbol_slots - own)
    return np.clip(from_end / m.transition_slots + 0.5, 0.0, 1.0)
