"""Pictures and tables: what they compute, that nothing overlaps or breaks, that equal designs give equal bytes."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from rich.console import Console

from multistatic.bounds.position import position_bound
from multistatic.bounds.sensing import sensing_network
from multistatic.design.compare import Comparison
from multistatic.design.result import Design
from multistatic.errors import MissingDependencyError
from multistatic.report.beam_pattern import beam_pattern_figure
from multistatic.report.comparison import comparison_figure, comparison_pictures
from multistatic.report.design_plan import enlargement
from multistatic.report.error_ellipse import error_ellipse
from multistatic.report.labels import Label, place_labels
from multistatic.report.linkage_tree import leaf_order
from multistatic.report.map import map_figure
from multistatic.report.pictures import design_pictures
from multistatic.report.radiation import bearings, mirror_azimuth_deg, radiated_power_w
from multistatic.report.rate_bars import rates_figure
from multistatic.report.style import new_figure, styled
from multistatic.report.summary import comparison_table, design_summary
from multistatic.report.wording import criterion_scale, percent, quantity
from multistatic.scenario.arrays import AntennaArray, linear_array, planar_array
from multistatic.scenario.model import GeodeticOrigin, Receiver, Scenario
from tests.support.close import close_to
from tests.support.handmade_design import design, infeasible, linkage_tree, scenario

# Designs that pictures have to survive


def placed(what: Scenario, places: list[list[float]], ids: tuple[str, ...] = ()) -> Scenario:
    names = ids or tuple(f"r{k + 1}" for k in range(len(places)))
    old = what.receivers[0]
    receivers = tuple(
        Receiver(id=name, position_m=np.array(place, float), array=old.array, rate_required_bps_hz=4.0)
        for name, place in zip(names, places, strict=True)
    )
    return replace(what, receivers=receivers)


def without_tree(made: Design) -> Design:
    assert made.selection is not None
    return replace(made, selection=replace(made.selection, tree=None))


def observed(made: Design) -> Design:
    """With the position bound that belongs to its beams."""
    assert made.beamforming is not None
    assert made.beamforming.beams is not None
    assert made.accuracy is not None
    network = sensing_network(made.scenario, made.channel, made.beamforming.beams.covariance_w)
    illumination_w = made.beamforming.beams.illumination_w(made.channel.steering_tx)[0]
    bound = position_bound(network, made.selected, illumination_w)
    return replace(made, accuracy=replace(made.accuracy, position=bound))


def mono() -> Design:
    made = without_tree(design(group=()))
    assert made.accuracy is not None
    alone = {
        "sensor_ids": ("transmitter",),
        "delay_std_s": np.array([1e-9]),
        "doppler_std_hz": np.array([np.inf]),
        "range_std_m": np.array([0.2998]),
        "range_rate_std_m_s": np.array([np.inf]),
        "block_snr": np.array([50.0]),
    }
    return replace(made, scheme="mono", selection=None, cost_m=0.0, accuracy=replace(made.accuracy, **alone))


def strange_ids() -> Design:
    ids = ("$x_1$", "[red]r[/]", "接收机", "a" * 64, "<svg>&amp;")
    places = [[10, 0, 0], [10.0, 0.01, 0], [-60, 20, 0], [30, -40, 0], [0, 90, 0]]
    return design(placed(scenario(count=5), places, ids), group=(0, 3))


def far_away() -> Design:
    what = scenario(count=4)
    shift = np.array([512_345.0, 5_400_678.0, 0])
    moved = placed(what, [list(receiver.position_m + shift) for receiver in what.receivers])
    transmitter = replace(what.transmitter, position_m=what.transmitter.position_m + shift)
    return design(
        replace(moved, transmitter=transmitter, target=replace(what.target, position_m=what.target.position_m + shift)),
        group=(0, 1),
    )


def different_rates() -> Design:
    what = scenario(count=6)
    receivers = tuple(replace(r, rate_required_bps_hz=float(k)) for k, r in enumerate(what.receivers))
    return design(replace(what, receivers=receivers), group=(1, 2))


def at_rest_overhead() -> Design:
    what = scenario(count=3, spatial=True)
    target = replace(what.target, position_m=np.array([0, 0, 80.0]), velocity_m_s=np.zeros(3))
    return design(
        replace(what, target=target, origin=GeodeticOrigin(latitude_deg=52.5, longitude_deg=13.4)), group=(0,)
    )


def one_antenna() -> Design:
    what = scenario(count=1, antennas=1)
    made = design(replace(what, name="n" * 64), group=(0,))
    return without_tree(made)


CASES = {
    "paper": lambda: observed(design()),
    "heights": lambda: observed(design(scenario(count=6, spatial=True), group=(0, 1, 2))),
    "many": lambda: design(scenario(count=70, antennas=16), group=(3, 30)),
    "bi": lambda: without_tree(design(group=(4,), scheme="bi")),
    "mono": mono,
    "strange ids": strange_ids,
    "far away": far_away,
    "different rates": different_rates,
    "at rest overhead": at_rest_overhead,
    "one antenna": one_antenna,
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_every_picture_can_be_drawn(case: str) -> None:
    pictures = design_pictures(CASES[case]())
    drawn = [f"{n}.{k}" for n in ("beam_pattern", "map", "rates") for k in ("png", "svg")]
    assert sorted(pictures) == sorted([*drawn, "captions.txt"])
    for name, data in pictures.items():
        if name.endswith("svg"):
            ElementTree.fromstring(data)
        elif name.endswith("png"):
            assert data.startswith(b"\x89PNG")


@pytest.mark.parametrize("case", CASES)
def test_every_table_can_be_printed(case: str) -> None:
    made = CASES[case]()
    text = printed(design_summary(made))
    assert made.scenario.name in text
    assert all(receiver.id[:20] in text for receiver in made.scenario.receivers)


def test_an_infeasible_design_has_no_pictures_and_a_message() -> None:
    assert design_pictures(infeasible()) == {}
    assert "The cooperation cost cannot be met." in printed(design_summary(infeasible()))


@pytest.mark.slow
def test_the_same_design_gives_the_same_pictures() -> None:
    assert design_pictures(design()) == design_pictures(design())


@pytest.mark.slow
def test_drawing_changes_no_settings_and_needs_no_window() -> None:
    before = dict(matplotlib.rcParams)
    design_pictures(design(scenario(count=3), group=(0,)))
    assert dict(matplotlib.rcParams) == before


@pytest.mark.slow
def test_drawing_chooses_no_backend_and_imports_no_pyplot() -> None:
    """In a process of its own: others may have imported it."""
    code = (
        "import sys, matplotlib\n"
        "from multistatic.report.style import new_figure, styled\n"
        "with styled():\n"
        "    new_figure(2.0, 1.0).subplots()\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "assert not isinstance(dict.__getitem__(matplotlib.rcParams, 'backend'), str)\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


@pytest.mark.slow
def test_text_stays_text_in_svg() -> None:
    svg = design_pictures(design())["map.svg"].decode()
    assert ">target</text>" in svg
    assert ">r10</text>" in svg


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependencyError, match=r"needs matplotlib, .* pip install matplotlib"):
        design_pictures(design())
    with pytest.raises(MissingDependencyError, match="pip install matplotlib"):
        comparison_pictures([], "peb")


# What the pictures compute


def test_power_towards_the_target_is_the_illumination() -> None:
    for what in (scenario(), scenario(spatial=True)):
        made = design(what, group=(0,))
        assert made.beamforming is not None
        assert made.beamforming.beams is not None
        where = bearings(what, what.target.position_m[None])
        power_w = radiated_power_w(what, made.beamforming.beams.weights, where.azimuth_deg, where.elevation_deg)
        assert power_w[0] == close_to(made.beamforming.illumination_w, rel=1e-12)


def test_the_beam_pattern_tells_the_power_towards_the_target_that_the_design_has() -> None:
    """Channels may give another steering vector than the array's geometry, by which the pattern is drawn."""
    made = design(scenario())
    turned = replace(made.channel, steering_tx=made.channel.steering_tx[:, ::-1].conj() * 2.0)
    given = replace(made, channel=turned)
    for each, drawn_by_geometry in ((made, False), (given, True)):
        power_w = each.beamforming.beams.illumination_w(each.channel.steering_tx)[0]
        texts = " ".join(text.get_text() for text in beam_pattern_figure(each).texts)
        assert f"EIRP of {10 * np.log10(power_w) + 30:.1f} dBm towards the target" in texts
        assert ("from the array's geometry" in texts) == drawn_by_geometry


