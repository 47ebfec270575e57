"""From starts to the best streams found (docs/algorithms.md §1.6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from multistatic.beamforming.downlink.gram_problem import GramProblem, Streams
from multistatic.beamforming.value_function import starting_vectors
from multistatic.beamforming.value_function.earlier_beams import distinct
from multistatic.beamforming.value_function.reachable_rates import Reach, reach
from multistatic.beamforming.value_function.receive_vectors import descend, with_beams
from multistatic.beamforming.value_function.streams import mmse_vectors, with_more_streams, without_idle_streams
from multistatic.errors import InputError, Problem

_SCREENING_STEPS = 20
_PROMISING = 1.5  # times the best loss so far
_FURTHER = 5.0  # times the progress of a round of steps: what may still come
_WORTH_A_STREAM = 1e-4
_STREAM_ROUNDS = 4
_FEASIBLE_TRIES = 4
_POLISHING_ROUNDS, _POLISHING_STEPS, _POLISHING_TOLERANCE = 3, 3000, 1e-12
_SEED = 0x5EED
_PRECISE = 40  # receivers up to which nothing is given up unless the settings say so
_PRECISION = 1e-5  # of the light, beyond
_FEW = 0.2  # of the receivers selected: beams without a sensing beam may be the best
_ALTERNATIONS = 30
_SMALL_GAIN = 0.01  # of what may be given up
_NEARLY = 1.5  # times a loss that is enough: the alternation lowers it by a tenth or so
_ENOUGH = 20.0  # times the precision: local optima differ by a twentieth of such a loss (docs/algorithms.md §1.6)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueFunctionSettings:
    """How long the value-function method looks for better beams; the defaults serve every size of network.

    `precision`: share of the largest illumination N_t P_T that an early end gives up as a rule: where the loss falls
    below twenty times it, no other start and no further stream is tried, and a descent ends the sooner the smaller the
    loss. What is really given up is below the loss, and between local optima of many receivers a twentieth of it
    (docs/algorithms.md §1.6). 0: nothing is given up. None: nothing up to 40 receivers, 1e-5 beyond.
    `steps`, `tolerance`: a descent ends after so many BFGS steps, or after three in a row that each lower the loss by
    a smaller share of itself. `stream_tolerance`: the same while streams are added.
    `random_starts`: besides the constructed ones. `random_starts_mixed`: their number where some receivers suffer the
    sensing beam and others cancel it, because local optima differ most there. No random start is tried beyond `many`
    receivers, where each takes seconds.

    Raises `InputError` with every field that is out of its range.

    >>> ValueFunctionSettings(precision=1e-4).precision
    0.0001
    """

    precision: Annotated[float, Ge(0.0), Le(1.0)] | None = None
    random_starts: Annotated[int, Ge(0)] = 1
    random_starts_mixed: Annotated[int, Ge(0)] = 3
    many: Annotated[int, Ge(0)] = 64
    steps: Annotated[int, Ge(0)] = 300
    tolerance: Annotated[float, Ge(0.0), Le(1.0)] = 1e-8
    stream_tolerance: Annotated[float, Ge(0.0), Le(1.0)] = 1e-6

    def __post_init__(self) -> None:
        whole = {name: getattr(self, name) for name in ("random_starts", "random_starts_mixed", "many", "steps")}
        shares = {name: getattr(self, name) for name in ("tolerance", "stream_tolerance")}
        if self.precision is not None:
            shares["precision"] = self.precision
        problems = [
            Problem(name, repr(value), "a whole number, 0 or more")
            for name, value in whole.items()
            if isinstance(value, bool) or not isinstance(value, int) or value < 0
        ]
        problems += [
            Problem(name, repr(value), "a number from 0 to 1")
            for name, value in shares.items()
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.0 <= value <= 1.0
        ]
        if problems:
            raise InputError(problems, source="ValueFunctionSettings")

    def spare(self, problem: GramProblem) -> float:
        """The part of the largest illumination ‖a‖²P of a problem that an early end may give up."""
        if self.precision is not None:
            return self.precision * problem.norm2
        return 0.0 if len(problem.rate) <= _PRECISE else _PRECISION * problem.norm2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LocalOptima:
    """The `best` streams found, and `others` from which a neighbouring problem is worth solving, too."""

    best: Streams
    others: tuple[Streams, ...] = ()


def feasible_start(problem: GramProblem, limit: int) -> Reach:
    """Streams that reach all rates within the power (scale 1), or the largest scale of the rates found."""
    best = Reach(scale=0.0, streams=starting_vectors.dominant(problem))
    rng = np.random.default_rng(_SEED)
    for attempt in range(_FEASIBLE_TRIES):
        start = best.streams if attempt == 0 else starting_vectors.random_streams(problem, rng)
        found = reach(problem, start, limit, 1.0)
        best = max(best, found, key=lambda reached: reached.scale)
        if best.scale >= 1.0 or problem.antennas == 1:
            break
    return best


def best_streams(problem: GramProblem, feasible: Streams, limit: int, settings: ValueFunctionSettings) -> LocalOptima:
    """The best local optimum over the starts, then with more streams as long as they help."""
    if problem.antennas == 1:
        return LocalOptima(best=with_beams(problem, replace(feasible, solution=None), "loss"))
    search = _Search(problem=problem, settings=settings, spare=settings.spare(problem))
    best = search.turned_away() if search.spare > 0.0 and search.mixed else None
    if best is not None:
        return search.ended([best], limit)
    best = search.first(feasible)
    found = [best]
    for start in search.other_starts(feasible, best):
        if best.value <= search.enough:
            break
        found.append(search.finished_if_promising(start, best.value))
        best = min(found, key=lambda streams: streams.value)
    return search.ended(found, limit)


def resumed_streams(
    problem: GramProblem, starts: Sequence[Streams], limit: int, settings: ValueFunctionSettings
) -> LocalOptima | None:
    """The best local optimum below the given starts alone, then as `best_streams`; None where none of them meets the
    rates.
    """
    search = _Search(problem=problem, settings=settings, spare=settings.spare(problem))
    found: list[Streams] = []
    for start in starts:
        lean = search.finished(replace(start, solution=None))
        fewer = without_idle_streams(problem, lean)
        lean = lean if fewer is lean else search.finished(fewer)
        if lean.solution is not None and lean.solution.proven:
            found.append(lean)
            if lean.value <= search.enough:
                break
    return search.ended(found, limit) if found else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Search:
    """The descents of one problem; `spare` of its light may be given up, none where it is 0."""

    problem: GramProblem
    settings: ValueFunctionSettings
    spare: float

    @property
    def mixed(self) -> bool:
        """Whether some receivers suffer the sensing beam and others do not."""
        return bool(self.problem.receives_sensing.any() and not self.problem.receives_sensing.all())

    @property
    def enough(self) -> float:
        """A loss not worth another start."""
        return _ENOUGH * self.spare

    def finished(self, start: Streams, tolerance: float | None = None, problem: GramProblem | None = None) -> Streams:
        """A descent to its end."""
        settings = self.settings
        return descend(
            problem or self.problem,
            start,
            "loss",
            steps=settings.steps,
            tolerance=settings.tolerance if tolerance is None else tolerance,
            spare=self.spare,
        )

    @property
    def small(self) -> bool:
        """Whether descents are cheap."""
        return len(self.problem.rate) <= self.settings.many

    @property
    def few(self) -> bool:
        """Whether so few receivers are selected that beams without a sensing beam may be the best."""
        return self.mixed and bool(np.mean(self.problem.receives_sensing) >= 1.0 - _FEW)

    def first(self, feasible: Streams) -> Streams:
        """The first descent. Of few selected receivers among many the best beams often have no sensing beam: it then
        goes by the problem of no selected receiver, whose solution is feasible for every group, at a third of the time.
        """
        start = feasible
        if self.spare > 0.0 and self.few:
            start = self.finished(
                replace(feasible, solution=None), problem=starting_vectors.all_receive_sensing(self.problem)
            )
        return self.finished(replace(start, solution=None))

    def ended(self, found: list[Streams], limit: int) -> LocalOptima:
        """The best of the descents with more streams as long as they help, and others that came close."""
        problem, settings = self.problem, self.settings
        best = min(found, key=lambda streams: streams.value)
        others = distinct(found, best) if self.small else ()
        for _ in range(_STREAM_ROUNDS):
            richer = with_more_streams(problem, best, limit) if best.value > self.enough else None
            if richer is None:
                break
            richer = self.finished(richer, settings.stream_tolerance)
            richer = with_beams(problem, without_idle_streams(problem, richer), "loss")
            if not richer.value < best.value * (1.0 - _WORTH_A_STREAM):
                break
            best = richer
        return LocalOptima(best=best, others=others)

    def screened(self, start: Streams) -> Streams:
        """The first steps of a descent."""
        return descend(self.problem, start, "loss", steps=_SCREENING_STEPS, spare=self.spare)

    def finished_if_promising(self, start: Streams, best: float) -> Streams:
        """A descent that ends early where it is far from the best loss so far; beyond `many` receivers also where
        several times its progress from the first to the second round of steps would not take it there.
        """
        found = self.screened(start)
        if found.value < _PROMISING * best and not self.small and self.spare > 0.0:
            before, found = found.value, self.screened(found)
            if not found.value - _FURTHER * (before - found.value) < best:
                return found
        return self.finished(found) if found.value < _PROMISING * best else found

    def turned_away(self) -> Streams | None:
        """The cheapest start, if it comes to next to no loss; many receivers on few antennas nearly always do.

        In turn the best receive vectors for the beams and the best beams for the vectors: no step loses, and where
        losses are small a few of them do the work of hundreds of BFGS, whose first steps are short there.
        """
        found = with_beams(self.problem, starting_vectors.nulling_target(self.problem, 1.0), "loss")
        if not found.value <= _NEARLY * self.enough:
            return None
        for _ in range(_ALTERNATIONS):
            assert found.solution is not None
            vectors = mmse_vectors(self.problem, found, found.solution)
            better = with_beams(self.problem, replace(found, vectors=vectors, iterations=found.iterations + 1), "loss")
            if not better.value < found.value:
                break
            gained, found = found.value - better.value, better
            if gained < _SMALL_GAIN * self.spare:
                break
        return found if found.value <= self.enough else None

    def other_starts(self, feasible: Streams, found: Streams) -> Iterator[Streams]:
        """Where to start besides `feasible`, whose descent has `found` a first optimum; each is made on demand.

        Under a mixed selection an optimum has a sensing beam or none. Receivers turned away from the target lead to
        one with it, the solution for no selected receiver, which is feasible for every group, to one without it. Where
        something may be given up and more than a few are selected, only the kind is tried that has not been found, and
        beams without a sensing beam are not worth a search.
        """
        problem, settings, count = self.problem, self.settings, self.settings.random_starts
        precise = self.spare == 0.0
        if self.mixed:
            count = settings.random_starts_mixed
            thorough = precise or self.few
            sensing = found.solution is not None and found.solution.left > 0.0
            if thorough or not sensing:
                yield starting_vectors.nulling_target(problem, 1.0)
            if precise or (thorough and sensing):
                alone, start = starting_vectors.all_receive_sensing(problem), feasible if precise else found
                yield replace(self.finished(replace(start, solution=None), problem=alone), solution=None)
        rng = np.random.default_rng(_SEED)
        for _ in range(count if self.small else 0):
            yield starting_vectors.random_streams(problem, rng)


def polished(problem: GramProblem, best: Streams) -> Streams:
    """`best` after a descent that ends at rounding, and without the streams that vanish on the way.

    A stream about to vanish makes the loss so flat that the usual tolerance ends the descent early: some per cent of
    the forces are then left over, though hardly any loss.
    """
    for _ in range(_POLISHING_ROUNDS):
        finer = descend(problem, best, "loss", steps=_POLISHING_STEPS, tolerance=_POLISHING_TOLERANCE)
        finer = with_beams(problem, without_idle_streams(problem, finer), "loss")
        if finer.solution is None or not finer.solution.proven or not finer.value <= best.value:
            return best
        fewer, best = len(finer.share) < len(best.share), finer
        if not fewer:
            return best
    return best
