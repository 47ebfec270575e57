"""What the check between the points found, where an area is explained; and of which point pictures show echo SNR."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.text import Text

from multistatic.report.assumption_meanings import assumption_meanings, between_in_words
from multistatic.report.error_ellipse import ErrorEllipse, ellipse_of
from multistatic.report.map_points import draw_points, draw_targets, point_colours
from multistatic.report.rate_bars import rates_figure
from multistatic.report.style import new_figure, styled
from tests.support.close import assert_close, close_to
from tests.support.handmade_design import design
from tests.support.uncertain_designs import disc, far_targets, prior, several


@pytest.mark.parametrize(
    ("mode", "between", "words"),
    [
        ("worst", 1.0097, "Between the points it was found to be at most 0.97 % worse than at the worst of them."),
        ("worst", 1.0, "No place between the points was found that is worse than the worst of them."),
        ("worst", np.inf, "Between the points there are places where the target is unobservable."),
        ("worst", None, "What lies between the points was not checked."),
        ("mean", 1.02, "With the places between the points the criterion is 2 % larger."),
        ("mean", 0.98, "With the places between the points the criterion is 2 % smaller."),
    ],
)
def test_the_meaning_of_an_area_says_what_was_found_between_the_points(
    mode: Any, between: float | None, words: str
) -> None:
    made = disc()
    assert made.over_points is not None
    value = made.over_points.value_reduced
    over = replace(made.over_points, mode=mode, between=None if between is None else between * value)
    assert between_in_words(over) == words
    assert assumption_meanings(made.scenario, over_points=over)["target"].endswith(f"stand for it. {words}")
    assert "between" not in assumption_meanings(design().scenario)["target"]


def test_echo_snr_is_that_of_the_worst_point() -> None:
    with styled():
        several_points, one = (
            " ".join(" ".join(text.get_text() for text in rates_figure(made).findobj(Text)).split())
            for made in (several(), design())
        )
    assert "SNR of the echo of the worst point at each receiver" in several_points
    assert "at the worst point (dB)" in several_points
    assert "worst point" not in one


def test_an_ellipse_has_room_in_another_as_far_as_its_least_direction_lets_it() -> None:
    round_one = ErrorEllipse(semi_major_m=1.0, semi_minor_m=1.0, direction_rad=0.3)
    flat = ErrorEllipse(semi_major_m=50.0, semi_minor_m=2.0, direction_rad=1.1)
    assert round_one.room_in(flat) == close_to(2.0, rel=1e-9)
    assert flat.room_in(flat) == close_to(1.0, rel=1e-9)
    assert_close(ellipse_of(flat.covariance_m2).direction_rad % np.pi, 1.1, rel=1e-9)  # type: ignore[union-attr]
    turned = replace(flat, direction_rad=1.1 + np.pi / 2)
    assert flat.room_in(turned) == close_to(0.04, rel=1e-9)


def test_exact_targets_have_the_colour_of_their_value() -> None:
    made = far_targets()
    shown = point_colours(made)
    assert shown is not None
    ax = new_figure(4.0, 4.0).subplots()
    draw_targets(ax, made)
    faces = [to_hex(each.get_facecolor()[0]) for each in ax.collections]
    assert faces == [to_hex(shown.colours(shown.norm(value))) for value in shown.value]
    assert len(set(faces)) > 1


def areas(ax: Axes) -> Any:
    """The areas of the markers of the points."""
    (markers,) = [each for each in ax.collections if isinstance(each, PathCollection)][:1]
    return markers.get_sizes()


def test_points_of_small_weight_are_small_where_weights_count() -> None:
    made = prior()
    ax = new_figure(4.0, 4.0).subplots()
    draw_points(ax, made)
    sizes = np.sort(areas(ax))
    weight = made.points.weight
    assert_close(sizes / sizes[-1], np.sort(np.maximum(weight / weight.max(), 0.2)), rel=1e-9)
    ax = new_figure(4.0, 4.0).subplots()
    draw_points(ax, disc())
    assert np.ptp(areas(ax)) == 0.0
