"""A process of its own for one method: it can be stopped at any time, and takes nothing along when it crashes.

Only plain values come back: status, group or beams, bound and message. Linear algebra has one thread, and what the
method prints goes to stderr. The first call on a small instance is not timed: it pays for imports and compilation.
Every call gets a problem that no call has seen: what a method stores beside one is of no use to the next.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from time import perf_counter  # the function itself: no method that is loaded later can put another in its place
from typing import Any

import numpy as np

from multistatic import registry
from multistatic.errors import InputError, MissingDependencyError, PluginError
from multistatic.suite.best_known import BEAMS
from multistatic.suite.instances import SuiteInstance, load_suite
from multistatic.suite.tasks import Answer, SuiteOutcome, SuiteTask, common_illumination_w, judged

_WARM_UP = "(warm up)"
UP_WITHIN_S = 120.0
"""A process that has not read the instances by then is given up."""
_REPEATED_BELOW_S, _REPEATS, _REPEATING_S = 0.25, 4, 0.5
_LATE_S = 1.0 + _REPEATING_S
_LONGEST_MESSAGE = 300


class Worker:
    """Runs one method on tasks, one after the other, in a process that is replaced when it had to be stopped."""

    def __init__(self, method: str, *, limit_s: float, warm_up_s: float, version: int) -> None:
        self._method, self._limit_s, self._warm_up_s, self._version = method, limit_s, warm_up_s, version
        self._process: Any = None
        self._connection: Connection | None = None
        self._warm_up = True

    def run(self, task: SuiteTask) -> SuiteOutcome:
        """The method on the task within the limit. It never raises for what the method does."""
        kind, content, seconds = self._answered(task)
        if kind != "answer":
            return SuiteOutcome(
                board=task.board, instance=task.instance.name, method=self._method, verdict=kind, message=content
            )
        return judged(task, self._method, content, seconds)

    def close(self) -> None:
        """End the process, whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._connection is not None:
            self._connection.close()
        self._process = self._connection = None

    def _answered(self, task: SuiteTask) -> tuple[Any, Any, float]:
        """("answer", answer, seconds), or a verdict and its reason."""
        if self._process is None:
            kind, content, _ = self._begin(task.board)
            if kind != "ready":
                return kind, content, 0.0
        kind, content, _ = self._asked((task.board, task.instance.name), UP_WITHIN_S)
        if kind != "ready":
            return kind, content, 0.0
        kind, content, seconds = self._asked(None, self._limit_s, _LATE_S)
        if kind == "answer" and seconds > self._limit_s:
            return "timeout", f"{seconds:.3g} s, the limit is {self._limit_s:g} s", 0.0
        return kind, content, seconds

    def _begin(self, board: str) -> tuple[Any, Any, float]:
        """A new process, warm where that is possible: ("ready", None, 0), or a verdict and its reason."""
        # A method that hangs or dies on the smallest instance gets all of them without a rehearsal: each has its own
        # row.
        for warm in (True, False) if self._warm_up else (False,):
            self._warm_up = warm
            context = multiprocessing.get_context("spawn")
            self._connection, theirs = context.Pipe()
            self._process = context.Process(target=_serve, args=(theirs, self._method, self._version), daemon=True)
            self._process.start()
            theirs.close()
            reply = self._asked(None, UP_WITHIN_S)
            if warm and reply[0] == "ready":
                reply = self._asked((board, _WARM_UP), self._warm_up_s)
            if reply[0] == "ready":
                break
        return reply

    def _asked(self, message: tuple[str, str] | None, limit_s: float, late_s: float = 0.0) -> tuple[Any, Any, float]:
        """The reply to `message` (None: the next one), or what happened in its place; then the process is gone."""
        assert self._connection is not None
        try:
            if message is not None:
                self._connection.send(message)
            if self._connection.poll(limit_s + late_s):
                kind, content, seconds = self._connection.recv()
                return kind, content, seconds
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode
            self.close()
            return "died", f"the process ended with {_named(code)}", 0.0
        self.close()
        return "timeout", f"stopped after {limit_s:g} s", 0.0


