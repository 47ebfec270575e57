"""What a study is, once its file has been read: points, methods, metrics, the stopping rule, and the seeds.

The draw of trial t at point p depends on the study's seed, on t and on the point's `stream` alone. Points that differ
only in `design` and `requirements` share one stream, and so do all methods: they are compared on the same receivers
and the same fading (common random numbers), and the difference between them is not blurred by different luck.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from multistatic.design.choices import design_with, label_of
from multistatic.design.result import Scheme
from multistatic.scenario.model import Choice, DesignSettings
from multistatic.scenario.parse_scenario import ScenarioTemplate
from multistatic.study.drops import Drops
from multistatic.study.portable import identity_of

Statistic = Literal["mean", "median"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppingRule:
    """`minimum` trials of every point, then `batch` more at a time until the estimate is known, at most `maximum`.

    Known: for every method of the point, the interval of `statistic` of `metric` at level `confidence` has a half
    width of at most `relative_half_width` times the estimate. `metric` None: exactly `maximum` trials. Decided only
    after whole batches, on all trials so far: which trials a point gets depends on their results and on nothing else.
    """

    minimum: int
    maximum: int
    batch: int
    metric: str | None = None
    statistic: Statistic = "median"
    relative_half_width: float = 0.0
    confidence: float = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class SweptKey:
    """One key of the scenario and the values that it takes, in their order."""

    key: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Method:
    """A named way to design: a scheme, and the scenario's keys that it sets; `places`: where the file sets them.

    `choices`: algorithms and channels given in Python, by the keyword of `design_network`.
    """

    name: str
    scheme: Scheme = "multi"
    settings: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Any] = field(default_factory=dict)

    @property
    def recorded(self) -> dict[str, Any]:
        """What a store keeps of the settings and of the choices (`portable.identity_of`)."""
        keys = {key: "channel.direct" if key == "channel" else f"design.{key}" for key in self.choices}
        return {**self.settings, **{keys[key]: identity_of(value) for key, value in self.choices.items()}}


def study_method(
    name: str = "",
    *,
    scheme: Scheme = "multi",
    selector: Any = None,
    beamformer: Any = None,
    criterion: Any = None,
    channel: Any = None,
) -> Method:
    """A method of a study whose algorithms are values: names, callables or settings objects, as in `design_network`.

    An argument that is None is as the study's scenario says.

    name: name of the method in tables; default: the names of its algorithms.
    scheme: `multi`, `bi` or `mono`.
    selector: algorithm that chooses the receivers.
    beamformer: algorithm that designs the beams.
    criterion: figure of merit that selects the group.
    channel: a `Channel`, an array, the name of a channel model, or a callable.

    Raises `InputError` for algorithms that cannot be used.

    >>> study_method(selector=lambda problem, rng: problem.target_distance_m.argsort()[:2]).name
    '<lambda>'
    """
    given = {"selector": selector, "beamformer": beamformer, "criterion": criterion, "channel": channel}
    choices = {key: value for key, value in given.items() if value is not None}
    design_with(DesignSettings(), **{key: value for key, value in choices.items() if key != "channel"})
    made_of = " + ".join(label_of(value) for key, value in choices.items() if key != "channel")
    return Method(name=name or made_of or "default", scheme=scheme, choices=choices)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Point:
    """One combination of swept values: `settings` key → value; `stream`: whose draws it sees.

    `templates`: the scenario of each method. `drawn_with`: for each method the first one whose scenarios differ from
    its own in [design] alone, so that both need to be drawn only once.
    """

    index: int
    settings: Mapping[str, Any]
    stream: int
    templates: tuple[ScenarioTemplate, ...]
    drawn_with: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Study:
    """A checked study: everything that its results depend on.

    `document` is what the study file says with every scenario key spelled out, for the fingerprint and for provenance.
    `drops`: the channel files of each folder that a scenario names; a store keeps their digests beside the fingerprint,
    so that files, as trials, can be added later.
    """

    name: str
    seed: int
    axes: tuple[SweptKey, ...]
    combine: Literal["grid", "zip"]
    points: tuple[Point, ...]
    methods: tuple[Method, ...]
    metrics: tuple[str, ...]
    rule: StoppingRule
    document: Mapping[str, Any]
    drops: Mapping[str, Drops] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """Points along each axis of a grid; their number otherwise."""
        return tuple(len(axis.values) for axis in self.axes) if self.combine == "grid" else (len(self.points),)

    @property
    def criteria(self) -> frozenset[Choice]:
        """The criteria that its designs minimise."""
        found = set()
        for point in self.points:
            for method, template in zip(self.methods, point.templates, strict=True):
                chosen = design_with(DesignSettings(), criterion=method.choices.get("criterion"))
                found.add(chosen.criterion if "criterion" in method.choices else template.table.design.criterion)
        return frozenset(found)

    @property
    def beamformers(self) -> frozenset[Choice]:
        """The beamformers that its designs use."""
        found = set()
        for point in self.points:
            for method, template in zip(self.methods, point.templates, strict=True):
                chosen = design_with(DesignSettings(), beamformer=method.choices.get("beamformer"))
                found.add(chosen.beamformer if "beamformer" in method.choices else template.table.design.beamformer)
        return frozenset(found)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of `document`: equal fingerprints, equal results trial by trial."""
        return hashlib.sha256(canonical_json(self.document).encode()).hexdigest()


def trial_seed(root: int, stream: int, trial: int) -> int:
    """Seed of the scenario of one trial: 63 bits of SeedSequence(root, spawn_key=(stream, trial)).

    `multistatic design` with this seed and the point's keys repeats the trial.
    """
    sequence = np.random.SeedSequence(root, spawn_key=(stream, trial))
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))


def canonical_json(document: Mapping[str, Any]) -> str:
    """One text for equal documents: keys sorted, floats exact, what JSON lacks (dates) as text."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
