"""Studies: what store and runner cost, and what a second worker gives.

Starting the workers takes a second or two once and is left out: every figure is the difference between a long run and a
short one.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter, process_time

from benchmarks.measure import Check, Row, all_of

from multistatic.files.study_file import load_study, run_into
from multistatic.files.study_reader import read_results
from multistatic.study.trial import MethodResult, Task, TrialResult
from multistatic.study.workers import Processes, ThisProcess, Workers

TRIAL_S = 0.010
POINTS = 2
STUDY = """
name = "benchmark"
scenario = "paper"
trials = {trials}
metrics = ["surrogate", "peb_m", "receivers", "feasible"]
sweep = {{ requirements.cooperation_cost_m = [100.0, 200.0] }}
compare = [{{ selector = ["greedy", "kmeans"] }}]
"""


def overhead(trials: int, repeats: int, counts: Sequence[int] = (1, 2)) -> list[Row]:
    """Trials that take 10 ms of a core each, stored as real ones are: how much more does the study take?

    In the time of the cores, which other programs on the machine do not lengthen; the wall's beside it.
    """
    rows = []
    for count in counts:
        begin = _begin(count, busy)
        short = [_run(begin, trials // 10) for _ in range(repeats)]
        long = [_run(begin, trials) for _ in range(repeats)]
        work_s = POINTS * (trials - trials // 10) * TRIAL_S
        cores_s, wall_s = (min(each[i] for each in long) - min(each[i] for each in short) for i in (0, 1))
        cores, wall = cores_s / work_s - 1.0, wall_s * count / work_s - 1.0
        rows.append(
            Row(
                work=f"study of {POINTS * trials} trials of 10 ms, {_workers(count)}",
                ours="a trial",
                ours_s=wall_s * TRIAL_S / work_s,
                checks=(
                    Check(goal="overhead ≤ 5 %", measured=f"{100 * cores:.1f} %", met=cores <= 0.05),
                    Check(goal="(on the wall's clock)", measured=f"{100 * wall:.1f} %", met=None),
                ),
            )
        )
    return rows


def scaling(trials: int, repeats: int) -> list[Row]:
    """Real designs on one worker and on two, in turn, and the same bits."""
    digests: list[str] = []
    times_s = {}
    for count in (1, 2):
        begin = _begin(count, None)
        short = min(_run(begin, max(1, trials // 10), digests=None)[1] for _ in range(repeats))
        times_s[count] = min(_run(begin, trials, digests=digests)[1] for _ in range(repeats)) - short
    gain = times_s[1] / times_s[2]
    goal = Check(goal="≥ 1.8× one worker", measured=f"{gain:.2f}×", met=gain >= 1.8)
    return [
        Row(
            work=f"study of {POINTS * trials} trials with two designs each",
            ours="2 workers",
            ours_s=times_s[2],
            rival="1 worker",
            rival_s=times_s[1],
            checks=(goal, all_of("same bits", (digest == digests[0] for digest in digests))),
        )
    ]


def busy(task: Task) -> tuple[TrialResult, ...]:
    """Trials that keep a core busy for 10 ms each, with results of the size of real ones."""
    return tuple(_busy_trial(task, trial) for trial in task.trials)


def _busy_trial(task: Task, trial: int) -> TrialResult:
    end = process_time() + TRIAL_S
    while process_time() < end:
        pass
    values = tuple(float(trial + number) for number in range(len(task.metrics)))
    method = MethodResult(status="feasible", selected=("rx01", "rx02"), values=values, time_s=TRIAL_S / 2)
    return TrialResult(point=task.point.index, trial=trial, seed=trial, methods=(method,) * len(task.schemes))


def _begin(count: int, work: Callable[[Task], tuple[TrialResult, ...]] | None) -> Callable[[], Workers]:
    if work is None:
        return ThisProcess if count == 1 else lambda: Processes(count)
    return lambda: ThisProcess(work) if count == 1 else Processes(count, work)


def _run(begin: Callable[[], Workers], trials: int, digests: list[str] | None = None) -> tuple[float, float]:
    """Seconds of all cores and of the wall for a whole study with a new store."""
    with tempfile.TemporaryDirectory() as name:
        file, store = Path(name) / "benchmark.toml", Path(name) / "benchmark.sqlite"
        file.write_text(STUDY.format(trials=trials), encoding="utf-8")
        study = load_study(file)
        before, begun = os.times(), perf_counter()
        run_into(store, study, begin)
        wall_s, after = perf_counter() - begun, os.times()
        if digests is not None:
            digests.append(read_results(store).digest())
    return sum(after[:4]) - sum(before[:4]), wall_s


def _workers(count: int) -> str:
    return "1 worker" if count == 1 else f"{count} workers"
