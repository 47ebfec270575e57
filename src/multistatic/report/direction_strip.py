"""The strip over a beam pattern: in which azimuth targets and receivers are, with their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from multistatic.design.result import Design
from multistatic.report.labels import Label, place_labels
from multistatic.report.picture_layout import add_panel, tall_figure
from multistatic.report.radiation import bearings, mirror_azimuth_deg
from multistatic.report.style import CAPTION, NAMED_AT_MOST, SELECTED, TARGET
from multistatic.report.target_sectors import sectors
from multistatic.report.wording import short_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TICK_IN, _HIGHEST_STRIP_IN = 0.05, 1.6


def draw_directions(ax: Axes, design: Design) -> int:
    """A strip over the cut, as wide as it: the azimuths of the target, its mirror and the receivers, with their names;
    returns how many receivers have a tick without a name.
    """
    height_in = ax.get_window_extent().height / ax.figure.dpi
    ax.set(xlim=(-180, 180), ylim=(0, height_in))
    ax.axis("off")
    labels = _direction_labels(design)
    for label in labels:
        strong = not label.optional
        ax.plot(
            [label.x] * 2, [0, _TICK_IN], color=label.style["color"], linewidth=1.6 if strong else 1.0, clip_on=False
        )
    nameless = sum(not label.text for label in labels)
    return nameless + len(place_labels(ax, [label for label in labels if label.text]))


def _direction_labels(design: Design) -> list[Label]:
    """Those that must be named first; no name for receivers that do not cooperate where there are many."""
    scenario, chosen = design.scenario, design.selected
    azimuth, everyone = bearings(scenario, scenario.receiver_positions_m).azimuth_deg, len(chosen) <= NAMED_AT_MOST
    places = sectors(design)
    entries = [(place.middle_deg, short_name(place.name), TARGET, True) for place in places]
    mirror = mirror_azimuth_deg(scenario, places[0].middle_deg) if len(places) == 1 else None
    entries += [] if mirror is None else [(mirror, "mirror", TARGET, True)]
    receivers = [
        (float(azimuth[k]), short_name(name) if everyone or kept else "", SELECTED if kept else CAPTION, bool(kept))
        for k, (name, kept) in enumerate(zip(scenario.receiver_ids, chosen, strict=True))
    ]
    return [
        Label(
            x=place,
            y=_TICK_IN,
            text=name,
            distance_pt=2.5,
            style={"color": color, "size": "small", "weight": "bold" if needed else "normal"},
            optional=not needed,
            above=True,
        )
        for place, name, color, needed in [*entries, *sorted(receivers, key=lambda entry: not entry[3])]
    ]


def strip_height_in(design: Design, width_in: float) -> float:
    """As high as the names turn out to stand in a strip that is `width_in` wide and high enough."""
    figure = tall_figure(width_in)
    strip = add_panel(figure, 0.0, 0.0, width_in, _HIGHEST_STRIP_IN)
    draw_directions(strip, design)
    foot = strip.get_window_extent().y0
    return max((text.get_window_extent().y1 - foot) / figure.dpi for text in strip.texts) + 0.03
