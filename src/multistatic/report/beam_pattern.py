"""The beam pattern: the power that the beams send in every direction, and who stands where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patheffects import withStroke

from multistatic.design.result import Design
from multistatic.report.assumption_sentences import ELEMENTS
from multistatic.report.labels import Label, place_labels
from multistatic.report.radiation import (
    Bearings,
    bearings,
    has_sensing_beam,
    level_dbm,
    mirror_azimuth_deg,
    radiated_power_w,
)
from multistatic.report.style import (
    CAPTION_LINE_IN,
    FAINT,
    INK,
    MUTED,
    NAMED_AT_MOST,
    NORMAL,
    SELECTED,
    SENSING,
    SMALL,
    TARGET,
    add_heading,
    caption_lines,
    finish_axes,
    new_figure,
)
from multistatic.report.wording import short_name
from multistatic.scenario.model import Scenario
from multistatic.signal.beams import illumination
from multistatic.units import C, F, watt_to_dbm

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RANGE_DB = 40.0
IMAGE_RANGE_DB = 30.0
STEP_DEG = 0.1
IMAGE_STEP_DEG = 1.0
_NAME_ROWS = 4


def beam_pattern_figure(design: Design) -> Figure:
    """A cut over azimuth at the target's elevation; beside it the same cut round, or where heights differ the whole
    sphere below it.
    """
    return _spatial_figure(design) if _is_spatial(design.scenario) else _plane_figure(design)


def draw_azimuth_cut(ax: Axes, design: Design) -> None:
    """EIRP in dBm over azimuth at the target's elevation: all beams, and the sensing beam alone."""
    azimuth, total, sensing = _cut(design)
    top = float(total.max())
    low = top - RANGE_DB
    ax.fill_between(azimuth, low, np.maximum(sensing, low), color=SENSING, alpha=0.22, linewidth=0)
    ax.plot(azimuth, sensing, color=SENSING, linewidth=1.1)
    ax.plot(azimuth, total, color=INK, linewidth=1.2)
    target_deg = float(_target(design.scenario).azimuth_deg[0])
    ax.axvline(target_deg, color=TARGET, linewidth=1.0, linestyle=(0, (4, 2)), zorder=1.5)
    mirror_deg = mirror_azimuth_deg(design.scenario, target_deg)
    if mirror_deg is not None:
        ax.axvline(mirror_deg, color=TARGET, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1.5)
    ax.set(ylim=(low, top + 3), ylabel="EIRP (dBm)")
    _azimuth_axis(ax, design.scenario)
    finish_axes(ax)


def draw_directions(ax: Axes, design: Design) -> None:
    """A strip over the cut: the azimuths of the target, its mirror and the receivers, in as many rows as names need.

    `ax` is as wide as the cut. A name that finds no room is left out; its tick stays.
    """
    ax.set(xlim=(-180, 180), ylim=(0, _NAME_ROWS))
    ax.axis("off")
    rows: list[list[tuple[float, float]]] = [[] for _ in range(_NAME_ROWS)]
    for place, name, color, strong in _directions(design):
        ax.plot([place, place], [0, 0.25], color=color, linewidth=1.6 if strong else 1.0, clip_on=False)
        text = ax.text(place, 0, name, color=color, size=SMALL, ha="center", va="bottom", zorder=2)
        text.set(fontweight="bold" if strong else "normal", bbox={"fc": "white", "ec": "none", "pad": 0.6})
        half = (text.get_window_extent().width / 2 + 3) / ax.get_window_extent().width * 360
        spot = float(np.clip(place, half - 180, 180 - half)) if half < 180 else 0.0
        free = (r for r, spans in enumerate(rows) if all(abs(spot - s) >= half + h for s, h in spans))
        row = next(free, None)
        if row is None or not name:
            text.remove()
            continue
        rows[row].append((spot, half))
        text.set_position((spot, 0.35 + 0.9 * row))
        ax.plot([place, place], [0.25, 0.4 + 0.9 * row], color=FAINT, linewidth=0.6, zorder=1)


