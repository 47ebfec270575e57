"""What to optimise, and with which algorithms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from multistatic.scenario.checks import Checks

JOINT = "joint"
"""Stands in the place of a selector's name: choose group and beams together."""
Choice = str | Callable[..., Any]
"""A registered name, or a callable in its place."""
OverPoints = Literal["worst", "mean", "mean_square", "posterior"]
"""How the values of a criterion at the points where a target may be become one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignSettings:
    """Criterion and algorithms of a design.

    criterion: registered name of the criterion, or a callable.
    velocity_weight_s: weight T in s of the criterion `weighted`, sqrt(PEB² + (T·VEB)²).
    selector: registered name of the selector, or a callable; `joint`: choose group and beams together.
    beamformer: registered name of the beamformer, or a callable.
    streams: largest number L of data streams for a receiver.
    receivers: number of cooperating receivers; None: as many as improve the criterion.
    given [n]: ids of the group that the selector `given` returns.
    dimensions: number of unknown coordinates of the target, 2 or 3; None: 2 if everything lies in one horizontal plane,
        else 3.
    alternate: True: with a selector, repeat selection and beamforming until nothing changes.
    certificate: bound on the beams: `standard`, or `tight`, which depends on the selected receivers and takes seconds.
    options: settings objects of algorithms, at most one of a class; they apply wherever their algorithm is used.
    over_points: how the values at the points where targets may be become one: `worst`, the weighted `mean`,
        `mean_square`, the root of the weighted mean of squares, or `posterior`, the same with prior information; None:
        `posterior` where a target has a prior, else `worst`.
    """

    criterion: Choice = "surrogate"
    velocity_weight_s: float = 1.0
    selector: Choice = JOINT
    beamformer: Choice = "value_function"
    streams: int = 2
    receivers: int | None = None
    given: tuple[str, ...] = ()
    dimensions: Literal[2, 3] | None = None
    alternate: bool = False
    certificate: Literal["standard", "tight"] = "standard"
    options: tuple[object, ...] = ()
    over_points: OverPoints | None = None

    def __post_init__(self) -> None:
        checks = Checks("design")
        for name in ("criterion", "selector", "beamformer"):
            if not callable(getattr(self, name)):
                checks.text(name, getattr(self, name))
        checks.settings("options", self.options)
        checks.number("velocity_weight_s", self.velocity_weight_s, "a time in s, 0 or more", least=0.0)
        checks.whole("streams", self.streams, "a whole number from 1 to 64", least=1, most=64)
        if self.receivers is not None:
            checks.whole("receivers", self.receivers, "a whole number, 1 or more, or None", least=1, most=10**6)
        object.__setattr__(self, "given", checks.several("given", self.given, str))
        checks.one_of("dimensions", self.dimensions, (None, 2, 3))
        checks.kind("alternate", self.alternate, bool)
        checks.one_of("certificate", self.certificate, ("standard", "tight"))
        checks.one_of("over_points", self.over_points, (None, *get_args(OverPoints)))
        checks.done(self)
