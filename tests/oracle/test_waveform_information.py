"""Information of any waveform: equal to the formula for pulse trains, to finite differences for the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.bounds.delay_doppler import information_per_snr
from multistatic.bounds.realised import realised_information
from multistatic.bounds.waveform_information import waveform_information
from multistatic.scenario.model import PulseSpec
from multistatic.signal.ofdm import Ofdm, used_subcarriers
from multistatic.signal.pulses import pulse_from_callable, pulse_of
from multistatic.signal.sampled import SampledWaveform
from multistatic.signal.symbols import draw_symbols
from multistatic.signal.waveform import PulseTrain, Waveform
from tests.support.brute_force_fisher import derivatives, without_nuisance
from tests.support.close import assert_close, close_to

SLOT_S = 5e-9
PULSES = {
    "cosine": pulse_of(PulseSpec(kind="cosine")),
    "half_sine": pulse_of(PulseSpec(kind="half_sine")),
    "root_raised_cosine": pulse_of(PulseSpec(kind="root_raised_cosine", rolloff=0.25, span_slots=6)),
    "chirp_with_jump": pulse_from_callable(lambda u: np.cos(u) * np.exp(3j * u**3), support=(-0.2, 1.3)),
}
OFDM = Ofdm(
    subcarriers=32, cyclic_prefix=8, slot_s=SLOT_S, ofdm_symbols=3, active=used_subcarriers(32), transition_slots=4.0
)


def symbols(*shape: int, kind: str = "gaussian", seed: int = 0) -> np.ndarray:
    return draw_symbols(kind, shape, np.random.default_rng(seed))


def assert_information(actual: np.ndarray, expected: np.ndarray, tolerance: float) -> None:
    scale = np.sqrt(np.diagonal(expected))
    assert_close(actual / np.outer(scale, scale), expected / np.outer(scale, scale), abs=tolerance)


def by_finite_differences(waveform: Waveform, snr: float, per_slot: int) -> np.ndarray:
    """J of uniform samples of x(t - τ)e^{j2πft}, moved."""
    begin, end = (edge / SLOT_S for edge in waveform.support_s)
    u = begin - 1 + (np.arange(int((end - begin + 2) * per_slot)) + 0.5) / per_slot

    def signal(q: np.ndarray) -> np.ndarray:
        return np.exp(2j * np.pi * q[1] * u) * waveform.values((u - q[0]) * SLOT_S)

    clean = signal(np.zeros(2))[:, None]
    wanted = derivatives(signal, np.zeros(2), np.array([1e-4, 1e-6]))
    return without_nuisance(wanted, np.hstack([clean, 1j * clean]), per_slot / snr)


@pytest.mark.parametrize("name", PULSES)
@pytest.mark.parametrize("kind", ["gaussian", "qam64"])
def test_pulse_trains_equal_the_formula(name, kind):
    sent = symbols(50, kind=kind)
    train = PulseTrain(symbols=sent, pulse=PULSES[name], slot_s=SLOT_S)
    assert_information(waveform_information(train, SLOT_S, 0.3), realised_information(PULSES[name], sent, 0.3), 1e-9)


def test_constant_modulus_equals_the_network_formula():
    sent = np.exp(2j * np.pi * np.random.default_rng(1).random(1024))
    train = PulseTrain(symbols=sent, pulse=PULSES["half_sine"], slot_s=SLOT_S)
    expected = information_per_snr(PULSES["half_sine"].moments, 1024)
    assert_information(waveform_information(train, SLOT_S, 1.0), expected, 1e-10)


def test_ofdm_equals_finite_differences():
    signal = OFDM(symbols(OFDM.symbols, kind="qam16"))
    assert_information(waveform_information(signal, SLOT_S, 0.7), by_finite_differences(signal, 0.7, 16), 1e-4)


def test_flat_ofdm_has_the_bandwidth_of_its_subcarriers():
    """Without jumps J_ττ tends to 8π²snr·slots·var(a/N) over the active subcarriers: no pulse, no moments."""
    modulation = replace(OFDM, ofdm_symbols=40, transition_slots=0.0)
    information = waveform_information(modulation(symbols(10, modulation.symbols, kind="qam4")), SLOT_S, 1.0)
    spread = np.var(np.array(modulation.active) / modulation.subcarriers)
    expected = 8 * np.pi**2 * modulation.slots * spread
    # Ten blocks of 40 OFDM symbols: the phases of neighbouring subcarriers leave about 1 %.
    assert information[:, 0, 0].mean() == close_to(expected, rel=0.03)
    doppler = 8 * np.pi**2 * modulation.slots**3 / 12
    assert information[:, 1, 1].mean() == close_to(doppler, rel=0.03)


def test_recorded_reference_equals_the_signal_it_was_recorded_from():
    sent = symbols(50)
    train = PulseTrain(symbols=sent, pulse=PULSES["root_raised_cosine"], slot_s=SLOT_S)
    n = np.arange(-6 * 4, (50 + 6) * 4)
    sampled = SampledWaveform(
        samples=train.values(n * SLOT_S / 4), sample_rate_hz=4 / SLOT_S, start_s=float(n[0] * SLOT_S / 4)
    )
    expected = realised_information(PULSES["root_raised_cosine"], sent, 1.0)
    # The pulse is cut off at 1e-3 of its peak; interpolation smooths these jumps.
    assert_information(waveform_information(sampled, SLOT_S, 1.0), expected, 2e-3)


def test_several_signals_at_once():
    many = symbols(2, 3, 20)
    train = PulseTrain(symbols=many, pulse=PULSES["half_sine"], slot_s=SLOT_S)
    information = waveform_information(train, SLOT_S, 1.0)
    assert information.shape == (2, 3, 2, 2)
    one = PulseTrain(symbols=many[1, 2], pulse=PULSES["half_sine"], slot_s=SLOT_S)
    assert_information(information[1, 2], waveform_information(one, SLOT_S, 1.0), 1e-12)
