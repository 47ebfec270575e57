"""Pictures of studies say which intervals, panels and methods they show, and what accuracies assume."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from multistatic.files.study_file import run_into
from multistatic.files.study_reader import read_results
from multistatic.report import study_plots
from multistatic.report.study_assumptions import study_assumptions
from multistatic.report.study_plots import study_figure
from multistatic.report.style import styled
from multistatic.study.results import StudyResults
from multistatic.study.workers import ThisProcess
from tests.support.studies import QUICK, invented, quick


def results_of(folder: Path, *overrides: str, text: str = QUICK) -> StudyResults:
    """Invented results of the small study."""
    run_into(folder / "a.sqlite", quick(folder, *overrides, text=text), lambda: ThisProcess(invented))
    return read_results(folder / "a.sqlite")


def drawn(results: StudyResults, metric: str) -> Figure:
    with styled():
        return study_figure(results, results.metric_index(metric))


def caption_of(results: StudyResults, metric: str) -> str:
    """All that stands above the panels."""
    return " ".join(text.get_text() for text in drawn(results, metric).texts)


@pytest.mark.parametrize(
    ("trials", "words"),
    [
        (5, "Median, 20 trials in all. No interval is drawn: there are too few trials for one."),
        (6, "Median with its 95 % interval, 24 trials in all. Clocks"),
    ],
)
def test_an_interval_is_claimed_where_one_is_drawn(tmp_path: Path, trials: int, words: str) -> None:
    """A median of five values has no interval of 95 %, one of six has."""
    assert words in caption_of(results_of(tmp_path, f"trials={trials}"), "peb_m")


def test_intervals_of_some_points_only(tmp_path: Path) -> None:
    results = results_of(tmp_path, "trials=6")
    values = results.values.copy()
    values[0, 0, 0] = np.nan
    words = "No interval is drawn where there are too few trials for one."
    assert words in caption_of(replace(results, values=values), "peb_m")


def test_panels_that_are_left_out_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = results_of(tmp_path)
    assert "panels" not in caption_of(results, "peb_m")
    monkeypatch.setattr(study_plots, "MAX_PANELS", 1)
    assert "1 of 2 panels are drawn." in caption_of(results, "peb_m")


def test_a_method_without_a_value_is_called_so(tmp_path: Path) -> None:
    results = results_of(tmp_path)
    values = results.values.copy()
    values[:, results.methods.index("all"), :, results.metric_index("peb_m")] = np.nan
    (legend,) = drawn(replace(results, values=values), "peb_m").legends
    assert [text.get_text() for text in legend.get_texts()] == ["greedy", "all: no value", "one receiver"]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("", "", "Clocks: perfect."),
        ("[set]", "[set]\nreceivers.clock_offset_std_s = 1e-9", "Clocks: as the scenario states them."),
        ("[set]", '[set]\ntransmitter.clock_offset_std_s = "unknown"', "Clocks: as the scenario states them."),
        ("[set]", "[set]\nreceivers.clock_offset_std_s = 0.0", "Clocks: perfect."),
        ("[sweep]", "[sweep]\nreceivers.clock_offset_std_s = [0.0, 1e-9]", "Clocks: as the study varies them."),
    ],
)
def test_accuracies_name_the_clocks(tmp_path: Path, before: str, after: str, words: str) -> None:
    results = results_of(tmp_path, text=QUICK.replace(before, after))
    echo = "Echo: path loss over the whole path (sum)."
    assert f"{words} Target: known exactly. Elements: isotropic. {echo}" in caption_of(results, "peb_m")
    assert "Clocks" not in caption_of(results, "receivers"), "a count depends on none of these"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"site_lists": {"sites.csv": "digest"}}, "Clocks: as the scenario and its list of sites state them."),
        (
            {"scenario": {"receivers": {"site": [{"id": "a"}, {"id": "b", "frequency_offset_std_hz": 0.1}]}}},
            "Clocks: as the scenario states them.",
        ),
        ({"compare": [{"set": {"transmitter.clock_offset_std_s": 1e-9}}]}, "Clocks: as the study varies them."),
    ],
)
def test_clocks_that_are_stated_elsewhere(tmp_path: Path, changes: dict, words: str) -> None:
    results = results_of(tmp_path)
    assert study_assumptions(replace(results, document={**results.document, **changes}))[0] == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scenario": {"channel": {"echo_law": "product"}}}, "Echo: path losses of both legs multiplied (product)."),
        ({"set": {"channel.echo_law": "product"}}, "Echo: path losses of both legs multiplied (product)."),
        ({"compare": [{"set": {"channel.echo_law": "product"}}]}, "Echo: as the study varies it."),
        (
            {"set": {"channel.direct.folder": "drops"}},
            "Echo: gains as the channel files give them, else path loss over the whole path (sum).",
        ),
        (
            {"scenario": {"channel": {"direct": {"file": "H.npz"}}}},
            "Echo: gains as the channel files give them, else path loss over the whole path (sum).",
        ),
        (
            {"sweep": [{"key": "channel.direct.file"}]},
            "Echo: gains as the channel files give them, else path loss over the whole path (sum).",
        ),
    ],
)
def test_the_law_of_echoes_of_a_study(tmp_path: Path, changes: dict, words: str) -> None:
    results = results_of(tmp_path)
    assert study_assumptions(replace(results, document={**results.document, **changes}))[-1] == words
