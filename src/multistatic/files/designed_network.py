"""A stored design as the values that the stages take: what `simulate`, and every other later command, starts from."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from multistatic.channel.channel import Channel
from multistatic.errors import InputError, Problem
from multistatic.files.design_files import DOCUMENT, SCENARIO
from multistatic.files.scenario_file import load_scenario
from multistatic.files.stored_design import read_design
from multistatic.scenario.given_channel import GivenChannel
from multistatic.scenario.model import Scenario
from multistatic.scenario.parse_scenario import OnNote
from multistatic.signal.beams import Beams


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignedNetwork:
    """The scenario of a verified design, its channel, its beams and its cooperating receivers."""

    scenario: Scenario
    channel: Channel
    beams: Beams
    selected_ids: tuple[str, ...]
    scenario_sha256: str


def read_designed_network(folder: str | os.PathLike[str], *, on_note: OnNote | None = None) -> DesignedNetwork:
    """Read `scenario.toml`, `design.json` and `design.npz` of a folder that `design --out` wrote.

    `on_note` as for `load_scenario`. Raises `InputError` where one of them cannot be read, they do not belong
    together, the design has no verified beams, or it is mono-static, so that no receiver receives the echo.
    """
    stored, path = read_design(folder), Path(folder) / SCENARIO
    scenario = load_scenario(path, on_note=on_note)
    problems = []
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    provenance = stored.document.get("provenance")
    designed = provenance.get("scenario_sha256") if isinstance(provenance, dict) else None
    if designed != sha256:
        hint = "design the scenario again (multistatic design scenario.toml --out DIR)"
        problems.append(Problem(str(path), "another scenario than that of the design", f"SHA-256 {designed}", hint))
    given = scenario.propagation.direct
    channel_sha256 = provenance.get("channel_sha256") if isinstance(provenance, dict) else None
    if isinstance(given, GivenChannel) and channel_sha256 not in (None, given.sha256):
        hint = "design the scenario again (multistatic design scenario.toml --out DIR)"
        received = "other channels than those of the design"
        problems.append(Problem(str(Path(folder) / given.path), received, f"SHA-256 {channel_sha256}", hint))
    if stored.document.get("scheme") == "mono":
        hint = "multistatic design FILE --scheme multi"
        problems.append(
            Problem(f"{Path(folder) / DOCUMENT}:scheme", "'mono'", "a design in which receivers receive the echo", hint)
        )
    arrays = stored.arrays
    if not arrays:
        received = f"status {stored.document.get('status')!r}"
        problems.append(Problem(str(Path(folder) / DOCUMENT), received, "a verified design with beams"))
    elif tuple(arrays["receiver_ids"].tolist()) != scenario.receiver_ids:
        problems.append(Problem(f"{folder}:receiver_ids", "other receivers", f"{list(scenario.receiver_ids)}"[:200]))
    if problems:
        raise InputError(problems, source=str(folder))
    channel = Channel(
        direct=arrays["direct"],
        steering_tx=arrays["steering_tx"],
        steering_rx=arrays["steering_rx"],
        echo_gain=arrays["echo_gain"],
        echo_path_gain=arrays["echo_path_gain"],
        noise_power_w=float(arrays["noise_power_w"]),
        clutter_power_w=float(arrays["clutter_power_w"]),
        clutter=arrays["clutter"],
    )
    selected = tuple(name for name, chosen in zip(scenario.receiver_ids, arrays["selected"], strict=True) if chosen)
    return DesignedNetwork(
        scenario=scenario,
        channel=channel,
        beams=Beams(weights=arrays["beams"]),
        selected_ids=selected,
        scenario_sha256=sha256,
    )
