"""`multistatic simulate`: one block as values, and as files from the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from multistatic.channel.realise import channel_rng, realise
from multistatic.cli.app import app
from multistatic.errors import InputError
from multistatic.files.designed_network import read_designed_network
from multistatic.files.recordings import read_block, read_recording, recording_names
from multistatic.scenario.model import PulseSpec
from multistatic.signal.beams import Beams
from multistatic.signal.ofdm import OfdmSignal
from multistatic.signal.waveform import PulseTrain
from multistatic.simulation.block import SimulationSettings, clock_deviations, simulate_block
from tests.support.close import assert_close, close_to
from tests.support.networks import network


def block(seed: int = 1, receiver_ids: list[str] | None = None, samples: int = 96, scenario=None, **settings):
    scenario = scenario or network(3, antennas=(1, 2, 2))
    scenario = replace(scenario, radio=replace(scenario.radio, samples=samples, pulse=PulseSpec(kind="half_sine")))
    weights = np.random.default_rng(0).standard_normal((4, 4, 2)) + 0j
    channel = realise(scenario, channel_rng(0))
    settings = SimulationSettings(**settings)
    return simulate_block(scenario, channel, Beams(weights=weights), settings, seed, receiver_ids=receiver_ids)


def samples_of(simulated) -> list[np.ndarray]:
    return [o.recording.samples for o in simulated.observations]


def test_one_seed_decides_everything():
    for one, same, other in zip(*(samples_of(block(seed)) for seed in (1, 1, 2)), strict=True):
        np.testing.assert_array_equal(one, same)
        assert not np.array_equal(one[..., : other.shape[-1]], other)


def test_noise_that_is_left_out_changes_no_symbol_and_no_phase():
    loud, quiet = block(), block(noise=False, clutter=False)
    np.testing.assert_array_equal(loud.signal.symbols, quiet.signal.symbols)
    for one, other in zip(loud.observations, quiet.observations, strict=True):
        np.testing.assert_array_equal(one.amplitude, other.amplitude)


def test_receivers_that_do_not_record_change_nothing():
    alone, together = block(receiver_ids=["rx2"], time_offset_std_s=1e-9), block(time_offset_std_s=1e-9)
    np.testing.assert_array_equal(samples_of(alone)[0], samples_of(together)[1])
    assert list(alone.expected_snr) == ["rx2"]
    assert alone.expected_snr["rx2"] == together.expected_snr["rx2"]


@pytest.mark.parametrize("waveform", ["single-carrier", "ofdm"])
@pytest.mark.parametrize("symbols", ["gaussian", "qam16"])
def test_expected_snr_is_that_of_the_samples(waveform, symbols):
    """Mean over trials with new symbols, of the noiseless echo; five standard deviations."""
    simulated = block(
        waveform=waveform, symbols=symbols, trials=200, redraw_symbols=True, noise=False, clutter=False, oversampling=8,
        subcarriers=32, cyclic_prefix=8,
    )  # fmt: skip
    for o in simulated.observations:
        energy = np.sum(np.abs(o.recording.samples) ** 2, axis=(1, 2))
        snr = energy / o.recording.sample_noise_power_w
        expected = simulated.expected_snr[o.recording.receiver_id]
        # Sampled 8 times a slot, the jumps between OFDM symbols cost less than 1 %.
        assert abs(snr.mean() - expected) < 5 * snr.std() / np.sqrt(200) + 0.01 * expected
        assert snr.std() / np.sqrt(200) < 0.02 * expected


@pytest.mark.parametrize(("samples", "count"), [(96, 2), (119, 2), (120, 3)])
def test_as_many_ofdm_symbols_as_fit_into_the_block(samples, count):
    modulation = block(waveform="ofdm", subcarriers=32, cyclic_prefix=8, samples=samples).signal.modulation
    assert (modulation.ofdm_symbols, modulation.slots) == (count, 40 * count)


def test_redrawn_symbols_differ_between_trials():
    assert block(trials=3).signal.symbols.shape == (4, 2, 96)
    redrawn = block(trials=3, redraw_symbols=True).signal.symbols
    assert redrawn.shape == (3, 4, 2, 96)
    assert not np.array_equal(redrawn[0], redrawn[1])


def test_clocks_have_the_stated_deviations():
    offsets = [
        (o.clock.time_offset_s, o.clock.frequency_offset_hz)
        for seed in range(60)
        for o in block(seed, time_offset_std_s=2e-9, frequency_offset_std_hz=50.0, samples=8).observations
    ]
    # 180 draws: five standard deviations of a standard deviation are 26 %
    assert_close(np.std(offsets, axis=0), [2e-9, 50.0], rel=0.26)
    assert all(o.clock.time_offset_s == 0.0 for o in block().observations)


def with_clocks(own: tuple[float, float], common: tuple[float, float]):
    scenario = network(3, antennas=(1, 2, 2))
    names = ("clock_offset_std_s", "frequency_offset_std_hz")
    receivers = tuple(replace(receiver, **dict(zip(names, own, strict=True))) for receiver in scenario.receivers)
    transmitter = replace(scenario.transmitter, **dict(zip(names, common, strict=True)))
    return replace(scenario, receivers=receivers, transmitter=transmitter)


def test_clocks_are_those_of_the_scenario_unless_stated_otherwise():
    scenario = with_clocks((1e-9, 20.0), (3e-9, np.inf))
    own, common = clock_deviations(scenario, SimulationSettings())
    np.testing.assert_array_equal(own, [[1e-9, 20.0]] * 3)
    np.testing.assert_array_equal(common, [3e-9, 0.0], err_msg="nothing known: every offset is as good as none")
    stated = SimulationSettings(time_offset_std_s=0.0, common_frequency_offset_std_hz=7.0)
    own, common = clock_deviations(scenario, stated)
    np.testing.assert_array_equal(own, [[0.0, 20.0]] * 3)
    np.testing.assert_array_equal(common, [3e-9, 7.0])


def test_every_receiver_has_the_common_offset_and_its_own():
    def clocks(seed: int, own: tuple[float, float], common: tuple[float, float]):
        simulated = block(seed, samples=8, scenario=with_clocks(own, common))
        each = [(o.clock.time_offset_s, o.clock.frequency_offset_hz) for o in simulated.observations]
        shared = simulated.common_clock
        return np.array(each), np.array([shared.time_offset_s, shared.frequency_offset_hz])

    both = [clocks(seed, (2e-9, 50.0), (5e-9, 10.0)) for seed in range(100)]
    own, common = np.array([each - shared for each, shared in both]), np.array([shared for _, shared in both])
    # 300 and 100 draws: five standard deviations of a standard deviation are 20 % and 36 %.
    assert_close(own.std(axis=(0, 1)), [2e-9, 50.0], rel=0.2)
    assert_close(common.std(axis=0), [5e-9, 10.0], rel=0.36)
    each, shared = clocks(1, (0.0, 0.0), (5e-9, 10.0))
    np.testing.assert_array_equal(each, [shared] * 3)


def test_the_echo_is_recorded_whole_by_a_clock_that_is_behind():
    """Microseconds behind: the echo arrives, by that clock, before its block was sent."""
    behind, right = (
        block(3, noise=False, clutter=False, scenario=with_clocks((std, 0.0), (0.0, 0.0)), samples=32)
        for std in (3e-6, 0)
    )
    assert min(o.delay_s for o in behind.observations) < -1e-7
    for late, same in zip(behind.observations, right.observations, strict=True):
        energy, expected = (np.sum(np.abs(o.recording.samples) ** 2) for o in (late, same))
        assert energy == close_to(expected, rel=0.02)


def test_no_echo_no_snr():
    assert set(block(echo=False).expected_snr.values()) == {0.0}


def test_every_impossible_setting_is_named_at_once():
    with pytest.raises(InputError) as caught:
        SimulationSettings(symbols="qam8", waveform="am", trials=0, oversampling=float("nan"), direct_path=-1.0)
    paths = [problem.path for problem in caught.value.problems]
    assert paths == ["symbols", "waveform", "oversampling", "trials", "direct_path"]


def test_what_does_not_fit_the_scenario_is_refused():
    with pytest.raises(InputError, match="at most 96 slots, the length of the block"):
        block(waveform="ofdm", subcarriers=96)
    with pytest.raises(InputError, match=r"at most 1e\+08"):
        block(trials=10**6)


# The command


@pytest.fixture(scope="module")
def designed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("design") / "paper"
    run("design", "paper", "--out", str(folder), "--no-pictures", "--quiet", "--set", "receivers.random.count=4")
    return folder


def run(*arguments: str, code: int = 0) -> str:
    outcome = CliRunner().invoke(app, arguments)
    if isinstance(outcome.exception, InputError):
        assert outcome.exception.exit_code == code
        return str(outcome.exception)
    assert outcome.exit_code == code, outcome.output
    return outcome.stdout


def test_the_command_writes_what_it_says(designed: Path, tmp_path: Path):
    table = run("simulate", str(designed), "--out", str(tmp_path / "a"), "--trials", "2", "--quiet")
    truth = json.loads((tmp_path / "a" / "truth.json").read_text())
    network_ = read_designed_network(designed)
    assert list(truth["receivers"]) == list(network_.selected_ids)
    assert f"wrote {len(list((tmp_path / 'a').iterdir()))} files" in table
    found = read_block(tmp_path / "a")
    geometry = network_.scenario.geometry()
    for recording in found.recordings:
        row = truth["receivers"][recording.receiver_id]
        k = network_.scenario.receiver_ids.index(recording.receiver_id)
        assert row["delay_s"] == close_to(geometry.delay_s[k])
        assert row["observed_delay_s"] == row["delay_s"]
        assert recording.samples.shape[:2] == (2, 2)
        assert recording.sample_rate_hz == close_to(8e8)
        assert recording.noise_power_w == close_to(2e-9)
        assert f"{10 * np.log10(row['expected_snr']):.1f}" in table
        assert_close(np.hypot(*np.transpose(row["amplitude"])), np.sqrt(network_.channel.echo_gain[0, k]), rel=1e-9)


@pytest.mark.parametrize("waveform", ["single-carrier", "ofdm"])
def test_the_files_hold_what_was_simulated(designed: Path, tmp_path: Path, waveform: str):
    arguments = ("--waveform", waveform, "--no-noise", "--no-clutter", "--oversampling", "2", "--quiet")
    run("simulate", str(designed), "--out", str(tmp_path), *arguments)
    truth, found = json.loads((tmp_path / "truth.json").read_text()), read_block(tmp_path)
    network_ = read_designed_network(designed)
    assert isinstance(found.reference, OfdmSignal if waveform == "ofdm" else PulseTrain)
    for recording in found.recordings:
        row = truth["receivers"][recording.receiver_id]
        k, times = network_.scenario.receiver_ids.index(recording.receiver_id), recording.times_s
        echo = complex(*row["amplitude"][0]) * found.reference.values(times - row["delay_s"])
        echo = echo * np.exp(2j * np.pi * row["doppler_hz"] * times)
        expected = np.outer(network_.channel.steering_rx[0, k], echo)
        # float32 files, and a pulse that jumps: a sample within rounding of a jump may fall on either side
        close = np.abs(recording.samples[0] - expected) < 1e-6 * np.abs(expected).max()
        assert close.mean() > 0.999


def test_references_whole_and_of_the_sensing_beam(designed: Path, tmp_path: Path):
    run("simulate", str(designed), "--out", str(tmp_path), "--quiet")
    found, network_ = read_block(tmp_path), read_designed_network(designed)
    gains = [network_.channel.steering_tx[0] @ beam for beam in network_.beams.weights]
    sensing = np.sum(np.abs(gains[0]) ** 2) / sum(np.sum(np.abs(gain) ** 2) for gain in gains)
    power = [np.mean(np.abs(x.symbols) ** 2) for x in (found.reference, found.sensing_reference)]
    # 1024 Gaussian symbols: five standard deviations of a mean power are 16 %
    assert power[0] == close_to(network_.beams.illumination_w(network_.channel.steering_tx)[0], rel=0.16)
    assert power[1] == close_to(sensing * power[0], rel=0.3, abs=1e-12)


def test_the_sampled_reference_is_the_same_signal(designed: Path, tmp_path: Path):
    design = tmp_path / "d"
    pulse = 'radio.pulse={kind="root_raised_cosine", rolloff=0.3}'
    run("design", "paper", "--out", str(design), "--no-pictures", "--quiet", "--set", "receivers.random.count=4",
        "--set", pulse)  # fmt: skip
    run("simulate", str(design), "--quiet", "--oversampling", "4")
    exact = read_block(design / "simulation").reference
    for path in (design / "simulation").glob("reference_symbols*"):
        path.unlink()
    sampled = read_block(design / "simulation").reference
    times = np.random.default_rng(0).uniform(0, 1024 * 5e-9, 1000)
    scale = np.abs(exact.values(times)).max()
    # The pulse jumps by 1e-3 of its peak where it is cut off, which no interpolation follows.
    assert_close(sampled.values(times), exact.values(times), abs=1e-3 * scale)
    assert exact.support_s == close_to(sampled.support_s, abs=2e-9)


def test_same_seed_same_bytes_other_seed_other_noise(designed: Path, tmp_path: Path):
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        run("simulate", str(designed), "--out", str(tmp_path / name), "--seed", seed, "--quiet")
    contents = [{p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in "abc"]
    assert contents[0] == contents[1]
    assert contents[0].keys() == contents[2].keys()
    assert all(contents[0][name] != contents[2][name] for name in contents[0] if name.startswith("recording"))


def test_recordings_of_an_earlier_simulation_do_not_stay(designed: Path, tmp_path: Path):
    run("simulate", str(designed), "--out", str(tmp_path), "--receivers", "all", "--quiet")
    assert len(read_block(tmp_path).recordings) == 4
    run("simulate", str(designed), "--out", str(tmp_path), "--receivers", "rx2", "--quiet")
    assert [recording.receiver_id for recording in read_block(tmp_path).recordings] == ["rx2"]


def test_json_is_the_truth(designed: Path, tmp_path: Path):
    printed = run("simulate", str(designed), "--out", str(tmp_path), "--json", "--quiet", "--clock-offset-std", "1e-9")
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert json.loads(printed) == truth
    for row in truth["receivers"].values():
        offset = row["clock"]["time_offset_s"]
        assert offset != 0
        assert row["observed_delay_s"] - row["delay_s"] == close_to(offset)
    assert truth["common_clock"] == {"time_offset_s": 0.0, "frequency_offset_hz": 0.0}
    options = ["--clock-offset-std", "0", "--transmitter-clock-offset-std", "1e-9"]
    options += ["--transmitter-frequency-offset-std", "5"]
    printed = run("simulate", str(designed), "--out", str(tmp_path), "--json", "--quiet", *options)
    truth = json.loads(printed)
    assert truth["common_clock"]["time_offset_s"] != 0
    assert all(row["clock"] == truth["common_clock"] for row in truth["receivers"].values())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--trials", "0", "--symbols", "qam8"], "2 problems\n  --symbols: received 'qam8'"),
        (["--receivers", "rx9,rx1,rx8"], "2 problems\n  --receivers: received 'rx9'"),
        (["--direct-path", "1", "--no-direct-path"], "one of the two"),
        (["--clock-offset-std", "-1"], "--clock-offset-std: received -1.0"),
        (["--waveform", "ofdm", "--subcarriers", "2000"], "subcarriers: received 2000"),
    ],
)
def test_bad_options_are_named(designed: Path, tmp_path: Path, arguments: list[str], message: str):
    assert message in run("simulate", str(designed), "--out", str(tmp_path / "x"), *arguments, code=2)
    assert not (tmp_path / "x").exists()


def test_a_folder_without_a_design_is_named(tmp_path: Path):
    assert "design.json" in run("simulate", str(tmp_path), code=2)


def test_files_that_do_not_belong_together_are_refused(designed: Path, tmp_path: Path):
    for path in designed.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    scenario = tmp_path / "scenario.toml"
    scenario.write_text(scenario.read_text().replace("15.0", "16.0"))
    assert "another scenario than that of the design" in run("simulate", str(tmp_path), code=2)


def test_mono_static_designs_are_refused(tmp_path: Path):
    run("design", "paper", "--scheme", "mono", "--out", str(tmp_path), "--no-pictures", "--quiet")
    assert "a design in which receivers receive the echo" in run("simulate", str(tmp_path), code=2)


def test_names_of_recordings_are_plain_and_differ():
    names = recording_names(["rx 1", "rx/1", "rx_1", "β", ".."])
    assert list(names.values()) == [
        "recording_rx_1",
        "recording_rx_1_",
        "recording_rx_1__",
        "recording__",
        "recording_..",
    ]


def test_the_id_survives_its_file_name(designed: Path, tmp_path: Path):
    run("simulate", str(designed), "--out", str(tmp_path), "--quiet")
    path = next(tmp_path.glob("recording_*.sigmf-meta"))
    assert read_recording(path).receiver_id in path.name
