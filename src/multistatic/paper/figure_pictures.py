"""The paper's figures: which metrics make their pictures, and the numbers that are plotted."""

from __future__ import annotations

import csv
import io

from multistatic.report.study_plots import study_pictures
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
COLUMNS = ("method", "metric", "unit", "statistic", "value", "low", "high", "trials")


def figure_files(name: str, results: StudyResults) -> dict[str, bytes]:
    """Pictures of a figure, SVG and PNG for each metric, and `NAME.csv` with what they show."""
    files = {f"{name}.csv": plotted_csv(results, PLOTTED[name])}
    files |= {f"{name}_{file}": each for file, each in study_pictures(results, PLOTTED[name], BOUNDS).items()}
    if best := BESIDE_THE_BEST.get(name):
        ratios = relative_to(results, best)
        files |= {f"{name}_over_{best}.csv": plotted_csv(ratios, PLOTTED[name])}
        pictures = study_pictures(ratios, PLOTTED[name])
        files |= {f"{name}_over_{best}_{file}": each for file, each in pictures.items()}
    return files


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
