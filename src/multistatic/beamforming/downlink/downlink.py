"""The best beams for fixed receive vectors, a convex problem solved exactly (docs/algorithms.md §1.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from multistatic.beamforming.downlink.fixed_prices import Downlink, DownlinkBeams
from multistatic.beamforming.downlink.optimal_prices import Guess, Optimum, beams_for, solve_downlink, workspace_for
from multistatic.machine_code import block_for
from multistatic.units import C, F

_Array = TypeVar("_Array", bound=NDArray[Any])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InnerSolution:
    """Uplink prices λ [S] and ν, with slack 1 - νθ, downlink powers q [S] of the beams u_s and p_c of w₀.

    `value`: the power spent (`least_power`) or the loss ‖a‖²P - p (`most_light`). `proven`: False where the beams are
    feasible but the prices do not prove them optimal. The beams are u = 𝒽Λ^½T + ν a βᵀ and w₀ = a - 𝒽 y₀ with `error` T
    [S, S], `on_target` β = aᴴu [S], `weights` y₀ [S] (0 where there is no sensing beam).
    """

    price: F
    nu: float
    slack: float
    powers: F
    left: float
    value: float
    error: C
    on_target: C
    weights: C
    proven: bool = True

    @classmethod
    def of(cls, numbers: Optimum, beams: DownlinkBeams) -> InnerSolution:
        """From what `solve_downlink` returns and fills."""
        return cls(
            price=beams.price,
            nu=numbers.nu,
            slack=numbers.slack,
            powers=beams.powers,
            left=numbers.left,
            value=numbers.value,
            error=beams.error,
            on_target=beams.on_target,
            weights=beams.weights if numbers.left != 0.0 else np.zeros_like(beams.on_target),
            proven=numbers.proven,
        )

    @property
    def guess(self) -> Guess:
        """What a neighbouring problem starts from."""
        return Guess(self.price, self.nu, self.slack, self.left)


def no_guess(count: int) -> Guess:
    """The start of a problem of `count` streams that has no neighbour."""
    return Guess(np.ones(count), 0.0, 0.0, 0.0)


def in_c_order(array: _Array) -> _Array:
    """The array as every kernel takes it: rows one after the other, to be written to; itself where it is so already.

    Of another layout, and of an array that may only be read, Numba would compile the whole kernel once more.
    """
    return array if array.flags.carray else cast(_Array, np.require(array, requirements=["C", "W"]))


def least_power(downlink: Downlink) -> InnerSolution | None:
    """The minimum-power beams, ν = 0, power Σλ; None where no power reaches the SINR targets."""
    return _solved(downlink, light=False)


def most_light(downlink: Downlink) -> InnerSolution | None:
    """The beams of largest illumination; None where the targets take all of the power or more."""
    return _solved(downlink, light=True)


def _solved(downlink: Downlink, light: bool) -> InnerSolution | None:
    count = len(downlink.target)
    arrays = {name: in_c_order(getattr(downlink, name)) for name in ("gram", "cross", "target", "receives_sensing")}
    beams = beams_for(count)
    numbers = solve_downlink(
        downlink._replace(**arrays), no_guess(count), light, block_for(workspace_for, count), beams
    )
    return InnerSolution.of(numbers, beams) if numbers.found else None
