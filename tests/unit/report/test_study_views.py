"""How studies are drawn: what is swept decides between lines, rows, heatmap and map, and everything has its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from multistatic.files.study_file import run_into, run_study
from multistatic.files.study_reader import read_results
from multistatic.report.axis_labels import explained_methods, key_label, method_label, setting_label, value_label
from multistatic.report.study_places import placed_points
from multistatic.report.study_plots import Extras, StatedValue, study_figure, study_figures
from multistatic.report.study_scale import metric_axis, tick_label
from multistatic.report.study_view import StudyView, study_view
from multistatic.report.style import PICTURE_WIDTHS, PictureStyle, PictureWidth, styled
from multistatic.study.results import StudyResults
from multistatic.study.workers import ThisProcess
from tests.support.close import assert_close
from tests.support.picture_geometry import picture_faults
from tests.support.studies import invented, quick

THREE = 'compare = [{ selector = ["greedy", "kmeans"] }, { name = "best single receiver", scheme = "bi" }]\n'
SIXTEEN = [[float(7 * k % 60 - 20), float(11 * k % 50 + 5)] for k in range(16)]
FORTY = [[52.521 + 2e-4 * (k // 8), 13.412 + 3e-4 * (k % 8) + 1e-5 * (k % 3), 110.0 + 5 * (k % 3)] for k in range(40)]
STUDIES = {
    "one number": THREE + "sweep.transmitter.antennas = [6, 9, 12]",
    "long and short": THREE
    + "sweep.transmitter.power_dbm = [0, 10, 20, 30]\nsweep.requirements.cooperation_cost_m = [100.0, 200.0]",
    "one method": "sweep.transmitter.power_dbm = [0, 10, 20, 30]\nsweep.transmitter.antennas = [4, 8]",
    "two numbers": THREE
    + "sweep.transmitter.power_dbm = { start = -10, stop = 40, step = 5 }\n"
    + "sweep.transmitter.antennas = { start = 2, stop = 20, step = 2 }",
    "two numbers, annotated": "sweep.radio.bandwidth_hz = [1e6, 2e6, 5e6, 1e7, 2e7, 5e7]\n"
    + "sweep.receivers.clock_offset_std_s = [0.0, 1e-10, 1e-9, 1e-8, 3e-8, 1e-7]",
    "places": THREE + f"sweep.target.position_m = {SIXTEEN}\nsweep.requirements.cooperation_cost_m = [100.0, 200.0]",
    "latitude and longitude": f'scenario = "city"\nsweep.target.position_llh = {FORTY}',
    "two entries": '[sweep]\n"target.position_m[1]" = [20, 30, 40]\n"target.position_m[0]" = [-10, 5, 20, 35]',
    "three entries": 'scenario = "city"\n[sweep]\n"target.position_llh[0]" = [52.521, 52.522]\n'
    + '"target.position_llh[1]" = [13.412, 13.413, 13.414]\n"target.position_llh[2]" = [100.0, 130.0]',
    "nothing": THREE,
    "words": THREE + 'sweep.radio.pulse = ["cosine", "half_sine"]\nsweep.design.criterion = ["peb", "published"]',
    "vectors": THREE + "sweep.receivers.random.radius_m = [[1.0, 20.0], [1.0, 100.0], [50.0, 200.0]]",
    "together": THREE
    + 'combine = "zip"\nsweep.transmitter.power_dbm = [10, 20, 30]\nsweep.transmitter.antennas = [16, 8, 4]',
    "many panels": THREE
    + "sweep.transmitter.power_dbm = [10, 20, 30, 35, 37, 40]\nsweep.transmitter.antennas = [4, 8, 16, 20]\n"
    + "sweep.requirements.cooperation_cost_m = [100.0, 150.0, 200.0, 300.0]",
    "long names": "sweep.transmitter.antennas = [4, 8]\n[[compare]]\n"
    + 'name = "the method of the earlier report, with swaps between receivers"\nselector = "greedy"\n[[compare]]\n'
    + 'selector = ["minimax_linkage", "kmeans", "branch_and_bound", "local_search", "nearest_n", "random"]',
}
KINDS = {
    "one number": "lines",
    "long and short": "lines",
    "one method": "lines",
    "two numbers": "heatmap",
    "two numbers, annotated": "heatmap",
    "places": "map",
    "latitude and longitude": "map",
    "two entries": "map",
    "three entries": "map",
    "nothing": "rows",
    "words": "rows",
    "vectors": "rows",
    "together": "lines",
    "many panels": "lines",
    "long names": "lines",
}


@cache
def results_of(kind: str, trials: int = 1) -> StudyResults:
    """Invented results of one of the studies."""
    text = STUDIES[kind]
    head = "" if "scenario" in text else 'scenario = "paper"\n'
    text = f'name = "a study"\ntrials = {trials}\nmetrics = ["peb_m", "receivers", "feasible"]\n{head}{text}'
    with TemporaryDirectory() as name:
        folder = Path(name)
        run_into(folder / "a.sqlite", quick(folder, text=text), lambda: ThisProcess(invented))
        return read_results(folder / "a.sqlite")


def with_values(results: StudyResults, values: np.ndarray) -> StudyResults:
    """The same with `values` [points, methods] in every trial and metric."""
    return replace(results, values=np.broadcast_to(values[..., None, None], results.values.shape).copy())


def numbered(results: StudyResults) -> np.ndarray:
    """A value of its own for each point and method."""
    points, methods = len(results.settings), len(results.methods)
    return 1.0 + np.arange(points)[:, None] + 1000.0 * np.arange(methods)


def shown(view: StudyView) -> list[tuple[int, int]]:
    """All (point, method) that the panels of a view show."""
    return [pair for panel in view.panels for pair in panel.pairs]


def picture(results: StudyResults, metric: str = "peb_m") -> Figure:
    with styled():
        figure = study_figure(results, results.metric_index(metric))
        figure.canvas.draw()
        return figure


def words(texts: Iterable[object]) -> list[str]:
    return [text.get_text() for text in texts]  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", STUDIES)
def test_what_is_swept_decides_how_it_is_drawn_and_every_cell_is(kind: str) -> None:
    results = results_of(kind)
    view = study_view(results)
    assert view.kind == KINDS[kind]
    if kind != "nothing":  # where the rows are the methods
        every = list(np.ndindex(len(results.settings), len(results.methods)))
        assert sorted(shown(view)) == every, "each point and method once"


@pytest.mark.slow
@pytest.mark.parametrize("kind", STUDIES)
@pytest.mark.parametrize("width", PICTURE_WIDTHS)
def test_pictures_of_all_kinds_are_legible_in_all_widths(kind: str, width: PictureWidth) -> None:
    results = results_of(kind, trials=6)
    values, status = results.values.copy(), results.status.copy()
    if len(results.settings) > 3:  # one point without a design, and one method without a value
        values[1, 0], status[1, 0] = np.nan, "infeasible"
    if len(results.methods) == 3:
        values[:, 2, :, 0] = np.nan
    results = replace(results, values=1e-5 * values, status=status)
    with styled():
        for metric in range(1 if kind == "many panels" else len(results.metrics)):
            # Of two neighbouring widths, and of two neighbouring metrics, one has a title.
            title = (metric + PICTURE_WIDTHS.index(width)) % 2 == 0
            for figure in study_figures(results, metric, style=PictureStyle(width, title)):
                assert picture_faults(figure) == []
                assert title or not figure.texts
                wide = {"column": 3.5, "double-column": 7.16}.get(width)
                assert wide is None or abs(figure.get_size_inches()[0] - wide) < 1e-9


@pytest.mark.slow
def test_long_lists_of_rows_have_a_page_for_each_part(tmp_path: Path) -> None:
    swept = f"sweep.target.velocity_m_s = {[[float(k), 1.0] for k in range(40)]}"
    run_into(
        tmp_path / "a.sqlite",
        quick(tmp_path, text=f'scenario = "paper"\ntrials = 1\nmetrics = ["peb_m"]\n{swept}'),
        lambda: ThisProcess(invented),
    )
    with styled():
        pages = study_figures(read_results(tmp_path / "a.sqlite"), 0)
        assert [picture_faults(figure) for figure in pages] == [[], []]
    names = [words(figure.axes[0].get_yticklabels()) for figure in pages]
    assert [len(each) for each in names] == [30, 10]
    assert (names[0][0], names[1][-1]) == ("(0, 1)", "(39, 1)")
    assert pages[1].axes[0].get_title(loc="left") == "values 31 to 40 of 40"


@pytest.mark.slow
def test_pages_hold_every_panel_once() -> None:
    results = results_of("many panels")
    with styled():
        pages = study_figures(results, 0)
    assert [len(figure.axes) for figure in pages] == [12, 4]
    titles = [ax.get_title(loc="left") for figure in pages for ax in figure.axes]
    assert titles == [
        f"transmit antennas {antennas}, cooperation cost limit {limit} m"
        for antennas in (4, 8, 16, 20)
        for limit in (100, 150, 200, 300)
    ]


def test_a_line_goes_through_the_values_in_the_unit_of_the_axis() -> None:
    results = results_of("one number")
    values = np.array([[3.0, 1.0, 7.0], [2.0, 4.0, 8.0], [5.0, 6.0, 9.0]])
    figure = picture(with_values(results, 1e-5 * values))
    (ax,) = figure.axes
    assert ax.get_ylabel() == "position error bound (µm)"
    assert ax.get_xlabel() == "transmit antennas"
    assert words(ax.get_xticklabels()) == ["6", "9", "12"]
    for line, expected in zip(ax.lines, values.T, strict=True):
        assert_close(line.get_xdata(), [6, 9, 12])
        assert_close(line.get_ydata(), 10 * expected, rel=1e-12)
    assert words(figure.legends[0].get_texts()) == ["greedy", "kmeans", "best single receiver"]


def test_short_key_of_one_method_is_told_by_colour() -> None:
    results = results_of("one method")
    figure = picture(with_values(results, numbered(results)))
    (ax,) = figure.axes
    assert words(figure.legends[0].get_texts()) == ["transmit antennas 4", "transmit antennas 8"]
    assert_close([line.get_ydata() for line in ax.lines], [[1, 3, 5, 7], [2, 4, 6, 8]])


def test_a_heatmap_has_each_value_in_its_cell() -> None:
    results = results_of("two numbers, annotated")
    ax, bar = picture(with_values(results, numbered(results))).axes
    (mesh,) = ax.collections
    # Bandwidth along x, clock offset upwards; the last swept key varies fastest.
    assert_close(mesh.get_array(), numbered(results).reshape(6, 6).T)
    assert words(ax.get_xticklabels()) == ["1", "2", "5", "10", "20", "50"]
    assert words(ax.get_yticklabels()) == ["0", "0.1", "1", "10", "30", "100"]
    assert ax.get_xlabel() == "bandwidth B (MHz)"
    assert ax.get_ylabel().replace("\n", " ") == "clock offset, standard deviation (ns)"
    assert words(ax.texts)[:7] == ["1", "7", "13", "19", "25", "31", "2"]
    assert bar.get_xlabel() == "position error bound (m)"


def test_a_cell_without_a_value_is_crossed() -> None:
    results = results_of("two numbers, annotated")
    values = numbered(results)
    values[8] = np.nan  # the third clock offset at the second bandwidth
    figure = picture(with_values(results, values))
    (cross,) = figure.axes[0].lines
    assert_close(np.ravel(cross.get_data()), [1.0, 2.0])
    assert words(figure.legends[0].get_texts()) == ["no value"]


def points_of(ax: Axes) -> dict[tuple[float, float], float]:
    """Value at each place that a map draws as a point."""
    (points,) = [each for each in ax.collections if each.get_array() is not None]
    places = np.asarray(points.get_offsets()).round(6)
    return {(float(x), float(y)): float(v) for (x, y), v in zip(places, np.asarray(points.get_array()), strict=True)}


@pytest.mark.slow
def test_a_map_has_each_value_at_its_place() -> None:
    results = results_of("places")
    figure = picture(with_values(results, 1e-2 * numbered(results)))
    panels = figure.axes[:-1]
    assert len(panels) == 6
    for number, ax in enumerate(panels):
        limit, method = divmod(number, 3)
        expected = {(x, y): 1.0 + 2 * k + limit + 1000 * method for k, (x, y) in enumerate(SIXTEEN)}
        assert_close([points_of(ax)[place] for place in expected], 1e-2 * np.array(list(expected.values())))
        assert ax.get_aspect() == 1.0
    assert panels[4].get_title(loc="left") == "kmeans, cooperation cost limit 200 m"
    assert words(figure.legends[0].get_texts()) == ["transmitter"]
    assert "Receivers are not drawn: their places are random, anew in every trial." in " ".join(words(figure.texts))


def test_two_entries_of_a_place_make_cells_in_metres() -> None:
    results = results_of("two entries")
    ax = picture(with_values(results, numbered(results))).axes[0]
    (mesh,) = [each for each in ax.collections if each.get_array() is not None]
    # y is swept first: four x for each.
    assert_close(mesh.get_array(), np.arange(1.0, 13.0).reshape(3, 4))
    corners = mesh.get_coordinates()  # type: ignore[attr-defined]
    assert_close(corners[0, 0], [-17.5, 15.0])
    assert_close(corners[-1, -1], [42.5, 45.0])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x (m)", "y (m)")


def test_places_at_several_heights_have_a_panel_for_each() -> None:
    results = results_of("three entries")
    panels = picture(results).axes[:-1]
    assert [ax.get_title(loc="left") for ax in panels] == ["height 100 m", "height 130 m"]
    assert panels[0].get_ylabel() == "north (m)"


def test_latitude_and_longitude_are_drawn_in_metres_with_the_sites() -> None:
    results = results_of("latitude and longitude")
    places = placed_points(results, "target")
    assert places is not None
    # One ten-thousandth of a degree of latitude is 11.13 m, of longitude 6.79 m at this latitude.
    east, north, _ = (places.position_m[9] - places.position_m[0]).T
    assert_close([east, north], [3 * 6.79, 2 * 11.13], rel=0.002)
    assert [(kind, len(at)) for kind, at in places.sites] == [("transmitter", 1), ("receivers", 7)]
    figure = picture(results)
    assert words(figure.legends[0].get_texts()) == ["transmitter", "receivers"]
    caption = " ".join(words(figure.texts))
    assert "Heights of the places, which the map does not show: 110 to 120 m." in caption


def test_keys_that_change_together_are_named() -> None:
    figure = picture(results_of("together"))
    assert figure.axes[0].get_xlabel() == "transmit power (dBm)"
    assert "Along with it changes: transmit antennas, from 16 to 4." in " ".join(words(figure.texts))


def test_vectors_are_rows_with_their_values() -> None:
    results = results_of("vectors")
    (ax,) = picture(with_values(results, numbered(results))).axes
    assert words(ax.get_yticklabels()) == ["(1, 20)", "(1, 100)", "(50, 200)"]
    assert ax.get_ylabel().replace("\n", " ") == "radius of the random receivers (m)"
    first, second, third = (line for line in ax.lines if len(np.atleast_1d(line.get_xdata())))
    assert_close([line.get_xdata() for line in (first, second, third)], 1e-3 * numbered(results).T)
    assert ax.get_ylim()[0] > ax.get_ylim()[1], "the first row is at the top"


def test_a_study_of_one_point_has_a_row_for_each_method() -> None:
    results = results_of("nothing")
    values = results.values.copy()
    values[:, 2, :, 0] = np.nan
    figure = picture(replace(results, values=values))
    assert words(figure.axes[0].get_yticklabels()) == ["greedy", "kmeans", "best single receiver"]
    assert words(figure.axes[0].texts) == ["no value"]
    assert not figure.legends


def test_counts_have_whole_numbers_at_their_axis() -> None:
    results = results_of("one number")
    values = np.array([[3.0, 3.5, 4.0]] * 3)
    (ax,) = picture(with_values(results, values), "receivers").axes
    assert words(ax.get_yticklabels()) == ["2", "3", "4", "5"]


def test_published_values_are_stars_where_they_belong() -> None:
    results = results_of("one number")
    stated = (StatedValue(method="greedy", at=12, value=2e-3), StatedValue(method="kmeans", at=6, value=1e-3))
    extras = Extras(stated=stated, words=("Stars: published.",))
    with styled():
        (figure,) = study_figures(with_values(results, np.full((3, 3), 1.5e-3)), 0, extras)
        assert picture_faults(figure) == []
    (ax,) = figure.axes
    stars = [tuple(np.ravel(each.get_offsets())) for each in ax.collections if len(each.get_offsets())]
    assert_close(stars, [(12, 2.0), (6, 1.0)])
    assert words(figure.legends[0].get_texts())[-1] == "stated in the paper"
    assert "Stars: published." in " ".join(words(figure.texts))


@pytest.mark.parametrize(
    ("drawn", "label", "ticks"),
    [
        ([193e-6, 2e-4, 10e-3], "position error bound (mm)", ["0.2", "0.5", "1", "2", "5", "10"]),
        ([10e-6, 12e-6], "position error bound (µm)", ["10", "10.5", "11", "11.5", "12"]),
        ([1e-9, 1.0], "position error bound (m)", ["10⁻⁸", "10⁻⁶", "10⁻⁴", "10⁻²", "10⁰"]),
        ([0.25, 0.25], "position error bound (mm)", ["240", "245", "250", "255", "260"]),
    ],
)
def test_an_axis_has_the_unit_of_its_largest_value(drawn: list[float], label: str, ticks: list) -> None:
    scale = metric_axis(results_of("one number"), 0, drawn)
    assert scale.label == label
    assert scale.tick_labels == ticks


def test_keys_and_values_are_in_words() -> None:
    assert key_label("target.position_m[0]") == "target position, x (m)"
    assert key_label("target.position_llh[0]") == "target latitude (°)"
    assert key_label("target.position_llh") == "target position"
    assert key_label("receivers.site[3].position_m[1]") == "receiver site [3] position, y (m)"
    assert key_label("design.options.kmeans.restarts") == "restarts of k-means"
    assert setting_label("target.velocity_m_s", "[1.0, -2.5]") == "target velocity (1, −2.5) m/s"
    assert setting_label("radio.bandwidth_hz", 1e8) == "bandwidth B 100 MHz"
    assert value_label("radio.pulse", "half_sine") == "half sine"
    assert value_label("design.alternate", True) == "yes"
    assert method_label("minimax_linkage + los_sdp") == "minimax_linkage + los_sdp"
    assert explained_methods(["minimax_linkage + los_sdp", "greedy"]) == (
        "minimax_linkage + los_sdp: minimax linkage + line-of-sight SDP."
    )
    assert explained_methods(["greedy", "local_search"]) == ""
    assert [tick_label(value) for value in (0.0, -5.0, 2e-9, 1e6)] == ["0", "−5", "2·10⁻⁹", "10⁶"]


def test_a_height_with_a_single_place_has_its_panel(tmp_path: Path) -> None:
    """Four places of which one is higher: its panel has one point of a finite size."""
    text = 'scenario = "city"\nsweep.target.position_llh = '
    text += "[[52.521, 13.412, 130.0], [52.522, 13.413, 130.0], [52.523, 13.414, 130.0], [52.521, 13.412, 150.0]]"
    file = tmp_path / "heights.toml"
    file.write_text(text + '\ntrials = 1\nmetrics = ["peb_m"]\n', encoding="utf-8")
    results = run_study(file, tmp_path / "heights.sqlite", workers=1)
    figure = picture(results)
    assert [ax.get_title(loc="left") for ax in figure.axes[:-1]] == ["height 130 m", "height 150 m"]
    (alone,) = [each for each in figure.axes[1].collections if each.get_array() is not None]
    assert 25.0 <= float(alone.get_sizes()[0]) <= 200.0
    caption = " ".join(words(figure.texts))
    assert "Heights are above the WGS 84 ellipsoid" in caption
    assert "at a height of" not in caption
