"""Channel files: direct channels that another program computed or measured (docs/channels.md, docs/formats.md).

`read_channel` takes .npz, MATLAB 5 and 7.3, HDF5 and NetCDF; `channel_bytes` writes each of them but MATLAB 7.3.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistatic.channel.channel import Channel
from multistatic.channel.realise import as_given, channel_rng, realise
from multistatic.errors import InputError, Problem
from multistatic.extras import optional_module
from multistatic.files.array_files import Arrays, read_arrays
from multistatic.files.file_errors import reason_of
from multistatic.files.matlab_file import mat5_bytes
from multistatic.files.numpy_file import npz_bytes
from multistatic.scenario.given_channel import GivenChannel
from multistatic.scenario.model import Scenario

_PARTS = ("direct", "steering_tx")
NAMES = ("direct", "receiver_ids", "carrier_hz", "echo_gain", "steering_tx")
"""What a channel file may hold; all else in it is left alone."""
_READ = (*NAMES, *(f"{name}_{part}" for name in _PARTS for part in ("real", "imag")))


def read_channel(path: str | os.PathLike[str], *, name: str | None = None) -> GivenChannel:
    """Read the channels of an `.npz`, MATLAB, HDF5 or NetCDF file (docs/formats.md).

    path: path of the file.
    name: name of the file in messages and in `scenario.toml`; None: its path.

    Raises `InputError` with the name of the file and everything that is wrong with it.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/H.npz", direct=np.full((3, 2, 4), 1e-4j), carrier_hz=3.5e9)
    ...     given = read_channel(f"{folder}/H.npz")
    >>> given.direct.shape, given.carrier_hz
    ((3, 2, 4), 3500000000.0)
    """
    place = Path(path)
    arrays, content = read_arrays(place, _READ)
    label = str(path) if name is None else name
    found, problems = _values(arrays, label)
    if problems:
        raise InputError(problems, source=label)
    return GivenChannel(**found, path=label, sha256=hashlib.sha256(content).hexdigest())


def load_channel(path: str | os.PathLike[str], scenario: Scenario) -> Channel:
    """Read the direct channels of a file as the channel of a scenario, for `design_network(scenario, channel=...)`.

    path: path of the file (`read_channel`).
    scenario: the network; its geometry supplies everything that the file does not give.

    Raises `InputError` with everything in the file that cannot be used or does not fit the scenario.

    >>> from tempfile import TemporaryDirectory
    >>> from multistatic import load_preset
    >>> with TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/H.npz", direct=np.full((10, 2, 10), 1e-4))
    ...     channel = load_channel(f"{folder}/H.npz", load_preset("paper"))
    >>> complex(channel.direct[0, 0, 0]), channel.steering_rx.shape
    ((0.0001+0j), (1, 10, 2))
    """
    return realise(with_channel(scenario, read_channel(path)), channel_rng(scenario.seed))


def with_channel(scenario: Scenario, given: GivenChannel) -> Scenario:
    """Replace the channel model of a scenario by given channels.

    scenario: the network.
    given: channels, as `read_channel` returns them.

    Raises `ScenarioError` if the channels do not fit the scenario.

    >>> from multistatic import load_preset
    >>> given = GivenChannel(direct=np.full((10, 2, 10), 1e-4))
    >>> with_channel(load_preset("paper"), given).propagation.direct.median_gain_db
    -80.0
    """
    return replace(scenario, propagation=replace(scenario.propagation, direct=given))


def realised_channel(scenario: Scenario) -> GivenChannel:
    """What a channel file of the scenario holds: its receivers, its carrier, and the channels of its own model."""
    return as_given(scenario, realise(scenario, channel_rng(scenario.seed)))


def load_drops(folder: str | os.PathLike[str], scenario: Scenario) -> Iterator[Scenario]:
    """Yield the scenario with the channels of each file of a folder, in the order of the file names.

    folder: path of the folder; each channel file in it is one random drop of the channel.
    scenario: the network.

    Each file is read when its scenario is taken. Raises `InputError` immediately if the folder has no channel files,
    and during the iteration if a file cannot be used.

    >>> from tempfile import TemporaryDirectory
    >>> from multistatic import load_preset
    >>> with TemporaryDirectory() as folder:
    ...     for drop in (1, 2):
    ...         np.savez(f"{folder}/drop{drop}.npz", direct=np.full((10, 2, 10), drop * 1e-4))
    ...     scenarios = list(load_drops(folder, load_preset("paper")))  # or design_many(load_drops(...))
    >>> [abs(complex(each.propagation.direct.direct[0, 0, 0])) for each in scenarios]
    [0.0001, 0.0002]
    """
    files = channel_files(Path(folder))
    return (with_channel(scenario, read_channel(file)) for file in files)


def channel_files(folder: Path) -> tuple[Path, ...]:
    """The channel files of a folder in the order of their names; hidden files and other kinds are left alone."""
    try:
        found = sorted(
            file
            for file in folder.iterdir()
            if file.suffix.lower() in WRITERS and not file.name.startswith(".") and file.is_file()
        )
    except (OSError, ValueError) as error:
        raise InputError([Problem(str(folder), reason_of(error), "a folder with channel files")]) from None
    if not found:
        raise InputError([Problem(str(folder), "no channel file", f"files ending in {', '.join(WRITERS)}")])
    return tuple(found)


# --- what the arrays of a file mean ----------------------------------------------------------------------------------


def _values(arrays: Arrays, label: str) -> tuple[dict[str, Any], list[Problem]]:
    """The fields of a `GivenChannel`, each in its own shape, and what cannot be turned into one."""
    problems: list[Problem] = []
    found: dict[str, Any] = {}
    for name in _PARTS:
        if (whole := _joined(arrays, name, label, problems)) is not None:
            found[name] = whole
    if "direct" in found:
        found["direct"] = _with_last_axes(found["direct"])
    elif not problems:
        held = f"{', '.join(sorted(arrays))} and no direct" if arrays else "none of these arrays"
        problems.append(
            Problem(f"{label}:direct", held, f"direct, complex [K, N_r, N_t], beside {', '.join(NAMES[1:])}")
        )
    if "echo_gain" in arrays:
        found["echo_gain"] = arrays["echo_gain"]
    for name in ("echo_gain", "steering_tx"):
        if name in found:
            found[name] = _as_rows(found[name])
    if "receiver_ids" in arrays:
        found["receiver_ids"] = _names(arrays["receiver_ids"], label, problems)
    if "carrier_hz" in arrays:
        found["carrier_hz"] = _one_number(arrays["carrier_hz"], f"{label}:carrier_hz", problems)
    return found, problems


def _joined(arrays: Arrays, name: str, label: str, problems: list[Problem]) -> NDArray[Any] | None:
    """An array of complex numbers, or of a pair of real ones."""
    real, imaginary = arrays.get(f"{name}_real"), arrays.get(f"{name}_imag")
    if name in arrays and not (real is None and imaginary is None):
        part = f"{name}_real" if real is not None else f"{name}_imag"
        problems.append(
            Problem(f"{label}:{name}", f"{name} and {part}", "only one of the two, which may contradict each other")
        )
        return None
    if name in arrays or (real is None and imaginary is None):
        return arrays.get(name)
    if real is None or imaginary is None:
        there, missing = ("real", "imag") if imaginary is None else ("imag", "real")
        problems.append(Problem(f"{label}:{name}_{missing}", "nothing", f"the other part of {name}_{there}"))
        return None
    if real.shape != imaginary.shape or real.dtype.kind not in "iuf" or imaginary.dtype.kind not in "iuf":
        received = f"{real.dtype}{list(real.shape)} and {imaginary.dtype}{list(imaginary.shape)}"
        problems.append(Problem(f"{label}:{name}_real", received, f"real numbers of one shape with {name}_imag"))
        return None
    return np.asarray(real + 1j * imaginary)


def _with_last_axes(direct: NDArray[Any]) -> NDArray[Any]:
    """[K, N_r, N_t]: MATLAB drops last axes of length 1."""
    return direct.reshape(*direct.shape, *[1] * (3 - direct.ndim)) if direct.ndim < 3 else direct


def _as_rows(values: NDArray[Any]) -> NDArray[Any]:
    """[M, n] of [n], and of the column [n, 1] that MATLAB makes of it."""
    if values.ndim == 2 and values.shape[1] == 1:
        return values.T
    return values.reshape(1, -1) if values.ndim < 2 else values


def _names(values: NDArray[Any], label: str, problems: list[Problem]) -> tuple[str, ...] | None:
    texts = np.char.decode(values, "utf-8") if values.dtype.kind == "S" else values
    if texts.dtype.kind != "U":
        received = f"values of type {values.dtype}"
        problems.append(Problem(f"{label}:receiver_ids", received, "the ids of the receivers, as text"))
        return None
    return tuple(text.strip() for text in texts.ravel(order="F").tolist())


def _one_number(values: NDArray[Any], where: str, problems: list[Problem]) -> float | None:
    if values.size != 1 or values.dtype.kind not in "iuf":
        problems.append(Problem(where, f"{values.dtype}{list(values.shape)}", "one number in Hz"))
        return None
    return float(values.reshape(-1)[0])


# --- writing ---------------------------------------------------------------------------------------------------------


def channel_arrays(given: GivenChannel) -> dict[str, NDArray[Any]]:
    """What a channel file holds, by name."""
    arrays: dict[str, NDArray[Any]] = {"direct": given.direct}
    if given.receiver_ids is not None:
        arrays["receiver_ids"] = np.array(given.receiver_ids, dtype=np.str_)
    if given.carrier_hz is not None:
        arrays["carrier_hz"] = np.array(given.carrier_hz)
    return arrays | {
        name: values for name in ("echo_gain", "steering_tx") if (values := getattr(given, name)) is not None
    }


def channel_bytes(given: GivenChannel, suffix: str) -> bytes:
    """A channel file of the format that a file's ending names: .npz, .mat (MATLAB 5), .h5, .hdf5 or .nc."""
    writer = WRITERS.get(suffix.lower())
    if writer is None:
        raise InputError([Problem("(channel file)", f"an ending {suffix!r}", f"one of {', '.join(WRITERS)}")])
    return writer(channel_arrays(given))


