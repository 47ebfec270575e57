"""The cooperation cost as a bound that is linear in what is still to be chosen.

For groups of a fixed size m the cost (22) is Σ_{k∈G} ρ d_0k + β Σ_{{k,k'}⊂G} d_kk' with β = 2(1-ρ)/(m-1). Let C be
chosen already and r of the free receivers be missing. Each pair of missing ones is shared half and half, and the
half of each is at least what its r-1 nearest free receivers make of it:

    Ω(C ∪ P) ≥ Ω_C + Σ_{j∈P} c_j,   c_j = ρ d_0j + β [Σ_{i∈C} d_ij + ½ (sum of the r-1 smallest free d_ij)],

with equality where r = 1. Ω_C is the cost of C counted with the β of the final size.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from multistatic.selection.selection_problem import SelectionProblem
from multistatic.units import B, F


def linear_costs(problem: SelectionProblem, inside: B, free: B, sizes: NDArray[np.intp]) -> tuple[F, F]:
    """Ω_C [n] and c_j [n, K] for n nodes: `inside` C [n, K], `free` [n, K], final `sizes` m [n]."""
    chosen = inside.astype(float)
    per_pair = 2.0 * (1.0 - problem.distance_weight) / np.maximum(sizes - 1, 1)
    near = problem.distance_weight * problem.target_distance_m
    reach = chosen @ problem.receiver_distance_m
    fixed = chosen @ near + 0.5 * per_pair * np.einsum("nk,nk->n", reach, chosen)
    partners = _nearest_partners(problem.receiver_distance_m, free, sizes - inside.sum(axis=1) - 1)
    return fixed, near + per_pair[:, None] * (reach + 0.5 * partners)


def _nearest_partners(distance: F, free: B, partners: NDArray[np.intp]) -> F:
    """Sum [n, K] of the `partners` [n] smallest distances from each free receiver to other free ones; else 0."""
    result = np.zeros(free.shape)
    if (free == free[0]).all():
        columns = np.flatnonzero(free[0])
        within = np.sort(distance[np.ix_(columns, columns)], axis=1)
        # The first of each row is the distance to itself.
        sums = np.cumsum(within, axis=1)[:, np.clip(partners, 0, len(columns) - 1)]
        result[:, columns] = sums.T
        return result
    for number in np.unique(partners[partners > 0]):
        rows = np.flatnonzero(partners == number)
        width = int(free[rows].sum(axis=1).max())
        columns = np.argsort(~free[rows], axis=1, kind="stable")[:, :width]
        is_free = np.take_along_axis(free[rows], columns, axis=1)
        within = np.where(is_free[:, None, :], distance[columns[:, :, None], columns[:, None, :]], np.inf)
        nearest = np.partition(within, number, axis=2)[:, :, : number + 1].sum(axis=2)
        result[rows[:, None], columns] = np.where(is_free, nearest, 0.0)
    return result
