"""The results of a study for other programs: NetCDF (xarray), CSV, MATLAB; axes labelled, units and provenance
inside.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from multistatic.errors import InputError, Problem
from multistatic.extras import optional_module, require_installed
from multistatic.study.plan import canonical_json
from multistatic.study.results import StudyResults, unit_of_key

if TYPE_CHECKING:
    import xarray

# What a status is called in files that hold numbers only; the index is the number.
STATUSES = ("not_done", "failed", "infeasible", "feasible", "optimal")
# The axis of the compared methods: `method` is an argument of xarray's own `sel`.
ALGORITHM = "algorithm"
MAX_MAT_BYTES = 2**31 - 1


def variable_name(key: str) -> str:
    """A key of a scenario as the name of a variable: `receivers.site[0].antennas` → `receivers_site_0_antennas`."""
    return "".join(letter if letter.isalnum() else "_" for letter in key).replace("__", "_").strip("_")


def dataset(results: StudyResults) -> xarray.Dataset:
    """The results as labelled arrays: one variable a metric over (swept keys …, algorithm, trial).

    A zipped sweep has the one axis `point` with the swept keys as its coordinates. Trials that are not done, and values
    that do not exist, are NaN; `status` has the reason. Units and meanings are attributes.
    """
    library = optional_module("a study as labelled arrays", "xarray")
    dims, coordinates = _axes(results)
    over = (*dims, ALGORITHM, "trial")
    variables: dict[str, Any] = {
        metric.name: (over, _shaped(results, results.values[..., q]), _attributes(metric.unit, metric.description))
        for q, metric in enumerate(results.metrics)
    }
    flags = {"flag_values": np.arange(len(STATUSES), dtype=np.int8), "flag_meanings": " ".join(STATUSES)}
    variables["status"] = (over, _status_numbers(results), {"long_name": "outcome of the design", **flags})
    seeds = results.seeds.reshape(*_shape(results), results.seeds.shape[1])
    variables["seed"] = ((*dims, "trial"), seeds, {"long_name": "seed of the trial's scenario; -1: not done"})
    labels: dict[str, Any] = {ALGORITHM: list(results.methods), "trial": np.arange(results.values.shape[2])}
    made: xarray.Dataset = library.Dataset(variables, {**coordinates, **labels}, provenance(results))
    return made


def netcdf_bytes(results: StudyResults) -> bytes:
    """A NetCDF-4 file with `dataset`."""
    require_installed("the format nc (NetCDF)", *MODULES["nc"])
    labelled = dataset(results)
    buffer = io.BytesIO()
    packed = {name: {"zlib": True, "complevel": 4} for name in labelled.data_vars}
    labelled.to_netcdf(buffer, engine="h5netcdf", encoding=packed)
    return buffer.getvalue()


def csv_bytes(results: StudyResults) -> bytes:
    """One line for each point, method and trial that is done; a value that does not exist is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    keys = [axis.key for axis in results.axes]
    writer.writerow([*keys, ALGORITHM, "trial", "seed", "status", *(metric.name for metric in results.metrics)])
    for p, m, t in np.argwhere(results.done()):
        values = ["" if np.isnan(value) else repr(float(value)) for value in results.values[p, m, t]]
        swept = [results.settings[p][key] for key in keys]
        writer.writerow([*swept, results.methods[m], t, results.seeds[p, t], results.status[p, m, t], *values])
    return text.getvalue().encode()