def _hdf5_bytes(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    h5py = optional_module("an HDF5 file", "h5py")
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", track_order=True) as file:
        for name, values in arrays.items():
            text = values.dtype.kind == "U"
            file.create_dataset(
                name, data=values.tolist() if text else values, dtype=h5py.string_dtype() if text else None
            )
    return buffer.getvalue()


_DIMENSIONS = {
    "direct": ("receiver", "receive_antenna", "transmit_antenna"),
    "receiver_ids": ("receiver",),
    "carrier_hz": (),
    "echo_gain": ("point", "receiver"),
    "steering_tx": ("point", "transmit_antenna"),
}


def _netcdf_bytes(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """NetCDF 4 knows no complex numbers: pairs of `direct_real` and `direct_imag`."""
    h5netcdf, h5py = (optional_module("a NetCDF file", name) for name in ("h5netcdf", "h5py"))
    buffer = io.BytesIO()
    with h5netcdf.File(buffer, "w") as file:
        file.dimensions = {
            each: size
            for name, values in arrays.items()
            for each, size in zip(_DIMENSIONS[name], values.shape, strict=True)
        }
        for name, values in arrays.items():
            if values.dtype.kind == "c":
                for part, half in (("real", values.real), ("imag", values.imag)):
                    file.create_variable(f"{name}_{part}", _DIMENSIONS[name], data=np.ascontiguousarray(half))
            elif values.dtype.kind == "U":
                made = file.create_variable(name, _DIMENSIONS[name], dtype=h5py.string_dtype())
                made[:] = np.array(values.tolist(), dtype=object)
            else:
                file.create_variable(name, _DIMENSIONS[name], data=values)
    return buffer.getvalue()


WRITERS: Mapping[str, Callable[[Mapping[str, NDArray[Any]]], bytes]] = {
    ".npz": npz_bytes,
    ".mat": mat5_bytes,
    ".h5": _hdf5_bytes,
    ".hdf5": _hdf5_bytes,
    ".nc": _netcdf_bytes,
}
