"""Results in a notebook: short in an interpreter, a small escaped table, the text of the commands, labelled arrays."""

from __future__ import annotations

import html
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from typer.testing import CliRunner

import multistatic
from multistatic import (
    Comparison,
    Design,
    Fix,
    InputError,
    Measurement,
    MissingDependencyError,
    StudyResults,
    compare,
    design_network,
    estimate,
    load_preset,
    localize,
    run_study,
    simulate_block,
    summary,
    to_dataframe,
    to_xarray,
)
from multistatic.cli.app import app
from multistatic.notebook import NotebookView, Overview, first_few


@pytest.fixture(scope="module")
def design() -> Design:
    return design_network(load_preset("paper"))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyResults:
    folder = tmp_path_factory.mktemp("study")
    text = """
    name = "two powers"
    scenario = "paper"
    trials = 2
    metrics = ["value", "peb_m"]
    [sweep]
    transmitter.power_dbm = [20.0, 30.0]
    [[compare]]
    selector = ["greedy"]
    """
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return run_study(folder / "study.toml", folder / "study.sqlite", workers=1)


@pytest.fixture(scope="module")
def results(design: Design) -> dict[str, NotebookView]:
    """One of each kind, made by the public functions."""
    assert design.beamforming is not None
    assert design.beamforming.beams is not None
    block = simulate_block(design.scenario, design.channel, design.beamforming.beams)
    measurements = estimate(block.recordings, block.reference, design.scenario)
    found: list[Any] = [
        design,
        design.scenario,
        design.channel,
        design.selection,
        design.beamforming,
        design.beamforming.beams,
        design.accuracy,
        design.verification,
        block,
        measurements[0],
        localize(measurements, design.scenario),
        compare(design.scenario, ["greedy"])[0],
    ]
    return {type(each).__name__: each for each in found}


KINDS = (
    *("Design", "Scenario", "Channel", "Selection", "BeamformingResult", "Beams", "Accuracy", "Verification"),
    *("SimulatedBlock", "Measurement", "Fix", "Comparison"),
)
TABLES = ("Design", "Scenario", "Channel", "Measurement", "Fix", "Comparison")


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_is_two_lines_and_a_small_table(results: dict[str, NotebookView], kind: str) -> None:
    result = results[kind]
    assert repr(result).startswith(f"<{kind}: ")
    assert len(repr(result).splitlines()) <= 2
    assert len(repr(result)) < 360
    assert "array(" not in repr(result)
    shown = result._repr_html_()
    assert shown.count("<tr>") == len(result.overview().facts)
    assert len(shown) < 4000


@pytest.mark.parametrize("kind", KINDS)
def test_a_summary_is_plain_text(results: dict[str, NotebookView], kind: str) -> None:
    text = results[kind].summary()
    assert text.strip()
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 120


def test_ids_cannot_write_html_or_markup() -> None:
    class Named(NotebookView):
        def overview(self) -> Overview:
            return Overview(title="<script>alert(1)</script>", facts=(("<b>", '[red]"&"[/red]'),))

    shown = Named()._repr_html_()
    assert "<script>" not in shown
    assert "<b>" not in shown
    assert html.escape('[red]"&"[/red]') in shown
    assert summary(Named()).splitlines()[1] == '  <b>: [red]"&"[/red]'


def test_an_id_of_a_scenario_is_escaped(design: Design) -> None:
    evil = replace(design.scenario.receivers[0], id="<img src=x>")
    scenario = replace(design.scenario, receivers=(evil, *design.scenario.receivers[1:]))
    assert "<img" not in scenario._repr_html_()
    assert "&lt;img src=x&gt;" in scenario._repr_html_()


def test_long_texts_are_cut() -> None:
    class Long(NotebookView):
        def overview(self) -> Overview:
            return Overview(title="a" * 1000, facts=(("b", "c\n" * 1000),))

    assert len(repr(Long())) < 400
    assert len(repr(Long()).splitlines()) == 2
    assert first_few(tuple("abcdefgh")) == "a, b, c, d, e, f and 2 more"


def test_the_summary_is_what_the_command_prints(design: Design) -> None:
    outcome = CliRunner().invoke(app, ["design", "paper", "--quiet"], env={"COLUMNS": "120"})
    printed = [line.rstrip() for line in outcome.output.splitlines()]
    assert summary(design).splitlines() == printed[: len(summary(design).splitlines())]
    checked = CliRunner().invoke(app, ["check", "paper"], env={"COLUMNS": "120"})
    assert summary(design.scenario).splitlines() == [line.rstrip() for line in checked.stdout.splitlines()]


def test_what_has_no_summary_is_said() -> None:
    with pytest.raises(TypeError, match="a dict has no summary"):
        summary({})
    with pytest.raises(TypeError, match="a sequence of int"):
        summary([1, 2])


