"""What is known of a criterion's values: the gain that it declares, compared with them.

This is the one place that decides what may be proven (`knowledge_of`). A criterion that declares a gain
(`bounds.gain`), which is then compared with its values, has value ∝ (p φ(b))^(-e) with a φ of which `scaled_gain` says
what follows. Over several points the gain is a power mean of those of the points (`gain_of_points`).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import NoReturn

import numpy as np

from multistatic.bounds.criteria import AdditiveCriterion, ClockedLocalizationCriterion, LocalizationCriterion
from multistatic.bounds.gain import LinearGain, MatrixGain
from multistatic.errors import InputError, Problem
from multistatic.registry import Plugin
from multistatic.selection.affordable import affordable_groups
from multistatic.selection.criterion_of_points import criteria_of, problem_at
from multistatic.selection.gain_of_points import GainOfPoints, power_mean
from multistatic.selection.groups import LISTED, groups_of_all_sizes
from multistatic.selection.over_points import mean_power
from multistatic.selection.plugin_answers import PluginCriterion
from multistatic.selection.scaled_gain import Gain, ScaledLinearGain, ScaledMatrixGain
from multistatic.selection.selection_problem import Criterion, SelectionProblem
from multistatic.units import B, F

# A declared gain explains the values where both agree to this part of the gain: what is called optimal is so to 1e-6.
_AGREEMENT = 1e-6
# Rounding in a sum of matrices, which their smallest eigenvalue enlarges; and below which one it is as good as zero.
_ROUNDING, _CONDITION = 1e-13, 1e-9
# Below both a target may be called unobservable: a value that is too large proves nothing wrong.
_UNSURE = 1e-6
# A gain up to this part of the gain of all receivers is as good as none, where the matrix is nearly singular.
_SMALL, _LOOSE = 1e-9, 1e-4
# The power law in the illumination is compared at these multiples of it.
_MULTIPLES = (1e-3, 0.1, 0.5, 0.9, 1.1, 2.0, 10.0, 1e3)
_LAW = 1e-7
_FEASIBLE = 1 << 14  # groups
_OURS = (AdditiveCriterion, LocalizationCriterion)
GroupValues = Callable[[B, float], F]
"""GroupValues [n] of groups [n, K] at an illumination in W."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Knowledge:
    """What is known of a criterion's values, and so what can be proven with them.

    `gain`: declared by the criterion and compared with its values; it holds at any illumination, and of several points
    at any common multiple of theirs. None: none is declared, so nothing is known of one group from another, or it is no
    power of the illumination. `gain_here`: the gain at the illuminations of the problem alone, which is `gain` where
    there is one. `falls`: the value never rises with the illumination. It follows from a gain, and it is known of our
    own criteria with clocks, whose information grows with the illumination (docs/model.md §4.3); what another package
    says of itself in any other way counts for nothing. `claim`: a sentence that names whose declaration the proofs rest
    on, "" where it is ours.
    """

    gain: Gain | None
    falls: bool
    claim: str = ""
    gain_here: Gain | None = None


def knowledge_of(problem: SelectionProblem) -> Knowledge:
    """What is known of the problem's criterion. `InputError` where a declared gain does not explain its values."""
    gain = exact_gain(problem)
    if gain is None:
        clocked = all(type(each) is ClockedLocalizationCriterion for each in criteria_of(problem))
        return Knowledge(gain=None, falls=clocked and _falls(problem))
    claim, plugin = "", plugin_of(problem)
    if plugin is not None:
        name = problem.criterion.name
        claim = f"The proof assumes the gain that {plugin.origin} declares for the criterion {name}."
    return Knowledge(gain=gain if gain.power_law else None, falls=True, claim=claim, gain_here=gain)


def plugin_of(problem: SelectionProblem) -> Plugin | None:
    """The package that the problem's criterion comes from; None where it is ours."""
    return next((each.plugin for each in criteria_of(problem) if isinstance(each, PluginCriterion)), None)


def exact_gain(problem: SelectionProblem) -> Gain | None:
    """The gain that the problem's criterion declares in its attribute `gain`, scaled to 1 with every receiver selected;
    None where it declares none.

    A declaration is compared with the criterion's values (`_contradiction`): `InputError` where they disagree, for a
    proof would be wrong. Of our own criteria rounding is to blame then, and the answer is None. Over several points the
    criterion of each is looked at alone; gains of one exponent make one gain of all.
    """
    if problem.points > 1:
        return _gain_of_points(problem)
    return _gain_at(problem_at(problem, 0))


