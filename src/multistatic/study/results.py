"""What a store holds, as arrays with named axes: what tables, pictures and exports are made from."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistatic.notebook import LabelledResult, Overview, first_few
from multistatic.study.metrics import MEASURED_BY_CLOCK
from multistatic.study.plan import StoppingRule, SweptKey
from multistatic.study.random_draws import random_sources
from multistatic.study.statistics import Estimate, interval_estimate
from multistatic.study.trial import FAILED
from multistatic.units import F, read_only

# The longest ending wins: `carrier_hz`, `rate_bps_hz`.
_UNITS = {
    "bps_hz": "bit/s/Hz",
    "m_s": "m/s",
    "wavelengths": "wavelengths",
    "slots": "slots",
    "dbsm": "dBsm",
    "dbm": "dBm",
    "deg": "deg",
    "db": "dB",
    "hz": "Hz",
    "m2": "m²",
    "m": "m",
    "s": "s",
    "w": "W",
    "k": "K",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMetric:
    """Name, unit and meaning of a stored metric."""

    name: str
    unit: str
    description: str
    proportion: bool
    over: str = ""
    """The method whose value in the same trial each value is divided by (`study.relative`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFailure:
    """One failed attempt, with the resolved scenario that repeats it."""

    point: int
    trial: int
    method: str
    attempt: int
    seed: int
    error: str
    traceback: str
    scenario: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class StudyResults(LabelledResult):
    """All stored trials of a study: P points, M methods, up to T trials, Q metrics.

    name: name of the study.
    fingerprint: digest of everything that decides the results.
    complete: True where the study ran to its end.
    axes: swept keys, each with its values.
    combine: how the axes are combined: `grid` or `zip`.
    settings [P]: values of the swept keys at each point.
    methods [M]: names of the methods.
    metrics [Q]: the stored figures of merit, with units.
    rule: how many trials each point gets, and statistic and confidence of the estimates.
    values [P, M, T, Q]: value of each metric, in its unit; NaN where there is none.
    status [P, M, T]: status of each trial as text; empty where the trial is not done.
    seeds [P, T]: seed of each trial; -1 where it is not done.
    failures: failed attempts, each with the scenario that repeats it.
    document: the study as it was read.
    sessions: versions of the software that computed the results.

    >>> import pathlib, tempfile
    >>> from multistatic import run_study
    >>> text = 'scenario = "paper"\\ntrials = 1\\nmetrics = ["peb_m"]\\nsweep.transmitter.power_dbm = [20, 30]'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "powers.toml")
    ...     _ = file.write_text(text)
    ...     results = run_study(file, file.with_suffix(".sqlite"), workers=1)
    >>> results.estimate(point=0, method=0, metric=0).value > results.estimate(point=1, method=0, metric=0).value
    True
    """

    name: str
    fingerprint: str
    complete: bool
    axes: tuple[SweptKey, ...]
    combine: str
    settings: tuple[Mapping[str, Any], ...]
    methods: tuple[str, ...]
    metrics: tuple[StoredMetric, ...]
    rule: StoppingRule
    values: F
    status: NDArray[np.str_]
    seeds: NDArray[np.int64]
    failures: tuple[StoredFailure, ...]
    document: Mapping[str, Any]
    sessions: tuple[Mapping[str, Any], ...]

    def __post_init__(self) -> None:
        for name in ("values", "status", "seeds"):
            array = getattr(self, name)
            object.__setattr__(self, name, read_only(array, array.dtype))

    @property
    def shape(self) -> tuple[int, ...]:
        """Points along each axis of a grid; their number otherwise."""
        if self.combine == "grid" and self.axes:
            return tuple(len(axis.values) for axis in self.axes)
        return (len(self.settings),)

    def done(self) -> NDArray[np.bool_]:
        """[P, M, T]: trials that are stored."""
        return np.asarray(self.status != "")

    def failed(self) -> NDArray[np.bool_]:
        """[P, M, T]: trials whose method failed."""
        return np.asarray(self.status == FAILED)

    def metric_index(self, name: str) -> int:
        """Index of a metric."""
        return [metric.name for metric in self.metrics].index(name)

    def estimate(self, point: int, method: int, metric: int) -> Estimate:
        """The rule's statistic of one metric at one point, with its interval; none where all trials are identical."""
        found = interval_estimate(
            self.values[point, method, :, metric],
            statistic=self.rule.statistic,
            confidence=self.rule.confidence,
            proportion=self.metrics[metric].proportion,
        )
        return replace(found, low=None, high=None) if self.identical(point, method, metric) else found

    def identical(self, point: int, method: int, metric: int) -> bool:
        """True where several trials of a point have one value of a metric, bit by bit, and nothing in them is drawn at
        random: they are one result, several times, and say nothing about its spread.
        """
        done = self.done()[point, method]
        values = self.values[point, method, done, metric]
        if len(values) < 2 or self.metrics[metric].name in MEASURED_BY_CLOCK:
            return False
        if not np.array_equal(values, np.full(len(values), values[0]), equal_nan=True):
            return False
        return not random_sources(self.document, self.settings[point], method)

    def series_of_draws(self) -> int:
        """How many different series of random draws the points see: 1 where all points see the same one."""
        first = self.seeds[:, :1].ravel()
        return len(np.unique(first[first >= 0]))

    def digest(self) -> str:
        """SHA-256 of every result that does not depend on a clock: equal for equal results, bit by bit."""
        timeless = [q for q, metric in enumerate(self.metrics) if metric.name not in MEASURED_BY_CLOCK]
        digest = hashlib.sha256(self.fingerprint.encode())
        for point, method, trial in self._stored():
            digest.update(f"{point},{method},{trial},{self.seeds[point, trial]}".encode())
            digest.update(str(self.status[point, method, trial]).encode())
            # One bit pattern for what has no value.
            numbers = self.values[point, method, trial, timeless]
            digest.update(np.where(np.isnan(numbers), np.nan, numbers).astype("<f8").tobytes())
        return digest.hexdigest()

    def _stored(self) -> Iterator[tuple[int, int, int]]:
        for point, method, trial in np.argwhere(self.done()):
            yield int(point), int(method), int(trial)

    def overview(self) -> Overview:
        """How much is done, of which methods and metrics."""
        done, failed = int(self.done().any(axis=1).sum()), int(self.failed().any(axis=1).sum())
        return Overview(
            title=f"{self.name}, {'complete' if self.complete else 'not complete'}",
            facts=(
                ("points", str(len(self.settings))),
                ("trials", f"{done} done, {failed} failed"),
                ("methods", first_few(self.methods)),
                ("metrics", first_few(tuple(metric.name for metric in self.metrics))),
            ),
        )


def without_unit(name: str) -> str:
    """A name without the unit that it carries: `peb_m` → `peb`."""
    endings = (ending for ending in _UNITS if name.endswith(f"_{ending}"))
    return name.removesuffix(f"_{next(endings, '')}")


def unit_of_key(key: str) -> str:
    """The unit that a scenario's key carries in its name, `transmitter.power_dbm` → dBm; empty for pure numbers."""
    name = re.sub(r"\[\d+\]$", "", key.rpartition(".")[2])
    endings = (unit for ending, unit in _UNITS.items() if name.endswith(f"_{ending}"))
    return next(endings, "")
