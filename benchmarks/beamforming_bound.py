"""How much of the loss N_t P_T - p of our beams is proven unavoidable, and what the proof costs.

    python -m benchmarks.beamforming_bound [DEPLOYMENTS] [--interference]

Random deployments of the preset `paper`; everyone, half or no one selected. The share is
(N_t P_T - bound)/(N_t P_T - p): at 100 % the beams are optimal; the rest of the loss is avoidable or not proven.
`--interference`: the slower bound that sees who is selected, of small networks with half of the receivers selected.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from benchmarks.work import scenario

from multistatic.beamforming.certificate import upper_bound
from multistatic.beamforming.interference_bound import interference_bound
from multistatic.beamforming.value_function import value_function
from multistatic.design.instance import instance_of

CASES = [(10, 10, 2, rate) for rate in (1.0, 2.0, 4.0, 6.0, 7.0)]
SMALL = [(4, 4, 2, 4.0), (5, 6, 2, 4.0), (10, 10, 2, 4.0)]
CASES += [(10, 32, 2, 4.0), (4, 4, 2, 4.0), (4, 4, 3, 4.0), (4, 4, 4, 4.0), (64, 256, 2, 6.0)]


def share(
    seed: int, size: tuple[int, int, int, float], selected: int, *, interference: bool = False
) -> tuple[float, float] | None:
    """(proven share of the loss, seconds of the bound); None where no beams were found or the loss is 0."""
    receivers, transmit, receive, rate = size
    settings = {
        "receivers.random.count": receivers,
        "receivers.random.antennas": receive,
        "transmitter.antennas": transmit,
        "requirements.rate_bps_hz": rate,
        "design.streams": 2 if receivers <= 20 else 1,
    }
    problem = instance_of(scenario(seed, settings)).beamforming_problem(np.arange(receivers) < selected)
    result = value_function(problem)
    limit_w = problem.illumination_limit_w
    if result.illumination_w is None or limit_w - result.illumination_w <= 1e-9 * limit_w:
        return None
    began = time.process_time()
    bound = interference_bound(problem, result.illumination_w) if interference else upper_bound(problem)
    bound_w, spent = bound.value_w, time.process_time() - began
    return (limit_w - bound_w) / (limit_w - result.illumination_w), spent


def main(deployments: int, *, interference: bool = False) -> None:
    """One row for each size and number of selected receivers."""
    print(
        "| K, N_t, N_r, R | selected | deployments | proven share of the loss: median (10 % to 90 %) | time, median |"
    )
    print("|---|---|---|---|---|")
    for size in SMALL if interference else CASES:
        count = deployments if size[0] <= 20 else max(1, deployments // 10)
        for name, selected in (("all", size[0]), ("half", size[0] // 2), ("none", 0)):
            if interference and name != "half":
                continue
            each = (share(seed, size, selected, interference=interference) for seed in range(count))
            found = [one for one in each if one is not None]
            shares, times = np.array(found).T if found else (np.zeros(1), np.zeros(1))
            low, middle, high = 100.0 * np.quantile(shares, [0.1, 0.5, 0.9])
            label = ", ".join(f"{value:g}" for value in size)
            proven = f"{middle:.0f} % ({low:.0f} to {high:.0f})"
            print(f"| {label} | {name} | {len(found)} | {proven} | {1e3 * np.median(times):.3g} ms |", flush=True)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if not word.startswith("--")]
    main(numbers[0] if numbers else 20, interference="--interference" in sys.argv)
