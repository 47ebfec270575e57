"""How echoes are searched in recordings: the settings of `estimate`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from multistatic.errors import InputError, Problem
from multistatic.estimation.each_trial import Estimator
from multistatic.scenario.checks import as_python, real_array
from multistatic.units import SPEED_OF_LIGHT_M_S, F, read_only

Known = Literal["all", "s0"]
ESTIMATOR = "maximum_likelihood"
_OPTIONAL = ("longest_range_m", "carrier_hz")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EstimateSettings:
    """How `estimate` searches for echoes.

    estimator: name of a registered estimator, or a function (recording, reference, search) → `Estimates`.
    known: `all` if the reference is the whole transmitted signal; `s0` if it is the part of the sensing beam. The data
        streams then act as additional noise, whose power is measured.
    speed_limit_m_s: largest speed of the target in m/s, which limits the searched Doppler shifts.
    longest_range_m: longest searched path transmitter - target - receiver in m; None: the longest path whose echo lies
        in the recording completely.
    carrier_hz: carrier frequency in Hz; None: that of the scenario, which is then necessary.
    towards_m [2 or 3]: approximate position of the target in m, towards which the receive arrays are steered; None: the
        powers of the antennas are added.
    directions: True: also estimate the direction of arrival with the receive arrays of the scenario.
    false_alarm_rate: probability that a search in noise alone reports a detection.

    Raises `InputError` with every value that is out of range.

    >>> EstimateSettings(speed_limit_m_s=30.0).estimator
    'maximum_likelihood'
    """

    estimator: str | Estimator = ESTIMATOR
    known: Known = "all"
    speed_limit_m_s: float = 100.0
    longest_range_m: float | None = None
    carrier_hz: float | None = None
    towards_m: F | None = None
    directions: bool = False
    false_alarm_rate: float = 1e-3

    def __post_init__(self) -> None:
        if problems := _problems(self):
            raise InputError(problems, source="estimate")
        if self.towards_m is not None:
            object.__setattr__(self, "towards_m", read_only(self.towards_m))


def _problems(settings: EstimateSettings) -> list[Problem]:
    """Every value of the settings that is out of range."""
    problems = []
    estimator: object = settings.estimator
    if not (isinstance(estimator, str) or callable(estimator)):
        problems.append(Problem("estimator", as_python(settings.estimator), "the name of an estimator, or a function"))
    if settings.known not in get_args(Known):
        problems.append(Problem("known", as_python(settings.known), "one of " + ", ".join(get_args(Known))))
    for name, above, below, expected in (
        ("speed_limit_m_s", -math.ulp(0.0), SPEED_OF_LIGHT_M_S, "a speed in m/s from 0, below that of light"),
        ("longest_range_m", 0.0, math.inf, "a range in m above 0"),
        ("carrier_hz", 0.0, math.inf, "a carrier in Hz above 0"),
        ("false_alarm_rate", 0.0, 1.0, "a probability above 0 and below 1"),
    ):
        value = getattr(settings, name)
        if value is None and name in _OPTIONAL:
            continue
        number = real_array(value)
        if not (number.shape == () and above < number < below):
            problems.append(Problem(name, f"{number:g}" if number.shape == () else as_python(value), expected))
    directions: object = settings.directions
    if not isinstance(directions, bool | np.bool_):
        problems.append(Problem("directions", as_python(directions), "True or False"))
    if settings.towards_m is not None:
        point = real_array(settings.towards_m)
        if point.shape not in ((2,), (3,)) or not np.isfinite(point).all():
            problems.append(
                Problem(
                    "towards_m", as_python(point.tolist() or settings.towards_m), "two or three coordinates in metres"
                )
            )
        if settings.directions:
            expected = "only one of the two: towards_m already states the direction"
            problems.append(Problem("directions", "directions and towards_m", expected))
    return problems
