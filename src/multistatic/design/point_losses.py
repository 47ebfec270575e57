"""Values over several points that are no power of the illuminations, and what is proven of them.

With clocks or prior information the value v_i(p) of a group at point i is no power of its illumination p. Its square
tr[A F(p)⁻¹] still falls and is convex: F is a constant, the prior information, and a sum of parallel sums of pJ_k with
what a clock leaves, all of which have an imaginary part that is never negative for p in the upper half plane, so -F⁻¹
has too, and the square is a Stieltjes function of p: a mixture of 1/(p + s) with s ≥ 0. A root of a Stieltjes function
is another one, so v_i is convex and falls as well.

- `worst`: a level t is reached where every p_i ≥ g_i(t), the least illumination with v_i(g_i) ≤ t. The beams for the
  loss max_i g_i(t)/p_i reach a new level, and so on: where the loss is one, t is the least level there is. If no beams
  have a loss below β, some p_i ≤ g_i(t)/β for any beams, so that max_i v_i ≥ min_i v_i(g_i(t)/β).
- sums Σ f_i(p_i), f_i = π_i v_i or π_i v_i²: the loss Σ w_i/(p_i + s_i) that has the derivatives of f_i at p̂, and their
  values where s_i ≥ 0 allows it, gives new beams and a new p̂. Where p̂ stays, the conditions of first order of both
  problems are the same, and as the f_i are convex and so is the set of all p of channels of rank one, p̂ is optimal.

Whatever the beams are, prices μ ≥ 0 with Σ μ_i p_i ≤ V for all beams prove a bound (`LightLimit`). Every p̃ with
Σ μ_i p̃_i = V gives max_i v_i ≥ min_i v_i(p̃_i), and convex f_i lie above their tangents: with d_i = -f_i'(p̃_i), the
limits L_i of p_i and any r ≥ 0

    Σ f_i(p_i) ≥ Σ [f_i(p̃_i) + d_i p̃_i] + Σ min(0, r μ_i - d_i) L_i - r V.                                        (1)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from multistatic.scenario.design_settings import OverPoints
from multistatic.selection.over_points import reduced
from multistatic.units import F

Values = Callable[[F], F]
"""v_i [M] of one group at illuminations [M] in W."""

_STEP = 1e-4  # relative, of illuminations: for derivatives by central differences
_LEVELS = 12  # steps towards a level
_LEVELLED = 1e-6  # relative, of a level
_ROUNDING = 1e-7  # relative, of bounds with derivatives by differences: given away
_FLAT = 1e-6  # slope of logarithms: a value that hardly depends on its illumination
_FARTHEST = 7.0  # of the logarithm of an illumination in one step
_ROUNDS = 40  # of the search for the illuminations of the best bound
_SETTLED = 1e-7  # relative change of a bound that is good enough
_LEAST = 1e-12  # of the largest illumination: nothing is looked at below


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LightLimit:
    """What all beams have in common: Σ μ_i p_i ≤ V and p_i ≤ L_i.

    `price` μ [M], at least 0; `light_w` V and `limit_w` L [M] in W.
    """

    price: F
    light_w: float
    limit_w: F


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointLoss:
    """How the values of a group become one: `values` v_i at illuminations, `over` the points of weights `weight`
    [M].
    """

    values: Values
    over: OverPoints
    weight: F

    def value(self, light: F) -> float:
        """One value at illuminations [M]."""
        return float(reduced(self.values(light), self.weight, self.over))

    def terms(self, light: F) -> F:
        """f_i [M] of a sum; their sum is the value, or of mean squares its square."""
        values = self.values(light)
        counted = self.weight > 0.0
        found = np.zeros(len(light))
        found[counted] = self.weight[counted] * values[counted] ** self._power
        return found

    @property
    def _power(self) -> int:
        return 1 if self.over == "mean" else 2

    def of_sum(self, total: float) -> float:
        """The value that belongs to Σ f_i."""
        return float(max(total, 0.0) ** (1.0 / self._power))

    def slopes(self, light: F) -> F:
        """-f_i' [M] by central differences, at least 0."""
        more, less = self.terms(light * (1.0 + _STEP)), self.terms(light * (1.0 - _STEP))
        return np.maximum(less - more, 0.0) / (2.0 * _STEP * light)

    def least_light(self, level: float, light: F) -> F:
        """g_i(t) [M]: the least illuminations with v_i ≤ t = `level`, 0 where none is needed, by Newton's method in
        logarithms, in which values are nearly straight, from illuminations `light` [M]. What is proven does not rest on
        them.
        """
        least, goal = _LEAST * light.max(), np.log(level)
        for _ in range(_LEVELS):
            height, slope = self._local(light)
            above = height - goal
            if np.max(np.abs(np.where(light > least, above, 0.0))) < _LEVELLED:
                break
            light = np.maximum(light * np.exp(np.clip(above / slope, -_FARTHEST, _FARTHEST)), least)
        return np.where(light > least, light, 0.0)

    def _local(self, light: F) -> tuple[F, F]:
        """ln v_i and -d ln v_i/d ln p_i, at least a little, [M]."""
        less, more = (np.log(self.values(light * (1.0 + step))) for step in (-_STEP, _STEP))
        return (less + more) / 2.0, np.maximum((less - more) / (2.0 * _STEP), _FLAT)

    def proven(self, limit: LightLimit, light: F) -> float:
        """A lower bound on the value of any beams within `limit`, the better the nearer `light` [M] is to the best."""
        start = np.clip(light, _LEAST * limit.limit_w, limit.limit_w)
        return self._proven_worst(limit, start) if self.over == "worst" else self._proven_sum(limit, start)

    def _proven_worst(self, limit: LightLimit, light: F) -> float:
        """The level at which the least illuminations use all of the limit, by Newton's method in all of them at once.

        Points whose value is below the level without any light need none: without them the limit holds as well.
        """
        best, dark = 0.0, self.values(np.zeros(len(light)))
        counted = limit.price > 0.0
        for _ in range(_ROUNDS):
            if not counted.any():
                break
            price = np.where(counted, limit.price, 0.0)
            light = np.maximum(light * limit.light_w / float(price @ light), _LEAST * limit.light_w / price.max())
            height, slope = self._local(light)
            level = _level(price * light, height, slope, limit.light_w)
            least = float(np.exp(height[counted].min()) * (1.0 - _ROUNDING))
            needed = (limit.price > 0.0) & (dark > np.exp(level))
            improved = least > best * (1.0 + _SETTLED)
            best = max(best, least)
            if not improved and np.array_equal(needed, counted):
                break
            counted = needed
            light = light * np.exp(np.clip((height - level) / slope, -_FARTHEST, _FARTHEST))
        return best

    def _proven_sum(self, limit: LightLimit, light: F) -> float:
        price, best = limit.price, 0.0
        for _ in range(_ROUNDS):
            terms, slopes = self.terms(light), self.slopes(light)
            total = self._by_tangents(limit, terms + slopes * light, slopes)
            improved = total > best * (1.0 + _SETTLED)
            best = max(best, total)
            if not improved and best > 0.0:
                break
            rate = float(slopes @ light) / limit.light_w
            if not rate > 0.0:
                break
            ratio = slopes / np.maximum(rate * price, 1e-300)
            moved = np.clip(light * np.sqrt(np.clip(ratio, 1e-4, 1e4)), _LEAST * limit.limit_w, limit.limit_w)
            light = np.minimum(moved * limit.light_w / max(float(price @ moved), 1e-300), limit.limit_w)
        return self.of_sum(best * (1.0 - _ROUNDING))

    def _by_tangents(self, limit: LightLimit, constant: F, slopes: F) -> float:
        """The best right side of (1) over r, which is concave and bends where r = d_i/μ_i."""
        price = limit.price
        priced = price > 0.0
        rates = np.concatenate([[0.0], slopes[priced] / price[priced]])
        below = np.minimum(0.0, rates[:, None] * price - slopes) @ limit.limit_w
        return float(constant.sum() + np.max(below - rates * limit.light_w))


def _level(used: F, height: F, slope: F, light_w: float) -> float:
    """ln t where Σ_i u_i exp((h_i - ln t)/e_i) = V over the points with u_i > 0, by bisection."""
    counted = used > 0.0
    used, height, slope = used[counted], height[counted], slope[counted]
    low, high = float(height.min()) - 1.0, float(height.max()) + 1.0
    for _ in range(60):
        middle = (low + high) / 2.0
        total = float(used @ np.exp(np.clip((height - middle) / slope, -_FARTHEST, _FARTHEST)))
        low, high = (middle, high) if total > light_w else (low, middle)
    return low
