"""Named arrays from the files of other programs: NumPy .npz, MATLAB 5 and 7.3, HDF5, NetCDF 3 and 4.

The first bytes decide the format. Only the requested arrays of a file are read, and only once what it
declares (sizes, types) fits the caps. Nothing in a file is run: no pickles, no objects, no links to other files.
"""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistatic.errors import InputError, Problem
from multistatic.extras import optional_module
from multistatic.files.file_errors import reason_of

MAX_FILE_BYTES = 2**31
MAX_TEXTS = 100_000
Arrays = dict[str, NDArray[Any]]

_HDF5, _ZIP, _NETCDF3 = b"\x89HDF\r\n\x1a\n", b"PK\x03\x04", b"CDF"
_CAUGHT = (
    OSError, ValueError, TypeError, KeyError, IndexError, EOFError, OverflowError, MemoryError, RuntimeError,
    AttributeError, zipfile.BadZipFile, zlib.error, NotImplementedError,
)  # fmt: skip


def read_arrays(path: Path, names: Collection[str]) -> tuple[Arrays, bytes]:
    """Those of `names` that the file has, in the order of axes that its author sees, and all of its bytes.

    MATLAB files give their arrays as MATLAB shows them (7.3 stores them with reversed axes); complex numbers are
    joined; texts are arrays of `str`. Raises `InputError` that names the file and what is wrong with it.
    """
    content = _content(path)
    reader = _reader(content)
    if reader is None:
        expected = "an .npz, MATLAB, HDF5 or NetCDF file"
        raise InputError([Problem(str(path), f"a file that begins with {content[:8]!r}", expected)])
    with _refusals(path):
        return reader(content, frozenset(names)), content


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL character
        raise InputError([Problem(str(path), reason_of(error), "a readable file")]) from None
    if len(content) > MAX_FILE_BYTES:
        raise InputError([Problem(str(path), f"more than {MAX_FILE_BYTES} bytes", "a smaller file")])
    return content


def _reader(content: bytes) -> Callable[[bytes, frozenset[str]], Arrays] | None:
    if content.startswith(_ZIP):
        return _npz
    if content.startswith(_HDF5) or content[512:520] == _HDF5:  # MATLAB puts a page of text before
        return _hdf5
    if content.startswith(_NETCDF3):
        return _netcdf3
    return _mat5 if len(content) >= 128 and content[126:128] in (b"IM", b"MI") else None


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Errors of a library about a damaged file as one line with the file's name."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except _Refused as error:
        raise InputError([Problem(f"{path}:{name}", *words) for name, *words in error.reasons]) from None
    except _CAUGHT as error:
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise InputError([Problem(str(path), f"a damaged file ({reason})", "a file that can be read")]) from None


class _Refused(Exception):
    """Arrays that are not read, each with what was received and what was expected."""

    def __init__(self, *reasons: tuple[str, str, str]) -> None:
        super().__init__(*reasons)
        self.reasons = reasons


def _refused(name: str, received: str, expected: str) -> _Refused:
    return _Refused((name, received, expected))


def _each(names: Iterable[str], read: Callable[[str], NDArray[Any]]) -> Arrays:
    """Every array, or what is wrong with all of those that cannot be read."""
    found: Arrays = {}
    reasons: list[tuple[str, str, str]] = []
    for name in names:
        try:
            found[name] = read(name)
        except _Refused as error:
            reasons += error.reasons
    if reasons:
        raise _Refused(*reasons)
    return found


def _require_small(name: str, count: int, itemsize: int) -> None:
    if count * itemsize > MAX_FILE_BYTES:
        raise _refused(name, f"an array of {count * itemsize} bytes", f"at most {MAX_FILE_BYTES}")


def _require_unpacked(name: str, attributes: Mapping[str, Any]) -> None:
    """Refuse numbers that NetCDF stores packed: read as they stand they are off by a factor."""
    for key, nothing in (("scale_factor", 1.0), ("add_offset", 0.0)):
        if key in attributes and not np.all(np.asarray(attributes[key]) == nothing):
            raise _refused(name, f"numbers packed with {key} {attributes[key]}", "floating-point numbers as they are")


# --- NumPy ---------------------------------------------------------------------------------------------------------


