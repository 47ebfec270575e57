"""Bad recordings and references: every problem at once, each named; nothing but InputError."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multistatic.errors import InputError
from multistatic.files import sigmf as sigmf_files
from multistatic.files.atomic import write_files_atomically
from multistatic.files.recordings import read_block, read_recording, recording_files
from multistatic.files.references import (
    modulation_fields,
    read_reference,
    sampled_reference_files,
    symbol_reference_files,
)
from multistatic.scenario.model import PulseSpec
from multistatic.signal.ofdm import Ofdm, used_subcarriers
from multistatic.signal.pulses import pulse_of
from multistatic.signal.transmit import SingleCarrier
from multistatic.simulation.recording import Recording

SLOT_S = 5e-9
PULSE = SingleCarrier(pulse=pulse_of(PulseSpec(kind="half_sine")), slot_s=SLOT_S, symbols=12)
OFDM = Ofdm(subcarriers=8, cyclic_prefix=2, slot_s=SLOT_S, ofdm_symbols=2, active=used_subcarriers(8))


def folder(tmp_path: Path, waveform: str = "single-carrier") -> Path:
    """A good folder: one recording of two trials, and references."""
    rng = np.random.default_rng(0)
    samples = rng.standard_normal((2, 2, 30)) + 1j * rng.standard_normal((2, 2, 30))
    recording = Recording(receiver_id="a", samples=samples, sample_rate_hz=4e8, slot_s=SLOT_S, noise_power_w=1e-9)
    modulation = PULSE if waveform == "single-carrier" else OFDM
    sent = modulation(np.exp(1j * np.arange(modulation.symbols)))
    fields = modulation_fields(modulation, PulseSpec(kind="half_sine"))
    files = {
        **recording_files("recording_a", recording, carrier_hz=3e9),
        **sampled_reference_files("reference", sent, 4e8, carrier_hz=3e9),
        **symbol_reference_files("reference_symbols", sent.symbols, fields, carrier_hz=3e9),
    }
    write_files_atomically(tmp_path, files)
    return tmp_path


def edit(path: Path, change: Callable[[dict], object]) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def put(path: Path, data: bytes) -> None:
    """Other data, with the sum that belongs to them."""
    path.with_suffix(".sigmf-data").write_bytes(data)
    edit(path, lambda d: d["global"].update({"core:sha512": hashlib.sha512(data).hexdigest()}))


def problems(read: Callable[[Path], object], path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.exit_code == 2
    assert str(path.parent if path.suffix else path) in str(caught.value)
    return [str(problem) for problem in caught.value.problems]


def test_the_good_folder_is_read(tmp_path: Path):
    block = read_block(folder(tmp_path))
    assert block.recordings[0].samples.shape == (2, 2, 30)
    assert block.sensing_reference is None


G, C0 = "global", "captures"
META_FAULTS = {
    "no rate": (lambda d: d[G].pop("core:sample_rate"), "global.core:sample_rate: received nothing"),
    "negative rate": (lambda d: d[G].update({"core:sample_rate": -1}), "core:sample_rate: received -1"),
    "rate as text": (lambda d: d[G].update({"core:sample_rate": "4e8"}), "received '4e8'"),
    "rate true": (lambda d: d[G].update({"core:sample_rate": True}), "received True"),
    "huge rate": (lambda d: d[G].update({"core:sample_rate": 10**400}), "core:sample_rate: received 1000"),
    "rate of another unit": (lambda d: d[G].update({"core:sample_rate": 400}), "0.001 to 10000 samples a slot"),
    "no datatype": (lambda d: d[G].pop("core:datatype"), "core:datatype: received nothing"),
    "real datatype": (lambda d: d[G].update({"core:datatype": "rf32_le"}), "'rf32_le', expected one of cf32_le"),
    "datatype as list": (lambda d: d[G].update({"core:datatype": []}), "core:datatype: received []"),
    "no version": (lambda d: d[G].pop("core:version"), "core:version: received nothing"),
    "no channels": (lambda d: d[G].update({"core:num_channels": 0}), "a whole number from 1 to 4096"),
    "channels that do not divide": (lambda d: d[G].update({"core:num_channels": 7}), "a multiple of 56"),
    "a million channels": (lambda d: d[G].update({"core:num_channels": 10**6}), "received 1000000"),
    "no slot": (lambda d: d[G].pop("multistatic:slot_s"), "multistatic:slot_s: received nothing"),
    "no noise": (lambda d: d[G].update({"multistatic:noise_power_w": 0}), "noise_power_w: received 0"),
    "no id": (lambda d: d[G].update({"multistatic:receiver_id": 5}), "receiver_id: received 5"),
    "sum": (lambda d: d[G].update({"core:sha512": "0" * 128}), "another SHA-512"),
    "sum of another type": (lambda d: d[G].update({"core:sha512": 3}), "another SHA-512"),
    "elsewhere": (lambda d: d[G].update({"core:dataset": "x.bin"}), "no such key: the samples are read from"),
    "no global": (lambda d: d.pop(G), "global: received nothing"),
    "global list": (lambda d: d.update({G: []}), "global: received list"),
    "no captures": (lambda d: d.pop(C0), "captures: received nothing"),
    "captures of numbers": (lambda d: d.update({C0: [1]}), "an array of objects"),
    "capture without start": (lambda d: d[C0][1].pop("core:sample_start"), "captures[1].core:sample_start"),
    "unequal captures": (lambda d: d[C0][1].update({"core:sample_start": 20}), "captures of equal length"),
    "captures beyond the end": (lambda d: d[C0][1].update({"core:sample_start": 10**15}), "60 samples in total"),
    "captures that begin late": (lambda d: d[C0][0].update({"core:sample_start": 1}), "the first one at sample 0"),
    "start nowhere": (lambda d: d[C0][0].update({"multistatic:start_s": None}), "start_s: received None"),
    "starts that differ": (lambda d: d[C0][0].update({"multistatic:start_s": 1.0}), "the same in every capture"),
}


@pytest.mark.parametrize("fault", META_FAULTS)
def test_metadata(tmp_path: Path, fault: str):
    path = folder(tmp_path) / "recording_a.sigmf-meta"
    change, message = META_FAULTS[fault]
    edit(path, change)
    found = problems(read_recording, path)
    assert any(message in problem for problem in found), found
    assert len(found) == 1


def test_every_problem_at_once(tmp_path: Path):
    path = folder(tmp_path) / "recording_a.sigmf-meta"
    edit(path, lambda d: (d[G].pop("core:datatype"), d[G].pop("core:version"), d[C0][0].clear()))
    path.with_suffix(".sigmf-data").write_bytes(b"")
    assert len(problems(read_recording, path)) == 5


def test_own_metadata_all_at_once(tmp_path: Path):
    path = folder(tmp_path) / "recording_a.sigmf-meta"
    edit(
        path,
        lambda d: [d[G].pop(key) for key in ("core:sample_rate", "multistatic:slot_s", "multistatic:noise_power_w")],
    )
    assert len(problems(read_recording, path)) == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "global: received nothing"),
    ],
)
def test_metadata_that_are_none(tmp_path: Path, content: bytes, message: str):
    path = folder(tmp_path) / "recording_a.sigmf-meta"
    path.write_bytes(content)
    assert any(message in problem for problem in problems(read_recording, path))


def test_truncated_data(tmp_path: Path):
    path = folder(tmp_path) / "recording_a.sigmf-data"
    path.write_bytes(path.read_bytes()[:-5])
    assert ["another SHA-512" in problem for problem in problems(read_recording, path)] == [True]
    put(path.with_suffix(".sigmf-meta"), path.read_bytes())
    found = problems(read_recording, path)
    assert any("a multiple of 16" in problem and "truncated" in problem for problem in found)


def test_data_that_are_not_there(tmp_path: Path):
    path = folder(tmp_path) / "recording_a.sigmf-data"
    path.unlink()
    assert "no file or folder of this name" in problems(read_recording, path)[0]
    assert "no file or folder of this name" in problems(read_recording, tmp_path / "nothing")[0]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers(tmp_path: Path, value: float):
    path = folder(tmp_path) / "recording_a.sigmf-data"
    samples = np.frombuffer(path.read_bytes(), "<f4").copy()
    # trial 1, sample 3, antenna 1, imaginary part; and another
    samples[[((30 + 3) * 2 + 1) * 2 + 1, -1]] = value
    put(path.with_suffix(".sigmf-meta"), samples.tobytes())
    found = problems(read_recording, path)
    assert "2 samples that are NaN or infinite, the first in capture 1, channel 1, sample 3" in found[0]


def test_absurd_sizes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = folder(tmp_path) / "recording_a.sigmf-meta"
    monkeypatch.setattr(sigmf_files, "MAX_DATA_BYTES", 100)
    assert "960 bytes, expected at most 100" in problems(read_recording, path)[0]
    monkeypatch.setattr(sigmf_files, "MAX_META_BYTES", 100)
    assert "more than 100 bytes" in problems(read_recording, path)[0]


# References


REFERENCE_FAULTS = {
    "kind": (lambda m: m.update(kind="am"), "kind: received 'am', expected single_carrier or ofdm"),
    "no kind": (lambda m: m.pop("kind"), "kind: received nothing"),
    "no slot": (lambda m: m.pop("slot_s"), "slot_s: received nothing"),
    "no pulse": (lambda m: m.update(pulse="half_sine"), "pulse: received 'half_sine', expected an object"),
    "unknown pulse": (lambda m: m["pulse"].update(kind="halfsine"), "did you mean 'half_sine'"),
    "rolloff": (lambda m: m["pulse"].update(kind="root_raised_cosine", rolloff=2), "a roll-off factor from 0 to 1"),
    "span": (lambda m: m["pulse"].update(span_slots=0), "a whole number from 1 to 1024"),
}
OFDM_FAULTS = {
    "active": (lambda m: m.update(active="all"), "active: received 'all'"),
    "not whole": (lambda m: m.update(active=[1.5]), "an array of whole numbers"),
    "too many": (lambda m: m.update(active=[1, 2, 3, -1]), "divides the 14 symbols"),
    "outside": (lambda m: m.update(active=[9]), "subcarriers from -4 to 3"),
    "twice": (lambda m: m.update(active=[1, 1]), "each once"),
    "subcarriers": (lambda m: m.pop("subcarriers"), "subcarriers: received nothing"),
    "transition": (lambda m: m.update(transition_slots=99), "expected 0 to 10"),
}


@pytest.mark.parametrize("fault", REFERENCE_FAULTS)
def test_references_of_symbols(tmp_path: Path, fault: str):
    path = folder(tmp_path) / "reference_symbols.sigmf-meta"
    change, message = REFERENCE_FAULTS[fault]
    edit(path, lambda d: change(d[G]["multistatic:modulation"]))
    assert any(message in problem for problem in problems(read_reference, path))


@pytest.mark.parametrize("fault", OFDM_FAULTS)
def test_references_of_ofdm_symbols(tmp_path: Path, fault: str):
    path = folder(tmp_path, "ofdm") / "reference_symbols.sigmf-meta"
    change, message = OFDM_FAULTS[fault]
    edit(path, lambda d: change(d[G]["multistatic:modulation"]))
    assert any(message in problem for problem in problems(read_reference, path))


def test_sampled_references(tmp_path: Path):
    path = folder(tmp_path) / "reference.sigmf-meta"
    edit(path, lambda d: d[G].update({"core:sample_rate": 0}))
    assert "core:sample_rate: received 0" in problems(read_reference, path)[0]
    edit(path, lambda d: d[G].update({"core:sample_rate": 1e8, "core:num_channels": 2}))
    assert "x is scalar" in problems(read_reference, path)[0]
    put(path, np.zeros(8, "<f4").tobytes())
    edit(path, lambda d: d[G].update({"core:num_channels": 1}))
    assert "more than 7" in problems(read_reference, path)[0]


# Folders


def test_folders_without_recordings_or_references(tmp_path: Path):
    assert "no folder" in problems(read_block, tmp_path / "nowhere")[0]
    (tmp_path / "empty").mkdir()
    assert "none, expected recordings named recording_RECEIVER" in problems(read_block, tmp_path / "empty")[0]
    good = folder(tmp_path / "good")
    for path in good.glob("reference*"):
        path.unlink()
    assert "no reference, expected reference_symbols.sigmf-meta" in problems(read_block, good)[0]


def test_the_problems_of_all_files_of_a_folder(tmp_path: Path):
    good = folder(tmp_path)
    for suffix in (".sigmf-meta", ".sigmf-data"):
        (good / f"recording_b{suffix}").write_bytes((good / f"recording_a{suffix}").read_bytes())
    assert "'a' twice" in problems(read_block, good)[0]
    edit(good / "recording_a.sigmf-meta", lambda d: d[G].pop("core:sample_rate"))
    (good / "recording_b.sigmf-data").unlink()
    (good / "reference_symbols.sigmf-meta").write_text("{}")
    found = problems(read_block, good)
    assert len(found) == 4
    for name in ("recording_a", "recording_b", "reference_symbols"):
        assert any(name in problem for problem in found)


def test_a_reference_has_the_trials_of_the_recordings(tmp_path: Path):
    good = folder(tmp_path)
    fields = modulation_fields(PULSE, PulseSpec(kind="half_sine"))
    for trials, fits in ((2, True), (3, False)):
        files = symbol_reference_files("reference_symbols", np.ones((trials, 12), complex), fields, carrier_hz=1e9)
        write_files_atomically(good, files)
        if fits:
            assert read_block(good).reference.values(0.0).shape == (2,)
        else:
            assert "3 blocks, 2 of 'a'" in problems(read_block, good)[0]


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_metadata_raise_anything_else(tmp_path: Path, data: st.DataObject):
    """Any JSON in the place of any field of the metadata: read, or refused by name."""
    good = tmp_path if (tmp_path / "reference.sigmf-meta").exists() else folder(tmp_path)
    path = good / data.draw(
        st.sampled_from(["recording_a.sigmf-meta", "reference.sigmf-meta", "reference_symbols.sigmf-meta"])
    )
    scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
    junk = st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    )
    intact = path.read_text()
    document = json.loads(intact)
    place = data.draw(
        st.sampled_from([document, document[G], document[C0][0], document[G].get("multistatic:modulation", {})])
    )
    if place:
        place[data.draw(st.sampled_from(sorted(place)))] = data.draw(junk)
    path.write_text(json.dumps(document))
    try:
        with suppress(InputError):
            read_block(good)
    finally:
        path.write_text(intact)
