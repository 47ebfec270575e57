"""The figures of merit that a study stores: one number for each design, or none where it does not exist."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

import numpy as np

from multistatic import registry
from multistatic.scenario.model import Choice
from multistatic.study import figures_over_points as over
from multistatic.study.filter_errors import of_filter
from multistatic.study.outcome import Outcome

# Metrics in the unit of the criterion.
OF_CRITERION = frozenset({"value", "worst_value", "mean_value", "nominal_worst_value"})
MEASURED_BY_CLOCK = frozenset({"time_s"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Metric:
    """`value` gives the number (None: does not exist for this design); a `proportion` is 0 or 1.

    `unit`: "1" for pure numbers, empty where it depends on the scenario.
    """

    unit: str
    description: str
    value: Callable[[Outcome], float | None]
    proportion: bool = False


def _at(path: str) -> Callable[[Outcome], float | None]:
    """The attribute at `path` of the design, None as soon as something on the way is."""
    steps = [attrgetter(name) for name in path.split(".")]

    def value(outcome: Outcome) -> float | None:
        found: Any = outcome.design
        for step in steps:
            if found is None:
                return None
            found = step(found)
        return None if found is None else float(found)

    return value


def _of_rates(reduce: Callable[..., Any]) -> Callable[[Outcome], float | None]:
    def value(outcome: Outcome) -> float | None:
        result = outcome.design.beamforming
        has_rates = outcome.design.status != "infeasible" and result is not None and result.rates_bps_hz is not None
        return float(reduce(result.rates_bps_hz)) if has_rates and result is not None else None

    return value


def _of_status(*wanted: str) -> Callable[[Outcome], float | None]:
    return lambda outcome: float(outcome.design.status in wanted)


def _gap(outcome: Outcome) -> float | None:
    chosen = outcome.design.selection
    return None if outcome.design.status == "infeasible" or chosen is None else chosen.gap


def _receivers(outcome: Outcome) -> float | None:
    return None if outcome.design.status == "infeasible" else float(outcome.design.selected.sum())


def _value(outcome: Outcome) -> float | None:
    chosen = outcome.design.selection
    exists = chosen is not None and chosen.value is not None and outcome.design.status != "infeasible"
    return float(chosen.value) if exists and chosen is not None and chosen.value is not None else None


_BEAMS, _BOUNDS = "beamforming", "accuracy"

METRICS = {
    "value": Metric(unit="", description="the scenario's criterion, in its own unit", value=_value),
    "surrogate": Metric(
        unit="1", description="surrogate U = tr (Σ J_k)⁻¹, with the exact J_k", value=_at(f"{_BOUNDS}.surrogate")
    ),
    "surrogate_published": Metric(
        unit="1", description="surrogate U, with the paper's J_k", value=_at(f"{_BOUNDS}.surrogate_published")
    ),
    "sum_crb": Metric(
        unit="1", description="sum of bounds, Σ tr J_k⁻¹ over the group", value=_at(f"{_BOUNDS}.sum_crb")
    ),
    "peb_m": Metric(unit="m", description="position error bound", value=_at(f"{_BOUNDS}.position.peb_m")),
    "veb_m_s": Metric(unit="m/s", description="velocity error bound", value=_at(f"{_BOUNDS}.position.veb_m_s")),
    "peb_with_angles_m": Metric(
        unit="m",
        description="position error bound, with angles of arrival",
        value=_at(f"{_BOUNDS}.position_with_angles.peb_m"),
    ),
    "veb_with_angles_m_s": Metric(
        unit="m/s",
        description="velocity error bound, with angles of arrival",
        value=_at(f"{_BOUNDS}.position_with_angles.veb_m_s"),
    ),
    "illumination_w": Metric(
        unit="W",
        description="illumination: power sent towards the target, p_t; of several points the lowest or the mean",
        value=_at(f"{_BEAMS}.illumination_w"),
    ),
    "beam_gap": Metric(unit="1", description="proven gap of the beams: 1 - p_t/bound", value=_at(f"{_BEAMS}.gap")),
    "power_w": Metric(unit="W", description="transmit power used", value=_at(f"{_BEAMS}.power_w")),
    "rate_sum_bps_hz": Metric(unit="bit/s/Hz", description="sum of all rates", value=_of_rates(np.sum)),
    "rate_min_bps_hz": Metric(unit="bit/s/Hz", description="smallest rate", value=_of_rates(np.min)),
    "rate_mean_bps_hz": Metric(unit="bit/s/Hz", description="mean rate of a receiver", value=_of_rates(np.mean)),
    "cost_m": Metric(unit="m", description="cooperation cost", value=_at("cost_m")),
    "receivers": Metric(unit="1", description="number of cooperating receivers", value=_receivers),
    "gap": Metric(unit="1", description="proven gap of the design: 1 - bound/value", value=_gap),
    "feasible": Metric(
        unit="1",
        description="1 where there is a design",
        value=_of_status("optimal", "feasible"),
        proportion=True,
    ),
    "optimal": Metric(
        unit="1", description="1 where group and beams are proven optimal", value=_of_status("optimal"), proportion=True
    ),
    "rounds": Metric(unit="1", description="how many times group and beams were designed in turn", value=_at("rounds")),
    "filter_sum_mse": Metric(
        unit="1", description="Σ tr M_k of a matched filter over the group", value=of_filter(lambda e: e.sum_mse)
    ),
    "filter_delay_ratio": Metric(
        unit="1", description="delay error over its own bound, rms", value=of_filter(lambda e: e.delay_ratio)
    ),
    "filter_doppler_ratio": Metric(
        unit="1", description="Doppler error over its own bound, rms", value=of_filter(lambda e: e.doppler_ratio)
    ),
    "filter_position_rmse_m": Metric(
        unit="m", description="position error of the unique fixes, rms", value=of_filter(lambda e: e.position_rmse_m)
    ),
    "filter_located": Metric(
        unit="1", description="part of the blocks with a unique fix", value=of_filter(lambda e: e.located)
    ),
    "points": Metric(
        unit="1",
        description="number of points where the targets may be, with those that the check added",
        value=over.points,
    ),
    "worst_value": Metric(
        unit="", description="criterion at the worst point, in its own unit", value=over.over_values(over.worst)
    ),
    "mean_value": Metric(
        unit="", description="mean of the criterion over the points, in its own unit", value=over.over_values(over.mean)
    ),
    "worst_peb_m": Metric(
        unit="m", description="largest position error bound of all points", value=over.over_errors(over.worst)
    ),
    "mean_peb_m": Metric(
        unit="m", description="mean of the position error bound over the points", value=over.over_errors(over.mean)
    ),
    "worst_illumination_w": Metric(
        unit="W", description="lowest power towards a point", value=over.over_light(over.least)
    ),
    "mean_illumination_w": Metric(
        unit="W", description="mean power towards the points", value=over.over_light(over.mean)
    ),
    "nominal_worst_value": Metric(
        unit="",
        description="criterion at the worst point with the design for the middle alone, in its own unit",
        value=over.nominal_worst,
    ),
    "nominal_excess": Metric(
        unit="1",
        description="how much larger the criterion at the worst point is with the design for the middle alone",
        value=over.nominal_excess,
    ),
    "one_fails_change": Metric(
        unit="1",
        description="relative change of the criterion if the receiver fails whose failure is the worst",
        value=over.one_fails,
    ),
    "target_off_10m_change": Metric(
        unit="1",
        description="relative change of the criterion if the target is 10 m off in the worst direction",
        value=over.target_off(10.0),
    ),
    "time_s": Metric(
        unit="s", description="time of the design, without compilation", value=lambda outcome: outcome.time_s
    ),
}


def metric_names() -> tuple[str, ...]:
    """Every metric that a study can store, our own and those registered as `multistatic.metrics`."""
    return (*METRICS, *(name for name in registry.names("metrics") if name not in METRICS))


def metric(name: str) -> Metric:
    """The metric of this name; `InputError` for an unknown one. Values of another package's metric are checked."""
    if name in METRICS:
        return METRICS[name]
    found: Metric = registry.load("metrics", name)
    plugin = registry.plugin("metrics", name)
    return found if plugin is None else _checked(found, plugin)


def _checked(found: Any, plugin: registry.Plugin) -> Metric:
    """The metric of another package, whose values are numbers or None."""
    if not isinstance(found, Metric):
        plugin.refuse(type(found).__name__, "a Metric")

    def value(outcome: Outcome) -> float | None:
        number = plugin.run(found.value, outcome, doing="in value")
        if number is None:
            return None
        real = isinstance(number, bool | int | float | np.bool_ | np.integer | np.floating)
        if not real or np.isnan(number):
            plugin.refuse(registry.one_line(repr(number)), "a number, or None where it does not exist")
        return float(number)

    return replace(found, value=value)


def stored_unit(name: str, criteria: Set[Choice]) -> str:
    """The unit of a metric in a study of these criteria; empty where it is not known, or not the same everywhere."""
    if name not in OF_CRITERION:
        return metric(name).unit
    stated = (registry.fact("criteria", each, "unit", None) for each in criteria)
    units = {"" if unit is None else unit or "1" for unit in stated}
    return units.pop() if len(units) == 1 else ""
