"""Malformed scenario files, made systematically: each is a valid scenario or a `ScenarioError` with named problems, and
never another exception. How long they take is measured by `python -m benchmarks.table --only malformed`.

Categories: every key with every wrong value; an unknown key in every table; every table missing, emptied or of the
wrong kind; duplicates and coincident places; nesting, size, encoding; truncation and random edits of the presets.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
import io
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multistatic import registry
from multistatic.channel.realise import channel_rng, realise
from multistatic.errors import InputError, ScenarioError
from multistatic.files.scenario_file import load_scenario
from multistatic.scenario.model import Scenario
from multistatic.scenario.parse_scenario import parse_scenario
from multistatic.scenario.preset import preset_names, preset_text
from multistatic.scenario.write import resolved_toml

FULL = """
schema = 1
name = "full"
seed = 1
origin = { latitude_deg = 52.5, longitude_deg = 13.4, height_m = 40.0 }
[radio]
carrier_hz = 3.5e9
bandwidth_hz = 1e8
samples = 256
pulse = { kind = "root_raised_cosine", rolloff = 0.3, span_slots = 8 }
[transmitter]
position_m = [0.0, 0.0, 20.0]
array = { kind = "upa", shape = [2, 3], spacing_wavelengths = 0.5, axes = [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]] }
power_dbm = 30.0
receive_antennas = 2
clock_offset_std_s = 1e-9
frequency_offset_std_hz = 0.1
[receivers]
antennas = 2
clock_offset_std_s = "unknown"
[[receivers.site]]
id = "a"
position_m = [30.0, 10.0, 2.0]
antennas = 3
rate_bps_hz = 2.0
[[receivers.site]]
id = "b"
position_llh = [52.5004, 13.4004, 45.0]
array = { kind = "ula", antennas = 2, spacing_m = 0.05, axis = [1.0, 0.0, 0.0] }
[[receivers.site]]
id = "c"
position_m = [-20.0, 50.0]
array = { kind = "elements", elements_wavelengths = [[0.0, 0.0], [0.3, 0.4, 0.1]] }
[receivers.random]
count = 3
radius_m = [5.0, 60.0]
density = "radius"
centre_m = [1.0, 2.0, 3.0]
height_m = [1.0, 4.0]
antennas = 2
id_prefix = "ue"
[target]
position_m = [20.0, 40.0, 10.0]
velocity_m_s = [15.0, -3.0, 1.0]
rcs_dbsm = -3.0
rcs_std_db = 2.0
rcs_bistatic_db = 3.0
[channel]
path_loss_exponent = 2.7
reference_loss_db = "free_space"
echo_law = "product"
direct = "rician"
rician_factor = 0.5
noise_figure_db = 7.0
noise_temperature_k = 290.0
clutter_power_dbm = -90.0
clutter = "signal_dependent"
direct_path_leakage_db = -40.0
[[channel.scatterer]]
position_m = [7.0, 8.0, 9.0]
rcs_m2 = 0.4
[requirements]
rate_bps_hz = { default = 1.0, a = 2.0 }
cooperation_cost_m = 500.0
distance_weight = 0.4
[design]
criterion = "peb"
selector = "given"
beamformer = "sca"
streams = 2
receivers = 2
given = ["a", "b"]
dimensions = 3
alternate = true
"""

RAW = tomllib.loads(FULL)
WRONG = [
    "text", "", True, False, float("nan"), float("inf"), float("-inf"), -1, 0, 10**30, 10**4000, 1e300, -1e300, 1e-300,
    [], [1], [1.0, "a"], [float("nan"), 0.0], [1, 2, 3, 4], [[1, 2], [3, 4]], [[]], {}, {"kind": "ula"}, {"x": 1},
    "\x7f\x00", "a" * 1000, [{}],
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _entry_points_read_once():
    """Looking entry points up takes longer than everything else that a file needs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "_points", functools.cache(registry._points))
        yield


def paths(value: Any, prefix: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every key and every list entry of the document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*prefix, key)
        yield from paths(inner, (*prefix, key))


