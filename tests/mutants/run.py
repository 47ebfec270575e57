"""`python -m tests.mutants.run`: which changes of formulas the tests notice. `make mutants` runs all of them.

One process imports the packages that the tests need, but not `multistatic`, and is forked for each mutation: the child
serves the changed source and runs the tests that the mutation names. A test that fails, an error on import, a crash or
the time limit means that the change was noticed. Before that the same tests run on the unchanged sources and have to
pass.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mutants.mutations import ROOT, Mutation, all_mutations
from tests.mutants.serving import serve

# Of the mutations that were run; below it the exit status is 1.
REQUIRED = 0.95
# Seconds of processor time of one process; endless loops end here, a busy machine does not.
TIME_LIMIT_S = 60
_HEAVY = (
    "numpy",
    "numpy.testing",
    "scipy.linalg",
    "scipy.optimize",
    "scipy.stats",
    "scipy.cluster.hierarchy",
    "scipy.spatial.distance",
    "scipy.integrate",
    "pydantic",
    "numba",
    "hypothesis",
    "hypothesis.strategies",
    "hypothesis.extra.numpy",
    "typer.testing",
    "rich.console",
    "rich.table",
    "pyproj",
)
# Packages that are imported before pytest starts cannot have their asserts rewritten, and need not.
# Machine code divides by zero in silence.
_AS_MACHINE_CODE = ("-W", "ignore::RuntimeWarning")
_OPTIONS = (
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
    "-x",
    "-q",
    "--no-header",
    "--tb=line",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
)
_NOT_STARTED = 70


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutation: `killed`, `timeout`, `crashed` (all three noticed), `survived`, or `not run`."""

    mutation: Mutation
    verdict: str
    seconds: float
    output: str = ""

    @property
    def noticed(self) -> bool:
        """True where the tests did not pass."""
        return self.verdict in ("killed", "timeout", "crashed")


@dataclass(slots=True)
class _Child:
    process: int
    started: float
    log: Path


def _start(tests: Iterable[str], mutation: Mutation | None, interpreted: bool, log: Path) -> _Child:
    """Fork a process that runs `tests` with `mutation` in place and ends with pytest's exit status."""
    text = mutation.source() if mutation else ""
    sys.stdout.flush()
    process = os.fork()
    if process:
        return _Child(process, time.monotonic(), log)
    status = _NOT_STARTED
    try:
        os.setsid()
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        options = _OPTIONS
        if interpreted:
            os.environ["NUMBA_DISABLE_JIT"] = "1"  # kernels as object code know no other setting
            importlib.import_module("numba").config.DISABLE_JIT = True
            options = (*_AS_MACHINE_CODE, *_OPTIONS)
        if mutation:
            resource.setrlimit(resource.RLIMIT_CPU, (TIME_LIMIT_S, TIME_LIMIT_S + 5))
            serve(mutation.module, text)
        status = int(pytest.main([*options, *tests]))
    except BaseException:  # noqa: BLE001 - nothing may return into the code of the parent
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _verdict(status: int) -> str:
    if not os.WIFEXITED(status):
        return "timeout" if os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL) else "crashed"
    code = os.WEXITSTATUS(status)
    if code == pytest.ExitCode.OK:
        return "survived"
    return "not run" if code in (_NOT_STARTED, pytest.ExitCode.NO_TESTS_COLLECTED) else "killed"


def outcomes(mutations: Iterable[Mutation], jobs: int) -> Iterator[Outcome]:
    """Each mutation's outcome as it becomes known, `jobs` processes at a time."""
    waiting = list(mutations)[::-1]
    running: dict[int, tuple[_Child, Mutation]] = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            while waiting or running:
                while waiting and len(running) < jobs:
                    mutation = waiting.pop()
                    log = Path(folder) / f"{len(waiting)}.log"
                    child = _start(mutation.tests, mutation, mutation.interpreted, log)
                    running[child.process] = (child, mutation)
                ended, status = os.wait()
                child, mutation = running.pop(ended)
                took = time.monotonic() - child.started
                yield Outcome(mutation, _verdict(status), took, child.log.read_text(errors="replace"))
        finally:
            for process in running:
                _end(process)


