"""Rows of the selectors: certified search beside HiGHS, enumeration and the fast heuristic."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from benchmarks.measure import Check, Row, all_of, faster, timed_each, within
from benchmarks.selection_quality import problem_of

from multistatic import Selection, SelectionProblem
from multistatic.selection.branch_and_bound import BranchAndBoundSettings, branch_and_bound
from multistatic.selection.enumeration import enumeration
from multistatic.selection.local_search import local_search
from multistatic.selection.milp import milp

BUDGET_M = 200.0
EQUAL = 2e-9


def surrogate(receivers: int, instances: int, rivals: int, cases: int, largest: int) -> list[Row]:
    """The additive criterion: `receivers` beside HiGHS, and `cases` of up to `largest` receivers beside enumeration."""
    problems = [problem_of(seed, "surrogate", BUDGET_M, receivers) for seed in range(instances)]
    answers, times_s = timed_each(_seeded(branch_and_bound), problems)
    rival, rival_s = timed_each(_seeded(milp), problems[:rivals])
    median_s, rival_median_s = float(np.median(times_s)), float(np.median(rival_s))
    row = Row(
        work=f"group by surrogate, {receivers} receivers, {instances} deployments",
        ours="branch_and_bound",
        ours_s=median_s,
        rival=f"milp (HiGHS), {rivals} deployments",
        rival_s=rival_median_s,
        checks=(
            within(50e-3, median_s),
            faster(40, median_s, rival_median_s),
            all_of("certified optimal", (answer.status == "optimal" for answer in answers)),
            all_of("value of HiGHS", (_same(*pair) for pair in zip(answers, rival, strict=False))),
        ),
    )
    return [row, _beside_enumeration("surrogate", cases, largest)]


def position(sizes: dict[int, float], instances: int, cases: int, largest: int) -> list[Row]:
    """The position error bound: {receivers: time limit in s}, the first to the optimum, the others to a gap of 1 %."""
    rows = []
    for number, (receivers, limit_s) in enumerate(sizes.items()):
        gap = 0.01 if number else BranchAndBoundSettings().gap
        problems = [problem_of(seed, "peb", BUDGET_M, receivers) for seed in range(instances)]
        answers, times_s = timed_each(_seeded(branch_and_bound, BranchAndBoundSettings(gap=gap)), problems)
        rival, rival_s = timed_each(_seeded(local_search), problems)
        gaps = [1.0 - answer.bound / answer.value for answer in answers]
        excess = max(0.0, *(theirs.value / ours.value - 1.0 for ours, theirs in zip(answers, rival, strict=True)))
        goal = "gap ≤ 1 %" if number else "gap ≤ 1e-6"
        proven = Check(goal=goal, measured=f"{max(gaps):.1e} at most", met=max(gaps) <= (0.01 if number else 1e-6))
        row = Row(
            work=f"group by PEB, {receivers} receivers, {instances} deployments",
            ours=f"branch_and_bound, gap {gap:g}",
            ours_s=float(np.median(times_s)),
            rival=f"local_search (not certified, up to {100 * excess:.1f} % worse)",
            rival_s=float(np.median(rival_s)),
            checks=(within(limit_s, float(np.max(times_s)), "longest"), proven),
        )
        rows.append(row)
    return [*rows, _beside_enumeration("peb", cases, largest)]


def _beside_enumeration(criterion: str, cases: int, largest: int) -> Row:
    """Small random problems of every kind against looking at all groups; verdicts of infeasibility too."""
    problems = [_varied(seed, criterion, largest) for seed in range(cases)]
    answers, times_s = timed_each(_seeded(branch_and_bound), problems)
    rival, rival_s = timed_each(_seeded(enumeration), problems)
    return Row(
        work=f"group by {'PEB' if criterion == 'peb' else criterion}, 2 to {largest} receivers",
        ours="branch_and_bound",
        ours_s=float(np.median(times_s)),
        rival="enumeration",
        rival_s=float(np.median(rival_s)),
        checks=(all_of("equal to enumeration", (_same(*pair) for pair in zip(answers, rival, strict=True))),),
    )


def _varied(seed: int, criterion: str, largest: int) -> SelectionProblem:
    """A random deployment, budget and ρ; in a third of the problems one or two receivers are forced."""
    rng = np.random.default_rng([0xBE7C, seed])
    receivers = int(rng.integers(2, largest + 1))
    problem = problem_of(seed, criterion, float(rng.uniform(10.0, 400.0)), receivers)
    forced = np.zeros(receivers, bool)
    if rng.random() < 1 / 3:
        forced[rng.integers(0, receivers, 2)] = True
    return replace(problem, forced=forced, distance_weight=float(rng.uniform()))


def _same(ours: Selection, theirs: Selection) -> bool:
    """Both proven optimal with the same value, or both infeasible."""
    if ours.value is None or theirs.value is None:
        return ours.status == theirs.status == "infeasible"
    return ours.status == theirs.status == "optimal" and abs(ours.value / theirs.value - 1.0) <= EQUAL


def _seeded(selector: Any, *settings: Any) -> Any:
    """A selector as a function of the problem alone."""
    return partial(_select, selector, settings)


def _select(selector: Any, settings: tuple[Any, ...], problem: SelectionProblem) -> Selection:
    answer: Selection = selector(problem, np.random.default_rng(0), *settings)
    return answer
