"""A small study that tests share, and workers that misbehave."""

from __future__ import annotations

import os
import random
import signal
import threading
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from multistatic.files.study_file import load_study
from multistatic.study.metrics import metric
from multistatic.study.plan import Study
from multistatic.study.trial import MethodResult, Task, TrialResult, run_task_in_worker, trial_seed

QUICK = """
name = "quick"
seed = 5
scenario = "paper"
trials = 5
metrics = ["surrogate", "peb_m", "feasible", "receivers", "time_s"]
common_drops = false

[set]
receivers.random.count = 3
transmitter.antennas = 4
channel.direct = "los"
requirements.rate_bps_hz = 0.5

[sweep]
transmitter.power_dbm = [20, 30]
requirements.cooperation_cost_m = [100.0, 1000.0]

[[compare]]
selector = ["greedy", "all"]

[[compare]]
name = "one receiver"
scheme = "bi"
"""


def quick(folder: Path, *overrides: str, text: str = QUICK, name: str = "quick.toml") -> Study:
    """The study of `text` in a file of `folder`."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return load_study(file, overrides)


def invented(task: Task) -> tuple[TrialResult, ...]:
    """Results that depend on the trial alone and cost nothing: for tests of what handles them."""
    return tuple(invented_trial(task, trial) for trial in task.trials)


def invented_trial(task: Task, trial: int) -> TrialResult:
    """One of them: log-normal values with a spread of their own for each metric and method."""
    seed = trial_seed(task.root, task.point.stream, trial)
    draw = random.Random(seed)
    methods = tuple(
        MethodResult(
            status="feasible",
            selected=("rx1", "rx2"),
            values=tuple(
                float(draw.random() < 0.7) if metric(name).proportion else draw.lognormvariate(0.0, 0.1 * (1 + number))
                for name in task.metrics
            ),
            time_s=1e-3,
            busy_s=1e-3,
        )
        for number in range(len(task.schemes))
    )
    return TrialResult(point=task.point.index, trial=trial, seed=seed, methods=methods)


def deadly(task: Task) -> tuple[TrialResult, ...]:
    """Trial 2 of point 1 kills its process; all others are invented."""
    if task.point.index == 1 and 2 in task.trials:
        os.kill(os.getpid(), signal.SIGKILL)
    return invented(task)


def logged(task: Task) -> tuple[TrialResult, ...]:
    """Real trials, each of which leaves a line in the file that the environment names."""
    with open(os.environ["STUDY_LOG"], "a", encoding="ascii") as file:
        file.write("".join(f"{task.point.index} {trial}\n" for trial in task.trials))
    return run_task_in_worker(task)


class Shuffled(Executor):
    """One thread that takes the waiting tasks in an order of its own."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self._waiting: list[tuple[Future[Any], Any, tuple[Any, ...]]] = []
        self._changed = threading.Condition()
        self._open = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def submit(self, function: Any, /, *arguments: Any, **_: Any) -> Future[Any]:
        """Let the call wait."""
        future: Future[Any] = Future()
        with self._changed:
            self._waiting.append((future, function, arguments))
            self._changed.notify()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the thread."""
        with self._changed:
            self._open = False
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._open and not self._waiting:
                    self._changed.wait()
                if not self._waiting:
                    return
                future, function, arguments = self._waiting.pop(self._draw.randrange(len(self._waiting)))
            future.set_result(function(*arguments))


OVER_POINTS = (
    "points",
    "worst_value",
    "mean_value",
    "worst_peb_m",
    "mean_peb_m",
    "worst_illumination_w",
    "mean_illumination_w",
    "nominal_worst_value",
    "nominal_excess",
    "one_fails_change",
    "target_off_10m_change",
)
"""Metrics over the points where targets may be, which `tests/unit/study/test_figures_over_points.py` examines."""
