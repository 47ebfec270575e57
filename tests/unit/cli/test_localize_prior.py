"""`multistatic localize --prior`: what it takes from the scenario, what it says, and where it is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from multistatic import load_preset, realise, sensing_network
from multistatic.cli.app import app
from multistatic.errors import InfeasibleError, InputError
from multistatic.files.measurements import write_measurements
from multistatic.localization.drawn import draw_measurements
from tests.support.close import assert_close

PRIOR = ("--set", "target.prior.position_std_m=[3,3]", "--set", "target.prior.velocity_std_m_s=[2,2]")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Measurements of one receiver of the preset `paper`."""
    scenario = load_preset("paper")
    network = sensing_network(scenario, realise(scenario, np.random.default_rng(1)))
    (group,) = draw_measurements(network, 10.0, np.random.default_rng(1))
    path = tmp_path / "measurements.csv"
    write_measurements(path, group[:1])
    return path


def run(table: Path, *arguments: str):
    return CliRunner().invoke(app, ["localize", str(table), "--scenario", "paper", "--quiet", *arguments])


def test_one_receiver_and_the_prior_make_a_fix(table: Path) -> None:
    ended = run(table, *PRIOR, "--prior", "--json")
    assert ended.exit_code == 0, ended.stderr
    (fix,) = json.loads(ended.stdout)["fixes"]
    assert fix["position_verdict"] == "unique"
    assert fix["prior"]["needed"] is True
    assert_close(fix["prior"]["position_m"], [20.0, 40.0, 0.0])
    assert_close(fix["prior"]["position_covariance_m2"], 9.0 * np.eye(2), abs=1e-12)
    assert 2.9 < fix["position_std_m"] < 3.1
    shown = run(table, *PRIOR, "--prior").stdout
    assert "Each fix is of the measurements and the prior of the target" in " ".join(shown.split())


def test_the_prior_counts_only_where_it_is_asked_for(table: Path) -> None:
    for words in ((), ("--no-prior",)):
        ended = run(table, *PRIOR, *words, "--json")
        assert isinstance(ended.exception, InfeasibleError)
        (fix,) = json.loads(ended.stdout)["fixes"]
        assert fix["position_verdict"] == "unobservable"
        assert fix["prior"] is None


def test_a_scenario_without_a_prior_is_named(table: Path) -> None:
    error = run(table, "--prior").exception
    assert isinstance(error, InputError)
    (problem,) = error.problems
    assert (problem.path, problem.received) == ("target.prior", "no prior")
    assert "--no-prior" in problem.hint
