"""Verification: a sound design passes; every single figure or constraint that is tampered with is caught by name."""

from dataclasses import replace

import numpy as np
import pytest

from multistatic import load_preset
from multistatic.communication.rates import rates_bps_hz
from multistatic.design import design_network
from multistatic.design.verify import verify
from multistatic.scenario.model import DesignSettings, Requirements
from multistatic.signal.beams import Beams
from tests.support.close import close_to
from tests.support.networks import network

FAST = DesignSettings(selector="greedy", beamformer="value_function")


@pytest.fixture(scope="module")
def sound():
    return design_network(network(4, design=FAST, cost_m=150.0))


def test_a_sound_design_passes(sound):
    assert sound.status in ("optimal", "feasible")
    assert sound.verification.passed
    assert sound.verification.max_violation < 1e-9


def with_beamforming(design, **changes):
    return replace(design, beamforming=replace(design.beamforming, **changes))


def with_accuracy(design, **changes):
    return replace(design, accuracy=replace(design.accuracy, **changes))


def scaled_bound(bound, **factors):
    return replace(bound, peb_m=bound.peb_m * factors.get("peb", 1.0), veb_m_s=bound.veb_m_s * factors.get("veb", 1.0))


def turned(bound):
    """The same trace and another direction."""
    a, b = np.diagonal(bound.covariance_m2)
    return replace(bound, covariance_m2=np.diag([b, a]))


def one_of(values, factor):
    """The last number off, which no sum over the group would show."""
    return np.where(np.arange(len(values)) == len(values) - 1, factor * values, values)


def one_beam_weaker(weights):
    """Short for one receiver, better for all others: only the worst rate tells."""
    factors = np.ones(len(weights))
    factors[1] = 0.9
    return weights * factors[:, None, None]


