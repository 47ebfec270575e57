"""The points of a Gaussian prior: nodes of a quadrature, dense across the beam and few along the distance.

In each direction the nodes are those of Gauss and Hermite where these are close enough for the beam, else an even grid
over ±3 standard deviations whose weights have the variance 1 exactly. The products of them have the mean and the
covariance of the prior.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.scenario.area_points import LaidPoints
from multistatic.scenario.arrays import AntennaArray
from multistatic.scenario.beam_width import across, half_power_half_width
from multistatic.units import F

REACH = 3.0
"""Standard deviations on each side that points cover."""
WIDE_REACH = 5.0
"""The same of the denser points of a mean: beyond 3 lies most of the mean square where the beams leave it dark."""


@dataclass(frozen=True, slots=True)
class PointStep:
    """How points are laid.

    finer: factor by which they are closer than half of the beam's half-power half-width.
    most: at most this many points; with more, they are further apart.
    reach: standard deviations across the beam on each side that the points of a prior cover.
    """

    finer: float
    most: int
    reach: float = REACH


_HERMITE = {3: 1.7320508, 5: 1.5012030}  # largest distance between neighbours, in standard deviations
_GROWTH = 1.12


def prior_points(
    middle_m: F, covariance_m2: F, transmitter_m: F, array: AntennaArray, wavelength_m: float, step: PointStep
) -> LaidPoints:
    """The points of a prior.

    middle_m [3]: mean of the position in m.
    covariance_m2 [3, 3]: covariance of the position in m², with zeros for a height that is known.
    transmitter_m [3]: position of the transmitter in m.
    array: antennas of the transmitter.
    wavelength_m: wavelength in m.
    step: how close the nodes are, how many points at most, and how far they reach.
    """
    finer, most, reach = step.finer, step.most, step.reach
    path = middle_m - transmitter_m
    distance = float(np.linalg.norm(path))
    direction = path / distance if distance > 0 else np.array([1.0, 0.0, 0.0])
    root = axes_of_prior(covariance_m2, direction)
    spread = np.linalg.norm(root, axis=0)
    steps = np.full(3, np.inf)
    for axis in (0, 1):
        if spread[axis] > 0:
            along = root[:, axis] / spread[axis]
            ends = [path + sign * reach * root[:, axis] for sign in (-1.0, 0.0, 1.0)]
            widths = [_width_m(end, along, array, wavelength_m) for end in ends]
            steps[axis] = 0.5 * min(widths) / spread[axis] / finer
    few = int(np.ceil(3 * finer)) | 1
    coarser = 1.0
    while True:
        nodes = [_nodes(steps[axis] * coarser, spread[axis], few, reach if axis < 2 else REACH) for axis in range(3)]
        if np.prod([len(each) for each, _ in nodes]) <= most:
            break
        if few > 3:
            few -= 2
        else:
            coarser *= _GROWTH
    mesh = np.stack(np.meshgrid(*(each for each, _ in nodes), indexing="ij"), axis=-1).reshape(-1, 3)
    weight = np.einsum("i,j,k->ijk", *(each for _, each in nodes)).ravel()
    return LaidPoints(
        position_m=middle_m + mesh @ root.T, weight=weight / weight.sum(), coarser=coarser, distances=len(nodes[2][0])
    )


def axes_of_prior(covariance_m2: F, direction: F) -> F:
    """A root R [3, 3] of the covariance R Rᵀ: its first two columns lie across `direction` [3] up to a part along it,
    and are independent in the plane across; the third column lies along it.
    """
    horizontal, upward = across(direction)
    frame = np.stack([horizontal, upward, direction])
    inside = frame @ covariance_m2 @ frame.T
    _, vectors = np.linalg.eigh(inside[:2, :2])
    turn = np.eye(3)
    turn[:2, :2] = vectors[:, ::-1].T
    inside = turn @ inside @ turn.T
    root = np.zeros((3, 3))
    tiny = 1e-12 * max(float(np.trace(inside)), 1e-300)
    for axis in (0, 1):
        if inside[axis, axis] > tiny:
            root[axis, axis] = np.sqrt(inside[axis, axis])
            root[2, axis] = inside[2, axis] / root[axis, axis]
    rest = inside[2, 2] - float(root[2, :2] @ root[2, :2])
    root[2, 2] = np.sqrt(rest) if rest > tiny else 0.0
    return np.asarray((turn @ frame).T @ root)


def _width_m(path: F, along: F, array: AntennaArray, wavelength_m: float) -> float:
    """Half-power half-width in m of a beam towards the end of `path`, along a unit vector `along`."""
    distance = max(float(np.linalg.norm(path)), 1e-9)
    tangent = along - path * (along @ path) / distance**2
    length = float(np.linalg.norm(tangent))
    if length < 1e-9:
        return float("inf")
    return distance * half_power_half_width(array, tangent, wavelength_m)


def _nodes(step: float, spread: float, few: int, reach: float) -> tuple[F, F]:
    """Nodes in standard deviations, at most `step` apart, and weights of mean 0, variance 1 and sum 1."""
    if spread == 0.0:
        return np.zeros(1), np.ones(1)
    if np.isinf(step) and few > 3:
        step = 2.0 * reach / (few - 1)
    for count, widest in _HERMITE.items():
        if step >= widest:
            node, weight = np.polynomial.hermite_e.hermegauss(count)
            return node, weight / weight.sum()
    half = int(np.ceil(reach / min(step, 1.0) - 1e-9))
    node = reach * np.arange(-half, half + 1) / half
    return node, _weights(node)


def _weights(node: F) -> F:
    """Gaussian weights of even nodes, so wide that their variance is 1."""
    low, high = 0.5, 4.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        weight = np.exp(-0.5 * (node / middle) ** 2)
        if weight @ node**2 < weight.sum():
            low = middle
        else:
            high = middle
    return np.asarray(weight / weight.sum())