def test_power_over_the_sphere_is_what_the_beams_send() -> None:
    """The mean of the EIRP over the sphere is tr S for half-wavelength elements on a line, whose patterns decouple."""
    made = design(scenario(count=4))
    assert made.beamforming is not None
    assert made.beamforming.beams is not None
    sine, weight = np.polynomial.legendre.leggauss(60)
    azimuth = np.arange(0, 360, 3.0)
    power_w = radiated_power_w(
        made.scenario, made.beamforming.beams.weights, azimuth[None, :], np.degrees(np.arcsin(sine))[:, None]
    )
    assert np.sum(weight * power_w.mean(axis=1)) / 2 == close_to(made.beamforming.power_w, rel=1e-9)


def test_bearings() -> None:
    what = scenario()
    where = bearings(what, np.array([[1, 1, 0], [0, -2, 2], [-3, 0, 0]], float))
    assert where.azimuth_deg == close_to([45, -90, 180])
    assert where.elevation_deg == close_to([0, 45, 0])


@pytest.mark.parametrize(
    ("array", "mirror"),
    [
        pytest.param(linear_array(8, 0.04), 120.0, id="along y"),
        pytest.param(linear_array(8, 0.04, (1, 0, 0)), -60.0, id="along x"),
        pytest.param(linear_array(8, 0.04, (1, 1, 0)), 30.0, id="diagonal"),
        pytest.param(planar_array((4, 4), 0.04), 120.0, id="wall"),
        pytest.param(planar_array((4, 4), 0.04, axes=((1, 0, 0), (0, 1, 0))), None, id="ground"),
        pytest.param(linear_array(4, 0.04, (0, 0, 1)), None, id="mast"),
        pytest.param(linear_array(1, 0.04), None, id="one element"),
    ],
)
def test_mirror_direction_is_seen_alike(array: AntennaArray, mirror: float | None) -> None:
    what = scenario()
    what = replace(what, transmitter=replace(what.transmitter, array=array))
    found = mirror_azimuth_deg(what, 60.0)
    assert found == (None if mirror is None else close_to(mirror))
    if found is not None:
        weights = np.random.default_rng(1).standard_normal((3, array.size, 2)) + 0j
        one, other = radiated_power_w(what, weights, np.array([60.0, found]), np.array([17.0, 17.0]))
        assert one == close_to(other, rel=1e-9)


