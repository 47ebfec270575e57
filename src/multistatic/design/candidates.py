"""The groups that may be the best one together with their beams, and what is known of each."""

from __future__ import annotations

import numpy as np

from multistatic import registry
from multistatic.beamforming.illumination_cut import IlluminationCut
from multistatic.design.instance import Instance
from multistatic.selection.affordable import affordable_groups
from multistatic.selection.groups import ENUMERABLE
from multistatic.selection.problem import Selection, SelectionProblem, is_power
from multistatic.units import B, F


class Candidates:
    """Groups with two bounds on the value of each: `floors` by what beams reached, `bounds` by what is proven.

    Both begin with the value at the illumination of the beams for everyone, `problem.illumination_w`, reached and
    proven (`upper_bound_w`); cuts raise them. `rest` bounds the value, at that illumination, of all groups that are no
    candidates (0: nothing is known of them). `count`: how many groups were looked at; `message`: by what search, where
    they are not listed. `full`: only groups that nobody can join are candidates.
    """

    def __init__(
        self, problem: SelectionProblem, groups: B, upper_bound_w: float, rest: float, count: int, message: str = ""
    ) -> None:
        self.count, self.message, self.complete = count, message, rest == np.inf
        self.full = is_power(problem.criterion) and problem.count is None
        self._problem = problem
        values = problem.values(groups)
        order = np.lexsort((problem.costs_m(groups), values))
        order = order[np.isfinite(values[order])]
        self._groups, self._values = groups[order], values[order]
        best = self._groups[:1]
        self._exponent = _exponent(problem, best) if is_power(problem.criterion) else None
        # What a criterion gains from the proven illumination over the one that was reached.
        gain = float(problem.criterion.values(best, upper_bound_w)[0] / self._values[0])
        self._floors, self._rest = self._values.copy(), gain * rest
        powers = gain * self._values
        self._bounds = powers if self._exponent is not None else problem.criterion.values(self._groups, upper_bound_w)
        self._open = np.ones(len(order), bool)

    def least(self) -> tuple[int, float] | None:
        """The candidate of least floor among those without beams of their own, and the floor; None: all have some."""
        if not self._open.any():
            return None
        number = int(np.argmin(np.where(self._open, self._floors, np.inf)))
        return number, float(self._floors[number])

    def take(self, number: int) -> B:
        """The group, which now gets beams of its own."""
        self._open[number] = False
        return np.asarray(self._groups[number])

    def learn(self, cut: IlluminationCut, best: float) -> None:
        """Raise the floors of candidates below `best` by what the beams for one group prove of all groups."""
        rows = np.flatnonzero(self._open & (self._floors < best))
        if not len(rows) or self._exponent is None:
            return
        ratio = self._problem.illumination_w / cut.bounds_w(self._groups[rows])
        values: F = self._values[rows] * ratio**self._exponent
        self._floors[rows] = np.maximum(self._floors[rows], values)
        self._bounds[rows] = np.maximum(self._bounds[rows], values)

    def proven(self) -> float:
        """A bound on the value of every group that has no beams of its own."""
        return min(float(self._bounds[self._open].min(initial=np.inf)), self._rest)


def candidates_of(
    problem: SelectionProblem, instance: Instance, *, most: int, upper_bound_w: float
) -> Candidates | Selection:
    """All affordable groups where there are at most `most`; the selection that says why there is none, where none is
    feasible.

    Where there are more: the one that branch and bound finds best for the beams for everyone, and all of the receivers
    nearest to the target, as many of these as leave an eighth of `most` groups; none of them where `most` is 0. Of a
    criterion that gets no worse when a receiver joins only groups that nobody can join are candidates: more receivers
    do not disturb the beams either.
    """
    certain = is_power(problem.criterion)
    groups = affordable_groups(problem, most, full=certain)
    if groups is not None and len(groups) and np.isfinite(problem.values(groups)).any():
        return Candidates(problem, groups, upper_bound_w, np.inf, len(groups))
    large = "branch_and_bound" if certain else "local_search"
    selector = registry.load("selectors", "enumeration" if problem.size <= ENUMERABLE else large)
    selection: Selection = selector(problem, instance.rng(2))
    if selection.status == "infeasible" or selection.value is None:
        return selection
    rest = selection.bound if selection.bound is not None else 0.0
    message = f"For the beams for everyone the group is: {selection.message[0].lower()}{selection.message[1:]}"
    groups = np.concatenate([selection.selected[None], _near_groups(problem, most // 8, certain)])
    return Candidates(problem, np.unique(groups, axis=0), upper_bound_w, rest, selection.evaluated, message)


def _near_groups(problem: SelectionProblem, most: int, full: bool) -> B:
    """Affordable groups of the receivers nearest to the target."""
    rank = np.argsort(np.argsort(problem.target_distance_m, kind="stable"))
    near = problem.size
    while most > 0 and (near := int(0.85 * near)) > 0:
        groups = affordable_groups(problem, most, full=full, among=rank < near)
        if groups is not None:
            return groups
    return np.zeros((0, problem.size), bool)


def _exponent(problem: SelectionProblem, group: B) -> float:
    """e of value ∝ p^(-e)."""
    at, twice = (problem.criterion.values(group, factor * problem.illumination_w)[0] for factor in (1.0, 2.0))
    return float(np.log2(at / twice))
