"""What each receiver gets and gives: its rate beside the required one, and the SNR of the echo that it receives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.design.accuracy import WEAK_ECHO
from multistatic.design.result import Design
from multistatic.report.picture_layout import add_panel, finish_picture, picture_heading, tall_figure
from multistatic.report.points_facts import several_points
from multistatic.report.points_in_words import WORST
from multistatic.report.radiation import has_sensing_beam
from multistatic.report.style import (
    BAD,
    CAPTION,
    FAINT,
    INK,
    MUTED,
    SCREEN,
    SELECTED,
    PictureStyle,
    finish_axes,
    new_figure,
    text_width_in,
)
from multistatic.report.wording import short_name
from multistatic.units import B, F, ratio_to_db

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROWS_AT_MOST = 40
# As the verification allows: a rate this little below its requirement meets it.
TOLERANCE = 1e-6
# Rates this close to their requirements, relatively, are the same to the eye.
_SAME = 1e-3
_ROW_IN, _BELOW_IN, _GAP_IN = 0.17, 0.45, 0.3
_SCREEN_IN = 6.2
_NUMBERS_TITLE = "rate, equal to\nthe required\n(bit/s/Hz)"
_BESIDE_POINT_PT = 6.0  # from a point to its number
_LEFT_OF_LINE_IN = 0.06


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One receiver; or the transmitter, which has no rate, where it receives its own echo. snr_db: None for no echo."""

    name: str
    rate: float | None
    required: float | None
    snr_db: float | None
    selected: bool
    missed: bool

    @property
    def color(self) -> str:
        return BAD if self.missed else SELECTED if self.selected else MUTED


def rates_figure(design: Design, style: PictureStyle = SCREEN) -> Figure:
    """A row a receiver: on the left its rate beside the required one, on the right the SNR of its echo in a block.

    Where all rates equal what is required, a narrow column of numbers stands in the place of bars.
    """
    rows, width = _rows(design), style.width_in(screen=_SCREEN_IN)
    heading = picture_heading(_headline(design), _caption(design), width_in=width, style=style)
    names_in = 0.2 + max(
        text_width_in(new_figure(1.0, 1.0), short_name(row.name), size="small", weight="bold") for row in rows
    )
    sensed, same = any(row.snr_db is not None for row in rows), _same_as_required(design)
    room_in, right_in = width - names_in - 0.15, 0.0
    if sensed:
        right_in = (room_in - _GAP_IN) / 2 if not same else room_in - _GAP_IN - _numbers_width_in()
    left_in = room_in - (right_in + _GAP_IN if sensed else 0.0)
    figure = tall_figure(width)
    height_in, top = _ROW_IN * (len(rows) + 0.6), heading.height_in + (0.41 if same else 0.05)
    left = add_panel(figure, names_in, top, left_in, height_in)
    (_write_rates if same else draw_rates)(left, design)
    if sensed:
        right = add_panel(figure, names_in + left_in + _GAP_IN, top, right_in, height_in)
        draw_echo_snr(right, design)
        right.tick_params(axis="y", labelleft=False)
    two_lines = sensed and (right_in <= 1.6 or several_points(design))
    bottom = top + height_in + _BELOW_IN + (0.14 if two_lines else 0.0)
    hidden = len(design.scenario.receivers) + (design.scheme == "mono") - len(rows)
    if hidden:
        words = f"{hidden} more receivers, which do not cooperate and get their rates, are not shown."
        left.annotate(
            words, (0, 0), (0, -40), textcoords="offset points", xycoords="axes fraction", size="small", va="top"
        )
        bottom += 0.25
    finish_picture(figure, bottom, heading)
    return figure


