"""The caption of a picture of a study: what it shows of how many trials, with which intervals, what has no value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from multistatic.report.axis_labels import explained_methods, method_label
from multistatic.report.study_assumptions import ACCURACIES, study_assumptions
from multistatic.report.study_cells import hidden_sites
from multistatic.report.study_draws import all_identical, draws_in_words, identical_methods
from multistatic.report.study_lines import shown_estimate, stand_beside
from multistatic.report.study_view import StudyView
from multistatic.scenario.position_notes import listed
from multistatic.study.results import StudyResults
from multistatic.study.statistics import Estimate
from multistatic.study.trial import FAILED

_POSITION = ("peb_m", "veb_m_s", "peb_with_angles_m", "veb_with_angles_m_s")
_HIDDEN = 0.03  # an interval of less than this part of its value
_COLOURED = ("heatmap", "map")


def study_caption(results: StudyResults, metric: int, view: StudyView) -> list[str]:
    """Sentences about what a view shows of a metric."""
    pairs = list(np.ndindex(len(results.settings), len(results.methods)))
    sentences = [*_statistic(results, metric, view, pairs)]
    if len(results.methods) == 1 and results.methods[0] != "default":
        sentences.append(f"Method: {method_label(results.methods[0])}.")
    if results.methods != ("default",) and (words := explained_methods(results.methods)):
        sentences.append(words)
    sentences += _without_value(results, metric, pairs)
    if any(stand_beside(panel, view) for panel in view.panels):
        sentences.append("Marks of one x value are drawn a little beside each other, so that none hides another.")
    sentences += view.notes
    if view.places is not None and (hidden := hidden_sites(view.places)):
        sentences.append(f"Too far away to be drawn: {listed(hidden)}.")
    if not results.complete:
        sentences.append("The study is not complete.")
    return [*sentences, *(study_assumptions(results) if results.metrics[metric].name in ACCURACIES else [])]


def _statistic(results: StudyResults, metric: int, view: StudyView, pairs: Sequence[tuple[int, int]]) -> Iterator[str]:
    """Which statistic of how many trials, and with which intervals."""
    rule = results.rule
    done = results.done()
    counts = [int(done[pair].sum()) for pair in pairs]
    least, most = min(counts), max(counts)
    if most <= 1:
        yield "One trial at each point, so there is no interval." if least else "No more than one trial at a point."
        yield from _draws(results)
        return
    kind = "Share" if results.metrics[metric].proportion else rule.statistic.capitalize()
    trials = f"{most} trials" if least == most else f"{least} to {most} trials"
    if all_identical(results, [metric]):
        yield f"The {trials} at each point are identical, for nothing in them is drawn at random; no interval is drawn."
        return
    found = [shown_estimate(results, *pair, metric) for pair in pairs]
    known = [each for each in found if each.value is not None]
    with_interval = sum(each.low is not None for each in known)
    interval = f"{100 * rule.confidence:g} % interval"
    shown = bool(with_interval) and view.kind not in _COLOURED
    yield f"{kind} of {trials} at each point{f', with its {interval}' if shown else ''}."
    if shown and any(_is_hidden(each) for each in known):
        yield "An interval that is shorter than its mark is hidden behind it."
    if with_interval and not shown:
        yield f"The {interval}s are not drawn; the table of the study has them."
    elif known and not with_interval:
        yield "No interval is drawn: there are too few trials for one."
    elif with_interval < len(known):
        yield identical_methods(results, [metric]) or "No interval is drawn where there are too few trials for one."
    yield from _draws(results)


def _is_hidden(found: Estimate) -> bool:
    if found.value is None or found.low is None or found.high is None:
        return False
    return found.high - found.low < _HIDDEN * abs(found.value)


def _draws(results: StudyResults) -> Iterator[str]:
    if words := draws_in_words(results):
        yield words


def _without_value(results: StudyResults, metric: int, pairs: Sequence[tuple[int, int]]) -> Iterator[str]:
    """Methods, points and trials that have no value, and why."""
    finite = np.isfinite(results.values[..., metric])
    missing = [pair for pair in pairs if not finite[pair].any()]
    methods = {method for _, method in pairs}
    nowhere = [m for m in sorted(methods) if all(pair in missing for pair in pairs if pair[1] == m)]
    because: dict[str, list[str]] = {}
    for method in nowhere:
        each = dict.fromkeys(_reason(results, metric, pair) for pair in missing if pair[1] == method)
        because.setdefault(" or ".join(each), []).append(method_label(results.methods[method]))
    for reason, names in because.items():
        yield f"No value: {listed(names)} ({reason})."
    rest = [pair for pair in missing if pair[1] not in nowhere]
    if rest:
        counted = Counter(_reason(results, metric, pair) for pair in rest)
        reasons = listed([f"{reason} ({count})" if len(counted) > 1 else reason for reason, count in counted.items()])
        yield f"No value (×) at {_cases(rest, pairs)}: {reasons}."
    done = results.done()
    partly = [pair for pair in pairs if 0 < finite[pair].sum() < done[pair].sum()]
    if partly:
        yield f"Trials without a value are left out at {_cases(partly, pairs)}."


def _cases(some: Sequence[tuple[int, int]], pairs: Sequence[tuple[int, int]]) -> str:
    """`2 of 18 points`; `2 of 18 pairs of point and method` where there are several methods."""
    several = len({method for _, method in pairs}) > 1
    return f"{len(some)} of {len(pairs)} {'pairs of point and method' if several else 'points'}"


def _reason(results: StudyResults, metric: int, pair: tuple[int, int]) -> str:
    """Why no trial of a point has a value."""
    words = {str(word) for word in results.status[pair] if word != ""}
    name = results.metrics[metric].name
    if not words:
        return "not computed yet"
    if words == {"infeasible"}:
        return "no feasible design"
    if words == {FAILED}:
        return "all trials failed"
    if name in _POSITION:
        return "the measurements of the cooperating receivers do not determine position and velocity"
    if name == "filter_position_rmse_m":
        return "no unique fix of the position"
    if name.startswith("filter_"):
        return "no receiver of the network measures the echo"
    return "not defined for its designs"
