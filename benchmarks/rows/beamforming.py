"""Rows of the beamformers: time, loss N_t P_T - p_t beside successive convex approximation, proofs, robustness."""

from __future__ import annotations

from itertools import count, islice

import numpy as np
from benchmarks.beamforming_robustness import sweep
from benchmarks.measure import Check, Row, all_of, faster, seconds, timed, timed_each, within
from benchmarks.work import beamforming_problem

from multistatic import BeamformingProblem, BeamformingResult
from multistatic.beamforming.evaluate import violations
from multistatic.beamforming.los import los_sdp
from multistatic.beamforming.sca import PAPER, ScaSettings, sca
from multistatic.beamforming.value_function import value_function

LOSS_TOLERANCE = 1e-6
RATE_TOLERANCE = 1e-6


def everyone_selected(instances: int, rivals: int) -> list[Row]:
    """Ten receivers, all of which cancel the sensing beam."""
    problems = [beamforming_problem(seed) for seed in range(instances)]
    return _beside_sca("10 receivers, 10 antennas, all selected", problems, rivals, times=2000, limit_s=5e-3)


def half_selected(instances: int, rivals: int) -> list[Row]:
    """Ten receivers, five of which suffer the sensing beam: local optima differ, so that several starts are needed."""
    problems = [beamforming_problem(seed, selected=5) for seed in range(instances)]
    return _beside_sca("10 receivers, 10 antennas, 5 selected", problems, rivals, times=1000)


def large(receivers: int, antennas: int, limits_s: tuple[float, ...], instances: int) -> list[Row]:
    """Networks that conic programs do not reach, with one stream, then with more."""
    rows = []
    for streams, limit_s in enumerate(limits_s, start=1):
        problems = [
            beamforming_problem(seed, receivers=receivers, antennas=antennas, streams=streams)
            for seed in range(instances)
        ]
        results, times_s = timed_each(value_function, problems)
        gaps = [np.inf if result.gap is None else result.gap for result in results]
        verified = all_of("verified feasible", (_holds(*pair) for pair in zip(problems, results, strict=True)))
        work = f"{receivers} receivers, {antennas} antennas, {streams} stream{'s' * (streams > 1)}"
        gap = Check(goal="(certified gap)", measured=f"{max(gaps):.1e} at most", met=None)
        median_s = float(np.median(times_s))
        checks = (within(limit_s, median_s), verified, gap)
        rows.append(Row(work=work, ours="value_function", ours_s=median_s, checks=checks))
    return rows


def robustness(instances: int) -> list[Row]:
    """Random problems of every kind; each answer verified, each verdict of infeasibility doubted."""
    found = sweep(instances, seed=1)
    outcomes = ", ".join(f"{number} {status}" for status, number in sorted(found.outcomes.items()))
    right = Check(goal="no wrong answer, no exception", measured=f"{len(found.wrong)} wrong", met=not found.wrong)
    longest = Check(goal="(longest)", measured=seconds(max(found.times_s)), met=None, timed=True)
    work = f"{instances} random problems: {outcomes}"
    median_s = float(np.median(found.times_s))
    return [Row(work=work, ours="value_function", ours_s=median_s, checks=(right, longest))]


def line_of_sight(instances: int, rivals: int) -> list[Row]:
    """Feasible deployments of eight receivers in line of sight, every other one with half of them selected."""
    drawn = (_line_of_sight_problem(seed) for seed in count())
    problems = list(islice((p for p in drawn if value_function(p).beams is not None), instances))
    results, times_s = timed_each(value_function, problems)
    rival, rival_s = timed_each(los_sdp, problems[:rivals])
    gaps = np.array([np.inf if result.gap is None else result.gap for result in results])
    excess = _illuminations(results[:rivals]) / _illuminations(rival) - 1.0
    proven = Check(goal="primal-dual gap ≤ 1e-7", measured=f"{gaps.max():.1e} at most", met=bool(gaps.max() <= 1e-7))
    value = Check(goal="value ≥ the SDP's", measured=f"{excess.min():+.1e} at least", met=bool(excess.min() >= -1e-9))
    return [
        Row(
            work=f"line of sight, 8 receivers, 16 antennas, {instances} scenarios",
            ours="value_function",
            ours_s=float(np.median(times_s)),
            rival=f"los_sdp, {rivals} scenarios",
            rival_s=float(np.median(rival_s)),
            checks=(proven, value),
        )
    ]


def _line_of_sight_problem(seed: int) -> BeamformingProblem:
    selected = 4 if seed % 2 else 8
    return beamforming_problem(
        seed, receivers=8, antennas=16, selected=selected, streams=1, rate_bps_hz=2.0, direct="los"
    )


def _beside_sca(
    work: str, problems: list[BeamformingProblem], rivals: int, times: float, limit_s: float | None = None
) -> list[Row]:
    """Ours on all problems; beside it the paper's iteration from a plain feasible start, and the reference of the
    package, which starts from a search of its own and lengthens its steps, on the first few; losses compared on these.
    """
    results, times_s = timed_each(value_function, problems)
    median_s = float(np.median(times_s))
    verified = all_of("verified feasible", (_holds(*pair) for pair in zip(problems, results, strict=True)))
    own = [verified] if limit_s is None else [within(limit_s, median_s), verified]
    rows = []
    for name, settings, number in (
        ("SCA, CVXPY with Clarabel", PAPER, max(1, rivals // 4)),
        ("`sca`, searched start, longer steps", ScaSettings(), rivals),
    ):
        runs = [timed(sca, problem, settings) for problem in problems[:number]]
        limit = np.array([problem.illumination_limit_w for problem in problems[:number]])
        ours = limit - _illuminations(results[:number])
        theirs = limit - _illuminations([result for result, _ in runs])
        worst = float(np.max((ours - theirs) / theirs))
        rival_s = float(np.median([time_s for _, time_s in runs]))
        checks = [Check(goal="loss never larger", measured=f"{worst:+.1e} at most", met=worst <= LOSS_TOLERANCE)]
        if settings is PAPER:
            checks = [*own, faster(times, median_s, rival_s), *checks]
        rows.append(
            Row(
                work=f"{work}, {len(problems)} scenarios",
                ours="value_function",
                ours_s=median_s,
                rival=f"{name}, {number} scenarios",
                rival_s=rival_s,
                checks=tuple(checks),
            )
        )
    return rows


def _illuminations(results: list[BeamformingResult]) -> np.ndarray:
    """p_t in W [n]; 0 where there are no beams: the loss is then N_t P_T, the largest there is."""
    return np.array([result.illumination_w or 0.0 for result in results])


def _holds(problem: BeamformingProblem, result: BeamformingResult) -> bool:
    """Beams that meet rates and power."""
    return result.beams is not None and max(violations(problem, result.beams).values()) <= RATE_TOLERANCE
