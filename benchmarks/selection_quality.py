"""How far selectors fall short of the exact optimum, and how long they take, on random deployments of `paper`.

Rates are not required, so that nobody is forced into a group: what is compared is the choice under the budget alone.
"""

from __future__ import annotations

from dataclasses import replace
from time import process_time

import numpy as np

from multistatic import Beams, SelectionProblem, load_preset, registry
from multistatic.design.instance import instance_of

SELECTORS = ("greedy_swap", "greedy", "kmeans", "minimax_linkage", "best_n", "nearest_n", "random")
DEPLOYMENTS = 100


def problem_of(seed: int, criterion: str, budget_m: float, receivers: int = 10) -> SelectionProblem:
    """One deployment with all power on the target."""
    settings = {
        "seed": seed,
        "receivers.random.count": receivers,
        "requirements.rate_bps_hz": 0,
        "requirements.cooperation_cost_m": budget_m,
    }
    overrides = [*(f"{key}={value}" for key, value in settings.items()), f'design.criterion="{criterion}"']
    instance = instance_of(load_preset("paper", overrides))
    steering = instance.channel.steering_tx[0]
    weights = np.zeros((1 + instance.size, len(steering), 1), complex)
    weights[0, :, 0] = steering.conj() * np.sqrt(instance.scenario.transmitter.power_w / len(steering))
    return instance.selection_problem(Beams(weights=weights))


def ratios_of_position_error(count: int | None, budget_m: float) -> np.ndarray:
    """PEB of the group that is best under the surrogate over the PEB of the group that is best under it."""
    rng, ratios = np.random.default_rng(0), []
    for seed in range(DEPLOYMENTS):
        cheap, exact = (replace(problem_of(seed, name, budget_m), count=count) for name in ("surrogate", "peb"))
        choice, best = (registry.load("selectors", "enumeration")(p, rng) for p in (cheap, exact))
        if best.value is not None and choice.value is not None:
            ratios.append(exact.values(choice.selected)[0] / best.value)
    return np.array(ratios)


def main() -> None:
    print("criterion   budget  selector         excess: mean  90 %   max    found    time")
    for criterion in ("surrogate", "peb"):
        for budget_m in (100.0, 200.0):
            problems = [problem_of(seed, criterion, budget_m) for seed in range(DEPLOYMENTS)]
            rng = np.random.default_rng(0)
            best = np.array([registry.load("selectors", "enumeration")(p, rng).value or np.nan for p in problems])
            for name in SELECTORS:
                select = registry.load("selectors", name)
                begun = process_time()
                values = np.array([select(p, rng).value or np.nan for p in problems])
                time_ms = (process_time() - begun) / len(problems) * 1e3
                excess = (values / best - 1.0)[np.isfinite(values / best)] * 100
                found = len(excess) / np.isfinite(best).sum() * 100
                spread = f"{excess.mean():9.1f} % {np.quantile(excess, 0.9):5.0f} % {excess.max():5.0f} %"
                print(f"{criterion:10} {budget_m:5.0f} m  {name:16} {spread} {found:5.0f} % {time_ms:7.2f} ms")

    print("\nPEB of the surrogate's optimum over the best PEB: median, 90 %, infinite (target unobservable)")
    for count, budget_m in ((2, 1e6), (None, 100.0), (None, 200.0)):
        ratios = ratios_of_position_error(count, budget_m)
        finite = ratios[np.isfinite(ratios)]
        group = "pairs, no budget" if count else f"any group, {budget_m:.0f} m"
        high, lost = np.quantile(finite, 0.9), np.mean(~np.isfinite(ratios))
        print(f"{group:18} {np.median(finite):6.2f}  {high:6.2f}  {lost:6.0%}")

    print("\nbranch_and_bound on 200 receivers, 200 m: proven optimal, time median and largest")
    search = registry.load("selectors", "branch_and_bound")
    for criterion in ("surrogate", "peb"):
        times_ms, proven = [], []
        for seed in range(20):
            problem = problem_of(seed, criterion, 200.0, receivers=200)
            begun = process_time()
            proven.append(search(problem, np.random.default_rng(0)).status == "optimal")
            times_ms.append((process_time() - begun) * 1e3)
        print(f"{criterion:10} {np.mean(proven):6.0%} {np.median(times_ms):6.0f} ms {max(times_ms):6.0f} ms")


if __name__ == "__main__":
    main()
