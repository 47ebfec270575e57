"""Every method on every instance of its boards, one at a time: the times are comparable, and nothing is dropped."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass

from multistatic import registry
from multistatic.errors import InputError, Problem
from multistatic.scenario.model import JOINT
from multistatic.suite.best_known import BEAMS, best_known
from multistatic.suite.instances import VERSION, check_channels, load_suite
from multistatic.suite.tasks import BOARDS, SELECTION_BOARDS, SuiteOutcome, SuiteTask
from multistatic.suite.worker import Worker

GIVEN_THE_GROUP = frozenset({"given"})
"""Selectors that get the group: there is nothing to rank."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteSettings:
    """Which methods run (None: every registered one), on the small instances only (`quick`) or all; `limit_s` for each
    method on each instance, `warm_up_s` for its first call, which is not timed; `version` of the suite.
    """

    selectors: tuple[str, ...] | None = None
    beamformers: tuple[str, ...] | None = None
    quick: bool = False
    limit_s: float = 60.0
    warm_up_s: float = 60.0
    version: int = VERSION


def run_suite(
    settings: SuiteSettings | None = None,
    *,
    on_begin: Callable[[str, str, str], None] = lambda board, method, instance: None,
) -> tuple[SuiteOutcome, ...]:
    """The outcome of every method on every instance of its boards.

    Each method has a process of its own, which is stopped at the limit; a failure is an outcome with its reason.
    `on_begin` is called with (board, method, instance) before each. Processes are started by `spawn`: in a script of
    your own call this under `if __name__ == "__main__":`. Raises `InputError` for methods that are unknown or that two
    packages register, a limit that is not positive, or a suite that is not the frozen one.
    """
    return tuple(each_outcome(settings or SuiteSettings(), on_begin=on_begin))


def each_outcome(
    settings: SuiteSettings, *, on_begin: Callable[[str, str, str], None] = lambda board, method, instance: None
) -> Generator[SuiteOutcome, None, None]:
    """The outcomes of `run_suite` one by one, each as soon as it is known; closing the iterator ends the process."""
    methods, tasks = ranked_methods(settings), tasks_of(settings)
    for boards in (SELECTION_BOARDS, (BEAMS,)):
        for method in methods[boards[0]]:
            worker = Worker(method, limit_s=settings.limit_s, warm_up_s=settings.warm_up_s, version=settings.version)
            try:
                for task in (each for board in boards for each in tasks[board]):
                    on_begin(task.board, method, task.instance.name)
                    yield worker.run(task)
            finally:
                worker.close()


def tasks_of(settings: SuiteSettings) -> dict[str, tuple[SuiteTask, ...]]:
    """Board → its tasks."""
    instances = load_suite(settings.version, quick=settings.quick)
    check_channels(instances, settings.version)
    known = best_known(settings.version)
    return {
        board: tuple(
            SuiteTask(instance=each, board=board, best=known[each.name, board])
            for each in instances
            if (each.name, board) in known
        )
        for board in BOARDS
    }


def ranked_methods(settings: SuiteSettings) -> dict[str, tuple[str, ...]]:
    """Board → the methods that are ranked on it; names that are unknown or contested, and a limit that is none, are
    refused together.
    """
    selectors, beamformers = settings.selectors, settings.beamformers
    if selectors is None:
        selectors = tuple(name for name in registry.names("selectors") if name not in GIVEN_THE_GROUP)
    if beamformers is None:
        beamformers = registry.names("beamformers")
    beamformers = tuple(registry.full_name("beamformers", name) for name in beamformers)
    wanted = {"selectors": tuple(dict.fromkeys(selectors)), "beamformers": tuple(dict.fromkeys(beamformers))}
    problems = [] if settings.limit_s > 0 else [Problem("limit", f"{settings.limit_s:g} s", "more than 0 s")]
    for group, names in wanted.items():
        for name in names:
            problems += _refused(group, name)
    if problems:
        raise InputError(problems)
    return {**dict.fromkeys(SELECTION_BOARDS, wanted["selectors"]), BEAMS: wanted["beamformers"]}


def origins_of(methods: Mapping[str, tuple[str, ...]]) -> dict[str, dict[str, registry.Origin]]:
    """Board → method → whose it is."""
    return {
        board: {name: registry.origin("beamformers" if board == BEAMS else "selectors", name) for name in names}
        for board, names in methods.items()
    }


def _refused(group: str, name: str) -> Sequence[Problem]:
    """Whether no package or more than one registered the name; nothing is imported here, for that may fail and is
    the method's own row.
    """
    if (group, name) == ("selectors", JOINT):
        hint = f"{JOINT} chooses the receivers together with the beams: `multistatic compare FILE` compares it"
        return [Problem(group, repr(name), "a selector that chooses receivers only", hint)]
    try:
        registry.origin(group, name)
    except InputError as error:
        return error.problems
    return ()
