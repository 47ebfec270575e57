"""SigMF files against the format's own library, in both directions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import sigmf

from multistatic.files.atomic import write_files_atomically
from multistatic.files.recordings import read_block, read_recording, recording_files
from multistatic.files.references import modulation_fields, sampled_reference_files, symbol_reference_files
from multistatic.files.sigmf import NAMESPACE
from multistatic.scenario.model import PulseSpec
from multistatic.signal.pulses import pulse_of
from multistatic.signal.symbols import draw_symbols
from multistatic.signal.transmit import SingleCarrier
from multistatic.simulation.recording import Recording
from tests.support.close import close_to
from tests.support.paths import EXAMPLES

SLOT_S = 5e-9
EXAMPLE = EXAMPLES / "hall_recordings"


def samples(*shape: int) -> np.ndarray:
    return draw_symbols("gaussian", shape, np.random.default_rng(4))


def recording(**changes) -> Recording:
    values = {
        "receiver_id": "mast 7/β",
        "samples": samples(3, 2, 50),
        "sample_rate_hz": 8e8,
        "slot_s": SLOT_S,
        "noise_power_w": 2e-9,
        "start_s": -1.25e-9,
    }
    return Recording(**(values | changes))


def test_the_library_accepts_and_reads_what_we_write(tmp_path: Path):
    written = recording()
    write_files_atomically(tmp_path, recording_files("a", written, carrier_hz=3.5e9, description="test"))
    found = sigmf.sigmffile.fromfile(str(tmp_path / "a.sigmf-meta"))
    found.validate()
    assert found.num_channels == 2
    assert found.sample_count == 150
    assert found.get_global_field("core:sample_rate") == 8e8
    assert [capture["core:sample_start"] for capture in found.get_captures()] == [0, 50, 100]
    assert {capture["core:frequency"] for capture in found.get_captures()} == {3.5e9}
    assert [extension["name"] for extension in found.get_global_field("core:extensions")] == [NAMESPACE]
    read = found.read_samples(0, -1).reshape(3, 50, 2).swapaxes(1, 2)
    np.testing.assert_array_equal(read, written.samples.astype(np.complex64))
    one = found.read_samples_in_capture(1).reshape(50, 2).T
    np.testing.assert_array_equal(one, written.samples[1].astype(np.complex64))


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(
            lambda signal, modulation: sampled_reference_files("r", signal, 8e8, carrier_hz=3.5e9), id="sampled"
        ),
        pytest.param(
            lambda signal, modulation: symbol_reference_files(
                "r", signal.symbols, modulation_fields(modulation, PulseSpec(kind="half_sine")), carrier_hz=3.5e9
            ),
            id="symbols",
        ),
    ],
)
def test_the_library_accepts_references(tmp_path: Path, files):
    modulation = SingleCarrier(pulse=pulse_of(PulseSpec(kind="half_sine")), slot_s=SLOT_S, symbols=40)
    write_files_atomically(tmp_path, files(modulation(samples(40)), modulation))
    found = sigmf.sigmffile.fromfile(str(tmp_path / "r.sigmf-meta"))
    found.validate()
    assert found.num_channels == 1


@pytest.mark.parametrize("datatype", ["cf32_le", "cf64_le", "cf32_be", "ci16_le", "ci8"])
def test_we_read_what_the_library_writes(tmp_path: Path, datatype: str):
    values = np.round(20 * samples(2, 60))
    pairs = np.stack([values.real, values.imag], axis=-1).swapaxes(0, 1)
    kind = {"cf32_le": "<f4", "cf64_le": "<f8", "cf32_be": ">f4", "ci16_le": "<i2", "ci8": "i1"}[datatype]
    path = tmp_path / "other.sigmf-data"
    path.write_bytes(pairs.astype(kind).tobytes())
    made = sigmf.SigMFFile(
        data_file=str(path),
        global_info={"core:datatype": datatype, "core:sample_rate": 2e8, "core:num_channels": 2},
    )
    made.add_capture(0, metadata={"core:frequency": 1e9})
    made.tofile(str(tmp_path / "other.sigmf-meta"))
    read = read_recording(path, slot_s=SLOT_S, noise_power_w=1.0)
    np.testing.assert_array_equal(read.samples, values[None])
    assert (read.receiver_id, read.sample_rate_hz, read.slot_s, read.start_s) == ("other", 2e8, SLOT_S, 0.0)


def test_the_example_is_what_the_documentation_says():
    paths = sorted(EXAMPLE.glob("*.sigmf-meta"))
    assert len(paths) == 8
    for path in paths:
        sigmf.sigmffile.fromfile(str(path)).validate()
    block, truth = read_block(EXAMPLE), json.loads((EXAMPLE / "truth.json").read_text(encoding="utf-8"))
    assert [recording.receiver_id for recording in block.recordings] == ["crane", "handheld-3", "vehicle", "wall"]
    for recording in block.recordings:
        row = truth["receivers"][recording.receiver_id]
        times = recording.times_s
        known = np.exp(2j * np.pi * row["observed_doppler_hz"] * times)
        known = known * block.reference.values(times - row["observed_delay_s"])
        heard = recording.samples[0] @ known.conj() / np.sum(np.abs(known) ** 2)
        # Antenna by antenna the echo's amplitude; SNRs after integration are 27 dB and more.
        assert np.abs(heard) == close_to(abs(complex(*row["amplitude"][0])), rel=0.3)


def test_what_we_write_we_read(tmp_path: Path):
    written = recording()
    files = recording_files("a", written, carrier_hz=3.5e9)
    assert files == recording_files("a", written, carrier_hz=3.5e9)
    write_files_atomically(tmp_path, files)
    for path in ("a", "a.sigmf-meta", "a.sigmf-data"):
        read = read_recording(tmp_path / path)
        np.testing.assert_array_equal(read.samples, written.samples.astype(np.complex64))
        for name in ("receiver_id", "sample_rate_hz", "slot_s", "noise_power_w", "start_s"):
            assert getattr(read, name) == getattr(written, name)
