"""The transmit signal x(t) = Σ_j W_j s_j(t) of equations (1) and (9), and the signals that it causes at the target and
the receivers.

Beams and channels act on the symbols of a slot, and the modulation is linear in them: any projection aᵀx(t) is again a
waveform, with the symbols aᵀ Σ_j W_j s_j[m]. Nothing is sampled in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from multistatic.signal.beams import Beams
from multistatic.signal.pulse import Pulse
from multistatic.signal.waveform import PulseTrain, Waveform
from multistatic.units import C, read_only


class Modulation(Protocol):
    """From symbols to a waveform, linearly and with the symbols' mean power."""

    @property
    def slot_s(self) -> float:
        """Δt: the noise power of the network is that of a sample of one slot."""

    @property
    def symbols(self) -> int:
        """Symbols of one stream in one block."""

    def __call__(self, symbols: ArrayLike) -> Waveform:
        """The waveform of `symbols` [..., `symbols`]; leading axes are separate signals."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SingleCarrier:
    """Single-carrier modulation: one symbol in each slot on one pulse, equation (9).

    pulse: transmit pulse.
    slot_s: length of a slot in s.
    symbols: number M of symbols in a block.
    """

    pulse: Pulse
    slot_s: float
    symbols: int

    def __call__(self, symbols: ArrayLike) -> PulseTrain:
        """The pulse train of `symbols` [..., M]."""
        return PulseTrain(symbols=np.asarray(symbols), pulse=self.pulse, slot_s=self.slot_s)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TransmitSignal:
    """The transmitted signal x(t) = Σ_j W_j s_j(t), equations (1) and (9).

    beams: beamforming matrices W_j.
    symbols [..., 1+K, L, M]: data symbols s_j of the sensing beam and the data beams; leading axes are trials.
    modulation: single-carrier or OFDM.

    Raises `ValueError` if symbols, beams and modulation do not fit each other.
    """

    beams: Beams
    symbols: C
    modulation: Modulation

    def __post_init__(self) -> None:
        symbols = read_only(self.symbols, np.complex128)
        beams, _, streams = self.beams.weights.shape
        expected = (beams, streams, self.modulation.symbols)
        if symbols.shape[-3:] != expected:
            raise ValueError(f"symbols of shape {symbols.shape}, expected [..., 1+K, L, M] = [..., {expected}]")
        object.__setattr__(self, "symbols", symbols)

    @property
    def support_s(self) -> tuple[float, float]:
        """First and last time at which x(t) may differ from 0."""
        return self.modulation(np.zeros(self.modulation.symbols)).support_s

    def towards(self, channel: ArrayLike) -> C:
        """The symbols H Σ_j W_j s_j[m] of H x(t), for `channel` H [..., N_t].

        Their axes are those of the trials, then those of the channel without its last, then M.
        """
        gains = np.einsum("...t,jtl->...jl", np.asarray(channel), self.beams.weights)
        trials, streams = self.symbols.shape[:-3], self.symbols.shape[-3] * self.symbols.shape[-2]
        rows = gains.reshape(-1, streams) @ self.symbols.reshape(*trials, streams, -1)
        return np.asarray(rows.reshape(*trials, *gains.shape[:-2], -1))

    def through(self, channel: ArrayLike) -> Waveform:
        """H x(t), with the axes of `towards`: a_b gives the signal at the target, H_bk the direct one at receiver k."""
        return self.modulation(self.towards(channel))

    def at_antennas(self) -> Waveform:
        """x(t) itself, with axes [..., N_t]."""
        return self.through(np.eye(self.beams.weights.shape[1]))

    def sensing_part(self) -> TransmitSignal:
        """W_0 s_0 alone: all that is known to a receiver that knows no data."""
        known = np.zeros_like(self.symbols)
        known[..., 0, :, :] = self.symbols[..., 0, :, :]
        return TransmitSignal(beams=self.beams, symbols=known, modulation=self.modulation)
