"""Scenarios from files, from standard input and from the presets; every failure to read is an `InputError`."""

from __future__ import annotations

import codecs
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from multistatic.errors import InputError, Problem, nearest
from multistatic.files.file_errors import reason_of
from multistatic.files.plain_tables import plain_tables
from multistatic.scenario.decode import MAX_BYTES, too_large
from multistatic.scenario.given_channel import GivenChannel
from multistatic.scenario.model import Scenario, default_of
from multistatic.scenario.parse_scenario import OnNote, noted, parse_scenario, scenario_template
from multistatic.scenario.preset import preset_names, preset_text

__all__ = ["build_scenario", "load_preset", "load_scenario", "parse_scenario", "read_text_file"]

STANDARD_INPUT = "-"
_LONGEST_NAME = 64  # of a scenario
_BINARY = {
    b"PK\x03\x04": "a spreadsheet or another packed file",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
    b"\x1f\x8b": "a compressed file",
    b"\x00\x00\x27\x0a": "a shapefile",
    b"SQLite format 3": "a database, such as a GeoPackage",
}
"""What files of other programs begin with."""


def load_scenario(file: str | Path, overrides: Sequence[str] = (), *, on_note: OnNote | None = None) -> Scenario:
    """Load a scenario file in TOML.

    file: path of the file, `-` for standard input, or the name of a preset if no such file exists.
    overrides: `KEY=VALUE` texts with dotted keys that replace values of the file.
    on_note: function that is called with a sentence for every value that is valid but looks unintended; None: no notes.

    A scenario whose file states no name has the name of the file. Site lists and channel files are looked for in the
    folder of the scenario file (for standard input: the working folder). Raises `ScenarioError` with every problem of
    the content, and `InputError` if a file cannot be read. The format is in docs/formats.md.

    >>> load_scenario("paper", ["requirements.rate_bps_hz=2"]).receivers[0].rate_required_bps_hz
    2.0
    """
    name = str(file)
    if name in preset_names() and not Path(name).is_file():
        return load_preset(name, overrides, on_note=on_note)
    if name == STANDARD_INPUT:
        text, folder, source = read_standard_input(), Path(), "standard input"
    else:
        text, folder, source = read_text_file(Path(name)), Path(name).parent, name
    scenario = parse_scenario(
        text,
        overrides=overrides,
        read_text=_reader(folder),
        read_channel=channel_reader(folder),
        source=source,
        on_note=on_note,
    )
    unnamed = scenario.name == default_of(Scenario, "name") and "name" not in tomllib.loads(text)
    if not unnamed or name == STANDARD_INPUT:
        return scenario
    return replace(
        scenario, name="".join(filter(str.isprintable, Path(name).stem))[:_LONGEST_NAME].strip() or scenario.name
    )


def load_preset(name: str, overrides: Sequence[str] = (), *, on_note: OnNote | None = None) -> Scenario:
    """Load a scenario that comes with the package.

    name: `paper`, `urban`, `city`, `drone_area` or `published_drop`.
    overrides: `KEY=VALUE` texts with dotted keys that replace values of the preset. A channel file named in them is
        looked for in the working folder.
    on_note: function that is called with a sentence for every value that is valid but looks unintended; None: no notes.

    Raises `ScenarioError` for an unknown name and with every problem of the overrides.

    >>> load_preset("urban", ["transmitter.power_dbm=36"]).name
    'urban'
    """
    return parse_scenario(
        preset_text(name),
        overrides=overrides,
        read_channel=channel_reader(Path()),
        source=f"preset {name}",
        on_note=on_note,
    )


