"""Receive arrays that look towards a known point: the phases of an echo from there."""

from __future__ import annotations

import numpy as np

from multistatic.errors import Problem
from multistatic.scenario.model import Receiver, Scenario
from multistatic.units import C, F


def looked_at(towards_m: F, scenario: Scenario) -> tuple[F, list[Problem]]:
    """The point [3] that `towards_m` names, and what is wrong with it.

    In a network in the plane two coordinates are enough: the third is the height of the targets, which is known there.
    """
    if len(towards_m) < scenario.dimensions:
        problem = Problem(
            "towards_m", str(towards_m.tolist()), "three coordinates in metres, because the scenario is in 3-D"
        )
        return np.zeros(3), [problem]
    return np.concatenate([towards_m, scenario.middle_m[len(towards_m) :]]), []


def steering_towards(point_m: F, receiver: Receiver, wavelength_m: float) -> C:
    """a_k [N_r]: phases at the antennas of `receiver` of an echo from `point_m` [3], which is not its own position."""
    offset = point_m - receiver.position_m
    return receiver.array.steering_vector(offset / float(np.linalg.norm(offset)), wavelength_m)
