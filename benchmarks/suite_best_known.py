"""Best-known values and bounds of the benchmark suite, made anew: about eight minutes.

    python -m benchmarks.suite_best_known [FOLDER]

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
from multistatic.suite.instances import BEST_BEAMS, BEST_KNOWN, VERSION, SuiteInstance, load_suite
from multistatic.suite.tasks import SELECTION_BOARDS, STRICT

AGREE = 1e-8
STARTS, STARTS_LARGE, LARGE = 120, 8, 30
SCA_UP_TO = 12


def best_group(problem: SelectionProblem, criterion: str) -> dict[str, Any]:
    """The certified optimum under one criterion; every exact method that takes the problem has to agree."""
    rng = np.random.default_rng(0)
    settings = BranchAndBoundSettings(gap=1e-10, nodes=2_000_000)
    found: dict[str, Selection] = {"branch_and_bound": branch_and_bound(problem, rng, settings)}
    if int(np.sum(~problem.forced)) <= 20:
        found["enumeration"] = enumeration(problem, rng)
    if criterion == "surrogate":
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
    with suppress(InputError):  # channels of higher rank
        yield "los_sdp", los_sdp(problem)
    if len(problem.direct) <= SCA_UP_TO:
        yield "sca", sca(problem, ScaSettings(tolerance=1e-7))


def best_of(problem: BeamformingProblem) -> tuple[dict[str, Any], np.ndarray]:
    """The best beams that keep every constraint, and the least proven upper bound."""
    bound, proof = upper_bound(problem), "certificate"
    least = bound.value_w
    if bound.proof == "power":
        proof = "power"
    best: tuple[str, BeamformingResult] | None = None
    for how, result in candidates(problem):
        print(f"    {how}: {result.status} {result.illumination_w}", flush=True)
        if result.beams is None or result.illumination_w is None:
            continue
        if result.upper_bound_w < least:
            least, proof = result.upper_bound_w, f"dual of {result.method}"
        strict = max(violations(problem, result.beams).values()) <= STRICT
        if strict and (best is None or result.illumination_w > best[1].illumination_w * (1 + 1e-12)):
            best = how, result
    assert best is not None
    how, result = best
    assert result.beams is not None
    assert result.illumination_w is not None
    entry = {
        "value": result.illumination_w,
        "bound": max(least, result.illumination_w),
        "proof": proof,
        "found_by": how,
    }
    return entry, np.asarray(result.beams.weights)


def boards_of(instance: SuiteInstance) -> tuple[dict[str, Any], np.ndarray | None]:
    """Every board of an instance."""
    boards: dict[str, Any] = {board: best_group(instance.selection_problem(board), board) for board in SELECTION_BOARDS}
    if not instance.group:
        return boards, None
    boards["beams"], beams = best_of(instance.beamforming_problem())
    return boards, beams


def main(folder: Path) -> None:
    """Write both files, whole or not at all."""
    instances, beams = {}, {}
    for instance in load_suite():
        began = time.perf_counter()
        print(instance.name, flush=True)
        instances[instance.name], weights = boards_of(instance)
        if weights is not None:
            beams[instance.name] = weights
        print(f"  {time.perf_counter() - began:.1f} s", flush=True)
    document = {"suite": VERSION, "made_by": "python -m benchmarks.suite_best_known", "instances": instances}
    stored = io.BytesIO()
    np.savez_compressed(stored, allow_pickle=False, **beams)
    text = json.dumps(document, indent=2, allow_nan=False) + "\n"
    write_files_atomically(folder, {BEST_BEAMS: stored.getvalue(), BEST_KNOWN: text.encode()})


if __name__ == "__main__":
    default = resources.files("multistatic.suite").joinpath(f"v{VERSION}")
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(str(default)))
