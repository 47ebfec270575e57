"""Delay-Doppler information against brute-force Fisher matrices of the sampled signal.

1. One realisation, every pulse, amplitude unknown and known: ratio 1 to 1e-6.
2. Mean over symbols of constant modulus: the network's formulas, and what overlapping pulses lack.
3. Only s_0 known: Slepian-Bangs with the full covariance matrix.
4. Independence of the time origin, or dependence where the amplitude is known.
5. What Proposition 3.1 gets wrong.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multistatic.bounds.delay_doppler import exact_information, information_per_snr, standard_deviations
from multistatic.bounds.known_amplitude import known_amplitude_information
from multistatic.bounds.published import published_information, published_information_per_snr
from multistatic.bounds.realised import realised_information, realised_information_known_amplitude
from multistatic.bounds.sensing import sensing_network
from multistatic.bounds.sensing_signal import sensing_signal_information
from multistatic.channel.realise import channel_rng, realise
from multistatic.scenario.model import PulseSpec
from multistatic.signal.pulses import pulse_from_callable, pulse_moments, pulse_of
from tests.support.brute_force_fisher import derivatives, sample_times, waveform, without_nuisance
from tests.support.close import assert_close, close_to
from tests.support.networks import network

AMPLITUDE = 0.7 * np.exp(0.4j)
NOISE = 0.3
SNR = abs(AMPLITUDE) ** 2 / NOISE

PULSES = {
    "cosine": pulse_of(PulseSpec(kind="cosine")),
    "sinc": pulse_of(PulseSpec(kind="sinc")),
    "half_sine": pulse_of(PulseSpec(kind="half_sine")),
    "raised_cosine": pulse_of(PulseSpec(kind="raised_cosine", rolloff=0.4, span_slots=4)),
    "root_raised_cosine": pulse_of(PulseSpec(kind="root_raised_cosine", rolloff=0.25, span_slots=6)),
    "chirp": pulse_from_callable(lambda u: np.sin(np.pi * u) * np.exp(2j * np.pi * u**2)),
    "chirp_with_jump": pulse_from_callable(lambda u: np.cos(u) * np.exp(3j * u**3), support=(-0.2, 1.3)),
}


def symbols(count: int, seed: int = 0) -> np.ndarray:
    real, imaginary = np.random.default_rng(seed).standard_normal((2, count))
    return (real + 1j * imaginary) / np.sqrt(2)


def brute_force(pulse, sent: np.ndarray, *, delay: float, doppler: float, origin: float, known: bool) -> np.ndarray:
    """J about (τ, f) of A e^{j2πft} x(t - τ), A projected out unless it is known."""
    first, last = pulse.support
    # Samples of each panel between two places where some pulse begins or ends, so that no difference steps over a jump.
    ends = np.unique(np.round(np.concatenate([np.arange(len(sent)) + first, np.arange(len(sent)) + last]), 9))
    node, weight = np.polynomial.legendre.leggauss(40)
    times = (ends[:-1, None] + np.diff(ends)[:, None] * (node + 1) / 2).ravel() + delay
    root = np.sqrt(np.diff(ends)[:, None] * weight / 2).ravel()

    def signal(q: np.ndarray) -> np.ndarray:
        carrier = np.exp(2j * np.pi * q[1] * (times + origin))
        return root * AMPLITUDE * carrier * waveform(pulse, sent, times - q[0])

    at = np.array([delay, doppler])
    wanted = derivatives(signal, at, np.array([1e-5, 1e-3 / (origin + times.max())]))
    if known:
        return 2 / NOISE * (wanted.conj().T @ wanted).real
    clean = signal(at)[:, None]
    return without_nuisance(wanted, np.hstack([clean, 1j * clean]), NOISE)


def assert_information(information: np.ndarray, expected: np.ndarray, tolerance: float = 1e-6) -> None:
    """Every element, relative to the geometric mean of its two diagonals."""
    diagonal = np.sqrt(np.diagonal(expected, axis1=-2, axis2=-1))
    scale = diagonal[..., :, None] * diagonal[..., None, :]
    assert_close(information / scale, expected / scale, abs=tolerance)


@pytest.mark.parametrize("name", PULSES)
def test_one_realisation_with_unknown_amplitude(name):
    sent = symbols(12)
    expected = brute_force(PULSES[name], sent, delay=3.25, doppler=0.03, origin=0.0, known=False)
    assert_information(realised_information(PULSES[name], sent, SNR), expected)


@pytest.mark.parametrize("name", PULSES)
def test_one_realisation_with_known_amplitude(name):
    sent = symbols(12, seed=1)
    expected = brute_force(PULSES[name], sent, delay=3.25, doppler=0.03, origin=5.0, known=True)
    information = realised_information_known_amplitude(PULSES[name], sent, SNR, time_origin_slots=8.25)
    assert_information(information, expected)


def test_uniform_samples_tell_the_same():
    """No clever sampling: 64 samples a slot, evenly spaced, each with noise of its bandwidth."""
    pulse, sent, rate = PULSES["half_sine"], symbols(16, seed=2), 64
    times = (np.arange(20 * rate) + 0.5) / rate

    def signal(q):
        return AMPLITUDE * np.exp(2j * np.pi * q[1] * times) * waveform(pulse, sent, times - q[0])

    at = np.array([2.0, 0.01])
    clean = signal(at)[:, None]
    wanted = derivatives(signal, at, np.array([1e-4, 3e-5]))
    expected = without_nuisance(wanted, np.hstack([clean, 1j * clean]), NOISE * rate)
    assert_information(realised_information(pulse, sent, SNR), expected)


@pytest.mark.parametrize("origin", [0.0, 1000.0])
def test_unknown_amplitude_does_not_depend_on_the_time_origin(origin):
    sent = symbols(8)
    expected = brute_force(PULSES["chirp"], sent, delay=1.5, doppler=0.0, origin=origin, known=False)
    assert_information(realised_information(PULSES["chirp"], sent, SNR), expected)


def paper_network(pulse, samples=1024, **changes):
    scenario = network(count=3)
    seen = sensing_network(scenario, realise(scenario, channel_rng(0)))
    return replace(seen, pulse=pulse.moments, samples=samples, **changes)


@pytest.mark.parametrize("name", ["cosine", "sinc", "half_sine", "chirp"])
def test_network_formula_is_one_realisation_of_constant_modulus(name):
    """Non-overlapping pulses and |s| = 1: nothing is left to average, so the agreement is exact."""
    pulse, samples = PULSES[name], 300
    sent = np.exp(2j * np.pi * np.random.default_rng(3).random(samples))
    seen = paper_network(pulse, samples)
    for k, snr in enumerate(seen.snr_per_watt * 2.5):
        assert_information(exact_information(seen, 2.5)[k], realised_information(pulse, sent, snr), 1e-10)
        known = realised_information_known_amplitude(pulse, sent, snr, time_origin_slots=17.5)
        assert_information(known_amplitude_information(seen, 2.5, time_origin_slots=17.5)[k], known, 1e-10)


@pytest.mark.slow
def test_gaussian_symbols_tell_less_by_one_in_m():
    """The mean of J_ff over Gaussian symbols is M/(M+1) of the formula, between slots. False-fail rate: 5 sigma."""
    pulse, samples, trials = PULSES["half_sine"], 4, 1500
    draws = np.array([realised_information(pulse, symbols(samples, seed), 1.0)[1, 1] for seed in range(trials)])
    m = pulse.moments
    between = 8 * np.pi**2 * samples * (samples**2 - 1) / 12
    within = 8 * np.pi**2 * samples * (m.mean_square_time - m.mean_time**2)
    assert information_per_snr(m, samples)[1, 1] == close_to(between + within)
    expected = between * samples / (samples + 1) + within
    assert abs(draws.mean() - expected) < 5 * draws.std() / np.sqrt(trials)
    assert abs(draws.mean() - (between + within)) > 5 * draws.std() / np.sqrt(trials)


@pytest.mark.slow
def test_overlapping_pulses_tell_the_same_on_average():
    """Root-raised cosine: the cross terms of neighbouring symbols vanish in the mean over random phases."""
    pulse, samples, trials = PULSES["root_raised_cosine"], 64, 100
    rng = np.random.default_rng(5)
    draws = np.array(
        [realised_information(pulse, np.exp(2j * np.pi * rng.random(samples)), 1.0) for _ in range(trials)]
    )
    error = draws.std(axis=0) / np.sqrt(trials)
    bias = np.abs(draws.mean(axis=0) - information_per_snr(pulse.moments, samples))
    # Fluctuations of the energy and of <x, x'> leave a bias of order 1/M.
    assert np.all(np.diagonal(bias) < 5 * np.diagonal(error) + 2 / samples * np.diagonal(draws.mean(axis=0)))


@pytest.mark.slow
def test_overlapping_pulses_tell_less_about_the_delay_by_one_in_m():
    """What the unknown amplitude takes of the delay, 2 ρ <x, x'>²/<x, x>, is of order 1/M of the formula, not zero.

    Mean over random phases; products of shifted pulses by plain sums over a fine grid. False-fail rate: 5 sigma.
    """
    spec, samples, trials = PulseSpec(kind="root_raised_cosine", rolloff=0.4, span_slots=6), 6, 100
    pulse, rng = pulse_of(spec), np.random.default_rng(6)
    rate = 32
    times = np.arange(-40 * rate, 40 * rate) / rate
    overlap = [pulse(times) @ pulse.derivative(times - lag) / rate for lag in range(1, samples)]
    taken = 4 * sum((1 - lag / samples) * abs(each) ** 2 for lag, each in enumerate(overlap, 1))
    draws = []
    for _ in range(trials):
        sent = np.exp(2j * np.pi * rng.random(samples))
        known = realised_information_known_amplitude(pulse, sent, 1.0)
        draws.append((known - realised_information(pulse, sent, 1.0))[0, 0])
    # The pulse is cut off: its energy fluctuates by a percent.
    assert abs(np.mean(draws) - taken) < 5 * np.std(draws) / np.sqrt(trials) + 0.02 * taken
    share = taken / information_per_snr(pulse.moments, samples)[0, 0]
    # The sum over all lags; five of them have most of it.
    assert 0.3 < share * samples < 0.42
    assert np.mean(draws) > 5 * np.std(draws) / np.sqrt(trials)


def test_known_amplitude_depends_on_the_time_origin():
    seen = paper_network(PULSES["cosine"])
    at_zero, later = (known_amplitude_information(seen, 1.0, time_origin_slots=t)[0] for t in (0.0, 1000.0))
    assert later[1, 1] / at_zero[1, 1] == close_to(6.79, abs=0.01)
    assert later[0, 0] == close_to(at_zero[0, 0])


@pytest.mark.parametrize("name", ["cosine", "half_sine", "chirp"])
@pytest.mark.parametrize(("known_snr", "unknown_snr"), [(2.0, 0.0), (0.5, 3.0), (0.0, 1.5)])
def test_only_the_sensing_signal_known(name, known_snr, unknown_snr):
    """Mean and covariance of three slots, both moved by finite differences (Slepian-Bangs)."""
    pulse, slots, origin = PULSES[name], 3, 2.0
    times, root = sample_times(slots, 24, 0.0)
    step = 1e-4

    def slot_signals(q):
        carrier = np.exp(2j * np.pi * q[1] * (times + origin))
        return np.array([root * carrier * pulse(times - m - q[0]) for m in range(slots)])

    def mean(q):
        return np.sqrt(known_snr) * slot_signals(q).sum(axis=0)

    def covariance(q):
        each = slot_signals(q)
        return np.eye(len(times)) + unknown_snr * each.T @ each.conj()

    at = np.zeros(2)
    inverse = np.linalg.inv(covariance(at))
    mean_slopes = derivatives(mean, at, np.array([step, step]))
    slopes = derivatives(covariance, at, np.array([step, step])).T.reshape(2, len(times), len(times))
    expected = np.array(
        [
            [
                2 * (mean_slopes[:, i].conj() @ inverse @ mean_slopes[:, j]).real
                + np.trace(inverse @ slopes[i] @ inverse @ slopes[j]).real
                for j in range(2)
            ]
            for i in range(2)
        ]
    )
    seen = paper_network(pulse, slots, snr_per_watt=np.array([1.0]))
    information = sensing_signal_information(seen, known_snr, unknown_snr, time_origin_slots=origin)
    assert_information(information[0], expected, 1e-6)


def test_everything_known_is_the_known_amplitude():
    seen = paper_network(PULSES["chirp"], 64)
    everything = sensing_signal_information(seen, 3.0, 0.0, time_origin_slots=4.0)
    assert_close(everything, known_amplitude_information(seen, 3.0, time_origin_slots=4.0), rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(illumination=st.floats(1e-6, 1e6), factor=st.floats(1.01, 100.0))
def test_information_is_proportional_to_illumination(illumination, factor):
    seen = paper_network(PULSES["cosine"])
    more, less = exact_information(seen, illumination * factor), exact_information(seen, illumination)
    assert_close(more, factor * less, rel=1e-12)
    better, worse = standard_deviations(more, 5e-9), standard_deviations(less, 5e-9)
    assert_close(better, np.array(worse) / np.sqrt(factor), rel=1e-12)


def test_standard_deviations_are_the_inverse_in_si_units():
    seen = paper_network(PULSES["chirp"], 16)
    information, slot_s = exact_information(seen, 0.3), 5e-9
    covariance = np.linalg.inv(information)
    delay_std_s, doppler_std_hz = standard_deviations(information, slot_s)
    assert_close(delay_std_s, slot_s * np.sqrt(covariance[:, 0, 0]), rel=1e-12)
    assert_close(doppler_std_hz, np.sqrt(covariance[:, 1, 1]) / slot_s, rel=1e-12)


def test_without_echo_the_deviation_is_infinite():
    seen = paper_network(PULSES["cosine"])
    assert np.isinf(standard_deviations(exact_information(seen, 0.0), 5e-9)).all()


def test_published_doppler_information_is_too_small_by_millions():
    """The dropped slot offset: 2.7e6 with the amplitude known, as the paper has it, at M = 1024."""
    seen = paper_network(PULSES["cosine"])
    published = published_information_per_snr(seen.pulse, 1024, 1e8)[1, 1]
    known = known_amplitude_information(seen, 1.0)[0, 1, 1] / seen.snr_per_watt[0]
    assert known / published == close_to(2.7e6, rel=0.02)
    assert information_per_snr(seen.pulse, 1024)[1, 1] / published == close_to(6.7e5, rel=0.01)


@pytest.mark.parametrize(("name", "correlation"), [("cosine", -0.88), ("sinc", -0.93)])
def test_published_coupling_of_delay_and_doppler_does_not_exist(name, correlation):
    moments = pulse_moments(PulseSpec(kind=name))
    published = published_information_per_snr(moments, 1024, 1e8)
    assert published[0, 1] / np.sqrt(published[0, 0] * published[1, 1]) == close_to(correlation, abs=0.005)
    sent = symbols(64)
    exact = realised_information(pulse_of(PulseSpec(kind=name)), sent, 1.0)
    assert abs(exact[0, 1]) / np.sqrt(exact[0, 0] * exact[1, 1]) < 1e-12


def test_published_information_counts_the_path_gain_twice():
    scenario = network(count=3)
    channel = realise(scenario, channel_rng(0))
    seen = sensing_network(scenario, channel)
    once = channel.echo_path_gain[0] * 2 / (channel.noise_power_w + channel.clutter_power_w)
    per_snr = published_information_per_snr(seen.pulse, 1024, 1e8)
    expected = (once * channel.echo_path_gain[0])[:, None, None] * per_snr * 4.0
    assert_close(published_information(seen, 4.0), expected, rel=1e-12)
