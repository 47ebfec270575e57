"""A session without the command line: from a scenario to measurements and a fix, with public names alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from multistatic import (
    SimulationSettings,
    design_network,
    estimate,
    load_preset,
    load_scenario,
    localize,
    read_block,
    simulate_block,
)
from multistatic.cli.app import app
from multistatic.files.measurements import measurements_text


@pytest.mark.slow
def test_estimate_gives_what_the_command_writes(tmp_path: Path) -> None:
    """Design, simulate and estimate by the commands; then estimate the same recordings in Python: the same bytes."""
    for arguments in (
        ["design", "paper", "--out", tmp_path, "--no-pictures"],
        ["simulate", tmp_path, "--trials", "2", "--seed", "7"],
        ["estimate", tmp_path / "simulation", "--scenario", tmp_path / "scenario.toml", "--out", tmp_path / "found"],
    ):
        extra = ["--no-pictures"] if arguments[0] == "estimate" else []
        outcome = CliRunner().invoke(app, [*map(str, arguments), *extra, "--quiet"], catch_exceptions=False)
        assert outcome.exit_code == 0, outcome.output
    block = read_block(tmp_path / "simulation")
    found = estimate(block.recordings, block.reference, load_scenario(tmp_path / "scenario.toml"))
    assert len(found) == 2 * len(block.recordings)
    assert measurements_text(found).encode() == (tmp_path / "found" / "measurements.csv").read_bytes()


def test_from_a_scenario_to_a_fix_without_a_file() -> None:
    """A block of the designed beams, estimated at the receivers of the group, locates the target."""
    design = design_network(load_preset("paper", ["transmitter.power_dbm=45"]))
    assert design.beamforming is not None
    assert design.beamforming.beams is not None
    block = simulate_block(
        design.scenario,
        design.channel,
        design.beamforming.beams,
        SimulationSettings(oversampling=2.0),
        receiver_ids=design.selected_ids,
    )
    fix = localize(estimate(block.recordings, block.reference, design.scenario), design.scenario)
    assert fix.position_verdict == "unique"
    assert fix.position_m is not None
    assert fix.position_std_m is not None
    assert abs(fix.position_m - design.scenario.target.position_m).max() < 6.0 * fix.position_std_m
