"""Where a design looks: the points of targets that are exactly known, of priors and of areas.

Between two points of an uncertain target lies at most half of the beam's half-power half-width in direction, or more
where there would be too many. Where a point needs far less light than others a null still fits between: a design is
checked on `finer_points`, and searched from there (`design.refined_points`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from multistatic.errors import Problem, ScenarioError
from multistatic.scenario.area_points import LaidPoints, area_points
from multistatic.scenario.area_samples import area_samples, heights_of, in_area
from multistatic.scenario.beam_width import across, direction_grid, half_power_half_width
from multistatic.scenario.prior_points import REACH, WIDE_REACH, PointStep, axes_of_prior, prior_points
from multistatic.scenario.target_points import TargetPoints
from multistatic.units import B, F

if TYPE_CHECKING:
    from multistatic.scenario.model import Scenario, Target
    from multistatic.scenario.uncertain_target import TargetPrior

MOST_POINTS = 400
MOST_DENSER_POINTS = 1200
MOST_FINER_POINTS = 20_000
CLEAR_OF_SITES_M = 1.0
"""A point nearer to a site than this is left out: a path of length 0 has no gain."""
TOO_MANY = "a null may lie between them"
"""Said of points that are further apart than the beam asks for."""
_ON_BASELINE_M = 1e-6
_SAMPLES, _FINER_SAMPLES = 80_000, 300_000
_SAMPLES_A_STEP = 3.0


def laid_points(scenario: Scenario) -> TargetPoints:
    """The points of every target: one for each that is exactly known, many for a prior or an area.

    Raises `ScenarioError` where all points of a target are left out.
    """
    return _points(scenario, PointStep(1.0, MOST_POINTS), _SAMPLES)


def finer_points(scenario: Scenario, factor: float = 4.0) -> TargetPoints:
    """The same on a grid that is `factor` times finer, at most about 20 000 points, to check what lies between."""
    return _points(scenario, PointStep(factor, MOST_FINER_POINTS), _FINER_SAMPLES)


def denser_points(scenario: Scenario, factor: float, most: int = MOST_DENSER_POINTS) -> TargetPoints:
    """The same with priors as far as ±5 standard deviations across the beam, at most about `most` points, whose weights
    are those of a mean: to design on, and with `MOST_FINER_POINTS` to check a mean.
    """
    return _points(scenario, PointStep(factor, most, WIDE_REACH), _FINER_SAMPLES)


def _points(scenario: Scenario, step: PointStep, samples: int) -> TargetPoints:
    uncertain = sum(not target.exact for target in scenario.targets)
    step = replace(step, most=max(step.most // max(uncertain, 1), 40))
    total = sum(target.weight for target in scenario.targets)
    found = [_points_of(scenario, target, step, samples // max(uncertain, 1)) for target in scenario.targets]
    counts = [len(laid.weight) for laid, _, _ in found]
    return TargetPoints(
        position_m=np.concatenate([laid.position_m for laid, _, _ in found]),
        velocity_m_s=np.concatenate(
            [np.tile(one.velocity_m_s, (n, 1)) for one, n in zip(scenario.targets, counts, strict=True)]
        ),
        weight=np.concatenate(
            [one.weight / total * laid.weight for one, (laid, _, _) in zip(scenario.targets, found, strict=True)]
        ),
        target=np.repeat(np.arange(len(counts)), counts),
        left_out=tuple(said for _, left_out, _ in found for said in left_out),
        reasons=tuple(reason for _, _, reason in found if reason),
    )


def _points_of(
    scenario: Scenario, target: Target, step: PointStep, samples: int
) -> tuple[LaidPoints, Sequence[str], str]:
    """The points of one target, what was left out, and why there are so many."""
    if target.exact:
        return LaidPoints(position_m=target.position_m[None], weight=np.ones(1)), (), ""
    transmitter, wavelength_m = scenario.transmitter, scenario.radio.wavelength_m
    if target.prior is not None:
        covariance = _prior_covariance_m2(scenario, target.prior)
        laid = prior_points(
            target.position_m, covariance, transmitter.position_m, transmitter.array, wavelength_m, step
        )
        kept, left_out = _kept(scenario, target, laid.position_m)
        laid = LaidPoints(
            position_m=laid.position_m[kept],
            weight=laid.weight[kept] / laid.weight[kept].sum(),
            coarser=laid.coarser,
            distances=laid.distances,
        )
    else:
        assert target.area is not None
        grid = direction_grid(transmitter.array, wavelength_m)
        between = float(grid.step.min()) / step.finer / _SAMPLES_A_STEP
        places = area_samples(target.area, target.position_m, transmitter.position_m, between, samples)
        kept, left_out = _kept(scenario, target, places.position_m)
        places = type(places)(position_m=places.position_m[kept], measure=places.measure[kept])
        laid = area_points(places, transmitter.position_m, grid, step.finer, step.most)
    return laid, left_out, _reason(scenario, target, laid, step.finer)


def within_reach(scenario: Scenario, position_m: F, target_of: np.ndarray) -> B:
    """True for the places [n, 3] where the target of number `target_of` [n] may be: in its area, or within ±3 standard
    deviations of its prior along each axis that its points are laid on; clear of all sites and baselines, as these are.
    """
    found = np.zeros(len(position_m), bool)
    for number, target in enumerate(scenario.targets):
        own = target_of == number
        places = position_m[own]
        away = places - target.position_m
        if target.area is not None:
            low, high = heights_of(target.area, target.position_m)
            flat = in_area(target.area, target.position_m, places[:, :2])
            found[own] = flat & (low <= places[:, 2]) & (places[:, 2] <= high)
        elif target.prior is not None:
            root = prior_root(scenario, target)
            deviations = np.linalg.lstsq(root, away.T, rcond=1e-9)[0].T
            on_plane = np.linalg.norm(away - deviations @ root.T, axis=1) <= 1e-9 * (1.0 + np.linalg.norm(root))
            found[own] = on_plane & np.all(np.abs(deviations) <= REACH * (1.0 + 1e-9), axis=1)
        else:
            found[own] = np.all(away == 0.0, axis=1)
    for _, near, on_line in _by_sites(scenario, position_m):
        found &= ~(near | on_line)
    return found


def prior_root(scenario: Scenario, target: Target) -> F:
    """The root [3, 3] of the covariance of a target's prior along whose columns its points are laid."""
    assert target.prior is not None
    path = target.position_m - scenario.transmitter.position_m
    distance = float(np.linalg.norm(path))
    direction = path / distance if distance > 0 else np.array([1.0, 0.0, 0.0])
    return axes_of_prior(_prior_covariance_m2(scenario, target.prior), direction)


