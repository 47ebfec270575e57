"""What users read of the public names, and the words of all messages: plain terms of the field, no metaphors."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

import pytest

import multistatic
from tests.support.paths import ROOT

PACKAGE = ROOT / "src" / "multistatic"
# Values inside the public ones, which users read and replace as well.
INNER = (
    ("errors", "Problem"),
    ("estimation.estimates", "Estimates"),
    ("estimation.search_window", "Search"),
    ("files.recordings", "RecordedBlock"),
    ("localization.two_dopplers", "Departures"),
    ("notebook", "Overview"),
    ("scenario.design_settings", "DesignSettings"),
    *(("scenario.model", name) for name in ("PulseSpec", "Radio", "Transmitter", "Receiver", "Target", "Requirements")),
    ("scenario.model", "GeodeticOrigin"),
    *(("scenario.propagation", name) for name in ("Propagation", "Scatterer")),
    *(("simulation.observation", name) for name in ("Observation", "ObservationSettings")),
    ("signal.moments", "PulseMoments"),
    ("signal.ofdm", "Ofdm"),
    ("signal.sampled", "SampledWaveform"),
    ("signal.transmit", "SingleCarrier"),
    ("signal.transmit", "TransmitSignal"),
    ("signal.waveform", "PulseTrain"),
    ("simulation.paths", "Clock"),
    ("simulation.recording", "Recording"),
)
PUBLIC = {name: getattr(multistatic, name) for name in multistatic.__all__ if name != "__version__"}

METAPHORS = re.compile(
    r"\b(asks?|asked|hears?|heard|everyone|everybody|nobody|lit|tells?|told|deaf|dear|dearest|climbs?|climbing|mends?"
    r"|mended|who|whom|of (its|their) own|said|one more)\b",
    re.IGNORECASE,
)
# Texts in which such a word is the right one.
RIGHT_WORDS: set[str] = set()


def _prose(text: str) -> str:
    """A docstring without its example."""
    return "\n".join(line for line in text.splitlines() if not line.startswith((">>> ", "... ")))


def _listed(text: str) -> set[str]:
    """Names that have a line of their own: `name: meaning`, `name [shape]: meaning`."""
    return set(re.findall(r"^(\w+)(?: \[[^\n]*?\])?: \S", text, re.MULTILINE))


def _unlisted_fields(kind: Any) -> set[str]:
    fields = {each.name for each in dataclasses.fields(kind) if not each.name.startswith("_")}
    return fields - _listed(inspect.getdoc(kind) or "")


@pytest.mark.parametrize("name", [name for name, value in PUBLIC.items() if dataclasses.is_dataclass(value)])
def test_each_field_has_a_line(name: str) -> None:
    assert _unlisted_fields(PUBLIC[name]) == set()


@pytest.mark.parametrize(("module", "name"), INNER)
def test_each_field_of_an_inner_value_has_a_line(module: str, name: str) -> None:
    assert _unlisted_fields(getattr(import_module(f"multistatic.{module}"), name)) == set()


@pytest.mark.parametrize("name", [name for name, value in PUBLIC.items() if inspect.isfunction(value)])
def test_each_argument_has_a_line(name: str) -> None:
    arguments = set(inspect.signature(PUBLIC[name]).parameters)
    assert arguments - _listed(inspect.getdoc(PUBLIC[name]) or "") == set()


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_docstring_begins_with_a_sentence(name: str) -> None:
    first = (inspect.getdoc(PUBLIC[name]) or "").partition("\n\n")[0]
    assert first[0].isupper()
    assert first.endswith(".")


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_docstring_has_no_metaphors(name: str) -> None:
    value = PUBLIC[name]
    members = [each for key, each in vars(value).items() if not key.startswith("_")] if inspect.isclass(value) else []
    texts = [inspect.getdoc(each) or "" for each in [value, *members] if callable(each) or isinstance(each, property)]
    assert [match[0] for text in texts for match in METAPHORS.finditer(_prose(text))] == []


# Messages, helps, notes and tables


def _docstrings(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            for each in node.body:
                if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant):
                    yield each.value


@cache
def _texts(path: str) -> tuple[tuple[int, str], ...]:
    """(line, text) of every string of at least two words that is no docstring, which is what a user may read."""
    tree = ast.parse((PACKAGE / path).read_text(encoding="utf-8"))
    apart = {id(each) for each in _docstrings(tree)}
    return tuple(
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if " " in node.value.strip(" \n") and id(node) not in apart
    )


PATHS = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", [path for path in PATHS if _texts(path)])
def test_a_message_has_no_metaphors(path: str) -> None:
    found = [f"{line}: {text}" for line, text in _texts(path) if METAPHORS.search(text) and text not in RIGHT_WORDS]
    assert found == []


def test_every_exception_is_still_needed() -> None:
    texts = {text for path in PATHS for _, text in _texts(path)}
    assert texts >= RIGHT_WORDS
    assert all(METAPHORS.search(text) for text in RIGHT_WORDS)


def test_what_counts_as_a_line_and_as_a_message() -> None:
    assert _listed("A thing.\n\ngain [K, 3]: of each, in dB.\nname: of it.\n  more: indented") == {"gain", "name"}
    (node,) = ast.parse('def f():\n    """Nobody here."""\n    raise ValueError(f"{x} hears nothing")').body
    assert isinstance(node, ast.FunctionDef)
    assert len(list(_docstrings(ast.Module(body=[node], type_ignores=[])))) == 1
    assert METAPHORS.search("{x} hears nothing")
    assert not METAPHORS.search("a split whole")
