"""Methods compared trial by trial."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from multistatic.cli.app import app
from multistatic.errors import InputError
from multistatic.files.study_file import run_into
from multistatic.files.study_reader import read_results
from multistatic.paper.figure_pictures import figure_files
from multistatic.report.study_plots import study_figure
from multistatic.report.style import styled
from multistatic.study.relative import relative_to
from multistatic.study.results import StudyResults
from multistatic.study.workers import ThisProcess
from tests.support.studies import QUICK, invented, quick


@pytest.fixture
def results(tmp_path: Path) -> StudyResults:
    store = tmp_path / "a.sqlite"
    run_into(store, quick(tmp_path), lambda: ThisProcess(invented))
    return read_results(store)


def test_every_ratio_is_that_of_its_own_trial(results: StudyResults) -> None:
    found = relative_to(results, "all")
    assert [metric.name for metric in found.metrics] == ["surrogate", "peb_m", "receivers", "time_s"]  # no `feasible`
    assert all(metric.unit == "1" and metric.description.endswith("divided by that of all") for metric in found.metrics)
    for p, m, t in np.ndindex(results.values.shape[:3]):
        for q, metric in enumerate(found.metrics):
            index = results.metric_index(metric.name)
            assert found.values[p, m, t, q] == results.values[p, m, t, index] / results.values[p, 1, t, index]
    assert found.estimate(0, 1, 0).value == 1.0
    assert found.fingerprint == results.fingerprint


def test_a_ratio_that_does_not_exist_is_left_out(results: StudyResults) -> None:
    values = results.values.copy()
    surrogate = results.metric_index("surrogate")
    values[0, 0, 1, surrogate] = np.nan  # greedy has none in trial 1
    values[0, 1, 2, surrogate] = np.nan  # the reference has none in trial 2
    values[0, 1, 3, surrogate] = 0.0
    found = relative_to(replace(results, values=values), "all")
    assert np.isfinite(found.values[0, 0, :, 0]).tolist() == [True, False, False, False, True]
    assert np.isfinite(found.values[0, 1, :, 0]).tolist() == [True, True, False, False, True]
    assert found.estimate(0, 0, 0).count == 2


def test_an_unknown_method_is_refused(results: StudyResults) -> None:
    with pytest.raises(InputError, match="one of greedy, all, one receiver"):
        relative_to(results, "gredy")


def test_the_command(results: StudyResults, tmp_path: Path) -> None:
    store = str(tmp_path / "a.sqlite")
    shown = json.loads(CliRunner().invoke(app, ["show", store, "--relative-to", "greedy", "--json"]).stdout)
    for point in shown["points"]:
        assert point["methods"]["greedy"]["peb_m"]["value"] == 1.0
        assert point["methods"]["all"]["peb_m"]["value"] != 1.0
    assert shown["digest"] == results.digest()  # the store's, by which it is known
    table = CliRunner().invoke(app, ["show", store, "--relative-to", "greedy"])
    assert results.digest()[:16] in table.stdout
    assert "Each value is divided by that of greedy in the same trial." in " ".join(table.stdout.split())


@pytest.mark.slow
def test_pictures_say_what_the_ratio_is_to_and_where_there_is_nothing(results: StudyResults) -> None:
    peb = results.metric_index("peb_m")
    values = results.values.copy()
    values[[0, 2], ..., peb] = np.nan  # one of the two panels
    with styled():
        figure = study_figure(relative_to(replace(results, values=values), "greedy"), 1)
        labels = [ax.get_ylabel() for ax in figure.axes]
        texts = [[text.get_text() for text in ax.texts] for ax in figure.axes]
        limits = [ax.get_xlim() for ax in figure.axes]
    assert labels[0].replace("\n", " ") == "position error bound, divided by that of greedy"
    assert texts == [["no values"], []]
    assert limits[0] == limits[1]
    assert limits[0][0] < 20.0 < 30.0 < limits[0][1]


@pytest.mark.slow
def test_figure_5_holds_every_drop_against_the_best_group(tmp_path: Path) -> None:
    text = QUICK.replace('["greedy", "all"]', '["minimax_linkage", "enumeration"]').replace(
        '"surrogate", "peb_m"', '"surrogate", "surrogate_published", "rate_mean_bps_hz", "peb_m"'
    )
    run_into(tmp_path / "f.sqlite", quick(tmp_path, text=text), lambda: ThisProcess(invented))
    files = figure_files("fig5", read_results(tmp_path / "f.sqlite"))
    for metric in ("surrogate_published", "surrogate", "peb_m", "rate_mean_bps_hz", "receivers"):
        assert {f"fig5_{metric}.svg", f"fig5_over_enumeration_{metric}.svg"} <= files.keys()
    lines = files["fig5_over_enumeration.csv"].decode().splitlines()
    assert any(",enumeration,surrogate,1,median,1.0," in line for line in lines)