def _gain_at(problem: SelectionProblem, values: GroupValues | None = None) -> Gain | None:
    """`exact_gain` of one point; `values`: those of its criterion, where they are known."""
    declared = getattr(problem.criterion, "gain", None)
    if declared is None:
        return None
    if not isinstance(declared, LinearGain | MatrixGain):
        _refuse(problem.criterion, f"a gain of type {type(declared).__name__}", "a LinearGain, a MatrixGain or None")
    if declared.size != problem.size:
        _refuse(problem.criterion, f"a gain of {declared.size} receivers", f"a gain of {problem.size} receivers")
    gain = _scaled(declared, problem.one_illumination_w)[0]
    group = _contradiction(declared, gain, problem, values or problem.values_at)
    if group is not None and type(problem.criterion) in _OURS:
        return None  # rounding next to a singular matrix: nothing is proven of such a network
    if group is not None:
        what = f"a {type(declared).__name__} that does not explain its values{group}"
        _refuse(problem.criterion, what, "values c (p φ)^(-e) of the declared gain φ and exponent e")
    return gain


def _gain_of_points(problem: SelectionProblem) -> GainOfPoints | None:
    """The gain over the points; None where one point has none, or where their exponents differ."""
    if len(criteria_of(problem)) != problem.points:
        return None
    quick = all(type(each) is LocalizationCriterion for each in criteria_of(problem))
    known = _values_at_points(problem) if quick and np.all(problem.illumination_w > 0.0) else None
    found = [
        _gain_at(problem_at(problem, point), None if known is None else partial(known, point))
        for point in range(problem.points)
    ]
    parts = tuple(gain for gain in found if gain is not None)
    if len(parts) < len(found) or len({gain.exponent for gain in parts}) > 1:
        return None
    exponent, all_selected = parts[0].exponent, np.ones((1, problem.size), bool)
    power = mean_power(problem.over_points, exponent)
    gains = problem.values_of_points(all_selected)[0] ** (-1.0 / exponent)
    total = float(power_mean(gains, problem.shares, power))
    return GainOfPoints(
        parts=parts,
        scale=gains / total if total > 0.0 else gains,
        weight=problem.shares,
        power=power,
        exponent=exponent,
    )


def _values_at_points(problem: SelectionProblem) -> Callable[[int, B, float], F]:
    """GroupValues of the groups that are compared, at multiples of the illuminations: those of all points at once."""
    tables: dict[float, F] = {}

    def values(point: int, masks: B, illumination_w: float) -> F:
        multiple = round(illumination_w / float(problem.illumination_w[point]), 9)
        if multiple not in tables:
            tables[multiple] = problem.values_of_points(_a_few(problem), multiple * problem.illumination_w)
        found = tables[multiple][:, point]
        return found if len(masks) == len(found) else found[np.isfinite(tables[1.0][:, point])]

    return values


def surely_unobservable(problem: SelectionProblem) -> bool:
    """True where a criterion of ours is infinite with every receiver selected: then it is for every group."""
    ours = all(type(each) in (*_OURS, ClockedLocalizationCriterion) for each in criteria_of(problem))
    return ours and not np.isfinite(problem.values(np.ones((1, problem.size), bool))[0])


def gain_of(problem: SelectionProblem, method: str) -> Gain:
    """`exact_gain` on behalf of `method`, which needs one: `InputError` for criteria that declare none."""
    gain = exact_gain(problem)
    if gain is not None:
        return gain
    raise InputError(
        [
            Problem(
                path="design.selector",
                received=f"{method} with the criterion {problem.criterion.name}, which declares no gain",
                expected="a criterion whose gain is declared, such as surrogate or peb without clock errors",
                hint="local_search accepts any criterion; enumeration accepts any criterion for up to 20 receivers",
            )
        ]
    )


def _scaled(declared: LinearGain | MatrixGain, illumination_w: float) -> tuple[Gain, float]:
    """The gain, 1 with every receiver selected, and what it is scaled by. A gain that is no power law is that at
    `illumination_w`; of others the illumination only scales.
    """
    if isinstance(declared, MatrixGain):
        return _matrix_gain(declared, illumination_w)
    total = float(declared.weights.sum())
    scale = total if total > 0.0 else 1.0
    return ScaledLinearGain(weights=declared.weights / scale, exponent=declared.exponent), scale


def _matrix_gain(declared: MatrixGain, illumination_w: float) -> tuple[ScaledMatrixGain, float]:
    information, weighting, constant = declared.information, declared.weighting, declared.constant
    diagonal = np.einsum("kii->i", information)
    if constant is not None:
        information = illumination_w * information
        diagonal = illumination_w * diagonal + np.diagonal(constant)
    scale = 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    values, vectors = np.linalg.eigh(weighting * scale[:, None] * scale)
    positive = values > values.max() * len(values) * np.finfo(float).eps
    gain = ScaledMatrixGain(
        information=information * scale[:, None] * scale,
        factor=vectors[:, positive] * np.sqrt(values[positive]),
        exponent=declared.exponent,
        constant=None if constant is None else constant * scale[:, None] * scale,
    )
    # The gain is homogeneous, so it equals the sum of its tangent's weights: φ of all receivers becomes one.
    all_selected = float(gain.tangent(np.ones((1, len(information)))).sum())
    if not all_selected > 0.0:
        return gain, 1.0
    return replace(gain, factor=gain.factor * np.sqrt(all_selected)), all_selected


