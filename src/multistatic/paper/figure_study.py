"""The studies of the paper's figures, which come with the package."""

from __future__ import annotations

from importlib import resources

from multistatic.errors import InputError, Problem, did_you_mean
from multistatic.files.study_file import load_study
from multistatic.study.plan import Study

# The fewest trials for which the median has an interval of 95 %: all of them lie on one side with probability 2/2⁶.
QUICK_TRIALS = 6


def figure_names() -> tuple[str, ...]:
    """Names of the figures that have a study, sorted."""
    folder = resources.files("multistatic.paper").joinpath("figures")
    return tuple(sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")))


def load_figure(name: str, trials: int | None = None) -> Study:
    """The study of a figure, with `trials` at every point in place of its own number.

    Raises `InputError` where there is none of this name.

    >>> load_figure("fig2", trials=6).shape
    (6,)
    """
    known = figure_names()
    if name not in known:
        expected = "one of " + ", ".join(known)
        raise InputError([Problem("figure", repr(name[:64]), expected, did_you_mean(name, known))])
    overrides = [] if trials is None else [f"trials={trials}"]
    with resources.as_file(resources.files("multistatic.paper").joinpath("figures", f"{name}.toml")) as path:
        return load_study(path, overrides)
