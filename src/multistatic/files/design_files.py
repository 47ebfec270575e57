"""The files of a design, a stable contract (docs/formats.md): `design.json`, `design.npz`, `scenario.toml` with
`channel.npz`, `design.mat` on request, pictures and `report.html`.

The same design gives the same bytes, its timing aside: no clock, fixed dates inside the archive.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistatic.design.clock_step import clock_step
from multistatic.design.result import Accuracy, Design
from multistatic.design.unit_changes import UnitChanges
from multistatic.design.weak_points import weak_points
from multistatic.files.atomic import write_files_atomically
from multistatic.files.channel_file import channel_arrays
from multistatic.files.matlab_file import mat5_bytes
from multistatic.files.nulls import finite, reasons_for_nulls
from multistatic.files.numpy_file import npz_bytes
from multistatic.files.points_document import (
    designed_channel,
    losses_document,
    points_arrays,
    robustness_document,
    sensing_document,
    targets_document,
)
from multistatic.registry import name_of, origin_of
from multistatic.scenario.algorithm_settings import algorithm_name, as_table
from multistatic.scenario.assumptions import assumptions
from multistatic.scenario.given_channel import GivenChannel
from multistatic.scenario.model import Scenario
from multistatic.scenario.write import CHANNEL_FILE, designed_toml
from multistatic.units import ratio_to_db

FORMAT = "multistatic-design/2"
DOCUMENT, ARRAYS, SCENARIO, PAGE = "design.json", "design.npz", "scenario.toml", "report.html"
CHANNEL, MATLAB = CHANNEL_FILE, "design.mat"
_DRAWN = ("map", "beam_pattern", "rates")
PICTURES = (*(f"{name}.{kind}" for name in _DRAWN for kind in ("svg", "png")), "captions.txt")
DEPENDENCIES = ("numpy", "scipy", "pydantic", "cvxpy", "clarabel", "scs", "pyproj", "matplotlib")


UNITS = {
    "beams": "sqrt(W)",
    "direct": "1 (amplitude)",
    "echo_gain": "1 (power)",
    "echo_path_gain": "1 (power)",
    "steering_tx": "1",
    "steering_rx": "1",
    "clutter": "1 (amplitude)",
    "rate_required_bps_hz": "bit/s/Hz",
    "receiver_positions_m": "m",
    "transmitter_position_m": "m",
    "target_position_m": "m",
    "target_velocity_m_s": "m/s",
    "noise_power_w": "W",
    "clutter_power_w": "W",
    "power_limit_w": "W",
    "points_m": "m",
    "point_velocity_m_s": "m/s",
    "illumination_w": "W",
    "position_covariance_m2": "m^2",
    "point_peb_m": "m",
    "point_veb_m_s": "m/s",
    "point_position_covariance_m2": "m^2",
}
"""Of the arrays of `design.npz` that are quantities, as `design.mat` states them."""


def design_document(
    design: Design, *, timing_s: Mapping[str, float], unit: UnitChanges | None = None
) -> dict[str, Any]:
    """The content of `design.json`; `timing_s` are the seconds spent on each stage, `unit` what a whole unit more of
    rate and power does, where that was computed.

    Numbers that do not exist are None, with their reason under `reasons`.
    """
    scenario, result = design.scenario, design.beamforming
    rates = None if result is None else result.rates_bps_hz
    document = {
        "format": FORMAT,
        "name": scenario.name,
        "status": design.status,
        "message": design.message,
        "scheme": design.scheme,
        "selected": list(design.selected_ids),
        "criterion": name_of(scenario.design.criterion),
        "algorithms": _algorithms(scenario),
        "rounds": design.rounds,
        "selection": _selection(design),
        "beamforming": {**_beamforming(design), **sensing_document(design)},
        "targets": targets_document(design),
        "robustness": robustness_document(design),
        "rates_bps_hz": None if rates is None else _by_id(scenario.receiver_ids, rates),
        "rate_required_bps_hz": _required_rate(design),
        "cooperation_cost_m": finite(design.cost_m),
        "cooperation_cost_limit_m": finite(scenario.requirements.cooperation_cost_m),
        "assumptions": asdict(assumptions(scenario, one_clock=design.scheme == "mono")),
        "bounds": _bounds(design),
        "sensitivities": _sensitivities(design, unit),
        "verification": _verification(design),
        "timing_s": {stage: finite(seconds) for stage, seconds in timing_s.items()},
        "provenance": {
            "version": _version("multistatic"),
            "scenario_sha256": hashlib.sha256(_scenario_toml(design)).hexdigest(),
            "channel": _channel_source(design),
            "channel_sha256": hashlib.sha256(_channel_npz(design)).hexdigest(),
            "seed": scenario.seed,
            "python": platform.python_version(),
            "dependencies": {name: _version(name) for name in DEPENDENCIES},
        },
    }
    return {**document, "reasons": reasons_for_nulls(design, document)}


def design_arrays(design: Design) -> dict[str, NDArray[Any]]:
    """The content of `design.npz`, for a design that has beams."""
    beams = None if design.beamforming is None else design.beamforming.beams
    if beams is None:
        raise ValueError(f"a design with status {design.status!r} has no beams")
    scenario, channel = design.scenario, design.channel
    covariance_m2 = None if design.accuracy is None else design.accuracy.position.covariance_m2
    return {
        "receiver_ids": np.array(scenario.receiver_ids, dtype=np.str_),
        "selected": np.asarray(design.selected, np.bool_),
        "beams": beams.weights,
        "direct": channel.direct,
        **points_arrays(design),
        "illumination_w": beams.illumination_w(channel.steering_tx),
        "echo_gain": channel.echo_gain,
        "echo_path_gain": channel.echo_path_gain,
        "steering_tx": channel.steering_tx,
        "steering_rx": channel.steering_rx,
        "clutter": channel.clutter,
        "rate_required_bps_hz": scenario.rate_required_bps_hz,
        "receiver_positions_m": scenario.receiver_positions_m,
        "transmitter_position_m": scenario.transmitter.position_m,
        "noise_power_w": np.array(channel.noise_power_w),
        "clutter_power_w": np.array(channel.clutter_power_w),
        "power_limit_w": np.array(scenario.transmitter.power_w),
        "position_covariance_m2": np.zeros((0, 0)) if covariance_m2 is None else covariance_m2,
    }


def _scenario_toml(design: Design) -> bytes:
    """The scenario with its channels in the file beside it."""
    return designed_toml(design.scenario).encode()


def _channel_npz(design: Design) -> bytes:
    """The channels of the design as a channel file: with them `scenario.toml` designs the same bits again."""
    return npz_bytes(channel_arrays(designed_channel(design)))


def _channel_source(design: Design) -> str:
    """Where the channels came from: the model's name, or a file."""
    direct = design.scenario.propagation.direct
    return (direct.path or "given") if isinstance(direct, GivenChannel) else name_of(direct)


