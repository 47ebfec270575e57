"""Heatmaps and maps of a study: the estimates of one method as colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.report.study_digits import common_decimals, with_decimals
from multistatic.report.study_lines import NO_VALUE
from multistatic.report.study_places import PlacedPoints
from multistatic.report.study_scale import MetricScale, fitting, key_scale, tick_label
from multistatic.report.study_view import Panel
from multistatic.report.style import CAPTION, INK, MUTED, SMALL, TARGET, text_width_in
from multistatic.study.results import StudyResults
from multistatic.units import F

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

_COLOUR_MAP = "viridis"
# Heights of cells in inches.
_NUMBER_HEIGHT_IN, _SMALL_CELL_IN = 0.16, 0.1
_SITES: dict[str, dict[str, Any]] = {
    "transmitter": {"marker": "^", "s": 52, "c": INK},
    "receivers": {"marker": "o", "s": 22, "c": "white"},
    "target": {"marker": "D", "s": 34, "c": TARGET},
}


def colour_scale(scale: MetricScale) -> ScalarMappable:
    """Colours of the values between the limits of an axis."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm, Normalize

    norm = (LogNorm if scale.logarithmic else Normalize)(scale.low, scale.high)
    return ScalarMappable(norm, _COLOUR_MAP)


def draw_colour_bar(figure: Figure, ax: Axes, scale: MetricScale) -> None:
    """The colour bar of all panels, lying in `ax`."""
    from matplotlib.ticker import NullLocator

    bar = figure.colorbar(colour_scale(scale), cax=ax, orientation="horizontal")
    bar.set_ticks(scale.ticks.tolist(), labels=scale.tick_labels)
    ax.xaxis.set_minor_locator(NullLocator())
    bar.outline.set_visible(False)
    ax.set_xlabel(scale.label)
    ax.grid(visible=False)


def draw_study_heatmap(
    ax: Axes, results: StudyResults, metric: int, panel: Panel, keys: tuple[str, str], scale: MetricScale
) -> None:
    """A cell for each pair of values of two keys, in their ascending order, all cells of one size; the number in it
    where there is room. A cell with a cross has no value.
    """
    horizontal, vertical = (_values(results, key) for key in keys)
    drawn = np.full((len(vertical), len(horizontal)), np.nan)
    for point, method in panel.pairs:
        settings = results.settings[point]
        value = results.estimate(point, method, metric).value
        cell = (vertical.index(settings[keys[1]]), horizontal.index(settings[keys[0]]))
        drawn[cell] = np.nan if value is None else scale.factor * value
    colours = colour_scale(scale)
    edges = [np.arange(len(values) + 1) - 0.5 for values in (horizontal, vertical)]
    look: dict[str, Any] = {"norm": colours.norm, "cmap": colours.cmap}
    width_in, height_in = _size_in(ax)
    # Lines between cells only where they leave something of the cells.
    apart = 0.4 if min(width_in / len(horizontal), height_in / len(vertical)) > _SMALL_CELL_IN else 0.0
    ax.pcolormesh(*edges, drawn, **look, edgecolors="white" if apart else "none", linewidth=apart)
    _cross(ax, np.argwhere(np.isnan(drawn))[:, ::-1].astype(float))
    _write_numbers(ax, drawn, colours)
    across, upward = (key_scale(results, key) for key in keys)
    labels = [tick_label(value) for value in across.drawn]
    chosen = fitting(ax.figure, labels, (np.arange(len(labels)) + 0.5) * width_in / len(labels))
    ax.set_xticks(chosen, [labels[k] for k in chosen])
    step = max(1, int(np.ceil(_NUMBER_HEIGHT_IN * len(vertical) / height_in)))
    rows = range(0, len(vertical), step)
    ax.set_yticks(rows, [tick_label(upward.drawn[k]) for k in rows])
    ax.set_xlabel(across.label)
    ax.grid(visible=False)
    ax.tick_params(length=0)


def draw_study_map(
    ax: Axes, results: StudyResults, metric: int, panel: Panel, places: PlacedPoints, scale: MetricScale
) -> None:
    """The places of the points in the plane with equal scales, coloured by the metric: cells where they make a grid,
    points else. Sites of the network stand where they are; a cross is a place without a value.
    """
    points = [point for point, _ in panel.pairs]
    found = [results.estimate(point, method, metric).value for point, method in panel.pairs]
    values = np.array([np.nan if value is None else scale.factor * value for value in found])
    where = places.position_m[points, :2]
    low, high = map_limits(places)
    # Limits first: the size of the points depends on them. One metre is as long in both directions.
    size_in = np.array(_size_in(ax))
    middle, half = (low + high) / 2, size_in * float(((high - low) / size_in).max()) / 2
    ax.set_xlim(middle[0] - half[0], middle[0] + half[0])
    ax.set_ylim(middle[1] - half[1], middle[1] + half[1])
    ax.set_aspect("equal")
    colours = colour_scale(scale)
    look: dict[str, Any] = {"norm": colours.norm, "cmap": colours.cmap, "zorder": 2}
    grid = _grid(where, values)
    if grid is not None:
        ax.pcolormesh(*grid, **look, edgecolors="white", linewidth=0.3)
    else:
        known = np.isfinite(values)
        size = _marker_pt(ax, where) ** 2
        ax.scatter(
            where[known, 0], where[known, 1], c=values[known], s=size, edgecolors="white", linewidths=0.4, **look
        )
    _cross(ax, where[np.isnan(values)])
    for kind, positions in places.sites:
        kept = positions[np.all((positions[:, :2] >= low) & (positions[:, :2] <= high), axis=1)]
        if len(kept):
            edge = MUTED if kind == "receivers" else "white"
            ax.scatter(kept[:, 0], kept[:, 1], label=kind, zorder=4, edgecolors=edge, linewidths=0.9, **_SITES[kind])
    ax.set_xlabel("east (m)" if places.geodetic else "x (m)")


