"""Pictures of studies say which intervals, panels and methods they show, and what accuracies assume."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from multistatic.errors import InputError
from multistatic.files.study_file import run_into
from multistatic.files.study_reader import read_results
from multistatic.report import study_plots
from multistatic.report.study_assumptions import study_assumptions
from multistatic.report.study_plots import study_figure, study_figures, study_picture_names, study_pictures
from multistatic.report.study_table import results_table
from multistatic.report.style import PictureStyle, styled
from multistatic.report.text_table import plain
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
        (1, "One trial at each point, so there is no interval."),
        (2, "Median of 2 trials at each point. No interval is drawn: there are too few trials for one."),
        (5, "Median of 5 trials at each point. No interval is drawn: there are too few trials for one."),
        (6, "Median of 6 trials at each point, with its 95 % interval. Points that differ only in"),
    ],
)
def test_an_interval_is_claimed_where_one_is_drawn(tmp_path: Path, trials: int, words: str) -> None:
    """A median of five values has no interval of 95 %, one of six has."""
    results = results_of(tmp_path, f"trials={trials}")
    assert words in caption_of(results, "peb_m")
    bars = [len(each.get_segments()) for ax in drawn(results, "peb_m").axes for each in ax.collections]  # type: ignore[attr-defined]
    assert sum(bars) == (0 if trials < 6 else 4 * 3)


def test_intervals_of_some_points_only(tmp_path: Path) -> None:
    results = results_of(tmp_path, "trials=6")
    values = results.values.copy()
    values[0, 0, 0] = np.nan
    words = "No interval is drawn where there are too few trials for one."
    assert words in caption_of(replace(results, values=values), "peb_m")


@pytest.mark.slow
def test_panels_on_further_pages_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = results_of(tmp_path)
    assert "Page" not in caption_of(results, "peb_m")
    monkeypatch.setattr(study_plots, "ROWS_OF_PANELS", 1)
    narrow = PictureStyle("column")
    with styled():
        pages = study_figures(results, results.metric_index("peb_m"), style=narrow)
        captions = [" ".join(text.get_text() for text in figure.texts) for figure in pages]
        assert [len(figure.axes) for figure in pages] == [1, 1]
        assert "Page 1 of 2: panel 1 of 2." in captions[0]
        assert "Page 2 of 2: panel 2 of 2." in captions[1]
        assert (
            study_figure(results, 1, 2, style=narrow).axes[0].get_title(loc="left") == "cooperation cost limit 1000 m"
        )
        with pytest.raises(InputError, match="1 to 2"):
            study_figure(results, 1, 3, style=narrow)
    written = study_pictures(results, ["peb_m"], style=narrow).keys()
    assert {"peb_m_1.svg", "peb_m_2.svg"} < written
    # Pages of one style do not stay beside the pictures of another.
    assert written - {"captions.txt"} < set(study_picture_names(results, ["peb_m"]))
    assert {"peb_m.svg", "peb_m.png"} < set(study_picture_names(results, ["peb_m"]))


@pytest.mark.parametrize(
    ("status", "metric", "reason"),
    [
        ("optimal", "peb_m", "the measurements of the cooperating receivers do not determine position and velocity"),
        ("infeasible", "peb_m", "no feasible design"),
        ("failed", "peb_m", "all trials failed"),
        ("", "peb_m", "not computed yet"),
        ("optimal", "surrogate", "not defined for its designs"),
    ],
)
def test_a_method_without_a_value_is_named_with_the_reason(
    tmp_path: Path, status: str, metric: str, reason: str
) -> None:
    results, words = results_of(tmp_path), results_of(tmp_path).status.copy()
    values, method = results.values.copy(), results.methods.index("all")
    values[:, method, :, results.metric_index(metric)] = np.nan
    words[:, method] = status
    changed = replace(results, values=values, status=words)
    (legend,) = drawn(changed, metric).legends
    assert [text.get_text() for text in legend.get_texts()] == ["greedy", "one receiver"]
    assert f"No value: all ({reason})." in caption_of(changed, metric).replace("\n", " ")


def test_points_without_a_value_are_crosses_and_counted(tmp_path: Path) -> None:
    results = results_of(tmp_path)
    values, words = results.values.copy(), results.status.copy()
    values[2, 0], words[2, 0] = np.nan, "infeasible"
    values[1, 1, :2] = np.nan
    changed = replace(results, values=values, status=words)
    caption = caption_of(changed, "peb_m")
    assert "No value (×) at 1 of 12 pairs of point and method: no feasible design." in caption
    assert "Trials without a value are left out at 1 of 12 pairs of point and method." in caption
    (legend,) = drawn(changed, "peb_m").legends
    assert [text.get_text() for text in legend.get_texts()][-1] == "no value"
    assert "30 dBm" not in caption
    first, second = drawn(changed, "peb_m").axes
    crosses = [[line.get_xdata() for line in ax.lines if line.get_marker() == "x"] for ax in (first, second)]
    assert sorted(x for line in crosses[0] for x in line) == [30.0]  # type: ignore[union-attr]
    assert crosses[1] == [] or all(len(line) == 0 for line in crosses[1])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("", "", "Clocks: perfect."),
        ("[set]", "[set]\nreceivers.clock_offset_std_s = 1e-9", "Clocks: receivers' time ± 1 ns."),
        ("[set]", '[set]\ntransmitter.clock_offset_std_s = "unknown"', "Clocks: transmitter's time unknown."),
        ("[set]", "[set]\nreceivers.clock_offset_std_s = 0.0", "Clocks: perfect."),
        ("[sweep]", "[sweep]\nreceivers.clock_offset_std_s = [0.0, 1e-9]", "Clocks: as the study varies them."),
    ],
)
def test_accuracies_name_the_clocks(tmp_path: Path, before: str, after: str, words: str) -> None:
    results = results_of(tmp_path, text=QUICK.replace(before, after))
    echo = "Echo: path loss over the whole path (sum)."
    assert (
        f"{words} Target: designed for exactly this position and velocity. Elements: isotropic. {echo}"
        in caption_of(results, "peb_m")
    )
    assert words in plain(results_table(results, ["peb_m"]), width=300)
    assert "Clocks" not in plain(results_table(results, ["receivers"]), width=300)
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
