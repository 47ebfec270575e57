"""Mixed-integer programs solved by HiGHS: the optimum for additive criteria by a method of its own.

For groups of a fixed size m, with x_k = 1 for members and y_k = Σ_{k'∈G} d_kk' for members (0 else):

    maximise Σ w_k x_k   subject to   Σ x_k = m,   ρ Σ d_0k x_k + (1-ρ)/(m-1) Σ y_k ≤ Ω_th,
    y_k ≥ Σ_j d_kj x_j - M_k (1 - x_k),   y_k ≥ L_k x_k,   x binary, y ≥ 0,

where M_k is the sum of the m largest and L_k that of the m-1 smallest distances from k to others: K products instead
of K². Its use is to confirm `branch_and_bound`, which is much faster and takes other criteria too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge
from scipy import optimize

from multistatic.errors import InputError, Problem
from multistatic.registry import algorithm
from multistatic.selection.declared_gain import gain_of, surely_unobservable
from multistatic.selection.greedy import grown
from multistatic.selection.infeasible import nothing
from multistatic.selection.scaled_gain import ScaledLinearGain
from multistatic.selection.selection_problem import Selection, SelectionProblem
from multistatic.units import B, F

METHOD = "milp"
# The largest weight in the programs: HiGHS has an absolute tolerance of 1e-6 on the objective.
LARGEST_WEIGHT = 100.0
PROVEN = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class MilpSettings:
    """`nodes`: limit of each program, as HiGHS counts them."""

    nodes: Annotated[int, Ge(1)] = 1_000_000


DEFAULT = MilpSettings()


@algorithm(settings=MilpSettings)
def milp(problem: SelectionProblem, rng: np.random.Generator, settings: MilpSettings = DEFAULT) -> Selection:
    """The optimal group of a criterion that declares a `LinearGain` (others raise `InputError`), one program a size.

    Starts from the greedy group: each program requires more than the best so far. At a node limit the answer is
    `feasible` with the bound that was reached.
    """
    if surely_unobservable(problem):
        return nothing(problem, method=METHOD, evaluated=1)
    gain = gain_of(problem, METHOD)
    if problem.points > 1:
        received = f"milp with {problem.points} points where the target may be"
        hint = "branch_and_bound is exact for several points, and enumeration up to 20 receivers"
        raise InputError([Problem(path="design.selector", received=received, expected="one point", hint=hint)])
    if not isinstance(gain, ScaledLinearGain):
        raise InputError(
            [
                Problem(
                    path="design.selector",
                    received=f"milp with the criterion {problem.criterion.name}",
                    expected="a criterion that is a sum over receivers, such as surrogate or published",
                    hint="branch_and_bound is exact for position and velocity bounds",
                )
            ]
        )
    all_selected = problem.values(np.ones((1, problem.size), bool))
    if not np.isfinite(all_selected[0]):
        return nothing(problem, method=METHOD, evaluated=1)
    weights = gain.weights * (LARGEST_WEIGHT / gain.weights.max())
    best, evaluated = grown(problem)
    reached = 0.0 if best is None else float(weights @ best)
    limit, programs = reached, 0
    for size in _sizes(problem):
        if np.sort(weights)[-size:].sum() <= reached:
            continue
        programs += 1
        group, bound = _best_of_size(problem, weights, int(size), reached, settings)
        limit = max(limit, bound)
        if group is not None and weights @ group > reached:
            best, reached = group, float(weights @ group)
    if best is None:
        return nothing(problem, method=METHOD, evaluated=evaluated)
    value = float(problem.values(best[None])[0])
    proven = limit <= reached * (1 + PROVEN)
    verdict = "proven optimal" if proven else "the best known at the node limit"
    return Selection(
        status="optimal" if proven else "feasible",
        method=METHOD,
        selected=best,
        value=value,
        bound=value if proven else value * (reached / limit) ** gain.exponent,
        cost_m=float(problem.costs_m(best[None])[0]),
        evaluated=evaluated,
        message=f"The group is {verdict}: {programs} programs in HiGHS.",
    )


def _sizes(problem: SelectionProblem) -> range:
    """Sizes that the budget does not rule out: no group of m costs less than its m cheapest members with their m-1
    nearest others each. A size that is too expensive rules out all larger ones, since the cost is monotone.
    """
    if problem.count is not None:
        return range(problem.count, problem.count + 1) if 1 <= problem.count <= problem.size else range(0)
    nearest = np.cumsum(np.sort(problem.receiver_distance_m, axis=1), axis=1)
    largest = 0
    for size in range(1, problem.size + 1):
        apart = (1.0 - problem.distance_weight) * nearest[:, size - 1] / max(size - 1, 1)
        members = np.sort(problem.distance_weight * problem.target_distance_m + apart)[:size]
        if members.sum() > problem.cost_limit_m * (1 + 1e-9):
            break
        largest = size
    return range(max(1, int(problem.forced.sum())), largest + 1)


def _best_of_size(
    problem: SelectionProblem, weights: F, size: int, at_least: float, settings: MilpSettings
) -> tuple[B | None, float]:
    """A feasible group of `size` with a weight of at least `at_least` (None: there is none, or none was found), and a
    bound on the weight of all of them.
    """
    constraints = _constraints(problem, weights, size, at_least)
    zero = np.zeros(problem.size)
    bounds = optimize.Bounds(np.append(problem.forced, zero), np.append(zero + 1.0, zero + np.inf))
    while True:
        result = optimize.milp(
            np.append(-weights, zero),
            integrality=np.append(zero + 1, zero),
            bounds=bounds,
            constraints=constraints,
            options={"mip_rel_gap": 0.0, "node_limit": settings.nodes},
        )
        if result.status == 2:
            return None, at_least
        bound = max(at_least, -float(result.mip_dual_bound)) if result.mip_dual_bound is not None else np.inf
        if result.x is None:
            return None, bound
        group = np.asarray(result.x[: problem.size] > 0.5)
        if problem.feasible(group[None])[0]:
            return group, bound
        # Within HiGHS's tolerance of the budget, but not within ours: this group alone is ruled out.
        constraints.append(optimize.LinearConstraint(np.append(group.astype(float), zero), -np.inf, size - 1))


def _constraints(problem: SelectionProblem, weights: F, size: int, at_least: float) -> list[optimize.LinearConstraint]:
    """The rows of the program in (x, y)."""
    distance, one, zero = problem.receiver_distance_m, np.ones(problem.size), np.zeros(problem.size)
    ranked = np.sort(distance, axis=1)
    smallest, largest = ranked[:, :size].sum(axis=1), ranked[:, -size:].sum(axis=1)
    per_metre = (1.0 - problem.distance_weight) / max(size - 1, 1) * (size > 1)
    cost = np.append(problem.distance_weight * problem.target_distance_m, per_metre * one)
    return [
        optimize.LinearConstraint(np.append(one, zero), size, size),
        optimize.LinearConstraint(cost, -np.inf, problem.cost_limit_m),
        optimize.LinearConstraint(np.append(weights, zero), at_least, np.inf),
        optimize.LinearConstraint(np.hstack([-distance - np.diag(largest), np.diag(one)]), -largest, np.inf),
        optimize.LinearConstraint(np.hstack([-np.diag(smallest), np.diag(one)]), zero, np.inf),
    ]