TAMPERED = {
    "reported illumination": lambda d: with_beamforming(d, illumination_w=d.beamforming.illumination_w * (1 + 1e-5)),
    "reported power": lambda d: with_beamforming(d, power_w=d.beamforming.power_w * 0.99),
    "reported rates": lambda d: with_beamforming(d, rates_bps_hz=d.beamforming.rates_bps_hz + 1e-4),
    "reported cost": lambda d: replace(d, cost_m=d.cost_m - 0.01),
    "reported surrogate": lambda d: with_accuracy(d, surrogate=d.accuracy.surrogate * 2),
    "reported published surrogate": lambda d: with_accuracy(
        d, surrogate_published=d.accuracy.surrogate_published * (1 + 1e-5)
    ),
    "reported sum of bounds": lambda d: with_accuracy(d, sum_crb=d.accuracy.sum_crb * (1 + 1e-5)),
    "reported delay": lambda d: with_accuracy(d, delay_std_s=one_of(d.accuracy.delay_std_s, 1.00001)),
    "reported Doppler": lambda d: with_accuracy(d, doppler_std_hz=one_of(d.accuracy.doppler_std_hz, 1.00001)),
    "reported range": lambda d: with_accuracy(d, range_std_m=one_of(d.accuracy.range_std_m, 1.00001)),
    "reported range rate": lambda d: with_accuracy(d, range_rate_std_m_s=one_of(d.accuracy.range_rate_std_m_s, 1.1)),
    "reported block SNR": lambda d: with_accuracy(d, block_snr=one_of(d.accuracy.block_snr, 0.99999)),
    "reported covariance": lambda d: with_accuracy(d, position=turned(d.accuracy.position)),
    "reported horizontal PEB": lambda d: with_accuracy(
        d, position=replace(d.accuracy.position, covariance_m2=1.0001 * d.accuracy.position.covariance_m2)
    ),
    "reported PEB with angles": lambda d: with_accuracy(
        d, position_with_angles=scaled_bound(d.accuracy.position_with_angles, peb=1.00001)
    ),
    "reported VEB with angles": lambda d: with_accuracy(
        d, position_with_angles=scaled_bound(d.accuracy.position_with_angles, veb=0.99999)
    ),
    "reported covariance with angles": lambda d: with_accuracy(
        d, position_with_angles=turned(d.accuracy.position_with_angles)
    ),
    "reported criterion": lambda d: replace(d, selection=replace(d.selection, value=d.selection.value * 0.99999)),
    "selection bound": lambda d: replace(d, selection=replace(d.selection, bound=d.selection.value * 1.00001)),
    "illumination bound": lambda d: with_beamforming(d, upper_bound_w=d.beamforming.illumination_w * 0.99999),
    "reported PEB": lambda d: with_accuracy(d, position=scaled_bound(d.accuracy.position, peb=0.999)),
    "reported VEB": lambda d: with_accuracy(d, position=scaled_bound(d.accuracy.position, veb=1.001)),
    "cost": lambda d: replace(
        d, scenario=replace(d.scenario, requirements=Requirements(cooperation_cost_m=d.cost_m * 0.999))
    ),
    "power": lambda d: replace(
        d, scenario=replace(d.scenario, transmitter=replace(d.scenario.transmitter, power_w=0.999))
    ),
    "rate": lambda d: with_beamforming(d, beams=Beams(weights=one_beam_weaker(d.beamforming.beams.weights))),
    "number of receivers": lambda d: replace(
        d, scenario=replace(d.scenario, design=replace(FAST, receivers=int(d.selected.sum()) + 1))
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_every_lie_is_caught_by_name(sound, name):
    checked = verify(TAMPERED[name](sound))
    assert not checked.passed
    assert checked.violations[name] > checked.tolerance


def test_bounds_without_angles_are_not_those_with_angles(sound):
    """As if the angles had been left out."""
    checked = verify(with_accuracy(sound, position_with_angles=sound.accuracy.position))
    assert checked.violations["reported PEB with angles"] > 1e-3


def test_a_bound_that_is_withheld_or_made_up_is_caught(sound):
    position = sound.accuracy.position
    withheld = replace(position, position="unobservable", peb_m=None, covariance_m2=None)
    assert verify(with_accuracy(sound, position=withheld)).violations["reported PEB"] == np.inf
    alone = design_network(sound.scenario, scheme="bi")
    assert alone.accuracy.position.peb_m is None
    assert alone.verification.passed
    assert verify(with_accuracy(alone, position=position)).violations["reported PEB"] == np.inf


@pytest.mark.parametrize("criterion", ["surrogate", "published", "peb", "veb", "weighted"])
@pytest.mark.parametrize("clock", [False, True])
@pytest.mark.parametrize("height_m", [0.0, 40.0])
def test_every_criterion_is_confirmed(criterion, clock, height_m):
    scenario = network(4, seed=3, height_m=height_m, design=replace(FAST, criterion=criterion))
    if clock:
        receivers = tuple(
            replace(each, clock_offset_std_s=3e-10 * k, frequency_offset_std_hz=5.0 * k)
            for k, each in enumerate(scenario.receivers)
        )
        transmitter = replace(scenario.transmitter, clock_offset_std_s=1e-9, frequency_offset_std_hz=20.0)
        scenario = replace(scenario, receivers=receivers, transmitter=transmitter)
    design = design_network(scenario)
    assert design.verification.max_violation < 1e-9
    assert "reported criterion" in design.verification.violations
    assert ("reported vertical PEB" in design.verification.violations) == (height_m > 0)
    wrong = replace(design, selection=replace(design.selection, value=design.selection.value * 1.00001))
    assert verify(wrong).violations["reported criterion"] > 5e-6


def test_the_next_group_is_confirmed():
    """What more budget is worth is a claim about another group: its cost and its value are computed again."""
    design = design_network(network(5, seed=2, design=replace(FAST, criterion="peb"), cost_m=110.0))
    step = design.sensitivity.budget
    assert step is not None
    assert design.verification.max_violation < 1e-9
    for name, changed in (
        ("reported budget", replace(step, extra_m=step.extra_m * 1.001 + 1e-3)),
        ("reported change by budget", replace(step, change=step.change - 1e-4)),
    ):
        wrong = replace(design, sensitivity=replace(design.sensitivity, budget=changed))
        assert verify(wrong).violations[name] > 1e-6


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_the_cost_is_confirmed_for_every_weight_of_the_distance(weight):
    scenario = network(5, seed=2, design=FAST, cost_m=400.0)
    requirements = replace(scenario.requirements, distance_weight=weight)
    checked = design_network(replace(scenario, requirements=requirements)).verification
    assert checked.violations["reported cost"] < 1e-12


@pytest.mark.parametrize("echo_law", ["sum", "product"])
def test_a_transmitter_that_listens_is_confirmed_under_both_laws(echo_law):
    design = design_network(network(3, design=FAST, echo_law=echo_law), scheme="mono")
    assert design.verification.violations["reported block SNR"] < 1e-9
    assert design.verification.violations["reported published surrogate"] < 1e-9


def test_nan_never_passes(sound):
    checked = verify(with_beamforming(sound, illumination_w=float("nan")))
    assert not checked.passed


def test_a_deselected_receiver_hears_the_sensing_beam(sound):
    """Verification must use the design's own group: with the opposite one a loud sensing beam changes the rates."""
    weights = sound.beamforming.beams.weights.copy()
    weights[0, :, 0] += 0.1
    beams = Beams(weights=weights)
    rates = rates_bps_hz(sound.channel.direct, beams, sound.channel.noise_power_w, sound.selected)
    loud = with_beamforming(sound, beams=beams, rates_bps_hz=rates)
    assert verify(loud).violations["reported rates"] < 1e-9
    assert verify(replace(loud, selected=~sound.selected)).violations["reported rates"] > 1e-6


def test_rounding_of_an_ill_conditioned_position_is_no_fault():
    """Two receivers nearly in one line with the target: a PEB of metres, of which rounding takes some 1e-5."""
    design = design_network(
        load_preset(
            "paper",
            overrides=[
                "receivers.random.count=5",
                "requirements.rate_bps_hz=2.0",
                "transmitter.antennas=8",
                "requirements.cooperation_cost_m=100",
                "design.selector='kmeans'",
                "seed=7559069180734622940",
            ],
        )
    )
    assert design.accuracy.position.peb_m > 1.0
    assert design.status != "unverified"
    wrong = replace(design.accuracy.position, peb_m=design.accuracy.position.peb_m * 1.001)
    assert not verify(with_accuracy(design, position=wrong)).passed


def test_both_halves_of_the_surrogate_are_recomputed():
    """With few samples the Doppler half counts: a surrogate of delays alone is a lie."""
    scenario = network(3, design=FAST)
    design = design_network(replace(scenario, radio=replace(scenario.radio, samples=4)))
    assert design.verification.violations["reported surrogate"] < 1e-9
    chosen = design.selected
    of_delays = 1 / np.sum((5e-9 / design.accuracy.delay_std_s[chosen]) ** 2)
    of_dopplers = 1 / np.sum(1 / (5e-9 * design.accuracy.doppler_std_hz[chosen]) ** 2)
    assert design.accuracy.surrogate == close_to(of_delays + of_dopplers, rel=1e-9)
    for half in (of_delays, of_dopplers):
        assert verify(with_accuracy(design, surrogate=half)).violations["reported surrogate"] > 1e-3
