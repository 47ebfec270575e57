"""Designs of many scenarios, on every core, with the same bits as one at a time."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from itertools import islice

from multistatic.design import design_network
from multistatic.design.result import Design, Scheme
from multistatic.scenario.model import Scenario

CHUNK = 16
CHUNKS_IN_FLIGHT_PER_WORKER = 4


def design_many(
    scenarios: Iterable[Scenario],
    *,
    scheme: Scheme = "multi",
    workers: int | None = None,
    executor: Executor | None = None,
) -> Iterator[Design]:
    """Yield the design of each scenario, in their order.

    A design depends on its scenario alone (the seed is in it), so the number of workers changes nothing but the time.
    `workers`: processes (None: one a core; 1: this process). `executor`: any `concurrent.futures.Executor` instead.
    Scenarios are taken as they are needed, so `scenarios` may be endless; results wait in memory for at most a few
    chunks. Every worker keeps linear algebra to one thread.

    >>> from dataclasses import replace
    >>> from multistatic import load_preset
    >>> drops = (replace(load_preset("paper"), seed=seed) for seed in range(3))
    >>> [design.status for design in design_many(drops, workers=1)]
    ['feasible', 'feasible', 'feasible']
    """
    count = workers or os.cpu_count() or 1
    source = iter(scenarios)
    if executor is None and count == 1:
        for scenario in source:
            yield from _design_chunk([scenario], scheme)
        return
    if executor is not None:
        yield from _in_order(executor, source, scheme, count)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context) as pool:
        yield from _in_order(pool, source, scheme, count)


def _in_order(executor: Executor, source: Iterator[Scenario], scheme: Scheme, workers: int) -> Iterator[Design]:
    """Keep a few chunks in flight for each worker and hand the results out in the order of the scenarios."""
    waiting = []
    chunks = iter(lambda: list(islice(source, CHUNK)), [])
    try:
        for chunk in chunks:
            waiting.append(executor.submit(_design_chunk, chunk, scheme))
            if len(waiting) >= workers * CHUNKS_IN_FLIGHT_PER_WORKER:
                yield from waiting.pop(0).result()
        while waiting:
            yield from waiting.pop(0).result()
    finally:
        for future in waiting:
            future.cancel()


def _design_chunk(scenarios: list[Scenario], scheme: Scheme) -> list[Design]:
    """What a worker does. One thread for linear algebra: the matrices are small and the workers share the cores."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        return [design_network(scenario, scheme=scheme) for scenario in scenarios]