def build_scenario(*, on_note: OnNote | None = None, **tables: Any) -> Scenario:
    """Make a scenario from dictionaries: each keyword is a table or a key of a scenario file.

    on_note: function that is called with a sentence for every value that is valid but looks unintended; None: no notes.
    tables: `radio`, `transmitter`, `receivers`, `target` and `channel`, and optionally `name`, `seed`, `requirements`,
        `design` and `origin`, with the keys, units and defaults of docs/formats.md. NumPy arrays and numbers are
        accepted; `receivers` may be a list of dictionaries, one for each receiver. File names are relative to the
        working folder.

    The dictionaries are checked by the parser of scenario files: the same network in TOML gives identical numbers.
    Raises `ScenarioError` with every problem: its path, the value received and what was expected.

    >>> scenario = build_scenario(
    ...     radio={"carrier_hz": 3.5e9, "symbol_rate_hz": 200e6, "samples": 64},
    ...     transmitter={"position_m": [0, 0], "antennas": 10, "power_dbm": 30},
    ...     receivers=[
    ...         {"id": "roof", "position_m": [60, 10], "antennas": 2, "rate_bps_hz": 2.0},
    ...         {"id": "mast", "position_m": [-20, 50], "antennas": 2},
    ...     ],
    ...     target={"position_m": [20, 40], "velocity_m_s": [10, 0]},
    ...     channel={"path_loss_exponent": 2.5, "noise_power_dbm": -60},
    ... )
    >>> scenario.receiver_ids, scenario.design.selector
    (('roof', 'mast'), 'joint')
    """
    template = scenario_template(
        plain_tables(tables), read_text=_reader(Path()), read_channel=channel_reader(Path()), source="build_scenario"
    )
    return noted(template, on_note)


def scenario_text(name: str, folder: Path) -> tuple[str, Path]:
    """The text of a scenario named in a file of `folder`, and where its own files are: a file there, or a preset."""
    if name in preset_names() and not (folder / name).is_file():
        return preset_text(name), Path()
    return read_text_file(folder / name), (folder / name).parent


def read_standard_input() -> str:
    """The UTF-8 text of standard input, at most 1 MiB of it."""
    return _decoded(sys.stdin.buffer.read(MAX_BYTES + 1), "standard input")


def read_text_file(path: Path, max_bytes: int = MAX_BYTES) -> str:
    """The UTF-8 text of a file of at most 1 MiB, or `max_bytes`; any reason why there is none is an `InputError`."""
    try:
        with path.open("rb") as file:
            return _decoded(file.read(max_bytes + 1), str(path), max_bytes)
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL character
        raise InputError([Problem(str(path), reason_of(error), "a readable file", _near(path))]) from None


def _decoded(content: bytes, name: str, max_bytes: int = MAX_BYTES) -> str:
    if len(content) > max_bytes:
        raise InputError([too_large(most=max_bytes)], source=name)
    if (kind := next((kind for mark, kind in _BINARY.items() if content.startswith(mark)), None)) is not None:
        raise InputError([Problem(name, kind, "UTF-8 text", "export it as CSV UTF-8, or unpack it")], source=name)
    if (wide := _wide_encoding(content)) is not None:
        raise InputError([Problem(name, f"text in {wide}", "UTF-8 text", "save it as UTF-8, as in CSV UTF-8")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        received = f"byte 0x{content[error.start]:02x} at offset {error.start}"
        hint = "text in another encoding, such as Windows-1252? save it as UTF-8"
        raise InputError([Problem(f"{name} line {line}", received, "UTF-8 text", hint)], source=name) from None


def _wide_encoding(content: bytes) -> str | None:
    """UTF-16 or UTF-32 by its byte order mark or by the zero bytes of its first characters; None for neither."""
    for mark, encoding in ((codecs.BOM_UTF32_LE, "UTF-32"), (codecs.BOM_UTF32_BE, "UTF-32"),
                           (codecs.BOM_UTF16_LE, "UTF-16"), (codecs.BOM_UTF16_BE, "UTF-16")):  # fmt: skip
        if content.startswith(mark):
            return encoding
    head = content[:64]
    if len(head) >= 8 and head.count(0) >= len(head) // 3:
        return "UTF-16 or UTF-32"
    return None


def _reader(folder: Path) -> Callable[[str], str]:
    return lambda name: read_text_file(folder / name)


def channel_reader(folder: Path) -> Callable[[str], GivenChannel]:
    """Reads the channel files that a scenario in `folder` names."""

    def read(name: str) -> GivenChannel:
        from multistatic.files.channel_file import read_channel  # few scenarios name one

        return read_channel(folder / name, name=name)

    return read


def _near(path: Path) -> str:
    """What else the name may have meant: a preset, or a file of the same folder."""
    if preset := nearest(path.name, preset_names()):
        return f"there is a preset {preset}"
    try:
        siblings = [file.name for file in path.parent.iterdir()]
    except OSError:
        return ""
    near = nearest(path.name, siblings)
    if near and near != path.name:
        return f"did you mean {path.parent / near}?"
    return "" if path.suffix or path.parent != Path() else f"the presets are {', '.join(preset_names())}"
