"""The beam pattern: the power that the beams send in every direction, and who stands where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.design.result import Design
from multistatic.report.assumption_sentences import ELEMENTS
from multistatic.report.direction_strip import draw_directions, strip_height_in
from multistatic.report.labels import Label, place_labels, say_nameless
from multistatic.report.picture_layout import Heading, add_panel, finish_picture, picture_heading, tall_figure
from multistatic.report.points_in_words import WORST, name_of_target
from multistatic.report.radiation import (
    Bearings,
    bearings,
    has_sensing_beam,
    level_dbm,
    radiated_power_w,
)
from multistatic.report.style import (
    CAPTION,
    FAINT,
    INK,
    MUTED,
    NAMED_AT_MOST,
    SCREEN,
    SELECTED,
    SENSING,
    TARGET,
    PictureStyle,
    finish_axes,
)
from multistatic.report.target_sectors import (
    draw_sectors,
    exact_targets,
    reference_direction,
    sectors,
    where_targets_may_be,
)
from multistatic.report.wording import short_name
from multistatic.scenario.model import Scenario
from multistatic.signal.beams import illumination
from multistatic.units import C, F, watt_to_dbm

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# The cut goes down to its deepest null, but no further than this below its top.
DEEPEST_DB = 60.0
POLAR_RANGE_DB = 40.0
# Where lobes are narrower than this, the cut goes down by `POLAR_RANGE_DB` alone: deep nulls side by side look black.
_NARROW_LOBE_PT = 8.0
IMAGE_RANGE_DB = 30.0
STEP_DEG = 0.1
IMAGE_STEP_DEG = 1.0
_SCREEN_IN, _LEFT_IN, _BELOW_IN = 7.2, 0.6, 0.45
_CUT_IN, _SPHERE_IN, _POLAR_IN = 1.75, 2.1, 1.85  # heights
_BAR_IN = 0.72  # what a colour bar takes beside the sphere


def beam_pattern_figure(design: Design, style: PictureStyle = SCREEN) -> Figure:
    """A cut over azimuth at the target's elevation; with it the same cut round, or where heights differ the whole
    sphere.
    """
    width = style.width_in(screen=_SCREEN_IN)
    left = 0.1 if style.narrow else _LEFT_IN
    heading = picture_heading(_headline(design), _caption(design), width_in=width, left_in=left, style=style)
    draw = _draw_spatial if _is_spatial(design) else _draw_plane
    figure = tall_figure(width)
    finish_picture(figure, draw(figure, design, heading, style), heading)
    return figure


def draw_beam_pattern(ax: Axes, design: Design) -> None:
    """Draw the EIRP in dBm over azimuth at the target's elevation into axes of any figure and style.

    ax: axes of matplotlib.
    design: the design; it must have beams.

    One curve is for all beams and one for the sensing beam. Everything drawn has a label: `ax.legend()` makes the
    legend.

    >>> from multistatic import design_network, load_preset
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> draw_beam_pattern(ax, design_network(load_preset("paper")))
    >>> ax.get_ylabel()
    'EIRP (dBm)'
    """
    azimuth, total, sensing = _cut(design)
    top = float(total.max())
    lobe_pt = _lobe_width_pt(ax, total, sensing)
    thick, thin = min(2.4, 0.22 * lobe_pt), min(1.1, 0.13 * lobe_pt)
    deepest = min(part.min() for part in ((total, sensing) if has_sensing_beam(_weights(design)) else (total,)))
    low = 10.0 * np.floor(
        max(float(deepest), top - (DEEPEST_DB if lobe_pt > _NARROW_LOBE_PT else POLAR_RANGE_DB)) / 10.0
    )

    def name(words: str, level: F) -> str:
        return words if level.min() >= low else f"{words}, not shown below {low:.0f} dBm".replace("-", "−")

    if has_sensing_beam(_weights(design)):
        # The line is thicker than that of all beams, so that it is seen where both are one.
        ax.fill_between(azimuth, low, np.maximum(sensing, low), color=SENSING, alpha=0.25, linewidth=0)
        ax.plot(azimuth, sensing, color=SENSING, linewidth=thick, label=name("sensing beam", sensing))
        ax.plot(azimuth, total, color=INK, linewidth=thin, label=name("all beams", total))
    else:
        words = name("all beams (the data beams do the sensing)", total)
        ax.plot(azimuth, total, color=INK, linewidth=thin, label=words)
    draw_sectors(ax, design)
    ax.set(ylim=(low, top + 3), ylabel="EIRP (dBm)")
    _azimuth_axis(ax, design.scenario)
    finish_axes(ax)


def _lobe_width_pt(ax: Axes, *curves: F) -> float:
    """The mean width of a lobe in points of type, of the curve with most lobes over the width of `ax`."""
    lobes = max(int(np.sum((curve[1:-1] < curve[:-2]) & (curve[1:-1] <= curve[2:]))) for curve in curves)
    figure = ax.get_figure(root=True)
    assert figure is not None
    return float(ax.get_window_extent().width / figure.dpi * 72.0 / max(lobes, 1))


def draw_polar_cut(ax: Any, design: Design) -> None:
    """The cut on a polar `ax` as seen from above, in dB below the strongest direction; receivers on the rim."""
    _draw_polar(ax, design)


def _draw_polar(ax: Any, design: Design) -> Any:
    """`draw_polar_cut`; returns the markers of receivers that do not cooperate."""
    azimuth, total, sensing = _cut(design)
    top, rim = total.max(), 4.0
    ax.plot(np.radians(azimuth), np.maximum(total - top, -POLAR_RANGE_DB), color=INK, linewidth=1.0)
    if has_sensing_beam(_weights(design)):
        level = np.maximum(sensing - top, -POLAR_RANGE_DB)
        ax.fill(np.radians(azimuth), level, color=SENSING, alpha=0.35, linewidth=0)
    everyone = np.radians(_receivers(design.scenario).azimuth_deg)
    others = _draw_receivers(ax, design, everyone, np.full(len(everyone), rim), 20)
    for sector in sectors(design):
        if not sector.exact:
            arc = np.radians(np.linspace(sector.first_deg, sector.last_deg, 50))
            look: dict[str, Any] = {"color": TARGET, "linewidth": 3.5, "solid_capstyle": "butt", "clip_on": False}
            ax.plot(arc, np.full(50, rim), **look)
    exact = np.radians(bearings(design.scenario, exact_targets(design)).azimuth_deg)
    _draw_target(ax, exact, np.full(len(exact), rim), 30)
    ax.set_ylim(-POLAR_RANGE_DB, rim)
    ax.set_yticks([-30, -20, -10, 0], [""] * 4)
    # The names of the rings stand where the pattern is lowest, over it.
    window = np.ones(round(24 / STEP_DEG))
    weak = np.convolve(np.tile(np.maximum(total - top, -POLAR_RANGE_DB), 3), window, "same")[
        len(total) : 2 * len(total)
    ]
    spokes = np.abs((azimuth + 22.5) % 45 - 22.5) < 8
    angle = np.radians(azimuth[int(np.argmin(weak + 1e3 * spokes))])
    small: dict[str, Any] = {"size": 6.5, "color": CAPTION, "ha": "center", "va": "center", "zorder": 5}
    for level in (-20, 0):
        box = {"fc": "white", "ec": "none", "pad": 0.6, "alpha": 0.85}
        ax.text(angle, level, f"{level} dB".replace("-", "−"), bbox=box, **small)
    # The same names of directions as along the cut, from -180° to 180°.
    turns = np.arange(0, 360, 45)
    names = [f"{turn if turn <= 180 else turn - 360}°".replace("-", "−") for turn in turns]
    ax.set_xticks(np.radians(turns), names)
    ax.tick_params(axis="x", pad=2)
    ax.spines["polar"].set_color(FAINT)
    return others


def draw_sphere(ax: Axes, design: Design) -> None:
    """EIRP in dBm over azimuth and elevation, with the target and the receivers in it, and a colour bar."""
    scenario = design.scenario
    receivers, exact = _receivers(scenario), bearings(scenario, exact_targets(design))
    uncertain = bearings(scenario, where_targets_may_be(design))
    everything = (receivers.elevation_deg, exact.elevation_deg, uncertain.elevation_deg)
    low, high = _elevation_limits(np.concatenate(everything))
    azimuth = np.arange(-180, 180 + IMAGE_STEP_DEG / 2, IMAGE_STEP_DEG)
    elevation = np.linspace(low, high, int((high - low) / IMAGE_STEP_DEG) + 1)
    level = level_dbm(radiated_power_w(scenario, _weights(design), azimuth[None, :], elevation[:, None]))
    image = ax.imshow(
        level,
        extent=(-180, 180, low, high),
        origin="lower",
        aspect="auto",
        cmap="YlOrBr",
        vmin=level.max() - IMAGE_RANGE_DB,
        vmax=level.max(),
        interpolation="bilinear",
    )
    ax.grid(visible=False)
    bar = ax.figure.colorbar(image, cax=ax.inset_axes((1.015, 0.0, 0.018, 1.0)), extend="min")
    bar.outline.set_visible(False)
    bar.set_label("EIRP (dBm)")
    others = _draw_receivers(ax, design, receivers.azimuth_deg, receivers.elevation_deg, 34)
    if len(uncertain.azimuth_deg):
        dots: dict[str, Any] = {"s": 5.0, "c": "white", "edgecolors": TARGET, "linewidths": 0.6, "zorder": 4.5}
        ax.scatter(uncertain.azimuth_deg, uncertain.elevation_deg, label="point where the target may be", **dots)
    _draw_target(ax, exact.azimuth_deg, exact.elevation_deg, 56)
    _azimuth_axis(ax, scenario)
    ax.set(ylim=(low, high), ylabel="elevation")
    ax.yaxis.set_major_formatter("{x:.0f}°")
    targets = _target_labels(design)
    labels = [*targets, *_receiver_labels(design, receivers)]
    dotted = np.stack([uncertain.azimuth_deg, uncertain.elevation_deg], axis=1)
    left_out = place_labels(ax, labels, markers=dotted[:: len(dotted) // 300 + 1])
    say_nameless(others, len(left_out) + len(receivers.azimuth_deg) + len(targets) - len(labels))


def _draw_receivers(ax: Any, design: Design, x: F, y: F, size: float) -> Any:
    """Filled where they cooperate, else hollow; returns the markers of the hollow ones."""
    others = None
    for chosen, inside, edge in ((True, SELECTED, "white"), (False, "white", MUTED)):
        those = np.asarray(design.selected, bool) == chosen
        if np.any(those):
            name = "cooperating receiver" if chosen else "other receiver" if np.any(design.selected) else "receiver"
            look: dict[str, Any] = {"linewidths": 0.8, "zorder": 4, "clip_on": False, "label": name}
            markers = ax.scatter(x[those], y[those], s=size, c=inside, edgecolors=edge, **look)
            others = None if chosen else markers
    return others


def _draw_target(ax: Any, x: F, y: F, size: float) -> None:
    if not len(x):
        return
    look: dict[str, Any] = {"marker": "D", "c": TARGET, "edgecolors": "white", "linewidths": 0.8, "label": "target"}
    ax.scatter(x, y, s=size, zorder=5, clip_on=False, **look)


def _draw_plane(figure: Figure, design: Design, heading: Heading, style: PictureStyle) -> float:
    """The cut with the names of the directions over it, and the same cut round; returns where they end."""
    width, top = figure.get_size_inches()[0], heading.height_in
    cut_in = width - _LEFT_IN - 0.15 - (0.0 if style.narrow else _POLAR_IN + 0.75)
    strip_in = strip_height_in(design, cut_in)
    nameless = draw_directions(add_panel(figure, _LEFT_IN, top, cut_in, strip_in), design)
    draw_beam_pattern(add_panel(figure, _LEFT_IN, top + strip_in, cut_in, _CUT_IN), design)
    cut_ends = top + strip_in + _CUT_IN + _BELOW_IN
    corner = (width - _POLAR_IN - 0.35, top + 0.42)
    if style.narrow:
        corner = ((width - _POLAR_IN) / 2, cut_ends + 0.42)
    polar = add_panel(figure, *corner, _POLAR_IN, _POLAR_IN, projection="polar")
    say_nameless(_draw_polar(polar, design), nameless)
    words = "The same cut in dB below the strongest\ndirection; −40 dB and less at the centre"
    figure_words: dict[str, Any] = {"size": "small", "ha": "center", "va": "bottom", "transform": polar.transAxes}
    polar.text(0.5, 1.13, words, **figure_words)
    return max(cut_ends, corner[1] + _POLAR_IN + 0.3)


def _draw_spatial(figure: Figure, design: Design, heading: Heading, style: PictureStyle) -> float:
    """The cut over the sphere; returns where they end."""
    width, top = figure.get_size_inches()[0], heading.height_in + 0.15
    panel_in = width - _LEFT_IN - _BAR_IN
    cut = add_panel(figure, _LEFT_IN, top, panel_in, 1.6)
    draw_beam_pattern(cut, design)
    cut.set_xlabel("")
    cut.tick_params(labelbottom=False)
    elevation = f"{reference_direction(design).elevation_deg[0] + 0.0:.1f}°".replace("-", "−")
    look: dict[str, Any] = {"size": "small", "weight": "normal", "pad": 4.0}
    whose = "the target's elevation" if design.over_points is None else f"the elevation of the {WORST}"
    cut.set_title(f"Cut at {whose}, {elevation}", **look)
    sphere_in = _SPHERE_IN + (0.6 if style.narrow else 0.0)  # the narrower, the more rows of names
    sphere = add_panel(figure, _LEFT_IN, top + 1.6 + 0.32, panel_in, sphere_in)
    draw_sphere(sphere, design)
    low, high = (f"{edge:.0f}°".replace("-", "−") for edge in sphere.get_ylim())
    sphere.set_title(f"All azimuths, elevations from {low} to {high}", **look)
    return top + 1.6 + 0.32 + sphere_in + _BELOW_IN


def _headline(design: Design) -> str:
    illumination_w = _illumination_w(design)
    if illumination_w.max() <= 0:
        return "Beam pattern"
    low, high = (
        f"{watt_to_dbm(each):.1f}".replace("-", "−")
        for each in (max(illumination_w.min(), 1e-30), illumination_w.max())
    )
    if design.over_points is None or low == high:
        return f"Beam pattern: EIRP of {high} dBm towards the target"
    targets = design.scenario.targets
    exact, whose = all(target.exact for target in targets), "targets" if len(targets) > 1 else "target"
    where = f"towards the {whose}" if exact else f"where the {whose} may be"
    return f"Beam pattern: EIRP of {low} to {high} dBm {where}"


def _caption(design: Design) -> list[str]:
    """Sentences: what is drawn, and what the radiated power assumes."""
    parts = []
    if not _is_drawn(design):
        parts.append("Curves: from the array's geometry. EIRP in the title: from the channel's own steering_tx.")
    return [*parts, ELEMENTS]


def _illumination_w(design: Design) -> F:
    """p [M] with the steering vectors that the beams were designed for, which channels from outside may give."""
    return illumination(_weights(design), design.channel.steering_tx)


def _is_drawn(design: Design) -> bool:
    """True where the pattern has the illumination of every point, as it has by the array's geometry."""
    points, weights = bearings(design.scenario, design.points.position_m), _weights(design)
    drawn_w = radiated_power_w(design.scenario, weights, points.azimuth_deg, points.elevation_deg)
    sent_w = float(np.sum(np.abs(weights) ** 2))
    return bool(np.allclose(drawn_w, _illumination_w(design), rtol=1e-6, atol=1e-9 * sent_w))