def tables(value: Any, prefix: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield from ((*path,) for path in [prefix, *paths(value, prefix)] if isinstance(at(value, path), dict))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document = copy.deepcopy(RAW)
    at(document, path[:-1])[path[-1]] = value
    return document


def toml(value: Any) -> str:
    """An emitter of its own: inline tables throughout, every value that Python has and TOML can spell."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(str(key))} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\u{ord(c):04x}" for c in value) + '"'
    if isinstance(value, int) and not isinstance(value, bool):
        return hex(value) if value >= 0 else str(value)
    return repr(value).lower()


def text_of(document: dict[str, Any]) -> str:
    return "\n".join(f"{toml(key)} = {toml(value)}" for key, value in document.items())


def outcome(text: str) -> Scenario | ScenarioError:
    """What became of a text, after the promises that hold for every text."""
    result: Scenario | ScenarioError
    try:
        result = parse_scenario(text)
    except ScenarioError as error:
        result = error
    if isinstance(result, ScenarioError):
        assert result.problems
        for problem in result.problems:
            assert problem.path.strip()
            assert problem.received.strip()
            assert problem.expected.strip()
            assert len(str(problem)) < 1500
            assert str(problem).isprintable()
    return result


def refused(text: str) -> str:
    result = outcome(text)
    assert isinstance(result, ScenarioError), "a malformed file was taken for a scenario"
    return str(result)


def test_the_full_document_is_valid_and_the_emitter_faithful():
    assert isinstance(outcome(FULL), Scenario)
    assert text_of(tomllib.loads(text_of(RAW))) == text_of(RAW)
    assert resolved_toml(outcome(text_of(RAW))) == resolved_toml(outcome(FULL))


# --- every key, every wrong value ----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("path", list(paths(RAW)), ids=lambda path: ".".join(map(str, path)))
def test_every_key_with_every_wrong_value(path):
    refusals = 0
    for value in WRONG:
        result = outcome(text_of(changed(path, value)))
        refusals += isinstance(result, ScenarioError)
        if isinstance(result, Scenario):
            assert_usable(result)
    assert refusals > len(WRONG) // 2


@pytest.mark.parametrize("path", list(paths(RAW)), ids=lambda path: ".".join(map(str, path)))
def test_no_number_that_is_none_gets_through(path):
    for value in (float("nan"), float("inf"), float("-inf"), [float("nan")] * 3, 10**4000):
        assert_problem_at(path, value)
    if type(at(RAW, path)) in (int, float):
        for value in (True, "1", {}):
            assert_problem_at(path, value)


def assert_problem_at(path: tuple[Any, ...], value: Any) -> None:
    """The message names the key, or the key above it where that now has no form at all."""
    found = refused(text_of(changed(path, value)))
    key = next(step for step in reversed(path) if isinstance(step, str))
    assert key in found, found


@pytest.mark.parametrize("path", list(tables(RAW)), ids=lambda path: ".".join(map(str, path)) or "(root)")
def test_unknown_key_in_every_table(path):
    found = refused(text_of(changed((*path, "unknown_thing"), 1)))
    assert "unknown_thing" in found


@pytest.mark.parametrize("path", [path for path in paths(RAW) if isinstance(path[-1], str)], ids=str)
def test_a_misspelt_key_gets_the_right_one_as_a_hint(path):
    document = copy.deepcopy(RAW)
    table = at(document, path[:-1])
    key = path[-1] + "x"
    table[key] = table.pop(path[-1])
    found = refused(text_of(document))
    if path[-2:-1] != ("rate_bps_hz",):  # there, keys are ids
        assert f"did you mean {path[-1]}?" in found


@pytest.mark.parametrize("path", list(paths(RAW)), ids=lambda path: ".".join(map(str, path)))
def test_every_key_missing(path):
    document = copy.deepcopy(RAW)
    del at(document, path[:-1])[path[-1]]
    result = outcome(text_of(document))
    assert isinstance(result, ScenarioError) or ".".join(map(str, path)) not in NEEDED


NEEDED = {
    "radio",
    "transmitter",
    "receivers",
    "target",
    "channel",
    "radio.carrier_hz",
    "radio.bandwidth_hz",
    "radio.samples",
    "transmitter.position_m",
    "transmitter.array",
    "transmitter.power_dbm",
    "receivers.site.0.id",
    "receivers.site.0.position_m",
    "receivers.random.count",
    "receivers.random.radius_m",
    "target.position_m",
    "channel.path_loss_exponent",
    "channel.noise_figure_db",
    "channel.scatterer.0.position_m",
}


# --- duplicates and places -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "other"),
    [
        (path, other)
        for path in [("receivers", "site", 0), ("receivers", "site", 2), ("target",), ("channel", "scatterer", 0)]
        for other in [("transmitter",), ("target",), ("receivers", "site", 0)]
        if path != other and not (path[:-1] == other[:-1] and path[0] == "receivers")  # sectors of one mast
    ],
    ids=str,
)
def test_no_two_nodes_at_one_place(path, other):
    for shift in (0.0, 1e-9):
        position = [coordinate + shift for coordinate in at(RAW, (*other, "position_m"))]
        assert "another position" in refused(text_of(changed((*path, "position_m"), position)))


def test_one_place_in_metres_and_in_latitude_and_longitude():
    document = changed(("origin",), {"latitude_deg": 52.5, "longitude_deg": 13.4, "height_m": 40.0})
    document["receivers"]["site"][1]["position_llh"] = [52.5, 13.4, 60.0]
    assert "transmitter.position has the same one" in refused(text_of(document))


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("a", "receivers.site[1].id: received 'a', expected a unique id (receivers.site[0].id has the same id)"),
        ("c", "receivers.site[2].id: received 'c', expected a unique id (receivers.site[1].id has the same id)"),
        (
            "ue1",
            "receivers.random.id_prefix: received 'ue1', expected a unique id (receivers.site[1].id has the same id)",
        ),
        ("default", "receivers.site[1].id: received 'default', expected another id, because requirements.rate_bps_hz"),
    ],
)
def test_no_two_receivers_of_one_id(name, problem):
    document = changed(("receivers", "site", 1, "id"), name)
    document["design"]["given"] = ["a"]
    found = refused(text_of(document))
    assert found.startswith(f"input: 1 problem\n  {problem}"), found


@pytest.mark.parametrize("name", ["", " ", "a ", "\n", "x" * 65, "a\u202eb", "\u0000", "tab\tbed"])
def test_ids_are_printable(name):
    assert "receivers.site[1].id" in refused(text_of(changed(("receivers", "site", 1, "id"), name)))


# --- syntax, nesting, size, encoding -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "#", "\ufeff", "=", "[", "]", "[]", "[[]]", "a", "a=", "a=1 b=2", "a=1\na=2", "[a]\n[a]",
        "[a.b]\n[a]\nb=1",
        "a='", 'a="', "a='''", 'a="""', "a=[", "a={", "a={b=1,}", "a=01", "a=1e", "a=0x", "a=1979-13-01", "a=25:00:00",
        "seed = 9" + "9" * 5000, "seed = 1e400", "seed = 0x" + "f" * 5000, "\0", "name = '\0'",
        "name = \"\\ud800\"",
        'name = "\\q"', "{" * 40, "a = " + "[" * 30, "a = " + "{a=" * 40, "[" + ".".join("a" * 40) + "]",
        ".".join("a" * 40) + " = 1", "'a' . \"b\" ." * 20 + "c=1", "[[" + "a." * 40 + "a]]", "<xml/>", '{"json": true}',
        "yaml: 1", "name = 1979-05-27", "radio = 5", "radio = []", "receivers = [1]", "[[radio]]\nsamples=1",
        "[[receivers]]\nsite=1", "receivers.site = 1", "receivers.site = [1]", "[receivers.site]\nid='a'",
    ],
    ids=lambda text: repr(text[:20]),
)  # fmt: skip
def test_snippets(text):
    refused(text)


