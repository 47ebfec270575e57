"""The page that says of each of the paper's claims what the runs found."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill

from multistatic.paper.claim import EXACT, TOLERANCE, Claim, Finding, examine
from multistatic.paper.published_claims import CLAIMS, LEFT_OUT
from multistatic.study.results import StudyResults

INTRODUCTION = (
    "Every number here is computed from the stores beside this page.",
    'A claim is tested as a ratio: "A is better than B" means that U of A divided by U of B is below 1. The table '
    "shows the median of the ratio over the drops of receivers with its 95 % interval (the mean for "
    "claims about a mean), "
    "and in how many drops the ratio is below, equal to or above 1. A drop is one random draw of the receivers' places "
    "and of the channels. A claim of a ratio below 1 stands if "
    "the whole interval is below 1. A claim of a number stands if the whole interval is within "
    f"{100 * TOLERANCE:g} % of it (or within the stated tolerance), and does not hold if no part of the interval is. "
    "Otherwise the drops do not decide.",
    "U is the surrogate of the position error that the paper minimises: the trace of the inverse of the sum of the "
    "cooperating receivers' Fisher information matrices about delay and Doppler shift. "
    '"As published" is U with the matrices as the paper states them, "exact" is U with the exact matrices, both of the '
    "same designs; where a claim is about another quantity, its name stands in brackets. A claim across two figures is "
    "listed when both figures have been run.",
)
COLUMNS = ("Claim", "Paper", "As published", "Verdict as published", "Exact", "Verdict exact")


def claims_page(studies: Mapping[str, StudyResults]) -> str:
    """Markdown: a table for each figure that has been run."""
    introduction = (fill(text, 120) + "\n" for text in INTRODUCTION)
    return "\n".join(["# The paper's claims, checked\n", *introduction, *(_section(name, studies) for name in studies)])


def drops_in_words(results: StudyResults) -> str:
    """From how many drops the findings are, and by which digest the results are known."""
    counts = results.done().any(axis=1).sum(axis=1)
    drops = str(counts.min()) if counts.min() == counts.max() else f"{counts.min()} to {counts.max()}"
    state = "" if results.complete else ", not complete"
    checksum = f"checksum of the results {results.digest()[:16]}"
    return f"{drops} drops at each of {len(results.settings)} points{state}; {checksum}."


def claim_rows(name: str, studies: Mapping[str, StudyResults]) -> list[tuple[str, ...]]:
    """A line for each claim about a figure, of `COLUMNS`; claims that need a figure that was not run are left out."""
    return [_row(claim, studies) for claim in CLAIMS[name] if claim.figures <= studies.keys()]


def not_examined(name: str) -> tuple[str, ...]:
    """What the paper says of a figure besides, and why it has no row."""
    return tuple(f"Not examined: {text}" for text in LEFT_OUT.get(name, ()))


def _section(name: str, studies: Mapping[str, StudyResults]) -> str:
    results = studies[name]
    lines = [COLUMNS, ("---",) * len(COLUMNS), *claim_rows(name, studies)]
    rows = (f"| {' | '.join(line)} |" for line in lines)
    notes = (fill(note, 120) + "\n" for note in not_examined(name))
    return "\n".join([f"## {results.name}", "", drops_in_words(results), "", *rows, "", *notes])


def _row(claim: Claim, studies: Mapping[str, StudyResults]) -> tuple[str, ...]:
    stated = "below 1" if claim.stated is None else f"{claim.stated:#.3g}"
    notes = [claim.exact] if claim.exact is not None and claim.exact != EXACT else []
    notes += ["mean"] if claim.statistic == "mean" else []
    measure = f" ({', '.join(notes)})" if notes else ""
    published, exact = (_finding(claim, metric, studies) for metric in (claim.published, claim.exact))
    return (f"{claim.says}{measure}", stated, *published, *exact)


def _finding(claim: Claim, metric: str | None, studies: Mapping[str, StudyResults]) -> tuple[str, str]:
    """What was found, and the verdict."""
    if metric is None:
        return "–", "–"
    found = examine(claim, metric, studies)
    middle = found.ratio
    if middle.value is None:
        return "–", found.verdict
    interval = "" if middle.low is None or middle.high is None else f" [{_ratio(middle.low)}, {_ratio(middle.high)}]"
    return f"{_ratio(middle.value)}{interval}; {_counts(found)}", found.verdict


def _counts(found: Finding) -> str:
    """In how many drops the ratio is on which side of 1."""
    counts = {"below": found.below, "equal to": found.equal, "above": found.above}
    return "drops: " + ", ".join(f"{count} {side} 1" for side, count in counts.items() if count)


def _ratio(value: float) -> str:
    """Three digits, or as many as distinguish the ratio from 1 where drops differ from it."""
    return f"{value:#.3g}" if abs(value - 1) > 0.005 else f"{value:#.5g}"