def test_ellipse_has_the_position_error_bound_as_its_radius() -> None:
    made = observed(design())
    ellipse = error_ellipse(made)
    assert ellipse is not None
    assert made.accuracy is not None
    assert np.hypot(ellipse.semi_major_m, ellipse.semi_minor_m) == close_to(made.accuracy.position.peb_m, rel=1e-9)


def test_ellipse_is_long_where_the_group_measures_badly() -> None:
    """Two receivers on the transmitter's side measure the range along y, and across it next to nothing."""
    what = placed(scenario(), [[-1, 0, 0], [1, 0, 0]])
    what = replace(what, target=replace(what.target, position_m=np.array([0, 40.0, 0]), velocity_m_s=np.zeros(3)))
    ellipse = error_ellipse(observed(design(what, group=(0, 1))))
    assert ellipse is not None
    assert ellipse.semi_major_m > 20 * ellipse.semi_minor_m
    assert abs(np.sin(ellipse.direction_rad)) < 1e-6
    factor = enlargement(ellipse, 100.0)
    assert 2.8 <= factor * ellipse.semi_major_m <= 7.0
    assert str(factor).strip("0.")[0] in "125"


def test_no_ellipse_where_the_position_is_unobservable() -> None:
    assert error_ellipse(observed(design(group=(3,)))) is None
    assert error_ellipse(infeasible()) is None


# Layout