def _prior_covariance_m2(scenario: Scenario, prior: TargetPrior) -> F:
    covariance = prior.position_covariance_m2.copy()
    if scenario.dimensions == 2:
        covariance[2], covariance[:, 2] = 0.0, 0.0
    return covariance


def _by_sites(scenario: Scenario, places: F) -> Iterator[tuple[str, B, B]]:
    """For every site its name, and which places [n, 3] are near to it, or on the line to it from the transmitter."""
    transmitter_m = scenario.transmitter.position_m
    for name, site_m in [("the transmitter", transmitter_m), *_receivers(scenario)]:
        close = np.asarray(np.linalg.norm(places - site_m, axis=1) < CLEAR_OF_SITES_M)
        between = np.zeros(len(places), bool)
        line = site_m - transmitter_m
        length = float(line @ line)
        if length > 0:
            along = np.clip((places - transmitter_m) @ line / length, 0.0, 1.0)
            between = np.linalg.norm(places - transmitter_m - along[:, None] * line, axis=1) < _ON_BASELINE_M
            between &= ~close
        yield name, close, between


def _kept(scenario: Scenario, target: Target, places: F) -> tuple[B, list[str]]:
    """Which places are clear of all sites and baselines, and sentences on the others."""
    near, on_line = np.zeros(len(places), bool), np.zeros(len(places), bool)
    sites, lines = [], []
    for name, close, between in _by_sites(scenario, places):
        if close.any():
            sites.append(name)
            near |= close
        if between.any():
            lines.append(name)
            on_line |= between
    whose = _called(scenario, target)
    said = []
    if sites:
        said.append(f"{whose}: what lies within {CLEAR_OF_SITES_M:g} m of {_listed(sites)} is left out")
    if lines:
        said.append(
            f"{whose}: points on the line from the transmitter to {_listed(lines)} are left out, where a delay says "
            "nothing of the position"
        )
    if np.all(near | on_line):
        path = "target" if len(scenario.targets) == 1 else f"targets[{target.id!r}]"
        expected = f"a place further than {CLEAR_OF_SITES_M:g} m from every site, off the lines between them"
        received = f"every point near {_listed([*sites, *lines])}"
        raise ScenarioError([Problem(f"{path}.{'area' if target.prior is None else 'prior'}", received, expected)])
    return ~(near | on_line), said


def _receivers(scenario: Scenario) -> list[tuple[str, F]]:
    return [(receiver.id, receiver.position_m) for receiver in scenario.receivers]


def _reason(scenario: Scenario, target: Target, laid: LaidPoints, finer: float) -> str:
    """`25 points, 1.4 m apart across the beam: half of its half-power half-width of 2.8 m at 45 m from …`"""
    path = target.position_m - scenario.transmitter.position_m
    if target.area is not None and not target.area.radius_m and target.area.size_m is None:
        path = laid.weight @ laid.position_m - scenario.transmitter.position_m
    distance = float(np.linalg.norm(path))
    count = f"{_called(scenario, target)}: {len(laid.weight)} point{'s' if len(laid.weight) > 1 else ''}"
    many = f"{laid.distances} distance{'s' if laid.distances > 1 else ''}"
    if distance == 0.0:
        return f"{count} all around the transmitter"
    horizontal, _ = across(path / distance)
    width_m = distance * half_power_half_width(scenario.transmitter.array, horizontal, scenario.radio.wavelength_m)
    if not width_m < distance:
        return f"{count} at {many} from the transmitter, whose beams are wider than the area"
    step_m = 0.5 * width_m / finer * laid.coarser
    half = "half of its half-power half-width" if finer == 1.0 else f"1/{2 * finer:g} of its half-power half-width"
    said = (
        f"{count}, {step_m:.2g} m apart across the beam: {half} of {width_m:.2g} m at {distance:.3g} m from the "
        f"transmitter; {many}"
    )
    if laid.coarser > 1.0:
        said = (
            f"{count}, the most that a design takes, {step_m:.2g} m apart across the beam, "
            f"{laid.coarser:.2g} times as far as {half} of {width_m:.2g} m at {distance:.3g} m from the transmitter: "
            f"{TOO_MANY}"
        )
    return said


def _called(scenario: Scenario, target: Target) -> str:
    return "the target" if len(scenario.targets) == 1 else f"target {target.id}"


def _listed(names: Sequence[str]) -> str:
    return (
        f"{', '.join(names[:4])} and {len(names) - 4} more"
        if len(names) > 5
        else " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    )
