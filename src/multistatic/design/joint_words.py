"""What a joint search answers: the best group with what is proven of all others, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np

from multistatic.design.finish import CERTIFIED_GAP
from multistatic.scenario.model import JOINT
from multistatic.selection.declared_gain import Knowledge
from multistatic.selection.selection_problem import Selection, SelectionProblem
from multistatic.units import B


class SearchedGroups(Protocol):
    """The groups of a search, of one point or several."""

    count: int
    message: str
    complete: bool
    full: bool
    known: Knowledge

    def proven(self) -> float:
        """A bound on the value of every affordable group with any beams; 0 where nothing is proven."""


def joint_selection(
    problem: SelectionProblem,
    candidates: SearchedGroups,
    group: B,
    value: float,
    solved: int,
    *,
    certificate: bool = True,
) -> Selection:
    """The best group found, with what is proven of all others after `solved` beamforming problems."""
    proven = candidates.proven() if certificate else 0.0
    gap = value / proven - 1.0 if proven > 0.0 else float("inf")
    return Selection(
        status="optimal" if proven >= value * (1.0 - CERTIFIED_GAP) else "feasible",
        method=JOINT,
        selected=group,
        value=value,
        bound=min(proven, value) if proven > 0 else None,
        cost_m=float(problem.costs_m(group[None])[0]),
        evaluated=candidates.count,
        message=_verdict(problem, candidates, solved, gap)
        if certificate
        else f"{_solved(problem, candidates, solved)}.",
    )


def with_other_value(selection: Selection, value: float) -> Selection:
    """The answer of a joint search whose group has other beams since, with the criterion `value`."""
    if selection.bound is None or not selection.value:
        return replace(selection, value=value)
    before, after = selection.value / selection.bound - 1.0, value / selection.bound - 1.0
    return replace(
        selection,
        value=value,
        bound=min(selection.bound, value),
        status="optimal" if after <= CERTIFIED_GAP else "feasible",
        message=selection.message.replace(_proven(before), _proven(after)),
    )


def so_far(best: float, floor: float) -> str:
    """How far the search is: what the groups without beams of their own may still improve."""
    return f"the others can be at most {100.0 * (1.0 - floor / best):.2g} % better than the best so far"


def _solved(problem: SelectionProblem, candidates: SearchedGroups, solved: int) -> str:
    """How far the search went."""
    if candidates.complete:
        return f"Beams were optimised for {_looked_at(problem, candidates, solved)}"
    more = "" if solved == 1 else f" and {solved - 1} other groups"
    return f"{candidates.message} Beams were optimised for this group{more}"


def _looked_at(problem: SelectionProblem, candidates: SearchedGroups, solved: int) -> str:
    """How many groups got beams, of which ones: where more receivers are never worse, only full groups count."""
    if not candidates.full:
        return f"{solved} of the {candidates.count} affordable groups"
    everyone = np.ones((1, problem.size), dtype=bool)
    if candidates.count == 1 and problem.feasible(everyone)[0]:
        without = problem.cost_limit_m == np.inf
        return "all receivers, since " + (
            "the scenario sets no limit of the cost" if without else "the limit of the cost allows it"
        )
    kind = "to which no further receiver can be added within the cost limit"
    return f"the only group {kind}" if candidates.count == 1 else f"{solved} of the {candidates.count} groups {kind}"


def _verdict(problem: SelectionProblem, candidates: SearchedGroups, solved: int, gap: float) -> str:
    """How far the search went and what it proves of group and beams together."""
    beams = _solved(problem, candidates, solved)
    if gap == float("inf"):
        why = "" if candidates.known.falls else "the criterion declares no gain, so "
        return f"{beams}; {why}nothing is proven about other groups."
    return f"{beams}; {_proven(gap)}. {candidates.known.claim}".strip()


def _proven(gap: float) -> str:
    """The relative gap of a design to what is proven of all designs."""
    return f"the design is proven {'optimal' if gap <= CERTIFIED_GAP else f'within {100.0 * gap:.2g} % of the optimum'}"
