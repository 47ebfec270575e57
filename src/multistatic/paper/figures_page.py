"""The paper's figures as one page: each claim with its verdict, and the pictures that it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from multistatic.paper.claims_table import COLUMNS, INTRODUCTION, claim_rows, drops_in_words, not_examined
from multistatic.paper.figure_pictures import BESIDE_THE_BEST, PLOTTED
from multistatic.report.axis_labels import METRICS
from multistatic.report.glossary import terms_in
from multistatic.report.page import Html, glossary, made_by, page, paragraph, pictures, section, table, text_of
from multistatic.study.results import StudyResults


def figures_page(studies: Mapping[str, StudyResults], files: Mapping[str, bytes], *, titled: bool = True) -> bytes:
    """HTML with a section for each figure that has been run; `files`: those of `figure_files`, of all figures.

    titled: whether these pictures have titles of their own; others get them below.
    """
    parts = [paragraph(text) for text in INTRODUCTION]
    for name, results in studies.items():
        parts.append(
            section(
                results.name,
                paragraph(drops_in_words(results), kind="note"),
                table(COLUMNS, [[_held(cell) for cell in row] for row in claim_rows(name, studies)]),
                *(paragraph(text, kind="note") for text in not_examined(name)),
                *_pictures(name, files, titled),
            )
        )
    # Pictures with titles of their own have no words below them.
    drawn = [METRICS[metric] for name in studies for metric in PLOTTED[name]]
    parts.append(section("Terms on this page", glossary(terms_in([*map(text_of, parts), *drawn]))))
    return page("The paper's figures and claims, computed again", parts, footer=[made_by()])


def _held(cell: str) -> str:
    """A cell in which intervals stay on one line."""
    return re.sub(r"\[([^],]*), ([^]]*)\]", "[\\1,\u00a0\\2]", cell)


def _pictures(name: str, files: Mapping[str, bytes], titled: bool) -> Iterator[Html]:
    """Those of one figure: of the metrics themselves, and of their ratios to the best method."""
    best = BESIDE_THE_BEST.get(name)
    for before, words in ((name, ""), (f"{name}_over_{best}", f", divided by that of {best} on the same drop")):
        drawn = {
            f"{METRICS[metric]}{words}{number}": svg
            for metric in PLOTTED[name]
            for number, svg in _pages(f"{before}_{metric}", files)
        }
        yield pictures(drawn, titled=titled)


def _pages(picture: str, files: Mapping[str, bytes]) -> list[tuple[str, bytes]]:
    """(words, SVG) of a picture, or of each of its pages."""
    if (file := f"{picture}.svg") in files:
        return [("", files[file])]
    numbers = range(1, 1 + sum(name.startswith(f"{picture}_") and name.endswith(".svg") for name in files))
    return [(f", page {number}", files[file]) for number in numbers if (file := f"{picture}_{number}.svg") in files]
