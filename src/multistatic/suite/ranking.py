"""From outcomes to the order of the methods."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median

from multistatic.suite.tasks import REACHED, SuiteOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One method on one board: how many of the instances it `solved`, on how many it `reached` the best-known value.

    Gaps and `time_s`, the geometric mean, are of the instances that it solved; None where it solved none. `records`:
    values better than the best known. `failures`: the outcomes without a valid answer.
    """

    rank: int
    board: str
    method: str
    instances: int
    solved: int
    reached: int
    median_gap: float | None
    mean_gap: float | None
    largest_gap: float | None
    time_s: float | None
    records: int
    failures: tuple[SuiteOutcome, ...]


def standings(outcomes: Sequence[SuiteOutcome], board: str) -> tuple[Standing, ...]:
    """The methods of a board in their order.

    First who solves more instances, then who has the smaller mean gap. Methods whose mean gaps differ by no more than
    1e-6 from the first of them share the rank; the faster one is named first.
    """
    methods = dict.fromkeys(outcome.method for outcome in outcomes if outcome.board == board)
    rows = [_standing([each for each in outcomes if (each.board, each.method) == (board, name)]) for name in methods]
    ordered = sorted(rows, key=lambda row: (-row.solved, _or_infinite(row.mean_gap)))
    ranked: list[Standing] = []
    while ordered:
        first = ordered[0]
        tied = [row for row in ordered if _tied(row, first)]
        ordered = ordered[len(tied) :]
        place = len(ranked) + 1
        ranked += [
            replace(row, rank=place) for row in sorted(tied, key=lambda row: (_or_infinite(row.time_s), row.method))
        ]
    return tuple(ranked)


def _tied(row: Standing, first: Standing) -> bool:
    if row.solved != first.solved:
        return False
    return first.mean_gap is None or _or_infinite(row.mean_gap) <= first.mean_gap + REACHED


def _standing(outcomes: Sequence[SuiteOutcome]) -> Standing:
    solved = [each for each in outcomes if each.verdict == "solved"]
    gaps = [each.gap for each in solved if each.gap is not None]
    times = [max(each.time_s, 1e-9) for each in solved if each.time_s is not None]
    return Standing(
        rank=0,
        board=outcomes[0].board,
        method=outcomes[0].method,
        instances=len(outcomes),
        solved=len(solved),
        reached=sum(gap <= REACHED for gap in gaps),
        median_gap=median(gaps) if gaps else None,
        mean_gap=fmean(gaps) if gaps else None,
        largest_gap=max(gaps, default=None),
        time_s=math.exp(fmean(map(math.log, times))) if times else None,
        records=sum(each.record for each in solved),
        failures=tuple(each for each in outcomes if each.verdict != "solved"),
    )


def _or_infinite(value: float | None) -> float:
    return math.inf if value is None else value
