"""What `check` says of the points where a design looks."""

from __future__ import annotations

from collections.abc import Iterator

from multistatic.scenario.model import Scenario


def point_notes(scenario: Scenario) -> Iterator[str]:
    """Sentences on points that were left out."""
    yield from scenario.points().left_out