def _npz(content: bytes, names: frozenset[str]) -> Arrays:
    """Arrays of a NumPy archive; the header of each is read before any of its values."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
        return _each((name for name in entries if name in names), lambda name: _npy(archive, name, entries[name]))


def _npy(archive: zipfile.ZipFile, name: str, entry: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(entry) as stream:
        version = np.lib.format.read_magic(stream)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = header(stream)
    if dtype.hasobject:
        raise _refused(name, "Python objects", "an array of numbers or of text")
    count = int(np.prod(shape, dtype=object))
    _require_small(name, count, dtype.itemsize)
    if count * dtype.itemsize > entry.file_size:
        raise _refused(name, f"{entry.file_size} bytes for an array of shape {list(shape)}", "all of its values")
    with archive.open(entry) as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)


# --- MATLAB 5 ------------------------------------------------------------------------------------------------------

_NUMERIC = {"double", "single", "logical", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))}
_COMPRESSED = 15
_STEP = 1 << 20


def _mat5(content: bytes, names: frozenset[str]) -> Arrays:
    """Arrays of a MATLAB file of version 5 to 7; sizes are checked before anything is unpacked."""
    from scipy.io import loadmat, whosmat

    _require_small("(variables)", _unpacked_size(content), 1)
    stream: Any = io.BytesIO(content)
    declared = {name: (shape, kind) for name, shape, kind in whosmat(stream) if name in names}

    def read(name: str) -> NDArray[Any]:
        shape, kind = declared[name]
        if kind not in {*_NUMERIC, "char", "cell"}:
            raise _refused(name, f"a MATLAB {kind}", "an array of numbers, or names as a cell array of char")
        _require_small(name, int(np.prod(shape, dtype=object)), 16)
        array = np.asarray(loadmat(stream, variable_names=[name], chars_as_strings=True)[name])
        return _texts_of_cells(name, array) if array.dtype == object else array

    return _each(declared, read)


def _unpacked_size(content: bytes) -> int:
    """Bytes of all variables; compressed ones are unpacked piece by piece and discarded, so that a huge one is refused
    without being loaded.
    """
    order = "<" if content[126:128] == b"IM" else ">"
    size, place = 0, 128
    while place + 8 <= len(content):
        kind, length = np.frombuffer(content, f"{order}u4", 2, place).tolist()
        piece = memoryview(content)[place + 8 : place + 8 + length]
        size += _inflated_size(piece) if kind == _COMPRESSED else length
        if size > MAX_FILE_BYTES:
            break
        place += 8 + length
    return size


def _inflated_size(piece: memoryview) -> int:
    unpack, size = zlib.decompressobj(), 0
    for start in range(0, len(piece), _STEP):
        rest = bytes(piece[start : start + _STEP])
        while rest and size <= MAX_FILE_BYTES:
            size += len(unpack.decompress(rest, 4 * _STEP))
            rest = unpack.unconsumed_tail
    return size


def _texts_of_cells(name: str, cells: NDArray[Any]) -> NDArray[Any]:
    texts = []
    for cell in cells.ravel(order="F"):
        inner = np.asarray(cell)
        if inner.dtype.kind != "U" or inner.size > 1:
            raise _refused(name, "a cell array with entries that are not text", "names as a cell array of char")
        texts.append(str(inner.item()) if inner.size else "")
    return np.array(texts, dtype=np.str_)


# --- HDF5: MATLAB 7.3, NetCDF 4, and any other ---------------------------------------------------------------------


def _hdf5(content: bytes, names: frozenset[str]) -> Arrays:
    h5py = optional_module("an HDF5, NetCDF 4 or MATLAB 7.3 file", "h5py")
    with h5py.File(io.BytesIO(content), "r") as file:
        there = [name for name in sorted(names) if file.get(name, getlink=True) is not None]
        return _each(there, lambda name: _dataset(file, name))


def _dataset(file: Any, name: str) -> NDArray[Any]:
    """One array of an HDF5 file; links, external data and arrays that are too large are refused."""
    import h5py

    link = file.get(name, getlink=True)
    found = file.get(name) if isinstance(link, h5py.HardLink) else None
    if not isinstance(found, h5py.Dataset) or found.is_virtual or found.external:
        kind = "a group" if isinstance(found, h5py.Group) else "a link to another place"
        raise _refused(name, kind, "an array in the file itself")
    _require_small(name, found.size or 0, max(found.dtype.itemsize, 8))
    _require_unpacked(name, found.attrs)
    matlab = _text(found.attrs.get("MATLAB_class", b""))
    if matlab:
        return _matlab_array(file, name, found, matlab)
    if found.dtype.kind == "O":
        return _variable_texts(name, found)
    array = np.asarray(found[()])
    if array.dtype.kind == "S":
        one_letter = array.dtype.itemsize == 1 and array.ndim > 1
        return _rows_of_characters(array) if one_letter else np.char.decode(array, "utf-8")
    return _joined(name, array)


def _matlab_array(file: Any, name: str, found: Any, kind: str) -> NDArray[Any]:
    """A variable of a MATLAB 7.3 file: axes reversed back, characters as text."""
    if found.attrs.get("MATLAB_empty", 0):
        return np.zeros(0)
    if kind == "char":
        return _characters(found)
    if kind == "cell":
        references = np.asarray(found[()]).T.ravel(order="F")
        if references.size > MAX_TEXTS:
            raise _refused(name, f"{references.size} cells", f"at most {MAX_TEXTS}")
        return np.array([_cell_text(file, name, each) for each in references], dtype=np.str_)
    if kind not in _NUMERIC:
        raise _refused(name, f"a MATLAB {kind}", "an array of numbers, or names as a cell array of char")
    return _joined(name, np.asarray(found[()])).T


def _cell_text(file: Any, name: str, reference: Any) -> str:
    import h5py

    cell = file[reference] if isinstance(reference, h5py.Reference) and reference else None
    kind = _text(cell.attrs.get("MATLAB_class", b"")) if isinstance(cell, h5py.Dataset) else ""
    if kind != "char" or cell is None or cell.size > 4096:
        raise _refused(name, "a cell array with entries that are not text", "names as a cell array of char")
    return "" if cell.attrs.get("MATLAB_empty", 0) else "".join(_characters(cell).tolist())


def _characters(found: Any) -> NDArray[Any]:
    """Rows of a char array as texts; MATLAB stores UTF-16 units, columns first."""
    codes = np.atleast_2d(np.asarray(found[()])).T
    return np.array(["".join(map(chr, row)).rstrip() for row in codes.tolist()], dtype=np.str_)


def _variable_texts(name: str, found: Any) -> NDArray[Any]:
    import h5py

    if h5py.check_string_dtype(found.dtype) is None or found.size > MAX_TEXTS:
        raise _refused(name, "an array of references or of rows of different lengths", "numbers, or texts")
    return np.array(np.asarray(found.asstr()[()]).ravel().tolist(), dtype=np.str_)


def _joined(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Complex numbers of a compound of two parts; other arrays as they are."""
    fields = array.dtype.names
    if fields is None:
        return array
    for parts in (("r", "i"), ("real", "imag"), ("re", "im")):
        if set(fields) == set(parts):
            return np.asarray(array[parts[0]] + 1j * array[parts[1]])
    raise _refused(name, f"a compound of {', '.join(fields)}", "complex numbers as a compound of r and i")


def _text(value: Any) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)


# --- NetCDF 3 ------------------------------------------------------------------------------------------------------


def _netcdf3(content: bytes, names: frozenset[str]) -> Arrays:
    from scipy.io import netcdf_file

    with netcdf_file(io.BytesIO(content), "r", mmap=False) as file:
        variables: Mapping[str, Any] = file.variables
        return _each((name for name in sorted(names) if name in variables), lambda name: _classic(name, variables))


def _classic(name: str, variables: Mapping[str, Any]) -> NDArray[Any]:
    _require_unpacked(name, vars(variables[name]))
    array = np.array(variables[name].data)
    return _rows_of_characters(array) if array.dtype.kind == "S" else array


def _rows_of_characters(array: NDArray[Any]) -> NDArray[Any]:
    rows = array.reshape(-1, array.shape[-1] if array.ndim > 1 else array.size)
    texts = [b"".join(row.tolist()).decode("utf-8").rstrip("\0 ") for row in rows]
    return np.array(texts, dtype=np.str_)