def _contradiction(
    declared: LinearGain | MatrixGain, gain: Gain, problem: SelectionProblem, value: GroupValues
) -> str | None:
    """Where the criterion's values are not those of its gain, as the end of a sentence; None where they are.

    Our own criteria have tests that look at every group: a few are looked at here.
    """
    ours = type(problem.criterion) in _OURS
    masks = _a_few(problem) if ours else _compared(problem)
    illumination_w = problem.one_illumination_w if problem.one_illumination_w > 0.0 else 1.0
    if not gain.power_law:
        illumination_w = problem.one_illumination_w
    values = np.asarray(value(masks, illumination_w), float)
    if np.isnan(values).any() or np.any(values <= 0.0):
        return ": some values are not positive"
    finite = np.isfinite(values)
    if not finite.any():
        return None
    if not finite[0]:
        return ": the value is infinite with every receiver selected and finite with fewer"
    found = np.where(finite, values[0] / values, 0.0) ** (1.0 / gain.exponent)
    agree = _agree(gain, masks.astype(float), found, ours)
    if not agree.all():
        return f": the values differ for the group {', '.join(problem.ids(masks[np.argmin(agree)])[:8])}"
    for multiple in (0.5, 2.0) if ours else _MULTIPLES:
        moved = np.asarray(value(masks[finite], multiple * illumination_w), float)
        if gain.power_law:
            if not np.allclose(
                moved, values[finite] * multiple**-gain.exponent, rtol=_LAW if ours else _AGREEMENT, atol=0.0
            ):
                return f": the values are not proportional to the illumination to the power of {-gain.exponent:g}"
            continue
        other, total = _scaled(declared, multiple * illumination_w)
        ratio = _scaled(declared, illumination_w)[1] / total
        found = ratio * (values[0] / moved) ** (1.0 / gain.exponent)
        if not _agree(other, masks[finite].astype(float), found, ours).all():
            return ": the values at another illumination are not those of the declared constant"
    return None


def _agree(gain: Gain, selection: F, found: F, ours: bool) -> B:
    """Which of the gains `found` [n] in values are those declared for `selection` [n, K]; 0 where a value is infinite.

    A verdict of a rank decides between infinity and a large number: near it both are right. Of our own criteria more
    rounding is excused, for what is compared are two ways to the same sum, each of which is tested by itself.
    """
    expected = np.einsum("nk,nk->n", gain.tangent(selection), selection)
    if not isinstance(gain, ScaledMatrixGain):
        agree: B = np.abs(found - expected) <= _AGREEMENT * expected
        return agree
    smallest = gain.smallest_eigenvalue(selection)
    tolerance = _AGREEMENT + _ROUNDING / np.maximum(smallest, _ROUNDING)
    excused = (smallest < _CONDITION) & ((found <= _SMALL) | ours)
    excused |= (found == 0.0) & (smallest < _UNSURE) & ((expected < _UNSURE) | ours)
    loose = np.abs(found - expected) <= _SMALL + _LOOSE * expected if ours else np.zeros(len(found), bool)
    return (np.abs(found - expected) <= tolerance * expected) | excused | loose


def _compared(problem: SelectionProblem) -> B:
    """The groups [n, K] of another package's criterion that are compared with what it declares, all receivers first:
    every group up to `LISTED` receivers; beyond, some of every size and, if they are not too many, all that are
    feasible.
    """
    groups = groups_of_all_sizes(problem.size, zlib.crc32(problem.positions_m.tobytes()))
    feasible = affordable_groups(problem, _FEASIBLE) if problem.size > LISTED else None
    return groups if feasible is None else np.concatenate([groups, feasible])


def _a_few(problem: SelectionProblem) -> B:
    """All receivers, every second receiver, and all receivers but one."""
    number = np.arange(problem.size)
    groups = [number >= 0, number % 2 == 0, number % 2 == 1, *(number != k for k in range(min(problem.size, 8)))]
    return np.array([group for group in groups if group.any()])


def _falls(problem: SelectionProblem) -> bool:
    """True where no value of a few groups rises with the illumination: what is known is looked at, too."""
    if not np.all(problem.illumination_w > 0.0):
        return False
    masks = _a_few(problem)
    values = np.array([problem.values_at(masks, multiple * problem.illumination_w) for multiple in (0.5, 1.0, 2.0)])
    return bool(np.all(values[1:] <= values[:-1] * (1.0 + _LAW)))


def _refuse(criterion: Criterion, received: str, expected: str) -> NoReturn:
    if isinstance(criterion, PluginCriterion):
        criterion.plugin.refuse(received, expected)
    raise InputError([Problem("design.criterion", f"{received} from the criterion {criterion.name}", expected)])
