"""The map of fixes: legible in every width, arrows only for motion, curves on the right ellipses, a true legend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from multistatic import load_preset, sensing_network
from multistatic.channel.realise import realise
from multistatic.estimation.measurement import Measurement
from multistatic.localization.drawn import draw_measurements
from multistatic.localization.fix import Fix
from multistatic.localization.fusion import localize_many
from multistatic.report.bistatic_curve import part_near, plane_cut
from multistatic.report.error_ellipse import PLAN, SIDE
from multistatic.report.fix_map import draw_fixes, fix_figure
from multistatic.report.fix_scales import fix_scales
from multistatic.report.fix_symbols import times_from_first
from multistatic.report.fix_velocity import MOST_ARROWS, is_moving, velocity_arrows
from multistatic.report.legend_lines import legend_beside, wrap_legend_labels
from multistatic.report.picture_layout import tall_figure
from multistatic.report.style import PICTURE_WIDTHS, PictureStyle, styled
from multistatic.report.wording import short_name
from multistatic.scenario.model import Scenario
from tests.support.awkward_designs import climbing, far_drone, street
from tests.support.close import assert_close
from tests.support.picture_geometry import drawn_texts, picture_faults

Case = tuple[list[Fix], list[list[Measurement]], Scenario]


def measured(
    what: Scenario, places: Sequence[Any], velocity: Sequence[float], power_w: float, start_s: float = 0.0
) -> Case:
    """Fixes of a target at these places, one a second, from measurements at each receiver's bound."""
    rng = np.random.default_rng(0)
    groups = []
    for k, place in enumerate(places):
        target = replace(what.target, position_m=np.array(place, float), velocity_m_s=np.array(velocity, float))
        moved = replace(what, target=target)
        network = sensing_network(moved, realise(moved, np.random.default_rng(1)))
        groups += draw_measurements(network, power_w, rng, 1, time_s=start_s + k)
    return list(localize_many(groups, what)), groups, what


@cache
def one(power_w: float = 10.0) -> Case:
    return measured(load_preset("paper"), [[20, 40, 0]], [15, 0, 0], power_w)


def cut_down(count: int) -> Case:
    _, (group,), what = one()
    groups = [group[:count]]
    return list(localize_many(groups, what)), groups, what


def contradictory() -> Case:
    _, (group,), what = one()
    groups = [[replace(each, delay_s=each.delay_s + (k % 4) * 3e-8) for k, each in enumerate(group)]]
    return list(localize_many(groups, what)), groups, what


def sixty() -> Case:
    places = [[20 + 1.5 * k - 0.02 * k * k, 40 - 0.8 * k, 0] for k in range(60)]
    return measured(load_preset("paper"), places, [1.5, -0.8, 0], 1e-3, start_s=1.76e9)


def of(design: Any, power_w: float, count: int = 1) -> Case:
    what = design.scenario
    return measured(what, [what.target.position_m] * count, what.target.velocity_m_s, power_w)


CASES: dict[str, Callable[[], Case]] = {
    "one": one,
    "ambiguous": lambda: cut_down(2),
    "unobservable": lambda: cut_down(1),
    "contradictory": contradictory,
    "sixty": sixty,
    "street": lambda: of(street(), 10.0, 2),
    "climbing": lambda: of(climbing(), 100.0),
    "far": lambda: of(far_drone(), 1e3),
}


@cache
def case_of(name: str) -> Case:
    return CASES[name]()


def legend_of(figure: Any) -> str:
    return " ".join(text.get_text() for text in figure.legends[0].get_texts()).replace("\n", " ")


@pytest.mark.slow
@pytest.mark.parametrize("width", PICTURE_WIDTHS)
@pytest.mark.parametrize("case", CASES)
def test_every_text_stands_free_and_the_legend_lists_what_is_drawn(case: str, width: Any) -> None:
    fixes, groups, what = case_of(case)
    title = width != "double-column"  # what has no title has no heading to break
    with styled():
        figure = fix_figure(fixes, groups, what, PictureStyle(width, title=title))
        assert picture_faults(figure) == []
        assert len(figure.texts) == 0 if not title else len(figure.texts) > 0


def test_a_single_fix_says_target_speed_and_error() -> None:
    fixes, groups, what = one()
    with styled():
        figure = fix_figure(fixes, groups, what)
        words = {text.get_text() for text in drawn_texts(figure)}
    (fix,) = fixes
    assert fix.velocity_m_s is not None
    speed, spread = np.linalg.norm(fix.velocity_m_s), fix.velocity_std_m_s
    assert {"target", "transmitter", f"{speed:.3g} ± {spread:.2g} m/s"} <= words
    assert "motion in" in legend_of(figure)
    assert figure.get_label().startswith("paper: position error ")
    assert "(1σ)" in figure.get_label()


