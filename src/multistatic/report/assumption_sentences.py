"""The assumptions behind the numbers in short sentences, the same in tables, captions and pages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from multistatic.report.target_in_words import target_in_words
from multistatic.report.wording import quantity
from multistatic.scenario.assumptions import assumptions
from multistatic.scenario.model import Receiver, Scenario, Transmitter

ELEMENTS = "Elements: isotropic."
ECHO = {
    "sum": "path loss over the whole path (sum)",
    "product": "path losses of both legs multiplied (product)",  # of another exponent or loss at 1 m than free space
    "given": "gains as the channels give them",
}
_RADAR = "radar equation (product)"


def assumptions_in_words(scenario: Scenario, *, one_clock: bool = False) -> str:
    """All of them: `Clocks: perfect. Target: designed for exactly this position and velocity. Elements: isotropic…`"""
    return " ".join(assumption_sentences(scenario, one_clock=one_clock))


def assumption_sentences(scenario: Scenario, *, one_clock: bool = False) -> list[str]:
    """`assumptions_in_words`, each on its own."""
    return [
        clocks_in_words(scenario, one_clock=one_clock),
        target_in_words(scenario),
        ELEMENTS,
        echo_in_words(scenario, one_clock=one_clock),
    ]


def clocks_in_words(scenario: Scenario, *, one_clock: bool = False) -> str:
    """How well clocks and oscillators are synchronised: `Clocks: perfect.`, or one standard deviation of what they are
    off by: `Clocks: receivers' time ± 1 ns and frequency ± 0.1 Hz, transmitter's time unknown.`
    """
    if assumptions(scenario, one_clock=one_clock).clocks == "perfect":
        return "Clocks: perfect."
    parts = [("receivers'", _offsets(scenario.receivers)), ("transmitter's", _offsets([scenario.transmitter]))]
    if parts[0][1] == parts[1][1]:
        return f"Clocks: {parts[0][1]}, at receivers and transmitter alike."
    return f"Clocks: {', '.join(f'{whose} {offsets}' for whose, offsets in parts if offsets)}."


def echo_in_words(scenario: Scenario, *, one_clock: bool = False) -> str:
    """The law by which echoes lose power."""
    propagation = scenario.propagation
    if assumptions(scenario, one_clock=one_clock).echo_law == "given":
        return f"Echo: {ECHO['given']}."
    radar = propagation.is_radar_equation(scenario.radio.wavelength_m) and propagation.path_loss_exponent == 2.0
    return f"Echo: {_RADAR if radar else ECHO[propagation.echo_law]}."


def _offsets(clocks: Sequence[Receiver | Transmitter]) -> str:
    """`time ± 1 ns and frequency ± 0.1 Hz`, a range where they differ; empty where they are perfect."""
    time = _deviations("time", [clock.clock_offset_std_s for clock in clocks], "s")
    frequency = _deviations("frequency", [clock.frequency_offset_std_hz for clock in clocks], "Hz")
    return " and ".join(part for part in (time, frequency) if part)


def _deviations(name: str, values: Sequence[float], unit: str) -> str:
    low, high = min(values), max(values)
    if high == 0.0:
        return ""
    if np.isinf(low):
        return f"{name} unknown"
    if np.isinf(high):
        unknown = int(np.sum(np.isinf(values)))
        known = max(value for value in values if np.isfinite(value))
        rest = f"± {quantity(known, unit)} at most" if known > 0 else "perfect"
        return f"{name} unknown at {unknown} of {len(values)}, else {rest}"
    spread = quantity(high, unit) if low == high else f"{quantity(low, unit)} to {quantity(high, unit)}"
    return f"{name} ± {spread}"
