"""Where trials are run: this process, processes of this machine, a Dask cluster, or any executor that is handed in.

Results do not depend on it: a trial's seed is its own and linear algebra keeps to one thread everywhere.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Protocol

from multistatic.errors import InputError, MultistaticError, Problem
from multistatic.extras import optional_module
from multistatic.study.trial import Task, TrialResult, run_task_in_worker, run_task_warm

Results = tuple[TrialResult, ...]
Work = Callable[[Task], Results]


class WorkersLostError(MultistaticError):
    """The workers are gone and cannot be replaced. What was done is stored: the same study goes on from there."""


class Workers(Protocol):
    """What the runner needs: `depth` tasks for each of `slots()` keep it busy."""

    depth: int

    def slots(self) -> int:
        """Tasks that can run at once."""

    def submit(self, task: Task) -> Future[Results]:
        """Begin a task."""

    def restart(self) -> None:
        """Replace workers that died; raise `WorkersLostError` where that cannot be done."""

    def close(self) -> None:
        """End; tasks that still run are dropped."""


class ThisProcess:
    """One trial at a time, here."""

    depth = 1

    def __init__(self, work: Work = run_task_warm) -> None:
        self._work = work

    def slots(self) -> int:
        """One."""
        return 1

    def submit(self, task: Task) -> Future[Results]:
        """Run the task at once."""
        from threadpoolctl import threadpool_limits

        future: Future[Results] = Future()
        try:
            with threadpool_limits(limits=1):
                future.set_result(self._work(task))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - as any executor: it is raised where the result is read
            future.set_exception(error)
        return future

    def restart(self) -> None:
        """Nothing can be lost here."""

    def close(self) -> None:
        """Nothing to end."""


class Processes:
    """`count` processes of this machine (None: one a core). They leave when this process does, however it ends."""

    depth = 2

    def __init__(self, count: int | None = None, work: Work = run_task_in_worker) -> None:
        self._count, self._work = count or os.cpu_count() or 1, work
        self._begin()

    def slots(self) -> int:
        """Processes."""
        return self._count

    def submit(self, task: Task) -> Future[Results]:
        """Queue the task."""
        return self._pool.submit(self._work, task)

    def restart(self) -> None:
        """New processes."""
        self.close()
        self._begin()

    def close(self) -> None:
        """The lifeline is cut: processes leave at once, in the middle of a trial."""
        self._lifeline.close()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _begin(self) -> None:
        # Only this process holds the end that is written to. A worker that reads the end of the file knows that it was
        # closed, or that this process is gone: killed, it could not have said so.
        watched, self._lifeline = multiprocessing.Pipe(duplex=False)
        self._watched = watched  # kept open: workers are started later, one by one
        self._pool = ProcessPoolExecutor(
            self._count,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin_worker,
            initargs=(watched,),
        )


def _begin_worker(lifeline: Connection) -> None:
    """Ctrl-C is for the process that started us, and without it nothing is left to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_at_end_of, args=(lifeline,), daemon=True).start()


def _leave_at_end_of(lifeline: Connection) -> None:
    with suppress(EOFError, OSError):
        lifeline.recv_bytes()
    os._exit(1)


class GivenExecutor:
    """Any `concurrent.futures.Executor`, `mpi4py.futures.MPIPoolExecutor` among them; it stays open."""

    depth = 2

    def __init__(self, executor: Executor, slots: int | None = None, work: Work = run_task_in_worker) -> None:
        self._executor, self._slots, self._work = executor, slots or os.cpu_count() or 1, work

    def slots(self) -> int:
        """As said."""
        return self._slots

    def submit(self, task: Task) -> Future[Results]:
        """Hand the task on."""
        return self._executor.submit(self._work, task)

    def restart(self) -> None:
        """Not ours to replace."""
        raise WorkersLostError("The workers were lost. Run the same command again to resume the study.")

    def close(self) -> None:
        """Not ours to close."""


class DaskCluster:
    """The workers of a running Dask scheduler, as many as there are at any time; more may join."""

    depth = 2
    connect_s = 10.0
    _SECONDS_BETWEEN_COUNTS = 2.0

    def __init__(self, address: str, work: Work = run_task_in_worker) -> None:
        optional_module("a Dask scheduler", "distributed")
        from distributed import Client
        from distributed.comm.addressing import get_address_host_port

        try:
            get_address_host_port(address)  # a client that fails over it would take twenty seconds to end
            self._client: Any = Client(address, timeout=self.connect_s, set_as_default=False)
        except (OSError, ValueError) as error:
            expected = "the address of a running scheduler, such as tcp://host:8786"
            raise InputError([Problem("--dask", f"{address!r} ({error})"[:200], expected)]) from None
        self._executor: Executor = self._client.get_executor(pure=False)
        self._work, self._counted, self._slots = work, -self._SECONDS_BETWEEN_COUNTS, 1

    def slots(self) -> int:
        """Threads of all workers, at least one."""
        now = time.monotonic()
        if now - self._counted >= self._SECONDS_BETWEEN_COUNTS:
            with suppress(OSError):
                self._slots = max(1, sum(self._client.nthreads().values()))
            self._counted = now
        return self._slots

    def submit(self, task: Task) -> Future[Results]:
        """Hand the task to the scheduler, which gives it to another worker where one is lost."""
        return self._executor.submit(self._work, task)

    def restart(self) -> None:
        """A scheduler that is gone takes everything along."""
        raise WorkersLostError(
            "The connection to the Dask scheduler was lost. Run the same command again to resume the study."
        )

    def close(self) -> None:
        """Leave the cluster; it forgets its tasks."""
        self._executor.shutdown(wait=False)
        self._client.close(timeout=5)
