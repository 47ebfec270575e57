"""`measurements.csv`: what the receivers measured, one row for each echo, written and read (docs/formats.md).

The table is the hand-over from estimation to localization, and the place where a user with own measurements begins.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast, get_args

import numpy as np

from multistatic.errors import InputError, Problem, did_you_mean
from multistatic.estimation.measurement import DirectionKind, Measurement, Verdict
from multistatic.files.atomic import write_text_atomically
from multistatic.files.scenario_file import read_text_file
from multistatic.scenario.tables import csv_text, number_hint, read_table, written_number
from multistatic.scenario.values import MAX_LEVEL_DB
from multistatic.units import F, db_to_ratio, ratio_to_db

NAME = "measurements.csv"
MAX_BYTES = 64 * 2**20
_MOST_PROBLEMS = 100

# What no wireless network measures: such a number has another unit than its column.
_PLACE = {"delay_s": 10.0, "doppler_hz": 1e12}
_SPREADS = (1e-30, 1e30)
_LARGEST = 1e30  # of amplitudes, directions and their covariance: squares stay numbers
_LATEST_S = 1e20
_CORRELATED = 0.999999  # with more the covariance cannot be inverted
_AMPLITUDE = ("amplitude_re", "amplitude_im")
_SPREAD = ("delay_std_s", "doppler_std_hz")
_SHARED = ("shared_delay_std_s", "shared_doppler_std_hz")
_DIRECTION = ("direction_x", "direction_y", "direction_z")
_SQUARES = ("direction_xx", "direction_xy", "direction_xz", "direction_yy", "direction_yz", "direction_zz")
_VERDICTS, _DIRECTION_KINDS = get_args(Verdict), get_args(DirectionKind)

REQUIRED = ("receiver_id", "delay_s", "delay_std_s", "doppler_hz", "doppler_std_hz")
COLUMNS = (
    "receiver_id",
    "time_s",
    *("delay_s", "delay_std_s", "doppler_hz", "doppler_std_hz", "delay_doppler_correlation"),
    *_SHARED,
    *("snr_db", *_AMPLITUDE, "verdict"),
    *(*_DIRECTION, *_SQUARES, "direction_kind"),
    "message",
)


def measurements_text(measurements: Iterable[Measurement]) -> str:
    """The table as text; numbers in full precision. What does not exist is an empty cell."""
    return csv_text(COLUMNS, map(_cells, measurements))


def write_measurements(path: str | os.PathLike[str], measurements: Iterable[Measurement]) -> None:
    """Write the table; the file appears whole or not at all. `InputError` where it cannot be written."""
    write_text_atomically(path, measurements_text(measurements))


def read_measurements(path: str | os.PathLike[str]) -> tuple[Measurement, ...]:
    """The rows of a table, in its order. `InputError` with every bad cell, by line and column, or the reason why the
    file cannot be read.
    """
    return parse_measurements(read_text_file(Path(path), MAX_BYTES), source=str(path))


def parse_measurements(text: str, *, source: str = NAME) -> tuple[Measurement, ...]:
    """The rows of a table given as text.

    Columns in any order; only `REQUIRED` must be there. Empty cells: correlation, shared part and time 0, verdict
    `detected`, snr and amplitude 0, no direction; a direction is `whole`. A row whose verdict is `not_detected` may
    leave place and spread empty: place 0, variance infinite.
    """
    table = read_table(text, expected=f"column names separated by commas: {', '.join(REQUIRED)}")
    header, rows = table.header, table.rows
    problems = [*([] if table.problems and not header else _header_problems(header)), *table.problems]
    if not problems and not rows:
        problems.append(Problem("", "no measurements", "at least one row"))
    if problems:
        raise InputError(problems[:_MOST_PROBLEMS], source=source)
    parsed = [_Row(line=line, cells=dict(zip(header, row, strict=True))) for line, row in rows]
    measurements = [row.measurement() for row in parsed]
    problems = [problem for row in parsed for problem in row.problems]
    if problems:
        raise InputError(problems[:_MOST_PROBLEMS], source=source)
    return tuple(measurement for measurement in measurements if measurement is not None)


def measurement_document(measurement: Measurement) -> dict[str, str | float | None]:
    """One row as a JSON object with the same names; None where the table has an empty cell."""
    numbers, texts = _values(measurement)
    return {name: numbers.get(name, texts.get(name)) for name in COLUMNS}


def _cells(measurement: Measurement) -> dict[str, str]:
    """One row; numbers as the shortest text that reads back as the same bits."""
    numbers, texts = _values(measurement)
    return texts | {name: repr(number) for name, number in numbers.items()}


def _values(measurement: Measurement) -> tuple[dict[str, float], dict[str, str]]:
    """The numbers and the texts of a row by column; what does not exist is left out."""
    numbers: dict[str, float] = {
        "time_s": measurement.time_s,
        "delay_s": measurement.delay_s,
        "doppler_hz": measurement.doppler_hz,
    }
    if np.isfinite(measurement.covariance).all():
        delay, doppler = measurement.delay_std_s, measurement.doppler_std_hz
        coupled = delay > 0 and doppler > 0
        numbers |= {"delay_std_s": delay, "doppler_std_hz": doppler}
        numbers["delay_doppler_correlation"] = measurement.covariance[0, 1] / delay / doppler if coupled else 0.0
    if any(measurement.shared_std):
        numbers |= dict(zip(_SHARED, measurement.shared_std, strict=True))
    if measurement.snr > 0:
        numbers["snr_db"] = ratio_to_db(measurement.snr)
    if measurement.amplitude != 0:
        numbers |= dict(zip(_AMPLITUDE, (measurement.amplitude.real, measurement.amplitude.imag), strict=True))
    if measurement.direction is not None:
        numbers |= dict(zip(_DIRECTION, measurement.direction, strict=True))
    if measurement.direction_covariance is not None:
        numbers |= dict(zip(_SQUARES, measurement.direction_covariance[np.triu_indices(3)], strict=True))
    texts = {"receiver_id": measurement.receiver_id, "verdict": measurement.verdict, "message": measurement.message}
    if measurement.direction is not None:
        texts["direction_kind"] = measurement.direction_kind
    return {name: float(number) for name, number in numbers.items()}, texts


def _header_problems(header: Sequence[str]) -> list[Problem]:
    if len(header) < 2:
        received = f"one column, {header[0][:64]!r}" if header and header[0] else "nothing"
        return [Problem("line 1", received, "column names separated by commas: " + ", ".join(REQUIRED))]
    problems = [Problem("line 1", f"no column {name}", f"a column {name}") for name in REQUIRED if name not in header]
    twice = sorted({column for column in header if header.count(column) > 1})
    problems += [Problem("line 1", f"column {column!r} twice", "each column once") for column in twice]
    for column in header:
        hint = "" if column in COLUMNS else did_you_mean(column.lower(), COLUMNS, cutoff=0.85)
        if hint:
            problems.append(
                Problem("line 1", f"column {column[:64]!r}", "a known column, or a less similar name", hint)
            )
    return problems


@dataclass(slots=True)
class _Row:
    """One row as text, and what is wrong with it."""

    line: int
    cells: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)

    def measurement(self) -> Measurement | None:
        """The row's measurement, None where a cell is wrong."""
        verdict = cast(Verdict, self._word("verdict", _VERDICTS, "detected"))
        kind = cast(DirectionKind, self._word("direction_kind", _DIRECTION_KINDS, "whole"))
        detected = verdict != "not_detected"
        place = [self._number(name, None if detected else 0.0, -most, most) for name, most in _PLACE.items()]
        spread = [self._number(name, None if detected else math.inf, *_SPREADS) for name in _SPREAD]
        correlation = self._number("delay_doppler_correlation", 0.0, -_CORRELATED, _CORRELATED)
        direction, direction_covariance = self._direction(), self._direction_covariance()
        shared = [self._number(name, 0.0, least=0.0, most=most) for name, most in zip(_SHARED, spread, strict=True)]
        amplitude = self._all_or_none(_AMPLITUDE)
        level_db = self._number("snr_db", -math.inf, -MAX_LEVEL_DB, MAX_LEVEL_DB)
        time_s = self._number("time_s", 0.0, -_LATEST_S, _LATEST_S)
        receiver_id = self.cells["receiver_id"]
        if not receiver_id:
            self._wrong("receiver_id", "an id")
        if self.problems:
            return None
        return Measurement(
            receiver_id=receiver_id,
            delay_s=place[0],
            doppler_hz=place[1],
            covariance=_covariance(spread, correlation),
            amplitude=0j if amplitude is None else complex(*amplitude),
            snr=db_to_ratio(level_db),
            verdict=verdict,
            direction=direction,
            direction_covariance=direction_covariance,
            direction_kind=kind,
            shared_std=(shared[0], shared[1]),
            time_s=time_s,
            message=self.cells.get("message", ""),
        )

    def _word(self, name: str, known: Sequence[str], empty: str) -> str:
        """The word of a cell, one of `known`."""
        cell = self.cells.get(name, "") or empty
        if cell not in known:
            self._wrong(name, "one of " + ", ".join(known), did_you_mean(cell, known))
        return cell

    def _direction(self) -> F | None:
        vector = self._all_or_none(_DIRECTION)
        if vector is None:
            return None
        if abs(np.linalg.norm(vector) - 1.0) > 1e-3:
            self.problems.append(
                Problem(
                    self._path("direction_x … direction_z"), f"length {np.linalg.norm(vector):.6g}", "a unit vector"
                )
            )
            return None
        unit: F = vector / np.linalg.norm(vector)
        return unit

    def _direction_covariance(self) -> F | None:
        """The covariance of the direction in this row; None if its columns are empty."""
        squares = self._all_or_none(_SQUARES)
        if squares is None:
            return None
        if not self.cells.get(_DIRECTION[0]):
            self._wrong("direction_x", "a direction that belongs to this covariance")
        covariance = np.zeros((3, 3))
        covariance[np.triu_indices(3)] = squares
        covariance = covariance + np.triu(covariance, 1).T
        values = np.linalg.eigvalsh(covariance)
        if values[0] < -1e-9 * max(values[-1], 0.0) or values[-1] < 0:
            self.problems.append(
                Problem(
                    self._path("direction_xx … direction_zz"), f"eigenvalue {values[0]:.6g}", "no negative eigenvalue"
                )
            )
        return covariance

    def _all_or_none(self, names: Sequence[str]) -> F | None:
        """The numbers of several columns, None where all are empty; one that is missing among others is a problem."""
        if not any(self.cells.get(name) for name in names):
            return None
        before = len(self.problems)
        numbers = [self._number(name, None, -_LARGEST, _LARGEST) for name in names]
        return np.array(numbers) if len(self.problems) == before else None

    def _number(self, name: str, empty: float | None, least: float = -math.inf, most: float = math.inf) -> float:
        """The finite number of a cell from `least` to `most`; `empty` for an empty cell (None: it may not be empty)."""
        cell = self.cells.get(name, "")
        if not cell and empty is not None:
            return empty
        written = written_number(cell)
        number = math.nan if written is None else float(written)
        if not (math.isfinite(number) and least <= number <= most):
            limits = "" if math.isinf(least) else f" from {least:g}" + ("" if math.isinf(most) else f" to {most:g}")
            self._wrong(name, f"a finite number{limits}", number_hint(cell) or _unit_hint(name, number))
        return number

    def _wrong(self, column: str, expected: str, hint: str = "") -> None:
        cell = self.cells.get(column, "")
        self.problems.append(Problem(self._path(column), repr(cell[:64]) if cell else "nothing", expected, hint))

    def _path(self, column: str) -> str:
        return f"line {self.line}, {column}"


def _unit_hint(name: str, number: float) -> str:
    """What a number that its column cannot hold may have been meant as."""
    if not math.isfinite(number):
        return ""
    if name in ("delay_s", "delay_std_s", "shared_delay_std_s"):
        return "check the unit of the delay: the column is in seconds, not in µs or ns, and is not a range in m"
    if name == "snr_db":
        return "a level in dB, not a power ratio"
    if name in ("doppler_hz", "doppler_std_hz", "shared_doppler_std_hz"):
        return "check the unit of the Doppler shift: the column is in Hz"
    return ""


def _covariance(spread: Sequence[float], correlation: float) -> F:
    """[2, 2] from two standard deviations and their correlation; an infinite one is correlated with nothing."""
    cross = correlation * spread[0] * spread[1] if np.isfinite(spread).all() else 0.0
    return np.array([[spread[0] ** 2, cross], [cross, spread[1] ** 2]])
