"""What is known of a target whose place is not exactly known: a tracker's prior, or the area where it may be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from multistatic.scenario.area_rings import LEAST_LENGTH_M, ring_problems
from multistatic.scenario.checks import Checks, as_python, real_array
from multistatic.units import F, read_only

AreaKind = Literal["disc", "box", "polygon"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TargetPrior:
    """Gaussian knowledge of a target's position and velocity around those stated, from a tracker for example. It counts
    as information.

    position_covariance_m2 [3, 3]: covariance of the position in m²; in 2-D its first two rows and columns count. The
        third row and column may be zero there, and only there.
    velocity_covariance_m2_s2 [3, 3]: the same of the velocity in m²/s²; None: nothing is known of the velocity.

    Raises `ScenarioError` for a matrix that is not symmetric and positive definite in the rows that are not zero.

    >>> import numpy as np
    >>> TargetPrior(position_covariance_m2=4.0 * np.eye(3)).information(2)[0].tolist()
    [0.25, 0.0, 0.0, 0.0]
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
    """A covariance [3, 3], read-only and symmetric to the last bit."""
    expected = "a symmetric matrix [3, 3], positive definite, or so in its first two rows with zeros in the third"
    matrix = real_array(value)  # type: ignore[arg-type]
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all() or not _positive(matrix):
        checks.refuse(name, as_python(value), expected)
        return read_only(np.eye(3))
    return read_only((matrix + matrix.T) / 2.0)


def _inverse(matrix: F) -> F:
    """Inverse of a positive definite matrix [d, d], scaled to a unit diagonal."""
    scale = 1.0 / np.sqrt(np.diagonal(matrix))
    half = np.linalg.solve(matrix * scale[:, None] * scale, np.diag(scale)) * scale[:, None]
    return np.asarray((half + half.T) / 2.0)


def _positive(matrix: F) -> bool:
    """True for a covariance that is positive definite, or so in two rows where the third coordinate has none."""
    known_height = not matrix[2].any() and not matrix[:, 2].any()
    block = matrix[:2, :2] if known_height else matrix
    diagonal = np.diagonal(block)
    if np.any(diagonal <= 0.0) or np.any(diagonal > 1e30):
        return False
    scaled = block / np.sqrt(np.outer(diagonal, diagonal))
    symmetric = bool(np.all(np.abs(scaled - scaled.T) <= 1e-9))
    return symmetric and bool(np.linalg.eigvalsh((scaled + scaled.T) / 2.0)[0] > 1e-12)


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
            checks.number("radius_m", self.radius_m, "a radius in m of 0.001 or more", least=LEAST_LENGTH_M, most=1e7)
        if self.kind == "box":
            size = checks.vector("size_m", self.size_m, "lengths [x, y] or [x, y, z]")  # type: ignore[arg-type]
            if not checks.problems and (min(size[:2]) < LEAST_LENGTH_M or size[2] < 0.0 or max(size) > 1e7):
                checks.refuse("size_m", str(size.tolist()), f"lengths in m, {LEAST_LENGTH_M:g} or more along x and y")
            object.__setattr__(self, "size_m", size)
        if self.kind == "polygon":
            rings = tuple(read_only(real_array(ring)) for ring in self.rings_m)
            object.__setattr__(self, "rings_m", rings)
            if not rings or any(ring.ndim != 2 or ring.shape[1:] != (2,) or len(ring) < 3 for ring in rings):
                checks.refuse("rings_m", f"{len(rings)} rings", "rings of three or more corners [x, y]")
            elif not all(np.abs(ring).max() <= 1e7 for ring in rings):  # NaN is not, either
                checks.refuse("rings_m", "a corner that is not finite or too far away", "coordinates within ±1e7 m")
            elif any(np.ptp(ring, axis=0).max() < LEAST_LENGTH_M for ring in rings):
                checks.refuse("rings_m", "a ring of less than a millimetre", f"rings of {LEAST_LENGTH_M:g} m or more")
            else:
                checks.problems += ring_problems([f"target.area.rings_m[{i}]" for i in range(len(rings))], rings)
        if self.height_m is not None:
            low, high = self.height_m if len(self.height_m) == 2 else (np.nan, np.nan)
            checks.number("height_m", low, "heights in m within ±1e6", least=-1e6, most=1e6)
            checks.number("height_m", high, "heights in m, the lowest first", least=low, most=1e6)
        checks.done(self)
