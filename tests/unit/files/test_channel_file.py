"""Channel files: every format gives the same channels; axes, complex numbers and names as each program writes them."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.io

import multistatic.design
from multistatic.channel.realise import channel_rng, realise
from multistatic.design import design_network
from multistatic.errors import InputError, ScenarioError
from multistatic.files.channel_file import (
    WRITERS,
    channel_bytes,
    channel_files,
    load_channel,
    load_drops,
    read_channel,
    realised_channel,
    with_channel,
)
from multistatic.scenario.given_channel import GivenChannel
from multistatic.scenario.model import DesignSettings
from tests.support.networks import CARRIER_HZ, network

RNG = np.random.default_rng(5)
IDS = ("roof", "mast", "α-site")
DIRECT = 1e-4 * (RNG.standard_normal((3, 2, 4)) + 1j * RNG.standard_normal((3, 2, 4)))
GIVEN = GivenChannel(
    direct=DIRECT,
    receiver_ids=IDS,
    carrier_hz=CARRIER_HZ,
    echo_gain=RNG.uniform(1e-9, 2e-9, (1, 3)),
    steering_tx=np.exp(1j * np.arange(4.0))[None],
)


def assert_same(found: GivenChannel, expected: GivenChannel = GIVEN) -> None:
    for name in ("direct", "echo_gain", "steering_tx"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)
    assert (found.receiver_ids, found.carrier_hz) == (expected.receiver_ids, expected.carrier_hz)


def read(tmp_path: Path, content: bytes, name: str = "H.bin") -> GivenChannel:
    (tmp_path / name).write_bytes(content)
    return read_channel(tmp_path / name)


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def hdf5(fill: Any, userblock: int = 0) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", userblock_size=userblock) as file:
        fill(file)
    return buffer.getvalue()


# Every format


@pytest.mark.parametrize("suffix", WRITERS)
def test_what_is_written_is_read_back_to_the_bit(tmp_path: Path, suffix: str) -> None:
    assert_same(read(tmp_path, channel_bytes(GIVEN, suffix), f"H{suffix}"))


@pytest.mark.parametrize("suffix", WRITERS)
def test_what_is_not_given_stays_away(tmp_path: Path, suffix: str) -> None:
    found = read(tmp_path, channel_bytes(GivenChannel(direct=DIRECT), suffix), f"H{suffix}")
    assert (found.receiver_ids, found.carrier_hz, found.echo_gain, found.steering_tx) == (None, None, None, None)


@pytest.mark.parametrize("suffix", [".npz", ".mat"])
def test_the_same_channels_give_the_same_bytes(suffix: str) -> None:
    assert channel_bytes(GIVEN, suffix) == channel_bytes(GIVEN, suffix)


def test_an_ending_of_no_format_is_refused() -> None:
    with pytest.raises(InputError, match=r"an ending '\.csv', expected one of \.npz, \.mat"):
        channel_bytes(GIVEN, ".csv")


def test_the_first_bytes_decide_not_the_name(tmp_path: Path) -> None:
    assert_same(read(tmp_path, channel_bytes(GIVEN, ".mat"), "H.npz"))


# NumPy: what a script writes with savez


def test_single_precision_real_numbers_and_lists(tmp_path: Path) -> None:
    found = read(tmp_path, npz(direct=DIRECT.real.astype(np.float32), receiver_ids=list(IDS), carrier_hz=CARRIER_HZ))
    np.testing.assert_array_equal(found.direct, DIRECT.real.astype(np.float32))
    assert found.receiver_ids == IDS


def test_a_pair_of_real_arrays_is_joined(tmp_path: Path) -> None:
    found = read(tmp_path, npz(direct_real=DIRECT.real, direct_imag=DIRECT.imag))
    np.testing.assert_array_equal(found.direct, DIRECT)


@pytest.mark.parametrize("part", ["direct_real", "direct_imag"])
def test_an_array_beside_its_own_parts_is_refused(tmp_path: Path, part: str) -> None:
    with pytest.raises(InputError, match=f"direct and {part}, expected only one of the two"):
        read(tmp_path, npz(**{"direct": DIRECT, part: DIRECT.real}))


@pytest.mark.parametrize("attribute", [{"scale_factor": 1e-8}, {"add_offset": 1.0}])
def test_packed_numbers_of_netcdf_are_refused(tmp_path: Path, attribute: dict[str, float]) -> None:
    """Read as they stand, integers of a packed file would be channels that are a hundred million times too strong."""
    packed = np.round(DIRECT.real / 1e-8).astype("i2")
    with scipy.io.netcdf_file(tmp_path / "3.nc", "w") as file:
        for name, size in zip("krt", DIRECT.shape, strict=True):
            file.createDimension(name, size)
        for part in ("direct_real", "direct_imag"):
            made = file.createVariable(part, "i2", tuple("krt"))
            made[:] = packed
            for key, value in attribute.items():
                setattr(made, key, value)

    def fill(file: Any) -> None:
        for part in ("direct_real", "direct_imag"):
            file[part] = packed
            file[part].attrs.update(attribute)

    (tmp_path / "4.nc").write_bytes(hdf5(fill))
    for name in ("3.nc", "4.nc"):
        with pytest.raises(InputError, match=f"numbers packed with {next(iter(attribute))}"):
            read_channel(tmp_path / name)


def test_missing_last_axes_are_of_length_one(tmp_path: Path) -> None:
    assert read(tmp_path, npz(direct=DIRECT[:, :, 0])).direct.shape == (3, 2, 1)
    assert read(tmp_path, npz(direct=DIRECT[:, 0, 0])).direct.shape == (3, 1, 1)
    assert read(tmp_path, npz(direct=DIRECT[0, 0, 0])).direct.shape == (1, 1, 1)


def test_echo_gain_and_steering_of_one_point_may_lack_its_axis(tmp_path: Path) -> None:
    assert GIVEN.echo_gain is not None
    assert GIVEN.steering_tx is not None
    found = read(tmp_path, npz(direct=DIRECT, echo_gain=GIVEN.echo_gain[0], steering_tx=GIVEN.steering_tx[0]))
    np.testing.assert_array_equal(found.echo_gain, GIVEN.echo_gain)
    np.testing.assert_array_equal(found.steering_tx, GIVEN.steering_tx)


# MATLAB 5: what save(..., '-v7') writes


def test_matlab_5_columns_cells_and_dropped_axes(tmp_path: Path) -> None:
    buffer: Any = io.BytesIO()
    contents = {
        "direct": DIRECT[:, :, :1],  # MATLAB shows [3, 2]: the last axis of length 1 is gone
        "receiver_ids": np.array(IDS, dtype=object),
        "carrier_hz": CARRIER_HZ,
        "echo_gain": np.array([[1e-9], [2e-9], [3e-9]]),
        "something_else": np.eye(2),
    }
    contents["direct"] = contents["direct"][:, :, 0]
    scipy.io.savemat(buffer, contents)
    found = read(tmp_path, buffer.getvalue())
    np.testing.assert_array_equal(found.direct, DIRECT[:, :, :1])
    np.testing.assert_array_equal(found.echo_gain, [[1e-9, 2e-9, 3e-9]])
    assert (found.receiver_ids, found.carrier_hz) == (IDS, CARRIER_HZ)


def test_matlab_5_names_as_rows_of_a_char_array(tmp_path: Path) -> None:
    buffer: Any = io.BytesIO()
    scipy.io.savemat(buffer, {"direct": DIRECT, "receiver_ids": np.array(["roof", "mast", "bar "])})
    assert read(tmp_path, buffer.getvalue()).receiver_ids == ("roof", "mast", "bar")


# MATLAB 7.3: what save(..., '-v7.3') writes, laid out here as MATLAB does


def matlab_73(file: Any) -> None:
    """Axes in reverse, complex numbers as a compound (real, imag), texts as UTF-16 columns behind references."""
    pair = np.dtype([("real", "f8"), ("imag", "f8")])

    def store(place: Any, name: str, values: Any, kind: str) -> Any:
        made = place.create_dataset(name, data=values)
        made.attrs["MATLAB_class"] = np.bytes_(kind)
        return made

    def store_complex(name: str, values: Any) -> None:
        reverse = np.ascontiguousarray(values.T)
        joined = np.empty(reverse.shape, pair)
        joined["real"], joined["imag"] = reverse.real, reverse.imag
        store(file, name, joined, "double")

    store_complex("direct", DIRECT)
    assert GIVEN.steering_tx is not None
    assert GIVEN.echo_gain is not None
    store_complex("steering_tx", GIVEN.steering_tx.T)  # a column: steering_tx = a.'
    store(file, "echo_gain", GIVEN.echo_gain.T, "double")  # a row in MATLAB
    store(file, "carrier_hz", np.array([[CARRIER_HZ]]), "double")
    kept = file.create_group("#refs#")
    cells = []
    for number, text in enumerate(IDS):
        codes = np.array([[ord(letter)] for letter in text], np.uint16)
        cell = store(kept, f"c{number}", codes, "char")
        cell.attrs["MATLAB_int_decode"] = np.int32(2)
        cells.append(cell.ref)
    names = file.create_dataset("receiver_ids", (1, 3), dtype=h5py.ref_dtype)  # a column of cells in MATLAB
    names[0, :] = cells
    names.attrs["MATLAB_class"] = np.bytes_("cell")


def test_matlab_73_axes_are_reversed_back_and_parts_joined(tmp_path: Path) -> None:
    content = bytearray(hdf5(matlab_73, userblock=512))
    content[:128] = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM"
    assert_same(read(tmp_path, bytes(content), "H.mat"))


# HDF5 and NetCDF: axes as written


@pytest.mark.parametrize("parts", [("r", "i"), ("real", "imag")])
def test_hdf5_compounds_in_the_order_as_written(tmp_path: Path, parts: tuple[str, str]) -> None:
    joined = np.empty(DIRECT.shape, [(part, "f8") for part in parts])
    joined[parts[0]], joined[parts[1]] = DIRECT.real, DIRECT.imag

    def fill(file: Any) -> None:
        file["direct"] = joined
        file["receiver_ids"] = np.array([name.encode() for name in IDS])

    found = read(tmp_path, hdf5(fill))
    np.testing.assert_array_equal(found.direct, DIRECT)
    assert found.receiver_ids == IDS


def test_netcdf_3(tmp_path: Path) -> None:
    path = tmp_path / "H.nc"
    with scipy.io.netcdf_file(path, "w") as file:
        for name, size in (("k", 3), ("r", 2), ("t", 4), ("letters", 4)):
            file.createDimension(name, size)
        for part, values in (("real", DIRECT.real), ("imag", DIRECT.imag)):
            file.createVariable(f"direct_{part}", "d", ("k", "r", "t"))[:] = values
        names = file.createVariable("receiver_ids", "c", ("k", "letters"))
        names[:] = np.array([list(name.ljust(4)) for name in ("roof", "mast", "bar")], "S1")
    found = read_channel(path)
    np.testing.assert_array_equal(found.direct, DIRECT)
    assert found.receiver_ids == ("roof", "mast", "bar")


def test_netcdf_4_written_by_xarray(tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    axes = ("receiver", "receive_antenna", "transmit_antenna")
    data = xarray.Dataset(
        {"direct_real": (axes, DIRECT.real), "direct_imag": (axes, DIRECT.imag), "carrier_hz": CARRIER_HZ},
        {"receiver_ids": ("receiver", list(IDS))},
    )
    data.to_netcdf(tmp_path / "H.nc", engine="h5netcdf")
    found = read_channel(tmp_path / "H.nc")
    np.testing.assert_array_equal(found.direct, DIRECT)
    assert (found.receiver_ids, found.carrier_hz) == (IDS, CARRIER_HZ)


# What the arrays of a file must be


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"H": DIRECT}, ":direct: received none of these arrays"),
        ({"carrier_hz": 1e9}, ":direct: received carrier_hz and no direct"),
        ({"direct_real": DIRECT.real}, ":direct_imag: received nothing"),
        ({"direct_real": DIRECT.real, "direct_imag": DIRECT.imag[:2]}, ":direct_real: received float64[3, 2, 4] and"),
        ({"direct": DIRECT, "receiver_ids": [1, 2, 3]}, ":receiver_ids: received values of type int64"),
        ({"direct": DIRECT, "carrier_hz": [1e9, 2e9]}, ":carrier_hz: received float64[2]"),
        ({"direct": DIRECT, "carrier_hz": "3.5 GHz"}, ":carrier_hz: received <U7[]"),
        ({"direct": DIRECT[None]}, ":direct: received shape [1, 3, 2, 4]"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path: Path, arrays: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, npz(**arrays))
    assert caught.value.exit_code == 2
    assert any(said in str(problem) for problem in caught.value.problems), caught.value


# From Python


def test_load_channel_is_what_the_scenario_with_the_file_realises(tmp_path: Path) -> None:
    scenario = network(3, antennas=2, transmit_antennas=4)
    (tmp_path / "H.npz").write_bytes(npz(direct=DIRECT))
    channel = load_channel(tmp_path / "H.npz", scenario)
    np.testing.assert_array_equal(channel.direct, DIRECT)
    np.testing.assert_array_equal(channel.echo_gain, realise(scenario, channel_rng(0)).echo_gain)
    with pytest.raises(ScenarioError, match="the 4 receivers of the scenario"):
        load_channel(tmp_path / "H.npz", network(4, antennas=2, transmit_antennas=4))


def test_drops_are_the_files_of_a_folder_in_the_order_of_their_names(tmp_path: Path) -> None:
    scenario = network(3, antennas=2, transmit_antennas=4)
    for number, suffix in ((2, ".mat"), (1, ".npz"), (3, ".nc")):
        (tmp_path / f"drop{number}{suffix}").write_bytes(channel_bytes(GivenChannel(direct=number * DIRECT), suffix))
    (tmp_path / "README.txt").write_text("no channel")
    (tmp_path / ".hidden.npz").write_text("no channel either")
    assert [file.name for file in channel_files(tmp_path)] == ["drop1.npz", "drop2.mat", "drop3.nc"]
    for number, drop in enumerate(load_drops(tmp_path, scenario), 1):
        np.testing.assert_array_equal(realise(drop, channel_rng(0)).direct, number * DIRECT)


@pytest.mark.parametrize("what", ["missing", "empty"])
def test_a_folder_without_channel_files_is_refused_at_once(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "drops"
    if what == "empty":
        folder.mkdir()
    with pytest.raises(InputError, match="drops"):
        load_drops(folder, network(3))


def test_the_template_of_a_scenario_realises_it_again(tmp_path: Path) -> None:
    scenario = network(3, antennas=(1, 2, 3), direct="rician", seed=4)
    template = replace(realised_channel(scenario), path="H.npz")
    np.testing.assert_array_equal(
        realise(with_channel(scenario, template), channel_rng(0)).direct, realise(scenario, channel_rng(4)).direct
    )
    assert template.receiver_ids == scenario.receiver_ids


# A design with channels from outside


def test_a_design_takes_a_path_an_array_or_a_value(tmp_path: Path) -> None:
    scenario = network(3, antennas=2, transmit_antennas=4, rate_bps_hz=0.5, design=DesignSettings(selector="greedy"))
    place = tmp_path / "H.npz"
    place.write_bytes(npz(direct=DIRECT))
    designs = [
        design_network(scenario, channel=each, scheme="multi")
        for each in (place, str(place), DIRECT, DIRECT.tolist(), GivenChannel(direct=DIRECT))
    ]
    by_scenario = design_network(with_channel(scenario, read_channel(place)))
    for made in designs:
        np.testing.assert_array_equal(made.channel.direct, DIRECT)
        assert made.beamforming is not None
        assert made.beamforming.beams is not None
        assert by_scenario.beamforming is not None
        assert by_scenario.beamforming.beams is not None
        np.testing.assert_array_equal(made.beamforming.beams.weights, by_scenario.beamforming.beams.weights)
    with pytest.raises(ScenarioError, match="2 receivers"):
        design_network(scenario, channel=DIRECT[:2])
    with pytest.raises(InputError, match=r"none\.npz"):
        design_network(scenario, channel=tmp_path / "none.npz")


def test_without_channels_from_outside_it_is_the_design_of_the_scenario() -> None:
    scenario = network(3, antennas=2, transmit_antennas=4, rate_bps_hz=0.5, design=DesignSettings(selector="greedy"))
    one, other = design_network(scenario), multistatic.design.design_network(scenario)
    assert one.beamforming is not None
    assert other.beamforming is not None
    assert one.beamforming.beams is not None
    assert other.beamforming.beams is not None
    np.testing.assert_array_equal(one.beamforming.beams.weights, other.beamforming.beams.weights)
