"""Nodes of branch and bound, many at once: sets of groups, their bounds, and what the bounds settle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from multistatic.selection.knapsack import relaxed_knapsack
from multistatic.selection.pair_cost import linear_costs
from multistatic.selection.scaled_gain import Gain
from multistatic.selection.selection_problem import SelectionProblem
from multistatic.units import B, F

Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nodes:
    """Node i holds every group of `sizes[i]` receivers with all of `inside[i]` and others only from `free[i]`.

    `inside`, `free` [n, K]; `bound` [n] ≥ the gain of each of its groups; `branch` [n]: the free receiver to decide.
    """

    inside: B
    free: B
    sizes: Index
    bound: F
    branch: Index

    @property
    def count(self) -> int:
        """n."""
        return len(self.bound)

    def take(self, rows: B | Index) -> Nodes:
        """Some of the nodes."""
        return Nodes(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def joined(parts: Sequence[Nodes]) -> Nodes:
    """All nodes of `parts`."""
    return Nodes(
        **{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Nodes)}
    )


def roots(problem: SelectionProblem) -> Nodes:
    """One node for each possible size."""
    smallest = max(1, int(problem.forced.sum()))
    sizes = np.arange(smallest, problem.size + 1) if problem.count is None else np.array([problem.count])
    return Nodes(
        inside=np.repeat(problem.forced[None], len(sizes), axis=0),
        free=np.repeat(~problem.forced[None], len(sizes), axis=0),
        sizes=sizes.astype(np.intp),
        bound=np.full(len(sizes), np.inf),
        branch=np.zeros(len(sizes), np.intp),
    )


def branched(nodes: Nodes) -> Nodes:
    """Two nodes for each: with and without its `branch` receiver."""
    rows = np.arange(nodes.count)
    free, inside = nodes.free.copy(), nodes.inside.copy()
    free[rows, nodes.branch], inside[rows, nodes.branch] = False, True
    return joined([replace(nodes, inside=inside, free=free), replace(nodes, free=free)])


def bounded_subtree(problem: SelectionProblem, gain: Gain, nodes: Nodes, floor: float) -> tuple[Nodes, B]:
    """The nodes that may hold a gain above `floor`, smaller and with their bounds, and groups [n, K] worth a look:
    those of nodes that hold no other, and the relaxed solutions rounded.
    """
    nodes, single = _split(nodes)
    if not nodes.count:
        return nodes, single
    fixed_m, costs_m = linear_costs(problem, nodes.inside, nodes.free, nodes.sizes)
    budget_m = problem.cost_limit_m * (1 + 1e-12) - fixed_m
    picks = nodes.sizes - nodes.inside.sum(axis=1)
    free = _affordable(nodes.free, picks, costs_m, budget_m)
    kept = free.sum(axis=1) >= picks
    nodes, picks, costs_m, budget_m = replace(nodes, free=free).take(kept), picks[kept], costs_m[kept], budget_m[kept]
    if not nodes.count:
        return nodes, single
    bound, weights, price, share = _relaxed(gain, nodes, picks, costs_m, budget_m, floor)
    inside, free = _settled(nodes, picks, bound, weights - price[:, None] * costs_m, floor)
    preference = np.where(nodes.free, share, -1.0)
    rounded = nodes.inside | (_rank(-preference) < picks[:, None])
    branch = np.argmax(np.where(free, weights * (share + 1e-9), -1.0), axis=1)
    alive = bound > floor
    nodes = replace(nodes, inside=inside, free=free, bound=np.minimum(bound, nodes.bound), branch=branch).take(alive)
    nodes, more = _split(nodes)
    return nodes, np.concatenate([single, more, rounded[alive]])


def _split(nodes: Nodes) -> tuple[Nodes, B]:
    """The nodes with several groups, and the groups of those that hold one only."""
    picks, free = nodes.sizes - nodes.inside.sum(axis=1), nodes.free.sum(axis=1)
    possible = (picks >= 0) & (free >= picks)
    full, done = possible & (free == picks), possible & (picks == 0)
    groups = np.concatenate([nodes.inside[done], (nodes.inside | nodes.free)[full & ~done]])
    return nodes.take(possible & ~full & ~done), groups


def _affordable(free: B, picks: Index, costs_m: F, budget_m: F) -> B:
    """Free receivers [n, K] that fit the budget together with the cheapest others."""
    ranked = np.sort(np.where(free, costs_m, np.inf), axis=1)
    rows = np.arange(len(free))
    finite = np.where(np.isfinite(ranked), ranked, 0.0)
    others = np.cumsum(finite, axis=1)[rows, picks - 1] - finite[rows, picks - 1]
    own = np.maximum(costs_m, ranked[rows, picks - 1][:, None])
    return np.asarray(free & (others[:, None] + own <= budget_m[:, None]))


def _relaxed(gain: Gain, nodes: Nodes, picks: Index, costs_m: F, budget_m: F, floor: float) -> tuple[F, F, F, F]:
    """Lowest bound [n] with the weights [n, K] and the price [n] that prove it, and a fractional choice [n, K].

    Frank-Wolfe: the knapsack's solution is where the tangent is largest; the next tangent is taken a step towards it.
    """
    shape = nodes.free.shape
    bound, price = np.full(shape[0], np.inf), np.zeros(shape[0])
    weights, share = np.zeros(shape), np.zeros(shape)
    at = nodes.inside + nodes.free * (picks / nodes.free.sum(axis=1))[:, None]
    live = np.arange(shape[0])
    for step in range(gain.refinements):
        tangent = gain.tangent(at[live])
        solved = relaxed_knapsack(tangent, costs_m[live], nodes.free[live], picks[live], budget_m[live])
        value = solved.bound + np.einsum("nk,nk->n", tangent, nodes.inside[live])
        better = value < bound[live]
        rows = live[better]
        bound[rows], price[rows] = value[better], solved.price[better]
        weights[rows], share[rows] = tangent[better], solved.share[better]
        at[live] += 2.0 / (step + 3.0) * (nodes.inside[live] + solved.share - at[live])
        live = live[bound[live] > floor]
        if not len(live):
            break
    return bound, weights, price, share


def _settled(nodes: Nodes, picks: Index, bound: F, scores: F, floor: float) -> tuple[B, B]:
    """`inside` and `free` after fixing by reduced cost.

    The Lagrangian bound takes the r largest scores. A group that holds another receiver instead, or lacks one of
    these, has a bound lower by the difference to the r-th or to the next score; where that is not above
    `floor`, the receiver is settled.
    """
    ranked = -np.sort(np.where(nodes.free, -scores, np.inf), axis=1)
    rows = np.arange(len(scores))
    last, following = ranked[rows, picks - 1][:, None], ranked[rows, picks][:, None]
    spare = np.maximum(bound - floor, 0.0)[:, None]
    out = nodes.free & (last - scores >= spare) & (spare > 0)
    into = nodes.free & (scores - following >= spare) & (spare > 0)
    return nodes.inside | into, nodes.free & ~out & ~into


def _rank(keys: F) -> Index:
    """Place [n, K] of each entry in the rising order of its row."""
    return np.asarray(np.argsort(np.argsort(keys, axis=1, kind="stable"), axis=1, kind="stable"))
