"""The statistic at whole and half bins of Doppler from the correlations at whole ones, compiled."""

from __future__ import annotations

from typing import Any

from multistatic.compiled import vectorised


@vectorised
def add_bin(now: Any, before: Any, in_phase: Any, scale: Any, both: float, row: int, halves: bool, result: Any) -> None:
    """Fill `row` of `result` [B, H, J] from correlations `now` [F, B, P, K], and the row before it, half way between.

    T = Σ_p |c_p|² scale[k, f] on the bin; with `before` [F, B, P, K], the correlations one bin lower, `in_phase` [K]
    and `both` = 2(1+ρ): Σ_p |before_p + now_p in_phase|² scale/both. J = (k, f), the fractions f of a cell last.
    """
    fractions, trials, branches, cells = now.shape
    for b in range(trials):
        for f in range(fractions):
            for k in range(cells):
                here, between = 0.0, 0.0
                for p in range(branches):
                    value = now[f, b, p, k]
                    here += value.real * value.real + value.imag * value.imag
                    if halves:
                        value = before[f, b, p, k] + value * in_phase[k]
                        between += value.real * value.real + value.imag * value.imag
                result[b, row, k * fractions + f] = here * scale[k, f]
                if halves:
                    result[b, row - 1, k * fractions + f] = between * scale[k, f] / both
