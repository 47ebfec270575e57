"""The map of fixes: where the target was found, how sure that is, how it moves, and what each delay alone allows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from multistatic.estimation.measurement import Measurement
from multistatic.localization.fix import Fix
from multistatic.report.design_plan import centre, name_coordinate, set_limits
from multistatic.report.error_ellipse import PLAN, SIDE
from multistatic.report.fix_caption import fix_sentences, fix_title
from multistatic.report.fix_scales import fix_scales
from multistatic.report.fix_symbols import (
    draw_delay_curves,
    draw_errors,
    draw_places,
    draw_priors,
    draw_sites,
    draw_velocities,
    fix_labels,
    measured_receivers,
    other_labels,
    site_labels,
)
from multistatic.report.labels import Label, place_labels
from multistatic.report.legend_lines import legend_beside, place_panel, wrap_legend_labels
from multistatic.report.picture_layout import add_panel, finish_picture, picture_heading, tall_figure
from multistatic.report.style import SCREEN, SMALL, PictureStyle, rendered_pictures, require_matplotlib, styled
from multistatic.report.wording import short_name
from multistatic.scenario.model import Scenario
from multistatic.units import F

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SCREEN_IN, _LARGEST_MAP_IN, _SIDE_IN = 5.6, 4.8, 1.15
_LEFT_IN, _RIGHT_IN, _LABELS_IN, _SIDE_TITLE_IN = 0.62, 0.12, 0.42, 0.32
# From so much room beside the map on, the legend stands there.
_BESIDE_IN = 1.5
# Half the width of the marker of a receiver.
_MARKER_PT = 3.0


def fix_pictures(
    fixes: Sequence[Fix],
    groups: Sequence[Sequence[Measurement]],
    scenario: Scenario,
    style: PictureStyle = SCREEN,
) -> dict[str, bytes]:
    """`fixes.svg`, `fixes.png`, `captions.txt`. Raises `MissingDependencyError` where matplotlib is not installed."""
    require_matplotlib()
    with styled():
        return rendered_pictures([("fixes", fix_figure(fixes, groups, scenario, style))])


def fix_figure(
    fixes: Sequence[Fix],
    groups: Sequence[Sequence[Measurement]],
    scenario: Scenario,
    style: PictureStyle = SCREEN,
) -> Figure:
    """Sites, fixes with error ellipses and velocities, and near the last fix the places that each of its delays
    allows; `groups` are the measurements of each fix. In space a side view below.
    """
    scales, width_in = fix_scales(fixes, groups, scenario), style.width_in(screen=_SCREEN_IN)
    map_in = min(width_in - _LEFT_IN - _RIGHT_IN, _LARGEST_MAP_IN)
    stretch = None
    if scenario.dimensions == 3:
        stretch = float(_SIDE_IN / np.ptp(scales.heights_m) * scales.width_m / map_in)
    figure = tall_figure(width_in)
    plan = add_panel(figure, _LEFT_IN, 0.0, map_in, map_in)
    unnamed = draw_fixes(plan, fixes, groups, scenario)
    sentences = fix_sentences(fixes, scenario, scales, stretch, unnamed)
    heading = picture_heading(fix_title(fixes, scenario), sentences, width_in=width_in, style=style)
    below_in = heading.height_in + map_in
    place_panel(plan, _LEFT_IN, heading.height_in, map_in, map_in)
    if stretch is not None:
        below_in += _SIDE_TITLE_IN
        side = add_panel(figure, _LEFT_IN, below_in, map_in, _SIDE_IN)
        below_in += _SIDE_IN
        side.set_xlim(plan.get_xlim())
        draw_fixes_elevation(side, fixes, groups, scenario)
        side.set_title(f"Side view from the south, heights drawn ×{stretch:.2g}", size=SMALL, weight="normal", pad=3.0)
        side.set_xlabel(plan.get_xlabel())
        side.xaxis.set_major_formatter(plan.xaxis.get_major_formatter())
        plan.tick_params(labelbottom=False)
        plan.set_xlabel("")
    beside_in = width_in - _LEFT_IN - map_in - _RIGHT_IN
    if beside_in >= _BESIDE_IN:
        wrap_legend_labels(figure.axes, beside_in)
        finish_picture(figure, below_in + _LABELS_IN, heading, {})
        legend_beside(figure, width_in - beside_in, heading.height_in)
    else:
        columns = 1 if style.narrow else 2
        wrap_legend_labels(figure.axes, (width_in - 0.4) / columns)
        finish_picture(figure, below_in + _LABELS_IN, heading)
    return figure


def draw_fixes(
    ax: Axes, fixes: Sequence[Fix], groups: Sequence[Sequence[Measurement]], scenario: Scenario
) -> list[str]:
    """Plan view in metres with equal scales; sets the limits of `ax`. Returns the ids of the receivers whose name
    found no room.
    """
    scales = fix_scales(fixes, groups, scenario)
    set_limits(ax, scales.places_m)
    draw_sites(ax, fixes, scenario, PLAN)
    draw_places(ax, fixes, PLAN)
    lines = draw_priors(ax, fixes, PLAN)
    lines += draw_errors(ax, fixes, PLAN, scales)
    lines += draw_velocities(ax, scales.plan_arrows, scales)
    lines += draw_delay_curves(ax, fixes, scenario, scales)
    names = ("east", "north") if scenario.origin else ("x", "y")
    for axis, name, middle in zip((ax.xaxis, ax.yaxis), names, centre(scales.places_m), strict=True):
        name_coordinate(axis, name, float(middle))
    return _name_everything(ax, fixes, scenario, [*fix_labels(ax, fixes, scales.plan_arrows)], lines)


def _name_everything(
    ax: Axes, fixes: Sequence[Fix], scenario: Scenario, labels: Sequence[Label], lines: Sequence[F]
) -> list[str]:
    """Draw `labels` and the names of the sites; returns the ids of the receivers whose name found no room. Receivers
    with a measurement come first: the others are named only in the room that is left, and only if all of those are.
    """
    others = other_labels(fixes, scenario)
    sites = site_labels(fixes, scenario)
    before = len(ax.texts), len(ax.lines)
    missing = set(place_labels(ax, [*labels, *sites], lines, _markers(ax, others)))
    nameless = [one.id for one in measured_receivers(fixes, scenario) if short_name(one.id) in missing]
    if nameless:
        measured = {one.id for one in measured_receivers(fixes, scenario)}
        return [*nameless, *(one.id for one in scenario.receivers if others and one.id not in measured)]
    written = np.array([text.get_window_extent().extents for text in ax.texts[before[0] :]]).reshape(-1, 4)
    leaders = [np.asarray(line.get_xydata()) for line in ax.lines[before[1] :]]
    taken = np.vstack([written, _markers(ax, [*labels, *sites])])
    missing = set(place_labels(ax, others, [*lines, *leaders], taken))
    return [one.id for one in scenario.receivers if short_name(one.id) in missing]


def _markers(ax: Axes, labels: Sequence[Label]) -> F:
    """The boxes [n, 4] of the markers of `labels`, in pixels."""
    if not labels:
        return np.zeros((0, 4))
    places = ax.transData.transform([(each.x, each.y) for each in labels])
    reach = _MARKER_PT * ax.figure.dpi / 72.0
    return np.hstack([places - reach, places + reach])


def draw_fixes_elevation(
    ax: Axes, fixes: Sequence[Fix], groups: Sequence[Sequence[Measurement]], scenario: Scenario
) -> None:
    """Heights over the first coordinate, the plan seen from the south, with errors and velocities in these two."""
    scales = fix_scales(fixes, groups, scenario)
    ax.set_ylim(*scales.heights_m)
    draw_sites(ax, fixes, scenario, SIDE)
    draw_places(ax, fixes, SIDE)
    draw_priors(ax, fixes, SIDE)
    draw_errors(ax, fixes, SIDE, scales)
    draw_velocities(ax, scales.side_arrows, scales)
    ax.set_ylabel("up (m)" if scenario.origin else "z (m)")
