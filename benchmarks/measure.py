"""What a row of the table holds, and how its times are taken.

Times are processor time: that of the work itself, which other programs on the machine do not lengthen. What is compared
is measured in one run.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

try:
    import resource
except ImportError:  # Windows does not count the time of children
    resource = None  # type: ignore[assignment]

PACKAGES = ("multistatic", "numpy", "scipy", "numba", "cvxpy", "clarabel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One goal, what was measured, and whether the goal is met (None: a figure without a goal).

    `timed`: the figure is a time or a ratio of times, so that a busy machine may miss the goal.
    """

    goal: str
    measured: str
    met: bool | None
    timed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Our median time on some `work` beside its rival's (None: there is none that takes this work), and the goals.

    A time that is not positive is no measurement: `ValueError`.
    """

    work: str
    ours: str
    ours_s: float | None = None
    rival: str = ""
    rival_s: float | None = None
    checks: tuple[Check, ...] = ()

    def __post_init__(self) -> None:
        for method, time_s in ((self.ours, self.ours_s), (self.rival, self.rival_s)):
            if time_s is not None and not time_s > 0.0:
                raise ValueError(f"{self.work}: {method} took {time_s} s")

    @property
    def ratio(self) -> float | None:
        """How many times faster ours is."""
        return None if self.ours_s is None or self.rival_s is None else self.rival_s / self.ours_s


def timed(function: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """The result of a call and its processor time in s."""
    begun = process_time()
    result = function(*arguments)
    return result, process_time() - begun


def with_children_s() -> float:
    """Processor time in s so far, of this process and of those that it began and that have ended."""
    if resource is None:
        return process_time()
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process_time() + ended.ru_utime + ended.ru_stime


def difference_s(longer: Sequence[float], shorter: Sequence[float]) -> float | None:
    """How much longer the fastest of some measurements is than the fastest of others.

    None unless every one of `longer` exceeds every one of `shorter`: such a difference is noise, and would be negative
    as often as not.
    """
    return min(longer) - min(shorter) if min(longer) > max(shorter) else None


def marginal_s(time_s: Callable[[int], float], few: int, many: int, repeats: int) -> float | None:
    """What one piece of work more takes in s, from `few` and `many` pieces, each measured `repeats` times in turn.

    None where the difference cannot be told from noise.
    """
    taken = [(time_s(few), time_s(many)) for _ in range(repeats)]
    difference = difference_s([longer for _, longer in taken], [shorter for shorter, _ in taken])
    return None if difference is None else difference / (many - few)


def timed_each(function: Callable[[Any], Any], work: Iterable[Any]) -> tuple[list[Any], np.ndarray]:
    """The result for each piece of work and the times in s [n]; the first piece is done once before, to be warm."""
    pieces = list(work)
    if pieces:
        function(pieces[0])
    results, times_s = zip(*(timed(function, piece) for piece in pieces), strict=True)
    return list(results), np.array(times_s)


def within(limit_s: float, time_s: float, what: str = "median") -> Check:
    """The goal of a time."""
    return Check(goal=f"{what} ≤ {seconds(limit_s)}", measured=seconds(time_s), met=time_s <= limit_s, timed=True)


def faster(times: float, ours_s: float, rival_s: float | None) -> Check:
    """The goal of a ratio of times; missed where the rival's could not be measured."""
    goal = f"≥ {times:.0f}× faster"
    if rival_s is None:
        return Check(goal=goal, measured="not measured", met=False, timed=True)
    return Check(goal=goal, measured=f"{rival_s / ours_s:.0f}×", met=rival_s / ours_s >= times, timed=True)


def at_most(share: float, ours_s: float, rival_s: float, rival: str) -> Check:
    """The goal of our time as a multiple of a rival's."""
    ratio = ours_s / rival_s
    return Check(goal=f"≤ {share:g}× {rival}", measured=f"{ratio:.3g}×", met=ratio <= share, timed=True)


def all_of(goal: str, hits: Iterable[bool]) -> Check:
    """The goal that something holds in every case."""
    found = [bool(hit) for hit in hits]
    return Check(goal=goal, measured=f"{sum(found)} of {len(found)}", met=bool(found) and all(found))


def seconds(time_s: float) -> str:
    """A time in s or ms with three digits."""
    return f"{time_s:.3g} s" if time_s >= 1.0 else f"{time_s * 1e3:.3g} ms"


def machine() -> str:
    """The processor and the versions."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{_processor()}, {os.cpu_count()} cores; Python {platform.python_version()}, {packages}"


def load() -> float:
    """How many processes wanted a core in the last minute, this one among them (nan: the system does not count)."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")


def _processor() -> str:
    """Model name of the processor: Linux keeps it in a file, elsewhere `platform` may know."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
