"""What a worker does: a few trials of one point, every method on the same draw."""

from __future__ import annotations

import traceback
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from math import isfinite
from time import perf_counter
from typing import Any

import numpy as np

from multistatic.design import design_network
from multistatic.design.choices import with_choices
from multistatic.design.result import Scheme
from multistatic.design.violation_words import worst_violation
from multistatic.errors import MultistaticError, VerificationError
from multistatic.scenario.given_channel import GivenChannel
from multistatic.scenario.model import Scenario
from multistatic.scenario.parse_scenario import ScenarioTemplate
from multistatic.scenario.resolve import design_settings
from multistatic.scenario.write import resolved_toml
from multistatic.study.metrics import MEASURED_BY_CLOCK, metric
from multistatic.study.outcome import Outcome
from multistatic.study.plan import Point, Study, trial_seed
from multistatic.study.portable import identity_of

FAILED = "failed"
# After placement (0), channel (1) and selection (2): the purposes of a scenario's seed.
METRICS_PURPOSE = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """Trials of one point, with all that they need: it travels to a worker as it is.

    `channels`: for each trial the channels of its file, by folder; empty where no scenario names a folder.
    `choices`: for each method what was given in Python; empty where nothing was.
    """

    point: Point
    trials: tuple[int, ...]
    root: int
    schemes: tuple[Scheme, ...]
    metrics: tuple[str, ...]
    channels: tuple[Mapping[str, GivenChannel], ...] = ()
    choices: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a method failed on a trial, and the resolved scenario that repeats it (empty where not even that exists)."""

    error: str
    traceback: str
    scenario: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodResult:
    """One method on one trial: a design's status, or `failed`; `values` of the study's metrics, in their order.

    `time_s`: of the design; `busy_s`: of all the method took, its share of the drawing and its metrics too.
    """

    status: str
    selected: tuple[str, ...]
    values: tuple[float | None, ...]
    time_s: float
    busy_s: float
    message: str = ""
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialResult:
    """All methods on one trial, in their order."""

    point: int
    trial: int
    seed: int
    methods: tuple[MethodResult, ...]

    @property
    def failed(self) -> bool:
        """True where a method raised, or its design was not confirmed."""
        return any(method.failure is not None for method in self.methods)

    @property
    def busy_s(self) -> float:
        """How long the trial kept a worker busy."""
        return sum(method.busy_s for method in self.methods)


def task_of(study: Study, point: Point, trials: Sequence[int]) -> Task:
    """The task of these trials of `point`; a channel file is read here, so that workers need not see it."""
    schemes = tuple(method.scheme for method in study.methods)
    used = {each.channel_folder for each in point.templates}
    drops = {folder: found for folder, found in study.drops.items() if folder in used}
    channels = tuple({folder: found.channel(trial) for folder, found in drops.items()} for trial in trials)
    return Task(
        point=point,
        trials=tuple(trials),
        root=study.seed,
        schemes=schemes,
        metrics=study.metrics,
        channels=channels if drops else (),
        choices=tuple(method.choices for method in study.methods) if any(m.choices for m in study.methods) else (),
    )


def run_task(task: Task) -> tuple[TrialResult, ...]:
    """All trials of a task. An exception is a result like any other: it fails one method of one trial."""
    channels = task.channels or ({},) * len(task.trials)
    return tuple(_trial(task, trial, given) for trial, given in zip(task.trials, channels, strict=True))


def run_task_warm(task: Task) -> tuple[TrialResult, ...]:
    """`run_task`; where times are stored, once this process has loaded and compiled what the methods need."""
    if MEASURED_BY_CLOCK.intersection(task.metrics):
        asked = (template.table.design for template in task.point.templates)
        algorithms = tuple((each.criterion, each.selector, each.beamformer) for each in asked)
        first = replace(task, trials=task.trials[:1], channels=task.channels[:1])
        given = tuple(sorted(identity_of(each) for chosen in task.choices for each in chosen.values()))
        _warm_up(_First(key=(task.schemes, algorithms, given), task=first))
    return run_task(task)


@dataclass(frozen=True, slots=True, kw_only=True)
class _First:
    """A task, equal to every other one of the same algorithms."""

    key: Hashable
    task: Task = field(compare=False)


@cache
def _warm_up(first: _First) -> None:
    """Run a trial whose result is not kept: any other one would load and compile something else."""
    run_task(first.task)


def run_task_in_worker(task: Task) -> tuple[TrialResult, ...]:
    """`run_task_warm` in a process that does nothing else: one thread for linear algebra from the first task on."""
    _one_thread()
    return run_task_warm(task)


@cache
def _one_thread() -> None:
    """Once and for good: limits that come and go would leave other threads of this process without."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1)


