"""The pictures of comparisons and of the leaderboard: groups by their members, axes from the data, words explained."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from multistatic.design.compare import Comparison
from multistatic.report.comparison import comparison_figure, draw_times
from multistatic.report.comparison_groups import named_groups
from multistatic.report.instance_grid import instances_figure
from multistatic.report.leaderboard_plots import leaderboard_figure, leaderboard_pictures
from multistatic.report.style import PICTURE_WIDTHS, PictureStyle, styled
from multistatic.suite.tasks import VERDICTS, SuiteOutcome
from tests.support.awkward_designs import street
from tests.support.close import assert_close
from tests.support.handmade_design import design
from tests.support.picture_geometry import drawn_texts, picture_faults


def row(name: str, value: float | None, group: Any, time_s: float = 0.1, **changes: Any) -> Comparison:
    best = 2e-9
    fields = {
        "selector": name,
        "beamformer": "value_function",
        "status": "feasible" if value else "not run",
        "value": value,
        "gap": None if value is None else value / best - 1.0,
        "time_s": time_s,
        "message": "",
        "design": group if value else None,
        **changes,
    }
    return Comparison(**fields)


ROWS = (
    row("greedy", 2e-9, design(group=(0, 1, 2))),
    row("minimax_linkage", 2.6e-9, design(group=(0, 1, 3)), 0.15),
    row("given", None, None),
)
STREET = (
    row("greedy", 2e-9, street(), 1e-3),
    row("random", 3e-7, replace(street(), scenario=street().scenario), 40.0, beamformer="sca"),
)
CASES = {
    "three": ROWS,
    "street": STREET,
    "no design": ROWS[2:],
    "empty": (),
}


# What has no title has no heading to break.
TITLES = {"screen": True, "column": True, "double-column": False}


@pytest.mark.slow
@pytest.mark.parametrize("width", PICTURE_WIDTHS)
@pytest.mark.parametrize("case", CASES)
def test_texts_of_a_comparison_stand_free_and_its_legend_is_true(case: str, width: Any) -> None:
    with styled():
        figure = comparison_figure(CASES[case], "surrogate", PictureStyle(width, title=TITLES[width]))
        assert picture_faults(figure) == []


def test_groups_are_named_by_their_members_or_by_what_differs() -> None:
    ids = design().scenario.receiver_ids
    first, second = named_groups(ROWS)
    assert first.words == f"A: {ids[0]}, {ids[1]}, {ids[2]}."
    assert second.members == (ids[0], ids[1], ids[3])
    many = named_groups([row("a", 1.0, design(group=(0, 1, 2, 3, 4))), row("b", 2.0, design(group=(0, 1, 2, 3)))])
    assert many[1].words == f"B: A without {ids[4]}."
    with styled():
        figure = comparison_figure(ROWS, "surrogate")
        words = " ".join(text.get_text() for text in drawn_texts(figure))
    assert f"Group {first.words}" in words
    assert "A (3)" in words


def test_the_axis_of_times_ends_with_the_data() -> None:
    with styled():
        figure = comparison_figure(ROWS, "surrogate")
        assert figure.axes[2].get_xlim()[1] < 3 * 150.0  # ms
        far = comparison_figure(STREET, "surrogate")
        assert far.axes[2].get_xscale() == "log"
        low, high = far.axes[2].get_xlim()
    assert low < 1e-3
    assert 40.0 < high < 1000.0


def test_numbers_beside_the_points_of_every_row_are_inside_of_the_panel() -> None:
    rows = [row(f"method {k}", 2e-9, design(), time_s) for k, time_s in enumerate((0.05, 0.06, 1.3))]
    with styled():
        figure = comparison_figure(rows, "surrogate")
        figure.draw_without_rendering()
        for ax in (figure.axes[0], figure.axes[2]):
            assert max(text.get_window_extent().x1 for text in ax.texts) <= ax.get_window_extent().x1 + 1.0


def test_times_have_their_place_on_the_axis() -> None:
    from matplotlib.figure import Figure

    with styled():
        ax = Figure().add_subplot()
        draw_times(ax, ROWS)
        places = [float(each.get_offsets()[0][0]) for each in ax.collections]  # type: ignore[index]
    assert ax.get_xlabel() == "time (ms)"
    assert_close(places, [100.0, 150.0, 100.0], rel=1e-12)


def outcome(method: str, instance: str, gap: float | None, **changes: Any) -> SuiteOutcome:
    fields = {"board": "surrogate", "verdict": "solved" if gap is not None else "refused", "time_s": 1e-3, **changes}
    value = None if gap is None else 1.0 + gap
    return SuiteOutcome(method=method, instance=instance, gap=gap, value=value, **fields)


INSTANCES = (
    "small_los",
    "paper",
    "nearly_infeasible",
    "large_selection",
    *(f"three_dimensions_{k}" for k in range(14)),
)
SELECTED = tuple(
    outcome(method, name, gap, time_s=time_s)
    for method, gaps, time_s in (
        ("branch_and_bound", (0.0, 0.0, 0.0, 0.0), 2e-3),
        ("milp", (0.0, 0.0, 0.0, 0.0), 3e-3),
        ("greedy", (0.0, 0.004, 0.08, 0.25), 3e-4),
        ("nearest_n", (0.0, 0.5, 82.12, 0.1), 2.0e-4),
        ("best_n", (0.0, 0.5, 82.12, 0.1), 2.02e-4),
        ("enumeration", (0.0, 0.0, 0.0, None), 5e-4),
        ("all", (None, None, None, None), 1e-4),
    )
    for name, gap in zip(INSTANCES, (*gaps, *[gaps[0]] * 14), strict=True)
)
OUTCOMES = (
    *SELECTED,
    outcome("sca", "paper", None, board="beams", verdict="timeout"),
    outcome("sca", "small_los", 5e-5, board="beams"),
)


@pytest.mark.slow
@pytest.mark.parametrize("width", PICTURE_WIDTHS)
@pytest.mark.parametrize("draw", [leaderboard_figure, instances_figure])
def test_texts_of_the_leaderboard_stand_free_and_its_legend_is_true(draw: Any, width: Any) -> None:
    with styled():
        assert picture_faults(draw(OUTCOMES, "made up", PictureStyle(width, title=TITLES[width]))) == []


def test_methods_that_share_a_point_share_a_label_and_nothing_is_left_out_without_a_word() -> None:
    with styled():
        figure = leaderboard_figure(OUTCOMES, "made up")
        words = {text.get_text() for text in drawn_texts(figure)}
    assert "nearest_n, best_n" in words
    assert "enumeration (17 of 18)" in words
    assert "The method “all” solved no instance of “Selectors, surrogate U”." in figure.get_label()


def test_a_gap_of_zero_stands_below_the_smallest_gap_and_no_decade_is_empty() -> None:
    with styled():
        figure = leaderboard_figure(OUTCOMES, "made up")
        figure.draw_without_rendering()
        ax = figure.axes[0]
        ticks = [text.get_text() for text in ax.get_yticklabels()]
    assert ticks[0] == "0 %"
    low, high = ax.get_ylim()
    greedy = (0.004 + 0.08 + 0.25) / 18
    assert greedy / 20 < low < greedy
    assert 4 < high < 12


def test_two_methods_have_an_axis_of_gaps_with_powers_of_ten_and_a_narrow_row_for_none() -> None:
    outcomes = [each for each in SELECTED if each.method in ("branch_and_bound", "greedy")]
    with styled():
        figure = leaderboard_figure(outcomes, "made up")
        figure.draw_without_rendering()
        ax = figure.axes[0]
        ticks = [text.get_text() for text in ax.get_yticklabels()]
        (row_of_none,) = ax.patches
        heights = row_of_none.get_window_extent().height / ax.get_window_extent().height
    assert ticks == ["0 %", "1 %", "10 %"]
    assert 0.1 < heights < 0.2


def test_a_comparison_counts_designs_only_where_some_method_found_none() -> None:
    far = row("random", 8e-8, design(group=(0, 1, 3)))
    with styled():
        whole, part = (comparison_figure(rows, "surrogate") for rows in ((*ROWS[:2], far), ROWS))
        words = {text.get_text() for text in drawn_texts(whole)}
    assert "found a design" not in whole.get_label()
    assert "2 of the methods found a design." in part.get_label()
    assert "40 times the best" in words


@pytest.mark.slow
def test_words_in_cells_are_explained_where_they_occur() -> None:
    with styled():
        for width, refused, timeout in (("screen", "n/a", "time"), ("column", "n", "t")):
            figure = instances_figure(OUTCOMES, "made up", PictureStyle(width))  # type: ignore[arg-type]
            words = " ".join(text.get_text() for text in drawn_texts(figure))
            assert f"{refused}: {VERDICTS['refused']}" in words
            assert f"{timeout}: {VERDICTS['timeout']}" in words
            assert VERDICTS["invalid"] not in words
            assert "enumeration reaches the best-known value on every instance solved." in words
            assert ("8212" in words) == (width == "screen")
    assert re.search(r"17/18", words)


@pytest.mark.slow
def test_the_leaderboard_is_five_files() -> None:
    files = leaderboard_pictures(OUTCOMES, "made up", PictureStyle("column"))
    names = {f"leaderboard{kind}.{form}" for kind in ("", "_instances") for form in ("svg", "png")}
    assert set(files) == {*names, "captions.txt"}
