"""OFDM: the waveform against its definition, the FFT against the plain sum, orthogonality, power, references."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.signal.beams import Beams
from multistatic.signal.ofdm import Ofdm, used_subcarriers
from multistatic.signal.symbols import draw_symbols
from multistatic.signal.transmit import TransmitSignal
from tests.support.close import assert_close, close_to

SLOT_S = 5e-9
PLAIN = Ofdm(subcarriers=16, cyclic_prefix=5, slot_s=SLOT_S, ofdm_symbols=4, active=used_subcarriers(16, guard=2))
SMOOTH = replace(PLAIN, transition_slots=3.0)


def symbols(modulation: Ofdm, *shape: int, seed: int = 0) -> np.ndarray:
    return draw_symbols("qam16", (*shape, modulation.symbols), np.random.default_rng(seed))


def definition(modulation: Ofdm, sent: np.ndarray, u: np.ndarray) -> np.ndarray:
    """x as the module's formula says, by loops, for one signal; edges by their own definition."""
    total, length, edge = np.zeros(len(u), complex), modulation.symbol_slots, modulation.transition_slots
    for p in range(modulation.ofdm_symbols):
        own = u - p * length
        if edge:
            up = np.sin(np.pi / 2 * np.clip(own / edge + 0.5, 0, 1)) ** 2
            down = np.cos(np.pi / 2 * np.clip((own - length) / edge + 0.5, 0, 1)) ** 2
            window = up * down
        else:
            window = (own >= 0) & (own < length)
        for i, a in enumerate(modulation.active):
            carrier = np.exp(2j * np.pi * a * (own - modulation.cyclic_prefix) / modulation.subcarriers)
            total += sent[p * len(modulation.active) + i] * window * carrier
    return total / np.sqrt(len(modulation.active) * (1 - edge / 4 / length))


@pytest.mark.parametrize("modulation", [PLAIN, SMOOTH], ids=["plain", "smooth"])
@pytest.mark.parametrize("per_slot", [1, 2, 5, 2.5, np.pi])
@pytest.mark.parametrize("begin", [-3.37, 40.21])
def test_values_are_the_definition(modulation, per_slot, begin):
    sent, u = symbols(modulation), begin + np.arange(300) / per_slot
    assert_close(modulation(sent).values(u * SLOT_S), definition(modulation, sent, u), abs=1e-9)


def test_any_shape_of_times_and_of_signals():
    sent = symbols(PLAIN, 2, 3)
    times = SLOT_S * np.array([[0.3, 20.9], [50.2, 84.5]])
    values = PLAIN(sent).values(times)
    assert values.shape == (2, 3, 2, 2)
    assert_close(values[1, 2, 1], definition(PLAIN, sent[1, 2], times[1] / SLOT_S), abs=1e-12)
    assert_close(PLAIN(sent[0, 0]).values(20.9 * SLOT_S), values[0, 0, 0, 1], rel=1e-9)


@pytest.mark.parametrize("modulation", [PLAIN, SMOOTH], ids=["plain", "smooth"])
@pytest.mark.parametrize("per_slot", [1, np.pi])
def test_slopes_are_derivatives(modulation, per_slot):
    signal = modulation(symbols(modulation))
    times, step = SLOT_S * (0.37 + np.arange(80) / per_slot), SLOT_S * 1e-4
    expected = (signal.values(times + step) - signal.values(times - step)) / (2 * step)
    assert_close(signal.slopes(times), expected, abs=2e-6 / SLOT_S)


def test_a_receiver_recovers_the_symbols_within_the_cyclic_prefix():
    """The FFT of any N samples of an OFDM symbol returns its data, turned by the delay within the prefix."""
    sent = symbols(PLAIN)
    late = 3
    for p in range(PLAIN.ofdm_symbols):
        n = p * PLAIN.symbol_slots + PLAIN.cyclic_prefix - late + np.arange(PLAIN.subcarriers)
        spectrum = np.fft.fft(PLAIN(sent).values(SLOT_S * n)) / PLAIN.subcarriers
        active = np.array(PLAIN.active)
        data = spectrum[active] * np.exp(2j * np.pi * active * late / PLAIN.subcarriers) * np.sqrt(len(active))
        assert_close(data, sent[p * len(active) : (p + 1) * len(active)], abs=1e-9)
        unused = np.setdiff1d(np.arange(PLAIN.subcarriers), active % PLAIN.subcarriers)
        assert np.abs(spectrum[unused]).max() < 1e-9


@pytest.mark.parametrize("modulation", [PLAIN, SMOOTH], ids=["plain", "smooth"])
def test_mean_power_is_that_of_the_symbols(modulation):
    trials, per_slot = 2000, 4
    signal = modulation(symbols(modulation, trials))
    begin, end = (round(edge / SLOT_S * per_slot) for edge in signal.support_s)
    times = SLOT_S * (np.arange(begin, end) + 0.5) / per_slot
    energy = np.sum(np.abs(signal.values(times)) ** 2, axis=-1) / per_slot
    slots = modulation.ofdm_symbols * modulation.symbol_slots
    assert abs(energy.mean() - slots) < 5 * energy.std() / np.sqrt(trials)
    assert energy.std() / np.sqrt(trials) < 0.005 * slots


def test_nothing_outside_the_support():
    signal = SMOOTH(symbols(SMOOTH))
    begin, end = signal.support_s
    assert begin == close_to(-1.5 * SLOT_S)
    assert end == close_to((84 + 1.5) * SLOT_S)
    outside = np.concatenate([np.linspace(begin - 9e-9, begin - 1e-12, 30), np.linspace(end + 1e-12, end + 9e-9, 30)])
    assert not signal.values(outside).any()
    assert not signal.slopes(outside).any()


def test_the_same_beams_carry_it():
    rng = np.random.default_rng(2)
    weights = rng.standard_normal((3, 4, 2)) + 1j * rng.standard_normal((3, 4, 2))
    sent = symbols(PLAIN, 3, 2)
    signal = TransmitSignal(beams=Beams(weights=weights), symbols=sent, modulation=PLAIN)
    steering, times = np.exp(1j * np.arange(4)), SLOT_S * np.linspace(0, 84, 50)
    expected = steering @ sum(w @ PLAIN(s).values(times) for w, s in zip(weights, sent, strict=True))
    assert_close(signal.through(steering).values(times), expected, abs=1e-9)


def test_used_subcarriers():
    assert used_subcarriers(8) == (-4, -3, -2, -1, 1, 2, 3)
    assert used_subcarriers(8, guard=1, dc=True) == (-3, -2, -1, 0, 1, 2)
    assert used_subcarriers(7, dc=True) == (-3, -2, -1, 0, 1, 2, 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"subcarriers": 0}, "subcarriers=0"),
        ({"cyclic_prefix": -1}, "cyclic_prefix=-1"),
        ({"ofdm_symbols": 0}, "ofdm_symbols=0"),
        ({"slot_s": 0.0}, r"slot_s=0\.0"),
        ({"active": ()}, r"active=\(\)"),
        ({"active": (1, 1)}, "each once"),
        ({"active": (8,)}, "from -8 to 7"),
        ({"transition_slots": 22.0}, "0 to 21"),
        ({"transition_slots": float("nan")}, "transition_slots=nan"),
    ],
)
def test_impossible_numerologies_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(PLAIN, **change)


def test_symbols_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"symbols of shape \(3,\)"):
        PLAIN(np.ones(3))