def _trial(task: Task, trial: int, channels: Mapping[str, GivenChannel]) -> TrialResult:
    seed = trial_seed(task.root, task.point.stream, trial)
    drawn = TrialScenarios(point=task.point, seed=seed, channels=channels)
    results = tuple(_method(task, number, seed, drawn) for number in range(len(task.schemes)))
    return TrialResult(point=task.point.index, trial=trial, seed=seed, methods=results)


def _method(task: Task, number: int, seed: int, drawn: TrialScenarios) -> MethodResult:
    scenario: Scenario | None = None
    begun = perf_counter()
    try:
        scenario = drawn.of_method(number)
        if task.choices:
            scenario = with_choices(scenario, **task.choices[number])
        ready = perf_counter()
        design = design_network(scenario, scheme=task.schemes[number])
        time_s = perf_counter() - ready
        if design.status == "unverified":
            found = "" if design.verification is None else worst_violation(design.verification.violations)
            raise VerificationError(f"the design failed its verification: {found}")
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(METRICS_PURPOSE,)))
        outcome = Outcome(design=design, time_s=time_s, rng=rng)
        values = tuple(_finite(metric(name).value(outcome)) for name in task.metrics)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, it is recorded, retried and shown
        return failed_method(error, task.metrics, scenario, perf_counter() - begun)
    message = design.message if design.status == "infeasible" else ""
    return MethodResult(
        status=design.status,
        selected=design.selected_ids,
        values=values,
        time_s=time_s,
        busy_s=perf_counter() - begun,
        message=message,
    )


def failed_method(
    error: BaseException, metrics: Sequence[str], scenario: Scenario | None = None, busy_s: float = 0.0
) -> MethodResult:
    """The result of a method that raised `error` after `busy_s`."""
    name = type(error).__name__
    text = str(error) if isinstance(error, MultistaticError) else f"{name}: {error}"
    failure = Failure(
        error=text,
        traceback="".join(traceback.format_exception(error)),
        scenario="" if scenario is None else resolved_toml(scenario),
    )
    return MethodResult(
        status=FAILED,
        selected=(),
        values=(None,) * len(metrics),
        time_s=busy_s,
        busy_s=busy_s,
        message=text,
        failure=failure,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialScenarios:
    """The scenarios of one trial, each drawn once."""

    point: Point
    seed: int
    channels: Mapping[str, GivenChannel]
    scenarios: dict[int, Scenario] = field(default_factory=dict)

    def of_method(self, number: int) -> Scenario:
        """The method's scenario; what differs in [design] alone from one that is drawn already is not drawn again."""
        first = self.point.drawn_with[number]
        template: ScenarioTemplate = self.point.templates[first]
        if first not in self.scenarios:
            self.scenarios[first] = template.drawn(self.seed, self.channels.get(template.channel_folder or ""))
        if first == number:
            return self.scenarios[first]
        own: ScenarioTemplate = self.point.templates[number]
        return replace(self.scenarios[first], design=design_settings(own.table.design))


def _finite(value: float | None) -> float | None:
    """None for what does not exist, and for what is not a number: no NaN is stored."""
    return None if value is None or not isfinite(value) else float(value)
