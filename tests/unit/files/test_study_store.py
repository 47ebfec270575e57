"""The store: one sound file that says what it holds, refuses what does not belong, and is read by anybody."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from multistatic.errors import InputError
from multistatic.files import study_store
from multistatic.files.study_file import run_into, run_study, store_path
from multistatic.files.study_reader import read_results
from multistatic.files.study_store import open_store
from multistatic.study.plan import trial_seed
from multistatic.study.runner import FailedAttempt, run
from multistatic.study.trial import failed_method, task_of
from multistatic.study.workers import ThisProcess
from tests.support.studies import QUICK, invented, quick


def test_everything_comes_back(tmp_path: Path) -> None:
    study = quick(tmp_path)
    run_into(tmp_path / "a.sqlite", study, lambda: ThisProcess(invented))
    results = read_results(tmp_path / "a.sqlite")
    assert results.values.shape == (4, 3, 5, 5)
    for point in study.points:
        for result in invented(task_of(study, point, range(5))):
            for m, method in enumerate(result.methods):
                assert tuple(results.values[result.point, m, result.trial]) == method.values
            assert results.seeds[result.point, result.trial] == result.seed == trial_seed(5, point.stream, result.trial)
    assert results.methods == ("greedy", "all", "one receiver")
    assert [axis.key for axis in results.axes] == ["transmitter.power_dbm", "requirements.cooperation_cost_m"]
    assert results.settings[3] == {"transmitter.power_dbm": 30, "requirements.cooperation_cost_m": 1000.0}
    assert [metric.unit for metric in results.metrics] == ["1", "m", "1", "1", "s"]
    assert results.complete
    assert results.rule == study.rule
    assert results.sessions[0]["versions"]["numpy"] == np.__version__
    assert list(tmp_path.glob("a.sqlite*")) == [tmp_path / "a.sqlite"], "one file is all there is"


def test_anybody_can_read_it(tmp_path: Path) -> None:
    """The tables that docs/formats.md describes, and the view with names in the place of numbers."""
    run_into(tmp_path / "a.sqlite", quick(tmp_path), lambda: ThisProcess(invented))
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        rows = connection.execute(
            "SELECT settings, trial, value, unit FROM readable WHERE method = 'all' AND metric = 'peb_m'"
        ).fetchall()
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert tables == {"studies", "sessions", "points", "methods", "metrics", "trials", "results", "failures", "decided"}
    assert len(rows) == 20
    assert json.loads(rows[0][0]) == {"transmitter.power_dbm": 20, "requirements.cooperation_cost_m": 100.0}
    assert rows[0][3] == "m"


def test_it_goes_on_where_it_stopped_and_takes_more_trials(tmp_path: Path) -> None:
    """Five trials and then twelve are the twelve at once: trials are numbered, and their seeds with them."""
    few, many = quick(tmp_path), quick(tmp_path, "trials=12")
    run_into(tmp_path / "a.sqlite", few, lambda: ThisProcess(invented))
    wanted = []

    def counting(task):
        wanted.extend(task.trials)
        return invented(task)

    run_into(tmp_path / "a.sqlite", many, lambda: ThisProcess(counting))
    assert sorted(wanted) == sorted([*range(5, 12)] * 4)
    run_into(tmp_path / "b.sqlite", many, lambda: ThisProcess(invented))
    assert read_results(tmp_path / "a.sqlite").digest() == read_results(tmp_path / "b.sqlite").digest()
    assert len(read_results(tmp_path / "a.sqlite").sessions) == 2


def test_a_complete_store_that_is_opened_for_more_is_complete_no_longer(tmp_path: Path) -> None:
    """A run that is killed says nothing at its end: that it began must be enough."""
    run_into(tmp_path / "a.sqlite", quick(tmp_path), lambda: ThisProcess(invented))
    assert read_results(tmp_path / "a.sqlite").complete
    with open_store(tmp_path / "a.sqlite", quick(tmp_path, "trials=12")):
        assert not read_results(tmp_path / "a.sqlite").complete
    assert not read_results(tmp_path / "a.sqlite").complete


def test_of_two_results_of_one_trial_the_first_one_stays_whole(tmp_path: Path) -> None:
    """Status, group and values of one run: never those of one beside those of the other."""
    study = quick(tmp_path)
    (first,) = invented(task_of(study, study.points[1], [3]))
    later = replace(first, methods=tuple(replace(m, status="optimal", selected=(), time_s=9.0) for m in first.methods))
    with open_store(tmp_path / "a.sqlite", study) as store:
        store.write([first])
        store.write([later])
    assert set(read_results(tmp_path / "a.sqlite").status[1, :, 3]) == {"feasible"}
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as connection:
        rows = connection.execute("SELECT selected, time_s FROM trials").fetchall()
    assert rows == [('["rx1", "rx2"]', 1e-3)] * 3


def test_finished_trials_are_given_method_by_method(tmp_path: Path) -> None:
    """The stopping rule goes on from these numbers: each must be that of its method."""
    study = quick(tmp_path)
    results = [result for point in study.points for result in invented(task_of(study, point, range(5)))]
    with open_store(tmp_path / "a.sqlite", study) as store:
        store.write(results[::-1])
        for watched in range(len(study.metrics)):
            stored = {(point, trial): values for point, trial, values in store.done(watched)}
            assert stored == {(r.point, r.trial): tuple(m.values[watched] for m in r.methods) for r in results}
    assert len({method.values[0] for result in results for method in result.methods}) == 4 * 5 * 3 // 2, "no two alike"


def test_another_study_is_refused_and_the_store_stays_as_it_was(tmp_path: Path) -> None:
    store = tmp_path / "a.sqlite"
    run_into(store, quick(tmp_path), lambda: ThisProcess(invented))
    before = store.read_bytes()
    other = quick(tmp_path, "seed=6", "set.transmitter.antennas=5", text=QUICK.replace("[20, 30]", "[20, 31]"))
    with pytest.raises(InputError) as caught:
        run_into(store, other, lambda: ThisProcess(invented))
    found = {problem.path: (problem.received, problem.expected) for problem in caught.value.problems}
    assert found == {
        "seed": ("6", "5, as stored"),
        "set.transmitter.antennas": ("5", "4, as stored"),
        "sweep[0].values[1]": ("31", "30, as stored"),
    }
    assert "--restart" in str(caught.value)
    assert store.read_bytes() == before


def test_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_into(tmp_path / "a.sqlite", quick(tmp_path), lambda: ThisProcess(invented))
    monkeypatch.setattr(study_store, "version", lambda name: "9.9")
    with pytest.raises(InputError, match=r"multistatic 9\.9.*not mixed"):
        run_into(tmp_path / "a.sqlite", quick(tmp_path), lambda: ThisProcess(invented))


def test_the_version_that_counts_is_the_one_that_began_the_store(tmp_path: Path) -> None:
    for _ in range(2):
        run_into(tmp_path / "a.sqlite", quick(tmp_path), lambda: ThisProcess(invented))
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as connection, connection:
        connection.execute("UPDATE sessions SET versions = ? WHERE session = 1", (json.dumps({"multistatic": "0.0"}),))
    with pytest.raises(InputError, match=r"multistatic 0\.0.*not mixed"):
        run_into(tmp_path / "a.sqlite", quick(tmp_path), lambda: ThisProcess(invented))


def test_of_two_studies_that_begin_at_once_in_one_new_file_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is found empty, and another study has moved in before this one can make its tables."""
    store, other, look = tmp_path / "a.sqlite", quick(tmp_path, "seed=6"), study_store._is_empty

    def overtaken(connection: sqlite3.Connection) -> bool:
        found = look(connection)
        monkeypatch.setattr(study_store, "_is_empty", look)
        run_into(store, other, lambda: ThisProcess(invented))
        return found

    monkeypatch.setattr(study_store, "_is_empty", overtaken)
    with pytest.raises(InputError, match="holds another study"):
        run_into(store, quick(tmp_path), lambda: ThisProcess(invented))
    results = read_results(store)
    assert results.fingerprint == other.fingerprint
    assert results.complete
    assert len(results.sessions) == 1


