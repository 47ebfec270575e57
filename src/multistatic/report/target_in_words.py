"""What a scenario knows of the places of its targets, and what its design does about it, in a sentence."""

from __future__ import annotations

import numpy as np

from multistatic.report.target_outline import outlines
from multistatic.report.wording import quantity
from multistatic.scenario.area_samples import heights_of
from multistatic.scenario.design_settings import OverPoints
from multistatic.scenario.model import Scenario, Target

EXACT = "Target: designed for exactly this position and velocity."
_NAMED_AT_MOST = 3
_DESIGNED: dict[OverPoints, str] = {
    "worst": "designed for the worst of these places",
    "mean": "designed for the mean over these places",
    "mean_square": "designed for the root mean square over these places",
    "posterior": "designed for the expected error of its estimate together with the prior",
}


def target_in_words(scenario: Scenario) -> str:
    """`Target: anywhere in a disc of 20 m radius; designed for the worst of these places.`

    >>> from multistatic import load_preset
    >>> target_in_words(load_preset("paper"))
    'Target: designed for exactly this position and velocity.'
    """
    if not scenario.uncertain:
        return EXACT
    targets = scenario.targets
    if len(targets) == 1:
        known = _place_in_words(targets[0], scenario.dimensions)
    else:
        known = f"{len(targets)} targets{_names(targets)}"
        inexact = [
            f"{count} with {what}"
            for count, what in (
                (sum(target.area is not None for target in targets), "an area"),
                (sum(target.prior is not None for target in targets), "a prior"),
            )
            if count
        ]
        known += f", {' and '.join(inexact)}" if inexact else ""
    return f"Target: {known}; {_DESIGNED[scenario.over_points]}."


def _names(targets: tuple[Target, ...]) -> str:
    return f" ({', '.join(target.id for target in targets)})" if len(targets) <= _NAMED_AT_MOST else ""


def _place_in_words(target: Target, dimensions: int) -> str:
    """`anywhere in a disc of 20 m radius`, or `prior of ± 3 to 8 m around its position`."""
    if target.prior is not None:
        variances = np.linalg.eigvalsh(target.prior.position_covariance_m2[:dimensions, :dimensions])
        low, high = (quantity(float(np.sqrt(max(each, 0.0))), "m") for each in (variances[0], variances[-1]))
        spread = high if low == high else f"{low} to {high}"
        return f"position known to ± {spread} before the measurement"
    return f"anywhere in {_area_in_words(target)}"


def _area_in_words(target: Target) -> str:
    """`a disc of 20 m radius`, `a box of 200 m × 200 m × 90 m` or `a polygon, 140 m × 80 m`, with its heights."""
    area = target.area
    assert area is not None
    low, high = heights_of(area, target.position_m)
    heights = f", {low:.4g} m to {high:.4g} m high" if high > low and area.kind != "box" else ""
    if area.kind == "disc":
        assert area.radius_m is not None
        return f"a disc of {quantity(area.radius_m, 'm')} radius{heights}"
    around = np.concatenate(outlines(target))
    sizes = [*np.ptp(around, axis=0), *([high - low] if area.kind == "box" and high > low else [])]
    words = " × ".join(quantity(float(size), "m") for size in sizes)
    return f"a box of {words}" if area.kind == "box" else f"a polygon, {words}{heights}"
