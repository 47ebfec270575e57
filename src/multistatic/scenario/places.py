"""Which nodes may stand at one place.

Receivers may: sectors of one mast, whose arrays and ids differ. Scatterers may, for they are independent and their
powers add, and targets may. A path of length 0 has no gain, so nothing else shares its place with the transmitter, a
target, a receiver or a scatterer; the mono-static link, a receiver at the transmitter, is the scheme `mono`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from multistatic.errors import Problem
from multistatic.scenario.model import Scenario

_ROLE = re.compile(r"(transmitter|target|channel\.scatterer)(?:\[\d+\])?\.position(?:_m|_llh)?")
_NO_GAIN = "a path of length 0 has no gain"
_MONO = (
    _NO_GAIN
    + "; for a transmitter that also receives the echo use --scheme mono and transmitter.receive_antennas; for "
    "antennas next to each other state the position of each"
)


def coincidences(positions: Iterable[tuple[str, tuple[float, ...], str]]) -> Iterator[Problem]:
    """A problem for every (path, position, what to show of it) at which another node stands that may not be there.

    The path states the kind of the node: `transmitter.position_m`, `target.position_llh`,
    `channel.scatterer[2].position`; every other path is a receiver's.
    """
    seen: dict[tuple[float, ...], dict[str, str]] = {}
    for path, position, written in positions:
        role = _role(path)
        others = {other: first for other, first in seen.get(position, {}).items() if not _may_share(role, other)}
        if others:
            other, first = next(iter(others.items()))
            reason = _MONO if {role, other} == {"transmitter", "receiver"} else _NO_GAIN
            yield Problem(path, written, "another position", f"{first} has the same one; {reason}")
        seen.setdefault(position, {}).setdefault(role, path)


def shared_places(scenario: Scenario) -> Iterator[str]:
    """A note on receivers with the same position: sectors of a mast, or a row that was copied."""
    together: dict[tuple[float, ...], list[str]] = {}
    for receiver in scenario.receivers:
        together.setdefault(tuple(receiver.position_m.round(6)), []).append(receiver.id)
    for ids in together.values():
        if len(ids) > 1:
            yield (
                f"{', '.join(ids)} have the same position: sectors of one mast measure the same range, and "
                "localization counts them as one receiver"
            )


def _role(path: str) -> str:
    found = _ROLE.fullmatch(path)
    return "receiver" if found is None else found[1]


def _may_share(role: str, other: str) -> bool:
    return role == other and role in ("receiver", "channel.scatterer", "target")