def test_no_arrow_stands_for_noise() -> None:
    """A target at rest has none, whatever its estimate, in at least 95 % of the maps; a fast one has."""
    counts = {0.0: 0, 60.0: 0}
    for speed in counts:
        fixes, groups, what = measured(load_preset("paper"), [[20, 40, 0]] * 40, [speed, 0, 0], 10.0)
        counts[speed] = len(fix_scales(fixes, groups, what).plan_arrows)
    assert counts == {0.0: 0, 60.0: MOST_ARROWS}
    still, _, _ = measured(load_preset("paper"), [[20, 40, 0]] * 3, [0, 0, 0], 10.0)
    with styled():
        assert (
            "No arrow: the velocity of 3 of 3 fixes is not significantly"
            in fix_figure(still, [[], [], []], what).get_label()
        )


def test_significance_is_that_of_two_components_shared_by_all_fixes() -> None:
    fix = Fix(
        position_verdict="unique",
        velocity_verdict="observable",
        position_m=np.zeros(3),
        velocity_m_s=np.array([2.5, 0.0, 0.0]),
        covariance=np.eye(4),
        position_covariance_m2=np.eye(2),
    )
    assert [is_moving(fix, PLAN, count) for count in (1, 2)] == [True, False]  # 6.25 against 5.99 and 7.38
    assert not is_moving(fix, SIDE, 1)  # in the plane there is no side view
    assert not is_moving(replace(fix, covariance=None), PLAN, 1)
    assert not is_moving(replace(fix, covariance=np.eye(4) * 1e3), PLAN, 1)


def test_an_arrow_covers_the_stated_motion_and_its_tip_the_error_of_that() -> None:
    spread = np.diag([1.0, 1.0, 0.04, 0.01])
    fix = Fix(
        position_verdict="unique",
        velocity_verdict="observable",
        position_m=np.array([1.0, 2.0, 0.0]),
        velocity_m_s=np.array([3.0, 4.0, 0.0]),
        covariance=spread,
        position_covariance_m2=np.eye(2),
    )
    (arrow,) = velocity_arrows([fix], PLAN, 5.0)
    assert_close(arrow.tip_m, [16.0, 22.0], rel=1e-12)
    outline = arrow.tip_outline_m - arrow.tip_m
    assert_close(np.abs(outline).max(axis=0), [1.0, 0.5], rel=1e-9)


def test_a_target_that_climbs_has_its_arrow_in_the_side_view() -> None:
    fixes, groups, what = of(climbing(), 100.0)
    scales = fix_scales(fixes, groups, what)
    assert len(scales.plan_arrows) == 0
    (arrow,) = scales.side_arrows
    assert arrow.tip_m[1] > arrow.start_m[1]
    low, high = scales.heights_m
    assert high - arrow.tip_outline_m[:, 1].max() > 0.05 * (high - low)


@pytest.mark.parametrize("height_m", [0.0, 30.0])
def test_a_cut_has_the_path_that_the_delay_says(height_m: float) -> None:
    transmitter, receiver = np.array([3.0, -2.0, 25.0]), np.array([80.0, 40.0, 5.0])
    cut = plane_cut(transmitter, receiver, 140.0, height_m)
    assert cut is not None
    points = cut.points(np.linspace(0.0, 6.0, 50))
    places = np.column_stack([points, np.full(len(points), height_m)])
    path = np.linalg.norm(places - transmitter, axis=1) + np.linalg.norm(places - receiver, axis=1)
    assert_close(path, 140.0, rel=1e-10)
    near = part_near(cut, points[10], 12.0)
    away = np.linalg.norm(near - points[10], axis=1)
    assert away.min() < 0.1
    assert 11.0 < away.max() <= 12.1
    assert np.linalg.norm(np.diff(near, axis=0), axis=1).max() < 1.0


def test_a_delay_that_no_place_has_gives_no_curve() -> None:
    transmitter, receiver = np.zeros(3), np.array([100.0, 0.0, 0.0])
    assert plane_cut(transmitter, receiver, 99.0, 0.0) is None
    assert plane_cut(transmitter, receiver, 101.0, 40.0) is None
    assert plane_cut(transmitter, transmitter, 10.0, 3.0) is not None


