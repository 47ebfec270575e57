"""Methods compared drop by drop: all methods of a trial see one draw, so that their ratio is free of its luck."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistatic.errors import InputError, Problem
from multistatic.study.results import StudyResults


def relative_to(results: StudyResults, method: str) -> StudyResults:
    """The same trials with each value divided by that of `method` in the same trial.

    The median of these ratios says how much better a method does on a drop; the medians of two methods, each over all
    drops, say it only where drops hardly differ. Shares of designs have no ratio and are left out; so is a trial in
    which either value does not exist or the one of `method` is 0. Raises `InputError` for an unknown method.
    """
    if method not in results.methods:
        expected = "one of " + ", ".join(results.methods)
        raise InputError([Problem("--relative-to", repr(method[:64]), expected)])
    kept = [q for q, metric in enumerate(results.metrics) if not metric.proportion]
    reference = results.values[:, [results.methods.index(method)]][..., kept]
    ratios = np.full(results.values[..., kept].shape, np.nan)
    np.divide(results.values[..., kept], reference, out=ratios, where=reference != 0)
    metrics = (results.metrics[q] for q in kept)
    return replace(
        results,
        values=ratios,
        metrics=tuple(
            replace(each, unit="1", description=f"{each.description}, divided by that of {method}", over=method)
            for each in metrics
        ),
    )
