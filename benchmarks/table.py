"""What the algorithms achieve, each beside its rival on the same work in one run, and the goals.

    python -m benchmarks.table [--quick] [--only NAME] [--json FILE]

On a terminal the table has lines; written to a file it is Markdown. Times are processor time, medians of warm calls
with one thread of linear algebra. The seeds are fixed: the work is the same in every run.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks.measure import Check, Row, load, machine, seconds
from benchmarks.rows import (
    beamforming,
    design,
    estimation,
    illumination_bound,
    inputs,
    large_designs,
    localization,
    many_receivers,
    point_beams,
    selection,
    study,
)
from rich import box
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

WIDTH_OF_A_FILE = 250


@dataclass(frozen=True, slots=True)
class Benchmark:
    """The rows at their full size, and smaller."""

    full: Callable[[], list[Row]]
    quick: Callable[[], list[Row]]


BENCHMARKS = {
    "beams-all": Benchmark(
        partial(beamforming.everyone_selected, instances=100, rivals=12),
        partial(beamforming.everyone_selected, instances=20, rivals=2),
    ),
    "beams-half": Benchmark(
        partial(beamforming.half_selected, instances=50, rivals=8),
        partial(beamforming.half_selected, instances=10, rivals=1),
    ),
    "beams-64": Benchmark(
        partial(beamforming.large, receivers=64, antennas=256, limits_s=(0.25, 1.5), instances=5),
        partial(beamforming.large, receivers=64, antennas=256, limits_s=(0.25, 1.5), instances=1),
    ),
    "beams-100": Benchmark(
        partial(beamforming.large, receivers=100, antennas=1024, limits_s=(5.0, 5.0), instances=3),
        partial(beamforming.large, receivers=100, antennas=1024, limits_s=(5.0,), instances=1),
    ),
    "beams-many": Benchmark(
        lambda: [
            *many_receivers.beams(100, rate_bps_hz=0.1, seeds=8, times=90.0),
            *many_receivers.beams(200, rate_bps_hz=0.05, seeds=2, times=75.0),
        ],
        partial(many_receivers.beams, 100, rate_bps_hz=0.1, seeds=1, times=90.0),
    ),
    "robustness": Benchmark(
        partial(beamforming.robustness, instances=1000), partial(beamforming.robustness, instances=100)
    ),
    "line-of-sight": Benchmark(
        partial(beamforming.line_of_sight, instances=200, rivals=50),
        partial(beamforming.line_of_sight, instances=20, rivals=5),
    ),
    "points": Benchmark(
        partial(point_beams.proven, drops=12, rivals=2), partial(point_beams.proven, drops=1, rivals=1)
    ),
    "points-antennas": Benchmark(
        partial(point_beams.several_antennas, drops=12, searched=1),
        partial(point_beams.several_antennas, drops=2, searched=0),
    ),
    "points-64": Benchmark(partial(point_beams.large, seeds=3), partial(point_beams.large, seeds=1)),
    "bound": Benchmark(
        partial(illumination_bound.beside_a_design, seeds=8, share=0.15),
        partial(illumination_bound.beside_a_design, seeds=2, share=0.15),
    ),
    "bound-80": Benchmark(
        partial(illumination_bound.large, receivers=80, antennas=100, seeds=3, times=4.0),
        partial(illumination_bound.large, receivers=80, antennas=100, seeds=1, times=4.0),
    ),
    "surrogate": Benchmark(
        partial(selection.surrogate, receivers=200, instances=50, rivals=15, cases=2000, largest=16),
        partial(selection.surrogate, receivers=200, instances=10, rivals=3, cases=100, largest=12),
    ),
    "peb": Benchmark(
        partial(selection.position, sizes={30: 1.0, 100: 5.0}, instances=20, cases=500, largest=14),
        partial(selection.position, sizes={30: 1.0, 100: 5.0}, instances=3, cases=50, largest=12),
    ),
    "joint": Benchmark(
        partial(design.joint, instances=30, largest=8),
        partial(design.joint, instances=4, largest=6),
    ),
    "joint-one-antenna": Benchmark(
        partial(design.one_antenna, instances=20, rivals=5, receivers=30, large=64),
        partial(design.one_antenna, instances=3, rivals=1, receivers=22, large=30),
    ),
    "infeasible-150": Benchmark(
        lambda: [*large_designs.verdicts(antennas=192, instances=3), *large_designs.verdicts(antennas=16, instances=3)],
        partial(large_designs.verdicts, antennas=16, instances=1),
    ),
    "joint-80": Benchmark(
        partial(large_designs.many_receivers, instances=3), partial(large_designs.many_receivers, instances=1)
    ),
    "joint-200": Benchmark(
        partial(large_designs.largest, receivers=200, antennas=256, limit_s=30.0),
        partial(large_designs.largest, receivers=100, antennas=128, limit_s=6.0),
    ),
    "moved-target": Benchmark(
        partial(large_designs.moved_target, directions=100), partial(large_designs.moved_target, directions=12)
    ),
    "batch": Benchmark(partial(design.batch, instances=640), partial(design.batch, instances=64)),
    "fixes": Benchmark(
        partial(localization.fixes, count=10000, rivals=200), partial(localization.fixes, count=1000, rivals=20)
    ),
    "closed-forms": Benchmark(
        partial(localization.closed_forms, geometries=20000), partial(localization.closed_forms, geometries=2000)
    ),
    "bad-receiver": Benchmark(
        partial(localization.bad_receiver, deployments=100, each=20),
        partial(localization.bad_receiver, deployments=10, each=10),
    ),
    "degenerate": Benchmark(partial(localization.degenerate, draws=6), partial(localization.degenerate, draws=1)),
    "estimation-speed": Benchmark(
        partial(estimation.speed, trials=1024, rivals=48), partial(estimation.speed, trials=256, rivals=24)
    ),
    "estimation-accuracy": Benchmark(
        partial(estimation.accuracy, trials=10_000), partial(estimation.accuracy, trials=1000, samples=256)
    ),
    "estimation-threshold": Benchmark(
        partial(estimation.threshold, trials=1000), partial(estimation.threshold, trials=100)
    ),
    "estimation-false-alarms": Benchmark(
        partial(estimation.false_alarms, cells=3_000_000, searches=300_000),
        partial(estimation.false_alarms, cells=300_000, searches=20_000),
    ),
    "study": Benchmark(
        lambda: [*study.overhead(trials=500, repeats=3), *study.scaling(trials=100, repeats=3)],
        lambda: [*study.overhead(trials=200, repeats=1), *study.scaling(trials=20, repeats=1)],
    ),
    "malformed": Benchmark(partial(inputs.malformed, step=37), partial(inputs.malformed, step=200)),
    "cold-start": Benchmark(partial(design.cold_start, repeats=5), partial(design.cold_start, repeats=1)),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print; a missed goal is no failure of the program."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.table", description="Time the algorithms.")
    parser.add_argument("--quick", action="store_true", help="less work: at most two minutes")
    parser.add_argument("--only", choices=sorted(BENCHMARKS), action="append", help="these rows; may be repeated")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows here too")
    asked = parser.parse_args(arguments)
    begun, before, rows = perf_counter(), load(), []
    with threadpool_limits(limits=1):
        for name in asked.only or BENCHMARKS:
            print(f"{name} …", file=sys.stderr, flush=True)
            rows += (BENCHMARKS[name].quick if asked.quick else BENCHMARKS[name].full)()
    about = f"{machine()}; load {before:.1f} before, {load():.1f} after"
    if asked.json:
        text = json.dumps({"machine": about, "rows": [asdict(row) for row in rows]}, indent=2, ensure_ascii=False)
        asked.json.write_text(text + "\n", encoding="utf-8")
    console = Console(width=None if sys.stdout.isatty() else WIDTH_OF_A_FILE)
    console.print(table(rows, markdown=not sys.stdout.isatty()))
    checks = [check for row in rows for check in row.checks]
    met, goals = sum(check.met is True for check in checks), sum(check.met is not None for check in checks)
    console.print(f"\n{met} of {goals} goals met, {perf_counter() - begun:.0f} s on the wall's clock.")
    console.print(about, highlight=False)
    return 0


def table(rows: Sequence[Row], *, markdown: bool = False) -> Table:
    """One line for each goal, the work and its times on the first of them."""
    shown = Table(box=box.MARKDOWN if markdown else box.SIMPLE_HEAD, pad_edge=markdown)
    for heading in ("work", "ours", "rival", "ratio", "goal", "measured", "met"):
        shown.add_column(heading, overflow="fold")
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.3g}×"
        first = (row.work, _timed(row.ours, row.ours_s), _timed(row.rival, row.rival_s), ratio)
        for line, check in enumerate(row.checks):
            shown.add_row(*(("",) * 4 if line else first), *_shown(check))
    return shown


def _timed(method: str, time_s: float | None) -> str:
    return method if time_s is None else f"{method}: {seconds(time_s)}"


def _shown(check: Check) -> tuple[str, str, str]:
    return check.goal, check.measured, {True: "yes", False: "no", None: ""}[check.met]


if __name__ == "__main__":
    sys.exit(main())
