"""`multistatic estimate --towards`: receive arrays that are steered to a known point."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from multistatic import load_preset
from multistatic.cli.app import app
from multistatic.errors import InputError
from multistatic.files.recordings import recording_files
from multistatic.files.references import sampled_reference_files
from tests.support.close import close_to
from tests.support.echoes import SLOT_S, echoes, train

PAPER, URBAN = load_preset("paper"), load_preset("urban")
TRAIN = train(count=64)
PLACE = np.array([20.0, 40.0, 0.0])


def towards(point: np.ndarray) -> np.ndarray:
    """Phases of two antennas half a wavelength apart along y at rx03, written out."""
    offset = point - PAPER.receivers[2].position_m
    return np.exp(1j * np.pi * np.arange(2) * offset[1] / np.sqrt(offset @ offset))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One receiver of `paper`, two antennas, 30 dB from the target's direction."""
    place = tmp_path_factory.mktemp("recordings")
    echo = echoes(TRAIN, snr=1000.0, oversampling=4.0, doppler_bins=1e-4, steering=towards(PLACE))
    recording = replace(echo.recording, receiver_id="rx03")
    files = recording_files("recording_rx03", recording, carrier_hz=3.5e9)
    files |= sampled_reference_files("reference", TRAIN, 4 / SLOT_S, carrier_hz=3.5e9)
    for name, data in files.items():
        (place / name).write_bytes(data)
    return place


def run(*arguments: object) -> object:
    outcome = CliRunner().invoke(app, ["estimate", *map(str, arguments), "--json", "--quiet"])
    return outcome.exception or json.loads(outcome.stdout)


def test_a_known_direction_gathers_the_antennas_and_a_wrong_one_loses_the_echo(folder: Path) -> None:
    apart, known = run(folder, "--scenario", "paper"), run(folder, "--scenario", "paper", "--towards", "20,40")
    assert known[0]["snr_db"] == close_to(30.0, abs=1.0)
    assert known[0]["snr_db"] == close_to(apart[0]["snr_db"], abs=0.2)
    assert known[0]["delay_s"] == close_to(apart[0]["delay_s"], abs=apart[0]["delay_std_s"])
    assert known[0]["direction_x"] is None
    # Where the phases of both antennas cancel: |1 + e^{jΔ}|²/4 of the power is left.
    origin = PAPER.receivers[2].position_m
    away = origin + np.array([30.0, 6.0, 0.0])
    left = abs(np.vdot(towards(away), towards(PLACE)) / 2) ** 2
    (lost,) = run(folder, "--scenario", "paper", "--towards", f"{away[0]},{away[1]}")
    assert lost["snr_db"] == close_to(30.0 + 10 * np.log10(left), abs=2.0)
    assert left < 0.2


@pytest.mark.parametrize(
    ("arguments", "problems"),
    [
        (["--towards", "20,40"], ["--towards: received no scenario"]),
        (
            ["--towards", "20", "--directions", "--scenario", "paper"],
            ["--directions: received directions and towards_m", "two or three coordinates"],
        ),
        (["--towards", "20,forty", "--scenario", "paper"], ["--towards: received [20.0, nan]"]),
        (["--towards", "20,nan", "--scenario", "paper"], ["--towards: received [20.0, nan]"]),
        (["--towards", "1,2,3,4", "--scenario", "paper"], ["--towards: received [1.0, 2.0, 3.0, 4.0]"]),
        (
            ["--towards", "20,40", "--scenario", "urban"],
            ["a slot of", "'rx03', expected a receiver", "[20.0, 40.0], expected three coordinates"],
        ),
    ],
)
def test_what_cannot_be_looked_at_is_named(folder: Path, arguments: list[str], problems: list[str]) -> None:
    error = run(folder, *arguments)
    assert isinstance(error, InputError)
    assert len(error.problems) == len(problems)
    assert all(part in str(error) for part in problems)


def test_the_place_of_a_receiver_has_no_direction(folder: Path) -> None:
    x, y, _ = PAPER.receivers[2].position_m.tolist()
    assert "the position of 'rx03'" in str(run(folder, "--scenario", "paper", "--towards", f"{x!r},{y!r}"))