def _algorithms(scenario: Scenario) -> dict[str, Any]:
    """The algorithms that were used, each with its package and version, or as a callable of the program."""
    design = scenario.design
    chosen = {"selectors": design.selector, "beamformers": design.beamformer, "criteria": design.criterion}
    keys = {"selectors": "selector", "beamformers": "beamformer", "criteria": "criterion"}
    found: dict[str, Any] = {}
    for group, choice in chosen.items():
        origin = origin_of(group, choice)
        found[keys[group]] = {"name": name_of(choice), "origin": str(origin), "object": origin.value}
    return {**found, "options": {algorithm_name(each): as_table(each) for each in design.options}}


def design_files(
    design: Design,
    *,
    timing_s: Mapping[str, float],
    pictures: Mapping[str, bytes] | None = None,
    matlab: bool = False,
    unit: UnitChanges | None = None,
) -> dict[str, bytes]:
    """Every file of a design by its name, `design.json` last; `matlab`: with `design.mat`.

    Arrays and pictures are there only where the design passed its verification: unconfirmed beams are not
    written. A page is written for every verdict.
    """
    files = {CHANNEL: _channel_npz(design), SCENARIO: _scenario_toml(design)}
    drawn = dict(pictures or {})
    page = {PAGE: drawn.pop(PAGE)} if PAGE in drawn else {}
    if design.verification is not None and design.verification.passed:
        arrays = design_arrays(design)
        files |= {ARRAYS: npz_bytes(arrays), **drawn}
        if matlab:
            files[MATLAB] = mat5_bytes(arrays, UNITS)
    return {**files, **page, DOCUMENT: json_bytes(design_document(design, timing_s=timing_s, unit=unit))}


