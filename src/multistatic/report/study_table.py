"""The results of a study as a table and as JSON: one line for each point and method, estimates with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.report.axis_labels import key_label, metric_label
from multistatic.report.study_plan import point_name
from multistatic.report.text_table import Prose, TableColumn, TableRow, TextTable
from multistatic.report.wording import axis_scale
from multistatic.study.results import StoredMetric, StudyResults, without_unit
from multistatic.study.statistics import Estimate

if TYPE_CHECKING:
    from rich.console import RenderableType

SHOWN_FAILURES = 5
SHOWN_FILES = 4
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
    columns = (
        *(_column(key_label(axis.key)) for axis in results.axes),
        TableColumn(name="method", number=False),
        TableColumn(name="trials"),
        *([TableColumn(name="failed", unit="trials")] if failed.any() else []),
        *(_column(words) for _, words in scales),
    )
    rows = []
    for p, settings in enumerate(results.settings):
        for m, name in enumerate(results.methods):
            count, bad = int(done[p, m].sum()), int(failed[p, m].sum())
            estimates = (
                _cell(results.estimate(p, m, q), factor, count, each.proportion)
                for (q, each), (factor, _) in zip(asked, scales, strict=True)
            )
            trials = (str(count), *([str(bad)] if failed.any() else []))
            rows.append(TableRow(cells=(*map(_swept, settings.values()), name, *trials, *estimates)))
    state = "complete" if results.complete else "not complete"
    head = f"{results.name}  {state}, {int(done.any(axis=1).sum())} trials of {len(results.settings)} points"
    table = TextTable(columns=columns, rows=tuple(rows), keys=len(results.axes) + 1)
    digest_line = f"results {(digest or results.digest())[:16]}"
    below = (_what_is_shown(results, [row.cells for row in rows]), digest_line, *_channel_lines(results))
    foot = (Prose(each, "dim") for each in below)
    lines = [_failure_line(results, each) for each in results.failures[-SHOWN_FAILURES:]]
    if more := len(results.failures) - len(lines):
        lines.insert(0, f"{more} failed attempts before these; table `failures` of the store has all, with tracebacks")
    return Group(Text(head, "bold"), table, *foot, *(Prose(each, "red") for each in lines))


def _what_is_shown(results: StudyResults, rows: Sequence[Sequence[str]]) -> str:
    """What the numbers are; of intervals and of trials without a value only where the table has them."""
    rule, cells = results.rule, [cell for row in rows for cell in row]
    over = next((metric.over for metric in results.metrics if metric.over), "")
    sentences = [f"Each value is divided by that of {over} in the same trial." if over else ""]
    # A median of one value is that value.
    several = int(results.done().sum(axis=2).max(initial=0)) > 1
    proportions = "; proportions as means" if any(metric.proportion for metric in results.metrics) else ""
    sentences.append(f"Shown: the {rule.statistic} of the trials{proportions}." if several else "Shown: one trial.")
    if any("[" in cell for cell in cells):
        sentences.append(f"[ ]: {100 * rule.confidence:g} % confidence interval.")
    elif several:
        sentences.append("No intervals: there are too few trials.")
    if any("*" in cell for cell in cells):
        sentences.append("*: of the trials that have a value.")
    return " ".join(each for each in sentences if each)


def _swept(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


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


def _cell(found: Estimate, factor: float, trials: int, proportion: bool = False) -> str:
    """The estimate and its interval; a star where some of the trials have no value. An interval for a share of a few
    trials is nearly all of [0, 1], also where nothing in them is drawn: it would say nothing.
    """
    if found.value is None:
        return "–"
    interval = ""
    if found.low is not None and found.high is not None and not (proportion and found.count < LEAST_OF_A_SHARE):
        interval = f" [{factor * found.low:.4g}, {factor * found.high:.4g}]"
    return f"{factor * found.value:.4g}{interval}{'' if found.count == trials else ' *'}"


def _plain(found: Estimate) -> dict[str, float | int | None]:
    return {"value": found.value, "low": found.low, "high": found.high, "count": found.count}


def _failure_line(results: StudyResults, failure: Any) -> str:
    place = point_name(results.settings[failure.point])
    return (
        f"failed: {place}, trial {failure.trial} (seed {failure.seed}), {failure.method}, attempt {failure.attempt}: "
        f"{failure.error}"
    )