def _end(process: int) -> None:
    """End a child and whatever it has started: it leads a process group of its own."""
    os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)


def unchanged_tests_pass(mutations: Iterable[Mutation], jobs: int) -> str:
    """Run the named tests on the sources as they are, compiled and interpreted apart; what pytest said if they fail."""
    parts: dict[tuple[bool, int], set[str]] = {}
    files: dict[str, int] = {}
    for each in mutations:
        for test in each.tests:
            part = files.setdefault(test.partition("::")[0], len(files) % jobs)
            parts.setdefault((each.interpreted, part), set()).add(test)
    with tempfile.TemporaryDirectory() as folder:
        waiting, running = list(parts.items()), dict[int, _Child]()
        while waiting or running:
            while waiting and len(running) < jobs:
                (interpreted, _), tests = waiting.pop()
                child = _start(sorted(tests), None, interpreted, Path(folder) / f"{len(waiting)}.log")
                running[child.process] = child
            ended, status = os.wait()
            child = running.pop(ended)
            if _verdict(status) != "survived":
                for process in running:
                    _end(process)
                return child.log.read_text(errors="replace")
    return ""


def table(results: list[Outcome]) -> str:
    """Killed and survived by room, then every survivor with its place and what it does."""
    lines = [f"{'room':<16}{'killed':>8}{'survived':>10}{'of':>6}"]
    for room in [*sorted({each.mutation.room for each in results}), "all"]:
        within = [each for each in results if room in (each.mutation.room, "all")]
        killed = sum(each.noticed for each in within)
        lines.append(f"{room:<16}{killed:>8}{len(within) - killed:>10}{len(within):>6}")
    for verdict in ("survived", "not run", "timeout", "crashed"):
        chosen = [each for each in results if each.verdict == verdict]
        lines += [f"\n{verdict}: {len(chosen)}"] if chosen else []
        for each in chosen:
            mutation = each.mutation
            lines.append(f"  {mutation.file}:{mutation.line}  {mutation.old!r} -> {mutation.new!r}")
            lines.append(f"      {mutation.why} ({' '.join(mutation.tests)})")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run the list, or a part of it, and print the table; 1 where fewer than `REQUIRED` were noticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.run", description="Which changes the tests notice.")
    parser.add_argument("only", nargs="*", help="rooms or files of src/multistatic; all where none is given")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--skip-unchanged", action="store_true", help="do not run the tests without a change first")
    parser.add_argument("--verbose", action="store_true", help="what pytest said about each mutation")
    options = parser.parse_args(arguments)
    os.chdir(ROOT)
    mutations = [
        each for each in all_mutations() if not options.only or {each.room, each.file}.intersection(options.only)
    ]
    if not mutations:
        parser.error(f"no mutations in {' '.join(options.only)}")
    for name in _HEAVY:
        importlib.import_module(name)
    gc.freeze()
    begun = time.monotonic()
    print(f"{len(mutations)} mutations; the tests on the unchanged sources first", flush=True)  # noqa: T201
    failed = "" if options.skip_unchanged else unchanged_tests_pass(mutations, options.jobs)
    if failed:
        print(f"{failed}\nThe tests fail without any change.")  # noqa: T201
        return 1
    results = []
    for outcome in outcomes(mutations, options.jobs):
        results.append(outcome)
        mutation = outcome.mutation
        place = f"{mutation.file}: {mutation.old.strip().splitlines()[0]}"
        print(f"{len(results):>4}/{len(mutations)} {outcome.verdict:<9}{outcome.seconds:>6.1f} s  {place}", flush=True)  # noqa: T201
        if options.verbose:
            print(outcome.output)  # noqa: T201
    share = sum(each.noticed for each in results) / len(results)
    print(f"\n{table(results)}\n\n{100 * share:.1f} % noticed in {time.monotonic() - begun:.0f} s")  # noqa: T201
    return int(share < REQUIRED or any(each.verdict == "not run" for each in results))


if __name__ == "__main__":
    raise SystemExit(main())
