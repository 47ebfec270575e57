"""The paper's selector: minimax linkage with the distance to the target (Algorithm I, Definitions 4.1-4.4)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from multistatic.selection.clustered import from_candidates
from multistatic.selection.selection_problem import LinkageTree, Selection, SelectionProblem
from multistatic.units import F


def minimax_linkage(problem: SelectionProblem, rng: np.random.Generator) -> Selection:
    """The best feasible of the 2K-1 nested groups of the linkage tree, which the answer keeps for drawing.

    Groups that are no node of the tree are never seen; see `from_candidates` for forced receivers and `count`.
    """
    tree = linkage_tree(problem.receiver_distance_m, problem.target_distance_m, problem.distance_weight)
    return from_candidates(
        problem, tree.members, method="minimax_linkage", kind="groups of the linkage tree", tree=tree
    )


def linkage_tree(receiver_distance_m: F, target_distance_m: F, distance_weight: float) -> LinkageTree:
    """Merge the two groups whose union has the smallest r (Definition 4.3), until one group is left.

    r(P) = (1-ρ) min_{k∈P} max_{k'∈P} d_kk' + ρ min_{k∈P} d_0k, for `receiver_distance_m` d [K, K],
    `target_distance_m` d_0 [K] and `distance_weight` ρ. Definition 4.4 holds for singletons too; step 4 of
    Algorithm I uses the plain distance there, which changes the tree and makes later merges lower than earlier ones.
    Here heights never fall: whichever receivers attain the minima of r(A∪B∪X) lie in one of A∪B, A∪X and B∪X, whose r
    is not above it, and A∪B was the lowest of the three.

    The farthest distance far[P, k] = max_{k'∈P} d_kk' (Definition 4.1) of every receiver to every group is kept;
    that of a union is the larger of the two. So a merge costs O(K²) and the tree O(K³). The nearest-neighbour chain
    is not valid here: the linkage is not reducible. Equal heights merge the nodes with the lowest numbers first.
    """
    count = len(target_distance_m)
    members = np.zeros((2 * count - 1, count), bool)
    members[:count] = np.eye(count, dtype=bool)
    farthest, nearest = np.zeros((2 * count - 1, count)), np.zeros(2 * count - 1)
    farthest[:count], nearest[:count] = receiver_distance_m, target_distance_m
    heights = np.full((2 * count - 1, 2 * count - 1), np.inf)

    def measure(node: int, others: NDArray[np.intp]) -> None:
        """Fill heights[other, node] = r(other ∪ node) for nodes `others` with lower numbers."""
        union = members[others] | members[node]
        reach = np.where(union, np.maximum(farthest[others], farthest[node]), np.inf).min(axis=1)
        near = np.minimum(nearest[others], nearest[node])
        heights[others, node] = (1.0 - distance_weight) * reach + distance_weight * near

    for node in range(1, count):
        measure(node, np.arange(node))
    active = list(range(count))
    merges, merged_at = np.zeros((count - 1, 2), dtype=np.intp), np.zeros(count - 1)
    for node in range(count, 2 * count - 1):
        table = heights[np.ix_(active, active)]
        row, column = divmod(int(np.argmin(table)), len(active))
        left, right = active[row], active[column]
        merges[node - count], merged_at[node - count] = (left, right), table[row, column]
        members[node] = members[left] | members[right]
        farthest[node] = np.maximum(farthest[left], farthest[right])
        nearest[node] = min(nearest[left], nearest[right])
        active = [other for other in active if other not in (left, right)]
        if active:
            measure(node, np.array(active))
        active.append(node)
    return LinkageTree(merges=merges, heights_m=merged_at, members=members)
