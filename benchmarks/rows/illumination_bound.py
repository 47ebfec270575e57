"""Rows of the upper bound on the illumination, beside the bound and a whole design of an earlier commit."""

from __future__ import annotations

import numpy as np
from benchmarks.measure import Check, Row, faster
from benchmarks.old_code import OLD, alternately

LOOSER = 1e-3  # of the loss that the old bound proves

# The shortest of some calls for each seed: the bound does not depend on the group of receivers.
_SCRIPT = """
import json, sys, time
from benchmarks.work import beamforming_problem, scenario
from multistatic import design_network
from multistatic.beamforming.certificate import upper_bound

def shortest_s(work, repeats):
    work()
    times = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)

receivers, antennas, seeds, designs = map(int, sys.argv[1:])
found = []
for seed in range(1, 1 + seeds):
    asked = beamforming_problem(seed, receivers=receivers, antennas=antennas, streams=2 if receivers <= 20 else 1)
    posed = scenario(seed)
    found.append({
        "bound_s": shortest_s(lambda: upper_bound(asked), 5 if designs else 1),
        "loss": 1.0 - upper_bound(asked).value_w / asked.illumination_limit_w,
        "design_s": shortest_s(lambda: design_network(posed), 3) if designs else 0.0,
    })
print(json.dumps(found))
"""


def beside_a_design(seeds: int, share: float) -> list[Row]:
    """The preset `paper`: the bound over a whole design of the old code."""
    ours, old = _both(10, 10, seeds, designs=True)
    bound_s, design_s = (
        float(np.median([each[key] for each in of])) for key, of in (("bound_s", ours), ("design_s", old))
    )
    ratio = bound_s / design_s
    goal = Check(goal=f"≤ {share:g} of a design", measured=f"{ratio:.3f} of a design", met=ratio <= share, timed=True)
    work = f"upper bound, preset paper, seeds 1 to {seeds}"
    rival = f"design of commit {OLD}"
    checks = (goal, _no_looser(ours, old))
    return [Row(work=work, ours="upper_bound", ours_s=bound_s, rival=rival, rival_s=design_s, checks=checks)]


def large(receivers: int, antennas: int, seeds: int, times: float) -> list[Row]:
    """The bound beside that of the old code."""
    ours, old = _both(receivers, antennas, seeds, designs=False)
    ours_s, old_s = (float(np.median([each["bound_s"] for each in of])) for of in (ours, old))
    work = f"upper bound, {receivers} receivers, {antennas} antennas, seeds 1 to {seeds}"
    checks = (faster(times, ours_s, old_s), _no_looser(ours, old))
    return [Row(work=work, ours="upper_bound", ours_s=ours_s, rival=f"commit {OLD}", rival_s=old_s, checks=checks)]


def _both(receivers: int, antennas: int, seeds: int, *, designs: bool) -> tuple[list[dict[str, float]], ...]:
    arguments = [str(number) for number in (receivers, antennas, seeds, int(designs))]
    ours, old = alternately(_SCRIPT, arguments, repeats=1)
    return ours[0], old[0]


def _no_looser(ours: list[dict[str, float]], old: list[dict[str, float]]) -> Check:
    """How much more of the loss is proven, at worst."""
    more = min(new["loss"] / before["loss"] - 1.0 for new, before in zip(ours, old, strict=True))
    return Check(
        goal=f"loss proven ≥ {1.0 - LOOSER:g} of the old", measured=f"{more:+.2%} at worst", met=more >= -LOOSER
    )