def draw_rates(ax: Axes, design: Design) -> None:
    """Draw the rate of each receiver as a bar, with a mark at the required rate, into axes of any figure and style.

    ax: axes of matplotlib.
    design: the design; it must have beams.

    Cooperating receivers come first. If there are many, receivers that neither cooperate nor miss their rate are left
    out. Everything drawn has a label: `ax.legend()` makes the legend.

    >>> from multistatic import design_network, load_preset
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> draw_rates(ax, design_network(load_preset("paper")))
    >>> ax.get_xlabel()
    'rate (bit/s/Hz)'
    """
    rows = _rows(design)
    rated = [(k, row, row.rate, row.required) for k, row in enumerate(rows) if row.rate is not None]
    another = "rate of another receiver" if any(row.selected for row in rows) else "rate of a receiver"
    for color, name in (
        (SELECTED, "rate of a cooperating receiver"),
        (MUTED, another),
        (BAD, "rate below the required one"),
    ):
        bars = [(k, rate) for k, row, rate, _ in rated if row.color == color]
        if bars:
            heights, values = zip(*bars, strict=True)
            ax.barh(heights, values, height=0.55, color=color, alpha=0.85, label=name)
    places = np.array([k for k, *_ in rated])
    required = np.array([value or 0.0 for *_, value in rated])
    ax.vlines(required, places - 0.42, places + 0.42, colors=INK, linewidth=1.4, zorder=5, label="required rate")
    top = max([rate for _, _, rate, _ in rated] + [*required, 1e-9])
    for (k, row, rate, _), asked in zip(rated, required, strict=True):
        # The number stands behind the stroke where it would cover it.
        end = max(rate, asked) if abs(rate - asked) < 0.2 * top else rate
        words: dict[str, Any] = {"textcoords": "offset points", "va": "center", "size": "small", "color": row.color}
        ax.annotate(f"{rate:.2f}", (end, k), (4, 0), **words)
    ax.set(xlim=(0, 1.28 * top), xlabel="rate (bit/s/Hz)")
    _name_rows(ax, rows)


def draw_echo_snr(ax: Axes, design: Design) -> None:
    """The SNR of the echo at each receiver after integration over block and antennas, in dB: a point each, at the end
    of a line from the SNR below which echoes are often missed.

    The size of `ax` must be final: the numbers beside the points get the room that they need.
    """
    rows = _rows(design)
    known = [(k, row) for k, row in enumerate(rows) if row.snr_db is not None]
    weak_db = float(ratio_to_db(WEAK_ECHO))
    _set_snr_limits(ax, [weak_db, *(row.snr_db for _, row in known if row.snr_db is not None)])
    dashed: dict[str, Any] = {"color": BAD, "linewidth": 0.9, "linestyle": (0, (4, 2)), "zorder": 1.5}
    ax.axvline(weak_db, label=f"{weak_db:.0f} dB: weaker echoes\nare often missed", **dashed)
    other = "echo at another receiver" if any(row.selected for _, row in known) else "echo at a receiver"
    own = "echo at the transmitter" if design.scheme == "mono" else "echo at a cooperating receiver"
    for selected, inside, name in ((True, SELECTED, own), (False, "white", other)):
        those = [(k, row.snr_db) for k, row in known if row.selected == selected]
        if not those:
            continue
        places, levels = np.array([k for k, _ in those]), np.array([level for _, level in those], float)
        ax.hlines(places, weak_db, levels, colors=FAINT, linewidth=0.8, zorder=1)
        edge = SELECTED if selected else MUTED
        ax.scatter(levels, places, s=24, c=inside, edgecolors=edge, linewidths=0.9, zorder=4, label=name)
        for k, level in zip(places, levels, strict=True):
            # The number stands on the side of the point where no line is.
            side = -1 if level < weak_db else 1
            look: dict[str, Any] = {"ha": "left" if side > 0 else "right", "va": "center", "size": "small"}
            where = (side * _BESIDE_POINT_PT, 0)
            ax.annotate(_decibels(level), (level, k), where, textcoords="offset points", color=INK, **look)
    wide = ax.get_window_extent().width > 1.6 * ax.figure.dpi
    if several_points(design):
        ax.set_xlabel(f"echo SNR in a block{',' if wide else ''}\nat the {WORST} (dB)")
    else:
        ax.set_xlabel("echo SNR in a block (dB)" if wide else "echo SNR\nin a block (dB)")
    _name_rows(ax, rows)


def _set_snr_limits(ax: Axes, levels_db: list[float]) -> None:
    """All levels, 10 dB at least, and beside the outermost ones room for their numbers."""
    low, high = min(levels_db), max(levels_db)
    spare = max(10.0 - (high - low), 0.0) / 2  # differences of less than some dB are small
    low, high = low - spare, high + spare
    frame, figure = ax.get_window_extent(), ax.get_figure(root=True)
    assert figure is not None
    number_in = max(text_width_in(new_figure(1.0, 1.0), _decibels(level), size="small") for level in levels_db)
    right = (number_in + (_BESIDE_POINT_PT + 2.0) / 72.0) * figure.dpi / frame.width
    left = right if low < float(ratio_to_db(WEAK_ECHO)) - spare else _LEFT_OF_LINE_IN * figure.dpi / frame.width
    scale = (high - low) / max(1.0 - left - right, 0.2)
    ax.set_xlim(low - left * scale, high + right * scale)


def _decibels(level: float) -> str:
    return f"{level:.1f}".replace("-", "−")


