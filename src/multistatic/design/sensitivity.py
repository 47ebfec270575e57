"""What the next unit is worth: how the criterion of a design answers to rates, power and cooperation budget."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingResult
from multistatic.selection.groups import LISTED, additions, all_groups, swaps
from multistatic.selection.scaled_gain import Gain
from multistatic.selection.selection_problem import SelectionProblem
from multistatic.units import B, F

_SLOPE = 1e-4  # of the illumination, for criteria that are no power of it
NOTICEABLE = 1e-6  # smallest relative change that counts: below, values differ by rounding and are shown as equal


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStep:
    """The smallest step in budget that admits a group better than every affordable one.

    `extra_m` more cooperation cost admits the group `selected` (ids), which changes the criterion by `change`
    (relative, negative: better by more than `NOTICEABLE`) at the same illumination; 0 where a better group is
    affordable already. Up to `LISTED` receivers all groups are looked at, beyond them those that differ by one receiver
    added or exchanged: the step is then the smallest of these.
    """

    extra_m: float
    selected: tuple[str, ...]
    change: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sensitivity:
    """Relative changes of the criterion; positive is worse. Linear: exact for small steps.

    `rate_per_bps_hz` [K]: for each bit/s/Hz more at receiver k. `power_per_db`: for each dB of transmit power more.
    `budget`: None where no other group is better, where there is no cost limit, or where the group is not free to grow.
    `target_share` [T]: of several targets the part that each has in what the power does for the result,
    Σ μ_i p_i over its points of Σ μ_i p_i over all. Where values are powers of the illuminations, by this times x the
    criterion changes, with beams designed again, where the own values of the target change by x. They sum to 1; a
    target of share 0 costs nothing. None for one target, and where the beams are not stationary.
    """

    rate_per_bps_hz: F | None
    power_per_db: float | None
    budget: BudgetStep | None
    target_share: F | None = None


def sensitivity(
    problem: SelectionProblem,
    selected: B,
    beamforming: BeamformingResult,
    gain: Gain | None,
    *,
    settled: B | bool = False,
) -> Sensitivity:
    """The sensitivities of the group `selected` [K] with its beams; `gain` of the criterion, if it has one.

    `settled`: affordable groups [n, K], or all of them, that were compared with beams of their own: one that is better
    at the same illumination, which it cannot have, is no better group.

    A criterion is g(b)·p^(-e), with e = 1 for the surrogates and 1/2 for errors in metres (less where offsets of
    clocks are part of them: the slope at p_t), so its relative change is -e times that of the illumination, whose
    derivatives are the dual prices of the beamformer.
    """
    illumination_w, prices = beamforming.illumination_w, beamforming.prices
    assert illumination_w is not None
    assert beamforming.power_w is not None
    exponent = _exponent(problem, gain, selected, illumination_w)
    rate = power = None
    if prices is not None and np.isfinite(exponent):
        rate = exponent * prices.rate_w_per_bps_hz / illumination_w
        power = -exponent * prices.power * beamforming.power_w / illumination_w * np.log(10.0) / 10.0
    return Sensitivity(
        rate_per_bps_hz=rate,
        power_per_db=None if power is None else float(power),
        budget=_next_group(problem, selected, settled),
    )


def _exponent(problem: SelectionProblem, gain: Gain | None, selected: B, illumination_w: float) -> float:
    """e of value ∝ p^(-e): declared, or the slope at p; NaN where there is none."""
    if gain is not None:
        return gain.exponent
    factor = 1.0 + _SLOPE
    light = illumination_w if problem.points == 1 else problem.illumination_w
    at, more = (float(problem.values_at(selected, each * light)[0]) for each in (1.0, factor))
    return float(np.log(at / more) / np.log(factor)) if np.isfinite(at) and np.isfinite(more) else float("nan")


def _others(problem: SelectionProblem, selected: B) -> B:
    """The groups to compare with [n, K]."""
    if problem.size <= LISTED:
        return np.concatenate(list(all_groups(problem)))
    exchanged = swaps(problem, selected)
    return exchanged if problem.count is not None else np.concatenate([additions(problem, selected), exchanged])


def _next_group(problem: SelectionProblem, selected: B, settled: B | bool) -> BudgetStep | None:
    if not np.isfinite(problem.cost_limit_m):
        return None
    unlimited = replace(problem, cost_limit_m=float("inf"))
    groups = _others(unlimited, selected)
    if not len(groups):
        return None
    own = float(problem.values(selected[None])[0])
    values, costs = problem.values(groups), problem.costs_m(groups)
    # As `SelectionProblem.feasible` has it: what exceeds the limit by rounding alone is affordable.
    extra = np.where(costs <= problem.cost_limit_m * (1 + 1e-12), 0.0, costs - problem.cost_limit_m)
    known = (groups[:, None] == settled).all(axis=2).any(axis=1) if isinstance(settled, np.ndarray) else settled
    better = np.flatnonzero((values < own * (1.0 - NOTICEABLE)) & ((extra > 0.0) | np.logical_not(known)))
    if not len(better):
        return None
    best = better[np.lexsort((values[better], extra[better]))[0]]
    return BudgetStep(
        extra_m=float(extra[best]),
        selected=problem.ids(groups[best]),
        change=float(values[best] / own - 1.0),
    )
