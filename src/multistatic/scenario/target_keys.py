"""The keys of a target's table that give this very target, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping

from multistatic.scenario.model import Target
from multistatic.scenario.uncertain_target import TargetArea, TargetPrior
from multistatic.units import F


def target_keys(target: Target, strength: Mapping[str, object], *, named: bool) -> dict[str, object]:
    """The keys of a target, with those of its reflection in `strength`; `named`: also the id that is the default."""
    keys: dict[str, object] = {"id": target.id} if named or target.id != "target" else {}
    keys |= {"position_m": target.position_m, "velocity_m_s": target.velocity_m_s}
    if target.weight != 1.0:
        keys["weight"] = float(target.weight)
    keys |= {**strength, "rcs_std_db": target.rcs_std_db, "rcs_bistatic_db": target.rcs_bistatic_db}
    if target.prior is not None:
        keys["prior"] = _prior_keys(target.prior)
    if target.area is not None:
        keys["area"] = _area_keys(target.area)
    return keys


def _prior_keys(prior: TargetPrior) -> dict[str, object]:
    keys = {"position_covariance_m2": _rows(prior.position_covariance_m2)}
    if prior.velocity_covariance_m2_s2 is not None:
        keys["velocity_covariance_m2_s2"] = _rows(prior.velocity_covariance_m2_s2)
    return dict(keys)


def _rows(covariance: F) -> list[list[float]]:
    """The matrix without a third coordinate of which nothing is said."""
    size = 3 if covariance[2, 2] > 0.0 else 2
    rows: list[list[float]] = covariance[:size, :size].tolist()
    return rows


def _area_keys(area: TargetArea) -> dict[str, object]:
    keys: dict[str, object] = {"kind": area.kind}
    if area.radius_m is not None:
        keys["radius_m"] = float(area.radius_m)
    if area.size_m is not None:
        keys["size_m"] = area.size_m
    if area.rings_m:
        keys["vertices_m"] = [ring.tolist() for ring in area.rings_m]
    if area.height_m is not None:
        keys["height_m"] = list(map(float, area.height_m))
    return keys