def _numbers_width_in() -> float:
    """Width of the column that `_write_rates` fills."""
    return max(text_width_in(new_figure(1.0, 1.0), line, size="small") for line in _NUMBERS_TITLE.split("\n"))


def _write_rates(ax: Axes, design: Design) -> None:
    """The rates as numbers."""
    rows = _rows(design)
    ax.set_title(_NUMBERS_TITLE, size="small", weight="normal", pad=4.0)
    for k, row in enumerate(rows):
        words = "–" if row.rate is None else f"{row.rate:.2f}"
        ax.text(0.45, k, words, va="center", ha="right", size="small", color=INK)
    ax.set(xlim=(0, 1), xticks=[])
    _name_rows(ax, rows)
    ax.grid(visible=False)
    ax.spines["bottom"].set_visible(False)


def _name_rows(ax: Axes, rows: list[_Row]) -> None:
    ax.set_ylim(len(rows) - 0.3, -0.9)
    ax.set_yticks(np.arange(len(rows)), [short_name(row.name) for row in rows])
    for tick, row in zip(ax.get_yticklabels(), rows, strict=True):
        tick.set(
            color=SELECTED if row.selected else CAPTION, fontweight="bold" if row.selected else "normal", size="small"
        )
        tick.set_parse_math(False)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    finish_axes(ax, grid_axis="x")


def _rows(design: Design) -> list[_Row]:
    """Cooperating receivers first, then those that miss their rate, each by the SNR of the echo; `ROWS_AT_MOST`, or all
    of these two kinds.
    """
    scenario, rates, missed = design.scenario, _rates(design), _missed(design)
    snr_db: dict[str, float] = {}
    if design.accuracy is not None:
        pairs = zip(design.accuracy.sensor_ids, design.accuracy.block_snr, strict=True)
        snr_db = {name: float(ratio_to_db(ratio)) for name, ratio in pairs if ratio > 0}
    rows = [
        _Row(
            name=receiver.id,
            rate=float(rates[k]),
            required=receiver.rate_required_bps_hz,
            snr_db=snr_db.get(receiver.id),
            selected=bool(design.selected[k]),
            missed=bool(missed[k]),
        )
        for k, receiver in enumerate(scenario.receivers)
    ]
    if design.scheme == "mono":
        own: dict[str, Any] = {"rate": None, "required": None, "selected": True, "missed": False}
        rows.append(_Row(name="transmitter", snr_db=next(iter(snr_db.values()), None), **own))
    rows.sort(key=lambda row: (not row.selected, not row.missed, -np.inf if row.snr_db is None else -row.snr_db))
    return rows[: max(ROWS_AT_MOST, sum(row.selected or row.missed for row in rows))]


def _headline(design: Design) -> str:
    rates, required = _rates(design), design.scenario.rate_required_bps_hz
    shown = "Rates and echo SNR" if _has_echoes(design) else "Rates"
    short = int(np.sum(_missed(design)))
    if short:
        return f"{shown}: {short} of {len(rates)} receivers miss their required rate"
    if not np.any(required) and not np.any(rates):
        return f"{shown}: no rate is required, and no data are sent"
    if _same_as_required(design):
        common = f", {required[0]:g} bit/s/Hz" if np.ptp(required) == 0 else ""
        return f"{shown}: every receiver gets exactly its required rate{common}"
    return f"{shown}: every receiver gets its required rate or more"


def _caption(design: Design) -> list[str]:
    """Sentences: what the two panels show, and what the rates assume."""
    parts = ["Left: rate of each receiver."] if _has_echoes(design) else []
    parts.append(f"Sum of the rates: {_rates(design).sum():.1f} bit/s/Hz.")
    if _has_echoes(design):
        where = f" of the {WORST}" if several_points(design) else ""
        parts.append(f"Right: SNR of the echo{where} at each receiver after integration over a block and its antennas.")
        parts.append(f"Dashed line: {float(ratio_to_db(WEAK_ECHO)):.0f} dB, below which echoes are often missed.")
    if not _sensing(design):
        return [*parts, "No sensing beam: the data beams do the sensing."]
    if np.any(design.selected) and np.any(_rates(design)):
        parts.append("Cooperating receivers cancel the sensing beam before they decode.")
    return parts


def _has_echoes(design: Design) -> bool:
    """True where the SNR of an echo is known, so that it is drawn."""
    return any(row.snr_db is not None for row in _rows(design))


def _same_as_required(design: Design) -> bool:
    """True where no rate differs visibly from its requirement."""
    required = design.scenario.rate_required_bps_hz
    return bool(np.all(np.abs(_rates(design) - required) <= _SAME * np.maximum(required, _SAME)))


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
