"""Pictures of designs over points: outlines, colours and the worst point are where they belong; texts can be read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.text import Text

from multistatic import draw_map
from multistatic.design.result import Design
from multistatic.report.beam_pattern import beam_pattern_figure, draw_beam_pattern
from multistatic.report.error_ellipse import PLAN, SIDE
from multistatic.report.labels import Label, place_labels
from multistatic.report.map import map_figure
from multistatic.report.map_extent import ellipses, enlarged_target, shown_places, worst_of_target
from multistatic.report.map_points import PointColours, point_colours
from multistatic.report.picture_layout import legend_entries
from multistatic.report.rate_bars import rates_figure
from multistatic.report.style import PICTURE_WIDTHS, PictureStyle, new_figure, styled
from multistatic.report.target_outline import outlines
from multistatic.report.target_sectors import Sector, reference_direction, sectors
from multistatic.scenario.model import Target
from multistatic.scenario.uncertain_target import TargetArea, TargetPrior
from tests.support.close import assert_close, close_to
from tests.support.handmade_design import design
from tests.support.picture_geometry import picture_faults
from tests.support.uncertain_designs import UNCERTAIN, box, disc, far_targets, prior, several

MAKERS: dict[str, Any] = {"map": map_figure, "beam_pattern": beam_pattern_figure}


def words_on(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.findobj(Text))


def coloured(figure: Figure) -> PathCollection:
    """The points of the plan, which have a colour by value."""
    found = figure.axes[0].collections
    (markers,) = [each for each in found if isinstance(each, PathCollection) and each.get_array() is not None]
    return markers


def colours_of(made: Design) -> PointColours:
    found = point_colours(made)
    assert found is not None
    return found


# What is written can be read


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(UNCERTAIN)), ids=list(UNCERTAIN))
def test_texts_are_inside_apart_and_large_enough(number: int) -> None:
    """Each design in two widths, one for each picture: all widths occur for both."""
    made = list(UNCERTAIN.values())[number]()
    with styled():
        for turn, make in enumerate(MAKERS.values()):
            width = PICTURE_WIDTHS[(number + turn) % len(PICTURE_WIDTHS)]
            assert picture_faults(make(made, PictureStyle(width))) == []


def test_rates_are_drawn_as_ever() -> None:
    with styled():
        assert picture_faults(rates_figure(several(), PictureStyle("column"))) == []


# Colours of the points


def test_every_point_has_the_colour_of_its_value_and_the_worst_has_a_ring() -> None:
    made = disc()
    over = made.over_points
    assert over is not None
    with styled():
        figure = map_figure(made)
    markers = coloured(figure)
    at = {tuple(place): value for place, value in zip(markers.get_offsets().data, markers.get_array(), strict=True)}  # type: ignore[union-attr]
    for place, value in zip(made.points.position_m, over.value, strict=True):
        assert at[tuple(place[:2])] == close_to(value, rel=1e-12)
    (ring,) = [each for each in figure.axes[0].collections if each.get_label() == "worst point"]
    np.testing.assert_array_equal(ring.get_offsets(), made.points.position_m[over.worst][None, :2])
    assert "position error bound (m), each point" in words_on(figure)


def test_of_points_above_each_other_the_worst_is_seen() -> None:
    made = box()
    with styled():
        markers = coloured(map_figure(made))
    values = np.asarray(markers.get_array())
    assert np.all(np.diff(values) >= 0)  # drawn in this order
    assert len(values) == made.points.count - 1


def test_a_point_where_the_target_is_unobservable_is_a_cross() -> None:
    made = box()
    with styled():
        figure = map_figure(made)
    (crosses,) = [each for each in figure.axes[0].collections if each.get_label() == "target unobservable there"]
    np.testing.assert_array_equal(crosses.get_offsets(), made.points.position_m[[7], :2])
    assert np.isnan(colours_of(made).value[7])


def test_values_of_more_than_a_decade_get_a_logarithmic_scale() -> None:
    made = disc()
    over = made.over_points
    assert over is not None
    assert not isinstance(colours_of(made).norm, LogNorm)
    wide = replace(made, over_points=replace(over, value=np.geomspace(1e-3, 5.0, made.points.count)))
    found = colours_of(wide)
    assert isinstance(found.norm, LogNorm)
    assert np.all((found.ticks >= 1e-3) & (found.ticks <= 5.0))
    assert 2 <= len(found.ticks) <= 6


def test_values_that_are_all_the_same_have_a_scale() -> None:
    made = disc()
    assert made.over_points is not None
    same = replace(made, over_points=replace(made.over_points, value=np.full(made.points.count, 0.25)))
    with styled():
        assert picture_faults(map_figure(same)) == []


def test_one_exactly_known_target_has_neither_colours_nor_outline() -> None:
    assert point_colours(design()) is None
    with styled():
        figure = map_figure(design())
        assert "worst point" not in words_on(figure)
        assert [each for each in figure.axes[0].collections if each.get_array() is not None] == []


# Outlines


def test_outlines_of_areas() -> None:
    middle = np.array([5.0, -3.0, 40.0])
    (circle,) = outlines(Target(position_m=middle, area=TargetArea(kind="disc", radius_m=7.0)))
    assert_close(np.linalg.norm(circle - middle[:2], axis=1), np.full(len(circle), 7.0), rel=1e-12)
    flat = TargetArea(kind="box", size_m=np.array([10.0, 4.0, 6.0]))
    (plan,), (side,) = (outlines(Target(position_m=middle, area=flat), view) for view in (PLAN, SIDE))
    assert (plan.min(axis=0).tolist(), plan.max(axis=0).tolist()) == ([0.0, -5.0], [10.0, -1.0])
    assert (side.min(axis=0).tolist(), side.max(axis=0).tolist()) == ([0.0, 37.0], [10.0, 43.0])
    assert all(np.array_equal(curve[0], curve[-1]) for curve in (circle, plan, side))
    assert outlines(Target(position_m=middle)) == []


def test_ellipses_of_a_prior_are_one_and_three_standard_deviations() -> None:
    covariance_m2 = np.array([[9.0, 4.0, 0.0], [4.0, 16.0, 0.0], [0.0, 0.0, 25.0]])
    target = Target(position_m=np.array([1.0, 2.0, 3.0]), prior=TargetPrior(position_covariance_m2=covariance_m2))
    for view in (PLAN, SIDE):
        rows = list(view)
        for sigmas, curve in zip((1.0, 3.0), outlines(target, view), strict=True):
            away = curve - target.position_m[rows]
            spread = np.einsum("ni,ij,nj->n", away, np.linalg.inv(covariance_m2[np.ix_(rows, rows)]), away)
            assert_close(spread, np.full(len(curve), sigmas**2), rel=1e-9)


def test_the_map_shows_all_of_an_area_and_all_points() -> None:
    for make in UNCERTAIN.values():
        made = make()
        with styled():
            ax = map_figure(made).axes[0]
        (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
        every = np.vstack([made.points.position_m[:, :2], *(c for t in made.scenario.targets for c in outlines(t))])
        assert np.all((every >= (left, low)) & (every <= (right, high)))
        assert len(shown_places(made)) >= made.points.count


# Targets and ellipses


def test_several_targets_have_their_names_and_an_ellipse_each_at_their_worst_point() -> None:
    made = several()
    over = made.over_points
    assert over is not None
    with styled():
        figure = map_figure(made)
    for name in ("car", "quadcopter…ding-ramp", "person"):
        assert name in words_on(figure)
    assert [int(np.flatnonzero((made.points.position_m == place).all(axis=1))[0]) for place, _ in ellipses(made)] == [
        0,
        1 + int(np.argmax(over.value[1:6])),
        6,
    ]
    assert worst_of_target(made, 1) == over.worst


def test_points_close_together_are_drawn_once_more() -> None:
    with styled():
        panels = map_figure(several()).axes
    assert "Points of quadcopter…ding-ramp, enlarged ×5.3" in [ax.get_title(loc="left") for ax in panels]
    assert (enlarged_target(several()), enlarged_target(box()), enlarged_target(far_targets())) == (1, None, None)
    assert enlarged_target(design()) is None


def test_a_map_in_own_axes_has_everything_in_its_legend() -> None:
    with styled():
        ax = new_figure(5.0, 5.0).add_axes((0.1, 0.1, 0.8, 0.8))
        draw_map(ax, prior())
        entries = " ".join(legend_entries([ax]))
    for words in ("mean of the prior", "prior, 1σ and 3σ", "worst point", "mm (light) to", "mm (dark)"):
        assert words in entries


def test_the_caption_says_where_the_worst_point_is_and_what_the_design_for_the_middle_reaches() -> None:
    with styled():
        _, *caption = str(map_figure(disc()).get_label()).split("\n")
    assert "Worst point: (30.0, 50.0) m." in caption
    assert any(line.startswith("The design for the middle alone: position error bound 4.69 m") for line in caption)


def test_labels_stay_off_markers_without_a_label() -> None:
    """A label would stand right of its point; markers there drive it to another side."""
    with styled():
        ax = new_figure(4.0, 4.0).add_axes((0.0, 0.0, 1.0, 1.0))
        ax.set(xlim=(0, 1), ylim=(0, 1))
        label = Label(x=0.5, y=0.5, text="name", distance_pt=5.0, style={"size": 8})
        place_labels(ax, [label])
        place_labels(ax, [label], markers=np.array([[0.56, 0.5], [0.6, 0.5]]))
        free, driven = (text.get_window_extent() for text in ax.texts)
        right = ax.transData.transform((0.56, 0.5))
    assert free.contains(*right)
    assert not driven.padded(2.0).contains(*right)


# Directions


def test_a_sector_holds_all_directions_of_its_points() -> None:
    for make in UNCERTAIN.values():
        made = make()
        for number, sector in enumerate(sectors(made)):
            own = made.points.position_m[made.points.target == number] - made.scenario.transmitter.position_m
            azimuth = np.degrees(np.arctan2(own[:, 1], own[:, 0]))
            inside = np.array([any(a - 1e-9 <= each <= b + 1e-9 for a, b in sector.parts()) for each in azimuth])
            assert inside.all()
            assert sector.exact == made.scenario.targets[number].exact


def test_a_sector_across_the_negative_x_axis_is_the_small_one() -> None:
    made = several()
    scenario = replace(
        made.scenario,
        targets=(replace(made.scenario.targets[1], position_m=np.array([-50.0, 0.0, 0.0])),),
    )
    points = replace(
        made.points.at(0),
        position_m=np.array([[-50.0, 6.0, 0.0], [-50.0, -6.0, 0.0], [-44.0, 0.0, 0.0]]),
        velocity_m_s=np.zeros((3, 3)),
        weight=np.ones(3),
        target=np.zeros(3, int),
    )
    (sector,) = sectors(replace(made, scenario=scenario, points=points))
    edge = np.degrees(np.arctan(6 / 50))
    assert (sector.first_deg, sector.last_deg) == (close_to(180 - edge, rel=1e-9), close_to(180 + edge, rel=1e-9))
    assert abs(sector.middle_deg) == close_to(180.0, rel=1e-9)
    assert len(sector.parts()) == 2


def test_an_exactly_known_direction_is_no_sector() -> None:
    assert Sector(first_deg=30.0, last_deg=30.0, name="a").exact
    assert [each.exact for each in sectors(several())] == [True, False, True]


def test_the_cut_of_the_beam_pattern_goes_through_the_worst_point() -> None:
    made = box()
    over = made.over_points
    assert over is not None
    away = made.points.position_m[over.worst] - made.scenario.transmitter.position_m
    at = reference_direction(made)
    assert at.elevation_deg[0] == close_to(float(np.degrees(np.arcsin(away[2] / np.linalg.norm(away)))), rel=1e-9)
    with styled():
        figure = beam_pattern_figure(made)
    assert "the elevation of the worst point" in words_on(figure)


def test_the_beam_pattern_marks_where_targets_may_be_and_states_the_power_there() -> None:
    made = several()
    assert made.beamforming is not None
    assert made.beamforming.beams is not None
    power_dbm = 10 * np.log10(made.beamforming.beams.illumination_w(made.channel.steering_tx)) + 30
    with styled():
        figure = beam_pattern_figure(made)
        ax = new_figure(5.0, 3.0).add_axes((0.1, 0.1, 0.8, 0.8))
        draw_beam_pattern(ax, made)
        entries = list(legend_entries([ax]))
    assert str(figure.get_label()).startswith(
        f"Beam pattern: EIRP of {power_dbm.min():.1f} to {power_dbm.max():.1f} dBm where the targets may be"
    )
    assert "azimuths where the target may be" in entries
    assert "azimuth of the target" in entries
