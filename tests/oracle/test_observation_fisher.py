"""The simulator agrees with the bounds: its samples, moved by finite differences of the target's delay and Doppler
shift, have the Fisher information that the formulas give.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.bounds.realised import realised_information
from multistatic.channel.realise import channel_rng, realise
from multistatic.scenario.model import PulseSpec
from multistatic.signal.beams import Beams
from multistatic.signal.pulses import pulse_of
from multistatic.signal.symbols import draw_symbols
from multistatic.signal.transmit import SingleCarrier, TransmitSignal
from multistatic.simulation.observation import received
from multistatic.simulation.paths import echo_paths
from tests.support.brute_force_fisher import derivatives, without_nuisance
from tests.support.close import assert_close
from tests.support.networks import network

M = 32


@pytest.mark.parametrize(("kind", "per_slot"), [("half_sine", 64), ("root_raised_cosine", 4)])
@pytest.mark.parametrize("symbols", ["gaussian", "qam16"])
def test_samples_have_the_information_of_the_bounds(kind, per_slot, symbols):
    scenario = network(2, antennas=(3, 2), velocity_m_s=(900.0, -400.0, 0.0))
    channel, rng, slot_s = realise(scenario, channel_rng(0)), np.random.default_rng(3), scenario.radio.slot_s
    pulse = pulse_of(PulseSpec(kind=kind, span_slots=6, rolloff=0.3))
    signal = TransmitSignal(
        beams=Beams(weights=rng.standard_normal((3, 4, 2)) + 1j * rng.standard_normal((3, 4, 2))),
        symbols=draw_symbols(symbols, (3, 2, M), rng),
        modulation=SingleCarrier(pulse=pulse, slot_s=slot_s, symbols=M),
    )
    noise_w = channel.noise_power_w + channel.clutter_power_w
    (of_target,) = echo_paths(scenario, channel)
    for k, path in enumerate(of_target):
        begin, end = (round(edge / slot_s) for edge in signal.at_antennas().support_s)
        times = slot_s * (begin + np.arange((end - begin + 2 + path.delay_s // slot_s) * per_slot) / per_slot)

        def echo(q, path=path, times=times):
            moved = replace(path, delay_s=slot_s * q[0], doppler_hz=q[1] / slot_s)
            return received(moved, signal, times).ravel()

        at = np.array([path.delay_s / slot_s, path.doppler_hz * slot_s])
        clean = echo(at)[:, None]
        wanted = derivatives(echo, at, np.array([1e-3, 1e-5]))
        expected = without_nuisance(wanted, np.hstack([clean, 1j * clean]), noise_w * per_slot)
        seen = np.einsum("t,jtl,jlm->m", channel.steering_tx[0], signal.beams.weights, signal.symbols)
        snr = channel.echo_gain[0, k] * scenario.receivers[k].array.size / noise_w
        information = realised_information(pulse, seen, snr)
        scale = np.sqrt(np.diagonal(information))
        # The half-sine's spectrum falls slowly: 64 samples a slot alias 1e-4 of its mean-square bandwidth.
        assert_close(expected / np.outer(scale, scale), information / np.outer(scale, scale), abs=2e-3)
