"""The paper's rival: groups from K-means on the receivers' positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from multistatic.registry import algorithm
from multistatic.selection.clustered import from_candidates
from multistatic.selection.problem import Selection, SelectionProblem
from multistatic.units import B, F

Labels = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class KMeansSettings:
    """`restarts` of Lloyd's algorithm for each number of clusters, each at most `iterations` long."""

    restarts: Annotated[int, Ge(1)] = 5
    iterations: Annotated[int, Ge(1)] = 100


DEFAULT = KMeansSettings()


@algorithm(settings=KMeansSettings)
def kmeans(problem: SelectionProblem, rng: np.random.Generator, settings: KMeansSettings = DEFAULT) -> Selection:
    """The best feasible cluster of K-means with 1, 2, …, K clusters.

    The paper gives no details. Ours: squared Euclidean distance between positions (the target plays no part), k-means++
    starts, the restart with the lowest inertia, and every cluster of every number of clusters is a candidate; see
    `from_candidates` for forced receivers and `count`.
    """
    positions = problem.positions_m - np.mean(problem.positions_m, axis=0)
    groups = [_clusters(positions, number, rng, settings) for number in range(1, problem.size + 1)]
    candidates: B = np.unique(np.vstack(groups), axis=0)
    return from_candidates(problem, candidates, method="kmeans", kind="clusters of K-means")


def _clusters(positions: F, number: int, rng: np.random.Generator, settings: KMeansSettings) -> B:
    """Clusters [at most `number`, K] of the best restart."""
    runs = [_lloyd(positions, _plus_plus(positions, number, rng), settings) for _ in range(settings.restarts)]
    labels, _ = min(runs, key=lambda run: run[1])
    return np.array([labels == label for label in np.unique(labels)])


def _plus_plus(positions: F, number: int, rng: np.random.Generator) -> F:
    """k-means++: each centre is a receiver drawn with probability ∝ squared distance to the centres before it."""
    centres = [positions[rng.integers(len(positions))]]
    squared = np.full(len(positions), np.inf)
    while len(centres) < number:
        squared = np.minimum(squared, np.sum((positions - centres[-1]) ** 2, axis=1))
        upto = np.cumsum(squared)
        # Where all receivers share a place with a centre, the sum is zero and the first receiver is taken again.
        drawn = np.searchsorted(upto, rng.random() * upto[-1], side="right") if upto[-1] > 0 else 0
        centres.append(positions[min(int(drawn), len(positions) - 1)])
    return np.array(centres)


def _lloyd(positions: F, centres: F, settings: KMeansSettings) -> tuple[Labels, float]:
    """Labels [K] and inertia at the end of Lloyd's algorithm. A centre that loses all its receivers stays put."""
    own = np.sum(positions**2, axis=1)[:, None]
    labels: Labels = np.full(len(positions), -1)
    for _ in range(settings.iterations):
        squared = own - 2.0 * positions @ centres.T + np.sum(centres**2, axis=1)
        moved = np.argmin(squared, axis=1)
        if np.array_equal(moved, labels):
            break
        labels = moved
        members = (labels == np.arange(len(centres))[:, None]).astype(float)
        sizes = members.sum(axis=1)[:, None]
        centres = np.where(sizes > 0, members @ positions / np.maximum(sizes, 1.0), centres)
    return labels, float(np.sum((positions - centres[labels]) ** 2))
