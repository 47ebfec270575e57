"""The results of a study as a table and as JSON: one line for each point and method, estimates with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.report.axis_labels import key_label, metric_label
from multistatic.report.study_assumptions import ACCURACIES, study_assumptions
from multistatic.report.study_digits import common_decimals, with_decimals
from multistatic.report.study_draws import IDENTICAL, all_identical, draws_in_words, identical_methods
from multistatic.report.study_plan import point_name
from multistatic.report.text_table import Prose, TableColumn, TableRow, TextTable
from multistatic.report.wording import axis_scale
from multistatic.study.metrics import MEASURED_BY_CLOCK
from multistatic.study.results import StoredMetric, StudyResults, without_unit
from multistatic.study.statistics import Estimate

if TYPE_CHECKING:
    from rich.console import RenderableType

SHOWN_FAILURES = 5
SHOWN_FILES = 4
DEFAULT = "default"  # the only method of a study that compares none
CHECKSUM = "Checksum of the results (equal results have equal checksums)"
LEAST_OF_A_SHARE = 6  # trials for an interval of a proportion


def results_document(
    results: StudyResults, metrics: Sequence[str] | None = None, digest: str | None = None
) -> dict[str, Any]:
    """Estimates of every point, method and metric, ready for JSON; what has none is null.

    `digest`: that of the store, where `results` are made from what it holds.
    """
    asked = _asked(results, metrics)
    return {
        "name": results.name,
        "complete": results.complete,
        "digest": digest or results.digest(),
        "statistic": results.rule.statistic,
        "confidence": results.rule.confidence,
        "points": [
            {
                "settings": dict(results.settings[p]),
                "methods": {
                    name: {
                        "trials": int(results.done()[p, m].sum()),
                        "failed": int(results.failed()[p, m].sum()),
                        **{metric.name: _plain(results.estimate(p, m, q)) for q, metric in asked},
                    }
                    for m, name in enumerate(results.methods)
                },
            }
            for p in range(len(results.settings))
        ],
        "failures": [_failure_line(results, each) for each in results.failures],
        "sessions": [dict(session) for session in results.sessions],
        "channel_files": _channel_files(results),
    }


def _channel_lines(results: StudyResults) -> list[str]:
    """The files that channels came from, in a line of its own; nothing where a model made them."""
    files = _channel_files(results)
    if not files:
        return []
    names = [f"{each['name']} (trial {each['trial']})" if "trial" in each else each["name"] for each in files]
    shown = ", ".join(names if len(names) <= SHOWN_FILES else [*names[: SHOWN_FILES - 1], f"… {names[-1]}"])
    return [f"channels from {len(names)} file{'s' if len(names) > 1 else ''}: {shown}"]


def _channel_files(results: StudyResults) -> list[dict[str, Any]]:
    """The channel file of each trial where a folder has one for each; those that all trials share have no trial."""
    shared = dict(results.document.get("channel_files", {}))
    each: list[dict[str, Any]] = [dict(drop) for drop in results.document.get("drops", ())]
    return [{"name": name, "sha256": digest} for name, digest in shared.items()] + each


def results_table(
    results: StudyResults, metrics: Sequence[str] | None = None, digest: str | None = None
) -> RenderableType:
    """The table, and below it what failed; `digest` as for `results_document`."""
    from rich.console import Group
    from rich.text import Text

    asked = _asked(results, metrics)
    scales = [metric_scale(results, q, metric_label(each.name)) for q, each in asked]
    done, failed = results.done(), results.failed()
    named = results.methods != (DEFAULT,) or not results.axes
    columns = (
        *(_column(key_label(axis.key)) for axis in results.axes),
        *([TableColumn(name="method", number=False)] if named else []),
        TableColumn(name="trials"),
        *([TableColumn(name="failed", unit="trials")] if failed.any() else []),
        *(_column(words) for _, words in scales),
    )
    pairs = list(np.ndindex(len(results.settings), len(results.methods)))
    counts = [int(done[pair].sum()) for pair in pairs]
    estimates = [
        _cells([results.estimate(p, m, q) for p, m in pairs], factor, counts, each.proportion)
        for (q, each), (factor, _) in zip(asked, scales, strict=True)
    ]
    swept = [_swept([settings[axis.key] for settings in results.settings]) for axis in results.axes]
    rows = []
    for n, (p, m) in enumerate(pairs):
        bad = int(failed[p, m].sum())
        trials = (str(counts[n]), *([str(bad)] if failed.any() else []))
        keys = (*(column[p] for column in swept), *([results.methods[m]] if named else []))
        rows.append(TableRow(cells=(*keys, *trials, *(column[n] for column in estimates))))
    state = "complete" if results.complete else "not complete"
    head = f"{results.name}: {state}, {int(done.any(axis=1).sum()):,} trials of {len(results.settings):,} points"
    table = TextTable(columns=columns, rows=tuple(rows), keys=len(results.axes) + named)
    checksum = f"{CHECKSUM}: {(digest or results.digest())[:16]}."
    below = (_what_is_shown(results, asked, [row.cells for row in rows]), checksum, *_channel_lines(results))
    foot = (Prose(each, "dim") for each in below)
    lines = [_failure_line(results, each) for each in results.failures[-SHOWN_FAILURES:]]
    if more := len(results.failures) - len(lines):
        lines.insert(0, f"{more} failed attempts before these; table `failures` of the store has all, with tracebacks")
    return Group(Text(head, "bold"), table, *foot, *(Prose(each, "red") for each in lines))


def _what_is_shown(
    results: StudyResults, asked: Sequence[tuple[int, StoredMetric]], rows: Sequence[Sequence[str]]
) -> str:
    """What the numbers are and assume; of intervals and of trials without a value only where the table has them."""
    rule, cells = results.rule, [cell for row in rows for cell in row]
    over = next((metric.over for metric in results.metrics if metric.over), "")
    sentences = [f"Each value is divided by that of {over} in the same trial." if over else ""]
    computed = [q for q, each in asked if each.name not in MEASURED_BY_CLOCK]
    # A median of one value is that value.
    several = int(results.done().sum(axis=2).max(initial=0)) > 1
    identical = several and bool(computed) and all_identical(results, computed)
    proportions = "; proportions as means" if any(metric.proportion for _, metric in asked) else ""
    if identical:
        sentences.append(IDENTICAL)
    if not identical or len(computed) < len(asked):
        sentences.append(f"Shown: the {rule.statistic} of the trials{proportions}." if several else "Shown: one trial.")
    if any("[" in cell for cell in cells):
        sentences.append(f"[ ]: {100 * rule.confidence:g} % confidence interval.")
    elif several and not identical:
        sentences.append("No intervals: there are too few trials.")
    if not identical:
        sentences += [identical_methods(results, computed), draws_in_words(results)]
    if any("*" in cell for cell in cells):
        sentences.append("*: of the trials that have a value.")
    if DEFAULT in results.methods and len(results.methods) > 1:
        sentences.append(f"{DEFAULT}: the [design] of the scenario.")
    if any(each.name in ACCURACIES for _, each in asked):
        sentences += study_assumptions(results)
    return " ".join(each for each in sentences if each)


def _swept(values: Sequence[Any]) -> list[str]:
    """The swept values of a column, numbers with as many decimals each."""
    texts = [f"{value:.10g}" if isinstance(value, float) else str(value) for value in values]
    if not all(isinstance(value, int | float) for value in values) or any("e" in text for text in texts):
        return texts
    decimals = max((len(text.partition(".")[2]) for text in texts), default=0)
    return [f"{value:.{decimals}f}" for value in values]


def _column(words: str) -> TableColumn:
    """`position error bound (mm)` as a name and its unit."""
    name, opened, unit = words.removesuffix(")").rpartition(" (")
    return TableColumn(name=name, unit=unit) if opened else TableColumn(name=words)


def _asked(results: StudyResults, metrics: Sequence[str] | None) -> list[tuple[int, StoredMetric]]:
    return [(q, each) for q, each in enumerate(results.metrics) if metrics is None or each.name in metrics]


def metric_scale(results: StudyResults, metric: int, name: str | None = None) -> tuple[float, str]:
    """The factor that brings a metric's values into reach, and its name (or another) with the unit that follows."""
    stored = results.metrics[metric]
    name = without_unit(stored.name) if name is None else name
    values = np.abs(results.values[..., metric])
    typical = float(np.nanmedian(values)) if np.isfinite(values).any() else 1.0
    unit = "" if stored.unit == "1" else stored.unit
    if stored.proportion or unit == "bit/s/Hz" or 0.1 <= typical < 1e4:
        return 1.0, f"{name} ({unit})" if unit else name
    return axis_scale(name, unit, typical)


