"""`multistatic estimate`: files in, measurements and pictures out; bad input is named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from multistatic.cli.app import app
from multistatic.errors import InputError
from multistatic.estimation.each_trial import measurements_of, signal_of_trial
from multistatic.estimation.maximum_likelihood import maximum_likelihood
from multistatic.files.measurements import read_measurements
from multistatic.files.recordings import recording_files
from multistatic.files.references import sampled_reference_files
from multistatic.signal.sampled import SampledWaveform
from multistatic.signal.waveform import PulseTrain
from tests.support.close import close_to
from tests.support.echoes import SLOT_S, echoes, search, train

TRAIN = train(count=64)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `simulate` writes it: two trials of one receiver, 30 dB."""
    place = tmp_path_factory.mktemp("recordings")
    echo = echoes(TRAIN, snr=1000.0, trials=2, oversampling=4.0, doppler_bins=1e-4)
    files = recording_files("recording_rx1", echo.recording, carrier_hz=3.5e9)
    files |= sampled_reference_files("reference", TRAIN, 4 / SLOT_S, carrier_hz=3.5e9)
    for name, data in files.items():
        (place / name).write_bytes(data)
    return place


def run(*arguments: object) -> str:
    outcome = CliRunner().invoke(app, ["estimate", *map(str, arguments)], catch_exceptions=False)
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout


@pytest.mark.slow
def test_folder_to_measurements_and_pictures(folder: Path, tmp_path: Path) -> None:
    printed = run(folder, "--out", tmp_path / "out")
    echo = echoes(TRAIN, snr=1000.0, trials=2, oversampling=4.0, doppler_bins=1e-4)
    assert "detected: 2 of 2" in printed
    measurements = read_measurements(tmp_path / "out" / "measurements.csv")
    for measurement, delay_s, doppler_hz in zip(measurements, echo.delay_s, echo.doppler_hz, strict=True):
        assert abs(measurement.delay_s - delay_s) < 6 * measurement.delay_std_s
        assert abs(measurement.doppler_hz - doppler_hz) < 6 * measurement.doppler_std_hz
        assert measurement.direction is None
    assert measurements[1].time_s > measurements[0].time_s
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "captions.txt",
        "measurements.csv",
        "delay_doppler_1.svg",
        "delay_doppler_1.png",
    }


def test_json_and_single_files(folder: Path) -> None:
    arguments = (folder / "recording_rx1.sigmf-meta", "--reference", folder / "reference.sigmf-meta", "--json")
    rows = json.loads(run(*arguments))
    assert [row["verdict"] for row in rows] == ["detected"] * 2
    assert rows[0]["direction_x"] is None
    assert json.loads(run(*arguments, "--estimator", "grid"))[0]["snr_db"] == close_to(rows[0]["snr_db"], abs=1.0)


def test_nothing_but_noise(folder: Path) -> None:
    assert "detected: 0 of 2" in run(folder, "--longest-range", 5, "--false-alarm-rate", 1e-9)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        pytest.param(["--known", "s1"], "one of all, s0", id="known"),
        pytest.param(["--known", "s0"], "known signal of the sensing beam", id="no sensing reference"),
        pytest.param(["--estimator", "grit"], "did you mean 'grid'?", id="method"),
        pytest.param(["--reference", "nowhere"], "nowhere", id="reference"),
        pytest.param(["--false-alarm-rate", "0"], "--false-alarm-rate: received 0", id="rate"),
        pytest.param(["--speed-limit", "-5"], "--speed-limit: received -5", id="speed"),
        pytest.param(["--speed-limit", "nan"], "--speed-limit: received nan", id="no speed"),
        pytest.param(["--directions"], "--directions: received no scenario", id="directions"),
        pytest.param(["--longest-range", "0"], "--longest-range: received 0", id="range"),
    ],
)
def test_bad_input(folder: Path, arguments: list[str], part: str) -> None:
    outcome = CliRunner().invoke(app, ["estimate", str(folder), *arguments])
    assert isinstance(outcome.exception, InputError)
    assert part in str(outcome.exception)


def test_the_time_is_that_of_the_block_whoever_recorded_it_from_when_to_when() -> None:
    """The second block is sent one length of the known signal after the first."""
    first_s, last_s = TRAIN.support_s
    assert first_s <= 0 < last_s
    for before, after in ((0, 0), (100, 0), (7, 300)):
        recording = echoes(TRAIN, snr=1000.0, trials=2, doppler_bins=1e-4).recording
        longer = replace(
            recording,
            samples=np.pad(recording.samples, ((0, 0), (0, 0), (before, after))),
            start_s=-before / recording.sample_rate_hz,
        )
        found = measurements_of(maximum_likelihood, longer, TRAIN, search(TRAIN))
        assert [one.time_s for one in found] == [0.0, last_s - first_s]


def test_a_signal_of_another_time_was_sent_then() -> None:
    late = SampledWaveform(samples=np.random.default_rng(0).standard_normal(256) + 0j, sample_rate_hz=4e8, start_s=2.0)
    recording = echoes(TRAIN, snr=10.0, trials=2).recording
    recording = replace(recording, start_s=2.0, samples=np.pad(recording.samples, ((0, 0), (0, 0), (0, 256))))
    found = measurements_of(maximum_likelihood, recording, late, search(TRAIN))
    assert [one.time_s for one in found] == [2.0, close_to(2.0 + 255 / 4e8, abs=1e-15)]


def test_each_trial_with_its_own_reference() -> None:
    rng = np.random.default_rng(0)
    many = PulseTrain(symbols=rng.standard_normal((3, 64)) + 0j, pulse=TRAIN.pulse, slot_s=SLOT_S)
    echo = [echoes(signal_of_trial(many, trial), snr=1e4, oversampling=2.0, seed=trial) for trial in range(3)]
    samples = np.concatenate([one.recording.samples for one in echo])
    recording = type(echo[0].recording)(
        receiver_id="rx1", samples=samples, sample_rate_hz=2 / SLOT_S, slot_s=SLOT_S, noise_power_w=3e-13
    )
    found = measurements_of(maximum_likelihood, recording, many, search(TRAIN))
    for one, truth in zip(found, echo, strict=True):
        assert abs(one.delay_s - truth.delay_s[0]) < 6 * one.delay_std_s
    with pytest.raises(InputError, match="3 signals"):
        measurements_of(maximum_likelihood, echo[0].recording, many, search(TRAIN))


def test_a_recording_that_is_missing_is_the_only_problem(tmp_path: Path) -> None:
    """Its carrier is not asked for as well: the recording may state it."""
    with pytest.raises(InputError) as error:
        run(tmp_path / "nothing.sigmf-meta")
    (problem,) = error.value.problems
    assert problem.path.endswith("nothing.sigmf-meta")
