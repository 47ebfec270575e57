"""What a study will cost, from real trials at both ends of its sweep."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from multistatic.study.plan import Study
from multistatic.study.trial import TrialResult, run_task, task_of

# Of a store, measured: a row of `results` with its key, and one of `trials` with its group and status.
BYTES_PER_VALUE = 24
BYTES_PER_TRIAL = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """`seconds` that each method keeps a worker busy on a trial, drawing and metrics included: the mean of the first
    and the last point. `total_s` on one worker for the fewest and the most trials that the rule allows; `memory_bytes`
    of one worker (None: the system does not say); `store_bytes` likewise for both. `trials` are the ones that were run.
    """

    seconds: tuple[float, ...]
    total_s: tuple[float, float]
    memory_bytes: int | None
    store_bytes: tuple[int, int]
    trials: tuple[TrialResult, ...]


def measured_cost(study: Study) -> Cost:
    """Run trial 0 of the first and the last point, in this process, and scale it up.

    Each is run twice and the second timed: the first compiles and loads what every worker has to load only once.
    """
    from threadpoolctl import threadpool_limits

    ends = sorted({0, len(study.points) - 1})
    tasks = [task_of(study, study.points[index], [0]) for index in ends]
    with threadpool_limits(limits=1):
        for task in tasks:
            run_task(task)
        trials = tuple(result for task in tasks for result in run_task(task))
    seconds = tuple(
        sum(trial.methods[number].busy_s for trial in trials) / len(trials) for number in range(len(study.methods))
    )
    counts = [len(study.points) * each for each in (study.rule.minimum, study.rule.maximum)]
    row = len(study.methods) * (BYTES_PER_TRIAL + BYTES_PER_VALUE * len(study.metrics))
    return Cost(
        seconds=seconds,
        total_s=(counts[0] * sum(seconds), counts[1] * sum(seconds)),
        memory_bytes=_peak_memory_bytes(),
        store_bytes=(counts[0] * row, counts[1] * row),
        trials=trials,
    )


def _peak_memory_bytes() -> int | None:
    """The most memory that this process has had, None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    usage: Any = resource.getrusage(resource.RUSAGE_SELF)
    return int(usage.ru_maxrss) * (1 if sys.platform == "darwin" else 1024)
