"""The files of fixes, a stable contract (docs/formats.md): `fixes.csv`, `fixes.geojson`, pictures, `fixes.json`."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import numpy as np

from multistatic.files.atomic import write_files_atomically
from multistatic.files.design_files import json_bytes
from multistatic.localization.fix import Fix
from multistatic.scenario.geodesy import geodetic_from_local
from multistatic.scenario.model import Scenario
from multistatic.scenario.tables import csv_text
from multistatic.scenario.write import resolved_toml
from multistatic.units import F

FORMAT = "multistatic-fixes/1"
TABLE, GEO, DOCUMENT = "fixes.csv", "fixes.geojson", "fixes.json"
PICTURES = ("fixes.svg", "fixes.png", "captions.txt")

_AXES = ("x", "y", "z")
_STATE = (*_AXES, *(f"v{axis}" for axis in _AXES))
_PAIRS = tuple(combinations_with_replacement(range(6), 2))
COLUMNS = (
    *("time_s", "position_verdict", "velocity_verdict"),
    *(f"{axis}_m" for axis in _AXES),
    *(f"v{axis}_m_s" for axis in _AXES),
    *("position_std_m", "horizontal_std_m", "vertical_std_m", "velocity_std_m_s"),
    *(f"cov_{_STATE[i]}_{_STATE[j]}" for i, j in _PAIRS),
    *(f"other_{axis}_m" for axis in _AXES),
    *("other_chi_square_rise", "prior_distance"),
    *("used", "outliers", "chi_square", "degrees_of_freedom", "p_value", "message"),
)
NO_ORIGIN = (
    "The scenario has no origin in latitude and longitude: positions are the properties x_m, y_m, z_m, local metres, "
    "and no feature has a geometry."
)


def fixes_table(fixes: Sequence[Fix]) -> str:
    """`fixes.csv`: one row a fix, empty cells for what does not exist; numbers in full precision."""
    return csv_text(COLUMNS, map(_row, fixes))


def fixes_document(fixes: Sequence[Fix], scenario: Scenario) -> dict[str, Any]:
    """The content of `fixes.json`; what does not exist is None, and the fix's message says why."""
    return {
        "format": FORMAT,
        "name": scenario.name,
        "dimensions": scenario.dimensions,
        "fixes": [_plain(fix) for fix in fixes],
        "provenance": {
            "version": version("multistatic"),
            "scenario_sha256": hashlib.sha256(resolved_toml(scenario).encode()).hexdigest(),
        },
    }


def fixes_geojson(fixes: Sequence[Fix], scenario: Scenario) -> dict[str, Any]:
    """`fixes.geojson` (RFC 7946): a Point for each position, both of an ambiguous one, in WGS 84.

    Without an origin the features have no geometry, and `note` says so.
    """
    found = [(fix, "best", fix.position_m, fix.velocity_m_s) for fix in fixes]
    found += [(fix, "other", fix.other_position_m, fix.other_velocity_m_s) for fix in fixes]
    places = [each for each in found if each[2] is not None]
    geometries: list[dict[str, Any] | None] = [None] * len(places)
    if scenario.origin is not None and places:
        llh = geodetic_from_local(scenario.origin, np.array([position for _, _, position, _ in places]))
        geometries = [
            {"type": "Point", "coordinates": [round(lon, 9), round(lat, 9), round(h, 4)]}
            for lat, lon, h in llh.tolist()
        ]
    features = [
        {"type": "Feature", "geometry": geometry, "properties": _properties(fix, which, position, velocity)}
        for geometry, (fix, which, position, velocity) in zip(geometries, places, strict=True)
    ]
    note = {} if scenario.origin is not None else {"note": NO_ORIGIN}
    return {"type": "FeatureCollection", **note, "features": features}


def fixes_files(
    fixes: Sequence[Fix], scenario: Scenario, pictures: Mapping[str, bytes] | None = None
) -> dict[str, bytes]:
    """Every file by its name, `fixes.json` last."""
    return {
        TABLE: fixes_table(fixes).encode(),
        GEO: json_bytes(fixes_geojson(fixes, scenario)),
        **(pictures or {}),
        DOCUMENT: json_bytes(fixes_document(fixes, scenario)),
    }


def write_fixes(
    folder: str | os.PathLike[str],
    fixes: Sequence[Fix],
    scenario: Scenario,
    pictures: Mapping[str, bytes] | None = None,
) -> tuple[Path, ...]:
    """Write all files to `folder` at once, `fixes.json` last; returns their paths. `InputError` where that fails."""
    files = fixes_files(fixes, scenario, pictures)
    write_files_atomically(folder, files, stale=PICTURES)
    return tuple(Path(folder) / name for name in files)


