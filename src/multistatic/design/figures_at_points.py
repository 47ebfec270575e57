"""What a group with its beams reaches at every point where the target may be."""

from __future__ import annotations

import numpy as np

from multistatic.design.instance import Instance
from multistatic.design.points_accuracy import PointsAccuracy
from multistatic.design.solved_group import SolvedGroup
from multistatic.scenario.model import JOINT
from multistatic.selection.over_points import reduced
from multistatic.selection.selection_problem import Selection
from multistatic.units import B, C, F


def figures_at_points(solved: SolvedGroup, selection: Selection) -> PointsAccuracy | None:
    """The figures of every point; None for one target that is exactly known.

    A joint design has compared all groups with all beams, so its bound is one of the value over the points.
    """
    instance = solved.instance
    if not (instance.several or instance.scenario.uncertain):
        return None
    beams = solved.beamforming.beams
    assert beams is not None
    light, selected = np.asarray(solved.problem.illumination_w), solved.selected
    values = solved.problem.values_of_points(selected[None])[0]
    position, peb_m, veb_m_s = bounds_at_points(instance, selected, light, beams.covariance_w)
    return PointsAccuracy(
        mode=solved.problem.over_points,
        value=values,
        peb_m=peb_m,
        veb_m_s=veb_m_s,
        position_covariance_m2=position,
        worst=int(np.argmax(values)),
        value_reduced=float(reduced(values, solved.problem.shares, solved.problem.over_points)),
        bound=selection.bound if selection.method == JOINT else None,
    )


def bounds_at_points(instance: Instance, selected: B, light: F, covariance_w: C) -> tuple[F, F, F]:
    """Covariance of the position [M, d, d], PEB [M] and VEB [M] of a group at illuminations [M] of the points."""
    count, d = instance.points.count, instance.scenario.dimensions
    position, veb_m_s = np.zeros((count, d, d)), np.zeros(count)
    for rows, places in instance.places(covariance_w):
        position[rows] = places.covariances(selected, light[rows], "position")
        velocity = places.covariances(selected, light[rows], "velocity")
        veb_m_s[rows] = np.sqrt(np.trace(velocity, axis1=1, axis2=2))
    peb_m = np.sqrt(np.trace(position, axis1=1, axis2=2))
    lost = ~np.isfinite(peb_m)
    position[lost] = np.where(np.eye(d, dtype=bool), np.inf, 0.0)
    return position, peb_m, veb_m_s
