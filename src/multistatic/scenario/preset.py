"""The scenarios that come with the package."""

from __future__ import annotations

import difflib
from importlib import resources

from multistatic.errors import InputError, Problem


def preset_names() -> tuple[str, ...]:
    """Names of the presets, sorted."""
    folder = resources.files("multistatic.scenario").joinpath("presets")
    return tuple(sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")))


def preset_text(name: str) -> str:
    """The commented TOML text of a preset; `InputError` names the nearest one where there is none of this name."""
    known = preset_names()
    if name not in known:
        near = difflib.get_close_matches(name[:64], known, n=1)
        hint = f"did you mean {near[0]}?" if near else ""
        raise InputError([Problem("preset", repr(name[:64]), "one of " + ", ".join(known), hint)])
    return resources.files("multistatic.scenario").joinpath("presets", f"{name}.toml").read_text("utf-8")
