"""Results as labelled arrays (xarray) and as tables (pandas), with names and units; both are optional dependencies.

Every type is one xarray dataset; its table is made of those variables that have one value a row, so that both say the
same. Names carry the units, as everywhere; the attribute `units` of a variable and `attrs["units"]` of a table say them
again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatch
from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.channel.channel import Channel
from multistatic.design.compare import Comparison
from multistatic.design.result import Design
from multistatic.estimation.measurement import Measurement
from multistatic.extras import optional_module
from multistatic.files.fixes import fixes_rows
from multistatic.files.measurements import measurement_document
from multistatic.files.study_export import dataset
from multistatic.localization.fix import Fix
from multistatic.registry import name_of
from multistatic.scenario.model import Scenario
from multistatic.study.results import StudyResults, unit_of_key

if TYPE_CHECKING:
    import pandas
    import xarray

AXES = ["x", "y", "z"]
_KNOWN = "a Scenario, Channel, Design, StudyResults, or one or several of Measurement, Fix and Comparison"
Variables = dict[str, tuple[tuple[str, ...], Any]]


def to_xarray(result: Any) -> xarray.Dataset:
    """Convert a result to an xarray dataset: arrays with named axes, and their units as attributes.

    result: a `Scenario`, `Channel`, `Design` or `StudyResults`; or one or a sequence of `Measurement`, `Fix` or
        `Comparison`.

    Raises `TypeError` for any other object, and `MissingDependencyError` without xarray (`pip install
    'multistatic[data]'`).

    >>> from multistatic import design_network, load_preset
    >>> found = to_xarray(design_network(load_preset("paper")))
    >>> found.delay_std_s.dims, found.delay_std_s.attrs["units"]
    (('receiver',), 's')
    """
    if isinstance(result, StudyResults):
        return dataset(result)
    library = optional_module("to_xarray", "xarray")
    coordinates, variables, attributes = _parts(result)
    labelled = {name: (dims, values, _units(name)) for name, (dims, values) in variables.items()}
    return library.Dataset(labelled, coordinates, attributes)


def to_dataframe(result: Any) -> pandas.DataFrame:
    """Convert a result to a pandas table with one row for each receiver, measurement, fix, method or trial.

    result: as for `to_xarray`.

    `attrs["units"]` has the unit of each column that has one. Raises `TypeError` for any other object, and
    `MissingDependencyError` without pandas (`pip install 'multistatic[data]'`).

    >>> from multistatic import load_preset
    >>> table = to_dataframe(load_preset("paper"))
    >>> table.index.name, table.attrs["units"]["x_m"]
    ('receiver', 'm')
    """
    library = optional_module("to_dataframe", "pandas")
    if isinstance(result, StudyResults):
        table = dataset(result).to_dataframe().reset_index()
        table = table[table["status"] > 0].reset_index(drop=True)
        units = {metric.name: metric.unit for metric in result.metrics if metric.unit not in ("", "1")}
    else:
        coordinates, variables, _ = _parts(result)
        row = next(iter(coordinates))
        columns: dict[str, Any] = {}
        for name, (dims, values) in variables.items():
            if dims == (row,):
                columns[name] = np.asarray(values)
            elif dims == (row, "axis"):
                stem, _, unit = name.partition("_")
                prefix = {"position": "", "velocity": "v"}.get(stem, f"{stem}_")
                columns |= {f"{prefix}{axis}_{unit}": np.asarray(values)[:, i] for i, axis in enumerate(AXES)}
        table = library.DataFrame(columns, index=library.Index(coordinates[row], name=row))
        units = {name: unit for name in columns if (unit := unit_of_key(name))}
    table.attrs["units"] = units
    return table


def _units(name: str) -> dict[str, str]:
    unit = unit_of_key(name)
    return {"units": unit} if unit else {}


@singledispatch
def _parts(result: Any) -> tuple[Mapping[str, Any], Variables, Mapping[str, Any]]:
    """Coordinates, that of the rows first; variables with their dimensions; attributes."""
    raise TypeError(f"a {type(result).__name__} has no labelled arrays; expected {_KNOWN}")


@_parts.register(Scenario)
def _(scenario: Scenario) -> tuple[Mapping[str, Any], Variables, Mapping[str, Any]]:
    receivers, rows = scenario.receivers, ("receiver",)
    variables: Variables = {
        "position_m": (("receiver", "axis"), scenario.receiver_positions_m),
        "antennas": (rows, [each.array.size for each in receivers]),
        "rate_required_bps_hz": (rows, scenario.rate_required_bps_hz),
        "clock_offset_std_s": (rows, [each.clock_offset_std_s for each in receivers]),
        "frequency_offset_std_hz": (rows, [each.frequency_offset_std_hz for each in receivers]),
        "transmitter_position_m": (("axis",), scenario.transmitter.position_m),
    }
    coordinates: dict[str, Any] = {"receiver": list(scenario.receiver_ids), "axis": AXES}
    # One target has no axis of its own.
    alone, targets = len(scenario.targets) == 1, scenario.targets
    for name in ("position_m", "velocity_m_s"):
        each = np.array([getattr(target, name) for target in targets])
        variables[f"target_{name}"] = (("axis",), each[0]) if alone else (("target", "axis"), each)
    if not alone:
        coordinates["target"] = [target.id for target in targets]
    attributes = {"name": scenario.name, "seed": scenario.seed, "carrier_hz": scenario.radio.carrier_hz}
    return coordinates, variables, attributes


@_parts.register(Channel)
def _(channel: Channel) -> tuple[Mapping[str, Any], Variables, Mapping[str, Any]]:
    per_point = ("point",) if channel.steering_tx.ndim == 2 else ()
    variables: Variables = {
        "direct_power_gain": (("receiver",), channel.direct_power_gain()),
        "direct": (("receiver", "receive_antenna", "transmit_antenna"), channel.direct),
        "steering_tx": ((*per_point, "transmit_antenna"), channel.steering_tx),
        "steering_rx": (
            (*("point",) * (channel.steering_rx.ndim - 2), "receiver", "receive_antenna"),
            channel.steering_rx,
        ),
        "echo_gain": ((*("point",) * (channel.echo_gain.ndim - 1), "receiver"), channel.echo_gain),
    }
    attributes = {"noise_power_w": channel.noise_power_w, "clutter_power_w": channel.clutter_power_w}
    return {"receiver": np.arange(len(channel.direct))}, variables, attributes


@_parts.register(Design)
def _(design: Design) -> tuple[Mapping[str, Any], Variables, Mapping[str, Any]]:
    """Those of the scenario, with the selection, the beams, the rates and the bounds, and what holds at each point."""
    coordinates, variables, _ = _parts(design.scenario)
    rows, result, accuracy = ("receiver",), design.beamforming, design.accuracy
    variables = {**variables, "selected": (rows, design.selected)}
    attributes: dict[str, Any] = {
        "name": design.scenario.name,
        "status": design.status,
        "message": design.message,
        "scheme": design.scheme,
        "criterion": name_of(design.scenario.design.criterion),
        "value": None if design.selection is None else design.selection.value,
        "cost_m": design.cost_m,
    }
    if result is not None and result.beams is not None and result.rates_bps_hz is not None:
        variables["rate_bps_hz"] = (rows, result.rates_bps_hz)
        variables["beam_weights"] = (("beam", "transmit_antenna", "stream"), result.beams.weights)
        attributes |= {"illumination_w": result.illumination_w, "power_w": result.power_w}
    coordinates = {**coordinates, "point": np.arange(design.points.count)}
    variables |= _of_points(design)
    if accuracy is not None:
        # In the mono-static scheme the transmitter is the only sensor.
        sensor = "receiver" if accuracy.sensor_ids == design.scenario.receiver_ids else "sensor"
        coordinates[sensor] = list(accuracy.sensor_ids)
        for name in ("delay_std_s", "doppler_std_hz", "range_std_m", "range_rate_std_m_s", "block_snr"):
            variables[name] = ((sensor,), getattr(accuracy, name))
        attributes |= {"peb_m": accuracy.position.peb_m, "veb_m_s": accuracy.position.veb_m_s}
    return coordinates, variables, {name: value for name, value in attributes.items() if value is not None}


def _of_points(design: Design) -> Variables:
    """The points of a design, and what the targets have there; infinity where they are unobservable."""
    points, over, result = design.points, design.over_points, design.beamforming
    along = ("point",)
    variables: Variables = {
        "point_position_m": (("point", "axis"), points.position_m),
        "point_velocity_m_s": (("point", "axis"), points.velocity_m_s),
        "point_weight": (along, points.weight),
        "point_target": (along, [design.scenario.targets[number].id for number in points.target]),
    }
    if result is not None and result.beams is not None:
        variables["point_illumination_w"] = (along, result.beams.illumination_w(design.channel.steering_tx))
    if over is not None:
        variables |= {"point_value": (along, over.value), "point_peb_m": (along, over.peb_m)}
        variables["point_veb_m_s"] = (along, over.veb_m_s)
        if len(over.middle_values) == points.count:
            variables["nominal_point_value"] = (along, over.middle_values)
    return variables


@_parts.register(Measurement)
@_parts.register(Fix)
@_parts.register(Comparison)
def _(result: Measurement | Fix | Comparison) -> tuple[Mapping[str, Any], Variables, Mapping[str, Any]]:
    return _parts((result,))


@_parts.register(tuple)
@_parts.register(list)
def _(results: Sequence[Any]) -> tuple[Mapping[str, Any], Variables, Mapping[str, Any]]:
    kinds = {type(each) for each in results}
    if kinds == {Measurement}:
        row, documents = "measurement", [measurement_document(each) for each in results]
    elif kinds == {Fix}:
        row, documents = "fix", fixes_rows(results)
    elif kinds == {Comparison}:
        row, documents = "method", [_compared(each) for each in results]
    else:
        names = ", ".join(sorted(kind.__name__ for kind in kinds)) or "nothing"
        raise TypeError(f"a sequence of {names} has no labelled arrays; expected {_KNOWN}")
    columns = {name: _column([each[name] for each in documents]) for name in documents[0]}
    return {row: np.arange(len(documents))}, {name: ((row,), values) for name, values in columns.items()}, {}


def _compared(row: Comparison) -> dict[str, Any]:
    group = "" if row.design is None else " ".join(row.design.selected_ids)
    names = ("selector", "beamformer", "status", "value", "gap", "time_s", "message")
    return {**{name: getattr(row, name) for name in names}, "selected": group}


def _column(values: list[Any]) -> Any:
    """Numbers with NaN, texts with "" where a row has none."""
    texts = any(isinstance(each, str) for each in values)
    return np.array(["" if each is None else each for each in values]) if texts else np.array(values, np.float64)
