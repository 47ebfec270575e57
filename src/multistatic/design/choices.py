"""Algorithms and channels as values: put into the scenario that is designed, where everything after it finds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from multistatic import registry
from multistatic.channel.channel import Channel
from multistatic.channel.realise import as_given, realise
from multistatic.errors import InputError, Problem
from multistatic.scenario.algorithm_settings import GROUPS, algorithm_name, settings_problems
from multistatic.scenario.checks import as_python
from multistatic.scenario.given_channel import GivenChannel
from multistatic.scenario.model import DesignSettings, Scenario
from multistatic.units import C

_GROUPS = {"selector": "selectors", "beamformer": "beamformers", "criterion": "criteria"}
# What a channel holds that no scenario takes from outside, and what of the scenario makes it.
_OF_SCENARIO = {
    "steering_rx": "receive arrays",
    "echo_path_gain": "path loss",
    "clutter": "scatterers and leakage of these direct channels",
}
# A model's name or a callable, a channel file's path, or the channels themselves.
GivenDirect = str | Callable[..., Any] | Channel | GivenChannel | C


def with_choices(
    scenario: Scenario,
    *,
    selector: Any = None,
    beamformer: Any = None,
    criterion: Any = None,
    channel: GivenDirect | None = None,
    certificate: bool | str = True,
) -> Scenario:
    """The scenario with these algorithms and channels in the place of its own; None leaves what it has, and so does a
    `certificate` without a name.

    Raises `InputError` with every value that is none of a name, a callable and a settings object, with every setting
    out of its range, and with everything in which channels do not fit.
    """
    design = design_with(scenario.design, selector=selector, beamformer=beamformer, criterion=criterion)
    if not isinstance(certificate, bool):
        named: Any = certificate
        design = replace(design, certificate=named)
    scenario = scenario if design is scenario.design else replace(scenario, design=design)
    return scenario if channel is None else _with_channel(scenario, channel)


def design_with(design: DesignSettings, **algorithms: Any) -> DesignSettings:
    """The settings with these algorithms by the keys `selector`, `beamformer`, `criterion`; as in `with_choices`."""
    problems: list[Problem] = []
    for key, value in algorithms.items():
        if value is not None:
            design = _with_choice(design, key, value, problems)
    if problems:
        raise InputError(problems)
    return design


def label_of(choice: Any) -> str:
    """What a table calls a method: its name, with the settings that are not the usual ones."""
    if not _is_settings(choice):
        return registry.name_of(choice)
    usual = type(choice)()
    stated = [
        f"{each.name}={getattr(choice, each.name)!r}"
        for each in fields(choice)
        if getattr(choice, each.name) != getattr(usual, each.name) and not callable(getattr(choice, each.name))
    ]
    return f"{algorithm_name(choice)}({', '.join(stated)})" if stated else algorithm_name(choice)


def _with_choice(design: DesignSettings, key: str, value: Any, problems: list[Problem]) -> DesignSettings:
    """The design's settings with one algorithm exchanged; what is wrong with it is noted."""
    group, options, function = _GROUPS[key], design.options, value
    if _is_settings(value):
        found = [Problem(f"{key}.{each.path}", each.received, each.expected) for each in settings_problems(value)]
        problems += found
        options = (*(each for each in options if type(each) is not type(value)), value)
        function = type(value).algorithm
    if isinstance(function, str):
        problems += _unknown(group, function, key)
        named: Any = {key: function}
        return replace(design, **named, options=options) if not problems else design
    if not callable(function) or isinstance(function, type):
        expected = f"the name of a {key}, a callable, or a settings object"
        problems.append(Problem(key, as_python(value)[:60], expected))
        return design
    own = [group, "designs"] if key == "selector" else [group]
    names = {name: other for other in GROUPS if (name := registry.registered_as(other, function)) is not None}
    here = next((name for name, other in names.items() if other in own), None)
    if names and here is None:
        name, other = next(iter(names.items()))
        problems.append(Problem(key, f"{name}, registered in the group {other.replace('_', ' ')}", f"a {key}"))
        return design
    chosen: Any = {key: here or function}
    return replace(design, **chosen, options=options)


def _unknown(group: str, name: str, key: str) -> list[Problem]:
    """A name that no package registered, or more than one."""
    if group == "selectors" and name in registry.names("designs"):
        return []
    try:
        registry.origin(group, name)
    except InputError as error:
        return [Problem(key, each.received, each.expected, each.hint) for each in error.problems]
    return []


def _is_settings(value: Any) -> bool:
    return is_dataclass(value) and not isinstance(value, type) and hasattr(type(value), "algorithm")


def _with_channel(scenario: Scenario, channel: GivenDirect) -> Scenario:
    """The scenario with other direct channels; those of a `Channel` with its echo and its steering vectors, too."""
    direct: Any = channel
    if isinstance(channel, Channel):
        return _with_realised(scenario, channel)
    if hasattr(channel, "__fspath__") or _is_file(channel):
        direct = registry.load("readers", "channel")(channel)
    elif isinstance(channel, str):
        problems = _unknown("channel_models", channel, "channel")
        if problems:
            raise InputError(problems)
    elif not callable(channel) and not isinstance(channel, GivenChannel):
        direct = GivenChannel(direct=channel)
    return replace(scenario, propagation=replace(scenario.propagation, direct=direct))


def _is_file(channel: object) -> bool:
    """A text that no channel model is registered by, and that looks like a path: it has an ending."""
    return isinstance(channel, str) and "." in channel and channel not in registry.names("channel_models")


def _with_realised(scenario: Scenario, channel: Channel) -> Scenario:
    """The scenario with the direct channels and the echo of `channel`; what else a channel holds is always the
    scenario's, and refused where it says otherwise.
    """
    problems = []
    if channel.direct.shape[0] != len(scenario.receivers):
        expected = f"the {len(scenario.receivers)} receivers of the scenario"
        problems.append(Problem("channel.direct", f"{channel.direct.shape[0]} receivers", expected))
    noise_w = scenario.propagation.noise_power_w
    if channel.noise_power_w != noise_w:
        received, expected = f"{channel.noise_power_w:.6g} W", f"the noise power of the scenario, {noise_w:.6g} W"
        problems.append(Problem("channel.noise_power_w", received, expected))
    if problems:
        raise InputError(problems)
    given: Any = as_given(scenario, channel)
    made = replace(scenario, propagation=replace(scenario.propagation, direct=given))
    own = realise(made)
    if channel.clutter_power_w != own.clutter_power_w:
        received, expected = (
            f"{channel.clutter_power_w:.6g} W",
            f"the clutter power of the scenario, {own.clutter_power_w:.6g} W",
        )
        problems.append(Problem("channel.clutter_power_w", received, expected))
    said = {name: getattr(channel, name) for name in _OF_SCENARIO}
    if np.array_equal(channel.echo_path_gain, channel.echo_gain):
        said.pop("echo_path_gain")  # as a channel has it that does not state it
    for name, values in said.items():
        if not np.array_equal(values, getattr(own, name)):
            whose = _OF_SCENARIO[name]
            problems.append(
                Problem(
                    f"channel.{name}", "values that differ from the scenario", f"the values of the scenario's {whose}"
                )
            )
    if problems:
        raise InputError(problems)
    return made
