"""What a matched filter makes of a design: blocks are sent, received, estimated and located, and each error stands
beside its own bound.

A study's trial is one drop and one design; `BLOCKS` blocks with new noise and phase are received by the selected
receivers with the beams of the design. Each receiver knows the whole signal, as Prop. 3.1 supposes, and searches every
delay between the direct path and the end of the recording and every Doppler shift of a target up to `SPEED_LIMIT_M_S`:
the errors are those of the largest peak, gross ones at low power included.

Figures in normalised units take τ̃ = τ/Δt and f̃ = fΔt. Bounds are those of `bounds.delay_doppler`; of a pulse that jumps
they hold for its interior only, and an error may lie below them (model.md §3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from multistatic.design.result import Design
from multistatic.units import F

if TYPE_CHECKING:
    from multistatic.estimation.measurement import Measurement
    from multistatic.study.outcome import Outcome

BLOCKS = 48
OVERSAMPLING = 4.0
SPEED_LIMIT_M_S = 50.0
_NAME = "matched_filter"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FilterErrors:
    """Errors over B blocks at the n receivers of the group.

    `delay_s`, `doppler_hz` [n, B]: estimate minus truth. `delay_std_s`, `doppler_std_hz` [n]: each receiver's own
    bound. `slot_s` Δt. `position_m` [b]: distances of the fixes that are unique from the target, of B blocks.
    """

    delay_s: F
    doppler_hz: F
    delay_std_s: F
    doppler_std_hz: F
    slot_s: float
    position_m: F

    @property
    def sum_mse(self) -> float:
        """Σ_k tr M_k of Fig. 7 in normalised units; its bound is Σ_k tr J_k⁻¹, the metric `sum_crb`."""
        delay, doppler = self.delay_s / self.slot_s, self.doppler_hz * self.slot_s
        return float(np.mean(delay**2, axis=1).sum() + np.mean(doppler**2, axis=1).sum())

    @property
    def delay_ratio(self) -> float:
        """Root mean square over receivers and blocks of the delay's error over its bound: 1 where it is reached."""
        return float(np.sqrt(np.mean((self.delay_s / self.delay_std_s[:, None]) ** 2)))

    @property
    def doppler_ratio(self) -> float:
        """As `delay_ratio`, of the Doppler shift."""
        return float(np.sqrt(np.mean((self.doppler_hz / self.doppler_std_hz[:, None]) ** 2)))

    @property
    def position_rmse_m(self) -> float | None:
        """Root mean square error of the unique fixes; None where there is none."""
        return float(np.sqrt(np.mean(self.position_m**2))) if len(self.position_m) else None

    @property
    def located(self) -> float:
        """Part of the blocks with a unique fix."""
        return len(self.position_m) / self.delay_s.shape[1]


def filter_errors(design: Design, rng: np.random.Generator) -> FilterErrors | None:
    """The errors of `BLOCKS` blocks; None for a design without beams, where the transmitter itself listens, and where
    the target is not exactly known or there are several: each block then has bounds of its own.
    """
    result, accuracy = design.beamforming, design.accuracy
    if result is None or result.beams is None or accuracy is None or design.scheme == "mono":
        return None
    if design.scenario.uncertain:
        return None
    from multistatic.estimation.estimate_settings import EstimateSettings
    from multistatic.estimation.from_recordings import estimate
    from multistatic.simulation.block import SimulationSettings, simulate_block

    scenario, ids = design.scenario, design.selected_ids
    settings = SimulationSettings(oversampling=OVERSAMPLING, trials=BLOCKS)
    seed = int(rng.integers(2**63))
    block = simulate_block(scenario, design.channel, result.beams, settings, seed, receiver_ids=ids)
    searched = EstimateSettings(speed_limit_m_s=SPEED_LIMIT_M_S)
    found = estimate(block.recordings, block.reference, scenario, settings=searched)
    measured = [found[first : first + BLOCKS] for first in range(0, len(found), BLOCKS)]
    truth = np.array([[one.delay_s, one.doppler_hz] for one in block.observations])
    estimates = np.array([[(each.delay_s, each.doppler_hz) for each in blocks] for blocks in measured])
    error = estimates - truth[:, None]
    return FilterErrors(
        delay_s=error[..., 0],
        doppler_hz=error[..., 1],
        delay_std_s=accuracy.delay_std_s[design.selected],
        doppler_std_hz=accuracy.doppler_std_hz[design.selected],
        slot_s=scenario.radio.slot_s,
        position_m=_position_errors(design, list(zip(*measured, strict=True))),
    )


def of_filter(read: Callable[[FilterErrors], float | None]) -> Callable[[Outcome], float | None]:
    """A metric's function: the blocks are sent once for all metrics of an outcome that need them."""

    def value(outcome: Outcome) -> float | None:
        if _NAME not in outcome.shared:
            outcome.shared[_NAME] = filter_errors(outcome.design, outcome.rng)
        errors: FilterErrors | None = outcome.shared[_NAME]
        return None if errors is None else read(errors)

    return value


def _position_errors(design: Design, groups: list[tuple[Measurement, ...]]) -> F:
    from multistatic.localization.fusion import localize_many
    from multistatic.localization.known_sites import known_sites

    fixes = localize_many(groups, known_sites(design.scenario))
    places = [fix.position_m for fix in fixes if fix.position_verdict == "unique" and fix.position_m is not None]
    target = design.scenario.target.position_m
    return np.array([np.linalg.norm(place - target) for place in places])