def _named(code: int | None) -> str:
    if code is not None and code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"


def _serve(connection: Connection, method: str, version: int) -> None:
    """Answer (board, name of an instance) with (kind, content, seconds) until the other end is closed."""
    from threadpoolctl import threadpool_limits

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started us, and it ends us
    os.dup2(2, 1)
    instances = {each.name: each for each in load_suite(version)}
    ready = ("ready", None, 0.0)
    with threadpool_limits(limits=1), suppress(EOFError, BrokenPipeError):
        connection.send(ready)
        while True:
            board, name = connection.recv()
            if name == _WARM_UP:
                _answered(next(iter(instances.values())), board, method, repeats=1)
                connection.send(ready)
                continue
            _ = instances[name].realisation  # what drawing a channel loads is loaded before the limit runs
            connection.send(ready)
            connection.send(_answered(instances[name], board, method, repeats=_REPEATS))


def _answered(instance: SuiteInstance, board: str, method: str, repeats: int) -> tuple[str, Any, float]:
    """What the method answers, or how it fails. Fast ones are repeated for the shortest time."""
    try:
        solve = registry.load("beamformers" if board == BEAMS else "selectors", method)
        answer, seconds = _timed(solve, instance, board)
        until = perf_counter() + _REPEATING_S
        for _ in range(repeats - 1):
            if seconds > _REPEATED_BELOW_S or perf_counter() > until:
                break
            again, took = _timed(solve, instance, board)
            if not _same(again, answer):  # the time of another answer
                break
            seconds = min(seconds, took)
    except PluginError as error:
        return "error", _line(_reason(error)), 0.0
    except MissingDependencyError as error:
        return "not_installed", _line(str(error)), 0.0
    except InputError as error:
        return "refused", _line(_reason(error)), 0.0
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a method of another package raises is its row
        return "error", _line(f"{type(error).__name__}: {error}"), 0.0
    return "answer", answer, seconds


def _timed(solve: Any, instance: SuiteInstance, board: str) -> tuple[Answer, float]:
    """The answer of a method and the seconds that it took to have it as plain values.

    Its problem is built before, anew down to the channel. Each call gets the same random numbers.
    """
    fresh = replace(instance)  # nothing realised
    posed: tuple[Any, ...]
    if board == BEAMS:
        posed = (fresh.beamforming_problem(),)
    else:
        seed = np.random.SeedSequence(instance.version, spawn_key=(instance.scenario.seed,))
        posed = (fresh.selection_problem(board), np.random.default_rng(seed))
    began = perf_counter()
    answer = _plain(solve(*posed), board, posed[0])
    return answer, perf_counter() - began


def _same(one: Answer, other: Answer) -> bool:
    return np.array_equal(one.selected, other.selected) and np.array_equal(one.beams, other.beams)  # type: ignore[arg-type]


def _reason(error: Exception) -> str:
    """The first problem of an input, and how many more there are."""
    problems = error.problems if isinstance(error, InputError) else ()
    if not problems:
        return str(error)
    more = len(problems) - 1
    return f"{problems[0]}{f', and {more} more problem' + 's' * (more > 1) if more else ''}"


def _plain(result: Any, board: str, problem: Any) -> Answer:
    """The parts of a result that count, as arrays and numbers of this package's own."""
    status, message = _line(str(result.status)), _line(str(result.message))
    if board != BEAMS:
        selected = np.asarray(result.selected, bool)
        return Answer(status=status, selected=selected, bound=_number(result.bound), message=message)
    beams = None if result.beams is None else np.array(result.beams.weights, complex)
    bound = _number(result.upper_bound_w)
    if problem.objective is not None and result.loss_bound is not None and result.loss_bound > 0.0:
        bound = common_illumination_w(problem.objective, float(result.loss_bound))
    return Answer(status=status, beams=beams, bound=bound, message=message)


def _line(text: str) -> str:
    """Words of a method as one line for a table: cut, and without what a terminal would obey."""
    words = " ".join(text.split())[:_LONGEST_MESSAGE]
    if words.isprintable():
        return words
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in words)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
