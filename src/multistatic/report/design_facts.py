"""What a design is, as facts: the same in the terminal and on the page."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

import numpy as np

from multistatic.beamforming.stationarity import NEARLY_STATIONARY
from multistatic.design.clock_step import ClockStep, clock_step
from multistatic.design.instance import criterion_unit
from multistatic.design.result import Accuracy, Design
from multistatic.design.sensitivity import Sensitivity
from multistatic.design.unit_changes import UnitChanges
from multistatic.report.assumption_sentences import assumption_sentences
from multistatic.report.points_facts import (
    bounds_of_points,
    losses,
    power_over_points,
    reduced_criterion,
    rows_over_points,
    several_points,
    shares_of_targets,
)
from multistatic.report.points_in_words import minimised_in_words
from multistatic.report.text_table import Fact, unbroken
from multistatic.report.weak_words import weak_in_words
from multistatic.report.wording import criterion_words, error_apart, percent, quantity
from multistatic.scenario.model import JOINT
from multistatic.signal.pulses import pulse_moments
from multistatic.units import watt_to_dbm

DESIGN = "Design"
ACCURACY = "Accuracy"
ASSUMPTIONS = "Assumptions"
CHANGES = "What a change would bring (negative is better)"
CHECKS = "Checks"

_BOUND_OF = re.compile(r"(error bound) of \d[\d.e+-]* m(?:/s)?\b")
_LEAST_CHANGE = 1e-4
_LEAST_GAIN = 0.01  # of a bound by angles of arrival: less is not worth a number
_COST = "sum of weighted distances to the target and between the receivers"
_COST_OF_SEVERAL = "sum of weighted distances to the middle of the places of the target and between the receivers"
_MOST_EXPENSIVE = "(the most expensive receiver)"


def design_facts(design: Design, unit: UnitChanges | None = None) -> tuple[Fact, ...]:
    """Facts of a design, in groups: design, accuracy, assumptions, what a change would bring, checks.

    Names are unique, and no number is stated twice, nor one of those in `design.message`. Empty for a design without
    beams, of which the message says all. `unit`: what a whole unit more of rate and power does; without it the slopes
    tell of a tenth.

    >>> from multistatic import design_network, load_preset
    >>> facts = design_facts(design_network(load_preset("paper")))
    >>> facts[1].name, facts[1].value
    ('cooperation cost', '192.1 m, at most 200 m; sum of weighted distances to the target and between the receivers')
    """
    if design.accuracy is None:
        return ()
    groups = {
        DESIGN: _design(design, design.accuracy),
        ACCURACY: _accuracy(design, design.accuracy),
        ASSUMPTIONS: _assumptions(design),
        CHANGES: _changes(design, unit),
        CHECKS: _checks(design),
    }
    facts = [Fact(group=group, name=name, value=value) for group, rows in groups.items() for name, value in rows]
    return (*facts, *_verification(design))


def _design(design: Design, accuracy: Accuracy) -> Iterator[tuple[str, str]]:
    """The group, its beams and what they cost."""
    yield (
        ("receiver of the echo", "transmitter")
        if design.scheme == "mono"
        else ("cooperating receivers", _group(design))
    )
    if design.scheme != "mono" and design.cost_m is not None:
        limit_m = design.scenario.requirements.cooperation_cost_m
        limit = f"at most {limit_m:.4g} m" if math.isfinite(limit_m) else "no limit"
        cost = _COST_OF_SEVERAL if design.over_points is not None else _COST
        yield "cooperation cost", f"{design.cost_m:.4g} m, {limit}; {cost}"
    required = {receiver.rate_required_bps_hz for receiver in design.scenario.receivers}
    if len(required) == 1:
        rate = required.pop()
        yield "required rate", f"{rate:.4g} bit/s/Hz at every receiver" if rate else "none"
    if design.selection is not None:
        yield from _selection(design, accuracy)
    elif design.scheme == "mono":
        yield (
            "criterion minimised",
            "none, because no group is selected; the beams maximise the power towards the target",
        )
    result = design.beamforming
    if result is None:
        return
    yield "beams designed by", f"{result.method}{_below_bound(design)}"
    if design.over_points is not None:
        yield from power_over_points(design)
    elif result.illumination_w:
        yield "power towards target", f"{watt_to_dbm(result.illumination_w):.2f} dBm EIRP"
    if result.power_w is not None:
        used, limit = (quantity(each, "W") for each in (result.power_w, design.scenario.transmitter.power_w))
        yield "transmit power", f"{used}, all of it" if used == limit else f"{used} of {limit}"


def _selection(design: Design, accuracy: Accuracy) -> Iterator[tuple[str, str]]:
    """The criterion, with its value where that is no figure of the accuracy, and what is proven of the group."""
    found = design.selection
    assert found is not None
    words = f"{criterion_words(design.scenario.design.criterion)}{reduced_criterion(design)}"
    unit = criterion_unit(design)
    stated = [each for each in (accuracy.position.peb_m, accuracy.position.veb_m_s) if each is not None]
    stated_below = bool(minimised_in_words(design))
    if (
        found.value is not None
        and not stated_below
        and not any(math.isclose(found.value, each, rel_tol=1e-6) for each in stated)
    ):
        words += f" = {quantity(found.value, unit) if unit else f'{found.value:.5g}'}"
    yield "criterion minimised", words
    method = f"{JOINT}: group and beams together" if found.method == JOINT else found.method
    yield "group selected by", f"{method}{_above_bound(design)}"


def _accuracy(design: Design, accuracy: Accuracy) -> Iterator[tuple[str, str]]:
    bounds = {"position error bound": _bounds(accuracy, "peb_m", "m")}
    bounds["velocity error bound"] = _bounds(accuracy, "veb_m_s", "m/s")
    yield from bounds_of_points(design, bounds)
    if accuracy.position.reason and None in (accuracy.position.peb_m, accuracy.position.veb_m_s):
        yield "why unobservable", accuracy.position.reason
    yield from rows_over_points(design)
    if weak := weak_in_words(design):
        yield "weak echoes", weak
    if notes := _notes(accuracy):
        yield "note", " ".join(notes)
    pulse = design.scenario.radio.pulse
    if not pulse_moments(pulse).continuous:
        jumps = f"computed without the information in the jumps at both ends of the {pulse.kind} pulse"
        yield "delay bounds", f"{jumps}, which would need an infinite bandwidth"


def _notes(accuracy: Accuracy) -> list[str]:
    """What there is to say of the bounds; the number that a note repeats stands in the row of its bound already."""
    plain, with_angles = accuracy.position.note, accuracy.position_with_angles.note
    notes = [_BOUND_OF.sub(r"\1", plain)] if plain else []
    return notes + ([f"With angles of arrival: {with_angles}"] if with_angles and with_angles != plain else [])


def _assumptions(design: Design) -> Iterator[tuple[str, str]]:
    for sentence in assumption_sentences(design.scenario, one_clock=design.scheme == "mono"):
        name, _, value = sentence.partition(": ")
        yield name.lower(), value.rstrip(".")


def _changes(design: Design, unit: UnitChanges | None) -> Iterator[tuple[str, str]]:
    """What the next unit of each thing that is scarce does to the criterion, and an error of clocks to the position;
    nothing where it changes nothing.
    """
    yield from losses(design)
    yield from shares_of_targets(design)
    shown: set[str] = set()
    for what, name, value in _listed_changes(design, unit):
        shown.add(what)
        yield name, value
    if missing := [reason for what, reason in _unlisted(design, unit) if what not in shown]:
        reasons = "; ".join(missing)
        yield "not listed", f"{reasons} (hardly: by less than 0.01 %)" if "hardly" in reasons else reasons


def _listed_changes(design: Design, unit: UnitChanges | None) -> Iterator[tuple[str, str, str]]:
    """The changes that matter: clock, rate, power or cost, with name and value of the row."""
    clock = clock_step(design)
    if clock is not None and (clock.value is None or _matters(clock.change)):
        after = "position unobservable" if clock.value is None else f"position error bound {_grown(design, clock)}"
        yield "clock", "+1 ns of clock error", f"at each cooperating receiver independently: {after}"
    found, name = design.sensitivity, criterion_words(design.scenario.design.criterion)
    if found is None:
        return
    if unit is not None:
        change = "cannot be met" if unit.rate_change is None else f"{name} {percent(unit.rate_change)}"
        if unit.rate_change is None or _matters(unit.rate_change):
            yield "rate", "+1 bit/s/Hz of rate", f"at {unbroken(unit.receiver_id)} {_MOST_EXPENSIVE}: {change}"
        if _matters(unit.power_change):
            yield "power", "+1 dB of power", f"{name} {percent(unit.power_change)}"
    else:
        yield from _slopes(design, found, name)
    if found.budget is not None:
        others, change = _other_members(design, found.budget.selected), percent(found.budget.change)
        if found.budget.extra_m > 0.0 and _matters(found.budget.change):
            yield "cost", f"+{quantity(found.budget.extra_m, 'm')} of cost", f"{name} {change}, {others}"
        elif found.budget.extra_m == 0.0:
            yield "cost", "better group", f"{others} is affordable: {name} {change} with these beams"


def _slopes(design: Design, found: Sensitivity, name: str) -> Iterator[tuple[str, str, str]]:
    """What a tenth of a unit does, by the slopes."""
    if found.rate_per_bps_hz is None or found.power_per_db is None:
        return
    worst = int(np.argmax(found.rate_per_bps_hz))
    rate, power = 0.1 * float(found.rate_per_bps_hz[worst]), 0.1 * found.power_per_db
    if _matters(rate):
        where = f"at {unbroken(design.scenario.receiver_ids[worst])} {_MOST_EXPENSIVE}"
        yield "rate", "+0.1 bit/s/Hz of rate", f"{where}: {name} {percent(rate)}"
    if _matters(power):
        yield "power", "+0.1 dB of power", f"{name} {percent(power)}"


def _unlisted(design: Design, unit: UnitChanges | None) -> Iterator[tuple[str, str]]:
    """Why each change has no row, where it has none."""
    found, accuracy = design.sensitivity, design.accuracy
    if design.scheme == "mono":
        yield "clock", "clock error: only the transmitter's own clock is used"
    elif accuracy is not None and accuracy.position.peb_m is None:
        yield "clock", "clock error: the position is unobservable already"
    else:
        yield "clock", "clock error: 1 ns more hardly changes the position error bound"
    if found is None:
        why = "not computed for the mono-static scheme" if design.scheme == "mono" else "no certificate was computed"
        yield "rate", f"rate, power and cost: {why}"
        return
    if found.rate_per_bps_hz is None:
        fixed = design.scenario.propagation.clutter == "independent"
        why = "not available for these beams" if fixed else "not available where the clutter depends on the beams"
        yield "rate", f"rate and power: {why}"
    else:
        none_required = not design.scenario.rate_required_bps_hz.any()
        yield (
            "rate",
            f"rate: {'no rate is required' if none_required else 'the required rates do not limit the result'}",
        )
        yield "power", "power: 1 dB more hardly changes the result"
    if not math.isfinite(design.scenario.requirements.cooperation_cost_m):
        yield "cost", "cost: the scenario sets no limit"
    elif found.budget is not None:
        yield "cost", "cost: a higher limit hardly changes the result"
    elif design.scheme == "bi":
        yield "cost", "cost: a single receiver is selected whatever the limit"
    else:
        yield "cost", "cost: no better group was found beyond the limit"


def _checks(design: Design) -> Iterator[tuple[str, str]]:
    result = design.beamforming
    if result is None or result.stationarity is None or design.status == "optimal" or result.status == "optimal":
        return  # nothing local is worth a line of beams that are proven the best
    near = result.stationarity < NEARLY_STATIONARY
    meaning = "0 at a local optimum" if near else "the beams are no local optimum, which has 0; the worst is 1"
    yield "stationarity residual", f"{result.stationarity:.0e} ({meaning})"


def _verification(design: Design) -> Iterator[Fact]:
    check = design.verification
    if check is not None:
        verdict = "passed" if check.passed else "FAILED"
        most = f"largest relative difference {check.max_violation:.1e}"
        value = f"{verdict}: constraints and figures recomputed from the beams; {most}"
        yield Fact(group=CHECKS, name="verification", value=value, emphasis="good" if check.passed else "bad")


def _grown(design: Design, clock: ClockStep) -> str:
    """The bound with the error and how much larger it is; only the latter where three digits do not tell them apart."""
    assert design.accuracy is not None
    today, value = (quantity(each, "m") for each in (design.accuracy.position.peb_m, clock.value))
    return _growth(clock.change) if value == today else f"{value}, {_growth(clock.change)}"


def _growth(change: float | None) -> str:
    """A relative change in per cent, or as a factor where it is a large one."""
    return percent(change) if change is None or change < 9.5 else f"{1.0 + change:.0f} times as large"


def _matters(change: float | None) -> bool:
    """True for a relative change of 0.01 % or more: less is nothing that a reader would act on."""
    return change is not None and abs(change) >= _LEAST_CHANGE


def _above_bound(design: Design) -> str:
    """What is proven of a group that was selected for beams as they are: a joint search has said it of the whole."""
    found = design.selection
    if found is None or found.method == JOINT or design.status == "optimal":
        return ""
    if found.status == "optimal":
        return "; proven optimal for the designed beams"
    return (
        "" if found.excess is None else f"; at most {100 * found.excess:.2g} % above the optimum for the designed beams"
    )


def _below_bound(design: Design) -> str:
    """What is proven of the beams, where nothing is proven of group and beams together."""
    result, found = design.beamforming, design.selection
    joint = found is not None and found.method == JOINT and found.bound is not None
    if result is None or result.gap is None or joint or design.status == "optimal":
        return ""
    if result.gap < 1e-6:
        return "; proven optimal for this group"
    if several_points(design):
        return f"; proven within {100 * result.gap:.2g} % of the best beams over all points for this group"
    return f"; within {100 * result.gap:.2g} % of the largest power towards the target"


def _group(design: Design) -> str:
    return f"{_listed(design.selected_ids)} {unbroken(f'({len(design.selected_ids)} of {len(design.selected)})')}"


def _other_members(design: Design, members: tuple[str, ...]) -> str:
    """Another group by its difference from that of the design: `adding rx10, dropping rx01`."""
    added = [each for each in members if each not in design.selected_ids]
    dropped = [each for each in design.selected_ids if each not in members]
    changes = (("adding", added), ("dropping", dropped))
    return ", ".join(f"{what} {_listed(ids)}" for what, ids in changes if ids)


def _listed(ids: Sequence[str]) -> str:
    """Names with commas; none is broken at a blank of its own."""
    return ", ".join(map(unbroken, ids))


def _bounds(accuracy: Accuracy, name: str, unit: str) -> str:
    """The bound from delays and Dopplers, and with directions of arrival."""
    plain, with_angles = getattr(accuracy.position, name), getattr(accuracy.position_with_angles, name)
    if plain is None and with_angles is None:
        return "unobservable"
    if plain is None:
        return f"{quantity(with_angles, unit)} with angles of arrival; unobservable without them"
    first = quantity(plain, unit)
    if name == "peb_m" and (apart := error_apart(accuracy.position.covariance_m2)):
        first += f" ({apart})"
    if with_angles is None or with_angles > (1.0 - _LEAST_GAIN) * plain:
        return first
    return f"{first}; {quantity(with_angles, unit)} with angles of arrival"
