"""Public values need no argument that a user would not know: what is left out stands for what is plain."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import multistatic
from multistatic import (
    BeamformingProblem,
    BeamformingResult,
    Channel,
    ClockErrors,
    Fix,
    KnownSites,
    Measurement,
    Selection,
    SelectionProblem,
    compare,
    design_network,
    exact_information,
    load_preset,
    position_bound,
    realise,
    simulate_block,
    write_design,
)
from multistatic.bounds.criteria import surrogate
from multistatic.bounds.sensing import SensingNetwork, sensing_network
from multistatic.scenario.model import Radio
from multistatic.signal.pulses import pulse_moments
from tests.support.close import close_to
from tests.support.scenario_helpers import assert_same_bits

PAPER = load_preset("paper")


def test_a_channel_is_what_is_known_of_it() -> None:
    direct, ones = np.ones((3, 2, 4), complex), np.ones(3)
    channel = Channel(
        direct=direct, steering_tx=np.ones(4), steering_rx=np.ones((3, 2)), echo_gain=0.5 * ones, noise_power_w=0.25
    )
    assert channel.clutter.shape == (3, 0, 2, 4)
    assert channel.echo_path_gain.tolist() == [[0.5] * 3]
    assert channel.echo_snr_per_watt().tolist() == [[0.5 * 2 / 0.25] * 3]


def test_the_channel_of_a_scenario_is_that_of_its_design() -> None:
    assert_same_bits(realise(PAPER), design_network(PAPER).channel)


def test_a_beamforming_problem_has_no_rates_and_everyone_selected() -> None:
    problem = BeamformingProblem(
        direct=np.ones((3, 1, 2)), steering_tx=np.ones(2), noise_power_w=1.0, power_limit_w=2.0
    )
    assert problem.rate_required_bps_hz.tolist() == [0.0] * 3
    assert problem.selected.tolist() == [True] * 3
    assert BeamformingResult(status="infeasible", method="mine", beams=None).gap is None


def test_a_selection_problem_needs_no_distances() -> None:
    network = sensing_network(PAPER, realise(PAPER))
    problem = SelectionProblem(
        receiver_ids=PAPER.receiver_ids,
        criterion=surrogate(network),
        illumination_w=1.0,
        positions_m=PAPER.receiver_positions_m,
        target_distance_m=network.geometry.target_receiver_m,
    )
    np.testing.assert_array_equal(problem.receiver_distance_m.round(9), network.geometry.receiver_receiver_m.round(9))
    assert not problem.forced.any()
    chosen = Selection(status="feasible", method="mine", selected=problem.forced, value=None, cost_m=0.0)
    assert (chosen.bound, chosen.gap, chosen.message) == (None, None, "")


def test_the_bounds_of_a_network_need_its_geometry_and_signal_alone() -> None:
    """Without angles the bound is that of the network with all of its values."""
    whole = sensing_network(PAPER, realise(PAPER))
    radio: Radio = PAPER.radio
    bare = SensingNetwork(
        receiver_ids=PAPER.receiver_ids,
        geometry=whole.geometry,
        velocity_m_s=PAPER.target.velocity_m_s,
        carrier_hz=radio.carrier_hz,
        bandwidth_hz=radio.bandwidth_hz,
        samples=radio.samples,
        pulse=pulse_moments(radio.pulse),
        snr_per_watt=whole.snr_per_watt,
        dimensions=2,
    )
    everyone = np.ones(len(PAPER.receivers), bool)
    assert position_bound(bare, everyone, 1.0).peb_m == position_bound(whole, everyone, 1.0).peb_m
    assert exact_information(bare, 2.0).tobytes() == exact_information(whole, 2.0).tobytes()


def test_clocks_of_one_kind_are_enough() -> None:
    assert ClockErrors(frequency_hz=[1.0, 2.0]).time_s.tolist() == [0.0, 0.0]
    assert ClockErrors().perfect


def test_a_measurement_is_a_delay_and_a_doppler_shift() -> None:
    one = Measurement(receiver_id="a", delay_s=1e-7, doppler_hz=10.0, covariance=np.diag([1e-20, 1.0]))
    assert (one.verdict, one.snr, one.delay_std_s) == ("detected", 0.0, close_to(1e-10))
    sites = KnownSites(transmitter_m=np.zeros(3), receiver_ids=("a",), receivers_m=[[1.0, 2.0, 3.0]], carrier_hz=1e9)
    assert sites.dimensions == 3
    assert Fix(position_verdict="unobservable").position_std_m is None


def test_a_scenario_alone_is_compared_simulated_and_written(tmp_path: Path) -> None:
    small = load_preset("paper", ["receivers.random.count=4"])
    rows = compare(small)
    assert {row.selector for row in rows} > {"joint", "random"}
    assert {row.beamformer for row in rows} == {"value_function"}
    assert all(row.time_s > 0.0 for row in rows)
    design = design_network(small)
    assert design.beamforming is not None
    assert design.beamforming.beams is not None
    block = simulate_block(small, design.channel, design.beamforming.beams)
    again = simulate_block(small, design.channel, design.beamforming.beams, seed=small.seed)
    assert block.recordings[0].samples.tobytes() == again.recordings[0].samples.tobytes()
    write_design(tmp_path, design)
    assert multistatic.read_design(tmp_path).document["name"] == "paper"
