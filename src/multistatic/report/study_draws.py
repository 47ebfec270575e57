"""What the trials of a study have in common: the same draws at several points, or no draws at all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from multistatic.report.axis_labels import method_label
from multistatic.scenario.position_notes import listed
from multistatic.study.random_draws import random_sources
from multistatic.study.results import StudyResults

_SAME = "common_drops = true in the study file gives all points the same draws"
IDENTICAL = "All trials of a point are identical, for nothing in them is drawn at random; there is no interval."


def draws_in_words(results: StudyResults) -> str:
    """Whether the points see the same random draws; empty for one point, and where nothing is drawn from a seed."""
    number, points = results.series_of_draws(), int(results.done().any(axis=(1, 2)).sum())
    if points < 2 or not number or not _is_drawn(results):
        return ""
    if number == 1:
        return "All points see the same random draws."
    if number == points:
        return (
            "Each point has different random draws, so that a difference between two points is partly one of draws "
            f"({_SAME})."
        )  # fmt: skip
    return (
        "Points that differ only in [design] and [requirements] see the same random draws, other points see others "
        f"({_SAME})."
    )


def all_identical(results: StudyResults, metrics: Sequence[int]) -> bool:
    """True where several trials of every point agree in all of these metrics because nothing in them is drawn."""
    return all(
        results.identical(point, method, metric)
        for point, method in np.ndindex(len(results.settings), len(results.methods))
        for metric in metrics
        if results.done()[point, method].any()
    )


def identical_methods(results: StudyResults, metrics: Sequence[int]) -> str:
    """A sentence about the methods whose trials are identical, where those of others are not; else empty."""
    methods = [
        method_label(name)
        for m, name in enumerate(results.methods)
        if metrics and all(results.identical(p, m, q) for p in range(len(results.settings)) for q in metrics)
    ]
    return f"All trials of a point are identical for {listed(methods)}: there is no interval." if methods else ""


def _is_drawn(results: StudyResults) -> bool:
    """Whether something depends on the seeds; channel files do not."""
    return any(
        set(random_sources(results.document, settings, method)) - {"channel files"}
        for settings in results.settings
        for method in range(len(results.methods))
    )