def test_a_store_without_a_study_is_none(tmp_path: Path) -> None:
    run_into(tmp_path / "a.sqlite", quick(tmp_path), lambda: ThisProcess(invented))
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as connection, connection:
        connection.execute("DELETE FROM studies")
    for use in (read_results, lambda store: run_into(store, quick(tmp_path), lambda: ThisProcess(invented))):
        with pytest.raises(InputError, match="a store without a study"):
            use(tmp_path / "a.sqlite")


def test_what_is_no_store_is_refused_and_not_touched(tmp_path: Path) -> None:
    study = quick(tmp_path)
    text = tmp_path / "text.sqlite"
    text.write_text("not a database, and long enough to be read as one " * 30, encoding="utf-8")
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE mine (x)")
        connection.execute("PRAGMA journal_mode = WAL")
    for file in (text, other):
        before = file.read_bytes()
        for use in (lambda file=file: run_into(file, study, ThisProcess), lambda file=file: read_results(file)):
            with pytest.raises(InputError):
                use()
        assert file.read_bytes() == before
    with pytest.raises(InputError, match="no file or folder of this name"):
        read_results(tmp_path / "missing.sqlite")
    with pytest.raises(InputError, match="unable to open"):
        run_into(tmp_path / "no" / "folder.sqlite", study, ThisProcess)