def test_a_receiver_left_out_has_a_dashed_curve_or_a_sentence() -> None:
    _, (group,), what = one()
    for error_s, outside in ((6e-8, False), (5e-6, True)):
        groups = [[replace(group[0], delay_s=group[0].delay_s + error_s), *group[1:]]]
        fixes = list(localize_many(groups, what))
        assert fixes[0].outliers == (group[0].receiver_id,)
        with styled():
            figure = fix_figure(fixes, groups, what)
        said = f"The delay at {group[0].receiver_id} allows no place on this map." in figure.get_label()
        assert said == outside
        assert ("the receiver left out" in legend_of(figure)) != outside
        assert f"contradicts the others: {group[0].receiver_id}." in figure.get_label()


def test_fixes_over_time_are_joined_in_their_order() -> None:
    fixes, groups, what = measured(load_preset("paper"), [[20 + 12 * k, 40, 0] for k in range(4)], [12, 0, 0], 10.0)
    with styled():
        figure = fix_figure(fixes, groups, what)
        words = {text.get_text() for text in drawn_texts(figure)}
        (line,) = (each for each in figure.axes[0].lines if each.get_label() == "order of the fixes in time")
    assert {"target at 0 s", "1 s", "2 s", "3 s"} <= words
    assert_close(
        np.asarray(line.get_xdata()), [fix.position_m[0] for fix in fixes if fix.position_m is not None], rel=0
    )


def test_fixes_that_hide_each_other_have_one_label_and_no_line() -> None:
    fixes, groups, what = measured(load_preset("paper"), [[20, 40, 0]] * 3, [0, 0, 0], 10.0)
    fixes = [replace(fix, time_s=4.1e-4 * k) for k, fix in enumerate(fixes)]
    with styled():
        figure = fix_figure(fixes, groups, what)
        words = {text.get_text() for text in drawn_texts(figure)}
    assert "target, 3 fixes in 820 µs" in words
    assert "order of the fixes" not in legend_of(figure)
    assert "target, as estimated (all fixes)" in legend_of(figure)


@pytest.mark.slow
def test_receivers_used_are_named_before_the_others_and_else_in_the_caption() -> None:
    what = street().scenario
    _, groups, _ = of(street(), 10.0)
    used = [receiver.id for receiver in what.receivers[8:16]]
    groups = [[one for one in groups[0] if one.receiver_id in used]]
    (fix,) = localize_many(groups, what)
    with styled():
        figure = fix_figure([fix], groups, what, PictureStyle("column"))
        words = {text.get_text() for text in drawn_texts(figure)}
    measured_ids = {*fix.used, *fix.outliers}
    nameless = [name for name in measured_ids if short_name(name) not in words]
    others = [one.id for one in what.receivers if one.id not in measured_ids and short_name(one.id) in words]
    assert not nameless or not others
    caption = figure.get_label()
    assert all(name in caption for name in nameless)
    assert "Not used, without room for the name: " in caption


def test_large_times_count_from_the_first() -> None:
    assert times_from_first([0.0, 4.09697e-4]) == ["0 µs", "409.697 µs"]
    assert times_from_first([0.0, 2.5]) == ["0 s", "2.5 s"]
    assert times_from_first([1.76e9, 1.76e9 + 59.0]) == ["+0 s", "+59 s"]


def test_in_space_both_errors_stand_in_the_title_and_the_cut_in_the_caption() -> None:
    fixes, groups, what = of(climbing(), 100.0)
    with styled():
        figure = fix_figure(fixes, groups, what)
    title = figure.get_label().split("\n")[0]
    assert "horizontal" in title
    assert "vertical" in title
    assert "spheroid" in figure.get_label()
    assert "at the target's height" in legend_of(figure)
    assert "Side view from the south, heights drawn" in figure.axes[1].get_title(loc="left")


def test_a_map_in_axes_of_ones_own_needs_no_style() -> None:
    from matplotlib.figure import Figure

    fixes, groups, what = one()
    ax = Figure().add_subplot()
    assert draw_fixes(ax, fixes, groups, what) == []
    assert ax.get_xlabel() == "x (m)"


def test_labels_of_a_legend_are_broken_where_it_is_narrow() -> None:
    with styled():
        figure = tall_figure(3.0)
        ax = figure.add_axes((0.1, 0.1, 0.5, 0.5))
        ax.plot([0, 1], label="a rather long label of a line that has to be broken")
        wrap_legend_labels([ax], 1.2)
        assert "\n" in str(ax.lines[0].get_label())
        legend_beside(figure, 1.6, 1.0)
        assert figure.legends[0].get_window_extent().width <= 1.2 * figure.dpi