def map_limits(places: PlacedPoints) -> tuple[F, F]:
    """Lower left and upper right corner [2] of the map: all places, and the sites where these are not far away."""
    where = places.position_m[:, :2]
    sites = np.vstack([np.zeros((0, 2)), *(positions[:, :2] for _, positions in places.sites)])
    together = np.vstack([where, sites])
    reach = float(np.ptp(where, axis=0).max())
    shown = together if float(np.ptp(together, axis=0).max()) <= 5 * reach else where
    margin = 0.08 * max(float(np.ptp(shown, axis=0).max()), reach)
    low: F = shown.min(axis=0) - margin
    high: F = shown.max(axis=0) + margin
    return low, high


def hidden_sites(places: PlacedPoints) -> list[str]:
    """Which sites are outside of the map: `3 receivers`, `the transmitter`."""
    low, high = map_limits(places)
    found = []
    for kind, positions in places.sites:
        count = int((~np.all((positions[:, :2] >= low) & (positions[:, :2] <= high), axis=1)).sum())
        if count:
            found.append(f"the {kind}" if kind != "receivers" else f"{count} of {len(positions)} receivers")
    return found


def _values(results: StudyResults, key: str) -> list[Any]:
    return sorted(next(axis.values for axis in results.axes if axis.key == key))


def _size_in(ax: Axes) -> tuple[float, float]:
    box = ax.get_window_extent()
    dpi = ax.figure.dpi
    return box.width / dpi, box.height / dpi


def _write_numbers(ax: Axes, drawn: F, colours: ScalarMappable) -> None:
    """The number in each cell, if all of them fit."""
    width_in, height_in = _size_in(ax)
    rows, columns = drawn.shape
    known = [(row, column) for row, column in np.ndindex(rows, columns) if np.isfinite(drawn[row, column])]
    decimals = common_decimals([float(drawn[cell]) for cell in known], digits=3)
    texts = {cell: with_decimals(float(drawn[cell]), decimals, digits=3) for cell in known}
    widest = max((text_width_in(ax.figure, text, size=SMALL) for text in texts.values()), default=0.0)  # type: ignore[arg-type]
    if widest + 0.06 > width_in / columns or height_in / rows < _NUMBER_HEIGHT_IN:
        return
    for (row, column), text in texts.items():
        dark = float(np.dot(colours.to_rgba(drawn[row, column])[:3], (0.299, 0.587, 0.114))) < 0.5
        ax.text(column, row, text, ha="center", va="center", size=SMALL, color="white" if dark else INK)


def _cross(ax: Axes, where: F) -> None:
    if len(where):
        ax.plot(where[:, 0], where[:, 1], "x", color=CAPTION, markersize=4.5, label=NO_VALUE, zorder=3)


def _grid(where: F, values: F) -> tuple[F, F, F] | None:
    """Edges and values of cells, where the places are all crossings of evenly spaced lines; else None."""
    # Places in latitude and longitude are bent by millimetres in the plane.
    near = 1e-3 * float(np.ptp(where, axis=0).max())
    lines = [_lines_of(where[:, k], near) for k in (0, 1)]
    if any(len(each) < 2 for each in lines) or len(lines[0]) * len(lines[1]) != len(where):
        return None
    if any(np.ptp(np.diff(each)) > 2 * near for each in lines):
        return None
    cells = np.full((len(lines[1]), len(lines[0])), np.nan)
    column, row = (np.argmin(np.abs(where[:, k, None] - lines[k]), axis=1) for k in (0, 1))
    filled = np.zeros(cells.shape, bool)
    filled[row, column] = True
    if not filled.all():
        return None
    cells[row, column] = values
    x, y = (np.append(each, 2 * each[-1] - each[-2]) - (each[1] - each[0]) / 2 for each in lines)
    return x, y, cells


def _lines_of(coordinates: F, near: float) -> F:
    """Distinct coordinates, those closer than `near` as one."""
    ordered = np.sort(coordinates)
    starts = np.flatnonzero(np.append(True, np.diff(ordered) > near))
    return np.array([part.mean() for part in np.split(ordered, starts[1:])])


def _marker_pt(ax: Axes, where: F) -> float:
    """Diameter of points of which most do not touch each other, from 5 to 14 points of type; 14 for one alone."""
    if len(where) < 2:
        return 14.0
    ax.apply_aspect()
    places = ax.transData.transform(where) * 72.0 / ax.figure.dpi
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    return float(np.clip(0.8 * np.quantile(apart.min(axis=1), 0.25), 5.0, 14.0))
