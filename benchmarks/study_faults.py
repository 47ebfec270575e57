"""Studies under fire: processes killed at random moments, a disk that is full, a Dask worker that dies.

    python -m benchmarks.study_faults [--kills 100] [--full-disks 20] [--dask-kills 3]

After every fault the store must be sound and hold all it held before; the trials that were begun and are not stored are
counted. In the end the study must have the results of an undisturbed run, bit by bit. Prints one line for each kind of
fault; exit code 1 where something was lost.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from multistatic.errors import MultistaticError
from multistatic.files.study_file import load_study, run_into, run_study
from multistatic.files.study_reader import read_results
from multistatic.study.runner import TRIALS_PER_TASK
from multistatic.study.trial import Task, TrialResult, run_task_in_worker
from multistatic.study.workers import DaskCluster, Processes, ThisProcess

ROOT = Path(__file__).parents[1]
LOG = "STUDY_FAULTS_LOG"
WORKERS = 2
STUDY = """
name = "faults"
seed = 3
scenario = "paper"
trials = {trials}
metrics = ["surrogate", "peb_m", "receivers", "feasible"]
set = {{ receivers.random.count = 3, transmitter.antennas = 4, channel.direct = "los", requirements.rate_bps_hz = 0.5 }}
sweep = {{ transmitter.power_dbm = [20, 30], requirements.cooperation_cost_m = [50, 100] }}
compare = [{{ selector = ["greedy", "all"] }}]
"""


def logged(task: Task) -> tuple[TrialResult, ...]:
    """The work of a worker; every trial that is begun leaves a line."""
    path = os.environ.get(LOG)
    if path:
        with open(path, "a", encoding="ascii") as file:
            file.write("".join(f"{task.point.index} {trial} {os.getpid()}\n" for trial in task.trials))
    return run_task_in_worker(task)


def child(study: Path, store: Path, limit_bytes: int) -> None:
    """One run of the study, as the command makes it; `limit_bytes`: no file may grow beyond (0: no limit).

    With a limit in one process: a disk does not care how many compute.
    """
    if limit_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
    run_into(store, load_study(study), lambda: ThisProcess() if limit_bytes else Processes(WORKERS, logged))


def begin(study: Path, store: Path, log: Path | None = None, limit_bytes: int = 0) -> subprocess.Popen[bytes]:
    """`child` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.study_faults", "--child", str(study), str(store), str(limit_bytes)]
    environment = {**os.environ, LOG: "" if log is None else str(log)}
    return subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE)