def _cut(design: Design) -> tuple[F, F, F]:
    """Azimuth in degrees, EIRP of all beams and of the sensing beam in dBm, at the elevation of the target, or of the
    worst point.
    """
    scenario, weights, at = design.scenario, _weights(design), reference_direction(design)
    azimuth = np.union1d(np.linspace(-180, 180, round(360 / STEP_DEG) + 1), at.azimuth_deg)
    total, sensing = (
        level_dbm(radiated_power_w(scenario, part, azimuth, at.elevation_deg)) for part in (weights, weights[:1])
    )
    return azimuth, total, sensing


def _receiver_labels(design: Design, receivers: Bearings) -> list[Label]:
    chosen, ids = design.selected, design.scenario.receiver_ids
    named = [k for k in range(len(ids)) if chosen[k] or len(ids) <= NAMED_AT_MOST]
    return [
        _beside(receivers, k, short_name(ids[k]), SELECTED if chosen[k] else INK, needed=bool(chosen[k]))
        for k in sorted(named, key=lambda k: not chosen[k])
    ]


def _target_labels(design: Design) -> list[Label]:
    """The name of each target in the sphere: at its direction, or over the highest of its points."""
    labels = []
    for number, target in enumerate(design.scenario.targets):
        own = design.points.position_m[design.points.target == number]
        where = bearings(design.scenario, own if len(own) and not target.exact else target.position_m[None])
        text = short_name(name_of_target(design.scenario, number))
        labels.append(_beside(where, int(np.argmax(where.elevation_deg)), text, TARGET, needed=True))
    return labels


