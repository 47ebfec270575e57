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
_LEVELS = 24  # steps towards a level
_LEVELLED = 1e-9  # relative, of a level
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
        """g_i(t) [M]: the least illuminations with v_i ≤ t = `level`, 0 where none is needed; v_i ≤ t at `light` [M].

        By the secant in logarithms, in which values are nearly straight, held between the bounds that are known. The
        result errs to the larger side.
        """
        high, low = light.copy(), np.full(len(light), _LEAST * light.max())
        at_high, at_low = np.log(self.values(high) / level), np.log(self.values(low) / level)
        free = ~(at_low > 0.0)
        at_low = np.where(np.isfinite(at_low) & ~free, at_low, 40.0)
        for step in range(_LEVELS):
            top, bottom = np.log(high), np.log(low)
            share = np.clip(at_high / np.minimum(at_high - at_low, -1e-300), 0.0, 1.0)
            middle = 0.5 if step % 3 == 2 else np.clip(share, 1e-3, 1.0 - 1e-3)
            tried = np.exp(top + middle * (bottom - top))
            found = np.log(self.values(tried) / level)
            below = found <= 0.0
            high, at_high = np.where(below, tried, high), np.where(below, found, at_high)
            low, at_low = np.where(below, low, tried), np.where(below, at_low, np.minimum(found, 40.0))
            if np.all(free | (high - low <= _LEVELLED * high) | (at_high >= -_LEVELLED)):
                break
        return np.where(free, 0.0, high)

    def proven(self, limit: LightLimit, light: F) -> float:
        """A lower bound on the value of any beams within `limit`, the better the nearer `light` [M] is to the best."""
        start = np.clip(light, _LEAST * limit.limit_w, limit.limit_w)
        return self._proven_worst(limit, start) if self.over == "worst" else self._proven_sum(limit, start)

    def _proven_worst(self, limit: LightLimit, light: F) -> float:
        price, best = limit.price, 0.0
        dark = self.values(np.zeros(len(light)))
        for _ in range(_ROUNDS):
            counted = price > 0.0
            if not counted.any():
                return best
            light = light * limit.light_w / float(price @ light)
            values = self.values(light)
            least = float(values[counted].min())
            # Points whose value is no worse without any light cannot hold the others up.
            held = counted & (dark <= least * (1.0 + _LEVELLED))
            improved = least > best * (1.0 + _SETTLED)
            best = max(best, least)
            if held.any() and not held[counted].all():
                price = np.where(held, 0.0, price)
                continue
            if not improved:
                break
            mean = np.exp(np.average(np.log(values[counted]), weights=(price * light)[counted]))
            light = np.where(counted, light * (values / mean) ** 2.0, light)
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
        return self.of_sum(best)

    def _by_tangents(self, limit: LightLimit, constant: F, slopes: F) -> float:
        """The best right side of (1) over r, which is concave and bends where r = d_i/μ_i."""
        price = limit.price
        priced = price > 0.0
        rates = np.concatenate([[0.0], slopes[priced] / price[priced]])
        below = np.minimum(0.0, rates[:, None] * price - slopes) @ limit.limit_w
        return float(constant.sum() + np.max(below - rates * limit.light_w))