def mat_bytes(results: StudyResults) -> bytes:
    """A MATLAB 5 file: the variables of `dataset`, `axes` in the order of their dimensions, `units`, `provenance`."""
    from scipy.io import savemat

    dims, coordinates = _axes(results)
    contents: dict[str, Any] = {
        metric.name: _shaped(results, results.values[..., q]) for q, metric in enumerate(results.metrics)
    }
    if sum(array.nbytes for array in contents.values()) > MAX_MAT_BYTES:
        size = f"{sum(array.nbytes for array in contents.values())} bytes"
        raise InputError([Problem("--format", f"mat of {size}", "at most 2 GiB in this format; nc has no limit")])
    units = {metric.name: metric.unit for metric in results.metrics}
    for name, (_, values, attributes) in coordinates.items():
        contents[name] = _cells(values) if values.dtype.kind == "U" else values
        units[name] = attributes.get("units", "")
    contents |= {
        ALGORITHM: _cells(results.methods),
        "trial": np.arange(results.values.shape[2]),
        "seed": results.seeds.reshape(*_shape(results), results.seeds.shape[1]),
        "status": _status_numbers(results),
        "status_names": _cells(STATUSES),
        "axes": _cells((*dims, ALGORITHM, "trial")),
        "units": units,
        "provenance": provenance(results),
    }
    buffer: Any = io.BytesIO()
    savemat(buffer, contents, long_field_names=True, oned_as="row", do_compression=True)
    return buffer.getvalue()


MODULES: Mapping[str, tuple[str, ...]] = {"nc": ("xarray", "h5netcdf")}
"""What a format needs besides the base installation."""
FORMATS: Mapping[str, Callable[[StudyResults], bytes]] = {"nc": netcdf_bytes, "csv": csv_bytes, "mat": mat_bytes}


def provenance(results: StudyResults) -> dict[str, Any]:
    """The study, the versions that computed it, and the digest by which two copies are compared."""
    rule = results.rule
    return {
        "title": results.name,
        "source": "multistatic " + ", ".join(sorted({each["versions"]["multistatic"] for each in results.sessions})),
        "complete": int(results.complete),
        "fingerprint_sha256": results.fingerprint,
        "results_sha256": results.digest(),
        "study": canonical_json(results.document),
        "stopping_rule": canonical_json({name: getattr(rule, name) for name in rule.__slots__}),
        "sessions": json.dumps(list(results.sessions)),
    }


def _shape(results: StudyResults) -> tuple[int, ...]:
    """Points along the swept axes; none where nothing is swept."""
    return results.shape if results.axes else ()


def _shaped(results: StudyResults, values: NDArray[Any]) -> NDArray[Any]:
    """[P, M, T] with the points along the swept axes."""
    return np.asarray(values.reshape(*_shape(results), *values.shape[1:]))


def _axes(results: StudyResults) -> tuple[tuple[str, ...], dict[str, tuple[str, NDArray[Any], dict[str, str]]]]:
    """Names of the swept dimensions, and each key as (dimension, values, attributes)."""
    names = tuple(variable_name(axis.key) for axis in results.axes)
    dims = names if results.combine == "grid" else ("point",) if names else ()
    coordinates = {
        name: (
            name if results.combine == "grid" else "point",
            _labels(axis.values),
            _attributes("" if _labels(axis.values).dtype.kind == "U" else unit_of_key(axis.key) or "1", axis.key),
        )
        for name, axis in zip(names, results.axes, strict=True)
    }
    return dims, coordinates


def _labels(values: tuple[Any, ...]) -> NDArray[Any]:
    """Numbers as numbers, all else as text."""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return np.array(values)
    return np.array([str(value) for value in values])


def _attributes(unit: str, meaning: str) -> dict[str, str]:
    """A unit that is not known is left out: "1" would say that there is none."""
    return {"long_name": meaning} | ({"units": unit} if unit else {})


def _status_numbers(results: StudyResults) -> NDArray[np.int8]:
    numbers = np.zeros(results.status.shape, np.int8)
    for number, word in enumerate(STATUSES[1:], 1):
        numbers[results.status == word] = number
    return np.asarray(_shaped(results, numbers))


def _cells(texts: Any) -> NDArray[np.object_]:
    """What MATLAB reads as a cell array of character vectors."""
    return np.array([str(text) for text in texts], dtype=object)
