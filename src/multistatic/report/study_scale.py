"""The axis of a metric and the axes of swept keys: units, limits, ticks that fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.report.axis_labels import METRICS, key_label, key_unit, method_label, metric_label, power_of_ten
from multistatic.report.style import NORMAL, SMALL, caption_lines, text_width_in
from multistatic.report.wording import axis_scale, common_unit
from multistatic.study.results import StoredMetric, StudyResults
from multistatic.units import F

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

# Units that take a prefix: 0.01 m is 10 mm, but 0.01 m² is no 10 mm².
_PREFIXED = ("m", "m/s", "s", "Hz", "W")
_COUNTS = ("receivers", "rounds")
# A logarithmic axis for values that span more than this factor.
_DECADE = 10.0
_MOST_TICKS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricScale:
    """The axis or colour bar of a metric, the same in all panels.

    factor: drawn values are those of the metric times this. label: the name with the unit of drawn values. low, high:
    limits, as drawn. logarithmic: whether the axis is. whole: whether only whole numbers are labelled.
    """

    factor: float
    label: str
    low: float
    high: float
    logarithmic: bool
    whole: bool

    @property
    def ticks(self) -> F:
        """The values that are labelled."""
        from matplotlib.ticker import MaxNLocator

        round_numbers = MaxNLocator(nbins=5, integer=self.whole, steps=[1, 2, 2.5, 5, 10])
        found = _logarithmic_ticks if self.logarithmic else round_numbers.tick_values
        return np.array([tick for tick in found(self.low, self.high) if self.low <= tick <= self.high])

    @property
    def tick_labels(self) -> list[str]:
        """What stands at `ticks`."""
        ticks = [f"{tick:e}" for tick in self.ticks]
        # Powers of ten alone, and some of them too long to be written out: all of them as powers.
        powers = self.logarithmic and all(tick.startswith("1.000000e") for tick in ticks)
        long = any(not 1e-3 <= float(tick) < 1e5 for tick in ticks)
        return [power_of_ten(tick) if powers and long else tick_label(float(tick)) for tick in ticks]

    def set_on(self, axis: Axis) -> None:
        """Scale, limits and ticks of one axis of a panel."""
        from matplotlib.ticker import NullLocator

        ax = axis.axes
        vertical = axis is ax.yaxis
        (ax.set_yscale if vertical else ax.set_xscale)("log" if self.logarithmic else "linear")
        (ax.set_ylim if vertical else ax.set_xlim)(self.low, self.high)
        axis.set_ticks(self.ticks, self.tick_labels)
        axis.set_minor_locator(NullLocator())


def tick_label(value: float) -> str:
    """A number at an axis; a power of ten as such where it would be long."""
    if value == 0 or 1e-3 * (1 - 1e-9) <= abs(value) < 1e5:
        return f"{value:.6g}".replace("-", "−")
    return power_of_ten(f"{value:.3e}")


def _logarithmic_ticks(low: float, high: float) -> F:
    """1, 2 and 5 in every decade where these are few, else powers of ten, or every n-th of them."""
    decades = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    fine = np.outer(10.0**decades, (1.0, 2.0, 5.0)).ravel()
    if np.count_nonzero((low <= fine) & (fine <= high)) <= _MOST_TICKS:
        return fine
    powers = decades[(10.0**decades >= low) & (10.0**decades <= high)]
    return 10.0 ** powers[powers % -(-len(powers) // _MOST_TICKS) == 0]


def metric_title(stored: StoredMetric) -> str:
    """What a picture of a metric is called; for a metric of another package, its own description."""
    known = METRICS.get(stored.name)
    return stored.description if known is None else _named(known, stored)


def _named(words: str, stored: StoredMetric) -> str:
    return f"{words}, divided by that of {method_label(stored.over)}" if stored.over else words


def metric_axis(results: StudyResults, metric: int, drawn: Iterable[float | None]) -> MetricScale:
    """The axis on which all `drawn` values of a metric (as stored; ends of intervals too) have their place."""
    stored = results.metrics[metric]
    values = np.array([value for value in drawn if value is not None and np.isfinite(value)] or [0.0, 1.0])
    name = _named(metric_label(stored.name), stored)
    if stored.proportion:
        return MetricScale(factor=1.0, label=name, low=-0.05, high=1.05, logarithmic=False, whole=False)
    largest = float(np.abs(values).max())
    unit = "" if stored.unit == "1" else stored.unit
    whole = stored.name in _COUNTS and not stored.over
    if unit in _PREFIXED:
        factor, label = axis_scale(name, unit, largest)
    elif unit or whole or 1e-2 <= largest < 1e4:
        factor, label = 1.0, f"{name} ({unit})" if unit else name
    else:
        factor, label = axis_scale(name, "", largest)
    values = factor * values
    low, high = float(values.min()), float(values.max())
    logarithmic = not whole and low > 0 and high > _DECADE * low
    if whole:
        low, high = np.floor(low - 0.25), np.ceil(high + 0.25)
    elif logarithmic:
        reach = (high / low) ** 0.06
        low, high = low / reach, high * reach
    else:
        reach = 0.06 * (high - low) or 0.05 * abs(high) or 0.5
        low, high = low - reach, high + reach
    return MetricScale(factor=factor, label=label, low=low, high=high, logarithmic=logarithmic, whole=whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyScale:
    """The axis of a swept key. factor: from its values to what is drawn; label: name with the unit of that."""

    key: str
    factor: float
    label: str
    values: tuple[float, ...]

    @property
    def drawn(self) -> F:
        """The values of the key as they are drawn, ascending."""
        return np.sort(self.factor * np.array(self.values, float))

    @property
    def logarithmic(self) -> bool:
        """Positive values over more than a decade and a half."""
        return bool(self.drawn[0] > 0 and self.drawn[-1] > 30 * self.drawn[0])


def key_scale(results: StudyResults, key: str) -> KeyScale:
    """The axis of a swept key with numbers."""
    values = tuple(next(axis.values for axis in results.axes if axis.key == key))
    unit = key_unit(key)
    factor, prefixed = common_unit(values, unit) if unit in _PREFIXED else (1.0, unit)
    return KeyScale(key=key, factor=factor, label=key_label(key, prefixed), values=values)


def set_key_axis(ax: Axes, scale: KeyScale, width_in: float) -> None:
    """The x axis of a key: every value is labelled where there is room, else as many as fit."""
    from matplotlib.ticker import NullLocator

    values = scale.drawn
    if scale.logarithmic:
        ax.set_xscale("log")
    places = np.log(values) if scale.logarithmic else values
    reach = 0.06 * np.ptp(places)
    low, high = places[0] - reach, places[-1] + reach
    ax.set_xlim(*(np.exp([low, high]) if scale.logarithmic else (low, high)))
    labels = [tick_label(value) for value in values]
    chosen = fitting(ax.figure, labels, (places - low) / (high - low) * width_in)
    if len(chosen) < len(values) and not scale.logarithmic:
        _round_ticks(ax, values, width_in)
    else:
        ax.set_xticks(values[chosen], [labels[k] for k in chosen])
    ax.xaxis.set_minor_locator(NullLocator())


def _round_ticks(ax: Axes, values: F, width_in: float) -> None:
    """Round numbers, whole ones where all values are whole."""
    from matplotlib.ticker import MaxNLocator

    whole = bool(np.all(values == np.round(values)))
    locator = MaxNLocator(nbins=max(2, int(width_in / 0.5)), integer=whole, steps=[1, 2, 5, 10])
    low, high = ax.get_xlim()
    ticks = [tick for tick in locator.tick_values(low, high) if low <= tick <= high]
    ax.set_xticks(ticks, [tick_label(tick) for tick in ticks])


def fitting(figure: Any, labels: Sequence[str], places_in: F, room_in: float = 0.08) -> list[int]:
    """Which labels, centred at `places_in` (ascending), stand beside each other with `room_in` between them: every
    k-th with the smallest k for which they do.
    """
    widths = [text_width_in(figure, label, size=SMALL) for label in labels]
    for step in range(1, len(labels) + 1):
        chosen = list(range(0, len(labels), step))
        gaps = [places_in[b] - places_in[a] - (widths[a] + widths[b]) / 2 for a, b in pairwise(chosen)]
        if all(gap >= room_in for gap in gaps):
            return chosen
    return [0]


def broken(figure: Figure, text: str, room_in: float, size: float = NORMAL) -> list[str]:
    """A text in lines that fit into `room_in`."""
    return caption_lines(figure, room_in, text.split(" "), size=size)
