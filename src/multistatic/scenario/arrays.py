"""Antenna arrays and their steering vectors (model: paper eq. (4)-(5), for any element layout).

The published arrays are half-wavelength ULAs along y. A linear array does not distinguish front and back: the
mirror directions about its axis share one steering vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from multistatic.errors import Problem, ScenarioError
from multistatic.scenario.checks import as_python, real_array
from multistatic.units import C, F, read_only

_LARGEST_M = 1e7
ALONG_Y = (0.0, 1.0, 0.0)
ALONG_Z = (0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AntennaArray:
    """An array of isotropic antenna elements.

    elements_m [n, 3]: positions of the n elements relative to the position of the site, in m.

    Assumes plane waves without coupling between elements: equations (4) and (5) for any layout. Raises `ScenarioError`
    for positions that are not finite, of another shape, or further than 1e7 m away.

    >>> AntennaArray(elements_m=[[0, 0, 0], [0, 0.05, 0]]).size
    2
    """

    elements_m: F

    def __post_init__(self) -> None:
        expected = f"finite positions of shape (n >= 1, 3), within ±{_LARGEST_M:g} m"
        elements = read_only(real_array(self.elements_m))
        if not elements.size:
            raise ScenarioError([Problem("array.elements", as_python(self.elements_m)[:60], expected)])
        sound = elements.ndim == 2 and elements.shape[1] == 3
        if not sound or not np.abs(elements).max() <= _LARGEST_M:  # NaN is not, either
            received = "a coordinate that is not finite or too large" if sound else f"shape {elements.shape}"
            raise ScenarioError([Problem("array.elements", received, expected)])
        object.__setattr__(self, "elements_m", elements)

    @property
    def size(self) -> int:
        """Number of elements."""
        return len(self.elements_m)

    def steering_vector(self, direction: ArrayLike, wavelength_m: float) -> C:
        """Steering vector exp(+j 2π/λ e_n·u) [..., n] for unit vectors `direction` [..., 3]."""
        phase = np.asarray(direction, float) @ self.elements_m.T
        steering: C = np.exp(2j * np.pi / wavelength_m * phase)
        return steering

    def aperture_m2(self) -> F:
        """Covariance of the element positions [3, 3] in m², in proportion to the information about directions."""
        centred = self.elements_m - self.elements_m.mean(axis=0)
        covariance: F = centred.T @ centred / self.size
        return covariance


def single_antenna() -> AntennaArray:
    """One antenna, at the node itself."""
    return AntennaArray(elements_m=np.zeros((1, 3)))


def linear_array(count: int, spacing_m: float, axis: Sequence[float] = ALONG_Y) -> AntennaArray:
    """Make a uniform linear array (ULA) that begins at the position of the site.

    count: number of elements.
    spacing_m: distance between neighbouring elements in m.
    axis [3]: direction of the array, of any length.

    Raises `ScenarioError` for an axis that is zero or not finite. Source: equation (4).

    >>> linear_array(3, 0.05).elements_m.tolist()
    [[0.0, 0.0, 0.0], [0.0, 0.05, 0.0], [0.0, 0.1, 0.0]]
    """
    return planar_array((count, 1), spacing_m, axes=(axis, ALONG_Z))


def planar_array(
    shape: tuple[int, int], spacing_m: float, axes: tuple[Sequence[float], Sequence[float]] = (ALONG_Y, ALONG_Z)
) -> AntennaArray:
    """Make a uniform planar array (UPA) that begins at the position of the site.

    shape [2]: numbers of elements along the two axes (columns, rows).
    spacing_m: distance between neighbouring elements in m.
    axes [2, 3]: directions of the two axes, of any length; the index along the first varies fastest.

    Raises `ScenarioError` for an axis that is zero or not finite.

    >>> planar_array((2, 4), 0.05).size
    8
    """
    for axis in axes:
        if not 0 < np.linalg.norm(axis) < np.inf:
            raise ScenarioError(
                [Problem("array.axis", str(list(axis)), "a direction: a finite vector that is not zero")]
            )
    along, across = (np.asarray(axis, float) / np.linalg.norm(axis) for axis in axes)
    rows, columns = np.divmod(np.arange(shape[0] * shape[1]), shape[0])
    return AntennaArray(elements_m=spacing_m * (columns[:, None] * along + rows[:, None] * across))