def write_design(
    folder: str | os.PathLike[str],
    design: Design,
    *,
    timing_s: Mapping[str, float] = MappingProxyType({}),
    pictures: Mapping[str, bytes] | None = None,
    matlab: bool = False,
    unit: UnitChanges | None = None,
) -> tuple[Path, ...]:
    """Write all files of a design to a folder and return their paths (docs/formats.md).

    folder: path of the folder, which is made if it does not exist.
    design: the design.
    timing_s: {name of a stage: seconds}, for `design.json`.
    pictures: {file name: content} of pictures to be written beside; None: no pictures.
    matlab: True: write the arrays also as `design.mat`.
    unit: what 1 bit/s/Hz of rate or 1 dB of power more does (`design.unit_changes.unit_changes`), for `design.json`;
      None: not stated there.

    Files of an earlier design in the folder are removed. `design.json` is written last: if it exists, the set of files
    is complete. Raises `InputError` if the folder cannot be written.

    >>> import tempfile
    >>> from multistatic import design_network, load_preset, read_design
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     paths = write_design(folder, design_network(load_preset("paper")))
    ...     read_design(folder).document["status"]
    'feasible'
    """
    files = design_files(design, timing_s=timing_s, pictures=pictures, matlab=matlab, unit=unit)
    write_files_atomically(folder, files, stale=(ARRAYS, SCENARIO, CHANNEL, MATLAB, PAGE, *PICTURES))
    return tuple(Path(folder) / name for name in files)