def test_it_is_read_while_it_is_written(tmp_path: Path) -> None:
    study = quick(tmp_path)
    seen: list[int] = []
    with open_store(tmp_path / "a.sqlite", study) as store:

        def sink(results, attempts) -> None:
            store.write(results, attempts)
            partial = read_results(tmp_path / "a.sqlite")
            assert not partial.complete
            seen.append(int(partial.done().any(axis=1).sum()))

        run(study, ThisProcess(invented), sink)
    assert seen == sorted(seen)
    assert seen[-1] == 20


def test_two_runs_at_once_into_one_store_do_no_harm(tmp_path: Path) -> None:
    study = quick(tmp_path)
    with open_store(tmp_path / "a.sqlite", study) as one, open_store(tmp_path / "a.sqlite", study) as other:
        run(study, ThisProcess(invented), one.write)
        run(study, ThisProcess(invented), other.write)
    run_into(tmp_path / "b.sqlite", study, lambda: ThisProcess(invented))
    assert read_results(tmp_path / "a.sqlite").digest() == read_results(tmp_path / "b.sqlite").digest()


@pytest.mark.slow
def test_a_full_disk_undoes_what_was_not_whole(tmp_path: Path) -> None:
    """SQLite's own limit of pages: the error that a full disk gives, in the middle of a transaction."""
    study = quick(tmp_path, "trials=400")
    with open_store(tmp_path / "a.sqlite", study) as store:
        pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
        store._connection.execute(f"PRAGMA max_page_count = {pages + 8}")
        with pytest.raises(InputError, match="full") as caught:
            run(study, ThisProcess(invented), store.write)
        assert caught.value.exit_code == 2
    partial = read_results(tmp_path / "a.sqlite")
    done = int(partial.done().any(axis=1).sum())
    assert 0 < done < 1600
    assert partial.done().all(axis=1).sum() == done, "half a trial"
    run_into(tmp_path / "a.sqlite", study, lambda: ThisProcess(invented))
    run_into(tmp_path / "b.sqlite", study, lambda: ThisProcess(invented))
    assert read_results(tmp_path / "a.sqlite").digest() == read_results(tmp_path / "b.sqlite").digest()


def test_failures_are_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    study = quick(tmp_path)
    failed = failed_method(ValueError("no"), study.metrics).failure
    assert failed is not None
    order = [(3, 4, 2, 1), (0, 1, 0, 1), (3, 4, 2, 2), (1, 0, 1, 1)]
    with open_store(tmp_path / "a.sqlite", study) as store:
        for point, trial, method, attempt in order:
            each = FailedAttempt(point=point, trial=trial, method=method, attempt=attempt, seed=1, failure=failed)
            store.write([], [each])
    found = read_results(tmp_path / "a.sqlite").failures
    names = [method.name for method in study.methods]
    assert [(each.point, each.trial, names.index(each.method), each.attempt) for each in found] == order


def test_the_digest_finds_one_bit(tmp_path: Path) -> None:
    study = quick(tmp_path)
    digests = []
    for change in (None, "value = value * (1 + 2.3e-16)", "value = NULL"):
        store = tmp_path / "a.sqlite"
        store.unlink(missing_ok=True)
        run_into(store, study, lambda: ThisProcess(invented))
        if change:
            with closing(sqlite3.connect(store)) as connection, connection:
                connection.execute(f"UPDATE results SET {change} WHERE point = 2 AND trial = 3 AND metric = 1")
        digests.append(read_results(store).digest())
    assert len(set(digests)) == 3
    with closing(sqlite3.connect(store)) as connection, connection:  # a time is not a result
        connection.execute("UPDATE results SET value = 1 WHERE metric = 4")
        connection.execute("UPDATE trials SET time_s = 1")
    assert read_results(store).digest() == digests[-1]


