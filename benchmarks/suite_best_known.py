"""Best-known values and bounds of a version of the benchmark suite, made anew: about eight minutes each.

    python -m benchmarks.suite_best_known VERSION [FOLDER]

Groups: branch and bound until nothing is open, held against enumeration where there are at most 20 free receivers and,
under the surrogate, against a mixed-integer program. Beams: `value_function` from many random starts, with the dual
optimum where channels have rank one; the bound is the smallest that is proven. FOLDER (default: the package's own) gets
`best_known.json` and `best_beams.npz`, whose beams reach the values.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingProblem, BeamformingResult
from multistatic.beamforming.certificate import upper_bound
from multistatic.beamforming.evaluate import violations
from multistatic.beamforming.los import los_sdp
from multistatic.beamforming.sca import ScaSettings, sca
from multistatic.beamforming.value_function import ValueFunctionSettings, value_function
from multistatic.errors import InputError
from multistatic.files.atomic import write_files_atomically
from multistatic.selection.branch_and_bound import BranchAndBoundSettings, branch_and_bound
from multistatic.selection.enumeration import enumeration
from multistatic.selection.milp import milp
from multistatic.selection.selection_problem import Selection, SelectionProblem
from multistatic.suite.instances import BEST_BEAMS, BEST_KNOWN, SuiteInstance, load_suite
from multistatic.suite.tasks import SELECTION_BOARDS, STRICT, common_illumination_w, figure_w

AGREE = 1e-8
STARTS, STARTS_LARGE, LARGE = 120, 8, 30
SCA_UP_TO, SCA_OVER_POINTS, SCA_POINTS = 12, 6, 3
PROGRAM_POINTS = 100  # beyond, the semidefinite program takes hours


def best_group(problem: SelectionProblem, criterion: str) -> dict[str, Any]:
    """The certified optimum under one criterion; every exact method that takes the problem has to agree."""
    rng = np.random.default_rng(0)
    settings = BranchAndBoundSettings(gap=1e-10, nodes=2_000_000)
    found: dict[str, Selection] = {"branch_and_bound": branch_and_bound(problem, rng, settings)}
    if int(np.sum(~problem.forced)) <= 20:
        found["enumeration"] = enumeration(problem, rng)
    if criterion == "surrogate" and len(problem.illumination_w) == 1:
        found["milp"] = milp(problem, rng)
    best = min(found.values(), key=lambda each: float("inf") if each.value is None else each.value)
    assert best.value is not None
    bound = found["branch_and_bound"].bound
    if "enumeration" in found:
        bound = found["enumeration"].value
    for name, each in found.items():
        assert each.status == "optimal", (name, each.message)
        assert each.value is not None
        assert abs(each.value / best.value - 1) <= AGREE, (name, each.value, best.value)
    return {
        "value": best.value,
        "bound": bound,
        "proof": ", ".join(found),
        "found_by": best.method,
        "selected": list(problem.ids(best.selected)),
    }


def candidates(problem: BeamformingProblem) -> Iterator[tuple[str, BeamformingResult]]:
    """(how, result) of everything that is tried."""
    yield "value_function", value_function(problem)
    starts = STARTS if len(problem.direct) <= LARGE else STARTS_LARGE
    long = ValueFunctionSettings(
        random_starts=starts,
        random_starts_mixed=starts,
        many=10_000,
        steps=2000,
        tolerance=1e-11,
        stream_tolerance=1e-9,
    )
    yield f"value_function, {starts} random starts", value_function(problem, long)
    if len(problem.steering_tx) <= PROGRAM_POINTS:
        with suppress(InputError):  # channels of higher rank
            yield "los_sdp", los_sdp(problem)
    up_to = SCA_UP_TO if len(problem.steering_tx) == 1 else SCA_OVER_POINTS
    if len(problem.direct) <= up_to and len(problem.steering_tx) <= SCA_POINTS:
        yield "sca", sca(problem, ScaSettings(tolerance=1e-7))


def best_of(problem: BeamformingProblem) -> tuple[dict[str, Any], np.ndarray]:
    """The best beams that keep every constraint, and the least proven upper bound on what they are ranked by."""
    least, proof = _certificate(problem)
    best: tuple[str, BeamformingResult, float] | None = None
    for how, result in candidates(problem):
        value = None if result.beams is None else figure_w(problem, result.beams)
        print(f"    {how}: {result.status} {value}", flush=True)
        if result.beams is None or value is None:
            continue
        bound_w = result.upper_bound_w
        if problem.objective is not None:
            proven = result.loss_bound
            bound_w = common_illumination_w(problem.objective, proven) if proven > 0.0 else float("inf")
        if bound_w < least:
            least, proof = bound_w, f"dual of {result.method}"
        strict = max(violations(problem, result.beams).values()) <= STRICT
        if strict and (best is None or value > best[2] * (1 + 1e-12)):
            best = how, result, value
    assert best is not None
    how, result, value = best
    assert result.beams is not None
    entry = {"value": value, "bound": max(least, value), "proof": proof, "found_by": how}
    return entry, np.asarray(result.beams.weights)


def _certificate(problem: BeamformingProblem) -> tuple[float, str]:
    """An upper bound in W that holds for any beams, and what it follows from."""
    if problem.objective is None:
        bound = upper_bound(problem)
        return bound.value_w, "power" if bound.proof == "power" else "certificate"
    most_w = np.sum(np.abs(problem.steering_tx) ** 2, axis=1) * problem.power_limit_w
    return common_illumination_w(problem.objective, problem.objective.loss(most_w)), "power"


def boards_of(instance: SuiteInstance) -> tuple[dict[str, Any], np.ndarray | None]:
    """Every board of an instance."""
    boards: dict[str, Any] = {board: best_group(instance.selection_problem(board), board) for board in SELECTION_BOARDS}
    if not instance.group:
        return boards, None
    boards["beams"], beams = best_of(instance.beamforming_problem())
    return boards, beams


def main(version: int, folder: Path) -> None:
    """Write both files, whole or not at all."""
    instances, beams = {}, {}
    for instance in load_suite(version):
        began = time.perf_counter()
        print(instance.name, flush=True)
        instances[instance.name], weights = boards_of(instance)
        if weights is not None:
            beams[instance.name] = weights
        print(f"  {time.perf_counter() - began:.1f} s", flush=True)
    made_by = f"python -m benchmarks.suite_best_known {version}"
    document = {"suite": version, "made_by": made_by, "instances": instances}
    stored = io.BytesIO()
    np.savez_compressed(stored, allow_pickle=False, **beams)
    text = json.dumps(document, indent=2, allow_nan=False) + "\n"
    write_files_atomically(folder, {BEST_BEAMS: stored.getvalue(), BEST_KNOWN: text.encode()})


if __name__ == "__main__":
    which = int(sys.argv[1])
    default = resources.files("multistatic.suite").joinpath(f"v{which}")
    main(which, Path(sys.argv[2]) if len(sys.argv) > 2 else Path(str(default)))
