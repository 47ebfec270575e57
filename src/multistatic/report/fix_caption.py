"""Title and caption of a map of fixes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from multistatic.localization.fix import Fix
from multistatic.report.assumption_sentences import clocks_in_words
from multistatic.report.comparison_groups import count_in_words
from multistatic.report.error_ellipse import PLAN, SIDE
from multistatic.report.fix_scales import FixScales
from multistatic.report.fix_symbols import measured_receivers, speed_in_words
from multistatic.report.fix_velocity import MOST_ARROWS, is_moving
from multistatic.report.wording import error_apart, quantity
from multistatic.scenario.model import Scenario

_KNOWN = (
    "Assumed: the positions of transmitter and receivers are exact; the errors of the measurements are Gaussian, with "
    "the stated covariances."
)


def fix_title(fixes: Sequence[Fix], scenario: Scenario) -> str:
    """Whose fixes these are, and how sure they are: in space horizontally and vertically apart."""
    name, found = scenario.name, [fix for fix in fixes if fix.position_m is not None]
    if len(fixes) == 1:
        verdict = fixes[0].position_verdict
        if verdict == "unobservable":
            return f"{name}: the position of the target is unobservable"
        if verdict == "contradictory":
            return f"{name}: the measurements contradict each other"
        if verdict == "ambiguous":
            return f"{name}: two places of the target fit the measurements"
        return f"{name}: {_error(fixes)}"
    counted = (
        f"{len(fixes)} fixes" if len(found) == len(fixes) else f"{len(found)} of {len(fixes)} fixes have a position"
    )
    error = _error(fixes)
    return f"{name}: {counted}" + (f", median {error}" if error else "")


def fix_sentences(
    fixes: Sequence[Fix], scenario: Scenario, scales: FixScales, stretch: float | None, unnamed: Sequence[str]
) -> list[str]:
    """Sentences of the caption: the errors, what the curves are, who was left out, which verdicts there are.

    stretch: by how much heights are enlarged in the side view; None where there is none. unnamed: ids of the
    receivers whose name found no room.
    """
    parts = [_curves_in_words(len(fixes) > 1, stretch is not None)] if scales.curves else []
    if scales.outside:
        parts.append(f"The delay at {', '.join(scales.outside)} allows no place on this map.")
    if any(fix.prior_position_m is not None for fix in fixes):
        parts.append("Each fix is of the measurements and the prior of the target.")
    parts += _velocities_in_words(fixes, scales, stretch is not None)
    if stretch is not None:
        parts.append(f"Side view from the south: heights drawn ×{stretch:.2g}.")
    flagged = sorted({name for fix in fixes for name in fix.outliers})
    if flagged:
        parts.append(f"Left out, as the delay or Doppler shift contradicts the others: {', '.join(flagged)}.")
    parts += _verdicts_in_words(fixes)
    parts += _nameless_in_words(fixes, scenario, unnamed)
    return [*parts, clocks_in_words(scenario), _KNOWN]


def _error(fixes: Sequence[Fix]) -> str:
    """`position error 26 mm (1σ)`, of several fixes from the medians of the variances; in space
    `position error (1σ): horizontal 1.6 mm, vertical 3.6 mm`.
    """
    covariances = [fix.position_covariance_m2 for fix in fixes if fix.position_covariance_m2 is not None]
    if not covariances:
        return ""
    middle = np.median(covariances, axis=0)
    if len(middle) < 3:
        return f"position error {quantity(float(np.sqrt(np.trace(middle))), 'm')} (1σ)"
    return f"position error (1σ): {error_apart(middle)}"


def _curves_in_words(several: bool, spatial: bool) -> str:
    last = "last fix" if several else "target"
    if spatial:
        cut = "of its cut at the target's height, only the part near the"
        return f"The delay at one receiver places the target on a spheroid; {cut} {last} is drawn."
    return f"The delay at one receiver places the target on an ellipse; only its part near the {last} is drawn."


def _velocities_in_words(fixes: Sequence[Fix], scales: FixScales, spatial: bool) -> list[str]:
    """The speed of a single fix, which velocities have no arrow, and why."""
    known = [fix for fix in fixes if fix.velocity_m_s is not None]
    if not known:
        return ["No velocity: it is unobservable."] if any(fix.position_m is not None for fix in fixes) else []
    parts = []
    if len(fixes) == 1:
        sure = "" if known[0].velocity_std_m_s is None else " (1σ)"
        parts.append(f"Speed: {speed_in_words(known[0])}{sure}.")
    views = (PLAN, SIDE) if spatial else (PLAN,)
    moving = sum(any(is_moving(fix, view, len(fixes)) for view in views) for fix in known)
    unknown = sum(fix.covariance is None for fix in known)
    for count, why in (
        (len(known) - moving - unknown, "is not significantly different from zero (95 % level)"),
        (unknown, "has an unknown error"),
    ):
        some = "" if len(fixes) == 1 else f" of {count} of {len(fixes)} fixes"
        if count:
            parts.append(f"No arrow: the velocity{some} {why}.")
    if moving > MOST_ARROWS:
        parts.append(f"Arrows: of {max(len(scales.plan_arrows), len(scales.side_arrows))} of {moving} fixes.")
    return parts


def _nameless_in_words(fixes: Sequence[Fix], scenario: Scenario, unnamed: Sequence[str]) -> list[str]:
    """Which receivers of the fixes have no name on the map, and how many others."""
    measured = [one.id for one in measured_receivers(fixes, scenario)]
    used = [name for name in unnamed if name in measured]
    others = len(unnamed) - len(used)
    parts = [f"Used, without room for the name: {', '.join(used)}."] if used else []
    if others:
        parts.append(f"Not used, without room for the name: {count_in_words(others)}.")
    return parts


def _verdicts_in_words(fixes: Sequence[Fix]) -> list[str]:
    """Why fixes are not unique, each reason once."""
    said: dict[str, int] = {}
    for fix in fixes:
        if fix.position_verdict != "unique" and fix.message:
            said[fix.message] = said.get(fix.message, 0) + 1
    if len(fixes) == 1:
        return list(said)
    return [f"{count} of {len(fixes)} fixes: {message}" for message, count in said.items()]
