"""The scenarios that come with the package."""

from __future__ import annotations

from importlib import resources

from multistatic.errors import InputError, Problem, did_you_mean


def preset_names() -> tuple[str, ...]:
    """Names of the presets, sorted."""
    folder = resources.files("multistatic.scenario").joinpath("presets")
    return tuple(sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")))


def preset_text(name: str) -> str:
    """The commented TOML text of a preset; `InputError` names the nearest one where there is none of this name."""
    known = preset_names()
    if name not in known:
        expected = "one of " + ", ".join(known)
        raise InputError([Problem("preset", repr(name[:64]), expected, did_you_mean(name, known))])
    return resources.files("multistatic.scenario").joinpath("presets", f"{name}.toml").read_text("utf-8")
