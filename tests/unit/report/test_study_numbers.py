"""Simple numbers that must not be wrong: rates, what a dry run foretells, what a CSV file calls an estimate."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from multistatic.files.study_file import run_into
from multistatic.files.study_reader import read_results
from multistatic.paper.figure_pictures import plotted_csv
from multistatic.report.study_plan import plan_document, plan_table
from multistatic.study import cost as cost_module
from multistatic.study.cost import Cost, measured_cost
from multistatic.study.metrics import metric
from multistatic.study.outcome import Outcome
from multistatic.study.trial import Task, TrialResult
from multistatic.study.workers import ThisProcess
from tests.support.close import close_to
from tests.support.handmade_design import design
from tests.support.studies import invented, quick

RATES = ("rate_min_bps_hz", "rate_mean_bps_hz", "rate_sum_bps_hz")


def rates(**changes: object) -> list[float | None]:
    """The metrics of rates of a design by hand."""
    outcome = Outcome(design=design(**changes), time_s=0.0, rng=np.random.default_rng(1))
    return [metric(name).value(outcome) for name in RATES]


def test_rates_are_the_smallest_the_mean_and_the_sum_of_all() -> None:
    beams = design().beamforming
    assert beams is not None
    given = replace(beams, rates_bps_hz=np.array([4.0, 1.5, 2.0, 6.5]))
    assert rates(beamforming=given) == [1.5, 3.5, 14.0]


def test_there_are_no_rates_without_beams_or_without_a_design() -> None:
    beams = design().beamforming
    assert beams is not None
    assert beams.rates_bps_hz is not None
    none = [None, None, None]
    assert rates(status="infeasible") == none, "beams that were tried are none of the design's"
    assert rates(beamforming=None) == none
    assert rates(beamforming=replace(beams, rates_bps_hz=None)) == none


def cost_of(memory_bytes: int | None) -> Cost:
    """Twenty trials at least, sixty at most, of 1, 2 and 4 s."""
    return Cost(
        seconds=(1.0, 2.0, 4.0),
        total_s=(140.0, 420.0),
        memory_bytes=memory_bytes,
        store_bytes=(1000, 3000),
        trials=(),
    )


def test_every_worker_has_its_memory_and_its_part_of_the_time(tmp_path: Path) -> None:
    study = quick(tmp_path)
    plan = plan_document(study, cost_of(100_000_000), 3)
    assert plan["memory_bytes"] == 300_000_000
    assert plan["time_s"] == [140.0 / 3, 140.0]
    assert plan["store_bytes"] == [1000, 3000], "one store, whoever fills it"
    assert plan_document(study, cost_of(None), 3)["memory_bytes"] is None


@pytest.mark.parametrize(
    ("workers", "words"),
    [
        (1, "Time: about 140 to 420 s on 1 worker, without the start of the workers."),
        (2, "Time: about 70 to 210 s on 2 workers, without the start of the workers."),
    ],
)
def test_a_plan_for_one_worker_says_one_worker(tmp_path: Path, workers: int, words: str) -> None:
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(plan_table(quick(tmp_path), cost_of(1), workers))
    assert words in [line.strip() for line in console.export_text().splitlines()]


@pytest.mark.parametrize(("overrides", "ends", "mean"), [((), [0, 3], 2.0), (("sweep={}",), [0], 1.0)])
def test_cost_is_the_mean_of_second_runs_at_both_ends(
    tmp_path: Path, overrides: tuple[str, ...], ends: list[int], mean: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first run, however slow, tells nothing about those to come. Method m takes m + 1 times what the first takes."""
    study = quick(tmp_path, *overrides)
    asked: list[int] = []

    def timed(task: Task) -> tuple[TrialResult, ...]:
        assert task.trials == (0,)
        first = task.point.index not in asked
        asked.append(task.point.index)
        seconds = 1000.0 if first else {0: 1.0, 3: 3.0}[task.point.index]
        return tuple(
            replace(each, methods=tuple(replace(m, busy_s=(k + 1) * seconds) for k, m in enumerate(each.methods)))
            for each in invented(task)
        )

    monkeypatch.setattr(cost_module, "run_task", timed)
    cost = measured_cost(study)
    assert sorted(asked) == sorted(ends * 2)
    assert cost.seconds == (mean, 2 * mean, 3 * mean)
    trials = 5 * len(study.points)
    assert cost.total_s == (6 * mean * trials, 6 * mean * trials)
    assert [trial.point for trial in cost.trials] == ends


@pytest.mark.parametrize("statistic", ["median", "mean"])
def test_a_proportion_in_a_csv_file_is_a_mean_and_says_so(tmp_path: Path, statistic: str) -> None:
    rule = f'trials={{minimum=9, maximum=9, batch=9, metric="peb_m", statistic="{statistic}", relative_half_width=0.1}}'
    run_into(tmp_path / "a.sqlite", quick(tmp_path, rule), lambda: ThisProcess(invented))
    results = read_results(tmp_path / "a.sqlite")
    rows = list(csv.DictReader(io.StringIO(plotted_csv(results, ("feasible", "peb_m")).decode())))
    assert len(rows) == 4 * 3 * 2
    for number, row in enumerate(rows):
        point, method = divmod(number // 2, 3)
        values = results.values[point, method, :, results.metric_index(row["metric"])]
        said = "mean" if row["metric"] == "feasible" else statistic
        assert row["statistic"] == said
        assert float(row["value"]) == close_to({"mean": np.mean, "median": np.median}[said](values), rel=1e-12)
