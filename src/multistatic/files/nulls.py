"""Every number that `design.json` cannot give is null and has a reason; this is where the reasons are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, SupportsFloat

from multistatic.bounds.position import PositionBound
from multistatic.design.finish import UNCERTIFIED
from multistatic.design.result import Design

_LOST_BETWEEN = "The target is unobservable at a place between the points."
_WHOLE_UNIT = (
    "Not computed: the beams would have to be designed again, which the command design does with beamformers that take "
    "milliseconds."
)


def finite(value: SupportsFloat | None) -> float | None:
    """`value` as a float, None where there is none or it is NaN or infinite."""
    number = None if value is None else float(value)
    return number if number is not None and math.isfinite(number) else None


def reasons_for_nulls(design: Design, document: Mapping[str, Any]) -> dict[str, str]:
    """A sentence for each None of `document`, by its path with dots, as in `bounds.peb_m`."""
    return {path: _reason(design, path) for path in _nulls(document)}


def _nulls(value: Any, path: str = "") -> Iterator[str]:
    if value is None:
        yield path
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _nulls(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _nulls(inner, f"{path}[{number}]")


def _reason(design: Design, path: str) -> str:
    """Why the value at `path` of `design.json` does not exist."""
    room, _, name = path.partition(".")
    if path == "cooperation_cost_limit_m":
        return "The scenario sets no limit."
    if path.startswith("provenance.dependencies."):
        return "Not installed."
    if name == "nearest_budget_m":
        return "Given only if no group meets the limit of the cooperation cost and a larger limit would allow one."
    if name == "largest_common_rate_bps_hz":
        return "Given only if the required rates were not met."
    if room in ("selection", "cooperation_cost_m") and design.scheme == "mono":
        return "The mono-static scheme selects no receivers."
    if design.status == "infeasible":
        return "There is no design; `message` says why."
    if not design.certified and ((room == "sensitivities" and name != "clock_1ns") or name in ("bound", "gap")):
        return UNCERTIFIED
    if path == "beamforming.upper_bound_w" and design.points.count > 1:
        return "Over several points the beams minimise a loss, and what is proven is a bound on the loss: see gap."
    if room.startswith("targets["):
        return _point_reason(design)
    if room == "robustness":
        return _robustness_reason(design, name)
    if room == "selection":
        return "The method proves no bound." if name in ("bound", "gap") else "The criterion has no finite value."
    if room == "sensitivities":
        return _sensitivity_reason(design, name)
    if room == "bounds":
        return _bound_reason(design, name)
    return "Not finite, or not reported by the method."


def _point_reason(design: Design) -> str:
    """Why a target has no number of its own."""
    if design.selection is None:
        return "The mono-static scheme has no criterion."
    return "The target is unobservable at one of its points, or all of its points were left out."


def _robustness_reason(design: Design, name: str) -> str:
    if design.scheme == "mono":
        return "The mono-static scheme has no criterion."
    if name in ("bound", "gap"):
        return "Nothing is proven of the value over the points."
    if name == "value_between":
        unobservable = design.over_points is not None and design.over_points.between is not None
        return _LOST_BETWEEN if unobservable else "Nothing was checked between the points."
    if name == "value_of_nominal_design":
        over = design.over_points
        if over is not None and over.middle_value is None:
            return "No design for the middle alone was made, or it was not found."
        return "The design for the middle alone leaves the target unobservable at one of the points."
    return "The target is unobservable at one of the points."


def _sensitivity_reason(design: Design, name: str) -> str:
    if name == "one_fails.change" or name.startswith("target_off["):
        return "The target is unobservable then."
    if name == "target_off":
        return "Computed for designs with beams only."
    if design.scheme == "mono":
        return "Not computed for the mono-static scheme."
    if name == "clock_1ns":
        return "There is no position error bound, so clock errors cannot change it."
    if name.startswith("clock_1ns."):
        return "The position is unobservable with this clock error."
    if name in ("rate_1bps_hz.change", "power_1db.change"):
        return "No beams that meet the required rates were found with this change."
    if name in ("rate_1bps_hz", "power_1db") and design.sensitivity is not None:
        return _WHOLE_UNIT if design.sensitivity.rate_per_bps_hz is not None else _no_prices(design)
    if name == "budget":
        return "No larger limit of the cooperation cost allows a better group by adding or exchanging one receiver."
    return _no_prices(design)


def _no_prices(design: Design) -> str:
    """Why a design has no slopes in rate and power."""
    if design.scenario.propagation.clutter != "independent":
        return "The clutter depends on the beams, so that dual prices do not give the change."
    return "The beamformer gives no dual prices for this design."


def _bound_reason(design: Design, name: str) -> str:
    if name.endswith((".range_std_m", ".range_rate_std_m_s")):
        return "The receiver gets no information about this quantity, or its clock or the transmitter's is unknown."
    if name.startswith("per_receiver."):
        return "The receiver gets no information about this quantity."
    if name.startswith("surrogate") or name == "sum_crb" or design.accuracy is None:
        return "The group has no information about delay or Doppler, or the figure is not defined for this scheme."
    if name == "peb_vertical_m" and design.accuracy.position.covariance_m2 is not None:
        return "The target moves in a horizontal plane of known height."
    with_angles = "_with_angles" in name
    bound: PositionBound = design.accuracy.position_with_angles if with_angles else design.accuracy.position
    return bound.reason or "The figure is unobservable with this group."
