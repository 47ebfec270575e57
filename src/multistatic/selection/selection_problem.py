"""What a selector gets and what it answers (paper eq. (22), (26), (29)-(31); model.md §6-7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from multistatic.errors import InputError, Problem
from multistatic.notebook import NotebookView, Overview
from multistatic.scenario.design_settings import OverPoints
from multistatic.selection.criterion_of_points import CriterionOfPoints
from multistatic.selection.over_points import OVER_POINTS, reduced
from multistatic.units import B, F, read_only


class Criterion(Protocol):
    """A figure of merit of a group of receivers: positive, lower is better; infinity where the target is unobservable.

    A criterion may have an attribute `gain`, a `LinearGain` or `MatrixGain` (`bounds.gain`): the declaration that makes
    proofs possible. Without it, or with None, the best group is searched and never proven. It may have a method
    `reason(mask, illumination_w)` that says why a target is unobservable. No other attribute means anything.
    """

    @property
    def name(self) -> str:
        """The registered name."""

    @property
    def unit(self) -> str:
        """Unit of the values, "" for none."""

    def values(self, masks: B, illumination_w: F | float) -> F:
        """Value [G, M] of each row of `masks` [G, K] at each of M points, whose illuminations are `illumination_w` [M];
        an empty group gives infinity.

        A number in place of `illumination_w` gives [G]. A criterion of another package gets numbers only, for one
        point at a time.
        """


_VALUES = 1 << 20  # at several points, at once


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchLimits:
    """When an exact search may end early with its incumbent and the gap it has proven: at a relative `gap` of the
    value, or when `stop` says so (a clock, a key).
    """

    gap: float = 1e-9
    stop: Callable[[], bool] = _never


NO_LIMITS = SearchLimits()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SelectionProblem:
    """Choose the group G of receivers that minimises a criterion under the cooperation cost (26).

    Distances that are left out follow from the positions; gains that are left out are all alike.

    receiver_ids [K]: ids of the receivers.
    criterion: figure of merit of a group; lower is better.
    illumination_w [M]: p_t at each point where the target may be, in W.
    positions_m [K, 3]: positions of the receivers, in m.
    target_distance_m [K]: distance d_0k from each receiver to the target, in m.
    receiver_distance_m [K, K]: distance d_kk' between receivers, in m.
    echo_gain [K]: relative gain of each echo path, used by `best_n` only.
    forced [K]: True for receivers that must be selected because only then their required rate can be met.
    distance_weight: ρ in the cooperation cost (22): weight of the distance to the target, from 0 to 1.
    cost_limit_m: upper limit of the cooperation cost, in m.
    count: exact number of cooperating receivers; None: any number from 1 on.
    given [K]: the group that the selector `given` returns.
    limits: when an exact search may end early.
    over_points: how the values at the points become one (`selection.over_points.reduced`).
    point_weight [M]: weight of each point, at least 0, scaled here to the sum 1; None: all alike.

    >>> from multistatic import load_preset, realise, sensing_network
    >>> from multistatic.bounds.criteria import surrogate
    >>> scenario = load_preset("paper")
    >>> network = sensing_network(scenario, realise(scenario))
    >>> problem = SelectionProblem(
    ...     receiver_ids=scenario.receiver_ids,
    ...     criterion=surrogate(network),
    ...     illumination_w=10.0,
    ...     positions_m=scenario.receiver_positions_m,
    ...     target_distance_m=network.geometry.target_receiver_m,
    ... )
    >>> problem.size
    10
    """

    receiver_ids: tuple[str, ...]
    criterion: Criterion
    illumination_w: F
    positions_m: F
    target_distance_m: F
    receiver_distance_m: F = field(default_factory=lambda: np.zeros((0, 0)))
    echo_gain: F = field(default_factory=lambda: np.zeros(0))
    forced: B = field(default_factory=lambda: np.zeros(0, bool))
    distance_weight: float = 0.5
    cost_limit_m: float = float("inf")
    count: int | None = None
    given: B | None = None
    limits: SearchLimits = NO_LIMITS
    over_points: OverPoints = "worst"
    point_weight: F | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "illumination_w", read_only(np.atleast_1d(self.illumination_w)))
        _check_points(self)
        if self.point_weight is not None:
            given = np.asarray(self.point_weight, float)
            object.__setattr__(self, "point_weight", read_only(given / given.sum()))
        count, places = len(self.receiver_ids), np.asarray(self.positions_m)
        if np.size(self.receiver_distance_m) == 0:
            apart = np.linalg.norm(places[:, None] - places[None], axis=-1)
            object.__setattr__(self, "receiver_distance_m", apart)
        if np.size(self.echo_gain) == 0:
            object.__setattr__(self, "echo_gain", np.ones(count))
        if np.size(self.forced) == 0:
            object.__setattr__(self, "forced", np.zeros(count, bool))

    @property
    def size(self) -> int:
        """K."""
        return len(self.receiver_ids)

    @property
    def points(self) -> int:
        """M."""
        return len(self.illumination_w)

    @property
    def shares(self) -> F:
        """Weights of the points [M], with the sum 1."""
        return np.full(self.points, 1.0 / self.points) if self.point_weight is None else self.point_weight

    def costs_m(self, masks: B) -> F:
        """Cooperation cost Ω(b) (22) of each row of `masks` [n, K].

        Σ_{k∈G} [ρ d_0k + (1-ρ) mean_{k'∈G\\k} d_kk'], where the mean is 0 for a group of one (0/0 in the paper).
        """
        chosen = np.atleast_2d(masks).astype(float)
        others = np.maximum(chosen.sum(axis=1) - 1.0, 1.0)
        apart = np.einsum("nk,nk->n", chosen @ self.receiver_distance_m, chosen) / others
        cost: F = self.distance_weight * (chosen @ self.target_distance_m) + (1.0 - self.distance_weight) * apart
        return cost

    def feasible(self, masks: B) -> B:
        """Which rows of `masks` [n, K] contain every forced receiver and meet the required number and the cost
        limit.
        """
        chosen = np.atleast_2d(masks).astype(bool)
        sizes = chosen.sum(axis=1)
        right_size = sizes >= 1 if self.count is None else sizes == self.count
        has_forced = (chosen | ~self.forced).all(axis=1)
        return right_size & has_forced & (self.costs_m(chosen) <= self.cost_limit_m * (1 + 1e-12))

    def values(self, masks: B) -> F:
        """Criterion [n] of each row of `masks` [n, K]."""
        return self.values_at(masks, self.illumination_w)

    def values_at(self, masks: B, illumination_w: F | float) -> F:
        """Criterion [n] of each row of `masks` [n, K] at other illuminations of the points [M] (a number: of all)."""
        light = np.broadcast_to(np.asarray(illumination_w, float), (self.points,))
        if self.points > 1 and isinstance(self.criterion, CriterionOfPoints):
            counted = (self.shares > 0.0) | (self.over_points == "worst")
            groups, step = np.atleast_2d(masks), max(1, _VALUES // self.points)
            parts = [
                reduced(
                    self.criterion.values_to_reduce(groups[start : start + step], light, counted),
                    self.shares,
                    self.over_points,
                )
                for start in range(0, max(len(groups), 1), step)
            ]
            return np.concatenate(parts)
        return reduced(self.values_of_points(masks, light), self.shares, self.over_points)

    def values_of_points(self, masks: B, illumination_w: F | float | None = None) -> F:
        """Criterion [n, M] of each row of `masks` [n, K] at each point, at the problem's illuminations or at others, of
        the points [M] or of all of them (a number).

        With one point the criterion gets a number, which criteria that know no points understand as well.
        """
        groups, points = np.atleast_2d(masks).astype(bool), self.points
        given = self.illumination_w if illumination_w is None else np.asarray(illumination_w, float)
        light = np.broadcast_to(given, (points,))
        values = np.asarray(self.criterion.values(groups, float(light[0]) if points == 1 else light))
        if points == 1 and values.shape == (len(groups),):
            values = values[:, None]
        if values.shape != (len(groups), points):
            received = f"values of shape {list(values.shape)} from the criterion {self.criterion.name!r}"
            expected = f"[{len(groups)}, {points}]: one for each group and each point"
            raise InputError([Problem("design.criterion", received, expected)])
        return values

    @property
    def one_illumination_w(self) -> float:
        """p_t of the only point, where there is one."""
        (only,) = self.illumination_w
        return float(only)

    def ids(self, mask: B) -> tuple[str, ...]:
        """Ids of the chosen receivers."""
        return tuple(name for name, chosen in zip(self.receiver_ids, mask, strict=True) if chosen)


def _check_points(problem: SelectionProblem) -> None:
    """`InputError` for weights of points that are none, and for an unknown way to make one value of several."""
    points, problems = problem.points, []
    if problem.over_points not in OVER_POINTS:
        problems.append(Problem("design.over_points", repr(problem.over_points), f"one of {', '.join(OVER_POINTS)}"))
    given = problem.shares if problem.point_weight is None else np.asarray(problem.point_weight, float)
    if given.shape != (points,):
        problems.append(
            Problem("point_weight", f"weights of shape {list(given.shape)}", f"[{points}]: one for each point")
        )
    elif not (np.isfinite(given).all() and (given >= 0.0).all() and given.sum() > 0.0):
        expected = "finite numbers that are at least 0 and not all 0"
        problems.append(Problem("point_weight", f"weights from {given.min():g} to {given.max():g}", expected))
    if isinstance(problem.criterion, CriterionOfPoints) and len(problem.criterion.criteria) != points:
        received = f"criteria of {len(problem.criterion.criteria)} points"
        problems.append(Problem("design.criterion", received, f"{points}, one for each illumination"))
    if problems:
        raise InputError(problems)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinkageTree:
    """Merge tree of a linkage: step i merges nodes `merges[i]` (two ids) into node K + i at `heights_m[i]`.

    Nodes 0 … K-1 are the receivers, as in `scipy.cluster.hierarchy`; `members` [2K-1, K] says which receivers each
    node holds.
    """

    merges: np.ndarray
    heights_m: F
    members: B


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Selection(NotebookView):
    """The group of receivers that a selector chose.

    status: `optimal` (proven for these beams), `feasible`, or `infeasible`.
    method: name of the selector.
    selected [K]: True for the receivers of the group; all False where infeasible.
    value: criterion of the group at the problem's illumination, in the criterion's unit.
    bound: proven lower bound on the value of every feasible group; None where nothing is proven.
    cost_m: cooperation cost of the group, in m.
    evaluated: number of groups that the selector evaluated.
    message: what was done and what is proven; where infeasible, which constraint fails and what would make it feasible.
    tree: merge tree of a clustering; None for other selectors.
    nearest_budget_m: where infeasible, the smallest known cooperation cost that would do, in m.

    >>> chosen = Selection(status="feasible", method="mine", selected=[True, False], value=2.0, bound=1.6, cost_m=10.0)
    >>> round(chosen.gap, 3), round(chosen.excess, 3)
    (0.2, 0.25)
    """

    status: Literal["optimal", "feasible", "infeasible"]
    method: str
    selected: B
    value: float | None
    bound: float | None = None
    cost_m: float
    evaluated: int = 0
    message: str = ""
    tree: LinkageTree | None = None
    nearest_budget_m: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "selected", read_only(self.selected, np.bool_))

    @property
    def gap(self) -> float | None:
        """1 - bound/value, as `BeamformingResult.gap`: the part of the value that may be avoidable."""
        if self.value is None or self.bound is None or not 0.0 < self.value < np.inf:
            return None
        return max(0.0, 1.0 - self.bound / self.value)

    @property
    def excess(self) -> float | None:
        """value/bound - 1: how far the value is above the optimum at most, as a part of the optimum."""
        return None if self.gap is None or not self.gap < 1.0 else self.gap / (1.0 - self.gap)

    def overview(self) -> Overview:
        """The size of the group, its value and how far that is from the proven bound."""
        facts = [
            ("group", f"{int(self.selected.sum())} of {len(self.selected)} receivers"),
            ("value", "none" if self.value is None else f"{self.value:.5g}"),
        ]
        if self.excess is not None:
            facts.append(("above the proven bound", f"{100.0 * self.excess:.2g} %"))
        if self.status == "infeasible":
            facts.append(("message", self.message))
        return Overview(title=f"{self.status} by {self.method}", facts=tuple(facts))


class Selector(Protocol):
    """An entry point of `multistatic.selectors`. Randomised selectors take their generator here and nowhere else."""

    def __call__(self, problem: SelectionProblem, rng: np.random.Generator) -> Selection:
        """Choose a group."""
