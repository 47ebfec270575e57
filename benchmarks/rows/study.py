"""Studies: what store and runner cost, and what a second worker gives.

Starting the workers takes a second or two once and is left out: every figure is the difference between a long run and a
short one. What counts is the time of the processors; a second worker shortens the wall's by as much as there is a core
for it.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter, process_time

from benchmarks.measure import Check, Row, all_of, difference_s, marginal_s, with_children_s

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
    """Trials that take 10 ms of a core each, stored as real ones are: how much more does the study take?"""
    rows = []
    for count in counts:
        study = _Study(_begin(count, busy))
        trial_s = study.marginal_s(trials, repeats)
        goal = "overhead ≤ 5 %"
        if trial_s is None:
            check = Check(goal=goal, measured="not measured", met=False, timed=True)
        else:
            share = trial_s / TRIAL_S - 1.0
            check = Check(goal=goal, measured=f"{100 * share:.1f} %", met=share <= 0.05, timed=True)
        work = f"study of {POINTS * trials} trials of 10 ms, {_workers(count)}"
        rows.append(Row(work=work, ours="a trial", ours_s=trial_s, checks=(check, study.on_the_wall(trials, count))))
    return rows


def scaling(trials: int, repeats: int) -> list[Row]:
    """Real designs on one worker and on two: the second one must cost nothing, and change no bit."""
    studies = {count: _Study(_begin(count, None)) for count in (1, 2)}
    one_s, two_s = (studies[count].marginal_s(trials, repeats) for count in (1, 2))
    goal = "processor time ≤ 1.1× that of one worker"
    if one_s is None or two_s is None:
        check = Check(goal=goal, measured="not measured", met=False, timed=True)
    else:
        check = Check(goal=goal, measured=f"{two_s / one_s:.2f}×", met=two_s <= 1.1 * one_s, timed=True)
    digests = [digest for study in studies.values() for digest in study.digests[trials]]
    walls_s = [min(study.walls_s[trials]) for study in studies.values()]
    gain = Check(
        goal="(gain of two on the wall's clock)", measured=f"{walls_s[0] / walls_s[1]:.2f}×", met=None, timed=True
    )
    return [
        Row(
            work=f"study of {POINTS * trials} trials with two designs each, time of a trial",
            ours="2 workers",
            ours_s=two_s,
            rival="1 worker",
            rival_s=one_s,
            checks=(check, gain, all_of("same bits", (digest == digests[0] for digest in digests))),
        )
    ]


class _Study:
    """Runs of one study with more trials or fewer: their times on the wall's clock, and the digests of what they store,
    by the number of trials.
    """

    def __init__(self, begin: Callable[[], Workers]) -> None:
        self.begin = begin
        self.walls_s: defaultdict[int, list[float]] = defaultdict(list)
        self.digests: defaultdict[int, list[str]] = defaultdict(list)

    def marginal_s(self, trials: int, repeats: int) -> float | None:
        """Processor time of a trial, that of the workers included and their start left out."""
        of_all_points_s = marginal_s(self._run_s, max(1, trials // 10), trials, repeats)
        return None if of_all_points_s is None else of_all_points_s / POINTS

    def on_the_wall(self, trials: int, count: int) -> Check:
        """The overhead that a user sees where nothing else runs."""
        goal, wall_s = "(on the wall's clock)", difference_s(self.walls_s[trials], self.walls_s[max(1, trials // 10)])
        if wall_s is None:
            return Check(goal=goal, measured="not measured", met=None, timed=True)
        share = wall_s * count / (POINTS * (trials - trials // 10) * TRIAL_S) - 1.0
        return Check(goal=goal, measured=f"{100 * share:.1f} %", met=None, timed=True)

    def _run_s(self, trials: int) -> float:
        """Processor time of a whole study with a new store."""
        with tempfile.TemporaryDirectory() as name:
            file, store = Path(name) / "benchmark.toml", Path(name) / "benchmark.sqlite"
            file.write_text(STUDY.format(trials=trials), encoding="utf-8")
            study = load_study(file)
            before_s, begun = with_children_s(), perf_counter()
            run_into(store, study, self.begin)
            self.walls_s[trials].append(perf_counter() - begun)
            taken_s = with_children_s() - before_s
            results = read_results(store)
            if results.failures:  # each is tried again, which would be counted as overhead
                raise RuntimeError(f"a trial failed: {results.failures[0]}")
            self.digests[trials].append(results.digest())
        return taken_s


def busy(task: Task) -> tuple[TrialResult, ...]:
    """Trials that keep a core busy for 10 ms each, with results of the size of real ones."""
    return tuple(_busy_trial(task, trial) for trial in task.trials)


def _busy_trial(task: Task, trial: int) -> TrialResult:
    end = process_time() + TRIAL_S
    while process_time() < end:
        pass
    values = tuple(float(trial + number) for number in range(len(task.metrics)))
    method = MethodResult(
        status="feasible", selected=("rx01", "rx02"), values=values, time_s=TRIAL_S / 2, busy_s=TRIAL_S / 2
    )
    return TrialResult(point=task.point.index, trial=trial, seed=trial, methods=(method,) * len(task.schemes))


def _begin(count: int, work: Callable[[Task], tuple[TrialResult, ...]] | None) -> Callable[[], Workers]:
    if work is None:
        return ThisProcess if count == 1 else lambda: Processes(count)
    return lambda: ThisProcess(work) if count == 1 else Processes(count, work)


def _workers(count: int) -> str:
    return "1 worker" if count == 1 else f"{count} workers"