@pytest.mark.parametrize("kind", TABLES)
def test_tables_and_arrays_say_the_same(results: dict[str, Any], kind: str) -> None:
    table, labelled = results[kind].to_dataframe(), results[kind].to_xarray()
    shared = [name for name in table.columns if name in labelled]
    assert shared
    for name in shared:
        values, theirs = labelled[name].values, table[name].to_numpy()
        if values.dtype.kind in "fi":
            np.testing.assert_array_equal(theirs.astype(float), values.astype(float))
        else:
            assert theirs.tolist() == values.tolist()
    assert all(labelled[name].attrs["units"] == unit for name, unit in table.attrs["units"].items() if name in labelled)


def test_the_arrays_of_a_design_are_its_own(design: Design) -> None:
    found = to_xarray(design)
    assert design.accuracy is not None
    assert design.beamforming is not None
    assert design.beamforming.beams is not None
    assert found.beam_weights.values.tobytes() == design.beamforming.beams.weights.tobytes()
    assert found.delay_std_s.sel(receiver="rx05").item() == design.accuracy.delay_std_s[4]
    assert found.delay_std_s.attrs["units"] == "s"
    assert found.attrs["status"] == design.status
    table = to_dataframe(design)
    assert table.loc["rx05", "selected"]
    assert table.loc["rx05", "y_m"] == design.scenario.receivers[4].position_m[1]
    assert table.attrs["units"]["doppler_std_hz"] == "Hz"


def test_a_mono_static_design_has_one_sensor() -> None:
    found = to_xarray(design_network(load_preset("paper"), scheme="mono"))
    assert found.delay_std_s.dims == ("sensor",)
    assert found.sensor.values.tolist() == ["transmitter"]


def test_several_measurements_are_one_table(results: dict[str, Any]) -> None:
    measurement: Measurement = results["Measurement"]
    table = to_dataframe([measurement, replace(measurement, snr=0.0)])
    assert table["delay_s"].tolist() == [measurement.delay_s] * 2
    assert np.isnan(table["snr_db"][1])
    assert table.attrs["units"]["delay_s"] == "s"


@pytest.mark.parametrize("function", [to_dataframe, to_xarray])
def test_what_has_no_arrays_is_said(function: Any, design: Design) -> None:
    with pytest.raises(TypeError, match="a Verification has no labelled arrays"):
        function(design.verification)
    with pytest.raises(TypeError, match="a sequence of nothing"):
        function([])


@pytest.mark.parametrize(("function", "library"), [(to_dataframe, "pandas"), (to_xarray, "xarray")])
def test_a_library_that_is_not_installed_is_named(
    function: Any, library: str, design: Design, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingDependencyError, match=rf"needs {library}, .*multistatic\[data\]"):
        function(design)


def test_a_study_is_a_table_of_its_trials(study: StudyResults) -> None:
    table = study.to_dataframe()
    assert len(table) == 4
    assert sorted(set(table["transmitter_power_dbm"])) == [20.0, 30.0]
    assert table.attrs["units"]["peb_m"] == "m"
    assert repr(study).startswith("<StudyResults: two powers, complete\n points 2, trials 4 done, 0 failed")
    assert "greedy" in study.summary()
    assert study.to_xarray()["peb_m"].attrs["units"] == "m"
    assert isinstance(multistatic.plot_study(study, "peb_m"), Figure)
    with pytest.raises(InputError, match="one of value, peb_m"):
        multistatic.plot_study(study, "peb")


def test_pictures_are_figures_of_no_window(design: Design, results: dict[str, Any]) -> None:
    fix: Fix = results["Fix"]
    row: Comparison = results["Comparison"]
    block = results["SimulatedBlock"]
    measurements = estimate(block.recordings, block.reference, design.scenario)
    for figure in (
        multistatic.plot_map(design),
        multistatic.plot_beam_pattern(design),
        multistatic.plot_rates(design),
        multistatic.plot_comparison([row]),
        multistatic.plot_fixes([fix], [measurements], design.scenario),
        multistatic.plot_delay_doppler(block.recordings[0], block.reference, design.scenario),
    ):
        assert isinstance(figure, Figure)
        assert figure.axes


def test_a_design_without_beams_has_no_beam_pattern() -> None:
    infeasible = design_network(load_preset("paper", ["requirements.rate_bps_hz=90"]))
    assert "infeasible" in repr(infeasible)
    assert "infeasible" in infeasible.summary()
    assert len(infeasible.to_dataframe()) == 10
    for plot in (multistatic.plot_beam_pattern, multistatic.plot_rates):
        with pytest.raises(InputError, match="one with beams"):
            plot(infeasible)
