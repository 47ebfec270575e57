"""The paper's figures: which metrics make their pictures, and the numbers that are plotted."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from itertools import chain

from multistatic.report.study_plots import Extras, StatedValue, named_study_figures, study_picture_names
from multistatic.report.style import CAPTIONS, SCREEN, PictureStyle, rendered_pictures, require_matplotlib, styled
from multistatic.study.relative import relative_to
from multistatic.study.results import StudyResults

# What the paper draws, U as published, and beside it what its receivers can really reach.
PLOTTED = {
    "fig2": ("surrogate_published", "surrogate", "peb_m"),
    "fig3": ("surrogate_published", "surrogate", "peb_m"),
    "fig4": ("surrogate_published", "surrogate", "peb_m"),
    "fig5": ("surrogate_published", "surrogate", "peb_m", "rate_mean_bps_hz", "receivers"),
    "fig6": ("surrogate_published", "surrogate", "peb_m"),
    "fig7": (
        "sum_crb", "filter_sum_mse", "filter_delay_ratio", "filter_doppler_ratio", "peb_m", "filter_position_rmse_m",
    ),
}  # fmt: skip
# Where methods differ less than drops do: each drop's ratio to the best group is drawn too.
BESIDE_THE_BEST = {"fig5": "enumeration"}
# What the filter is drawn beside; the mono-static scheme has its bound only.
BOUNDS = {"filter_sum_mse": "sum_crb", "filter_position_rmse_m": "peb_m"}
# Values of U that the text of the paper states, §VI-B: (method, value of the swept key, U). Of Fig. 2 it states the
# rates that the designs reached; of five receivers in Figs. 3 and 4, and of Figs. 5 to 7, it states no values.
STATED = {
    "fig2": (
        ("mono-static", 7.465, 1.4e-3),
        ("bi-static", 7.448, 0.74e-3),
        ("two receivers", 7.414, 0.52e-3),
        ("five receivers", 7.482, 0.36e-3),
    ),
    "fig3": (
        ("mono-static", 10, 1.4e-3),
        ("mono-static", 20, 0.72e-3),
        ("bi-static", 10, 0.74e-3),
        ("bi-static", 20, 0.37e-3),
        ("two receivers", 10, 0.52e-3),
        ("two receivers", 20, 0.26e-3),
    ),
    "fig4": (
        ("mono-static", 2, 1.4e-3),
        ("mono-static", 12, 0.24e-3),
        ("bi-static", 2, 0.74e-3),
        ("bi-static", 12, 0.12e-3),
        ("two receivers", 2, 0.52e-3),
        ("two receivers", 12, 0.087e-3),
    ),
}
STARS = "Stars: values that the text of the paper states, for places of the receivers that it does not give."
NO_STARS = "The text of the paper states no values of this figure."
COLUMNS = ("method", "metric", "unit", "statistic", "value", "low", "high", "trials")


def figure_files(name: str, results: StudyResults, *, style: PictureStyle = SCREEN) -> dict[str, bytes]:
    """Pictures of a figure, SVG and PNG for each metric, `NAME.csv` with what they show, and `NAME_captions.txt`."""
    require_matplotlib()
    files = {f"{name}.csv": plotted_csv(results, PLOTTED[name])}
    extras = figure_extras(name, results)
    figures = named_study_figures(results, PLOTTED[name], extras, style=style, prefix=f"{name}_")
    if best := BESIDE_THE_BEST.get(name):
        ratios = relative_to(results, best)
        files |= {f"{name}_over_{best}.csv": plotted_csv(ratios, PLOTTED[name])}
        beside = named_study_figures(ratios, PLOTTED[name], style=style, prefix=f"{name}_over_{best}_")
        figures = chain(figures, beside)
    with styled():
        drawn = rendered_pictures(figures)
    if words := drawn.pop(CAPTIONS, None):
        drawn[f"{name}_{CAPTIONS}"] = words
    return files | drawn


def figure_file_names(name: str, results: StudyResults) -> list[str]:
    """Every picture that `figure_files` may have written, in whatever style."""
    prefixes = [f"{name}_"] + ([f"{name}_over_{best}_"] if (best := BESIDE_THE_BEST.get(name)) else [])
    return [each for prefix in prefixes for each in study_picture_names(results, PLOTTED[name], prefix=prefix)]


def figure_extras(name: str, results: StudyResults) -> dict[str, Extras]:
    """What is drawn besides the estimates of each metric: bounds, and what the paper states of U as it defines it."""
    extras = {metric: Extras() for metric in PLOTTED[name]}
    for metric, bound in BOUNDS.items():
        if metric in extras:
            extras[metric] = Extras(bound=results.metric_index(bound))
    stated = tuple(StatedValue(method=method, at=at, value=value) for method, at, value in STATED.get(name, ()))
    published = "sum_crb" if name == "fig7" else "surrogate_published"
    words = (STARS if stated else NO_STARS,)
    extras[published] = replace(extras[published], stated=stated, words=words)
    return extras


def plotted_csv(results: StudyResults, metrics: tuple[str, ...]) -> bytes:
    """One line for each point, method and metric: the estimate, its interval, and from how many trials it is.

    Without a value (no trial has one) or an interval (too few trials) the cells are empty.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    keys = [axis.key for axis in results.axes]
    writer.writerow([*keys, *COLUMNS])
    for point, settings in enumerate(results.settings):
        for number, method in enumerate(results.methods):
            for metric in metrics:
                index = results.metric_index(metric)
                stored, found = results.metrics[index], results.estimate(point, number, index)
                statistic = "mean" if stored.proportion else results.rule.statistic
                numbers = ["" if each is None else repr(each) for each in (found.value, found.low, found.high)]
                swept = [settings[key] for key in keys]
                writer.writerow([*swept, method, metric, stored.unit, statistic, *numbers, found.count])
    return text.getvalue().encode()
