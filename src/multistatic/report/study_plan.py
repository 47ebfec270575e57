"""What a study is going to do and to cost, before it does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from multistatic.report.wording import quantity
from multistatic.study.cost import Cost
from multistatic.study.plan import Study

if TYPE_CHECKING:
    from rich.console import RenderableType

SHOWN_POINTS = 20


def plan_document(study: Study, cost: Cost, workers: int) -> dict[str, Any]:
    """The plan, ready for JSON."""
    rule = study.rule
    return {
        "name": study.name,
        "fingerprint": study.fingerprint,
        "points": [dict(point.settings) for point in study.points],
        "methods": [method.name for method in study.methods],
        "metrics": list(study.metrics),
        "trials_per_point": {"minimum": rule.minimum, "maximum": rule.maximum},
        "trials": [len(study.points) * rule.minimum, len(study.points) * rule.maximum],
        "seconds_per_trial": dict(zip((m.name for m in study.methods), cost.seconds, strict=True)),
        "workers": workers,
        "time_s": [seconds / workers for seconds in cost.total_s],
        "memory_bytes": None if cost.memory_bytes is None else cost.memory_bytes * workers,
        "store_bytes": list(cost.store_bytes),
        "failures": _failures(study, cost),
    }


def plan_table(study: Study, cost: Cost, workers: int) -> RenderableType:
    """The plan as text and a table of methods."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    plan = plan_document(study, cost, workers)
    rule = study.rule
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("method")
    table.add_column("one trial", justify="right")
    for name, seconds in plan["seconds_per_trial"].items():
        table.add_row(Text(name), quantity(seconds, "s"))
    until = ""
    if rule.metric is not None:
        until = (
            f", until the {rule.statistic} of {rule.metric} is known to {100 * rule.relative_half_width:g} % "
            f"({100 * rule.confidence:g} % confidence)"
        )
    memory = plan["memory_bytes"]
    lines = [
        f"{len(study.points)} points, {len(study.methods)} methods, {_range(rule.minimum, rule.maximum)} trials each"
        f"{until}: {_range(*plan['trials'])} trials",
        *_point_lines(study),
    ]
    after = [
        f"about {' to '.join(dict.fromkeys(quantity(s, 's') for s in plan['time_s']))} on {workers} "
        f"worker{'' if workers == 1 else 's'}",
        f"memory: {'not told by this system' if memory is None else quantity(float(memory), 'B')} in all workers; "
        f"store: {' to '.join(dict.fromkeys(quantity(float(b), 'B') for b in cost.store_bytes))}",
        *(f"{name} failed on a trial that was run: {error}" for name, error in plan["failures"].items()),
    ]
    return Group(
        Text(study.name, "bold"), *(Text(line) for line in lines), Text(), table, *(Text(line) for line in after)
    )


def point_name(settings: Mapping[str, Any]) -> str:
    """`antennas 10, power_dbm 30`: the last part of each key with its value."""
    return ", ".join(f"{key.rpartition('.')[2]} {value}" for key, value in settings.items()) or "all"


def _point_lines(study: Study) -> list[str]:
    lines = [f"  {point.index}: {point_name(point.settings)}" for point in study.points[:SHOWN_POINTS]]
    more = len(study.points) - len(lines)
    return lines + ([f"  and {more} more"] if more else [])


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"


def _failures(study: Study, cost: Cost) -> dict[str, str]:
    """Methods that failed on the trials that were run."""
    return {
        method.name: result.failure.error
        for trial in cost.trials
        for method, result in zip(study.methods, trial.methods, strict=True)
        if result.failure is not None
    }
