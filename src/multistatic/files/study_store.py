"""The store of a study: one SQLite file, written as results arrive, read by anybody with SQLite (docs/formats.md).

Every transaction holds whole trials. While a study runs the file is in write-ahead mode: a commit costs no wait for the
disk, a reader does not disturb the writer, and a process that is killed loses nothing that was committed. At the end it
is put back into the plain mode, so that one file is all there is.
"""

from __future__ import annotations

import json
import platform
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from multistatic.errors import InputError, Problem
from multistatic.study.metrics import metric, stored_unit
from multistatic.study.plan import Study, canonical_json
from multistatic.study.runner import FailedAttempt
from multistatic.study.trial import FAILED, TrialResult

FORMAT = "multistatic-study/1"
APPLICATION_ID = 0x6D537374  # "mSst": by this number SQLite and the program `file` recognise the database
VERSIONS = ("multistatic", "numpy", "scipy", "numba")
BUSY_S = 60.0
_ABSENT = object()

_TABLES = """
CREATE TABLE studies (
  id INTEGER PRIMARY KEY CHECK (id = 1), format TEXT NOT NULL, name TEXT NOT NULL, fingerprint TEXT NOT NULL,
  document TEXT NOT NULL, rule TEXT NOT NULL, complete INTEGER NOT NULL
);
CREATE TABLE sessions (
  session INTEGER PRIMARY KEY, begun_utc TEXT NOT NULL, versions TEXT NOT NULL, machine TEXT NOT NULL
);
CREATE TABLE points (point INTEGER PRIMARY KEY, settings TEXT NOT NULL, stream INTEGER NOT NULL);
CREATE TABLE methods (
  method INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, scheme TEXT NOT NULL, settings TEXT NOT NULL
);
CREATE TABLE metrics (
  metric INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, unit TEXT NOT NULL, description TEXT NOT NULL
);
CREATE TABLE trials (
  point INTEGER NOT NULL, trial INTEGER NOT NULL, method INTEGER NOT NULL, seed INTEGER NOT NULL,
  status TEXT NOT NULL, selected TEXT NOT NULL, time_s REAL NOT NULL, message TEXT NOT NULL,
  PRIMARY KEY (point, trial, method)
) WITHOUT ROWID;
CREATE TABLE results (
  point INTEGER NOT NULL, trial INTEGER NOT NULL, method INTEGER NOT NULL, metric INTEGER NOT NULL, value REAL,
  PRIMARY KEY (point, trial, method, metric)
) WITHOUT ROWID;
CREATE TABLE failures (
  failure INTEGER PRIMARY KEY, point INTEGER NOT NULL, trial INTEGER NOT NULL, method INTEGER NOT NULL,
  attempt INTEGER NOT NULL, seed INTEGER NOT NULL, error TEXT NOT NULL, traceback TEXT NOT NULL, scenario TEXT NOT NULL
);
CREATE VIEW readable AS
  SELECT points.settings, methods.name AS method, trial, metrics.name AS metric, value, metrics.unit
  FROM results JOIN points USING (point) JOIN methods USING (method) JOIN metrics USING (metric);
"""


# Not among the tables above: stores from before it are taken as they are.
_DECIDED = "CREATE TABLE IF NOT EXISTS decided (point INTEGER PRIMARY KEY, trials INTEGER NOT NULL)"
# The channel file of each trial, for scenarios that name a folder of them: not among the tables above either.
_DROPS = "CREATE TABLE IF NOT EXISTS drops (folder TEXT, trial INTEGER, name TEXT, sha256 TEXT, UNIQUE (folder, trial))"


