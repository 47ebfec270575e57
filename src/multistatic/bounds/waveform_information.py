"""Fisher information about delay and Doppler in any known waveform, from its values and slopes alone.

The same quantity as `realised`, without a formula for the kind of signal: for OFDM, recorded references, and as a check
of the others. Time in slots, noise of unit power per slot.
"""

from __future__ import annotations

import numpy as np

from multistatic.signal.waveform import Waveform
from multistatic.units import F

# Gauss-Legendre points in each panel: exact to rounding for a signal of 1.5 cycles a slot, whose squares have 3.
_NODES = 32


def waveform_information(waveform: Waveform, slot_s: float, snr: float) -> F:
    """Compute the Fisher information J [..., 2, 2] about (τ/Δt, fΔt) of a known waveform with unknown amplitude.

    waveform: the received waveform x(t).
    slot_s: length Δt of a slot in s.
    snr: |A|² N_r/σ², the SNR of a sample for |x| = 1.

    J_ij = 2 snr Re(<∂_i, ∂_j> - <∂_i, x><x, ∂_j>/<x, x>) with ∂_τ = -x', ∂_f = j2πt x. The inner products are integrals
    over the support, by quadrature in panels of one slot that are counted from either end, where the pulses of a train
    and the symbols of OFDM begin and end. Within a panel x must be smooth with few turning points. Jumps are left out,
    as in every derivative. Source: model.md §3.

    >>> from multistatic.scenario.model import PulseSpec
    >>> from multistatic.signal.pulses import pulse_of
    >>> from multistatic.signal.waveform import PulseTrain
    >>> train = PulseTrain(symbols=[1, 1j, -1, 1], pulse=pulse_of(PulseSpec(kind="half_sine")), slot_s=1e-8)
    >>> waveform_information(train, slot_s=1e-8, snr=100.0).shape
    (2, 2)
    """
    first, last = (edge / slot_s for edge in waveform.support_s)
    middle = (first + last) / 2.0
    node, weight = np.polynomial.legendre.leggauss(_NODES)
    total: F | float = 0.0
    for begin, length, count in _panels(first, last):
        for offset, share in zip(length * (node + 1.0) / 2.0, length * weight / 2.0, strict=True):
            u = begin + offset + np.arange(count)
            x, slope = waveform.values(u * slot_s), waveform.slopes(u * slot_s) * slot_s
            columns = np.stack([x, -slope, 2j * np.pi * (u - middle) * x])
            total = total + share * np.einsum("i...n,j...n->...ij", columns.conj(), columns)
    gram = np.asarray(total)
    along = gram[..., 0, 1:]
    projected = gram[..., 1:, 1:] - along.conj()[..., :, None] * along[..., None, :] / gram[..., :1, :1].real
    information: F = 2.0 * snr * projected.real
    return information


def _panels(first: float, last: float) -> list[tuple[float, float, int]]:
    """(begin, length, count) of families of panels one slot apart that fill the support between the times that are
    whole slots from either end.
    """
    whole = int(np.floor(last - first + 1e-9))
    rest = max(last - first - whole, 0.0)
    if rest < 1e-9:
        return [(first, 1.0, whole)]
    return [(first, rest, whole + 1), (first + rest, 1.0 - rest, whole)]
