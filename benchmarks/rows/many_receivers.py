"""Rows of beams for many receivers on few antennas, half of them selected, beside those of an earlier commit."""

from __future__ import annotations

import numpy as np
from benchmarks.measure import Check, Row, all_of, faster
from benchmarks.old_code import OLD, alternately

GIVEN_UP = 1e-5  # of the largest illumination
RATE_TOLERANCE = 1e-6

# The time of each seed, the loss 1 - p/(N_t P_T), and by how much the beams miss rates or power, recomputed from them.
_SCRIPT = """
import json, sys
from time import process_time
from benchmarks.work import beamforming_problem
from multistatic.beamforming.evaluate import violations
from multistatic.beamforming.value_function import value_function

receivers, antennas, seeds = map(int, sys.argv[1:4])
value_function(beamforming_problem(0, selected=5))
found = []
for seed in range(1, 1 + seeds):
    asked = beamforming_problem(
        seed, receivers=receivers, antennas=antennas, selected=receivers // 2, rate_bps_hz=float(sys.argv[4])
    )
    began = process_time()
    result = value_function(asked)
    time_s = process_time() - began
    loss = 1.0 - result.illumination_w / asked.illumination_limit_w
    found.append([time_s, loss, max(violations(asked, result.beams).values())])
print(json.dumps(found))
"""


def beams(receivers: int, rate_bps_hz: float, seeds: int, times: float, antennas: int = 16) -> list[Row]:
    """Seeds from 1 of the preset's geometry, in two processes one after the other."""
    arguments = [str(receivers), str(antennas), str(seeds), str(rate_bps_hz)]
    ours, old = (np.array(found[0]) for found in alternately(_SCRIPT, arguments))
    ours_s, old_s = float(np.median(ours[:, 0])), float(np.median(old[:, 0]))
    given_up = ours[:, 1] - old[:, 1]
    light = Check(
        goal=f"light given up ≤ {GIVEN_UP:g}",
        measured=f"{np.max(given_up):+.1e} at most, {np.median(given_up):+.1e} in the median",
        met=bool(np.max(given_up) <= GIVEN_UP),
    )
    verified = all_of("verified feasible", ours[:, 2] <= RATE_TOLERANCE)
    size = f"{receivers} receivers, {antennas} antennas, half selected, {rate_bps_hz:g} bit/s/Hz"
    return [
        Row(
            work=f"{size}, seed{'s' * (seeds > 1)} 1{f' to {seeds}' * (seeds > 1)}",
            ours="value_function",
            ours_s=ours_s,
            rival=f"value_function of commit {OLD}",
            rival_s=old_s,
            checks=(faster(times, ours_s, old_s), verified, light),
        )
    ]
