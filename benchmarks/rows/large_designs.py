"""Rows of designs where the time goes into the beams: many receivers, verdicts of infeasibility, targets that move.

Beside today's code runs that of an earlier commit, on the same work in turn (`benchmarks.old_code`).
"""

from __future__ import annotations

import numpy as np
from benchmarks.measure import Check, Row, all_of, timed, within
from benchmarks.old_code import OLD, alternately
from benchmarks.work import scenario

from multistatic import certify, design_network

_LIGHT = 1e-6  # of the illumination of a search: what a design from an earlier one may lose

_VERDICTS = """
import json, sys
from time import process_time
from benchmarks.work import beamforming_problem
from multistatic.beamforming.value_function import value_function
antennas, seeds = int(sys.argv[1]), range(1, 1 + int(sys.argv[2]))
value_function(beamforming_problem(0, receivers=8, antennas=4, selected=4, rate_bps_hz=4.0, direct="los"))
found = []
for seed in seeds:
    problem = beamforming_problem(
        seed, receivers=150, antennas=antennas, selected=75, streams=1, rate_bps_hz=1.0, direct="los"
    )
    begun = process_time()
    result = value_function(problem)
    found.append([process_time() - begun, result.status, result.largest_common_rate_bps_hz, "Proven" in result.message])
print(json.dumps(found))
"""

_DESIGNS = """
import json, sys
from time import process_time
from benchmarks.work import scenario
from multistatic import design_network
receivers, antennas, rate, count = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
settings = {
    "receivers.random.count": receivers, "transmitter.antennas": antennas, "requirements.rate_bps_hz": rate,
}
design_network(scenario(0))
design_network(scenario(1, {"receivers.random.count": 24, "transmitter.antennas": 32}))
found = []
for seed in range(1, 1 + count):
    asked = scenario(seed, settings)
    begun = process_time()
    design = design_network(asked)
    found.append([process_time() - begun, design.verification.passed, design.selection.excess])
print(json.dumps(found))
"""

_MOVED = """
import json, sys
from time import process_time
import numpy as np
from benchmarks.work import scenario
from multistatic import design_network
design_network(scenario(2))
found = []
for angle in np.linspace(0.0, 2.0 * np.pi, int(sys.argv[1]), endpoint=False):
    asked = scenario(2, {"target.position_m": [20.0 + float(np.cos(angle)), 40.0 + float(np.sin(angle))]})
    begun = process_time()
    design_network(asked)
    found.append(process_time() - begun)
print(json.dumps(found))
"""


def verdicts(antennas: int, instances: int) -> list[Row]:
    """150 receivers in line of sight, half of them selected, at a rate that cannot be reached."""
    (ours,), (old,) = alternately(_VERDICTS, [str(antennas), str(instances)])
    ours_s, old_s = (float(np.median([each[0] for each in found])) for found in (ours, old))
    same = (one[1] == two[1] and _close(one[2], two[2], 1e-5) for one, two in zip(ours, old, strict=True))
    return [
        Row(
            work=f"verdict of infeasibility, 150 receivers in line of sight, {antennas} antennas, {instances} problems",
            ours="value_function",
            ours_s=ours_s,
            rival=f"commit {OLD}",
            rival_s=old_s,
            checks=(
                _ratio(0.06, ours_s, old_s),
                all_of("same verdict and largest common rate", same),
                all_of("proven", (each[1] != "infeasible" or each[3] for each in ours)),
            ),
        )
    ]


def many_receivers(instances: int) -> list[Row]:
    """Joint designs of 80 receivers, by both codes."""
    work = ["80", "100", "4", str(instances)]
    (ours,), (old,) = alternately(_DESIGNS, work)
    ours_s, old_s = (float(np.median([each[0] for each in found])) for found in (ours, old))
    larger = max(one[2] - two[2] for one, two in zip(ours, old, strict=True))
    gap = Check(goal="gap not larger", measured=f"{larger:+.1e} at most", met=larger <= 1e-5)
    return [
        Row(
            work=f"joint design, 80 receivers, 100 antennas, 4 bit/s/Hz, {instances} scenarios",
            ours="joint, verified",
            ours_s=ours_s,
            rival=f"commit {OLD}",
            rival_s=old_s,
            checks=(_ratio(0.28, ours_s, old_s), all_of("verified", (each[1] for each in ours)), gap),
        )
    ]


