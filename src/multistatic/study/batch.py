"""Designs of many scenarios, on every core, with the same bits as one at a time."""

from __future__ import annotations

import multiprocessing
import os
import traceback
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from itertools import islice
from typing import Any

from multistatic.design import design_network
from multistatic.design.choices import with_choices
from multistatic.design.result import Design, Scheme
from multistatic.errors import InputError, Problem
from multistatic.scenario.model import Scenario
from multistatic.study.portable import require_portable

CHUNK = 16
CHUNKS_IN_FLIGHT_PER_WORKER = 4

Designed = tuple[list[Design], Exception | None]


def design_many(
    scenarios: Iterable[Scenario],
    *,
    scheme: Scheme = "multi",
    selector: Any = None,
    beamformer: Any = None,
    criterion: Any = None,
    channel: Any = None,
    workers: int | None = None,
    executor: Executor | None = None,
) -> Iterator[Design]:
    """The design of each scenario, in the order of the scenarios, on several processes.

    A design depends on its scenario only (the seed is a part of it), so the number of workers does not change it.
    Results wait in memory for a few chunks at most. An infeasible scenario is a design with that status. Where a
    scenario cannot be designed, or the iterable fails, every earlier design is returned first; then the error is
    raised.

    scenarios: any iterable of scenarios, which may be endless.
    scheme: as in `design_network`.
    selector: as in `design_network`; callables must be at the top level of a module, unless workers is 1.
    beamformer: likewise.
    criterion: likewise.
    channel: likewise.
    workers: number of processes; None: one for each core; 1: this process.
    executor: any `concurrent.futures.Executor` to use instead.

    Raises `InputError` at once for fewer than one worker.

    >>> from dataclasses import replace
    >>> from multistatic import load_preset
    >>> drops = (replace(load_preset("paper"), seed=seed) for seed in range(3))
    >>> [design.status for design in design_many(drops, workers=1)]
    ['feasible', 'feasible', 'feasible']
    """
    if workers is not None and workers < 1:
        raise InputError([Problem("workers", repr(workers), "at least 1", "None: one a core")], source="design_many")
    count = workers or os.cpu_count() or 1
    choices = {"selector": selector, "beamformer": beamformer, "criterion": criterion, "channel": channel}
    if executor is None and count > 1:
        require_portable(choices)
    chosen = (with_choices(scenario, **choices) for scenario in scenarios)
    return _designs(chosen, scheme, count, executor)


def _designs(source: Iterator[Scenario], scheme: Scheme, workers: int, executor: Executor | None) -> Iterator[Design]:
    if executor is not None:
        yield from _in_order(executor, source, scheme, workers)
    elif workers == 1:
        for scenario in source:
            yield from _handed_out(_design_chunk([scenario], scheme))
    else:
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
            yield from _in_order(pool, source, scheme, workers)


def _in_order(executor: Executor, source: Iterator[Scenario], scheme: Scheme, workers: int) -> Iterator[Design]:
    """Keep a few chunks in flight for each worker and hand the results out in the order of the scenarios."""
    waiting = []
    failed = None
    try:
        while failed is None:
            chunk, failed = _taken(source)
            if not chunk:
                break
            waiting.append(executor.submit(_design_chunk, chunk, scheme))
            if len(waiting) >= workers * CHUNKS_IN_FLIGHT_PER_WORKER:
                yield from _handed_out(waiting.pop(0).result())
        while waiting:
            yield from _handed_out(waiting.pop(0).result())
    finally:
        for future in waiting:
            future.cancel()
    if failed is not None:
        raise failed


def _taken(source: Iterator[Scenario]) -> tuple[list[Scenario], Exception | None]:
    """The next scenarios, and what the source raised after them."""
    chunk: list[Scenario] = []
    try:
        for scenario in islice(source, CHUNK):
            chunk.append(scenario)
    except Exception as error:  # noqa: BLE001 - raised when its turn comes
        return chunk, error
    return chunk, None


def _design_chunk(scenarios: list[Scenario], scheme: Scheme) -> Designed:
    """What a worker does, up to the first scenario that cannot be designed, and its error.

    One thread for linear algebra: the matrices are small and the workers share the cores.
    """
    from threadpoolctl import threadpool_limits

    designs: list[Design] = []
    with threadpool_limits(limits=1):
        for scenario in scenarios:
            try:
                designs.append(design_network(scenario, scheme=scheme))
            except Exception as error:  # noqa: BLE001 - raised when its turn comes
                error.add_note(traceback.format_exc())  # a traceback does not leave its process
                return designs, error
    return designs, None


def _handed_out(designed: Designed) -> Iterator[Design]:
    designs, error = designed
    yield from designs
    if error is not None:
        raise error
