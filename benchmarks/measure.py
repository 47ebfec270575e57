"""What a row of the table holds, and how its times are taken."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

PACKAGES = ("multistatic", "numpy", "scipy", "numba", "cvxpy", "clarabel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One goal, what was measured, and whether the goal is met (None: a figure without a goal)."""

    goal: str
    measured: str
    met: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Our median time on some `work` beside its rival's (None: there is none that takes this work), and the goals."""

    work: str
    ours: str
    ours_s: float | None = None
    rival: str = ""
    rival_s: float | None = None
    checks: tuple[Check, ...] = ()

    @property
    def ratio(self) -> float | None:
        """How many times faster ours is."""
        return None if self.ours_s is None or self.rival_s is None else self.rival_s / self.ours_s


def timed(function: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """The result of a call and its time in s."""
    begun = perf_counter()
    result = function(*arguments)
    return result, perf_counter() - begun


def timed_each(function: Callable[[Any], Any], work: Iterable[Any]) -> tuple[list[Any], np.ndarray]:
    """The result for each piece of work and the times in s [n]; the first piece is done once before, to be warm."""
    pieces = list(work)
    if pieces:
        function(pieces[0])
    results, times_s = zip(*(timed(function, piece) for piece in pieces), strict=True)
    return list(results), np.array(times_s)


def within(limit_s: float, time_s: float, what: str = "median") -> Check:
    """The goal of a time."""
    return Check(goal=f"{what} ≤ {seconds(limit_s)}", measured=seconds(time_s), met=time_s <= limit_s)


def faster(times: float, ours_s: float, rival_s: float) -> Check:
    """The goal of a ratio of times."""
    ratio = rival_s / ours_s
    return Check(goal=f"≥ {times:.0f}× faster", measured=f"{ratio:.0f}×", met=ratio >= times)


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