def largest(receivers: int, antennas: int, limit_s: float) -> list[Row]:
    """One joint design of a network that the old code does not reach in this time."""
    settings = {
        "receivers.random.count": receivers,
        "transmitter.antennas": antennas,
        "requirements.rate_bps_hz": 1.0,
    }
    design_network(scenario(1, {**settings, "receivers.random.count": 24}))
    design, ours_s = timed(design_network, scenario(1, settings))
    excess = float("inf") if design.selection is None or design.selection.excess is None else design.selection.excess
    return [
        Row(
            work=f"joint design, {receivers} receivers, {antennas} antennas, 1 bit/s/Hz",
            ours="joint, verified",
            ours_s=ours_s,
            checks=(
                within(limit_s, ours_s, "time"),
                Check(goal="gap ≤ 1 %", measured=f"{100.0 * excess:.2g} %", met=excess <= 0.01),
                all_of("verified", [design.verification is not None and design.verification.passed]),
            ),
        )
    ]


def moved_target(directions: int) -> list[Row]:
    """The scenario `paper` with the target moved by 1 m, from the earlier design and by a search."""
    earlier = design_network(scenario(2))
    begun_s, searched_s, later_s, same, lit = [], [], [], [], []
    angles = np.linspace(0.0, 2.0 * np.pi, directions, endpoint=False)
    places = [[20.0 + float(np.cos(angle)), 40.0 + float(np.sin(angle))] for angle in angles]
    moved = [scenario(2, {"target.position_m": place}) for place in places]
    # One after the other, as the old code designs them, with nothing else between.
    designs = [timed(lambda asked=asked: design_network(asked, start=earlier, certificate=False)) for asked in moved]
    for asked, (begun, time_s) in zip(moved, designs, strict=True):
        begun_s.append(time_s)
        searched, time_s = timed(design_network, asked)
        searched_s.append(time_s)
        whole, time_s = timed(certify, begun)
        later_s.append(time_s)
        same.append(_close(whole.selection.bound, searched.selection.bound, 1e-6))
        lit.append(begun.beamforming.illumination_w >= searched.beamforming.illumination_w * (1.0 - _LIGHT))
    (old,) = alternately(_MOVED, [str(directions)])[1]
    ours_s, old_s = float(np.median(begun_s)), float(np.median(old))
    later = Check(
        goal="(a search; the certificate)",
        measured=f"{1e3 * float(np.median(searched_s)):.3g} ms; {1e3 * float(np.median(later_s)):.3g} ms",
        met=None,
        timed=True,
    )
    return [
        Row(
            work=f"`paper`, target moved by 1 m in {directions} directions, certificate later",
            ours="start= the earlier design, verified",
            ours_s=ours_s,
            rival=f"a search by commit {OLD}",
            rival_s=old_s,
            checks=(
                _ratio(0.15, ours_s, old_s),
                Check(
                    goal="light of a search in 99 of 100",
                    measured=f"{sum(lit)} of {len(lit)}",
                    met=sum(lit) >= 0.99 * len(lit),
                ),
                all_of("bound of a search", same),
                later,
            ),
        )
    ]


def _ratio(goal: float, ours_s: float, old_s: float) -> Check:
    """The goal of a part of the old code's time."""
    ratio = ours_s / old_s
    return Check(goal=f"≤ {goal:g} of the old time", measured=f"{ratio:.3g}", met=ratio <= goal, timed=True)


def _close(one: float | None, two: float | None, tolerance: float) -> bool:
    if one is None or two is None:
        return one is two
    return abs(one / two - 1.0) <= tolerance