def draw_polar_cut(ax: Any, design: Design) -> None:
    """The cut on a polar `ax` as seen from above, in dB below the strongest direction; receivers on the rim."""
    azimuth, total, sensing = _cut(design)
    top, rim = total.max(), 3.0
    ax.plot(np.radians(azimuth), np.maximum(total - top, -RANGE_DB), color=INK, linewidth=1.0)
    ax.fill(np.radians(azimuth), np.maximum(sensing - top, -RANGE_DB), color=SENSING, alpha=0.25, linewidth=0)
    look: dict[str, Any] = {"linewidths": 0.7, "zorder": 4, "clip_on": False}
    everyone = np.radians(_receivers(design.scenario).azimuth_deg)
    for chosen, inside, edge in ((False, "white", MUTED), (True, SELECTED, "white")):
        angles = everyone[design.selected == chosen]
        ax.scatter(angles, np.full(len(angles), rim), s=20, c=inside, edgecolors=edge, **look)
    target = np.radians(_target(design.scenario).azimuth_deg)
    ax.scatter(target, [rim], s=30, marker="D", c=TARGET, edgecolors="white", **look)
    ax.set_ylim(-RANGE_DB, rim)
    ax.set_yticks([-30, -20, -10, 0], ["", "−20 dB", "", "0 dB"])
    ax.set_rlabel_position(-100)
    for name in ax.get_yticklabels():
        name.set_bbox({"fc": "white", "ec": "none", "pad": 0.5, "alpha": 0.7})
    ax.set_xticks(np.radians(np.arange(0, 360, 45)))
    ax.tick_params(axis="x", pad=2)
    ax.tick_params(axis="y", labelsize=6, labelcolor=MUTED)
    ax.spines["polar"].set_color(FAINT)


def draw_sphere(ax: Axes, design: Design) -> None:
    """EIRP in dBm over azimuth and elevation, with the target and the receivers in it, and a colour bar."""
    scenario = design.scenario
    receivers, target = _receivers(scenario), _target(scenario)
    low, high = _elevation_limits(np.concatenate([receivers.elevation_deg, target.elevation_deg]))
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
    bar = ax.figure.colorbar(image, cax=ax.inset_axes((1.015, 0.0, 0.018, 1.0)))
    bar.outline.set_visible(False)
    bar.set_label("EIRP (dBm)")
    for chosen, inside, edge in ((False, "white", MUTED), (True, SELECTED, "white")):
        x, y = receivers.azimuth_deg[design.selected == chosen], receivers.elevation_deg[design.selected == chosen]
        ax.scatter(x, y, s=34, c=inside, edgecolors=edge, linewidths=0.9, clip_on=False)
    diamond: dict[str, Any] = {"s": 56, "marker": "D", "c": TARGET, "edgecolors": "white", "clip_on": False}
    ax.scatter(target.azimuth_deg, target.elevation_deg, **diamond)
    _azimuth_axis(ax, scenario)
    ax.set(ylim=(low, high), ylabel="elevation")
    ax.yaxis.set_major_formatter("{x:.0f}°")
    place_labels(ax, [_outlined(target, 0, "target", TARGET, strong=True), *_receiver_labels(design, receivers)])


def _plane_figure(design: Design) -> Figure:
    width, left, cut, polar = 7.2, 0.6, 3.95, 1.85
    figure = new_figure(width, 1.0)
    caption = caption_lines(figure, width - left - 0.1, _caption(design))
    height = 3.45 + CAPTION_LINE_IN * (len(caption) - 1)
    figure.set_size_inches(width, height)
    draw_azimuth_cut(figure.add_axes((left / width, 0.48 / height, cut / width, 1.75 / height)), design)
    draw_directions(figure.add_axes((left / width, 2.24 / height, cut / width, 0.62 / height)), design)
    corner = ((left + cut + 0.42) / width, 0.5 / height)
    draw_polar_cut(figure.add_axes((*corner, polar / width, polar / height), projection="polar"), design)
    add_heading(figure, left, _headline(design), *caption)
    return figure


def _spatial_figure(design: Design) -> Figure:
    width, left, panel = 7.2, 0.6, 5.85
    figure = new_figure(width, 1.0)
    caption = caption_lines(figure, width - left - 0.1, _caption(design))
    height = 5.0 + CAPTION_LINE_IN * (len(caption) - 1)
    figure.set_size_inches(width, height)
    cut = figure.add_axes((left / width, 2.72 / height, panel / width, 1.6 / height))
    draw_azimuth_cut(cut, design)
    cut.set_xlabel("")
    cut.tick_params(labelbottom=False)
    draw_sphere(figure.add_axes((left / width, 0.48 / height, panel / width, 2.1 / height)), design)
    add_heading(figure, left, _headline(design), *caption)
    return figure


def _headline(design: Design) -> str:
    illumination_w = _illumination_w(design)
    return "Beam pattern" if illumination_w <= 0 else f"Beam pattern: {watt_to_dbm(illumination_w):.1f} dBm on target"


def _caption(design: Design) -> list[str]:
    """Sentences: what is drawn, and what the radiated power assumes."""
    target = _target(design.scenario)
    apart = has_sensing_beam(_weights(design))
    parts = ["Line: all beams. Area: sensing beam." if apart else "Line: all beams; the data beams do the sensing."]
    if _is_spatial(design.scenario):
        parts.insert(0, f"Cut at the target's elevation of {target.elevation_deg[0] + 0.0:.1f}°.")
    if mirror_azimuth_deg(design.scenario, float(target.azimuth_deg[0])) is not None:
        parts.append("Dotted: mirror direction, to which the array radiates the same power.")
    if not _is_drawn(design):
        parts.append("Drawn by the array's geometry; the power on target by the channel's own steering_tx.")
    return [*parts, ELEMENTS]