def _beside(where: Bearings, k: int, text: str, color: str, *, needed: bool) -> Label:
    return Label(
        x=float(where.azimuth_deg[k]),
        y=float(where.elevation_deg[k]),
        text=text,
        distance_pt=5.0,
        style={"color": color, "size": "small", "weight": "bold" if needed else "normal", "zorder": 8},
        optional=not needed,
    )


def _azimuth_axis(ax: Axes, scenario: Scenario) -> None:
    ax.set(xlim=(-180, 180))
    ax.set_xlabel("azimuth (anticlockwise from east)" if scenario.origin else "azimuth (from the x axis)")
    step = 45 if ax.get_window_extent().width > 3.2 * ax.figure.dpi else 90
    ax.set_xticks(np.arange(-180, 181, step))
    ax.xaxis.set_major_formatter("{x:.0f}°")


def _elevation_limits(elevation_deg: F) -> tuple[float, float]:
    """All of `elevation_deg` and 45° at least, with room around."""
    low, high = float(elevation_deg.min()) - 12.0, float(elevation_deg.max()) + 12.0
    short = max(0.0, 45.0 - (high - low)) / 2
    return max(low - short, -90.0), min(high + short, 90.0)


def _is_spatial(design: Design) -> bool:
    heights = [design.scenario.transmitter.position_m[2], *design.points.position_m[:, 2]]
    return bool(np.ptp([*heights, *design.scenario.receiver_positions_m[:, 2]]) > 0)


def _receivers(scenario: Scenario) -> Bearings:
    return bearings(scenario, scenario.receiver_positions_m)


def _weights(design: Design) -> C:
    assert design.beamforming is not None
    assert design.beamforming.beams is not None
    return design.beamforming.beams.weights
