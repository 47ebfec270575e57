"""One criterion over several points: where the target may be, or where several targets are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from multistatic.bounds.criteria import LocalizationCriterion
from multistatic.linalg import inverse_root
from multistatic.units import B, F

if TYPE_CHECKING:
    from multistatic.selection.selection_problem import Criterion, SelectionProblem

# Matrices at once: these and what is made of them stay in a processor's cache.
_AT_ONCE = 1 << 12
# A sum of information that is nearer to being singular is left to the criterion of the point, which looks closer.
_SURE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CriterionOfPoints:
    """One criterion for each of M points, in the order of the points: the network is another one as seen from each.

    criteria [M]: the criterion at each point.
    position_m [M, 3]: where the points are, for words; None: they are named by their numbers.
    of_group: values [M] of one group [K] at illuminations [M], where there is a quick way to all of them; None: each
      criterion gives its own.
    """

    criteria: tuple[Criterion, ...]
    position_m: F | None = None
    of_group: Callable[[B, F], F] | None = None
    _sums: _Sums | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_sums", _sums_of(self.criteria))

    @property
    def name(self) -> str:
        """That of each."""
        return self.criteria[0].name

    @property
    def unit(self) -> str:
        """That of each."""
        return self.criteria[0].unit

    def values(self, masks: B, illumination_w: F | float) -> F:
        """Value [n, M] of each row of `masks` [n, K] at each point, whose illuminations are `illumination_w` [M]; a
        number is that of every point.
        """
        return self._values(masks, illumination_w, np.zeros(len(self.criteria), bool))

    def values_to_reduce(self, masks: B, illumination_w: F, counted: B) -> F:
        """`values`, but infinity at every point for groups that are infinite at one of those `counted` [M]: they are
        not looked at any further. The groups that a search begins with are too small to observe the target anywhere.
        """
        return self._values(masks, illumination_w, counted)

    def _values(self, masks: B, illumination_w: F | float, counted: B) -> F:
        groups = np.atleast_2d(np.asarray(masks, bool))
        light = np.broadcast_to(np.asarray(illumination_w, float), (len(self.criteria),))
        if self._sums is None and self.of_group is not None and len(groups) <= len(self.criteria):
            return np.stack([self.of_group(group, light) for group in groups])
        if self._sums is None:
            values, margin = np.empty((len(groups), len(light))), np.zeros((len(groups), len(light)))
        else:
            values, margin = self._sums.values(groups, np.maximum(light, 0.0))
        lost = np.zeros(len(groups), bool)
        for point, criterion in enumerate(self.criteria):
            rows = np.flatnonzero((margin[:, point] < _SURE) & ~lost)
            if len(rows):
                values[rows, point] = criterion.values(groups[rows], float(light[point]))
                lost[rows] = counted[point] & np.isinf(values[rows, point])
        values[lost] = np.inf
        return values

    def reason(self, mask: B, illumination_w: F | float) -> str:
        """At which point the target is unobservable for the group `mask` [K], and why, where the criterion can say."""
        light = np.broadcast_to(np.asarray(illumination_w, float), (len(self.criteria),))
        lost = np.flatnonzero(~np.isfinite(self.values(np.asarray(mask, bool)[None], light)[0]))
        if not len(lost):
            return ""
        first, count = int(lost[0]), len(self.criteria)
        where = f"point {first + 1} of {count}"
        if self.position_m is not None:
            where = f"{where}, at ({', '.join(f'{each:.6g}' for each in self.position_m[first])}) m"
        others = f" and {len(lost) - 1} more of the {count} points" if len(lost) > 1 else ""
        explain = getattr(self.criteria[first], "reason", None)
        why = "" if explain is None else str(explain(mask, float(light[first])))
        return f"At {where}{others}, the target is unobservable. {why}".strip()


def criteria_of(problem: SelectionProblem) -> tuple[Criterion, ...]:
    """The criterion at each point; of one point, and of a criterion that is one for all points, that alone."""
    criterion = problem.criterion
    return criterion.criteria if isinstance(criterion, CriterionOfPoints) else (criterion,)


def problem_at(problem: SelectionProblem, point: int) -> SelectionProblem:
    """The problem as if the target were at one of its points, and known to be there."""
    light = problem.illumination_w[point : point + 1]
    return replace(problem, criterion=criteria_of(problem)[point], illumination_w=light, point_weight=None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sums:
    """Information [t, M, K] of each receiver at 1 W as seen from each point, of which `rows`, `columns` [t] are the
    places in the lower triangle, the constant parts [t, M] (None: there are none), and E with A = E Eᵀ, [n, m].
    """

    rows: np.ndarray
    columns: np.ndarray
    information: F
    constant: F | None
    factor: F

    def values(self, groups: B, light: F) -> tuple[F, F]:
        """Value [n, M] and how far its matrix is from being singular [n, M]."""
        points, shining = len(light), np.where(light > 0.0, light, 1.0)
        values, margins = np.empty((len(groups), points)), np.empty((len(groups), points))
        step = max(1, _AT_ONCE // points)
        for start in range(0, len(groups), step):
            chunk = groups[start : start + step].astype(float)
            total = self.information @ chunk.T
            if self.constant is not None:
                total = total * light[:, None] + self.constant[..., None]
            matrices = np.zeros((len(self.factor), len(self.factor), points * len(chunk)))
            matrices[self.rows, self.columns] = total.reshape(len(total), -1)
            root, margin = inverse_root(matrices)
            along = np.tensordot(self.factor, root, axes=(0, 1))
            squared = np.einsum("mjn,mjn->n", along, along).reshape(points, -1).T
            values[start : start + step] = np.sqrt(squared if self.constant is not None else squared / shining)
            margins[start : start + step] = margin.reshape(points, -1).T
        if self.constant is None:
            margins[:, light <= 0.0] = 0.0
        return values, margins


def _sums_of(criteria: tuple[Criterion, ...]) -> _Sums | None:
    """What makes the values at all points at once, where each is √tr[A (C + p J)⁻¹] with the same A; else None."""
    ours = [criterion for criterion in criteria if type(criterion) is LocalizationCriterion]
    if len(ours) < len(criteria):
        return None
    gains = [criterion.gain for criterion in ours]
    weighting = gains[0].weighting
    if any(not np.array_equal(gain.weighting, weighting) for gain in gains):
        return None
    rows, columns = np.tril_indices(len(weighting))
    information = np.array([gain.information[:, rows, columns].T for gain in gains])
    zero = np.zeros_like(weighting)
    constant = np.array([(zero if gain.constant is None else gain.constant)[rows, columns] for gain in gains]).T
    values, vectors = np.linalg.eigh(weighting)
    positive = values > 0.0
    return _Sums(
        rows=rows,
        columns=columns,
        information=np.ascontiguousarray(np.swapaxes(information, 0, 1)),
        constant=constant if constant.any() else None,
        factor=vectors[:, positive] * np.sqrt(values[positive]),
    )
