"""The truth beside recordings, and the fields of a recording: every number under its own name."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from multistatic.channel.realise import channel_rng, realise
from multistatic.files.designed_network import DesignedNetwork
from multistatic.files.recordings import read_recording, recording_files
from multistatic.files.simulation_files import truth_document
from multistatic.scenario.model import PulseSpec
from multistatic.signal.beams import Beams
from multistatic.simulation.block import SimulatedBlock, SimulationSettings, simulate_block
from multistatic.simulation.recording import Recording
from tests.support.close import assert_close, close_to
from tests.support.networks import network

SETTINGS = SimulationSettings(
    trials=2,
    oversampling=2.0,
    time_offset_std_s=3e-9,
    frequency_offset_std_hz=40.0,
    common_time_offset_std_s=5e-9,
    common_frequency_offset_std_hz=60.0,
)


def simulated() -> tuple[DesignedNetwork, SimulatedBlock]:
    scenario = network(3, antennas=(1, 2, 2), height_m=20.0)
    scenario = replace(scenario, radio=replace(scenario.radio, samples=32, pulse=PulseSpec(kind="half_sine")))
    channel = realise(scenario, channel_rng(0))
    rng = np.random.default_rng(0)
    beams = Beams(weights=0.2 * (rng.standard_normal((4, 4, 2)) + 1j * rng.standard_normal((4, 4, 2))))
    block = simulate_block(scenario, channel, beams, SETTINGS, 1, receiver_ids=["rx1", "rx3"])
    designed = DesignedNetwork(
        scenario=scenario, channel=channel, beams=beams, selected_ids=("rx1", "rx3"), scenario_sha256="0" * 64
    )
    return designed, block


def test_truth_of_the_network() -> None:
    designed, block = simulated()
    truth = truth_document(designed, block, SETTINGS, 17)
    scenario = designed.scenario
    assert truth["target"] == {
        "position_m": scenario.target.position_m.tolist(),
        "velocity_m_s": scenario.target.velocity_m_s.tolist(),
    }
    assert truth["transmitter_position_m"] == [0.0, 0.0, 0.0]
    assert (truth["carrier_hz"], truth["slot_s"]) == (3.5e9, close_to(5e-9))
    assert truth["common_clock"] == asdict(block.common_clock)
    assert truth["provenance"]["seed"] == 17
    assert truth["provenance"]["scenario_sha256"] == "0" * 64
    assert truth["settings"] == asdict(SETTINGS)


def test_truth_of_every_receiver() -> None:
    designed, block = simulated()
    truth = truth_document(designed, block, SETTINGS, 1)["receivers"]
    scenario, geometry = designed.scenario, designed.scenario.geometry()
    doppler_hz = geometry.doppler_hz(scenario.target.velocity_m_s, scenario.radio.carrier_hz)
    assert list(truth) == ["rx1", "rx3"]
    for k, one in ((0, block.observations[0]), (2, block.observations[1])):
        row = truth[f"rx{k + 1}"]
        assert row["file"] == f"recording_rx{k + 1}"
        assert row["position_m"] == scenario.receivers[k].position_m.tolist()
        assert row["direction"] == geometry.receiver_to_target[k].tolist()
        assert row["delay_s"] == close_to(geometry.delay_s[k], rel=1e-9)
        assert row["doppler_hz"] == close_to(doppler_hz[k], rel=1e-9)
        clock = row["clock"]
        assert abs(clock["time_offset_s"]) > 1e-10
        assert abs(clock["frequency_offset_hz"]) > 0.1
        assert row["observed_delay_s"] == close_to(geometry.delay_s[k] + clock["time_offset_s"], rel=1e-9)
        assert row["observed_doppler_hz"] == close_to(doppler_hz[k] + clock["frequency_offset_hz"], rel=1e-9)
        assert np.array(row["amplitude"]) @ [1, 1j] == close_to(one.amplitude, rel=1e-12)
        assert row["expected_snr"] == block.expected_snr[f"rx{k + 1}"]


def test_a_recording_is_read_back_with_all_its_fields(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    samples = (rng.standard_normal((3, 2, 5)) + 1j * rng.standard_normal((3, 2, 5))).astype(np.complex64)
    written = Recording(
        receiver_id="rx 7", samples=samples, sample_rate_hz=4e8, slot_s=6e-9, noise_power_w=2.5e-12, start_s=-3.5e-8
    )
    for name, content in recording_files("recording_a", written, carrier_hz=3.5e9).items():
        (tmp_path / name).write_bytes(content)
    read = read_recording(tmp_path / "recording_a")
    np.testing.assert_array_equal(read.samples, samples)
    assert read.receiver_id == "rx 7"
    assert (read.sample_rate_hz, read.slot_s, read.noise_power_w, read.start_s) == (4e8, 6e-9, 2.5e-12, -3.5e-8)
    assert read.sample_noise_power_w == close_to(2.5e-12 * 6e-9 * 4e8, rel=1e-12)
    assert_close(read.times_s, -3.5e-08 + np.arange(5) / 400000000.0, rel=1e-12)


def test_trials_follow_each_other_in_one_file() -> None:
    samples = np.arange(12.0).reshape(3, 1, 4) + 0j
    written = Recording(receiver_id="a", samples=samples, sample_rate_hz=1e8, slot_s=1e-8, noise_power_w=1e-12)
    meta = json.loads(recording_files("recording_a", written, carrier_hz=1e9)["recording_a.sigmf-meta"])
    assert [capture["core:sample_start"] for capture in meta["captures"]] == [0, 4, 8]
