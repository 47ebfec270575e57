"""The outline of where a target may be, in the plan or in the side view: of an area, or of a prior."""

from __future__ import annotations

import numpy as np

from multistatic.report.error_ellipse import PLAN, View, ellipse_of
from multistatic.scenario.area_samples import heights_of, outline_of
from multistatic.scenario.model import Target
from multistatic.units import F

_STEPS = 73
PRIOR_SIGMAS = (1.0, 3.0)
"""How many standard deviations the ellipses of a prior are away from its mean."""


def outlines(target: Target, view: View = PLAN) -> list[F]:
    """Closed curves [n, 2] in m around where `target` may be; none where its position is exactly known.

    A prior has ellipses of one and of three standard deviations in the two coordinates of `view`.

    >>> import numpy as np
    >>> from multistatic.scenario.uncertain_target import TargetArea
    >>> around, = outlines(Target(position_m=[0.0, 9.0, 0.0], area=TargetArea(kind="disc", radius_m=2.0)))
    >>> float(np.max(around[:, 1]))
    11.0
    """
    if target.prior is not None:
        return _ellipses(target, view)
    if target.area is None:
        return []
    rings = _rings(target)
    if view == PLAN:
        return rings
    low, high = heights_of(target.area, target.position_m)
    every = np.concatenate(rings)[:, view[0]]
    return [_rectangle(float(every.min()), float(every.max()), low, high)]


def _rings(target: Target) -> list[F]:
    """The closed curves of an area in the plan."""
    assert target.area is not None
    return [np.vstack([ring, ring[:1]]) for ring in outline_of(target.area, target.position_m)]


def _rectangle(left: float, right: float, low: float, high: float) -> F:
    return np.array([(left, low), (right, low), (right, high), (left, high), (left, low)])


def _ellipses(target: Target, view: View) -> list[F]:
    assert target.prior is not None
    ellipse = ellipse_of(target.prior.position_covariance_m2, view)
    if ellipse is None:
        return []  # its height is exactly known
    phase, turn = np.exp(1j * np.linspace(0.0, 2.0 * np.pi, _STEPS)), np.exp(1j * ellipse.direction_rad)
    around = turn * (ellipse.semi_major_m * phase.real + 1j * ellipse.semi_minor_m * phase.imag)
    curve = np.stack([around.real, around.imag], axis=1)
    return [target.position_m[list(view)] + sigmas * curve for sigmas in PRIOR_SIGMAS]
