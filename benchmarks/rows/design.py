"""Rows of whole designs: joint optimality, designs per minute, the first and the second start of the command."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
from benchmarks.measure import (
    Check,
    Row,
    all_of,
    at_most,
    marginal_s,
    seconds,
    timed,
    timed_each,
    with_children_s,
)
from benchmarks.old_code import OLD, ROOT, old_code
from benchmarks.work import scenario

from multistatic import Design, Scenario, design_many, design_network
from multistatic.beamforming.value_function import value_function
from multistatic.design.instance import instance_of
from multistatic.selection.affordable import affordable_groups

EQUAL = 1e-9
PROVEN = 1e-6  # relative gap of what is called optimal
LISTED = 1 << 16
DESIGNS_PER_MINUTE = 1000
IMPORTED = ("numpy", "scipy.linalg", "pydantic", "typer", "rich")
IMPORTS = f"import {', '.join(IMPORTED)}"
COMMAND = "import sys; from multistatic.cli import main; sys.exit(main())"
LOWERED = f"from multistatic.compiled import StandaloneKernel as Kernel; Kernel.shipped = lambda *_: None; {COMMAND}"


def joint(instances: int, largest: int) -> list[Row]:
    """The joint design beside beams for every group, under the surrogate and under PEB in turn."""
    scenarios = []
    for seed, criterion in zip(range(instances), ("surrogate", "peb") * instances, strict=False):
        receivers = 4 + seed % (largest - 3)
        scenarios.append(scenario(seed, {"receivers.random.count": receivers, "design.criterion": criterion}))
    designs, times_s = timed_each(design_network, scenarios)
    best, rival_s = timed_each(_exhaustive, scenarios)
    return [
        Row(
            work=f"group and beams together, 4 to {largest} receivers, {instances} scenarios",
            ours="joint, verified",
            ours_s=float(np.median(times_s)),
            rival="the same beamformer for every group",
            rival_s=float(np.median(rival_s)),
            checks=(all_of("equal to exhaustive search", (_as_good(*p) for p in zip(designs, best, strict=True))),),
        )
    ]


def one_antenna(instances: int, rivals: int, receivers: int, large: int) -> list[Row]:
    """Receivers of one antenna beyond those whose groups can all be listed: proven together with their beams."""
    rows = []
    for count, others in ((receivers, rivals), (large, 0)):
        settings = {"receivers.random.count": count, "transmitter.antennas": count, "receivers.random.antennas": 1}
        scenarios = [scenario(seed, {**settings, "requirements.rate_bps_hz": 2.0}) for seed in range(instances)]
        design_network(scenarios[0])
        designs, times_s = timed_each(design_network, scenarios)
        best, rival_s = timed_each(_exhaustive, scenarios[:others]) if others else ([], [])
        checks = [all_of("proven optimal together", (each.status == "optimal" for each in designs))]
        if others:
            equal = (_as_good(*pair) for pair in zip(designs, best, strict=False))
            checks.append(all_of("equal to exhaustive search", equal))
        rows.append(
            Row(
                work=f"group and beams together, {count} receivers of one antenna, {instances} scenarios",
                ours="joint, verified",
                ours_s=float(np.median(times_s)),
                rival=f"the same beamformer for every affordable group, {others} scenarios" if others else "",
                rival_s=float(np.median(rival_s)) if others else None,
                checks=tuple(checks),
            )
        )
    return rows


def batch(instances: int) -> list[Row]:
    """Designs a minute of a core with one worker and with two that have started, and whether the bits are the same."""
    scenarios = [scenario(seed) for seed in range(instances)]
    list(design_many(scenarios[:1], workers=1))
    alone, alone_s = timed(lambda: list(design_many(scenarios, workers=1)))
    together: list[Design] = []
    walls_s = []

    def pool_s(count: int) -> float:
        """Processor time of so many designs by two workers, with their start."""
        before_s = with_children_s()
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            list(design_many(scenarios[:2], executor=pool))
            begun = perf_counter()
            together[:] = design_many(scenarios[:count], executor=pool)
            walls_s.append(perf_counter() - begun)
        return with_children_s() - before_s

    each_s = marginal_s(pool_s, instances // 10, instances, repeats=1)
    per_minute = None if each_s is None else 60.0 / each_s
    thousands = Check(
        goal=f"≥ {DESIGNS_PER_MINUTE} designs a minute of a core",
        measured="not measured" if per_minute is None else f"{per_minute:.0f}, {60 * instances / alone_s:.0f} with 1",
        met=per_minute is not None and per_minute >= DESIGNS_PER_MINUTE,
        timed=True,
    )
    wall = Check(
        goal="(designs a minute on the wall's clock)",
        measured=f"{60.0 * instances / walls_s[-1]:.0f} with 2 workers",
        met=None,
        timed=True,
    )
    same = all_of("same bits", (_same_bits(*pair) for pair in zip(alone, together, strict=True)))
    return [
        Row(
            work=f"{instances} realisations of the scenario `paper`, time of one",
            ours="design_many, 2 workers",
            ours_s=each_s,
            rival="design_many, 1 worker",
            rival_s=alone_s / instances,
            checks=(thousands, wall, same),
        )
    ]


def cold_start(repeats: int) -> list[Row]:
    """`multistatic design paper` as a process: warm beside its imports, and without object code beside the old code."""
    today, old = ROOT / "src", old_code() / "src"
    with tempfile.TemporaryDirectory() as folder:
        bytecode = Path(folder) / "bytecode"
        process_s = partial(_process_s, bytecode)
        for source in (today, old):  # all bytecode, and all files read once
            process_s(COMMAND, source, Path(folder) / source.parent.name)
        process_s(IMPORTS, today, Path(folder))
        warm, imports, first, first_old = [], [], [], []
        for number in range(repeats):
            warm.append(process_s(COMMAND, today, Path(folder) / today.parent.name))
            imports.append(process_s(IMPORTS, today, Path(folder)))
            first.append(process_s(COMMAND, today, Path(folder) / f"empty-{number}"))
            first_old.append(process_s(COMMAND, old, Path(folder) / f"empty-old-{number}"))
        lowered_s = process_s(LOWERED, today, Path(folder) / "lowered")
    warm_s, imports_s, first_s, old_s = (float(np.median(each)) for each in (warm, imports, first, first_old))
    return [
        Row(
            work="`multistatic design paper`, a new process",
            ours="object code kept",
            ours_s=warm_s,
            rival=f"importing {', '.join(IMPORTED)}",
            rival_s=imports_s,
            checks=(at_most(2.5, warm_s, imports_s, "the imports"),),
        ),
        Row(
            work="`multistatic design paper`, the first of an installation",
            ours="kernels shipped",
            ours_s=first_s,
            rival=f"the code of {OLD}",
            rival_s=old_s,
            checks=(
                at_most(0.4, first_s, old_s, "the old code"),
                Check(
                    goal="(an edited kernel: lowered by Numba)",
                    measured=f"{seconds(lowered_s)}, {lowered_s / old_s:.2f}× the old code",
                    met=None,
                    timed=True,
                ),
            ),
        ),
    ]


def _process_s(bytecode: Path, code: str, source: Path, kernels: Path) -> float:
    """Processor time of a process that runs `code` with the package in `source` and its caches in these folders."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    places = {"NUMBA_CACHE_DIR": str(kernels), "PYTHONPYCACHEPREFIX": str(bytecode), "PYTHONPATH": str(source)}
    environment = {**os.environ, **threads, **places}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # else nothing would be kept
    command = [sys.executable, "-c", code, "design", "paper", "--quiet"]
    with tempfile.TemporaryDirectory() as folder:
        before_s = with_children_s()
        subprocess.run(command, env=environment, cwd=folder, stdout=subprocess.DEVNULL, check=True)
        return with_children_s() - before_s


