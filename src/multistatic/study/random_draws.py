"""What differs at random between the trials of a study: where it is nothing, one trial says as much as many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from multistatic.study.metrics import MEASURED_BY_CLOCK, METRICS
from multistatic.study.plan import Study

# Selectors that give the same group for the same network; one of another package may draw.
_WITHOUT_DRAWS = frozenset(
    {
        "joint", "all", "best_n", "branch_and_bound", "enumeration", "given", "greedy", "greedy_swap", "local_search",
        "milp", "minimax_linkage", "nearest_n",
    }
)  # fmt: skip
_LINE_OF_SIGHT = "los"


def random_sources(document: Mapping[str, Any], settings: Mapping[str, Any], method: int) -> tuple[str, ...]:
    """What is drawn anew in each trial of one point and method: `positions`, `fading`, `channel files`, `selector`.

    document: the study as its store keeps it. settings: swept values of the point. method: number of the method.
    A document without a scenario says nothing: `unknown`.
    """
    if not document.get("scenario"):
        return ("unknown",)
    compared = document.get("compare", ())
    entry = compared[method] if method < len(compared) else {}
    layers = (document.get("set", {}), settings, entry.get("set", {}))
    found = _of_the_network(document["scenario"], layers)
    selector = _stated(document["scenario"], layers, "design.selector", "joint")
    if selector not in _WITHOUT_DRAWS:
        found.append("selector")
    return tuple(found)


def trials_are_identical(study: Study) -> bool:
    """True where nothing in a study is drawn at random, so that a second trial of a point repeats the first.

    A metric of another package, of a simulated block or of a clock may differ between such trials: then False.
    """
    fixed = set(METRICS) - MEASURED_BY_CLOCK - {name for name in METRICS if name.startswith("filter_")}
    if not fixed.issuperset(study.metrics):
        return False
    methods = range(len(study.methods))
    return not any(random_sources(study.document, point.settings, m) for point in study.points for m in methods)


def _of_the_network(scenario: Mapping[str, Any], layers: Sequence[Mapping[str, Any]]) -> list[str]:
    found = []
    if _stated(scenario, layers, "receivers.random", None) is not None:
        found.append("positions")
    direct = _stated(scenario, layers, "channel.direct", "rician")
    if isinstance(direct, Mapping):
        found += ["channel files"] if "folder" in direct else []
    elif direct != _LINE_OF_SIGHT:
        found.append("fading")
    return found


def _stated(scenario: Mapping[str, Any], layers: Sequence[Mapping[str, Any]], key: str, default: Any) -> Any:
    """The value of a key: that of the last layer that sets it, or one of its own keys, else that of the scenario."""
    for layer in reversed(layers):
        if key in layer:
            return layer[key]
        if inner := {each.removeprefix(f"{key}."): layer[each] for each in layer if each.startswith(f"{key}.")}:
            return inner
    table: Any = scenario
    for step in key.split("."):
        table = table.get(step) if isinstance(table, Mapping) else None
    return default if table is None else table
