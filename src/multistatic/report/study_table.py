"""The results of a study as a table and as JSON: one line for each point and method, estimates with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.report.study_plan import point_name
from multistatic.report.wording import axis_scale
from multistatic.study.results import StoredMetric, StudyResults, unit_of_key, without_unit
from multistatic.study.statistics import Estimate

if TYPE_CHECKING:
    from rich.console import RenderableType

SHOWN_FAILURES = 5
SHOWN_FILES = 4


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


def _channel_line(results: StudyResults) -> str:
    """The files that channels came from, in a line of its own; nothing where a model made them."""
    files = _channel_files(results)
    if not files:
        return ""
    names = [f"{each['name']} (trial {each['trial']})" if "trial" in each else each["name"] for each in files]
    shown = ", ".join(names if len(names) <= SHOWN_FILES else [*names[: SHOWN_FILES - 1], f"… {names[-1]}"])
    return f"\nchannels from {len(names)} file{'s' if len(names) > 1 else ''}: {shown}"


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
    from rich.table import Table
    from rich.text import Text

    asked = _asked(results, metrics)
    scales = [metric_scale(results, q) for q, _ in asked]
    table = Table(box=None, padding=(0, 2, 0, 0))
    for axis in results.axes:
        unit = unit_of_key(axis.key)
        table.add_column(without_unit(axis.key.rpartition(".")[2]) + (f"\n({unit})" if unit else ""))
    table.add_column("method", no_wrap=True)
    for heading in ("trials", *(words.replace(" (", "\n(") for _, words in scales)):
        table.add_column(heading, justify="right", no_wrap=True)
    done, failed = results.done(), results.failed()
    for p, settings in enumerate(results.settings):
        for m, name in enumerate(results.methods):
            count, bad = int(done[p, m].sum()), int(failed[p, m].sum())
            trials = f"{count} ({bad} failed)" if bad else str(count)
            cells = [
                _cell(results.estimate(p, m, q), factor, count)
                for (q, _), (factor, _) in zip(asked, scales, strict=True)
            ]
            swept = (Text(str(value) if m == 0 else "") for value in settings.values())
            table.add_row(*swept, Text(name), trials, *cells)
    state = "complete" if results.complete else "not complete"
    rule = results.rule
    head = f"{results.name}  {state}, {int(done.any(axis=1).sum())} trials of {len(results.settings)} points"
    over = next((metric.over for metric in results.metrics if metric.over), "")
    foot = (
        f"{f'each value over that of {over} in the same trial; ' if over else ''}{rule.statistic} "
        f"[{100 * rule.confidence:g} % interval], proportions as means; * of the trials that have a value\n"
        f"results {(digest or results.digest())[:16]}"
        f"{_channel_line(results)}"
    )
    lines = [_failure_line(results, each) for each in results.failures[-SHOWN_FAILURES:]]
    if more := len(results.failures) - len(lines):
        lines.insert(0, f"{more} failed attempts before these; table `failures` of the store has all, with tracebacks")
    return Group(Text(head, "bold"), table, Text(foot, "dim"), *(Text(line, "red") for line in lines))


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


def _cell(found: Estimate, factor: float, trials: int) -> str:
    """The estimate and its interval; a star where some of the trials have no value."""
    if found.value is None:
        return "–"
    interval = ""
    if found.low is not None and found.high is not None:
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
