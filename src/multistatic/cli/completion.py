"""What the shell completes behind options and arguments: presets, scenario files, algorithms, words of fixed lists.

Commands and options are completed by Typer. Where nothing is completed here, the shell completes names of files.
"""

from __future__ import annotations

import copy
import io
import os
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import typer
from typer.models import ParameterInfo

from multistatic import registry

_Command = TypeVar("_Command", bound=Callable[..., Any] | None)
Hook = Callable[[str], list[str]]

_CHOICES = {  # keys of a scenario whose values are names → the group of the registry
    "channel.direct": "channel_models",
    "design.beamformer": "beamformers",
    "design.criterion": "criteria",
    "design.selector": "selectors",
    "radio.pulse": "pulses",
}
_BASH = "complete_bash"
_VARIABLE = "_MULTISTATIC_COMPLETE"


def with_completion(command: _Command) -> _Command:
    """The command, with the hooks of `HOOKS` at its parameters of these names."""
    hints = get_type_hints(command, include_extras=True)
    for name, hook in HOOKS.items():
        others = OTHER_MEANING.get(getattr(command, "__name__", ""), {})
        if name in others and others[name] is None:
            continue
        hint = hints.get(name)
        if get_origin(hint) is Annotated:
            kind, info = get_args(hint)[:2]
            if isinstance(info, ParameterInfo):
                info = copy.copy(info)
                info.autocompletion = others.get(name) or hook
                hints[name] = Annotated[kind, info]
    command.__annotations__ = hints
    return command


def complete_preset(incomplete: str) -> list[str]:
    """Presets."""
    from multistatic.scenario.preset import preset_names

    return _beginning(preset_names(), incomplete)


def complete_scenario(incomplete: str) -> list[str]:
    """Presets, with scenario files and folders here; nothing where no preset fits, for the shell's own completion."""
    presets = complete_preset(incomplete)
    if not presets:
        return []
    here = [f"{each.name}/" if each.is_dir() else each.name for each in sorted(Path().iterdir())]
    return presets + _beginning((name for name in here if name.endswith((".toml", "/"))), incomplete)


def complete_selector(incomplete: str) -> list[str]:
    """Selectors, and the joint design; behind commas too."""
    return _listed([*registry.names("designs"), *registry.names("selectors")], incomplete)


def complete_beamformer(incomplete: str) -> list[str]:
    """Beamformers, behind commas too."""
    return _listed(registry.names("beamformers"), incomplete)


def complete_estimator(incomplete: str) -> list[str]:
    """Estimators."""
    return _beginning(registry.names("estimators"), incomplete)


def complete_setting(incomplete: str) -> list[str]:
    """KEY=NAME for the keys of a scenario whose values are names: selector, beamformer, criterion, pulse, channel."""
    names = {key: registry.names(group) for key, group in _CHOICES.items()}
    names["design.selector"] = (*registry.names("designs"), *names["design.selector"])
    return _beginning((f"{key}={name}" for key, values in names.items() for name in values), incomplete)


def complete_study_setting(incomplete: str) -> list[str]:
    """KEY=VALUE of a study file: how sweeps combine, its scenario, and the keys of the scenario below `set`."""
    from multistatic.scenario.preset import preset_names

    keys = [f"set.{each}" for each in complete_setting("")]
    scenarios = [f"scenario={name}" for name in preset_names()]
    return _beginning(["combine=grid", "combine=zip", *scenarios, *keys], incomplete)


def complete_metric(incomplete: str) -> list[str]:
    """Metrics."""
    from multistatic.study.metrics import metric_names

    return _beginning(metric_names(), incomplete)


def complete_symbols(incomplete: str) -> list[str]:
    """Kinds of symbols."""
    from multistatic.signal.symbols import SYMBOL_KINDS

    return _beginning(SYMBOL_KINDS, incomplete)


def _words(*words: str) -> Hook:
    def complete(incomplete: str) -> list[str]:
        return _beginning(words, incomplete)

    return complete


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _listed(names: Sequence[str], incomplete: str) -> list[str]:
    """The last name of a list with commas."""
    before, comma, last = incomplete.rpartition(",")
    taken = before.split(",") if comma else []
    return [f"{before}{comma}{name}" for name in _beginning(names, last) if name not in taken]


HOOKS: dict[str, Hook] = {
    "beamformer": complete_beamformer,
    "beamformers": complete_beamformer,
    "certificate": _words("standard", "tight"),
    "estimator": complete_estimator,
    "file": complete_scenario,
    "format_": _words("nc", "csv", "mat"),
    "known": _words("all", "s0"),
    "metric": complete_metric,
    "preset": complete_preset,
    "scenario": complete_scenario,
    "scheme": _words("multi", "bi", "mono"),
    "selector": complete_selector,
    "selectors": complete_selector,
    "set_": complete_setting,
    "style": _words("screen", "column", "double-column"),
    "symbols": complete_symbols,
    "waveform": _words("single-carrier", "ofdm"),
}
"""Name of a parameter → what completes it, in every command that has it."""


OTHER_MEANING: dict[str, dict[str, Hook | None]] = {"study_command": {"file": None, "set_": complete_study_setting}}
"""Parameters of a command that only share their name with those of `HOOKS`, a study file and its keys; None: names of
files.
"""


def run_app(app: Callable[[], None]) -> None:
    """Run the command line, or complete for the shell: bash takes KEY=NAME apart, and replaces NAME alone."""
    prefix = _join_words_of_bash()
    if not prefix:
        app()
        return
    answer = io.StringIO()
    with redirect_stdout(answer), suppress(SystemExit):
        app()
    for line in answer.getvalue().splitlines():
        typer.echo(line.removeprefix(prefix))


def _join_words_of_bash() -> str:
    """In the variables of a completion by bash, put KEY, = and NAME together again; the answer is `KEY=`, which bash
    keeps on the line, and empty where nothing was joined.
    """
    if os.environ.get(_VARIABLE) != _BASH:
        return ""
    words, number = re.split(r"[ \n]", os.environ.get("COMP_WORDS", "")), int(os.environ.get("COMP_CWORD", "0"))
    if len(words) <= number:
        words += [""] * (number + 1 - len(words))
    begin = number if words[number] == "=" else number - 1
    if begin < 2 or words[begin] != "=" or not ("." in words[begin - 1] or words[begin - 2] == "--set"):
        return ""
    prefix, rest = f"{words[begin - 1]}=", words[number] if begin < number else ""
    os.environ["COMP_WORDS"] = " ".join([*words[: begin - 1], prefix + rest])
    os.environ["COMP_CWORD"] = str(begin - 1)
    return prefix