def _illumination_w(design: Design) -> float:
    """p_t with the steering vector that the beams were designed for, which channels from outside may give."""
    return float(illumination(_weights(design), design.channel.steering_tx)[0])


def _is_drawn(design: Design) -> bool:
    """True where the pattern has the illumination at the target, as it has by the array's geometry."""
    target, weights = _target(design.scenario), _weights(design)
    drawn_w = radiated_power_w(design.scenario, weights, target.azimuth_deg, target.elevation_deg)[0]
    sent_w = float(np.sum(np.abs(weights) ** 2))
    return bool(np.isclose(drawn_w, _illumination_w(design), rtol=1e-6, atol=1e-9 * sent_w))


def _cut(design: Design) -> tuple[F, F, F]:
    """Azimuth in degrees, EIRP of all beams and of the sensing beam in dBm, at the target's elevation."""
    scenario, weights, target = design.scenario, _weights(design), _target(design.scenario)
    azimuth = np.union1d(np.linspace(-180, 180, round(360 / STEP_DEG) + 1), target.azimuth_deg)
    total, sensing = (
        level_dbm(radiated_power_w(scenario, part, azimuth, target.elevation_deg)) for part in (weights, weights[:1])
    )
    return azimuth, total, sensing


def _directions(design: Design) -> list[tuple[float, str, str, bool]]:
    """(azimuth, name or nothing, colour, whether it matters), those that matter first."""
    scenario, chosen = design.scenario, design.selected
    target = float(_target(scenario).azimuth_deg[0])
    mirror = mirror_azimuth_deg(scenario, target)
    azimuth, everyone = _receivers(scenario).azimuth_deg, len(chosen) <= NAMED_AT_MOST
    entries = [(target, "target", TARGET, True)]
    entries += [
        (
            float(azimuth[k]),
            short_name(name) if everyone or chosen[k] else "",
            SELECTED if chosen[k] else MUTED,
            bool(chosen[k]),
        )
        for k, name in enumerate(scenario.receiver_ids)
    ]
    entries += [] if mirror is None else [(mirror, "mirror", TARGET, False)]
    return sorted(entries, key=lambda entry: not entry[3])


def _receiver_labels(design: Design, receivers: Bearings) -> list[Label]:
    chosen, ids = design.selected, design.scenario.receiver_ids
    named = [k for k in range(len(ids)) if chosen[k] or len(ids) <= NAMED_AT_MOST]
    return [
        _outlined(receivers, k, short_name(ids[k]), SELECTED if chosen[k] else INK, strong=bool(chosen[k]))
        for k in sorted(named, key=lambda k: not chosen[k])
    ]


def _outlined(where: Bearings, k: int, text: str, color: str, *, strong: bool) -> Label:
    """A label with a white rim, readable on every colour of the image."""
    style = {"color": color, "size": NORMAL if strong else SMALL, "weight": "bold" if strong else "normal"}
    return Label(
        x=float(where.azimuth_deg[k]),
        y=float(where.elevation_deg[k]),
        text=text,
        distance_pt=5.0,
        style={**style, "path_effects": [withStroke(linewidth=1.8, foreground="white")]},
    )


def _azimuth_axis(ax: Axes, scenario: Scenario) -> None:
    ax.set(xlim=(-180, 180))
    ax.set_xlabel("azimuth (anticlockwise from east)" if scenario.origin else "azimuth (from the x axis)")
    ax.set_xticks(np.arange(-180, 181, 45))
    ax.xaxis.set_major_formatter("{x:.0f}°")


def _elevation_limits(elevation_deg: F) -> tuple[float, float]:
    """All of `elevation_deg` and 45° at least, with room around."""
    low, high = float(elevation_deg.min()) - 12.0, float(elevation_deg.max()) + 12.0
    short = max(0.0, 45.0 - (high - low)) / 2
    return max(low - short, -90.0), min(high + short, 90.0)


def _is_spatial(scenario: Scenario) -> bool:
    heights = [scenario.transmitter.position_m[2], scenario.target.position_m[2], *scenario.receiver_positions_m[:, 2]]
    return bool(np.ptp(heights) > 0)


def _target(scenario: Scenario) -> Bearings:
    return bearings(scenario, scenario.target.position_m[None])


def _receivers(scenario: Scenario) -> Bearings:
    return bearings(scenario, scenario.receiver_positions_m)


def _weights(design: Design) -> C:
    assert design.beamforming is not None
    assert design.beamforming.beams is not None
    return design.beamforming.beams.weights
