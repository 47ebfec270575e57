"""What a study is going to do and to cost, before it does it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from multistatic.report.axis_labels import setting_label
from multistatic.report.text_table import Prose, TableColumn, TableRow, TextTable
from multistatic.report.wording import common_unit, one_unit, quantity
from multistatic.study.cost import Cost
from multistatic.study.plan import Study
from multistatic.study.random_draws import trials_are_identical

if TYPE_CHECKING:
    from rich.console import RenderableType

SHOWN_POINTS = 20


def plan_document(study: Study, cost: Cost, workers: int, cores: int | None = None) -> dict[str, Any]:
    """The plan, ready for JSON. `cores`: of the machine, None for a cluster: no more workers than that, and no more
    than there are trials, work at a time.
    """
    rule = study.rule
    most = len(study.points) * rule.maximum
    at_a_time = min(workers, cores or workers, most)
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
        "time_s": [seconds / at_a_time for seconds in cost.total_s],
        "memory_bytes": None if cost.memory_bytes is None else cost.memory_bytes * workers,
        "identical_trials": rule.maximum > 1 and trials_are_identical(study),
        "store_bytes": list(cost.store_bytes),
        "failures": _failures(study, cost),
    }


def plan_table(study: Study, cost: Cost, workers: int, cores: int | None = None) -> RenderableType:
    """The plan as text and a table of methods; `cores` as for `plan_document`."""
    from rich.console import Group
    from rich.text import Text

    plan = plan_document(study, cost, workers, cores)
    rule = study.rule
    unit, times = one_unit(plan["seconds_per_trial"].values(), "s")
    columns = (TableColumn(name="method", number=False), TableColumn(name="time of a trial", unit=unit))
    rows = zip(plan["seconds_per_trial"], times, strict=True)
    table = TextTable(columns=columns, rows=tuple(TableRow(cells=cells) for cells in rows))
    until = ""
    if rule.metric is not None:
        until = (
            f", until the {rule.statistic} of {rule.metric} is known to within {100 * rule.relative_half_width:g} % "
            f"({100 * rule.confidence:g} % confidence)"
        )
    memory = plan["memory_bytes"]
    lines = [
        f"{_count(len(study.points), 'point')}, {_count(len(study.methods), 'method')}, "
        f"{_trials(rule.minimum, rule.maximum)} at each point{until}: {_trials(*plan['trials'])} in all",
        *_point_lines(study),
    ]
    after = [
        f"Time: about {_span(plan['time_s'], 's')} on {_count(workers, 'worker')}, without the start of the workers.",
        *_notes(plan, workers, cores),
        f"Memory of all workers: {'unknown on this system' if memory is None else quantity(float(memory), 'B')}. "
        f"Size of the store: {_span(cost.store_bytes, 'B')}.",
        *(f"{name} failed on a trial that was run: {error}" for name, error in plan["failures"].items()),
    ]
    return Group(Text(study.name, "bold"), *map(Prose, lines), Text(), table, Text(), *map(Prose, after))


def _notes(plan: Mapping[str, Any], workers: int, cores: int | None) -> Iterator[str]:
    """What makes workers or trials useless."""
    if cores is not None and workers > cores:
        yield (
            f"This machine has {_count(cores, 'processor core')}: more than {_count(cores, 'worker')} only need more "
            "memory."
        )
    if plan["identical_trials"]:
        yield (
            "Nothing in this study is drawn at random, so that all trials of a point are identical: trials = 1 is "
            "enough."
        )


def point_name(settings: Mapping[str, Any]) -> str:
    """`transmit antennas 10, transmit power 30 dBm`: each key in words with its value."""
    return ", ".join(setting_label(key, value) for key, value in settings.items()) or "the scenario as it is"


def _point_lines(study: Study) -> list[str]:
    lines = [f"  point {point.index}: {point_name(point.settings)}" for point in study.points[:SHOWN_POINTS]]
    more = len(study.points) - len(lines)
    return lines + ([f"  and {more} more"] if more else [])


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _span(values: Iterable[float], unit: str) -> str:
    """`1.2 to 30 s`; one value where both are the same."""
    both = [float(value) for value in values]
    factor, name = common_unit(both, unit)
    return f"{' to '.join(dict.fromkeys(f'{factor * value:.3g}' for value in both))} {name}"


def _trials(low: int, high: int) -> str:
    return _count(low, "trial") if low == high else f"{low:,} to {high:,} trials"


def _failures(study: Study, cost: Cost) -> dict[str, str]:
    """Methods that failed on the trials that were run."""
    return {
        method.name: result.failure.error
        for trial in cost.trials
        for method, result in zip(study.methods, trial.methods, strict=True)
        if result.failure is not None
    }