class StudyStore:
    """A store that is open for writing. Use it as a context: leaving it closes the file."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path, self._connection = path, connection

    def __enter__(self) -> StudyStore:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(sqlite3.Error):  # a reader, or a full disk: the file is sound either way
            self._connection.execute("PRAGMA journal_mode = DELETE")
        self._connection.close()

    def write(self, results: Sequence[TrialResult], attempts: Sequence[FailedAttempt] = ()) -> None:
        """Keep these results, all of them or none; `InputError` where there is no room or no right to write."""
        trials, values = [], []
        for result in results:
            for number, method in enumerate(result.methods):
                key = (result.point, result.trial, number)
                chosen = json.dumps(method.selected, ensure_ascii=False)
                trials.append((*key, result.seed, method.status, chosen, method.time_s, method.message))
                values += [(*key, index, value) for index, value in enumerate(method.values)]
        failures = [
            (a.point, a.trial, a.method, a.attempt, a.seed, a.failure.error, a.failure.traceback, a.failure.scenario)
            for a in attempts
        ]
        with self._transaction() as cursor:
            # Two runs of one study into one store do the same work: the first result stays, the other is equal.
            cursor.executemany("INSERT OR IGNORE INTO trials VALUES (?, ?, ?, ?, ?, ?, ?, ?)", trials)
            cursor.executemany("INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?, ?)", values)
            cursor.executemany("INSERT INTO failures VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)", failures)

    def done(self, watched: int) -> Iterator[tuple[int, int, tuple[float | None, ...]]]:
        """(point, trial, value of the metric `watched` for each method) of every trial that is stored."""
        rows = self._connection.execute(
            "SELECT point, trial, value FROM results WHERE metric = ? ORDER BY point, trial, method", (watched,)
        )
        key: tuple[int, int] | None = None
        values: list[float | None] = []
        for point, trial, value in rows:
            if key is not None and key != (point, trial):
                yield (*key, tuple(values))
                values = []
            key = (point, trial)
            values.append(value)
        if key is not None:
            yield (*key, tuple(values))

    def forget_failed(self) -> int:
        """Remove every trial with a failed method, so that it is run again; the failures stay recorded."""
        with self._transaction() as cursor:
            failed = cursor.execute("SELECT DISTINCT point, trial FROM trials WHERE status = ?", (FAILED,)).fetchall()
            for table in ("trials", "results"):
                cursor.executemany(f"DELETE FROM {table} WHERE point = ? AND trial = ?", failed)
            return len(failed)

    def mark_complete(self, trials: Sequence[int]) -> None:
        """Mark the points as complete with their numbers of trials; the store may hold more, from a longer run."""
        with self._transaction() as cursor:
            cursor.execute("DELETE FROM decided")
            cursor.executemany("INSERT INTO decided VALUES (?, ?)", list(enumerate(trials)))
            cursor.execute("UPDATE studies SET complete = 1")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Cursor]:
        with store_errors(self.path), self._connection:
            yield self._connection.cursor()


def open_store(path: Path, study: Study) -> StudyStore:
    """The store at `path` for more of `study`: a new one, or the one that is there where it is this study's.

    Raises `InputError` where it belongs to another study, which keys differ, or where the file cannot be used.
    """
    with store_errors(path):
        connection = connect(path, "rwc")
    try:
        with store_errors(path):
            if not _is_empty(connection):
                check_format(connection, path)
                _require_same(connection, path, study)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            # EXCLUSIVE: of two processes that begin at once, one makes the tables and the other finds them.
            connection.execute("BEGIN EXCLUSIVE")
            with connection:
                if _is_empty(connection):
                    _make(connection, study)
                _require_same(connection, path, study)
                _remember_session(connection, study)
    except BaseException:
        connection.close()
        raise
    return StudyStore(path, connection)


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection that waits for others; transactions are opened by hand or by the connection's context."""
    address = path.absolute().as_uri() + f"?mode={mode}"
    connection = sqlite3.connect(address, uri=True, timeout=BUSY_S)
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def check_format(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a database that is no store of this format."""
    found: Any = "another database"
    if connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID:
        row = connection.execute("SELECT format FROM studies").fetchone()
        found = "a store without a study" if row is None else row[0]
    if found != FORMAT:
        raise InputError([Problem(str(path), found, f"a store of format {FORMAT}")], source=str(path))


@contextmanager
def store_errors(path: Path) -> Iterator[None]:
    """SQLite's errors as `InputError` with the path: no file, no right, no room, no database."""
    try:
        yield
    except sqlite3.Error as error:
        hint = (
            "the trials that are stored are kept, and the same command continues the study"
            if "full" in str(error)
            else ""
        )
        raise InputError(
            [Problem(str(path), str(error), "a store that can be used", hint)], source=str(path)
        ) from error


def _is_empty(connection: sqlite3.Connection) -> bool:
    """True for a new file."""
    return bool(connection.execute("SELECT count(*) = 0 FROM sqlite_master").fetchone()[0])


def _make(connection: sqlite3.Connection, study: Study) -> None:
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    for statement in _TABLES.split(";\n"):
        connection.execute(statement)
    connection.execute(
        "INSERT INTO studies VALUES (1, ?, ?, ?, ?, ?, 0)",
        (FORMAT, study.name, study.fingerprint, canonical_json(study.document), _rule(study)),
    )
    points = [(point.index, _json(point.settings), point.stream) for point in study.points]
    connection.executemany("INSERT INTO points VALUES (?, ?, ?)", points)
    methods = [(i, each.name, each.scheme, _json(each.recorded)) for i, each in enumerate(study.methods)]
    connection.executemany("INSERT INTO methods VALUES (?, ?, ?, ?)", methods)
    criteria = study.criteria
    metrics = [(i, name, stored_unit(name, criteria), metric(name).description) for i, name in enumerate(study.metrics)]
    connection.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?)", metrics)


