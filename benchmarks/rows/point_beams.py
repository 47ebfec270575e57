"""Rows of beams for several points: proven gap, and time beside CVXPY with Clarabel where channels have rank one; else
beside beams for one point, and a search on the beams themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice, product

import numpy as np
from benchmarks.measure import Check, Row, timed, timed_each, within
from benchmarks.work import beamforming_problem
from tests.support.point_beams_search import PointBeamsSearch

from multistatic import BeamformingProblem, BeamformingResult
from multistatic.beamforming.evaluate import violations
from multistatic.beamforming.los import los_sdp
from multistatic.beamforming.point_objective import PointObjective
from multistatic.beamforming.value_function import value_function
from multistatic.scenario.arrays import ALONG_Y, linear_array
from multistatic.signal.beams import Beams
from multistatic.units import F

KINDS = ("worst", "sum")
TARGET_M = (20.0, 40.0)  # of the preset


def proven(drops: int, rivals: int) -> list[Row]:
    """All problems of `drops` feasible deployments beside the semidefinite program on those of the first `rivals`."""
    rows = []
    for kind, points in product(KINDS, (5, 25, 100)):
        problems = [
            _around_target(seed, points, selected, kind)
            for seed in islice(_feasible_seeds(), drops)
            for selected in (10, 5, 0)
        ]
        results, times_s = timed_each(value_function, problems)
        few = list(zip(problems, results, strict=True))[: 3 * rivals]
        slower = [(result, *timed(los_sdp, problem)) for problem, result in few]
        rival_s = np.array([time_s for _, _, time_s in slower])
        ratio = float(np.exp(np.mean(np.log(rival_s / times_s[: len(rival_s)]))))
        within_bound = sum(_loss(ours) >= other.loss_bound * (1.0 - 1e-9) for ours, other, _ in slower)
        checks = (
            _gaps(problems, results, 1e-4),
            Check(goal="≥ 100× faster (geometric mean)", measured=f"{ratio:.0f}×", met=ratio >= 100.0, timed=True),
            Check(
                goal="never above the program's own bound",
                measured=f"{within_bound} of {len(slower)}",
                met=within_bound == len(slower),
            ),
        )
        rows.append(
            Row(
                work=f"{points} points, {_MODES[kind]}, 10 receivers and antennas, {len(problems)} problems",
                ours="value_function",
                ours_s=float(np.median(times_s)),
                rival=f"CVXPY with Clarabel, {len(slower)} problems",
                rival_s=float(np.median(rival_s)),
                checks=checks,
            )
        )
    return rows


def large(seeds: int) -> list[Row]:
    """64 antennas, ten receivers, points all over a disc of radius 20 m at 45 m."""
    rows = []
    for kind in KINDS:
        problems = [
            _over_disc(seed, selected, kind) for seed in islice(_feasible_seeds(64), seeds) for selected in (10, 5, 0)
        ]
        results, times_s = timed_each(value_function, problems)
        checks = (within(0.5, float(np.max(times_s)), "longest"), _gaps(problems, results, 1e-3))
        rows.append(
            Row(
                work=f"64 antennas, {len(problems[0].steering_tx)} points over a disc, {_MODES[kind]}, "
                f"{len(problems)} problems",
                ours="value_function",
                ours_s=float(np.median(times_s)),
                checks=checks,
            )
        )
    return rows


def several_antennas(drops: int, searched: int) -> list[Row]:
    """Two receive antennas, 4 bit/s/Hz: time beside beams for one point, and the illumination of the worst point beside
    the best of 20 restarts of sequential quadratic programming on the beams for the first `searched` deployments.
    """
    rows = []
    for points, selected in product((5, 25), (10, 5)):
        deployments = [beamforming_problem(seed, selected=selected) for seed in range(1, drops + 1)]
        problems = [_scattered_around(problem, seed, points) for seed, problem in enumerate(deployments, start=1)]
        singles_s = timed_each(value_function, deployments)[1]
        results, times_s = timed_each(value_function, problems)
        gaps = np.array([np.inf if result.gap is None else result.gap for result in results])
        holds = all(max(violations(*pair).values()) <= 1e-9 for pair in _with_beams(problems, results))
        single_s, median_s = float(np.median(singles_s)), float(np.median(times_s))
        median = Check(
            goal="feasible, median proven gap ≤ 1 %",
            measured=f"{np.median(gaps):.2%}, {gaps.max():.2%} at most",
            met=bool(np.median(gaps) <= 0.01 and holds),
        )
        ratio = median_s / single_s
        checks = [
            median,
            within(0.3, median_s) if points == 5 else Check(goal="(median)", measured=f"{median_s:.2f} s", met=None),
            Check(goal="≤ 100 times one point", measured=f"{ratio:.0f} times", met=ratio <= 100.0, timed=True),
        ]
        if points == 5 and searched:
            checks.append(_beside_restarts(problems[:searched], results[:searched]))
        work = f"{points} points, worst, two receive antennas, {selected} of 10 selected, {drops} problems"
        rows.append(
            Row(
                work=work,
                ours="value_function",
                ours_s=median_s,
                rival="one point",
                rival_s=single_s,
                checks=tuple(checks),
            )
        )
    return rows


def _beside_restarts(problems: list[BeamformingProblem], results: list[BeamformingResult]) -> Check:
    """The light of the worst point as a part of the best of the restarts, the least over the problems."""
    parts = []
    for problem, result in zip(problems, results, strict=True):
        best = 1.0 / PointBeamsSearch(problem).best(20, steps=1500)
        assert result.illumination_w is not None
        parts.append(result.illumination_w / (best * problem.antennas * problem.power_limit_w))
    return Check(
        goal="light ≥ 0.99 of 20 restarts of a search on the beams",
        measured=f"{min(parts):.4f} at least, {len(parts)} problems",
        met=min(parts) >= 0.99,
    )


def _with_beams(
    problems: list[BeamformingProblem], results: list[BeamformingResult]
) -> Iterator[tuple[BeamformingProblem, Beams]]:
    for problem, result in zip(problems, results, strict=True):
        assert result.beams is not None
        yield problem, result.beams


def _scattered_around(problem: BeamformingProblem, seed: int, points: int, kind: str = "worst") -> BeamformingProblem:
    """The problem with points drawn around the target, with a standard deviation of 8 m."""
    places = np.array(TARGET_M) + 8.0 * np.random.default_rng(1000 + seed).standard_normal((points, 2))
    return _with_points(problem, places, np.ones(points), kind)


_MODES = {"worst": "worst", "sum": "mean square"}


def _loss(result: BeamformingResult) -> float:
    return np.inf if result.loss is None else result.loss


def _gaps(problems: list[BeamformingProblem], results: list[BeamformingResult], limit: float) -> Check:
    """The goal of the proven gaps, of beams that meet their constraints."""
    gaps = [np.inf if result.gap is None else result.gap for result in results]
    held = [
        result.beams is not None and max(violations(problem, result.beams).values()) <= 1e-9
        for problem, result in zip(problems, results, strict=True)
    ]
    met = sum(gap <= limit and holds for gap, holds in zip(gaps, held, strict=True))
    measured = f"{met} of {len(results)}, {max(gaps):.1e} at most"
    return Check(goal=f"feasible, proven gap ≤ {limit:.0e}", measured=measured, met=met == len(results))


def _feasible_seeds(antennas: int = 10) -> Iterator[int]:
    """Seeds of deployments whose rates can be reached."""
    return (seed for seed in count(1) if value_function(_deployment(seed, antennas, 10)).beams is not None)


def _deployment(seed: int, antennas: int, selected: int) -> BeamformingProblem:
    """One-antenna receivers: line of sight for odd seeds, scattering for even ones."""
    return beamforming_problem(
        seed,
        antennas=antennas,
        selected=selected,
        rate_bps_hz=2.0,
        direct="los" if seed % 2 else "rician",
        receive_antennas=1,
    )


def _around_target(seed: int, points: int, selected: int, kind: str) -> BeamformingProblem:
    """Points around the target, one-antenna receivers."""
    return _scattered_around(_deployment(seed, 10, selected), seed, points, kind)


def _over_disc(seed: int, selected: int, kind: str) -> BeamformingProblem:
    """A grid of 2 m over the disc; the loss at a point grows with its distance squared."""
    steps = np.arange(-20.0, 20.1, 2.0)
    grid = np.array([(x, y) for x in steps for y in steps if x * x + y * y <= 400.0])
    places = 45.0 * np.array(TARGET_M) / np.hypot(*TARGET_M) + grid
    return _with_points(_deployment(seed, 64, selected), places, np.sum(places**2, axis=1) / 45.0**2, kind)


def _with_points(problem: BeamformingProblem, places_m: F, weight: F, kind: str) -> BeamformingProblem:
    array = linear_array(problem.antennas, 0.5, ALONG_Y)
    directions = np.column_stack([places_m, np.zeros(len(places_m))])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    vectors = np.array([array.steering_vector(direction, 1.0) for direction in directions])
    shares = weight if kind == "worst" else weight / len(weight)
    objective = PointObjective(kind="worst" if kind == "worst" else "sum", weight=shares)
    return replace(problem, steering_tx=vectors, objective=objective, point_weight=None)
