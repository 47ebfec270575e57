"""Terms are explained once: on pages, and the same in the documents."""

from __future__ import annotations

import re

import pytest

from multistatic.report.glossary import GLOSSARY, Term, terms_in
from tests.support.paths import ROOT


def test_the_documents_explain_the_same_terms() -> None:
    """The table of docs/conventions.md, line by line."""
    text = (ROOT / "docs" / "conventions.md").read_text(encoding="utf-8").partition("\n## Glossary\n")[2]
    rows = [re.split(r"\s*\|\s*", line.strip("| ")) for line in text.splitlines() if line.startswith("| ")]
    assert rows[0] == ["Term", "Unit", "Meaning"]
    assert rows[1:] == [[term.name, term.unit, term.meaning] for term in GLOSSARY]


@pytest.mark.parametrize("term", GLOSSARY, ids=lambda term: term.name)
def test_an_explanation_is_one_sentence(term: Term) -> None:
    assert re.fullmatch(r"[A-Z][^.]*\.", term.meaning), "one sentence with a capital letter and a full stop"
    assert all(each == each.lower() for each in term.spellings)


def test_terms_have_an_entry_of_their_own() -> None:
    assert len({term.anchor for term in GLOSSARY}) == len(GLOSSARY)
    named = [each for term in GLOSSARY for each in (term.name.lower(), *term.spellings)]
    assert len(named) == len(set(named))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        pytest.param("Each drop is new.", ["drop"], id="as it is"),
        pytest.param("Two Drops", ["drop"], id="a plural and a capital"),
        pytest.param("dropped", [], id="part of a word"),
        pytest.param("an unobservable target", ["unobservable"], id="within a sentence"),
        pytest.param("EIRP", ["EIRP"], id="an abbreviation"),
        pytest.param(
            "selected by a selector", ["cooperating receiver", "sensing beam", "selector"], id="terms of explanations"
        ),
        pytest.param("", [], id="nothing"),
    ],
)
def test_a_page_explains_what_it_uses(text: str, terms: list[str]) -> None:
    assert [term.name for term in terms_in([text])] == terms