def json_bytes(document: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8 for people and programs; NaN and infinity are refused."""
    return (json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _selection(design: Design) -> dict[str, Any]:
    chosen = design.selection
    if chosen is None:
        return dict.fromkeys(("status", "method", "value", "bound", "gap", "evaluated", "nearest_budget_m"))
    return {
        "status": chosen.status,
        "method": chosen.method,
        "value": finite(chosen.value),
        "bound": finite(chosen.bound),
        "gap": finite(chosen.gap),
        "evaluated": chosen.evaluated,
        "nearest_budget_m": finite(chosen.nearest_budget_m),
    }


def _beamforming(design: Design) -> dict[str, Any]:
    """The table `beamforming` of `design.json`; every value is None if there is no result."""
    result = design.beamforming
    if result is None:
        names = (
            "status method illumination_w upper_bound_w gap stationarity power_w iterations largest_common_rate_bps_hz"
        )
        return dict.fromkeys(names.split())
    # Over several points the bound, like the gap, is one on the loss: no one illumination has a bound of its own.
    bounded = result.beams is not None and design.points.count == 1
    return {
        "status": result.status,
        "method": result.method,
        "illumination_w": finite(result.illumination_w),
        "upper_bound_w": finite(result.upper_bound_w) if bounded else None,
        "gap": finite(result.gap),
        "stationarity": finite(result.stationarity),
        "power_w": finite(result.power_w),
        "iterations": result.iterations,
        "largest_common_rate_bps_hz": finite(result.largest_common_rate_bps_hz),
    }


def _bounds(design: Design) -> dict[str, Any]:
    """The table `bounds` of `design.json`; every value is None if there is no accuracy."""
    accuracy, weak = design.accuracy, weak_points(design)
    if accuracy is None:
        names = (
            "surrogate surrogate_published sum_crb per_receiver peb_m veb_m_s peb_horizontal_m peb_vertical_m "
            "position_covariance_m2 peb_with_angles_m veb_with_angles_m_s"
        )
        return {**dict.fromkeys(names.split()), "notes": [], "weak_echoes": None}
    position, with_angles = accuracy.position, accuracy.position_with_angles
    return {
        "surrogate": finite(accuracy.surrogate),
        "surrogate_published": finite(accuracy.surrogate_published),
        "sum_crb": finite(accuracy.sum_crb),
        "per_receiver": _per_receiver(accuracy),
        "peb_m": finite(position.peb_m),
        "veb_m_s": finite(position.veb_m_s),
        "peb_horizontal_m": finite(position.peb_horizontal_m),
        "peb_vertical_m": finite(position.peb_vertical_m),
        "position_covariance_m2": None if position.covariance_m2 is None else position.covariance_m2.tolist(),
        "peb_with_angles_m": finite(with_angles.peb_m),
        "veb_with_angles_m_s": finite(with_angles.veb_m_s),
        "notes": list(dict.fromkeys(each.note for each in (position, with_angles) if each.note)),
        "weak_echoes": list(weak.receivers) if weak is not None else None,
    }


def _per_receiver(accuracy: Accuracy) -> dict[str, dict[str, float | None]]:
    return {
        name: {
            "delay_std_s": finite(accuracy.delay_std_s[k]),
            "doppler_std_hz": finite(accuracy.doppler_std_hz[k]),
            "range_std_m": finite(accuracy.range_std_m[k]),
            "range_rate_std_m_s": finite(accuracy.range_rate_std_m_s[k]),
            "block_snr_db": ratio_to_db(float(snr)) if snr > 0 else None,
        }
        for k, (name, snr) in enumerate(zip(accuracy.sensor_ids, accuracy.block_snr, strict=True))
    }


def _sensitivities(design: Design, unit: UnitChanges | None) -> dict[str, Any]:
    """Relative changes of the criterion for each unit more (of the position error for a clock), positive is worse:
    slopes per unit, and changes by a whole unit with beams that are designed again.
    """
    found, clock = design.sensitivity, clock_step(design)
    whole = {
        **losses_document(design),
        "rate_1bps_hz": None if unit is None else {"receiver": unit.receiver_id, "change": finite(unit.rate_change)},
        "power_1db": None if unit is None else {"change": finite(unit.power_change)},
        "clock_1ns": None if clock is None else {name: finite(value) for name, value in asdict(clock).items()},
    }
    if found is None:
        return {**dict.fromkeys(("rate_per_bps_hz", "power_per_db", "budget")), **whole}
    rate, step = found.rate_per_bps_hz, found.budget
    return {
        "rate_per_bps_hz": None if rate is None else _by_id(design.scenario.receiver_ids, rate),
        "power_per_db": finite(found.power_per_db),
        "budget": None if step is None else {**asdict(step), "selected": list(step.selected)},
        **whole,
    }


def _verification(design: Design) -> dict[str, Any]:
    check = design.verification
    if check is None:
        return dict.fromkeys(("passed", "max_violation", "tolerance", "violations"))
    return {
        "passed": check.passed,
        "max_violation": finite(check.max_violation),
        "tolerance": check.tolerance,
        "violations": {name: finite(violation) for name, violation in check.violations.items()},
    }


def _required_rate(design: Design) -> float | dict[str, float | None]:
    """As the scenario file says it: one number for all receivers, or a table where they differ."""
    required = design.scenario.rate_required_bps_hz
    if np.all(required == required[0]):
        return float(required[0])
    return _by_id(design.scenario.receiver_ids, required)


def _by_id(ids: tuple[str, ...], values: NDArray[Any]) -> dict[str, float | None]:
    return {name: finite(value) for name, value in zip(ids, values, strict=True)}


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
