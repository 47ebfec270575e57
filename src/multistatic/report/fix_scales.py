"""The scales of a map of fixes: how large it is, by how much error ellipses are enlarged, how long arrows are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from multistatic.estimation.measurement import Measurement
from multistatic.localization.fix import Fix
from multistatic.report.bistatic_curve import part_near, plane_cut
from multistatic.report.design_plan import centre, enlargement, map_width, side_enlargement
from multistatic.report.error_ellipse import PLAN, SIDE, ErrorEllipse, View, ellipse_of
from multistatic.report.fix_velocity import VelocityArrow, arrow_duration_s, velocity_arrows
from multistatic.scenario.model import Scenario
from multistatic.units import SPEED_OF_LIGHT_M_S, F

# Of the width of the map: how far a curve is followed from its point nearest to the target.
_CURVE_SHARE = 0.22
# Of the height of the side view: the room above and below ellipses and arrows.
_SIDE_MARGIN = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayCurve:
    """Places that the delay at one receiver allows, near the target and in the horizontal plane through it.

    receiver_id: whose delay. left_out: whether the fix left this receiver out. points_m [n, 2]: in m.
    """

    receiver_id: str
    left_out: bool
    points_m: F


@dataclass(frozen=True, slots=True, kw_only=True)
class FixScales:
    """What every part of the map needs to know, computed once.

    places_m [n, 2]: what the plan has to show.
    width_m: width of the plan, which is a square.
    heights_m: lowest and highest point of the side view.
    plan_factor, side_factor: by how much error ellipses are enlarged; None where there are none.
    duration_s: the motion in this time is drawn as an arrow; None for no arrow.
    plan_arrows, side_arrows: the arrows of both views.
    curves: of the last fix that has a place.
    outside: receivers whose delay allows no place on the map.
    """

    places_m: F
    width_m: float
    heights_m: tuple[float, float]
    plan_factor: float | None
    side_factor: float | None
    duration_s: float | None
    plan_arrows: tuple[VelocityArrow, ...]
    side_arrows: tuple[VelocityArrow, ...]
    curves: tuple[DelayCurve, ...]
    outside: tuple[str, ...]

    @property
    def has_arrows(self) -> bool:
        """Whether a velocity is drawn in any of the views."""
        return bool(self.plan_arrows or self.side_arrows)


def fix_scales(fixes: Sequence[Fix], groups: Sequence[Sequence[Measurement]], scenario: Scenario) -> FixScales:
    """The scales of a map of these fixes: everything that is drawn lies inside of it, but for ends of delay curves."""
    views = (PLAN, SIDE) if scenario.dimensions == 3 else (PLAN,)
    found = [place for fix in fixes for place in (fix.position_m, fix.other_position_m) if place is not None]
    nodes = np.vstack([scenario.transmitter.position_m, scenario.receiver_positions_m, *found])
    span_m = map_width(nodes)
    plan = min((enlargement(ellipse, span_m) for _, ellipse in located(fixes, PLAN)), default=None)
    plan = _beside_priors(fixes, PLAN, plan)
    duration_s = arrow_duration_s(fixes, views, span_m)
    arrows = {view: tuple(velocity_arrows(fixes, view, duration_s)) for view in views}
    tips = [arrow.tip_outline_m for arrow in arrows[PLAN]]
    # A prior wider than the network is drawn as far as the map reaches.
    near = [each for each in priors_of(fixes, PLAN) if each[1].semi_major_m < span_m]
    places = np.vstack([nodes[:, :2], *_outlines(fixes, PLAN, plan), *_reach(near), *tips])
    heights, side = _side_scales(fixes, nodes, span_m, arrows.get(SIDE, ()))
    curves, outside = _delay_curves(fixes, groups, scenario, places)
    return FixScales(
        places_m=places,
        width_m=map_width(places),
        heights_m=heights,
        plan_factor=plan,
        side_factor=side,
        duration_s=duration_s,
        plan_arrows=arrows[PLAN],
        side_arrows=arrows.get(SIDE, ()),
        curves=curves,
        outside=outside,
    )


def _side_scales(
    fixes: Sequence[Fix], nodes: F, span_m: float, arrows: Sequence[VelocityArrow]
) -> tuple[tuple[float, float], float | None]:
    """Lowest and highest point of the side view, and by how much its error ellipses are enlarged."""
    room_m = 0.18 * max(float(np.ptp(nodes[:, 2])), 0.02 * span_m)
    low, high = float(nodes[:, 2].min()) - room_m, float(nodes[:, 2].max()) + room_m
    factors = (side_enlargement(ellipse, span_m, high - low) for _, ellipse in located(fixes, SIDE))
    factor = _beside_priors(fixes, SIDE, min(factors, default=None))
    near = [each for each in priors_of(fixes, SIDE) if each[1].semi_major_m < span_m]
    reached = [*_outlines(fixes, SIDE, factor), *_reach(near), *(arrow.tip_outline_m for arrow in arrows)]
    if reached:
        heights = np.concatenate(reached)[:, 1]
        lowest, highest = min(low, float(heights.min())), max(high, float(heights.max()))
        margin = _SIDE_MARGIN * (highest - lowest)
        low, high = min(low, float(heights.min()) - margin), max(high, float(heights.max()) + margin)
    return (low, high), factor


def _delay_curves(
    fixes: Sequence[Fix], groups: Sequence[Sequence[Measurement]], scenario: Scenario, shown: F
) -> tuple[tuple[DelayCurve, ...], tuple[str, ...]]:
    """The curves of the last fix that has a place, and the receivers of which none lies on the map around `shown`."""
    last = next((k for k in reversed(range(len(fixes))) if fixes[k].position_m is not None), None)
    if last is None:
        return (), ()
    fix, half_m = fixes[last], map_width(shown) / 2
    assert fix.position_m is not None
    sites = {one.id: one for one in scenario.receivers}
    curves: list[DelayCurve] = []
    outside: list[str] = []
    for one in groups[last]:
        site, left_out = sites.get(one.receiver_id), one.receiver_id in fix.outliers
        # A clock whose time is unknown makes a delay without information about the place.
        if site is None or np.isinf(site.clock_offset_std_s) or not (left_out or one.receiver_id in fix.used):
            continue
        # The offset of the transmitter's clock is in every delay; the fit has estimated it.
        path_m = SPEED_OF_LIGHT_M_S * (one.delay_s - fix.common_clock_offset[0])
        cut = plane_cut(scenario.transmitter.position_m, site.position_m, path_m, float(fix.position_m[2]))
        near = [place[:2] for place in (fix.position_m, fix.other_position_m) if place is not None]
        parts = [] if cut is None else [part_near(cut, place, 2 * _CURVE_SHARE * half_m) for place in near]
        parts = [part for part in parts if np.any(np.all(np.abs(part - centre(shown)) < half_m, axis=1))]
        curves += [DelayCurve(receiver_id=site.id, left_out=left_out, points_m=part) for part in parts]
        if not parts:
            outside.append(site.id)
    return tuple(curves), tuple(outside)


def located(fixes: Sequence[Fix], view: View) -> list[tuple[F, ErrorEllipse]]:
    """Place [2] and ellipse in two coordinates of every fix that has both."""
    drawn = [(fix.position_m, ellipse_of(fix.position_covariance_m2, view)) for fix in fixes]
    return [(place[list(view)], ellipse) for place, ellipse in drawn if place is not None and ellipse is not None]


def priors_of(fixes: Sequence[Fix], view: View) -> list[tuple[F, ErrorEllipse]]:
    """Place [2] and ellipse in two coordinates of every prior that fixes used, each once."""
    found: dict[bytes, tuple[F, ErrorEllipse]] = {}
    for fix in fixes:
        place, covariance = fix.prior_position_m, fix.prior_position_covariance_m2
        if place is not None and covariance is not None and (ellipse := ellipse_of(covariance, view)) is not None:
            found[place.tobytes() + covariance.tobytes()] = place[list(view)], ellipse
    return list(found.values())


def _beside_priors(fixes: Sequence[Fix], view: View, factor: float | None) -> float | None:
    """`factor`, or where an error would be drawn larger than the prior in any direction, which is true to scale, the
    largest power of ten that leaves it inside; 1 where both are alike.
    """
    errors = [ellipse for _, ellipse in located(fixes, view)]
    priors = [ellipse for _, ellipse in priors_of(fixes, view)]
    if factor is None or not priors:
        return factor
    most = 10.0 ** np.floor(np.log10(min(error.room_in(prior) for error in errors for prior in priors)))
    return float(max(1.0, min(factor, most)))


def _reach(priors: Sequence[tuple[F, ErrorEllipse]]) -> list[F]:
    """Corners [2, 2] of the box around each prior's ellipse."""
    return [place + np.multiply.outer([-1.0, 1.0], ellipse.half_widths_m) for place, ellipse in priors]


def _outlines(fixes: Sequence[Fix], view: View, factor: float | None) -> list[F]:
    """Corners [2, 2] of the box around each enlarged ellipse."""
    if factor is None:
        return []
    return [
        place + np.multiply.outer([-factor, factor], ellipse.half_widths_m) for place, ellipse in located(fixes, view)
    ]