def _cells(found: Sequence[Estimate], factor: float, trials: Sequence[int], proportion: bool = False) -> list[str]:
    """The estimates of a column and their intervals, all with as many decimals; a star where some of the trials have no
    value. An interval for a share of a few trials is nearly all of [0, 1]: it would say nothing.
    """
    ends = [
        None
        if each.low is None or each.high is None or (proportion and each.count < LEAST_OF_A_SHARE)
        else (factor * each.low, factor * each.high)
        for each in found
    ]
    values = [None if each.value is None else factor * each.value for each in found]
    decimals = common_decimals(
        (value for value in values if value is not None), (end for both in ends if both is not None for end in both)
    )
    cells = []
    for each, value, both, count in zip(found, values, ends, trials, strict=True):
        if value is None:
            cells.append("–")
            continue
        interval = "" if both is None else f" [{', '.join(with_decimals(end, decimals) for end in both)}]"
        cells.append(f"{with_decimals(value, decimals)}{interval}{'' if each.count == count else ' *'}")
    return cells


def _plain(found: Estimate) -> dict[str, float | int | None]:
    return {"value": found.value, "low": found.low, "high": found.high, "count": found.count}


def _failure_line(results: StudyResults, failure: Any) -> str:
    place = point_name(results.settings[failure.point])
    return (
        f"failed: {place}, trial {failure.trial} (seed {failure.seed}), {failure.method}, attempt {failure.attempt}: "
        f"{failure.error}"
    )
