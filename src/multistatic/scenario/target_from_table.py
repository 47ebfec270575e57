"""From the tables of targets to `Target` values in SI units: places, priors, areas, cross-sections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from multistatic.errors import Problem, ScenarioError
from multistatic.scenario.area_geojson import AreaFiles
from multistatic.scenario.area_rings import LEAST_LENGTH_M, area_and_centroid, ring_problems, without_repeats
from multistatic.scenario.array_tables import padded_to_three
from multistatic.scenario.channel_schema import ScattererTable
from multistatic.scenario.cross_section import CROSS_SECTIONS, reflection_of
from multistatic.scenario.model import Target
from multistatic.scenario.schema import TargetTable
from multistatic.scenario.target_schema import BoxTable, DiscTable, PolygonTable, PriorTable
from multistatic.scenario.translate import MAX_PROBLEMS
from multistatic.scenario.uncertain_target import TargetArea, TargetPrior
from multistatic.scenario.values import MAX_COORDINATE_M
from multistatic.units import F, db_to_ratio

ToLocal = Callable[[F], F]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Outline:
    """A polygon in local metres: rings [n, 2], and the lowest and highest z of its corners where they state one."""

    rings: tuple[F, ...]
    height_m: tuple[float, float] | None


def target_from_table(
    path: str, table: TargetTable, position_m: F | None, files: AreaFiles, to_local: ToLocal
) -> Target:
    """The target of a table.

    path: where the table stands, for messages.
    table: the table.
    position_m [3]: its position in local metres; None: it states none, and is at the centroid of its polygon.
    files: the areas of the GeoJSON files that tables name.
    to_local: local metres [n, 3] of latitudes, longitudes and heights [n, 3].

    Raises `ScenarioError` for a polygon that is no area.
    """
    area = table.area
    outline = _outline(f"{path}.area", area, files, to_local) if isinstance(area, PolygonTable) else None
    heights = None if area is None or area.height_m is None else _heights(area.height_m)
    if heights is None and outline is not None:
        heights = outline.height_m
    if position_m is None and outline is not None:
        height = 0.0 if heights is None else 0.5 * (heights[0] + heights[1])
        position_m = np.array([*area_and_centroid(outline.rings)[1], height])
    kind = CROSS_SECTIONS.get(table.rcs or "")
    return Target(
        id=table.id,
        position_m=np.zeros(3) if position_m is None else position_m,
        velocity_m_s=padded_to_three(table.velocity_m_s),
        reflection=written_reflection(table) if kind is None else reflection_of(kind.median_m2),
        rcs_std_db=float(table.rcs_std_db) if kind is None else kind.std_db,
        rcs_bistatic_db=float(table.rcs_bistatic_db) if kind is None else kind.bistatic_db,
        weight=float(table.weight),
        prior=None if table.prior is None else _prior(table.prior),
        area=_area(area, outline, heights),
    )


def written_reflection(table: TargetTable | ScattererTable) -> float:
    """β as written, or of the cross-section; 1 if neither is stated."""
    if table.rcs_m2 is not None:
        return reflection_of(table.rcs_m2)
    if table.rcs_dbsm is not None:
        return reflection_of(db_to_ratio(table.rcs_dbsm))
    return 1.0 if table.reflection is None else float(table.reflection)


def _prior(table: PriorTable) -> TargetPrior:
    position = _covariance(table.position_std_m, table.position_covariance_m2)
    return TargetPrior(
        position_covariance_m2=np.zeros((3, 3)) if position is None else position,
        velocity_covariance_m2_s2=_covariance(table.velocity_std_m_s, table.velocity_covariance_m2_s2),
    )


def _covariance(deviation: float | list[float] | None, matrix: list[list[float]] | None) -> F | None:
    """A covariance [3, 3]; what is said of two coordinates alone leaves no variance of the third."""
    found = np.zeros((3, 3))
    if matrix is not None:
        found[: len(matrix), : len(matrix)] = matrix
    elif isinstance(deviation, list):
        found[range(len(deviation)), range(len(deviation))] = np.square(deviation)
    elif deviation is not None:
        found = float(deviation) ** 2 * np.eye(3)
    else:
        return None
    return found


def _area(
    table: DiscTable | BoxTable | PolygonTable | None, outline: _Outline | None, heights: tuple[float, float] | None
) -> TargetArea | None:
    if table is None:
        return None
    return TargetArea(
        kind=table.kind,
        radius_m=float(table.radius_m) if isinstance(table, DiscTable) else None,
        size_m=padded_to_three(table.size_m) if isinstance(table, BoxTable) else None,
        rings_m=() if outline is None else outline.rings,
        height_m=heights,
    )


def _heights(written: float | list[float]) -> tuple[float, float]:
    low, high = written if isinstance(written, list) else (written, written)
    return float(low), float(high)


def _outline(path: str, table: PolygonTable, files: AreaFiles, to_local: ToLocal) -> _Outline:
    """The polygon in local metres."""
    if table.vertices_m is not None:
        written = _as_rings(f"{path}.vertices_m", table.vertices_m)
        rings = [(where, without_repeats(np.array(ring, dtype=float))) for where, ring in written]
        heights = None
    else:
        if table.vertices_llh is not None:
            written = _as_rings(f"{path}.vertices_llh", table.vertices_llh)
            corners = [(where, _degrees(where, ring)) for where, ring in written]
        else:
            corners = list(files[str(table.file)].rings)
        local = [(where, to_local(_with_height(ring))) for where, ring in corners]
        rings = [(where, without_repeats(ring[:, :2])) for where, ring in local]
        heights = None
        if all(ring.shape[1] == 3 for _, ring in corners):
            z = np.concatenate([ring[:, 2] for _, ring in local])
            heights = (float(z.min()), float(z.max()))
    problems = [
        Problem(where, "a corner out of range in local metres", f"coordinates within ±{MAX_COORDINATE_M:g} m")
        for where, ring in rings
        if len(ring) and np.abs(ring).max() > MAX_COORDINATE_M
    ]
    problems += [
        Problem(where, "a ring of less than a millimetre", f"a ring of {LEAST_LENGTH_M:g} m or more, in local metres")
        for where, ring in rings
        if len(ring) and np.ptp(ring, axis=0).max() < LEAST_LENGTH_M
    ]
    problems = problems or list(ring_problems([where for where, _ in rings], [ring for _, ring in rings]))
    if problems:
        raise ScenarioError(problems[:MAX_PROBLEMS])
    return _Outline(rings=tuple(ring for _, ring in rings), height_m=heights)


def _as_rings(
    path: str, written: Sequence[Sequence[float]] | Sequence[Sequence[Sequence[float]]]
) -> list[tuple[str, list[list[float]]]]:
    """The rings of a list of corners, or of a list of rings, with their paths."""
    if isinstance(written[0][0], list):
        return [(f"{path}[{index}]", list(ring)) for index, ring in enumerate(written)]  # type: ignore[arg-type]
    return [(path, list(written))]  # type: ignore[arg-type]


def _degrees(path: str, ring: list[list[float]]) -> F:
    """Corners [n, 2 or 3] of a ring in degrees."""
    if len({len(corner) for corner in ring}) > 1:
        raise ScenarioError([Problem(path, "heights at some corners", "a height at every corner, or at none")])
    corners = np.array(ring, dtype=float)
    if np.abs(np.diff(corners[:, 1], append=corners[0, 1])).max() > 180.0:
        hint = "cut the area at 180° into two rings"
        raise ScenarioError(
            [Problem(path, "a side across the antimeridian", "sides of less than 180° of longitude", hint)]
        )
    return corners


def _with_height(corners: F) -> F:
    return corners if corners.shape[1] == 3 else np.column_stack([corners, np.zeros(len(corners))])
