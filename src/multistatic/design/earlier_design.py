"""Whether a design may begin from an earlier one, and from which of its beams (docs/algorithms.md §3.1)."""

from __future__ import annotations

import numpy as np

from multistatic.channel.channel import Channel
from multistatic.design.result import Design
from multistatic.errors import InputError, Problem
from multistatic.scenario.model import Scenario
from multistatic.signal.beams import Beams
from multistatic.units import B, C

# The earlier beams are near enough to begin from where the direction of the target keeps this part of its beam, and the
# direct channels change by at most this part of their power: beyond, other local optima are likely to be better.
_SAME_DIRECTION = 0.5
_CHANNEL_CHANGE = 0.25


def starts_for(selected: B, start: Design | None) -> tuple[Beams, ...]:
    """The beams of an earlier design, the best first, that are worth beginning from for the group `selected` [K].

    All of its local optima for its own group, its beams alone for all receivers or no receiver, where only the level
    of the illumination matters, and none for another group: receivers that leave a group begin to suffer the sensing
    beam, and its receive vectors are no good guess then.
    """
    if start is None or start.beamforming is None or start.beamforming.beams is None:
        return ()
    if np.array_equal(selected, start.selected):
        return (start.beamforming.beams, *start.beamforming.local_optima)
    return (start.beamforming.beams,) if selected.all() or not selected.any() else ()


def usable_start(scenario: Scenario, channel: Channel, start: Design) -> tuple[Design | None, str]:
    """The earlier design where its beams are near enough to begin from, else None and a sentence that says why not.

    `InputError` where it is no design of this network: other receivers, or other antennas.
    """
    _check_size(scenario, channel, start)
    if start.beamforming is None or start.beamforming.beams is None:
        return None, "The earlier design has no beams to start from, so all beams were designed anew."
    kept = _kept(channel.steering_tx, start.channel.steering_tx)
    power = np.sum(np.abs(channel.direct) ** 2, axis=(1, 2))
    change = np.sum(np.abs(channel.direct - start.channel.direct) ** 2, axis=(1, 2)) / np.maximum(power, 1e-300)
    if kept < _SAME_DIRECTION:
        return None, "The direction of the target differs from the earlier design, so all beams were designed anew."
    if float(np.max(change)) > _CHANNEL_CHANGE:
        return None, "The direct channels differ from those of the earlier design, so all beams were designed anew."
    return start, ""


def _kept(steering: C, earlier: C) -> float:
    """|a_iᴴa_l|²/(‖a_i‖²‖a_l‖²) with the nearest earlier point l, of the point i of `steering` [M, N_t] where that is
    least.
    """
    lengths = np.sum(np.abs(steering) ** 2, axis=1)[:, None] * np.sum(np.abs(earlier) ** 2, axis=1)
    shared = np.abs(steering @ earlier.conj().T) ** 2 / lengths
    return float(shared.max(axis=1).min())


def _check_size(scenario: Scenario, channel: Channel, start: Design) -> None:
    problems = []
    if start.scenario.receiver_ids != scenario.receiver_ids:
        problems.append(
            Problem(
                path="start",
                received=f"a design for {len(start.scenario.receiver_ids)} receivers or with other ids",
                expected=f"one for the {len(scenario.receiver_ids)} receivers of the scenario, in the same order",
            )
        )
    elif start.channel.direct.shape != channel.direct.shape:
        problems.append(
            Problem(
                path="start",
                received=f"a design with direct channels of shape {list(start.channel.direct.shape)}",
                expected=f"{list(channel.direct.shape)} = [K, N_r, N_t], as the scenario has",
            )
        )
    if problems:
        raise InputError(problems)
