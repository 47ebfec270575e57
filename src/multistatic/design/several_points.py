"""What is not offered where a design looks at several points, refused by name."""

from __future__ import annotations

from multistatic.errors import InputError, Problem
from multistatic.scenario.model import Scenario


def check_several_points(scenario: Scenario, points: int, scheme: str = "multi") -> None:
    """Raise `InputError` with everything that is for one point only, where there are several `points`."""
    if points == 1:
        return
    problems = []
    if scenario.design.certificate == "tight":
        problems.append(
            Problem(
                "design.certificate",
                f"tight, with {points} points where the target may be",
                "standard: the tight certificate is for one point",
            )
        )
    if scheme == "mono":
        problems.append(
            Problem(
                "scheme",
                f"mono, with {points} points where the target may be",
                "multi or bi: the beams of the mono-static scheme are for one point",
            )
        )
    if problems:
        raise InputError(problems)
