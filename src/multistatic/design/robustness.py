"""What happens to a design that stays as it is where something is not as it was designed for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverFailure:
    """What the failure of one receiver of the group does to the criterion, with the same beams.

    receiver: id of the receiver whose failure is worst.
    change: relative change of the criterion, positive is worse; None where the target is unobservable without it.
    unobservable: True where it is.

    >>> ReceiverFailure(receiver="rx01", change=0.5, unobservable=False).change
    0.5
    """

    receiver: str
    change: float | None
    unobservable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetOffset:
    """What a target that is off does to the criterion, with the same group and beams.

    distance_m: distance of the target from where the design has it, in m.
    worst_change: relative change of the criterion in the worst direction, positive is worse; None where the target is
      unobservable there.

    >>> TargetOffset(distance_m=3.0, worst_change=1.5).worst_change
    1.5
    """

    distance_m: float
    worst_change: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Robustness:
    """What a design that stays as it is loses where one receiver fails, or where the target is off.

    one_fails: the worst failure of one receiver of the group; None in the mono-static scheme.
    target_off: one entry for each of the distances 1, 3, 10 and 30 m, the worst of the directions and of the points.

    >>> from multistatic import design_network, load_preset
    >>> design = design_network(load_preset("paper"))
    >>> [each.distance_m for each in design.robustness.target_off]
    [1.0, 3.0, 10.0, 30.0]
    """

    one_fails: ReceiverFailure | None
    target_off: tuple[TargetOffset, ...]