@pytest.mark.parametrize("depth", [31, 32, 33, 100, 1000, 100_000])
@pytest.mark.parametrize("kind", ["list", "table", "dotted", "header"])
def test_nesting(depth, kind):
    text = {
        "list": "a = " + "[" * depth + "]" * depth,
        "table": "a = " + "{a=" * depth + "1" + "}" * depth,
        "dotted": "a." * depth + "a = 1",
        "header": "[" + "a." * depth + "a]",
    }[kind]
    found = refused(FULL + text if kind == "header" else text + "\n" + FULL)
    levels = depth + 1 if kind == "header" else depth
    assert ("nested deeper than 32" in found) == (levels > 32)


@pytest.mark.parametrize(
    "text",
    [
        "#" * 10_000_000,
        FULL + "\n" * 10_000_000,
        "a = " + "[" * 10_000_000,
        "name = '" + "a" * 10_000_000,
        "é" * 600_000,
    ],
    ids=lambda text: f"{text[:4]!r} x {len(text)}",
)
def test_size(text):
    assert "1 MiB" in refused(text)


def test_size_cap_is_in_bytes_and_inclusive():
    padding = (1 << 20) - len(FULL.encode())
    assert isinstance(outcome(FULL + "#" * padding), Scenario)
    refused(FULL + "#" * (padding + 1))


def test_the_scan_knows_strings_and_comments():
    harmless = '# [[[[\n"' + "[" * 40 + '" '
    text = FULL.replace("[target]", "# " + "[{" * 100 + "\n[target]").replace('"full"', "'''" + "a.b[" * 15 + "'''")
    assert isinstance(outcome(text), Scenario)
    assert "nested" not in refused(harmless + "= 1\n" + FULL)


