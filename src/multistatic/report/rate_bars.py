"""Rates of all receivers beside what each of them must get."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multistatic.design.result import Design
from multistatic.report.radiation import has_sensing_beam
from multistatic.report.style import (
    BAD,
    FAINT,
    INK,
    MUTED,
    SELECTED,
    SMALL,
    add_heading,
    finish_axes,
    new_figure,
    text_width_in,
)
from multistatic.report.wording import short_name
from multistatic.units import B, F

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMED_AT_MOST = 60
VALUES_AT_MOST = 24
# As the verification allows: a rate this little below its requirement meets it.
TOLERANCE = 1e-6


def rates_figure(design: Design) -> Figure:
    """One lollipop a receiver, the requirement as a line."""
    rates, required = _rates(design), design.scenario.rate_required_bps_hz
    count, left, right, top = len(rates), 0.6, 0.75, 0.66
    width = float(np.clip(0.32 * count + 1.35, 5.0, 7.2))
    figure = new_figure(width, 1.0)
    longest = max(
        text_width_in(figure, name, size=SMALL, weight="bold") for name in map(short_name, design.scenario.receiver_ids)
    )
    bottom = 0.2 + 0.8 * longest if _turned(design) else 0.32
    height = 2.0 + bottom + top
    figure.set_size_inches(width, height)
    draw_rates(figure.add_axes((left / width, bottom / height, 1 - (left + right) / width, 2.0 / height)), design)
    short = int(np.sum(_missed(design)))
    verdict = (
        "every receiver meets its requirement" if short == 0 else f"{short} of {count} receivers miss their requirement"
    )
    sum_rate = f"Sum {rates.sum():.1f} bit/s/Hz"
    if np.ptp(required) == 0 and short == 0:
        verdict = f"every receiver gets {required[0]:g} bit/s/Hz or more"
    filled = "cooperating receivers" + (", which cancel the sensing beam." if _sensing(design) else ".")
    caption = f"{sum_rate}. Filled: {filled}"
    add_heading(figure, left, f"Rates: {verdict}", caption)
    return figure


def draw_rates(ax: Axes, design: Design) -> None:
    """Rate over receiver, in the order of the scenario."""
    rates, required = _rates(design), design.scenario.rate_required_bps_hz
    chosen, places, missed = np.asarray(design.selected, bool), np.arange(len(rates)), _missed(design)
    crowded = len(rates) > VALUES_AT_MOST
    colors = np.where(missed, BAD, np.where(chosen, SELECTED, MUTED))
    inside = list(np.where(chosen, colors, "white"))
    ax.vlines(places, 0, rates, colors=list(colors), linewidth=1.0 if crowded else 2.0)
    ax.scatter(places, rates, s=14 if crowded else 42, c=inside, edgecolors=list(colors), zorder=4)
    for k in places if not crowded else []:
        ax.annotate(
            f"{rates[k]:.1f}",
            (k, max(rates[k], required[k] if abs(rates[k] - required[k]) <= 0.02 * required[k] else 0.0)),
            (0, 5),
            textcoords="offset points",
            ha="center",
            va="bottom",
            size=SMALL,
            color=colors[k],
        )
    _draw_requirement(ax, required)
    top = 1.18 * max(float(rates.max()), float(required.max()), 1e-9)
    ax.set(xlim=(-0.6, len(rates) - 0.4), ylim=(0, top), ylabel="rate (bit/s/Hz)")
    _name_receivers(ax, design)
    finish_axes(ax, grid_axis="y")


def _draw_requirement(ax: Axes, required: F) -> None:
    """One dashed line, or a bar for each receiver where the requirements differ."""
    if np.ptp(required) == 0:
        ax.axhline(required[0], color=INK, linewidth=1.0, linestyle=(0, (4, 2)), zorder=3)
        name = f"required\n{required[0]:g}"
    else:
        places = np.arange(len(required))
        ax.hlines(required, places - 0.34, places + 0.34, colors=INK, linewidth=1.3, zorder=5)
        name = "required"
    ax.annotate(
        name,
        (1, float(required[-1])),
        (4, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        va="center",
        size=SMALL,
        color=INK,
    )


def _name_receivers(ax: Axes, design: Design) -> None:
    ids = design.scenario.receiver_ids
    ax.tick_params(axis="x", length=0)
    ax.spines["bottom"].set_color(FAINT)
    if len(ids) > NAMED_AT_MOST:
        ax.set_xticks([])
        ax.set_xlabel(f"{len(ids)} receivers")
        return
    ax.set_xticks(np.arange(len(ids)), list(map(short_name, ids)))
    for tick, kept in zip(ax.get_xticklabels(), design.selected, strict=True):
        tick.set(color=SELECTED if kept else MUTED, fontweight="bold" if kept else "normal")
        if _turned(design):
            tick.set(rotation=50, ha="right", rotation_mode="anchor")


def _turned(design: Design) -> bool:
    """True where the names would touch if they were written level."""
    ids = design.scenario.receiver_ids
    return len(ids) <= NAMED_AT_MOST and max(map(len, ids)) * len(ids) > 75


def _rates(design: Design) -> F:
    assert design.beamforming is not None
    assert design.beamforming.rates_bps_hz is not None
    return design.beamforming.rates_bps_hz


def _sensing(design: Design) -> bool:
    """True where a beam of its own does the sensing, false where the data beams do."""
    assert design.beamforming is not None
    assert design.beamforming.beams is not None
    return has_sensing_beam(design.beamforming.beams.weights)


def _missed(design: Design) -> B:
    missed: B = _rates(design) < design.scenario.rate_required_bps_hz * (1 - TOLERANCE)
    return missed