def _exhaustive(asked: Scenario) -> float | None:
    """The best value over every affordable group with beams of its own; None where no group has any."""
    instance = instance_of(asked)
    everyone = value_function(instance.beamforming_problem(np.ones(instance.size, bool)))
    if everyone.beams is None:
        return None  # with everyone selected the beams are least constrained
    problem = replace(instance.selection_problem(everyone.beams), forced=np.zeros(instance.size, bool))
    groups = affordable_groups(problem, LISTED)
    assert groups is not None, f"more than {LISTED} groups"
    values = []
    for group in groups:
        beams = value_function(instance.beamforming_problem(group))
        if beams.illumination_w is not None:
            values.append(float(problem.criterion.values(group[None], beams.illumination_w)[0]))
    return min((value for value in values if np.isfinite(value)), default=None)


def _as_good(design: Design, best: float | None) -> bool:
    """The value of the best group and beams, or no design where there is none."""
    if best is None or design.selection is None or design.selection.value is None:
        return best is None and design.status == "infeasible"
    return abs(design.selection.value / best - 1.0) <= (EQUAL if design.status != "optimal" else PROVEN)


def _same_bits(one: Design, other: Design) -> bool:
    if one.beamforming is None or other.beamforming is None:
        return one.beamforming is other.beamforming and one.message == other.message
    beams, others = one.beamforming.beams, other.beamforming.beams
    if beams is None or others is None:
        return beams is others and one.message == other.message
    return np.array_equal(one.selected, other.selected) and np.array_equal(beams.weights, others.weights)
