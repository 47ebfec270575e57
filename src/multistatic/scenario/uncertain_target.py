"""What is known of a target whose place is not exactly known: a tracker's prior, or the area where it may be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from multistatic.scenario.checks import Checks, as_python, real_array
from multistatic.units import F, read_only

AreaKind = Literal["disc", "box", "polygon"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TargetPrior:
    """Gaussian knowledge of a target's position and velocity around those stated, from a tracker for example. It counts
    as information.

    position_covariance_m2 [3, 3]: covariance of the position in m²; in 2-D its first two rows and columns count.
    velocity_covariance_m2_s2 [3, 3]: covariance of the velocity in m²/s²; None: nothing is known of the velocity.

    Raises `ScenarioError` for a matrix that is not symmetric and positive semidefinite, or that has no positive
    definite block for east and north.

    >>> import numpy as np
    >>> TargetPrior(position_covariance_m2=25.0 * np.eye(3)).information(2)[0].tolist()
    [0.04, 0.0, 0.0, 0.0]
    """

    position_covariance_m2: F
    velocity_covariance_m2_s2: F | None = None

    def __post_init__(self) -> None:
        checks = Checks("target.prior")
        for name in ("position_covariance_m2", "velocity_covariance_m2_s2"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, _covariance(checks, name, value))
        checks.done(self)

    def information(self, dimensions: int) -> F:
        """Fisher information [2d, 2d] about position and velocity in `dimensions` d coordinates: inverse covariances,
        0 for a velocity of which nothing is known.
        """
        d = dimensions
        found = np.zeros((2 * d, 2 * d))
        found[:d, :d] = _inverse(self.position_covariance_m2[:d, :d])
        if self.velocity_covariance_m2_s2 is not None:
            found[d:, d:] = _inverse(self.velocity_covariance_m2_s2[:d, :d])
        return found


def _covariance(checks: Checks, name: str, value: object) -> F:
    """A covariance [3, 3], read-only."""
    expected = "a symmetric, positive semidefinite matrix [3, 3], positive definite in its first two rows and columns"
    matrix = real_array(value)  # type: ignore[arg-type]
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all() or not _semidefinite(matrix):
        checks.refuse(name, as_python(value), expected)
        return read_only(np.eye(3))
    return read_only(matrix)


def _inverse(matrix: F) -> F:
    """Inverse of a positive definite matrix [d, d], scaled to a unit diagonal."""
    scale = 1.0 / np.sqrt(np.diagonal(matrix))
    half = np.linalg.solve(matrix * scale[:, None] * scale, np.diag(scale)) * scale[:, None]
    return np.asarray((half + half.T) / 2.0)


def _semidefinite(matrix: F) -> bool:
    diagonal = np.diagonal(matrix)
    if np.any(diagonal[:2] <= 0.0) or diagonal[2] < 0.0:
        return False
    scale = 1.0 / np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0))
    scaled = matrix * scale[:, None] * scale
    symmetric = bool(np.all(np.abs(scaled - scaled.T) <= 1e-9))
    return symmetric and np.linalg.eigvalsh(scaled[:2, :2])[0] > 1e-12 and np.linalg.eigvalsh(scaled)[0] > -1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TargetArea:
    """Where a target may be. It is no information: a target is found wherever in the area it is.

    kind: `disc` and `box` lie around the target's position; `polygon` has corners of its own.
    radius_m: radius of a disc in m.
    size_m [3]: lengths of a box along x, y and z in m, each 0 or more.
    rings_m: closed rings of corners [n, 2] in m of a polygon; a place is inside where an odd number of rings surround
        it, so that holes and several parts are rings as well.
    height_m: lowest and highest z in m; None: the height of the target's position, of a box that of its size.

    Raises `ScenarioError` with everything that the kind lacks.
    """

    kind: AreaKind
    radius_m: float | None = None
    size_m: F | None = None
    rings_m: tuple[F, ...] = field(default_factory=tuple)
    height_m: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        checks = Checks("target.area")
        checks.one_of("kind", self.kind, ("disc", "box", "polygon"))
        if self.kind == "disc":
            checks.number("radius_m", self.radius_m, "a radius in m above 0", above=0.0, most=1e7)
        if self.kind == "box":
            object.__setattr__(self, "size_m", checks.vector("size_m", self.size_m, "lengths [x, y] or [x, y, z]"))  # type: ignore[arg-type]
        if self.kind == "polygon":
            object.__setattr__(self, "rings_m", tuple(read_only(ring) for ring in self.rings_m))
            if not self.rings_m or any(ring.ndim != 2 or ring.shape[1] != 2 or len(ring) < 3 for ring in self.rings_m):
                checks.refuse("rings_m", f"{len(self.rings_m)} rings", "rings of three or more corners [x, y]")
        if self.height_m is not None:
            low, high = self.height_m
            checks.number("height_m", low, "heights in m within ±1e6", least=-1e6, most=1e6)
            checks.number("height_m", high, "heights in m, the lowest first", least=low, most=1e6)
        checks.done(self)