def _json(settings: Mapping[str, Any]) -> str:
    """In the order of the axes."""
    return json.dumps(dict(settings), ensure_ascii=False, default=str)


def _rule(study: Study) -> str:
    rule = study.rule
    return canonical_json({name: getattr(rule, name) for name in rule.__slots__})


def _require_same(connection: sqlite3.Connection, path: Path, study: Study) -> None:
    """Refuse to mix: another study, or another version of the program."""
    name, fingerprint, document = connection.execute("SELECT name, fingerprint, document FROM studies").fetchone()
    problems = []
    if fingerprint != study.fingerprint:
        problems = list(_differences(json.loads(document), json.loads(canonical_json(study.document))))
        problems = problems or [Problem("(fingerprint)", study.fingerprint[:16], f"{fingerprint[:16]}, as stored")]
    problems += _changed_drops(connection, study)
    first = connection.execute("SELECT versions FROM sessions ORDER BY session LIMIT 1").fetchone()
    theirs, ours = json.loads(first[0])["multistatic"] if first else None, version("multistatic")
    if theirs not in (None, ours):
        expected = f"multistatic {theirs}: results of different versions are not mixed"
        problems.append(Problem("(version)", f"multistatic {ours}", expected))
    if problems:
        source = f"{path} holds another study ({name}); choose another --store, or --restart to delete its results"
        raise InputError(problems[:20], source=source)


def _changed_drops(connection: sqlite3.Connection, study: Study) -> Iterator[Problem]:
    """Channel files that are others than those of the trials that are stored."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'drops'").fetchone() is None:
        return
    stored = connection.execute("SELECT folder, trial, name, sha256 FROM drops ORDER BY folder, trial").fetchall()
    for folder, trial, name, sha256 in stored:
        drops = study.drops.get(folder)
        if drops is None or trial >= len(drops.names):
            continue
        if (drops.names[trial], drops.digests[trial]) != (name, sha256):
            received = f"{drops.names[trial]}, SHA-256 {drops.digests[trial][:16]}…"
            yield Problem(f"channel file of trial {trial}", received, f"{name}, {sha256[:16]}…, as stored")


def _differences(stored: Any, wanted: Any, path: str = "") -> Iterator[Problem]:
    """Where two documents differ: a problem for each key."""
    if isinstance(stored, dict) and isinstance(wanted, dict):
        for key in sorted({*stored, *wanted}):
            yield from _differences(
                stored.get(key, _ABSENT), wanted.get(key, _ABSENT), f"{path}.{key}" if path else key
            )
    elif isinstance(stored, list) and isinstance(wanted, list) and len(stored) == len(wanted):
        for index, (theirs, ours) in enumerate(zip(stored, wanted, strict=True)):
            yield from _differences(theirs, ours, f"{path}[{index}]")
    elif stored is _ABSENT or wanted is _ABSENT or canonical_json(stored) != canonical_json(wanted):  # 1 is not 1.0
        yield Problem(path, _brief(wanted), f"{_brief(stored)}, as stored")


def _brief(value: Any) -> str:
    text = "nothing" if value is _ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."


def _remember_session(connection: sqlite3.Connection, study: Study) -> None:
    """Who adds to the store from now on; the stopping rule is that of the latest run."""
    versions = {"python": platform.python_version()} | {name: version(name) for name in VERSIONS}
    row = (datetime.now(UTC).isoformat(timespec="seconds"), json.dumps(versions), platform.platform())
    connection.execute("INSERT INTO sessions VALUES (NULL, ?, ?, ?)", row)
    connection.execute("UPDATE studies SET complete = 0, rule = ?", (_rule(study),))
    if study.drops:
        rows = [
            (each.folder, i, *both)
            for each in study.drops.values()
            for i, both in enumerate(zip(each.names, each.digests, strict=True))
        ]
        connection.execute(_DROPS)
        connection.executemany("INSERT OR IGNORE INTO drops VALUES (?, ?, ?, ?)", rows)
    connection.execute(_DECIDED)
    connection.execute("DELETE FROM decided")
