"""What `design.json` and `design.npz` say of targets, of points, and of what a design loses where something fails."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistatic.channel.realise import as_given
from multistatic.design.result import Design
from multistatic.design.weak_points import point_block_snr, weak_points
from multistatic.files.nulls import finite
from multistatic.scenario.given_channel import GivenChannel
from multistatic.units import B, F

MAY_BE_INFINITE = frozenset(
    {"point_value", "point_peb_m", "point_veb_m_s", "point_position_covariance_m2", "nominal_point_value"}
)
"""Arrays of `design.npz` that are infinite where the target is unobservable."""


def targets_document(design: Design) -> list[dict[str, Any]]:
    """The list `targets`: of each target its points, and the worst and the mean of the criterion, of both bounds and
    of the power towards it; means are weighted.
    """
    values, illumination_w, (peb_m, veb_m_s) = _point_values(design), _illumination_w(design), _point_bounds(design)
    rows = []
    for number, target in enumerate(design.scenario.targets):
        own = np.flatnonzero(design.points.target == number)
        row: dict[str, Any] = {"id": target.id, "position_m": target.position_m.tolist(), "points": len(own)}
        weight = _shares(design.points.weight[own])
        row["worst_value"], row["mean_value"] = _worst_and_mean(values, own, weight, np.max)
        row["worst_peb_m"], row["mean_peb_m"] = _worst_and_mean(peb_m, own, weight, np.max)
        row["worst_veb_m_s"], row["mean_veb_m_s"] = _worst_and_mean(veb_m_s, own, weight, np.max)
        row["worst_illumination_w"], row["mean_illumination_w"] = _worst_and_mean(illumination_w, own, weight, np.min)
        worst = None if values is None or not len(own) else int(own[np.argmax(values[own])])
        row["worst_point_m"] = None if worst is None else design.points.position_m[worst].tolist()
        rows.append(row)
    return rows


def robustness_document(design: Design) -> dict[str, Any]:
    """The table `robustness`: what the design reaches over the points, what is proven of that, and what the design for
    the middle alone reaches over the same points. One exactly known target has one point, which is its middle.
    """
    over, chosen = design.over_points, design.selection
    if design.status == "infeasible" or chosen is None:
        names = "over_points value value_between bound gap value_of_nominal_design worst_point weak_points"
        return dict.fromkeys([*names.split(), "points", "points_added", "points_checked"])
    if over is None:
        value, bound, gap, nominal, worst = chosen.value, chosen.bound, chosen.gap, chosen.value, 0
        between, added, checked = None, 0, 0
    else:
        value, bound, gap, nominal, worst = over.value_reduced, over.bound, over.gap, over.middle_value, over.worst
        between, added, checked = over.between, over.added, over.checked
    points, weak = design.points, weak_points(design)
    return {
        "over_points": design.scenario.over_points,
        "value": finite(value),
        "value_between": finite(between),
        "bound": finite(bound),
        "gap": finite(gap),
        "value_of_nominal_design": finite(nominal),
        "worst_point": {
            "point": worst,
            "target": design.scenario.targets[int(points.target[worst])].id,
            "position_m": points.position_m[worst].tolist(),
        },
        "weak_points": None if weak is None else {"some": weak.some, "all": weak.all, "counted": weak.counted},
        "points": points.count,
        "points_added": added,
        "points_checked": checked,
    }


def losses_document(design: Design) -> dict[str, Any]:
    """The entries `targets`, `one_fails` and `target_off` of the table `sensitivities`."""
    found, targets = design.robustness, _shares_document(design)
    if found is None:
        return {"targets": targets, "one_fails": None, "target_off": None}
    failure = found.one_fails
    return {
        "targets": targets,
        "one_fails": None if failure is None else {**asdict(failure), "change": finite(failure.change)},
        "target_off": [
            {"distance_m": each.distance_m, "worst_change": finite(each.worst_change)} for each in found.target_off
        ],
    }


def _shares_document(design: Design) -> list[dict[str, Any]] | None:
    """Of several targets the part that each has in the result; None for one, and where it is not known."""
    share = None if design.sensitivity is None else design.sensitivity.target_share
    if share is None:
        return None
    return [
        {"id": target.id, "share": finite(each)} for target, each in zip(design.scenario.targets, share, strict=True)
    ]


def sensing_document(design: Design) -> dict[str, Any]:
    """The entries `sensing_sequences` and `sensing_sequences_known_by` of the table `beamforming`: how many sequences
    the sensing beam has, all of which the cooperating receivers must know to remove them before they read their data.
    """
    result = design.beamforming
    if result is None or result.beams is None:
        return {"sensing_sequences": None, "sensing_sequences_known_by": None}
    count = int(np.sum(_sent(result.beams.weights)))
    return {"sensing_sequences": count, "sensing_sequences_known_by": list(design.selected_ids) if count else []}


def points_arrays(design: Design) -> dict[str, NDArray[Any]]:
    """The arrays of targets and points; those of figures are there where the figures exist."""
    targets, points, over = design.scenario.targets, design.points, design.over_points
    result, snr = design.beamforming, point_block_snr(design)
    arrays: dict[str, NDArray[Any]] = {
        "target_ids": np.array([target.id for target in targets], dtype=np.str_),
        "target_position_m": np.stack([target.position_m for target in targets]),
        "target_velocity_m_s": np.stack([target.velocity_m_s for target in targets]),
        "points_m": points.position_m,
        "point_velocity_m_s": points.velocity_m_s,
        "point_weight": points.weight,
        "point_target": points.target,
    }
    values = _point_values(design)
    if values is not None:
        arrays["point_value"] = values
    peb_m, veb_m_s = _point_bounds(design)
    if peb_m is not None and veb_m_s is not None:
        arrays |= {"point_peb_m": peb_m, "point_veb_m_s": veb_m_s}
    if snr is not None and design.scheme != "mono":
        arrays["point_block_snr"] = snr
    if over is not None:
        arrays["point_position_covariance_m2"] = over.position_covariance_m2
        if len(over.middle_values) == points.count:
            arrays["nominal_point_value"] = over.middle_values
    if result is not None and result.beams is not None:
        arrays["sensing_sequence_known"] = np.outer(design.selected, _sent(result.beams.weights))
    return arrays


def designed_channel(design: Design) -> GivenChannel:
    """What the channel file beside the scenario holds. Of several points the echo follows from the geometry: a scenario
    with channels from outside has one point, and the design may have added points behind those that are laid.
    """
    scenario, channel = design.scenario, design.channel
    if channel.points == 1:
        return as_given(scenario, channel)
    return GivenChannel(direct=channel.direct, receiver_ids=scenario.receiver_ids, carrier_hz=scenario.radio.carrier_hz)


def _sent(weights: NDArray[Any]) -> B:
    """Which columns [L] of the sensing beam send anything."""
    found: B = np.any(weights[0] != 0.0, axis=0)
    return found


def _point_values(design: Design) -> F | None:
    """The criterion at each point; None for a design that has none."""
    if design.over_points is not None:
        return design.over_points.value
    if design.status == "infeasible" or design.selection is None or design.selection.value is None:
        return None
    return np.array([design.selection.value])


def _point_bounds(design: Design) -> tuple[F | None, F | None]:
    """Position and velocity error bound at each point; None for a design without accuracy."""
    if design.over_points is not None:
        return design.over_points.peb_m, design.over_points.veb_m_s
    if design.accuracy is None or design.points.count > 1:
        return None, None
    bounds = (design.accuracy.position.peb_m, design.accuracy.position.veb_m_s)
    peb_m, veb_m_s = (np.array([np.inf if each is None else each]) for each in bounds)
    return peb_m, veb_m_s


def _illumination_w(design: Design) -> F | None:
    result = design.beamforming
    if result is None or result.beams is None:
        return None
    return result.beams.illumination_w(design.channel.steering_tx)


def _shares(weight: F) -> F:
    """Weights that sum to 1; equal ones where all are 0, as those of points that were added."""
    total = float(weight.sum())
    return weight / total if total > 0.0 else np.full(len(weight), 1.0 / max(len(weight), 1))


def _worst_and_mean(values: F | None, own: NDArray[Any], weight: F, worst: Any) -> tuple[float | None, float | None]:
    if values is None or not len(own):
        return None, None
    counted = weight > 0.0
    return finite(worst(values[own])), finite(float(weight[counted] @ values[own][counted]))
