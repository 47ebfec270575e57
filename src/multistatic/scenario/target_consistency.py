"""What several keys of the targets' tables must agree on; malformed ones are skipped, as in `scenario.consistency`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from multistatic.errors import Problem
from multistatic.scenario.area_rings import LEAST_LENGTH_M
from multistatic.scenario.over_points_rule import over_points_problem
from multistatic.scenario.target_tables import target_tables
from multistatic.scenario.translate import shown

Raw = Mapping[str, Any]
_POLYGON = ("vertices_m", "vertices_llh", "file")


def target_problems(raw: Raw) -> Iterator[Problem]:
    """Every contradiction in the tables of the targets, and of these with `design.over_points`."""
    tables = list(target_tables(raw))
    yield from _id_problems(tables)
    for path, table in tables:
        yield from _place_problems(path, table)
    design = raw.get("design")
    over = design.get("over_points") if isinstance(design, dict) else None
    with_prior = any(isinstance(table.get("prior"), dict) for _, table in tables)
    with_area = any(isinstance(table.get("area"), dict) for _, table in tables)
    if (problem := over_points_problem(over, with_prior=with_prior, with_area=with_area)) is not None:
        yield problem


def _id_problems(tables: list[tuple[str, dict[str, Any]]]) -> Iterator[Problem]:
    """Several targets have ids, which differ."""
    seen: dict[str, str] = {}
    for path, table in tables:
        name = table.get("id")
        if name is None and len(tables) > 1:
            yield Problem(f"{path}.id", "nothing", "an id: each of several targets has its own")
        if isinstance(name, str) and name in seen:
            yield Problem(f"{path}.id", shown(name), "a unique id", f"{seen[name]} has the same id")
        if isinstance(name, str):
            seen.setdefault(name, f"{path}.id")


def _place_problems(path: str, table: Raw) -> Iterator[Problem]:
    """A target has a position, or a polygon whose middle is one."""
    area = table.get("area")
    kind = area.get("kind") if isinstance(area, dict) else None
    placed = "position_m" in table or "position_llh" in table
    if not placed and kind != "polygon":
        yield Problem(f"{path}.position_m", "nothing", "position_m or position_llh")
    if isinstance(area, dict) and kind == "polygon" and not any(key in area for key in _POLYGON):
        yield Problem(f"{path}.area.vertices_m", "nothing", "vertices_m, vertices_llh or file")
    if isinstance(area, dict) and kind == "box":
        size = area.get("size_m")
        flat = isinstance(size, list) and len(size) in (2, 3) and all(type(each) in (int, float) for each in size)
        if isinstance(size, list) and flat and min(size[:2]) < LEAST_LENGTH_M:
            yield Problem(f"{path}.area.size_m", shown(size), f"lengths along x and y of {LEAST_LENGTH_M:g} m or more")
        if isinstance(size, list) and flat and len(size) == 3 and size[2] > 0 and "height_m" in area:
            hint = "leave z out of size_m, or leave out height_m"
            yield Problem(f"{path}.area.height_m", "size_m with z, and height_m", "the heights once", hint)
