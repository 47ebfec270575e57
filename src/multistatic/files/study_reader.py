"""Reading a store, also while it is being written to."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from multistatic.errors import InputError, Problem
from multistatic.files.file_errors import reason_of
from multistatic.files.study_store import check_format, connect, store_errors
from multistatic.study.metrics import metric
from multistatic.study.plan import StoppingRule, SweptKey
from multistatic.study.results import StoredFailure, StoredMetric, StudyResults

_WHOLE = "an undamaged store; this one was changed after it was written"


def read_results(path: Path) -> StudyResults:
    """Everything that a store holds, complete or not. Raises `InputError` where it is none or cannot be read."""
    if not path.is_file():
        received = reason_of(IsADirectoryError() if path.exists() else FileNotFoundError())
        raise InputError([Problem(str(path), received, "the store of a study (multistatic study FILE)")])
    # Not read-only: after a crash, SQLite must be allowed to finish what the writer left.
    with store_errors(path), closing(connect(path, "rw")) as connection:
        check_format(connection, path)
        connection.execute("BEGIN")  # one state of the store for all that follows
        try:
            return _results(connection)
        except (TypeError, ValueError, LookupError) as error:
            raise InputError([Problem(str(path), f"{type(error).__name__}: {error}", _WHOLE)]) from error


def _is_proportion(name: str) -> bool:
    """What the metric's own package says; False where that is not installed here."""
    try:
        return metric(name).proportion
    except InputError:
        return False


def _results(connection: sqlite3.Connection) -> StudyResults:
    """All results of the study in an open store."""
    name, fingerprint, document, rule, complete = connection.execute(
        "SELECT name, fingerprint, document, rule, complete FROM studies"
    ).fetchone()
    content = json.loads(document)
    settings = [json.loads(text) for (text,) in connection.execute("SELECT settings FROM points ORDER BY point")]
    methods = [name for (name,) in connection.execute("SELECT name FROM methods ORDER BY method")]
    metrics = [
        StoredMetric(name=each, unit=unit, description=text, proportion=_is_proportion(each))
        for each, unit, text in connection.execute("SELECT name, unit, description FROM metrics ORDER BY metric")
    ]
    # A store may hold more trials than its latest run needed: the trials that this run decided on are the study.
    decided = dict(connection.execute("SELECT point, trials FROM decided")) if _has_decided(connection) else {}
    (stored,) = connection.execute("SELECT coalesce(max(trial), -1) + 1 FROM trials").fetchone()
    trials = min(stored, max(decided.values(), default=stored))
    wanted = [decided.get(point, trials) for point in range(len(settings))]
    values = np.full((len(settings), len(methods), trials, len(metrics)), np.nan)
    status = np.full(values.shape[:3], "", dtype="U12")
    seeds = np.full((len(settings), trials), -1, np.int64)
    for point, trial, method, seed, word in connection.execute("SELECT point, trial, method, seed, status FROM trials"):
        if trial < wanted[point]:
            status[point, method, trial] = word
            seeds[point, trial] = seed
    existing = "SELECT point, method, trial, metric, value FROM results WHERE value IS NOT NULL"
    for point, method, trial, number, value in connection.execute(existing):
        if trial < wanted[point]:
            values[point, method, trial, number] = value
    return StudyResults(
        name=name,
        fingerprint=fingerprint,
        complete=bool(complete),
        axes=tuple(
            SweptKey(key=each["key"], values=tuple(map(_hashable, each["values"]))) for each in content["sweep"]
        ),
        combine=content["combine"],
        settings=tuple(settings),
        methods=tuple(methods),
        metrics=tuple(metrics),
        rule=StoppingRule(**json.loads(rule)),
        values=values,
        status=status,
        seeds=seeds,
        failures=tuple(_failures(connection, methods)),
        document=content | _drops(connection),
        sessions=tuple(_sessions(connection)),
    )


def _has_decided(connection: sqlite3.Connection) -> bool:
    """False for a store from before this table, which holds exactly the trials of its run."""
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'decided'").fetchone() is not None


def _drops(connection: sqlite3.Connection) -> dict[str, Any]:
    """The channel file of each trial with its digest, for a study over folders of them."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'drops'").fetchone() is None:
        return {}
    rows = connection.execute("SELECT folder, trial, name, sha256 FROM drops ORDER BY folder, trial").fetchall()
    return {"drops": [dict(zip(("folder", "trial", "name", "sha256"), row, strict=True)) for row in rows]}


def _hashable(value: Any) -> Any:
    """Numbers and words as they are, lists and tables as their JSON text."""
    return value if isinstance(value, int | float | str) else json.dumps(value, ensure_ascii=False)


def _failures(connection: sqlite3.Connection, methods: list[str]) -> list[StoredFailure]:
    rows = connection.execute(
        "SELECT point, trial, method, attempt, seed, error, traceback, scenario FROM failures ORDER BY failure"
    )
    names = ("point", "trial", "method", "attempt", "seed", "error", "traceback", "scenario")
    found = [dict(zip(names, row, strict=True)) for row in rows]
    return [StoredFailure(**{**row, "method": methods[row["method"]]}) for row in found]


def _sessions(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    rows = connection.execute("SELECT begun_utc, versions, machine FROM sessions ORDER BY session")
    return [{"begun_utc": begun, "versions": json.loads(text), "machine": machine} for begun, text, machine in rows]