def texts_on(figure: Any) -> Iterator[Any]:
    figure.draw_without_rendering()
    for ax in figure.axes:
        yield from (text for text in ax.texts if text.get_text() and text.get_visible())


@pytest.mark.parametrize("seed", range(4))
def test_labels_of_a_map_do_not_overlap(seed: int) -> None:
    with styled():
        figure = map_figure(observed(design(scenario(count=20, antennas=20, seed=seed), group=(1, 5, 9))))
        boxes = [text.get_window_extent() for text in texts_on(figure)]
    assert len(boxes) == 23, "nodes and the scale bar"
    assert [1 for one, other in combinations(boxes, 2) if one.padded(-1.5).overlaps(other.padded(-1.5))] == []


def test_a_label_avoids_points_lines_and_the_frame() -> None:
    with styled():
        figure = new_figure(2, 2)
        ax = figure.add_axes((0.1, 0.1, 0.8, 0.8))
        ax.set(xlim=(0, 1), ylim=(0, 1))
        style = {"size": 8}
        places = ((0.97, 0.5), (0.2, 0.2), (0.4, 0.8), (0.5, 0.8))
        labels = [Label(x=x, y=y, text="name", distance_pt=4, style=style) for x, y in places]
        place_labels(ax, labels, [np.array([[0.2, 0.2], [0.8, 0.2]])])
        by_frame, by_line, by_point, _ = (text.get_window_extent() for text in ax.texts)
        assert by_frame.x1 <= ax.get_window_extent().x1
        assert not by_point.contains(*ax.transData.transform((0.5, 0.8)))
        row = ax.transData.transform((0.5, 0.2))[1]
        assert not (by_line.y0 < row < by_line.y1 and by_line.x1 > ax.transData.transform((0.2, 0.2))[0])


def test_long_names_stay_inside_the_figure() -> None:
    names = [f"a-rather-long-name-{k}" for k in range(6)]
    what = placed(scenario(), [[10.0 * k, 5.0 * k * k, 0] for k in range(1, 7)], tuple(names))
    with styled():
        for make in (map_figure, rates_figure):
            figure = make(design(what, group=(0, 1)))
            box = figure.get_tightbbox()
            width, height = figure.get_size_inches()
            assert min(box.x0, box.y0) >= -0.01
            assert box.x1 <= width + 0.01
            assert box.y1 <= height + 0.01


def test_branches_of_the_tree_do_not_cross() -> None:
    tree = linkage_tree(scenario(count=12))
    order = leaf_order(tree)
    assert sorted(order) == list(range(12))
    for members in tree.members:
        places = [order.index(leaf) for leaf in np.flatnonzero(members)]
        assert max(places) - min(places) == len(places) - 1


# Comparison


def row(name: str, value: float | None, gap: float | None, **changes: Any) -> Comparison:
    values = {"beamformer": "sca", "status": "feasible", "time_s": 0.5, "message": "", "design": None, **changes}
    return Comparison(selector=name, value=value, gap=gap, **values)


ROWS = (
    row("enumeration", 2.0e-3, 0.0, time_s=4e-4),
    row("greedy", 2.1e-3, 0.05, time_s=12.0),
    row("given", None, None, status="not run", message="design.given is missing"),
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "rows",
    [ROWS, ROWS[2:], (), (*ROWS, row("random", 0.9, 449.0), row("best_n", 2e-3, 0.0, beamformer="los_sdp"))],
    ids=["usual", "none done", "empty", "wide"],
)
@pytest.mark.parametrize("criterion", ["surrogate", "peb", "of another package"])
def test_comparisons_can_be_drawn_and_printed(rows: tuple[Comparison, ...], criterion: str) -> None:
    assert sorted(comparison_pictures(rows, criterion)) == ["captions.txt", "comparison.png", "comparison.svg"]
    text = printed(comparison_table(rows, criterion))
    for one in rows:
        assert one.selector in text
        assert one.message in text