def test_where_results_go_if_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert store_path("some/folder/antennas.toml") == Path("antennas.sqlite")
    with pytest.raises(InputError, match="--store"):
        store_path("-")
    quick(tmp_path, "trials=1")
    monkeypatch.chdir(tmp_path)
    text = QUICK.replace("trials = 5", "trials = 1").replace("[20, 30]", "[20]").replace("[100.0, 1000.0]", "[1e3]")
    (tmp_path / "tiny.toml").write_text(text, encoding="utf-8")
    assert run_study("tiny.toml", workers=1).complete
    assert (tmp_path / "tiny.sqlite").is_file()
    with pytest.raises(ValueError, match="store"):
        run_study(quick(tmp_path))


def test_a_store_with_more_trials_gives_the_requested_study(tmp_path: Path) -> None:
    """Twelve trials, then six: the file says six, and six they are, bit by bit."""
    run_into(tmp_path / "a.sqlite", quick(tmp_path, "trials=12"), lambda: ThisProcess(invented))
    run_into(tmp_path / "a.sqlite", quick(tmp_path, "trials=6"), lambda: ThisProcess(invented))
    run_into(tmp_path / "b.sqlite", quick(tmp_path, "trials=6"), lambda: ThisProcess(invented))
    more, same = (read_results(tmp_path / name) for name in ("a.sqlite", "b.sqlite"))
    assert more.values.shape == same.values.shape == (4, 3, 6, 5)
    assert more.digest() == same.digest()
    run_into(tmp_path / "a.sqlite", quick(tmp_path, "trials=12"), lambda: ThisProcess(invented))
    assert read_results(tmp_path / "a.sqlite").values.shape[2] == 12


def test_a_stopping_rule_decides_alike_in_a_store_that_holds_more(tmp_path: Path) -> None:
    rule = "trials={minimum=6, maximum=60, metric='surrogate', relative_half_width=0.2}"
    run_into(tmp_path / "a.sqlite", quick(tmp_path, "trials=60"), lambda: ThisProcess(invented))
    for name in ("a.sqlite", "b.sqlite"):
        run_into(tmp_path / name, quick(tmp_path, rule), lambda: ThisProcess(invented))
    more, same = (read_results(tmp_path / name) for name in ("a.sqlite", "b.sqlite"))
    assert more.digest() == same.digest()
    assert len(set(same.done().any(axis=1).sum(axis=1))) > 1, "all points alike: the test looks at nothing"


@pytest.mark.parametrize(
    ("stored", "wanted", "path"),
    [("[20, 30]", "[20, 30.0]", "sweep[0].values[1]"), ("[100.0, 1000.0]", "[100, 1000.0]", "sweep[1].values[0]")],
)
def test_a_number_that_is_spelled_otherwise_is_another_study(
    tmp_path: Path, stored: str, wanted: str, path: str
) -> None:
    """The fingerprint tells 30 from 30.0, and so does the refusal."""
    run_into(tmp_path / "a.sqlite", quick(tmp_path), lambda: ThisProcess(invented))
    with pytest.raises(InputError) as caught:
        run_into(
            tmp_path / "a.sqlite", quick(tmp_path, text=QUICK.replace(stored, wanted)), lambda: ThisProcess(invented)
        )
    assert [problem.path for problem in caught.value.problems] == [path]


def test_a_store_from_before_trials_were_decided_is_read_and_gone_on_with(tmp_path: Path) -> None:
    run_into(tmp_path / "a.sqlite", quick(tmp_path), lambda: ThisProcess(invented))
    digest = read_results(tmp_path / "a.sqlite").digest()
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as connection, connection:
        connection.execute("DROP TABLE decided")
    assert read_results(tmp_path / "a.sqlite").digest() == digest
    run_into(tmp_path / "a.sqlite", quick(tmp_path), lambda: ThisProcess(invented))
    assert read_results(tmp_path / "a.sqlite").digest() == digest
