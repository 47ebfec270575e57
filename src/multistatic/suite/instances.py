"""The frozen instances of the suite: read, and checked against their fingerprints.

An instance is a scenario file with every place explicit. The scattered part of its channel comes from its seed; the
manifest has the total power gain of the realisation, so that a NumPy that draws other numbers is noticed.
Instances never change within a version.
"""

from __future__ import annotations

import hashlib
import io
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import resources
from typing import Any

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.design.group_beams import limits_w, objective_at
from multistatic.design.instance import Instance, instance_of
from multistatic.errors import InputError, Problem
from multistatic.scenario.model import Scenario
from multistatic.scenario.parse_scenario import parse_scenario
from multistatic.scenario.target_points import TargetPoints
from multistatic.selection.selection_problem import SelectionProblem
from multistatic.signal.beams import Beams

VERSIONS = (1, 2)
"""Suite 1: one target, exactly known. Suite 2: several targets, priors and areas."""
VERSION = VERSIONS[-1]
MANIFEST, BEST_KNOWN, BEST_BEAMS, POINTS = "manifest.toml", "best_known.json", "best_beams.npz", "points.npz"
SAME_CHANNEL = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class SuiteInstance:
    """One frozen instance: its scenario, the ids of `forced` receivers, and the `group` that beams are designed for.

    `families`: what it stands for. `quick`: small, so that every method takes seconds at most. An empty group: the
    instance is for selection only. `version`: the suite it belongs to. `points`: the frozen points where its targets
    may be, so that another way to lay points changes nothing; None: those of the scenario, one target at one place.
    """

    name: str
    title: str
    families: tuple[str, ...]
    quick: bool
    scenario: Scenario
    forced: tuple[str, ...] = ()
    version: int = 1
    points: TargetPoints | None = None

    @property
    def group(self) -> tuple[str, ...]:
        """Ids of the receivers that the beams are designed for."""
        return self.scenario.design.given

    @cached_property
    def realisation(self) -> Instance:
        """The scenario with its channel."""
        return instance_of(self.scenario, points=self.points)

    def direct_gain(self) -> float:
        """Σ_k ‖H_k‖² of the realisation."""
        return float(np.sum(np.abs(self.realisation.channel.direct) ** 2))

    def selection_problem(self, criterion: str) -> SelectionProblem:
        """The best group under a registered criterion, with all power on the target, or on each of its points.

        Values of a criterion scale with the illumination and `forced` is written down, so the problem depends on no
        beamformer: better beams cannot change it.
        """
        settings = replace(self.scenario.design, criterion=criterion, given=())
        posed = replace(self.realisation, scenario=replace(self.scenario, design=settings))
        steering = posed.channel.steering_tx[0]
        weights = np.zeros((1 + posed.size, steering.size, 1), complex)
        weights[0, :, 0] = steering.conj() * np.sqrt(self.scenario.transmitter.power_w) / np.linalg.norm(steering)
        problem = posed.selection_problem(Beams(weights=weights))
        if self.points is not None:  # no beams send all power to every point: each is taken as if it were alone
            each_w = np.sum(np.abs(posed.channel.steering_tx) ** 2, axis=1) * self.scenario.transmitter.power_w
            problem = replace(problem, illumination_w=each_w)
        return replace(problem, forced=self.scenario.mask(self.forced))

    def beamforming_problem(self) -> BeamformingProblem:
        """The best beams for `group`. Of several points what counts is the loss of the group's criterion, near half of
        the illumination that each point could have alone where the criterion is no power of it.
        """
        selected = self.scenario.mask(self.group)
        objective = None
        if self.points is not None:
            objective = objective_at(self.realisation, selected, 0.5 * limits_w(self.realisation))
        return self.realisation.beamforming_problem(selected, objective)


def load_suite(version: int = VERSION, *, quick: bool = False) -> tuple[SuiteInstance, ...]:
    """The instances of a version in the order of the manifest; `quick`: the small ones.

    Raises `InputError` where there is no such version or a file is not the frozen one.
    """
    if version not in VERSIONS:
        raise InputError([Problem("suite", repr(version), f"one of the versions {', '.join(map(str, VERSIONS))}")])
    entries = [entry for entry in manifest_entries(version) if entry["quick"] or not quick]
    problems = [problem for entry in entries for problem in _changed(version, entry)]
    if problems:
        raise InputError(problems, source=f"benchmark suite {version}")
    return tuple(_instance(version, entry) for entry in entries)


def check_channels(instances: tuple[SuiteInstance, ...], version: int = VERSION) -> None:
    """Raise `InputError` where a realised channel is not the one that the best-known values belong to."""
    gains = {entry["name"]: entry["direct_gain"] for entry in manifest_entries(version)}
    problems = [
        Problem(
            f"channel of {each.name}",
            f"Σ‖H‖² = {each.direct_gain():.12g}",
            f"{gains[each.name]:.12g}",
            "this version of NumPy draws other random numbers: results would not be comparable",
        )
        for each in instances
        if not abs(each.direct_gain() / gains[each.name] - 1.0) <= SAME_CHANNEL
    ]
    if problems:
        raise InputError(problems, source=f"benchmark suite {version}")


def manifest_entries(version: int = VERSION) -> list[dict[str, Any]]:
    """What the manifest says of each instance."""
    entries: list[dict[str, Any]] = tomllib.loads(read_bytes(version, MANIFEST).decode())["instance"]
    return entries


def fingerprint(text: bytes) -> str:
    """SHA-256 of a text file with the line ends of any system."""
    return hashlib.sha256(text.replace(b"\r\n", b"\n")).hexdigest()


def read_bytes(version: int, name: str) -> bytes:
    """A file of the suite's folder."""
    return resources.files("multistatic.suite").joinpath(f"v{version}", name).read_bytes()


def read_best_known(version: int = VERSION) -> Mapping[str, Any]:
    """`best_known.json` as it is."""
    document: Mapping[str, Any] = json.loads(read_bytes(version, BEST_KNOWN))
    return document


def _changed(version: int, entry: Mapping[str, Any]) -> list[Problem]:
    found = fingerprint(read_bytes(version, f"{entry['name']}.toml"))
    if found == entry["sha256"]:
        return []
    hint = "the file of an instance has changed: install the package again"
    return [Problem(f"{entry['name']}.toml", f"SHA-256 {found[:12]}…", f"{entry['sha256'][:12]}…", hint)]


def _instance(version: int, entry: Mapping[str, Any]) -> SuiteInstance:
    text = read_bytes(version, f"{entry['name']}.toml").decode()
    return SuiteInstance(
        name=entry["name"],
        title=entry["title"],
        families=tuple(entry["families"]),
        quick=entry["quick"],
        scenario=parse_scenario(text, source=f"{entry['name']}.toml"),
        forced=tuple(entry.get("forced", ())),
        version=version,
        points=None if version == 1 else frozen_points(version, entry["name"]),
    )


def frozen_points(version: int, name: str) -> TargetPoints:
    """The points of an instance, from the file that holds those of all instances of a version."""
    with np.load(io.BytesIO(read_bytes(version, POINTS)), allow_pickle=False) as stored:
        parts = {key: stored[f"{name}/{key}"] for key in ("position_m", "velocity_m_s", "weight", "target")}
    return TargetPoints(**parts)
