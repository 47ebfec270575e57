"""`multistatic estimate --towards`, and searches as wide as clocks need."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from multistatic import load_preset
from multistatic.cli.app import app
from multistatic.cli.estimate_command import _search
from multistatic.cli.search_options import looking_towards, with_clocks
from multistatic.errors import InputError
from multistatic.estimation.search_window import Search
from multistatic.files.recordings import recording_files
from multistatic.files.references import sampled_reference_files
from multistatic.units import SPEED_OF_LIGHT_M_S
from tests.support.close import assert_close, close_to
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
    return outcome.exception or json.loads(outcome.output)


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


def test_steering_is_towards_the_point_in_space() -> None:
    echo = echoes(TRAIN, snr=10.0)
    heard = [replace(echo.recording, receiver_id=URBAN.receivers[0].id)]
    asked = [Search(delay_s=(0, 1e-6), doppler_hz=(0, 0), array=URBAN.receivers[0].array, wavelength_m=0.1)]
    (search,) = looking_towards("100,45,60", asked, heard, URBAN, False)
    offset = np.array([100.0, 45.0, 60.0]) - URBAN.receivers[0].position_m
    phase = 2 * np.pi / 0.1 * URBAN.receivers[0].array.elements_m @ offset / np.linalg.norm(offset)
    assert_close(search.steering, np.exp(1j * phase), abs=1e-9)
    assert search.array is None


def test_a_place_in_space_has_three_coordinates() -> None:
    heard = [replace(echoes(TRAIN, snr=10.0).recording, receiver_id=URBAN.receivers[0].id)]
    asked = [Search(delay_s=(0, 1e-6), doppler_hz=(0, 0), array=URBAN.receivers[0].array, wavelength_m=0.1)]
    with pytest.raises(InputError, match="three coordinates"):
        looking_towards("100,45", asked, heard, URBAN, False)


@pytest.mark.parametrize(
    ("arguments", "problems"),
    [
        (["--towards", "20,40"], ["no --scenario"]),
        (["--towards", "20", "--directions", "--scenario", "paper"], ["with --directions", "two or three coordinates"]),
        (["--towards", "20,forty", "--scenario", "paper"], ["'20,forty'"]),
        (["--towards", "20,nan", "--scenario", "paper"], ["'20,nan'"]),
        (["--towards", "1,2,3,4", "--scenario", "paper"], ["'1,2,3,4'"]),
        (["--towards", "20,40", "--scenario", "urban"], ["a slot of", "'rx03', expected a receiver"]),
    ],
)
def test_what_cannot_be_looked_at_is_named(folder: Path, arguments: list[str], problems: list[str]) -> None:
    error = run(folder, *arguments)
    assert isinstance(error, InputError)
    assert len(error.problems) == len(problems)
    assert all(part in str(error) for part in problems)


def test_the_place_of_a_receiver_has_no_direction(folder: Path) -> None:
    x, y, _ = PAPER.receivers[2].position_m.tolist()
    assert "the place of 'rx03'" in str(run(folder, "--scenario", "paper", "--towards", f"{x!r},{y!r}"))


def test_a_search_is_as_wide_as_clocks_may_be_off() -> None:
    """5 √(3² + 4²) = 25 standard deviations; of a clock of which nothing is known nothing follows."""
    scenario = load_preset(
        "paper",
        [
            "receivers.clock_offset_std_s=3e-9",
            "transmitter.clock_offset_std_s=4e-9",
            "receivers.frequency_offset_std_hz=20",
            'transmitter.frequency_offset_std_hz="unknown"',
        ],
    )
    recording = replace(echoes(TRAIN, snr=10.0).recording, receiver_id="rx03")
    asked = Search(delay_s=(1e-7, 2e-7), doppler_hz=(-100.0, 100.0))
    wide = with_clocks(asked, recording, scenario)
    assert_close(wide.delay_s, [1e-7 - 25e-9, 2e-7 + 25e-9], rel=1e-12)
    assert_close(wide.doppler_hz, [-200.0, 200.0], rel=1e-12)
    assert with_clocks(asked, recording, PAPER).delay_s == asked.delay_s


def test_delays_are_searched_as_far_as_the_signal_was_recorded() -> None:
    """As a whole where nobody says how far; else as far as some of it was, at most."""
    recording = echoes(TRAIN, snr=10.0).recording
    first_s, last_s = TRAIN.support_s
    end_s = recording.times_s[-1]
    for longest_m, expected_s in (
        (None, end_s - last_s),
        (1e9, end_s - first_s),
        (SPEED_OF_LIGHT_M_S * 10 * SLOT_S, 10 * SLOT_S),
    ):
        found = _search(recording, TRAIN, None, (100.0, longest_m, 3.5e9, 1e-3, "reference"))
        assert_close(found.delay_s, [0.0, expected_s], rel=1e-9, abs=1e-15)
        assert found.wavelength_m == close_to(SPEED_OF_LIGHT_M_S / 3.5e9)