def test_comparison_says_value_gap_and_time() -> None:
    text = printed(comparison_table(ROWS, "peb"))
    heads, units = (line.split("  ") for line in text.splitlines()[:2])
    assert [head.strip() for head in heads if head][-3:] == ["position error bound", "above best", "time"]
    assert " ".join(units).split() == ["receivers", "mm", "%", "ms"]
    (line,) = (line.split() for line in text.splitlines() if line.startswith("greedy"))
    assert line == ["greedy", "feasible", "–", "2.1", "+5", "12000.000"]
    assert "400 µs" not in text  # one unit a column
    with styled():
        words = {text.get_text() for text in texts_on(comparison_figure(ROWS, "peb"))}
    assert {"best", "+5 %", "not run", "400 µs", "12 s"} <= words


# Tables and wording


def printed(table: Any, width: int = 160) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width, color_system=None).print(table)
    return stream.getvalue()


def test_a_comparison_breaks_no_name_on_a_terminal_of_80_columns() -> None:
    rows = tuple(replace(row, selector="branch_and_bound", beamformer="value_function") for row in ROWS)
    rows = (*rows, replace(rows[0], beamformer="sca"))
    text = printed(comparison_table(rows, "peb"), 80)
    assert sum(line.split()[:2] == ["branch_and_bound", "value_function"] for line in text.splitlines()) == 3
    assert all(len(line) <= 80 for line in text.splitlines())


def test_summary_says_what_was_designed() -> None:
    text = printed(design_summary(design()))
    for words in (
        "feasible",
        "r2, r3, r5 (3 of 10)",
        "181.5 m, at most 200 m",
        "820 mm; 310 mm with angles of arrival",
        "1.9 m/s with angles of arrival; unobservable without them",
        "One Doppler short.",
        "passed: constraints and figures recomputed from the beams; largest relative difference 3.0e-09",
    ):
        assert words in text


def test_numbers_and_names_keep_together_in_a_narrow_terminal() -> None:
    made = strange_ids()
    narrow, wide = printed(design_summary(made), 80), printed(design_summary(made), 500)
    assert max(map(len, narrow.splitlines())) <= 80
    words = narrow.split()
    assert [word for word in wide.split() if word not in words and "─" not in word] == []


def test_summary_gives_ranges_and_range_rates_with_the_clocks() -> None:
    """A dash for what is not measured, a word for what a clock spoils."""
    made = design(scenario(count=3), group=(0, 1, 2))
    assert made.accuracy is not None
    accuracy = replace(
        made.accuracy,
        delay_std_s=np.array([1e-9, np.inf, 1e-9]),
        doppler_std_hz=np.array([100.0, 1.0, 1.0]),
        range_std_m=np.array([0.3, np.inf, np.inf]),
        range_rate_std_m_s=np.array([8.57, 0.0857, np.inf]),
    )
    lines = printed(design_summary(replace(made, accuracy=accuracy))).splitlines()
    found = [next(line for line in lines if line.split()[:2] == ["●", name]) for name in ("r1", "r2", "r3")]
    assert [line.split()[-2:] for line in found] == [["300", "8.570"], ["–", "0.086"], ["unknown", "unknown"]]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "m", "–"),
        (0.0, "m", "0 m"),
        (1.0, "m", "1 m"),
        (0.99996, "m", "1 m"),
        (0.0123, "s", "12.3 ms"),
        (3.131e-4, "m", "313 µm"),
        (999.4, "W", "999 W"),
        (999.6, "W", "1 kW"),
        (1e-15, "W", "0.001 pW"),
        (2.5e12, "Hz", "2500 GHz"),
        (-0.02, "m", "-20 mm"),
    ],
)
def test_quantities(value: float | None, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


@pytest.mark.parametrize(
    ("ratio", "text"), [(None, "–"), (0.0, "0 %"), (1e-9, "0 %"), (0.032, "+3.2 %"), (12.4, "+1240 %"), (0.3, "+30 %")]
)
def test_percentages(ratio: float | None, text: str) -> None:
    assert percent(ratio) == text


def test_scales_of_criteria() -> None:
    assert criterion_scale("peb", 3e-4) == (close_to(1e6), "position error bound (µm)")
    assert criterion_scale("surrogate", 3e-9) == (close_to(1e9), "surrogate U (×10⁻⁹)")
    assert criterion_scale("mine", 5.0) == (1.0, "mine")
