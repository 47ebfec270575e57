"""Notes on channels from a file that are probably a mistake: other units, antennas without a path, unused keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from multistatic.scenario.given_channel import GivenChannel, quoted
from multistatic.scenario.model import Scenario, free_space_gain
from multistatic.units import ratio_to_db

_ABOVE_FREE_SPACE_DB = 60.0
_WEAKEST_DB = -220.0
_STEERING_DB = 30.0


def given_channel_notes(scenario: Scenario) -> Iterator[str]:
    """A sentence for each oddity of the channels that the scenario is given; none where a formula makes them."""
    given = scenario.propagation.direct
    if not isinstance(given, GivenChannel):
        return
    yield from _receiver_notes(scenario, given)
    yield from _level_notes(scenario, given)
    yield from _echo_level_notes(given, scenario.receiver_ids)
    if given.echo_gain is not None:
        yield (
            f"{given.where('echo_gain')} replaces path loss and the target's reflection: echo_law and the target's "
            "cross-section do not change the echoes at the receivers; the criterion published and the mono-static "
            "scheme still use the path loss of the geometry"
        )


def _receiver_notes(scenario: Scenario, given: GivenChannel) -> Iterator[str]:
    """Notes on receivers that are only in the file, and on receivers without a path or with unused antennas."""
    extra = [name for name in given.receiver_ids or () if name not in set(scenario.receiver_ids)]
    if extra:
        yield f"{given.where('receiver_ids')} has {quoted(extra)}, which the scenario does not have: not used"
    direct = given.direct[given.rows_of(scenario.receiver_ids)]
    used = np.any(direct != 0, axis=2)
    silent = [name for name, row in zip(scenario.receiver_ids, used, strict=True) if not row.any()]
    if silent:
        yield f"{given.where('direct')} has no path to {quoted(silent)}: a required rate above 0 cannot be met there"
    partly = [
        receiver.id
        for receiver, row in zip(scenario.receivers, used, strict=True)
        if row.any() and not row[: receiver.array.size].all()
    ]
    if partly:
        yield (
            f"{given.where('direct')} has zeros at some antennas of {quoted(partly)}: antennas without any path, or "
            "fewer antennas than the scenario gives them"
        )


def _echo_level_notes(given: GivenChannel, ids: Sequence[str]) -> Iterator[str]:
    """Notes on echoes that are stronger than the transmitted signal, and on implausible steering vectors."""
    gain, steering = given.echo_gain_of(ids), given.steering_tx
    if gain is not None and float(gain.max()) > 1.0:
        yield (
            f"{given.where('echo_gain')} has a largest gain of {float(gain.max()):.3g} "
            f"({ratio_to_db(float(gain.max())):.1f} dB), which is more power than is transmitted: the array must be "
            "the power gain of the echo, neither a loss nor a level in dB"
        )
    if steering is not None:
        mean_db = ratio_to_db(float(np.mean(np.abs(steering) ** 2)))
        if abs(mean_db) > _STEERING_DB:
            yield (
                f"{given.where('steering_tx')} has a mean |entry|² of {mean_db:.1f} dB: isotropic antennas have 0 dB, "
                "and the illumination changes in proportion"
            )


def _level_notes(scenario: Scenario, given: GivenChannel) -> Iterator[str]:
    """Notes on direct channels whose power gain is implausible."""
    largest, median_db = float(given.gains.max(initial=0.0)), given.median_gain_db
    if median_db is None:
        return
    if largest > 1.0:
        yield (
            f"{given.where('direct')} has a largest |entry|² of {largest:.3g} ({ratio_to_db(largest):.1f} dB), which "
            "is more power than is transmitted: |entry|² is the power gain between two antennas; multiply channels of "
            "unit power by the path gain"
        )
        return
    nearest_m = float(scenario.geometry().transmitter_receiver_m.min())
    free_space_db = ratio_to_db(free_space_gain(scenario.radio.wavelength_m) / nearest_m**2)
    if median_db > min(0.0, free_space_db + _ABOVE_FREE_SPACE_DB):
        yield (
            f"{given.where('direct')} has a median |entry|² of {median_db:.1f} dB; free space gives "
            f"{free_space_db:.1f} dB at the nearest receiver: multiply channels of unit power by the path gain"
        )
    if median_db < _WEAKEST_DB:
        yield (
            f"{given.where('direct')} has a median |entry|² of {median_db:.1f} dB, far below any radio link: "
            "entries must be amplitudes, and their squares power gains"
        )
