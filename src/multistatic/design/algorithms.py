"""The selector, the beamformer and the criterion that a scenario names. Those of other packages come with checks: what
they return is recomputed, and what they claim without proof is their claim.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from multistatic import registry
from multistatic.beamforming.beamforming_problem import Beamformer, BeamformingProblem, BeamformingResult
from multistatic.beamforming.certificate import certified
from multistatic.beamforming.evaluate import (
    OPTIMALITY_GAP,
    VIOLATION_LIMIT,
    evaluate,
    infeasible,
    violations,
)
from multistatic.bounds.sensing import SensingNetwork
from multistatic.extras import require_installed
from multistatic.registry import Plugin, name_of, says
from multistatic.scenario.model import Choice
from multistatic.selection.plugin_answers import checked_criterion, checked_selection
from multistatic.selection.selection_problem import Criterion, Selection, SelectionProblem, Selector
from multistatic.signal.beams import Beams

Options = tuple[object, ...]
_BROKEN = {"power": "exceed the power", "rate": "miss a required rate"}


class CriterionFactory(Protocol):
    """An entry point of `multistatic.criteria`."""

    def __call__(self, network: SensingNetwork) -> Criterion:
        """The criterion of a network."""


def selector_of(choice: Choice, options: Options = ()) -> Selector:
    """The registered selector, or the callable in its place; what is not of this package comes with the checks of
    `selection.plugin_answers.checked_selection`.
    """
    select: Any = registry.find("selectors", choice, options)
    plugin = select.plugin
    if plugin is None:
        return select

    def checked(problem: SelectionProblem, rng: np.random.Generator) -> Selection:
        return checked_selection(problem, select(_own_copy(problem), rng), plugin)

    return checked


def _own_copy(problem: SelectionProblem) -> SelectionProblem:
    """The problem with arrays of its own: what another package writes into them changes nothing here."""
    arrays = ("positions_m", "target_distance_m", "receiver_distance_m", "echo_gain", "forced")
    own: dict[str, Any] = {name: np.array(getattr(problem, name)) for name in arrays}
    return replace(problem, given=None if problem.given is None else np.array(problem.given), **own)


def criterion_of(choice: Choice, options: Options = ()) -> CriterionFactory:
    """The registered criterion, or the callable in its place; what is not of this package comes with the checks of
    `selection.plugin_answers.PluginCriterion`.
    """
    make: Any = registry.find("criteria", choice, options)
    plugin = make.plugin
    return make if plugin is None else lambda network: checked_criterion(make(network), plugin)


def beamformer_of(choice: Choice, options: Options = ()) -> Beamformer:
    """The registered beamformer, or the callable in its place; what is not of this package comes with the checks of
    `checked_beams`.
    """
    solve: Any = registry.find("beamformers", choice, options)
    plugin = solve.plugin
    return solve if plugin is None else lambda problem: checked_beams(problem, solve(problem), plugin)


def require_solvers(choices: Iterable[Choice]) -> None:
    """Raise `MissingDependencyError` where a beamformer needs a package that is not installed (`needs` of
    `registry.algorithm`): for commands, before they begin to work.
    """
    for choice in choices:
        require_installed(f"the beamformer {name_of(choice)!r}", *registry.fact("beamformers", choice, "needs", ()))


def checked_beams(problem: BeamformingProblem, result: Any, plugin: Plugin) -> BeamformingResult:
    """The result of another package's beamformer, recomputed from its beams: a `BeamformingResult`, `Beams`, or their
    weights [1+K, N_t] or [1+K, N_t, L].

    Beams that break a constraint are an error of the package. An upper bound, or that beams are optimal, is its claim:
    our own certificate (`beamforming.certificate`) takes its place, and the message says what could not be confirmed.
    Prices come from the first-order conditions, as for every method without a dual.
    """
    if isinstance(result, np.ndarray):
        result = _as_beams(problem, result, plugin)
    if isinstance(result, Beams):
        return _sound(problem, result, plugin, says(plugin, ""), iterations=0)
    if not isinstance(result, BeamformingResult):
        plugin.refuse(type(result).__name__, "a BeamformingResult, Beams, or an array of their weights")
    words = says(plugin, result.message)
    if result.beams is None:
        return infeasible(problem, method=plugin.name, message=words)
    checked = _sound(problem, result.beams, plugin, words, iterations=_count(result.iterations))
    claims_bound = _claimed_bound_w(result) < problem.illumination_limit_w * (1.0 - OPTIMALITY_GAP)
    if result.status != "optimal" and not claims_bound:
        return checked
    checked = certified(problem, checked)
    if checked.status == "optimal":
        return checked
    claim = "optimal beams" if result.status == "optimal" else f"an upper bound of {_claimed_bound_w(result):.5g} W"
    return replace(checked, message=f"{words} (The plug-in claims {claim}; this could not be proven here.)")


def _sound(
    problem: BeamformingProblem, beams: Any, plugin: Plugin, message: str, *, iterations: int
) -> BeamformingResult:
    """The result that beams give, recomputed; beams that break a constraint are refused."""
    beams = _checked_weights(problem, beams, plugin)
    broken = [
        f"{_BROKEN[name]} by {100 * value:.2g} %"
        for name, value in violations(problem, beams).items()
        if not value <= VIOLATION_LIMIT
    ]
    if broken:
        plugin.refuse(f"beams that {' and '.join(broken)}", "beams that meet the power and the required rates")
    return evaluate(problem, beams, method=plugin.name, message=message, iterations=iterations)


def _as_beams(problem: BeamformingProblem, weights: Any, plugin: Plugin) -> Beams:
    """Weights [1+K, N_t] of one stream each, or [1+K, N_t, L]."""
    weights = weights[..., None] if weights.ndim == 2 else weights
    _check_array(problem, weights, plugin)
    return Beams(weights=weights)


def _check_array(problem: BeamformingProblem, weights: Any, plugin: Plugin) -> None:
    expected = (1 + len(problem.direct), problem.antennas)
    if weights.ndim != 3 or weights.shape[:2] != expected or not weights.shape[2] or weights.dtype.kind not in "cfiu":
        received = f"beams of shape {list(weights.shape)} and type {weights.dtype}"
        plugin.refuse(received, f"complex numbers [{expected[0]}, {expected[1]}, L]")
    if not np.isfinite(weights).all():
        plugin.refuse("beams with NaN or infinity", "finite complex amplitudes in sqrt(W)")


def _checked_weights(problem: BeamformingProblem, beams: Any, plugin: Plugin) -> Beams:
    if not isinstance(beams, Beams):
        plugin.refuse(f"beams of type {type(beams).__name__}", "Beams")
    weights = np.asarray(beams.weights)
    _check_array(problem, weights, plugin)
    used = int(max(np.linalg.matrix_rank(beam) for beam in weights[1:]))
    if used > problem.streams:
        plugin.refuse(f"{used} streams to a receiver", f"at most {problem.streams}")
    return beams


def _claimed_bound_w(result: BeamformingResult) -> float:
    """The bound that a result states; infinity where it states none that is a number."""
    bound = result.upper_bound_w
    return float(bound) if isinstance(bound, int | float | np.floating) and np.isfinite(bound) else np.inf


def _count(value: Any) -> int:
    return int(value) if isinstance(value, int | np.integer) else 0