@pytest.mark.parametrize("seed", range(20))
def test_binary_junk(seed, tmp_path):
    junk = np.random.default_rng(seed).bytes(50_000)
    path = tmp_path / "junk.toml"
    path.write_bytes(junk if seed % 2 else FULL.encode()[:200] + junk)
    with pytest.raises(InputError) as caught:
        load_scenario(path)
    assert all(problem.path for problem in caught.value.problems)
    outcome(junk.decode("latin-1"))
    outcome(junk.decode("utf-8", errors="surrogateescape"))


def test_large_files_are_not_read_to_their_end(monkeypatch):
    large = io.BytesIO(b"[" * 10_000_000)
    monkeypatch.setattr(Path, "open", lambda path, mode: _StaysOpen(large))
    with pytest.raises(InputError, match="1 MiB"):
        load_scenario("large.toml")
    monkeypatch.undo()
    assert 0 < large.tell() <= (1 << 20) + 1


class _StaysOpen:
    """A file whose place can be asked for after it was closed."""

    def __init__(self, file):
        self.file = file

    def __enter__(self):
        return self.file

    def __exit__(self, *exception):
        pass


# --- truncation and random edits -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", preset_names())
def test_truncated_presets(name):
    text = preset_text(name)
    for cut in range(0, len(text), 97):
        outcome(text[:cut])


def assert_usable(scenario: Scenario) -> None:
    """A scenario that was let through can be written and realised, all of it finite, or is too loud for numbers."""
    resolved_toml(scenario)
    size = scenario.transmitter.array.size * sum(receiver.array.size for receiver in scenario.receivers)
    if size > 1e5:
        return
    channel, refused = None, ()
    try:
        channel = realise(scenario, channel_rng(scenario.seed))
    except ScenarioError as error:
        refused = error.problems
    if channel is None:
        assert [problem.path for problem in refused] == ["transmitter.power_dbm"]
        assert "direct SNR" in refused[0].received
        return
    for field in dataclasses.fields(channel):
        assert np.isfinite(getattr(channel, field.name)).all(), field.name


edits = st.lists(
    st.tuples(
        st.sampled_from(["delete", "insert", "replace", "repeat", "move"]),
        st.floats(0, 1),
        st.floats(0, 1),
        st.one_of(
            st.text(max_size=8),
            st.sampled_from(["nan", "inf", "-", "[", "]", "{", "}", '"', "'''", "\n", "= ", "1e400", "true", ".", "#"]),
        ),
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.slow
@settings(max_examples=250, deadline=None)
@given(name=st.sampled_from([*preset_names(), ""]), edits=edits)
def test_randomly_edited_presets(name, edits):
    text = preset_text(name) if name else FULL
    for kind, where, how_long, word in edits:
        start = int(where * len(text))
        end = min(len(text), start + 1 + int(how_long * 40))
        text = {
            "delete": text[:start] + text[end:],
            "insert": text[:start] + word + text[start:],
            "replace": text[:start] + word + text[end:],
            "repeat": text[:end] + text[start:],
            "move": text[:start] + text[end:] + text[start:end],
        }[kind]
    result = outcome(text)
    if isinstance(result, Scenario):
        assert_usable(result)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
).map(lambda value: "none" if value is None else value)


@pytest.mark.slow
@settings(max_examples=250, deadline=None)
@given(path=st.sampled_from(list(paths(RAW))), value=values)
def test_any_value_anywhere(path, value):
    text = text_of(changed(path, value))
    result = outcome(text.replace("None", "'none'"))
    if isinstance(result, Scenario):
        assert_usable(result)


extremes = st.sampled_from([-400.0, -399.9, -100.0, 0.0, 100.0, 399.9, 400.0])


@settings(max_examples=60, deadline=None)
@given(
    loss=extremes, noise=extremes, power=extremes, leakage=extremes,
    exponent=st.sampled_from([1e-3, 2.0, 10.0]),
    far=st.sampled_from([1e-5, 1.0, 1e7]),
    carrier=st.sampled_from([1e3, 1e9, 1e15]),
)  # fmt: skip
def test_the_corners_of_the_allowed_ranges_are_finite(loss, noise, power, leakage, exponent, far, carrier):
    overrides = {
        "transmitter.power_dbm": power, "channel.reference_loss_db": loss, "channel.path_loss_exponent": exponent,
        "channel.direct_path_leakage_db": leakage, "radio.carrier_hz": carrier,
        "channel.noise_figure_db": max(noise / 4, 0), "receivers.site[0].position_m": [0.0, far, 20.0],
    }  # fmt: skip
    # A cross-section is for the radar equation alone, whose loss is not free.
    text = FULL.replace("rcs_dbsm = -3.0", "reflection = 0.6").replace("rcs_m2 = 0.4", "reflection = 0.2")
    assert_usable(parse_scenario(text, overrides=[f"{key}={value!r}" for key, value in overrides.items()]))
