"""The paper's figures as one page: each claim with its verdict, and the pictures that it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from multistatic.paper.claims_table import COLUMNS, INTRODUCTION, claim_rows, drops_in_words, not_examined
from multistatic.paper.figure_pictures import BESIDE_THE_BEST, PLOTTED
from multistatic.report.axis_labels import METRICS
from multistatic.report.glossary import terms_in
from multistatic.report.page import Html, glossary, made_by, page, paragraph, pictures, section, table, text_of
from multistatic.study.results import StudyResults


def figures_page(studies: Mapping[str, StudyResults], files: Mapping[str, bytes]) -> bytes:
    """HTML with a section for each figure that has been run; `files`: those of `figure_files`, of all figures."""
    parts = [paragraph(text) for text in INTRODUCTION]
    for name, results in studies.items():
        parts.append(
            section(
                results.name,
                paragraph(drops_in_words(results), kind="note"),
                table(COLUMNS, claim_rows(name, studies)),
                *(paragraph(text, kind="note") for text in not_examined(name)),
                *_pictures(name, files),
            )
        )
    parts.append(section("Terms on this page", glossary(terms_in(map(text_of, parts)))))
    return page("The paper's figures and claims, computed again", parts, footer=[made_by()])


def _pictures(name: str, files: Mapping[str, bytes]) -> Iterator[Html]:
    """Those of one figure: of the metrics themselves, and of their ratios to the best method."""
    best = BESIDE_THE_BEST.get(name)
    for before, words in ((name, ""), (f"{name}_over_{best}", f", over that of {best} on the same drop")):
        drawn = {metric: files[file] for metric in PLOTTED[name] if (file := f"{before}_{metric}.svg") in files}
        yield pictures({f"{METRICS[metric]}{words}": svg for metric, svg in drawn.items()})