def stored(store: Path) -> set[tuple[int, int]]:
    """Trials in the store, which must be sound and must not hold half a trial."""
    if not store.exists():
        return set()
    with closing(sqlite3.connect(store, timeout=60)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return set()
        rows = connection.execute("SELECT point, trial, count(*) FROM trials GROUP BY point, trial").fetchall()
        values = connection.execute("SELECT count(*) FROM results").fetchone()[0]
    assert all(count == 2 for _, _, count in rows), "half a trial"
    assert values == 8 * len(rows), "half a trial's values"
    return {(point, trial) for point, trial, _ in rows}


def begun(log: Path) -> Counter[tuple[int, int]]:
    """How often each trial was begun."""
    return Counter((point, trial) for point, trial, _ in lines(log))


def lines(log: Path) -> list[tuple[int, ...]]:
    """(point, trial, process) of every trial that was begun; a line that a kill cut short is left out."""
    text = log.read_text(encoding="ascii") if log.exists() else ""
    whole = (tuple(map(int, line.split())) for line in text[: text.rfind("\n") + 1].splitlines())
    return [line for line in whole if len(line) == 3]


def kills(folder: Path, study: Path, expected: str, number: int, longest_s: float) -> str:
    """SIGKILL at random moments of a run, as often as asked; a study that is complete is begun anew."""
    rng = random.Random(1)
    done, rounds, most_lost, redone = 0, 0, 0, 0
    while done < number:
        rounds += 1
        store, log = folder / f"killed{rounds}.sqlite", folder / f"killed{rounds}.log"
        while done < number:
            before, counted = stored(store), sum(begun(log).values())
            process = begin(study, store, log)
            try:
                process.wait(timeout=rng.uniform(0.0, longest_s))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                done += 1
            process.communicate()
            workers_leave(log)
            after = stored(store)
            assert before <= after, "a stored trial is gone"
            lost = sum(begun(log).values()) - counted - len(after - before)
            most_lost, redone = max(most_lost, lost), redone + max(lost, 0)
            if process.returncode == 0:
                break
        finish(study, store)
        assert read_results(store).digest() == expected, "other results than without a kill"
    bound = WORKERS * Processes.depth * TRIALS_PER_TASK
    assert most_lost <= bound
    return f"{done} SIGKILLs in {rounds} studies: same bits; at most {most_lost} trials lost by one, {redone} in all"


def workers_leave(log: Path, within_s: float = 20.0) -> None:
    """Wait until no worker that left a line still runs: they must notice that they are alone."""
    end = time.monotonic() + within_s
    for process_id in {process_id for _, _, process_id in lines(log)}:
        while _is_running_worker(process_id):
            assert time.monotonic() < end, "a worker outlives the study"
            time.sleep(0.02)


def _is_running_worker(process_id: int) -> bool:
    """True for a spawned process of this number, not for another program that got the number since."""
    try:
        command = Path(f"/proc/{process_id}/cmdline").read_bytes()
    except OSError:
        return False
    return b"multiprocessing" in command


def finish(study: Path, store: Path) -> None:
    """Run to the end without a fault."""
    process = begin(study, store)
    _, errors = process.communicate()
    assert process.returncode == 0, errors.decode()


def full_disks(folder: Path, study: Path, expected: str, number: int) -> str:
    """No file may grow beyond a limit, which is raised from fault to fault."""
    store, limit, faults, stuck = folder / "full.sqlite", 48 * 1024, 0, 0
    while faults < number:
        before = stored(store)
        process = begin(study, store, limit_bytes=limit)
        _, errors = process.communicate()
        assert process.returncode != 0, "the study was over before the disk was full"
        assert b"sqlite" in errors, errors.decode()
        assert b"Traceback" not in errors, errors.decode()
        faults += 1
        after = stored(store)
        assert before <= after, "a stored trial is gone"
        stuck += before == after
        limit += 12 * 1024
    finish(study, store)
    assert read_results(store).digest() == expected, "other results than on an empty disk"
    return f"{faults} full disks: same bits, nothing that was stored is gone ({stuck} of them before a first commit)"


def dask_kills(folder: Path, study: Path, expected: str, number: int) -> str:
    """SIGKILL of a worker of a Dask cluster in the middle of a run."""
    from distributed import LocalCluster

    killed, most = 0, 0
    for attempt in range(number):
        log = folder / f"dask{attempt}.log"
        os.environ[LOG] = str(log)
        options = {"n_workers": WORKERS, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
        with LocalCluster(**options) as cluster:
            process_ids = [worker.process.process.pid for worker in cluster.workers.values()]

            def kill(process_id: int = process_ids[0], log: Path = log) -> None:
                while sum(begun(log).values()) < 20:
                    time.sleep(0.01)
                os.kill(process_id, signal.SIGKILL)

            killer = threading.Thread(target=kill)
            killer.start()
            store = folder / f"dask{attempt}.sqlite"
            run_into(store, load_study(study), lambda address=cluster.scheduler_address: DaskCluster(address, logged))
            killer.join()
            killed += 1
        counts = begun(log)
        most = max(most, sum(counts.values()) - len(counts))
        assert read_results(store).digest() == expected, "other results than without a kill"
    os.environ.pop(LOG)
    return f"{killed} Dask workers killed: same bits; at most {most} trials were run twice"


def main() -> int:
    """All kinds of faults."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study_faults", description="Break studies.")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--full-disks", type=int, default=20)
    parser.add_argument("--dask-kills", type=int, default=3)
    parser.add_argument("--trials", type=int, default=1000, help="of each of the four points")
    parser.add_argument("--longest", type=float, default=6.0, metavar="S", help="a run is killed within S seconds")
    parser.add_argument("--child", nargs=3, metavar=("STUDY", "STORE", "LIMIT"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        try:
            child(Path(asked.child[0]), Path(asked.child[1]), int(asked.child[2]))
        except MultistaticError as error:
            print(f"error: {error}", file=sys.stderr)
            return error.exit_code
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        study = folder / "faults.toml"
        study.write_text(STUDY.format(trials=asked.trials), encoding="utf-8")
        begun_s = time.perf_counter()
        results = run_study(study, folder / "undisturbed.sqlite", workers=1)
        expected, trials = results.digest(), int(results.done().any(axis=1).sum())
        print(json.dumps({"trials": trials, "seconds": round(time.perf_counter() - begun_s, 1), "digest": expected}))
        if asked.kills:
            print(kills(folder, study, expected, asked.kills, asked.longest), flush=True)
        if asked.full_disks:
            print(full_disks(folder, study, expected, asked.full_disks), flush=True)
        if asked.dask_kills:
            print(dask_kills(folder, study, expected, asked.dask_kills), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
