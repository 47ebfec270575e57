"""Hostile and damaged channel files: one line with the name of the file, and never another exception than InputError.

Categories: pickles and objects; sizes that a header claims; archives and variables that unpack to far more than they
are; links out of the file; truncations and single bytes changed at random in every format.
"""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multistatic.errors import InputError
from multistatic.files import array_files
from multistatic.files.channel_file import WRITERS, channel_bytes, read_channel
from multistatic.scenario.given_channel import GivenChannel

DIRECT = 1e-4 * np.exp(1j * np.arange(24.0)).reshape(3, 2, 4)
GOOD = {
    suffix: channel_bytes(GivenChannel(direct=DIRECT, receiver_ids=("a", "b", "c"), carrier_hz=3e9), suffix)
    for suffix in WRITERS
    if suffix != ".hdf5"
}


def refusal(tmp_path: Path, content: bytes) -> str:
    path = tmp_path / "H.bin"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_channel(path)
    assert caught.value.exit_code == 2
    assert all("H.bin" in str(problem) and "\n" not in str(problem) for problem in caught.value.problems)
    return str(caught.value)


def npy_header(shape: tuple[int, ...], dtype: str) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": dtype, "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def archive(compression: int = zipfile.ZIP_STORED, **entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, content in entries.items():
            file.writestr(f"{name}.npy", content)
    return buffer.getvalue()


class Trap:
    """Would write a file if it were ever unpickled."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.place, "run")


def test_no_pickle_is_ever_loaded(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, direct=np.array([Trap(tmp_path / "trap")], dtype=object))
    assert "Python objects" in refusal(tmp_path, buffer.getvalue())
    assert "begins with" in refusal(tmp_path, pickle.dumps(Trap(tmp_path / "trap")))
    assert not (tmp_path / "trap").exists()


def test_every_array_that_is_refused_is_named(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, direct=np.array([None]), steering_tx=np.array([None]), carrier_hz=3e9)
    text = refusal(tmp_path, buffer.getvalue())
    assert "2 problems" in text
    assert "H.bin:direct" in text
    assert "H.bin:steering_tx" in text


def test_other_arrays_of_the_archive_are_not_even_looked_at(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, direct=DIRECT, notes=np.array([Trap(tmp_path / "trap")], dtype=object))
    (tmp_path / "H.npz").write_bytes(buffer.getvalue())
    np.testing.assert_array_equal(read_channel(tmp_path / "H.npz").direct, DIRECT)
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize("shape", [(10**6, 10**6, 10**6), (2**40,), (2**62, 4)])
def test_a_header_that_claims_more_than_fits(tmp_path: Path, shape: tuple[int, ...]) -> None:
    assert f"at most {array_files.MAX_FILE_BYTES}" in refusal(tmp_path, archive(direct=npy_header(shape, "<c16")))


def test_a_header_that_claims_more_than_follows(tmp_path: Path) -> None:
    content = archive(direct=npy_header((3, 2, 4), "<c16") + bytes(16))
    assert "for an array of shape [3, 2, 4]" in refusal(tmp_path, content)


def test_an_archive_that_unpacks_to_far_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(array_files, "MAX_FILE_BYTES", 10**6)
    zeros = npy_header((1000, 1000, 4), "<c16") + bytes(64 * 10**6)
    content = archive(zipfile.ZIP_DEFLATED, direct=zeros)
    assert len(content) < 10**5
    assert "an array of 64000000 bytes" in refusal(tmp_path, content)


def test_a_matlab_variable_that_unpacks_to_far_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(array_files, "MAX_FILE_BYTES", 10**6)
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
    bomb = zlib.compress(bytes(64 * 10**6), 9)
    content = head + struct.pack("<II", 15, len(bomb)) + bomb
    assert len(content) < 10**5
    assert "at most 1000000" in refusal(tmp_path, content)


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(array_files, "MAX_FILE_BYTES", 100)
    assert "more than 100 bytes" in refusal(tmp_path, GOOD[".npz"])


def hdf5(fill: Any) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        fill(file)
    return buffer.getvalue()


def test_hdf5_links_and_virtual_arrays_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.h5").write_bytes(GOOD[".h5"])

    def external(file: Any) -> None:
        file["direct"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "direct")

    def virtual(file: Any) -> None:
        layout = h5py.VirtualLayout((3, 2, 4), DIRECT.dtype)
        layout[:] = h5py.VirtualSource(str(tmp_path / "secret.h5"), "direct", (3, 2, 4))
        file.create_virtual_dataset("direct", layout)

    def elsewhere(file: Any) -> None:
        file.create_dataset("direct", (4,), "f8", external=[(str(tmp_path / "secret.h5"), 0, 32)])

    for fill in (external, virtual, elsewhere, lambda file: file.create_group("direct")):
        assert "an array in the file itself" in refusal(tmp_path, hdf5(fill))


def test_hdf5_that_claims_more_than_fits(tmp_path: Path) -> None:
    def fill(file: Any) -> None:
        file.create_dataset("direct", (10**5, 10**4, 10), "c16", chunks=(1, 100, 10))

    assert f"at most {array_files.MAX_FILE_BYTES}" in refusal(tmp_path, hdf5(fill))


@pytest.mark.parametrize(
    "kind",
    [
        np.dtype([("a", "f8"), ("b", "f8")]),
        h5py.vlen_dtype(np.float64),
        h5py.ref_dtype,
    ],
)
def test_hdf5_of_types_that_are_no_numbers(tmp_path: Path, kind: Any) -> None:
    def fill(file: Any) -> None:
        file.create_dataset("direct", (3,), kind)

    assert "direct" in refusal(tmp_path, hdf5(fill))


@pytest.mark.parametrize("kind", ["struct", "function_handle", "string", "cell"])
def test_matlab_classes_that_are_no_numbers(tmp_path: Path, kind: str) -> None:
    def fill(file: Any) -> None:
        made = file.create_dataset("direct", data=np.zeros((2, 2), np.uint64))
        made.attrs["MATLAB_class"] = np.bytes_(kind)

    assert "direct" in refusal(tmp_path, hdf5(fill))


@pytest.mark.parametrize("contents", [{"direct": {"a": 1.0}}, {"direct": np.array([[1.0], ["x"]], dtype=object)}])
def test_matlab_5_structs_and_mixed_cells(tmp_path: Path, contents: dict[str, Any]) -> None:
    import scipy.io

    buffer: Any = io.BytesIO()
    scipy.io.savemat(buffer, contents)
    assert "direct" in refusal(tmp_path, buffer.getvalue())


@pytest.mark.parametrize(
    "content", [b"", b"x", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", b"CDF\x01", b"# a TOML file\n" * 20]
)
def test_what_is_no_channel_file(tmp_path: Path, content: bytes) -> None:
    refusal(tmp_path, content)


@pytest.mark.parametrize("place", ["missing.npz", "", "nul\0l.npz"])
def test_what_cannot_be_opened(tmp_path: Path, place: str) -> None:
    with pytest.raises(InputError):
        read_channel(f"{tmp_path}/{place}")


@pytest.mark.parametrize("suffix", GOOD)
def test_every_truncation_is_refused_or_gives_the_same(tmp_path: Path, suffix: str) -> None:
    content = GOOD[suffix]
    for length in np.unique(np.linspace(0, len(content) - 1, 60).astype(int)):
        (tmp_path / "H").write_bytes(content[:length])
        try:
            found = read_channel(tmp_path / "H")
        except InputError:
            continue
        np.testing.assert_array_equal(found.direct, DIRECT)


# Texts of any length, as NetCDF 4 has them, lie in a heap of the HDF5 library, which may not return from a damaged one.
CHANGED = GOOD | {".nc": channel_bytes(GivenChannel(direct=DIRECT, carrier_hz=3e9), ".nc")}


@pytest.mark.parametrize("suffix", CHANGED)
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_bytes_changed_at_random_never_raise_anything_else(tmp_path: Path, suffix: str, data: st.DataObject) -> None:
    content = bytearray(CHANGED[suffix])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "H").write_bytes(bytes(content))
    try:
        found = read_channel(tmp_path / "H")
    except InputError:
        return
    assert np.isfinite(found.direct).all()
