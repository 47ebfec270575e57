"""The convex half of the value-function method: the best beams for fixed receive vectors (docs/algorithms.md §1.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from multistatic.beamforming.value_function import kernels
from multistatic.units import B, C, F

_Array = TypeVar("_Array", bound=NDArray[Any])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Downlink:
    """S streams with fixed receive vectors: G, g, ‖a‖², γ, who hears the sensing beam, and the power budget P."""

    gram: C
    cross: C
    norm2: float
    target: F
    hears: B
    power: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InnerSolution:
    """Uplink prices λ [S] and ν, with slack 1 - νθ, downlink powers q [S] of the beams u_s and p_c of w₀.

    `value`: the power spent (`least_power`) or the loss ‖a‖²P - p (`most_light`). `proven`: False where the beams are
    feasible but the prices do not prove them optimal. The beams are u = 𝒽Λ^½T + ν a βᵀ and w₀ = a - 𝒽 y₀ with `error` T
    [S, S], `lit` β = aᴴu [S], `weights` y₀ [S] (0 where there is no sensing beam).
    """

    price: F
    nu: float
    slack: float
    powers: F
    left: float
    value: float
    error: C
    lit: C
    weights: C
    proven: bool = True

    @classmethod
    def of(cls, solution: tuple[Any, ...]) -> InnerSolution:
        """From what `kernels.solve_downlink` returns, less its first entry."""
        proven, price, nu, slack, powers, left, value, error, lit, weights = solution
        if left == 0.0:
            weights = np.zeros_like(lit)
        return cls(
            price=price,
            nu=nu,
            slack=slack,
            powers=powers,
            left=left,
            value=value,
            error=error,
            lit=lit,
            weights=weights,
            proven=proven,
        )

    @property
    def guess(self) -> tuple[F, float, float, float]:
        """What a neighbouring problem starts from."""
        return self.price, self.nu, self.slack, self.left


def no_guess(count: int) -> tuple[F, float, float, float]:
    """The start of a problem of `count` streams that has no neighbour."""
    return np.ones(count), 0.0, 0.0, 0.0


def in_c_order(array: _Array) -> _Array:
    """The array as every kernel takes it: rows one after the other, to be written to; itself where it is so already.

    Of another layout, and of an array that may only be read, Numba would compile the whole kernel once more.
    """
    return cast(_Array, np.require(array, requirements=["C", "W"]))


def least_power(downlink: Downlink) -> InnerSolution | None:
    """The minimum-power beams, ν = 0, power Σλ; None where no power reaches the SINR targets."""
    return _solved(downlink, light=False)


def most_light(downlink: Downlink) -> InnerSolution | None:
    """The beams of largest illumination; None where the targets take all of the power or more."""
    return _solved(downlink, light=True)


def _solved(downlink: Downlink, light: bool) -> InnerSolution | None:
    found, *solution = kernels.solve_downlink(
        (in_c_order(downlink.gram), in_c_order(downlink.cross), downlink.norm2),
        in_c_order(downlink.target),
        in_c_order(downlink.hears),
        downlink.power,
        no_guess(len(downlink.target)),
        light,
    )
    return InnerSolution.of(tuple(solution)) if found else None
