"""Received samples against equation (3) written out, each effect alone, and their statistics."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.channel.realise import channel_rng, realise
from multistatic.scenario.model import PulseSpec, Scatterer
from multistatic.signal.beams import Beams
from multistatic.signal.pulses import pulse_of
from multistatic.signal.symbols import draw_symbols
from multistatic.signal.transmit import SingleCarrier, TransmitSignal
from multistatic.simulation.observation import ObservationSettings, observe, recorded_channel
from multistatic.simulation.paths import Clock
from tests.support.close import assert_close, close_to
from tests.support.networks import network

C0 = 299_792_458.0
M = 64
QUIET = ObservationSettings(noise=False, white_clutter=False, random_phase=False)


def case(pulse: str = "half_sine", trials: tuple[int, ...] = (), **propagation):
    scenario = network(3, antennas=(1, 3, 2), velocity_m_s=(900.0, -400.0, 0.0), **propagation)
    channel = realise(scenario, channel_rng(0))
    rng = np.random.default_rng(5)
    weights = rng.standard_normal((4, 4, 2)) + 1j * rng.standard_normal((4, 4, 2))
    modulation = SingleCarrier(
        pulse=pulse_of(PulseSpec(kind=pulse, span_slots=8)), slot_s=scenario.radio.slot_s, symbols=M
    )
    sent = draw_symbols("gaussian", (*trials, 4, 2, M), rng)
    return scenario, channel, TransmitSignal(beams=Beams(weights=weights), symbols=sent, modulation=modulation)


def sent_from_antennas(signal: TransmitSignal, times: np.ndarray) -> np.ndarray:
    """x(t) [N_t, N] as (1) and (9) say, by loops."""
    u = times / signal.modulation.slot_s
    x = np.zeros((signal.beams.weights.shape[1], len(times)), complex)
    for m in range(M):
        slot = sum(w @ s[:, m] for w, s in zip(signal.beams.weights, signal.symbols, strict=True))
        x += slot[:, None] * signal.modulation.pulse(u - m)
    return x


def test_the_echo_is_equation_3():
    scenario, channel, signal = case()
    for k, seen in enumerate(observe(scenario, channel, signal, np.random.default_rng(0), QUIET)):
        receiver, target = scenario.receivers[k], scenario.target
        to_target = target.position_m - receiver.position_m
        from_transmitter = target.position_m - scenario.transmitter.position_m
        delay = (np.linalg.norm(to_target) + np.linalg.norm(from_transmitter)) / C0
        directions = [v / np.linalg.norm(v) for v in (from_transmitter, to_target)]
        doppler = -scenario.radio.carrier_hz / C0 * target.velocity_m_s @ sum(directions)
        steering = receiver.array.steering_vector(directions[1], scenario.radio.wavelength_m)
        times = seen.recording.times_s
        towards = channel.steering_tx[0] @ sent_from_antennas(signal, times - delay)
        expected = np.sqrt(channel.echo_gain[0, k]) * np.outer(steering, np.exp(2j * np.pi * doppler * times) * towards)
        assert seen.recording.samples.shape == (1, receiver.array.size, len(times))
        assert_close(seen.recording.samples[0], expected, abs=1e-9 * np.abs(expected).max())
        assert (seen.delay_s, seen.doppler_hz) == close_to((delay, doppler))
        assert seen.amplitude == close_to([np.sqrt(channel.echo_gain[0, k])])


def test_the_direct_path_carries_all_streams():
    scenario, channel, signal = case(direct="rician")
    settings = replace(QUIET, echo=False, direct_path=0.25)
    for k, seen in enumerate(observe(scenario, channel, signal, np.random.default_rng(0), settings)):
        delay = np.linalg.norm(scenario.receivers[k].position_m - scenario.transmitter.position_m) / C0
        channels = channel.direct[k, : scenario.receivers[k].array.size]
        expected = 0.5 * channels @ sent_from_antennas(signal, seen.recording.times_s - delay)
        assert_close(seen.recording.samples[0], expected, abs=1e-9 * np.abs(expected).max())
        assert not seen.amplitude.any()


def test_the_direct_path_follows_the_scenario():
    silent = replace(QUIET, echo=False)
    scenario, channel, signal = case()
    assert all(not seen.recording.samples.any() for seen in observe(scenario, channel, signal, rng(), silent))
    scenario, channel, signal = case(clutter="signal_dependent", direct_path_leakage=1e-4)
    leaked = observe(scenario, channel, signal, rng(), silent)
    stated = observe(scenario, channel, signal, rng(), replace(silent, direct_path=1e-4))
    for one, other in zip(leaked, stated, strict=True):
        assert np.abs(one.recording.samples).max() > 0
        np.testing.assert_array_equal(one.recording.samples, other.recording.samples)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_scatterers_have_their_own_delays_and_stand_still():
    places = (np.array([30.0, -10.0, 0.0]), np.array([-25.0, 5.0, 0.0]))
    scatterers = tuple(Scatterer(position_m=place, reflection=0.3) for place in places)
    scenario, channel, signal = case(clutter="signal_dependent", scatterers=scatterers, direct_path_leakage=0.0)
    for k, seen in enumerate(observe(scenario, channel, signal, rng(), replace(QUIET, echo=False))):
        expected = 0
        for i, place in enumerate(places):
            receiver = scenario.receivers[k]
            delay = (np.linalg.norm(place) + np.linalg.norm(place - receiver.position_m)) / C0
            channels = channel.clutter[k, i, : receiver.array.size]
            expected = expected + channels @ sent_from_antennas(signal, seen.recording.times_s - delay)
        assert_close(seen.recording.samples[0], expected, abs=1e-9 * np.abs(expected).max())
    silent = observe(scenario, channel, signal, rng(), replace(QUIET, echo=False, scatterers=False))
    assert not any(seen.recording.samples.any() for seen in silent)


def overlapping():
    """Two scatterers whose echoes arrive half a slot apart or less at every receiver, and one signal of 40 trials."""
    places = [np.array([30.0, -10.0, 0.0]), np.array([30.3, -10.0, 0.0])]
    scatterers = tuple(Scatterer(position_m=place, reflection=0.3) for place in places)
    settings = {"clutter": "signal_dependent", "direct_path_leakage": 0.0}
    both = case(trials=(40,), scatterers=scatterers, **settings)
    ways = [
        [np.linalg.norm(place) + np.linalg.norm(place - receiver.position_m) for place in places]
        for receiver in both[0].receivers
    ]
    assert (np.abs(np.diff(ways)) < 0.5 * both[0].radio.slot_s * C0).all()
    return both, [case(trials=(40,), scatterers=(each,), **settings) for each in scatterers]


def test_every_scatterer_has_a_phase_of_its_own_at_each_receiver():
    both, alone = overlapping()
    silent = replace(QUIET, echo=False, trials=40)
    first, second = (observe(*each, rng(), silent) for each in alone)
    phasors = []
    for seed in range(50):
        for k, seen in enumerate(observe(*both, rng(seed), replace(silent, random_phase=True))):
            length = min(each[k].recording.samples.shape[-1] for each in (first, second))
            basis = np.stack([each[k].recording.samples[..., :length].ravel() for each in (first, second)], axis=1)
            found, residual, _, _ = np.linalg.lstsq(basis, seen.recording.samples[..., :length].ravel(), rcond=None)
            assert residual.sum() < 1e-18 * np.sum(np.abs(basis) ** 2), "one phase in all trials"
            phasors.append(found)
    phasors = np.array(phasors)
    assert_close(np.abs(phasors), 1.0, abs=1e-09)
    # 150 independent draws: five standard deviations of a mean phasor are 0.41
    for each in (phasors[:, 0], phasors[:, 1], phasors[:, 0] * phasors[:, 1].conj()):
        assert abs(each.mean()) < 5 / np.sqrt(len(phasors))


def test_powers_of_overlapping_scatterers_add_in_the_mean_as_the_model_says():
    both, _ = overlapping()
    _, channel, signal = both
    covariance = signal.beams.covariance_w
    energies = {True: [], False: []}
    for random_phase, found in energies.items():
        settings = replace(QUIET, echo=False, trials=40, oversampling=2, random_phase=random_phase)
        for seed in range(40):
            seen = observe(*both, rng(seed), settings)
            found.append([np.sum(np.abs(each.recording.samples) ** 2) / (2 * 40) for each in seen])
    model = M * np.einsum("kirt,tu,kiru->k", channel.clutter, covariance, channel.clutter.conj()).real
    mean, coherent = (np.mean(energies[key], axis=0) / model for key in (True, False))
    # 40 phases move the mean of echoes that overlap almost wholly by 11 % (one standard deviation)
    assert_close(mean, 1.0, abs=0.4)
    assert (coherent > 1.5).all()


def test_parts_add_up():
    scatterer = Scatterer(position_m=np.array([30.0, -10.0, 0.0]), reflection=0.3)
    scenario, channel, signal = case(clutter="signal_dependent", scatterers=(scatterer,), direct_path_leakage=0.1)
    off = {"echo": False, "direct_path": 0.0, "scatterers": False, "noise": False, "white_clutter": False}
    everything = observe(scenario, channel, signal, rng(), ObservationSettings())
    parts = [
        observe(scenario, channel, signal, rng(), ObservationSettings(**(off | on), longest_delay_s=None))
        for on in ({"echo": True}, {"direct_path": None}, {"scatterers": True}, {"noise": True})
    ]
    for k, whole in enumerate(everything):
        samples = [part[k].recording for part in parts]
        # without some paths the window may close earlier
        total = sum(
            np.pad(s.samples, ((0, 0), (0, 0), (0, whole.recording.samples.shape[-1] - s.samples.shape[-1])))
            for s in samples[:3]
        )
        channels = min(s.samples.shape[-1] for s in samples)
        assert np.abs(total).max() > 0
        noise = whole.recording.samples - total
        common_noise = noise[..., :channels]
        # Five standard deviations of the mean power of so many samples, one a slot.
        tolerance = 5 / np.sqrt(common_noise.size)
        assert np.mean(np.abs(common_noise) ** 2) == close_to(whole.recording.noise_power_w, rel=tolerance)


@pytest.mark.parametrize("per_slot", [0.5, 1, 4, 2.5])
def test_noise_keeps_its_density_whatever_the_rate(per_slot):
    scenario, channel, signal = case()
    settings = ObservationSettings(oversampling=per_slot, echo=False, trials=200)
    for seen in observe(scenario, channel, signal, rng(1), settings):
        recording = seen.recording
        noise = recording.samples
        assert recording.sample_rate_hz == close_to(per_slot / scenario.radio.slot_s)
        assert recording.noise_power_w == close_to(2e-9)
        assert recording.sample_noise_power_w == close_to(2e-9 * per_slot)
        # at least 6 000 samples: five standard deviations of the mean power are below 6.5 %
        tolerance = 5 / np.sqrt(noise.size)
        assert np.mean(np.abs(noise) ** 2) == close_to(recording.sample_noise_power_w, rel=tolerance)
        assert abs(np.mean(noise**2)) < tolerance * recording.sample_noise_power_w
        lag = np.mean(noise[..., 1:] * noise[..., :-1].conj())
        assert abs(lag) < 1.1 * tolerance * recording.sample_noise_power_w


def test_noise_and_clutter_are_separate():
    scenario, channel, signal = case()
    powers = []
    for on in ({"noise": True, "white_clutter": False}, {"noise": False, "white_clutter": True}):
        settings = ObservationSettings(echo=False, trials=100, **on)
        powers.append(
            [np.mean(np.abs(o.recording.samples) ** 2) for o in observe(scenario, channel, signal, rng(), settings)]
        )
    assert_close(powers, 1e-9, rel=0.1)


def test_snr_after_integration_is_that_of_the_channel():
    """Σ|echo|²/σ² over block and antennas is M w_k p_t in the mean over symbols. Five standard deviations."""
    trials = 300
    scenario, channel, signal = case(trials=(trials,))
    settings = replace(QUIET, trials=trials, oversampling=8)
    steering_power = signal.beams.illumination_w(channel.steering_tx)[0]
    for k, seen in enumerate(observe(scenario, channel, signal, rng(), settings)):
        recording = replace(seen.recording, noise_power_w=2e-9)
        snr = np.sum(np.abs(recording.samples) ** 2, axis=(1, 2)) / recording.sample_noise_power_w
        expected = M * channel.echo_snr_per_watt()[0, k] * steering_power
        assert abs(snr.mean() - expected) < 5 * snr.std() / np.sqrt(trials)
        assert snr.std() / np.sqrt(trials) < 0.02 * expected


def test_the_recorded_channel_has_what_is_recorded():
    scatterer = Scatterer(position_m=np.array([30.0, -10.0, 0.0]), reflection=0.3)
    scenario, channel, _ = case(clutter="signal_dependent", scatterers=(scatterer,), direct_path_leakage=0.1)
    assert_close(recorded_channel(scenario, channel, ObservationSettings()).clutter, channel.clutter, rel=1e-9)
    alone = recorded_channel(scenario, channel, ObservationSettings(scatterers=False, direct_path=0.0))
    assert alone.clutter.shape[1] == 0
    scenario, channel, _ = case()
    both = recorded_channel(scenario, channel, ObservationSettings(direct_path=1.0, white_clutter=False))
    assert_close(both.clutter[:, 0], channel.direct, rel=1e-9)
    assert (both.clutter_power_w, both.noise_power_w) == (0.0, 1e-9)


def test_clock_errors_move_every_path():
    scenario, channel, signal = case(clutter="signal_dependent", direct_path_leakage=1.0)
    clock = Clock(time_offset_s=7.3e-9, frequency_offset_hz=2e4)
    right = observe(scenario, channel, signal, rng(), replace(QUIET, oversampling=4))
    late = observe(scenario, channel, signal, rng(), replace(QUIET, oversampling=4, clocks={"rx2": clock}))
    assert late[0].delay_s == right[0].delay_s
    assert late[1].delay_s == close_to(right[1].delay_s + 7.3e-9)
    assert late[1].doppler_hz == close_to(right[1].doppler_hz + 2e4)


def test_a_clock_ahead_by_whole_samples_shifts_the_recording():
    scenario, channel, signal = case(clutter="signal_dependent", direct_path_leakage=1.0)
    settings = replace(QUIET, oversampling=4)
    ahead = replace(settings, clocks={"rx2": Clock(time_offset_s=2 * scenario.radio.slot_s / 4)})
    one = observe(scenario, channel, signal, rng(), settings)[1].recording
    other = observe(scenario, channel, signal, rng(), ahead)[1].recording
    shifted = other.samples[..., 2 : 2 + one.samples.shape[-1]]
    # Up to the echo's Doppler shift during the offset, 2π·1e4·2.5e-9
    assert_close(shifted, one.samples, abs=1e-3 * np.abs(one.samples).max())


def test_a_low_carrier_turns_everything():
    scenario, channel, signal = case(clutter="signal_dependent", direct_path_leakage=1.0)
    low = replace(QUIET, clocks={"rx2": Clock(frequency_offset_hz=2e4)})
    one = observe(scenario, channel, signal, rng(), QUIET)[1].recording
    other = observe(scenario, channel, signal, rng(), low)[1].recording
    turned = one.samples * np.exp(2j * np.pi * 2e4 * one.times_s)
    assert_close(other.samples, turned, abs=1e-9 * np.abs(one.samples).max())


def test_random_phases_differ_between_trials_and_agree_between_antennas():
    scenario, channel, signal = case()
    settings = ObservationSettings(noise=False, white_clutter=False, trials=4)
    for k, seen in enumerate(observe(scenario, channel, signal, rng(), settings)):
        still = observe(scenario, channel, signal, rng(), replace(QUIET, trials=4))[k]
        phasor = seen.amplitude / still.amplitude
        assert_close(np.abs(phasor), 1.0, rel=1e-9)
        assert len(np.unique(np.round(phasor, 9))) == 4
        assert_close(seen.recording.samples, phasor[:, None, None] * still.recording.samples, abs=1e-15)


def test_receivers_draw_for_themselves():
    scenario, channel, signal = case()
    together = observe(scenario, channel, signal, rng(3))
    alone = observe(scenario, channel, signal, rng(3), receiver_ids=["rx2"])
    assert [seen.recording.receiver_id for seen in alone] == ["rx2"]
    np.testing.assert_array_equal(alone[0].recording.samples, together[1].recording.samples)
    assert not np.array_equal(together[0].recording.samples[0, 0], together[1].recording.samples[0, 0])


def test_pulses_that_begin_before_zero_are_recorded_whole():
    scenario, channel, signal = case("root_raised_cosine")
    settings = replace(QUIET, oversampling=2)
    seen = observe(scenario, channel, signal, rng(), settings)[0]
    assert seen.recording.start_s == close_to(-8 * scenario.radio.slot_s)
    assert 0.0 in seen.recording.times_s
    support = signal.at_antennas().support_s
    assert seen.recording.times_s[-1] >= support[1] + seen.delay_s


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"oversampling": 0.0}, "oversampling=0.0"),
        ({"oversampling": np.nan}, "oversampling=nan"),
        ({"trials": 0}, "trials=0"),
        ({"direct_path": -1.0}, "direct_path=-1.0"),
    ],
)
def test_settings_are_checked(change, message):
    with pytest.raises(ValueError, match=message):
        ObservationSettings(**change)


def test_what_does_not_fit_is_refused():
    scenario, channel, signal = case(trials=(2,))
    with pytest.raises(ValueError, match="symbols of"):
        observe(scenario, channel, signal, rng(), replace(QUIET, trials=3))
    scenario, channel, signal = case()
    with pytest.raises(ValueError, match="expected ids of"):
        observe(scenario, channel, signal, rng(), receiver_ids=["rx9"])