def _plain(fix: Fix) -> dict[str, Any]:
    """A fix as the values of `fixes.json`."""
    return {
        "time_s": fix.time_s,
        "position_verdict": fix.position_verdict,
        "velocity_verdict": fix.velocity_verdict,
        "position_m": _list(fix.position_m),
        "velocity_m_s": _list(fix.velocity_m_s),
        "covariance": _list(fix.covariance),
        "position_covariance_m2": _list(fix.position_covariance_m2),
        "position_std_m": fix.position_std_m,
        "horizontal_std_m": fix.horizontal_std_m,
        "vertical_std_m": fix.vertical_std_m,
        "velocity_std_m_s": fix.velocity_std_m_s,
        "other_position_m": _list(fix.other_position_m),
        "other_velocity_m_s": _list(fix.other_velocity_m_s),
        "other_chi_square_rise": fix.other_chi_square_rise,
        "prior": _prior(fix),
        "used": list(fix.used),
        "outliers": list(fix.outliers),
        "receivers": {
            name: {
                "delay_residual_s": float(residual[0]),
                "doppler_residual_hz": float(residual[1]),
                "normalised_residual": float(normalised),
                "clock_offset_s": float(offset[0]),
                "frequency_offset_hz": float(offset[1]),
            }
            for name, residual, normalised, offset in zip(
                fix.receiver_ids, fix.residuals, fix.normalised_residuals, fix.clock_offsets, strict=True
            )
            if name in fix.used or name in fix.outliers
        },
        "common_clock_offset_s": fix.common_clock_offset[0],
        "common_frequency_offset_hz": fix.common_clock_offset[1],
        "chi_square": fix.chi_square,
        "degrees_of_freedom": fix.degrees_of_freedom,
        "p_value": fix.p_value,
        "message": fix.message,
    }


def _prior(fix: Fix) -> dict[str, Any] | None:
    """The prior that a fix used; None where it used none."""
    if fix.prior_position_m is None:
        return None
    return {
        "position_m": _list(fix.prior_position_m),
        "position_covariance_m2": _list(fix.prior_position_covariance_m2),
        "distance": fix.prior_distance,
        "needed": fix.prior_needed,
    }


def _list(array: F | None) -> list[Any] | None:
    return None if array is None else array.tolist()


def fixes_rows(fixes: Sequence[Fix]) -> list[dict[str, float | str | None]]:
    """The rows of the table `fixes.csv` as numbers and texts; None for what does not exist."""
    rows = map(_cells, fixes)
    return [{name: row.get(name) for name in COLUMNS} for row in rows]


def _row(fix: Fix) -> dict[str, str]:
    """One row of the table; numbers as the shortest text that reads back as the same bits."""
    cells = _cells(fix).items()
    return {name: each if isinstance(each, str) else repr(each) for name, each in cells if each is not None}


def _cells(fix: Fix) -> dict[str, float | str | None]:
    """A fix as the cells of its row of `fixes.csv`, without those that do not exist."""
    numbers: dict[str, float | None] = {
        "time_s": fix.time_s,
        "position_std_m": fix.position_std_m,
        "horizontal_std_m": fix.horizontal_std_m,
        "vertical_std_m": fix.vertical_std_m,
        "velocity_std_m_s": fix.velocity_std_m_s,
        "other_chi_square_rise": fix.other_chi_square_rise,
        "prior_distance": fix.prior_distance,
        "chi_square": fix.chi_square,
        "p_value": fix.p_value,
    }
    for prefix, unit, vector in (
        ("", "m", fix.position_m),
        ("v", "m_s", fix.velocity_m_s),
        ("other_", "m", fix.other_position_m),
    ):
        if vector is not None:
            numbers |= {f"{prefix}{axis}_{unit}": float(value) for axis, value in zip(_AXES, vector, strict=True)}
    covariance = fix.position_covariance_m2 if fix.covariance is None else fix.covariance
    if covariance is not None:
        d = len(covariance) // (1 if fix.covariance is None else 2)
        names = [*_STATE[:d], *([] if fix.covariance is None else _STATE[3 : 3 + d])]
        for i, j in combinations_with_replacement(range(len(names)), 2):
            numbers[f"cov_{names[i]}_{names[j]}"] = float(covariance[i, j])
    return {
        **numbers,
        "position_verdict": fix.position_verdict,
        "velocity_verdict": fix.velocity_verdict,
        "degrees_of_freedom": fix.degrees_of_freedom,
        "used": " ".join(fix.used),
        "outliers": " ".join(fix.outliers),
        "message": fix.message,
    }


def _properties(fix: Fix, which: str, position: F | None, velocity: F | None) -> dict[str, Any]:
    """The properties of one position of a fix in `fixes.geojson`."""
    assert position is not None
    moving = dict.fromkeys(f"v{axis}_m_s" for axis in _AXES)
    if velocity is not None:
        moving = {f"v{axis}_m_s": float(value) for axis, value in zip(_AXES, velocity, strict=True)}
    return {
        "time_s": fix.time_s,
        "verdict": fix.position_verdict,
        "answer": which,
        "chi_square_rise": fix.other_chi_square_rise if which == "other" else 0.0,
        **{f"{axis}_m": float(value) for axis, value in zip(_AXES, position, strict=True)},
        **moving,
        "position_std_m": fix.position_std_m,
        "horizontal_std_m": fix.horizontal_std_m,
        "vertical_std_m": fix.vertical_std_m,
        "outliers": list(fix.outliers),
        "message": fix.message,
    }
