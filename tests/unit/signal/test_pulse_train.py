"""Pulse trains: the fast sum on uniform grids equals the plain one, slopes are derivatives, projections are exact."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multistatic.scenario.model import PulseSpec
from multistatic.signal.beams import Beams
from multistatic.signal.pulse_sum import plain_pulse_sum, pulse_sum, uniform_step
from multistatic.signal.pulses import pulse_from_callable, pulse_of
from multistatic.signal.symbols import SYMBOL_KINDS, draw_symbols, qam_levels
from multistatic.signal.transmit import SingleCarrier, TransmitSignal
from multistatic.signal.waveform import PulseTrain
from tests.support.close import assert_close, close_to

SLOT_S = 5e-9
PULSES = {
    "cosine": pulse_of(PulseSpec(kind="cosine")),
    "half_sine": pulse_of(PulseSpec(kind="half_sine")),
    "root_raised_cosine": pulse_of(PulseSpec(kind="root_raised_cosine", rolloff=0.25, span_slots=16)),
    "chirp": pulse_from_callable(lambda u: np.cos(u) * np.exp(3j * u**3), support=(-0.2, 1.3)),
}


def symbols(*shape: int, seed: int = 0) -> np.ndarray:
    return draw_symbols("gaussian", shape, np.random.default_rng(seed))


@pytest.mark.parametrize("name", PULSES)
@pytest.mark.parametrize("per_slot", [1, 2, 3, 8, 0.5, 1.6])
@pytest.mark.parametrize("begin", [-20.37, 0.123, 11.7, 300.01])
def test_uniform_grids_equal_the_sum_as_it_is_written(name, per_slot, begin):
    pulse, sent = PULSES[name], symbols(2, 50)
    u = begin + np.arange(120) / per_slot
    assert uniform_step(u) is not None
    for function in (pulse.shape, pulse.slope):
        expected = sum(
            sent[:, m, None] * np.where((u - m >= pulse.support[0]) & (u - m < pulse.support[1]), function(u - m), 0)
            for m in range(50)
        )
        assert_close(pulse_sum(sent, function, pulse.support, u), expected, abs=1e-10)
        assert_close(plain_pulse_sum(sent, function, pulse.support, u), expected, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    begin=st.floats(-60, 60),
    up=st.integers(1, 16),
    down=st.integers(1, 16),
    count=st.integers(16, 200),
    m=st.integers(1, 40),
)
def test_any_rational_grid(begin, up, down, count, m):
    pulse, sent = PULSES["root_raised_cosine"], symbols(m)
    u = begin + np.arange(count) * down / up
    fast = pulse_sum(sent, pulse.shape, pulse.support, u)
    assert_close(fast, plain_pulse_sum(sent, pulse.shape, pulse.support, u), abs=1e-9)


@pytest.mark.parametrize("rounding", [0.0, 2e-13, -2e-13])
def test_a_sample_on_a_jump_belongs_to_the_pulse_that_begins(rounding):
    pulse, sent, u = PULSES["cosine"], symbols(40), np.arange(-12, 60) + rounding
    expected = np.where((u > -0.5) & (u < 39.5), np.sqrt(2) * sent[np.clip(np.round(u), 0, 39).astype(int)], 0)
    for total in (pulse_sum, plain_pulse_sum):
        assert_close(total(sent, pulse.shape, pulse.support, u), expected, abs=1e-11)


@pytest.mark.parametrize("per_slot", [1, 4, 8])
def test_sampled_energy_of_a_pulse_that_jumps_depends_on_the_delay(per_slot):
    """Up to 1/R more or less than its integral, where the first sample falls on the jump or just misses it."""
    train = PulseTrain(symbols=np.ones(40), pulse=PULSES["cosine"], slot_s=SLOT_S)
    for offset, expected in ((0.0, 1 + 1 / per_slot), (0.5 / per_slot, 1.0), (1 / per_slot - 1e-6, 1 - 1 / per_slot)):
        times = SLOT_S * (offset + np.arange(40 * per_slot) / per_slot)
        assert np.mean(np.abs(train.values(times)) ** 2) == close_to(expected, abs=1e-5)


def test_times_that_are_no_grid_are_summed_plainly():
    times = np.sort(np.random.default_rng(1).uniform(0, 60, 100))
    assert uniform_step(times) is None
    assert uniform_step(np.arange(100) * np.pi) is None
    assert uniform_step(np.arange(3.0)) is None
    train = PulseTrain(symbols=symbols(64), pulse=PULSES["half_sine"], slot_s=SLOT_S)
    m = np.floor(times).astype(int)
    expected = train.symbols[m] * np.sqrt(2) * np.sin(np.pi * (times - m))
    assert_close(train.values(times * SLOT_S), expected, abs=1e-9)
    assert train.values(3.5 * SLOT_S) == close_to(train.symbols[3] * np.sqrt(2))


@pytest.mark.parametrize("name", ["half_sine", "root_raised_cosine"])
def test_slopes_are_derivatives(name):
    train = PulseTrain(symbols=symbols(40), pulse=PULSES[name], slot_s=SLOT_S)
    times, step = SLOT_S * (5.3 + np.arange(30)), SLOT_S * 1e-4
    expected = (train.values(times + step) - train.values(times - step)) / (2 * step)
    assert_close(train.slopes(times), expected, rel=1e-6, abs=1e-6 / SLOT_S)


def test_leading_axes_are_separate_signals():
    many = symbols(3, 2, 40)
    train = PulseTrain(symbols=many, pulse=PULSES["half_sine"], slot_s=SLOT_S)
    times = SLOT_S * np.array([[0.2, 7.4], [39.9, 50.0]])
    assert train.values(times).shape == (3, 2, 2, 2)
    one = PulseTrain(symbols=many[2, 1], pulse=PULSES["half_sine"], slot_s=SLOT_S)
    np.testing.assert_array_equal(train.values(times)[2, 1], one.values(times))
    assert train.support_s == one.support_s == (0.0, 40 * SLOT_S)


# Symbols


@pytest.mark.parametrize("kind", SYMBOL_KINDS)
def test_symbols_have_unit_mean_power_and_no_preferred_phase(kind):
    drawn = draw_symbols(kind, (4, 3, 2, 5000), np.random.default_rng(0))
    assert drawn.shape == (4, 3, 2, 5000)
    power, square, fourth = (np.mean(x) for x in (np.abs(drawn) ** 2, drawn**2, np.abs(drawn) ** 4))
    # 120 000 draws, |s|² of variance at most 1: five standard deviations are 0.015
    assert abs(power - 1) < 0.015
    assert abs(square) < 0.015
    assert abs(np.mean(drawn)) < 0.015
    kurtosis = {"gaussian": 2.0, "qam4": 1.0, "qam16": 1.32, "qam64": 29 / 21, "qam256": 1.3953}[kind]
    assert fourth == close_to(kurtosis, rel=0.03)


@pytest.mark.parametrize("order", [4, 16, 64, 256])
def test_qam_points_have_unit_mean_power_exactly(order):
    levels = qam_levels(order)
    points = levels[:, None] + 1j * levels
    assert points.size == order == len(np.unique(points))
    assert np.mean(np.abs(points) ** 2) == close_to(1.0, rel=1e-14)
    assert_close(np.diff(levels), levels[-1] * 2 / (len(levels) - 1), rel=1e-9)


def test_unknown_symbols_are_named():
    with pytest.raises(Exception, match="'qam8', expected one of gaussian, qam4"):
        draw_symbols("qam8", (1,), np.random.default_rng(0))


# The transmit signal


def transmit(trials: tuple[int, ...] = (), seed: int = 0) -> TransmitSignal:
    weights = symbols(4, 3, 2, seed=seed + 1)
    modulation = SingleCarrier(pulse=PULSES["half_sine"], slot_s=SLOT_S, symbols=30)
    return TransmitSignal(
        beams=Beams(weights=weights), symbols=symbols(*trials, 4, 2, 30, seed=seed), modulation=modulation
    )


def test_antenna_signal_is_equation_1_slot_by_slot():
    signal = transmit()
    times = SLOT_S * (np.arange(30) + 0.5)
    expected = np.sqrt(2) * sum(signal.beams.weights[j] @ signal.symbols[j] for j in range(4))
    assert_close(signal.at_antennas().values(times), expected, rel=1e-9)


@pytest.mark.parametrize("trials", [(), (5,)])
def test_projections_equal_projecting_the_antenna_signal(trials):
    signal = transmit(trials)
    channel, times = symbols(2, 3, seed=9), SLOT_S * np.linspace(-1.0, 31.0, 77)
    expected = channel @ signal.at_antennas().values(times)
    assert_close(signal.through(channel).values(times), expected, abs=1e-12)
    assert_close(signal.through(channel[1]).values(times), expected[..., 1, :], abs=1e-12)


def test_mean_power_is_that_of_the_beams():
    rng, weights = np.random.default_rng(3), symbols(4, 3, 2, seed=1)
    modulation = SingleCarrier(pulse=PULSES["half_sine"], slot_s=SLOT_S, symbols=400)
    beams = Beams(weights=weights)
    signal = TransmitSignal(beams=beams, symbols=draw_symbols("qam16", (50, 4, 2, 400), rng), modulation=modulation)
    steering = np.exp(1j * np.arange(3))
    seen = signal.through(steering).values(SLOT_S * (np.arange(400) + 0.25))
    # g(1/4)² = 1: the samples' mean power is p_t, to 5 standard deviations of 20 000 samples
    assert np.mean(np.abs(seen) ** 2) == close_to(beams.illumination_w(steering)[0], rel=5 / np.sqrt(20_000))


def test_sensing_part_is_the_sensing_beam_alone():
    signal = transmit((2,))
    times = SLOT_S * (np.arange(30) + 0.5)
    expected = np.sqrt(2) * signal.beams.weights[0] @ signal.symbols[:, 0]
    assert_close(signal.sensing_part().at_antennas().values(times), expected, rel=1e-9)


def test_symbols_that_do_not_fit_are_refused():
    signal = transmit()
    with pytest.raises(ValueError, match=r"symbols of shape \(3, 2, 30\), expected"):
        TransmitSignal(beams=signal.beams, symbols=signal.symbols[1:], modulation=signal.modulation)


@pytest.mark.parametrize(("kind", "first", "last"), [("half_sine", 0.0, 1.0), ("root_raised_cosine", -3.0, 3.0)])
def test_a_train_lasts_from_its_first_pulse_to_the_end_of_its_last(kind, first, last):
    pulse = pulse_of(PulseSpec(kind=kind, span_slots=3))
    train = PulseTrain(symbols=np.ones((2, 7)), pulse=pulse, slot_s=5e-9)
    assert train.support_s == close_to((first * 5e-9, (6 + last) * 5e-9), rel=1e-12, abs=1e-24)
