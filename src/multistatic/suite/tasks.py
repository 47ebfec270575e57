"""What a method gets, and how its answer is judged: by the group or the beams alone, not by what it says of them.

A board is what methods are ranked on: `surrogate` and `peb` for selectors, `beams` for beamformers. The gap is the
relative excess of the figure of merit over the best-known one. U and PEB² are proportional to 1/p_t, so that of beams
is p*/p - 1: on each board a gap of 1 % is 1 % of a variance or, under `peb`, 1 % of a length. Where a target may be at
several points, p is the illumination that would be worth as much if all points had it (`common_illumination_w`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.optimize import brentq

from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.beamforming.evaluate import VIOLATION_LIMIT, violations
from multistatic.beamforming.point_objective import PointObjective
from multistatic.signal.beams import Beams
from multistatic.suite.best_known import BEAMS, BestKnown
from multistatic.suite.instances import SuiteInstance
from multistatic.units import B, C

SELECTION_BOARDS = ("surrogate", "peb")
BOARDS = (*SELECTION_BOARDS, BEAMS)
REACHED = 1e-6
"""A gap up to this counts as having reached the best-known value."""
PROVEN_OVER_POINTS = 1e-4
"""The gap up to which beams over several points are called optimal."""
STRICT = 1e-9
"""Largest relative violation of beams that may set a record: 1e-6 of the power would be worth 1e-6 of the value."""

_FAR_ABOVE = 1e3  # beams with amplitudes beyond this overflow sooner or later
_DARK = 1e-30  # of all the illumination there can be: what rounding leaves of beams that avoid the target

Verdict = Literal["solved", "infeasible", "invalid", "refused", "not_installed", "error", "timeout", "died"]
VERDICTS: Mapping[str, str] = {
    "solved": "a valid group or beams",
    "infeasible": "found no group or beams, although some exist",
    "invalid": "returned a group or beams that violate a constraint",
    "refused": "does not support this kind of instance",
    "not_installed": "did not run, as a package is not installed",
    "error": "raised an exception",
    "timeout": "was stopped because it took longer than the limit",
    "died": "its process ended",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SuiteTask:
    """An instance on a board, with the value to reach."""

    instance: SuiteInstance
    board: str
    best: BestKnown


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """What came back from a method, as plain values: the group [K] or the beams [1+K, N_t, L], and what it claims.

    `status` and `bound` are claims: they are compared with what is known and count for nothing else.
    """

    status: str
    selected: B | None = None
    beams: C | None = None
    bound: float | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteOutcome:
    """One method on one task. Without a valid answer `value` and `gap` are None and `message` says why.

    `value` is the criterion, or on the board `beams` the illumination in W. `record`: better than the best known,
    verified. `note`: a claim of the method that is not true.
    """

    board: str
    instance: str
    method: str
    verdict: Verdict
    value: float | None = None
    gap: float | None = None
    time_s: float | None = None
    message: str = ""
    note: str = ""
    record: bool = False


def judged(task: SuiteTask, method: str, answer: Answer, time_s: float) -> SuiteOutcome:
    """The outcome of an answer, recomputed here from the group or the beams."""
    place: dict[str, Any] = {"board": task.board, "instance": task.instance.name, "method": method, "time_s": time_s}
    if answer.status == "infeasible":
        return SuiteOutcome(**place, verdict="infeasible", message=answer.message)
    value, strict, broken = _beams_value(task, answer) if task.board == BEAMS else _group_value(task, answer)
    if value is None:
        return SuiteOutcome(**place, verdict="invalid", message=broken)
    gap = (task.best.value / value if task.board == BEAMS else value / task.best.value) - 1.0
    return SuiteOutcome(
        **place,
        verdict="solved",
        value=value,
        gap=gap,
        message=answer.message,
        note=_false_claim(task, answer, gap),
        record=gap < -REACHED and strict,
    )


def _group_value(task: SuiteTask, answer: Answer) -> tuple[float | None, bool, str]:
    """(value, True, ""), or (None, _, what is wrong with the group)."""
    problem = task.instance.selection_problem(task.board)
    mask = answer.selected
    if mask is None or mask.shape != (problem.size,):
        return None, False, f"expected a group of shape ({problem.size},), received {_shape(mask)}"
    if not problem.feasible(mask[None])[0]:
        missing = problem.ids(problem.forced & ~mask)
        cost = (
            f"its cooperation cost is {problem.costs_m(mask[None])[0]:.6g} m, the limit is {problem.cost_limit_m:.6g} m"
        )
        return None, False, f"not a feasible group: {f'{missing} are missing' if missing else cost}"
    value = float(problem.values(mask[None])[0])
    if not np.isfinite(value):
        return None, False, f"the target is unobservable under {task.board}"
    return value, True, ""


def _beams_value(task: SuiteTask, answer: Answer) -> tuple[float | None, bool, str]:
    """(illumination in W, whether no constraint is stretched, ""), or (None, _, what is wrong with the beams)."""
    problem = task.instance.beamforming_problem()
    weights = answer.beams
    expected = (1 + len(problem.direct), problem.antennas)
    if weights is None or weights.ndim != 3 or weights.shape[:2] != expected or weights.shape[2] == 0:
        return None, False, f"expected beams of shape ({expected[0]}, {expected[1]}, L), received {_shape(weights)}"
    if not np.isfinite(weights).all():
        return None, False, "the beams hold numbers that are not finite"
    if np.abs(weights).max() > _FAR_ABOVE * np.sqrt(problem.power_limit_w):
        return None, False, f"amplitudes more than {_FAR_ABOVE:g} times what the power allows"
    used = int(max(np.linalg.matrix_rank(beam) for beam in weights[1:]))
    if used > problem.streams:
        return None, False, f"{used} streams to a receiver, at most {problem.streams} are allowed"
    beams = Beams(weights=weights)
    worst = violations(problem, beams)
    broken = {name: value for name, value in worst.items() if not value <= VIOLATION_LIMIT}
    if broken:
        return None, False, "violated: " + ", ".join(f"{name} by {value:.2g}" for name, value in broken.items())
    target_w = figure_w(problem, beams)
    if not target_w > _DARK * problem.illumination_limit_w:
        return None, False, "no power reaches the target"
    return target_w, max(worst.values()) <= STRICT, ""


def figure_w(problem: BeamformingProblem, beams: Beams) -> float:
    """What ranks beams: the illumination of the only point in W, or the one that is worth as much everywhere."""
    if problem.objective is None:
        return problem.illumination_w(beams)
    loss = problem.objective.loss(beams.illumination_w(problem.steering_tx))
    return common_illumination_w(problem.objective, loss) if np.isfinite(loss) else 0.0


def common_illumination_w(objective: PointObjective, loss: float) -> float:
    """The illumination p in W that, if all points had it, would give the same `loss` as the objective does.

    Loss falls with p: of `worst` p = max_i w_i/loss, of `sum` Σ_i w_i (p + s_i)^(-ρ) = loss. A common factor on all
    illuminations is the same factor on p where no s_i is above 0.
    """
    weight, shift = np.asarray(objective.weight), np.asarray(objective.shift)
    if objective.kind == "worst":
        return float(weight.max() / loss)
    without_shift = float((weight.sum() / loss) ** (1.0 / objective.exponent))
    if not np.any(shift > 0.0):
        return without_shift

    def excess(p: float) -> float:
        return float(np.log(np.sum(weight * (p + shift) ** -objective.exponent) / loss))

    smallest = 1e-12 * without_shift
    return smallest if excess(smallest) <= 0.0 else float(brentq(excess, smallest, without_shift, xtol=1e-300))


def _shape(array: np.ndarray | None) -> str:
    return "none" if array is None else str(array.shape)


def _false_claim(task: SuiteTask, answer: Answer, gap: float) -> str:
    """A proven bound that the best-known value disproves, or an optimum that is none, and by how much; "" where there
    is neither.
    """
    best, bound = task.best.value, answer.bound
    if bound is not None and (
        bound < best * (1 - 2 * REACHED) if task.board == BEAMS else bound > best * (1 + REACHED)
    ):
        return f"claims the bound {bound:.9g}, but {best:.9g} is known"
    # Beams over several points are called optimal where the proven gap of the loss is below `PROVEN_OVER_POINTS`.
    several = task.board == BEAMS and task.instance.points is not None
    if answer.status == "optimal" and gap > (PROVEN_OVER_POINTS if several else 2 * REACHED):
        away, where = (gap / (1 + gap), "below") if task.board == BEAMS else (gap, "above")
        return f"claims to be optimal, but is {float(f'{100 * away:.2g}'):g} % {where} the best known"
    return ""
