"""The benchmark suite: what is frozen, how answers are judged, who stands where."""

from __future__ import annotations

import io
import itertools
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from multistatic import registry
from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.errors import InputError
from multistatic.registry import Origin
from multistatic.report.leaderboard import (
    failures_in_words,
    leaderboard_csv,
    leaderboard_document,
    leaderboard_tables,
    outcomes_csv,
)
from multistatic.report.leaderboard_plots import leaderboard_pictures
from multistatic.suite import instances as frozen
from multistatic.suite import tasks
from multistatic.suite.best_known import BEAMS, best_beams, best_known
from multistatic.suite.instances import check_channels, load_suite, manifest_entries
from multistatic.suite.ranking import standings
from multistatic.suite.run import SuiteSettings, ranked_methods, tasks_of
from multistatic.suite.tasks import BOARDS, SELECTION_BOARDS, STRICT, Answer, SuiteOutcome, SuiteTask, judged
from tests.support.close import close_to

FAMILIES = {
    "small",
    "paper size",
    "large",
    "line of sight",
    "Rician",
    "clustered",
    "nearly infeasible",
    "3-D",
    "mixed arrays",
    "tight budget",
    "loose budget",
    "several streams",
}
SUITE = load_suite(1)
TASKS = tasks_of(SuiteSettings(version=1))
QUICK = {each.name for each in SUITE if each.quick}
SELECTION_TASKS = tuple(one for board in SELECTION_BOARDS for one in TASKS[board])
QUICK_BEAMS = tuple(one for one in TASKS[BEAMS] if one.instance.quick)
RANKINGS = ("best_n", "nearest_n")
HEURISTICS = ("greedy", "greedy_swap", "local_search", "minimax_linkage", *RANKINGS, "random")


def task(name: str, board: str) -> SuiteTask:
    return next(each for each in TASKS[board] if each.instance.name == name)


def ids(tasks: tuple[SuiteTask, ...]) -> list[str]:
    return [each.instance.name for each in tasks]


# What is frozen


def test_the_manifest_the_files_and_the_best_known_values_name_the_same_instances() -> None:
    names = [entry["name"] for entry in manifest_entries(1)]
    folder = Path(frozen.__file__).parent / "v1"
    assert sorted(names) == sorted(path.stem for path in folder.glob("*.toml") if path.name != frozen.MANIFEST)
    assert {name for name, _ in best_known(1)} == set(names)
    assert 12 <= len(names) <= 20
    assert {family for each in SUITE for family in each.families} == FAMILIES
    for each in SUITE:
        assert each.scenario.name == each.name
        boards = {board for name, board in best_known(1) if name == each.name}
        assert boards == set(BOARDS if each.group else SELECTION_BOARDS)
        text = (folder / f"{each.name}.toml").read_text(encoding="utf-8")
        assert text.startswith("# ")
        assert "random" not in tomllib.loads(text)["receivers"]


def test_a_changed_file_and_a_changed_channel_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    read = frozen.read_bytes

    def altered(version: int, name: str) -> bytes:
        text = read(version, name)
        return text.replace(b"[20.0, 40.0]", b"[20.0, 40.1]") if name == "paper.toml" else text

    check_channels(SUITE, 1)
    other = replace(SUITE[3], scenario=replace(SUITE[3].scenario, seed=1))
    with pytest.raises(InputError, match=r"channel of paper: .* draws other random numbers"):
        check_channels((other, SUITE[0]), 1)
    drawn = SUITE[3].direct_gain()
    monkeypatch.setattr(frozen.SuiteInstance, "direct_gain", lambda self: drawn * (1 + 1e-10))
    check_channels((SUITE[3],), 1)
    monkeypatch.setattr(frozen.SuiteInstance, "direct_gain", lambda self: drawn * (1 + 1e-8))
    with pytest.raises(InputError, match="channel of paper"):
        check_channels((SUITE[3],), 1)
    monkeypatch.setattr(frozen, "read_bytes", altered)
    with pytest.raises(InputError, match=r"paper\.toml: received SHA-256 .*the file of an instance has changed"):
        load_suite(1)
    with pytest.raises(InputError, match="received 3, expected one of the versions 1, 2"):
        load_suite(3)


def test_line_ends_do_not_change_a_fingerprint() -> None:
    assert frozen.fingerprint(b"a\r\nb\r\n") == frozen.fingerprint(b"a\nb\n") != frozen.fingerprint(b"a\nc\n")


# Best-known groups: against a search of this file's own, and against every method


def costs_m(problem, members: tuple[int, ...]) -> float:
    total = 0.0
    for k in members:
        others = [problem.receiver_distance_m[k, j] for j in members if j != k]
        apart = sum(others) / len(others) if others else 0.0
        total += problem.distance_weight * problem.target_distance_m[k] + (1 - problem.distance_weight) * apart
    return total


@pytest.mark.parametrize("board", SELECTION_BOARDS)
@pytest.mark.parametrize("name", sorted(QUICK))
def test_small_optima_are_those_of_a_plain_search(name: str, board: str) -> None:
    one = task(name, board)
    problem = one.instance.selection_problem(board)
    forced = set(np.flatnonzero(problem.forced))
    affordable = [
        members
        for size in range(1, problem.size + 1)
        for members in itertools.combinations(range(problem.size), size)
        if forced <= set(members) and costs_m(problem, members) <= problem.cost_limit_m
    ]
    masks = np.array([np.isin(np.arange(problem.size), members) for members in affordable])
    best = problem.values(masks).min()
    assert one.best.value == close_to(best, rel=1e-9)
    assert one.best.bound == close_to(best, rel=1e-9)


@pytest.mark.parametrize("one", SELECTION_TASKS, ids=[f"{one.instance.name} {one.board}" for one in SELECTION_TASKS])
def test_best_known_groups_reach_their_values_and_no_method_is_better(one: SuiteTask) -> None:
    problem = one.instance.selection_problem(one.board)
    mask = one.instance.scenario.mask(one.best.selected)
    assert judged(one, "", Answer(status="feasible", selected=mask), 1.0).gap == close_to(0.0, abs=1e-9)
    assert one.best.proven_gap <= 1e-9
    exact = registry.load("selectors", "branch_and_bound")(problem, np.random.default_rng(0))
    assert exact.value == close_to(one.best.value, rel=2e-9)
    for name in HEURISTICS:
        found = registry.load("selectors", name)(problem, np.random.default_rng(0))
        if name in RANKINGS and found.status == "infeasible":  # a ranking looks at one group only
            continue
        assert found.value >= one.best.value * (1 - 1e-9), name


# Best-known beams: by formulas of this file


def rates(problem: BeamformingProblem, weights: np.ndarray) -> np.ndarray:
    found = []
    for k, channel in enumerate(problem.direct):
        received = [channel @ each @ each.conj().T @ channel.conj().T for each in weights]
        noise = problem.noise_power_w * np.eye(len(channel)) + sum(received[1:]) - received[1 + k]
        noise = noise + (0 if problem.selected[k] else received[0])
        heard = np.linalg.slogdet((noise + received[1 + k]) / problem.noise_power_w)[1]
        found.append((heard - np.linalg.slogdet(noise / problem.noise_power_w)[1]) / np.log(2))
    return np.array(found)


@pytest.mark.parametrize("one", TASKS[BEAMS], ids=ids(TASKS[BEAMS]))
def test_best_known_beams_reach_their_values_within_every_constraint(one: SuiteTask) -> None:
    problem, weights = one.instance.beamforming_problem(), best_beams(one.instance.name, 1)
    assert np.all(rates(problem, weights) >= problem.rate_required_bps_hz * (1 - 2 * STRICT))
    assert np.sum(np.abs(weights) ** 2) <= problem.power_limit_w * (1 + STRICT)
    lit = sum(np.sum(np.abs(problem.steering @ each) ** 2) for each in weights)
    assert lit == close_to(one.best.value, rel=1e-9)
    assert one.best.value <= one.best.bound <= problem.illumination_limit_w * (1 + 1e-12)
    if one.best.proof.startswith("dual"):
        assert one.best.proven_gap <= 1e-7


@pytest.mark.parametrize("one", QUICK_BEAMS, ids=ids(QUICK_BEAMS))
def test_the_default_beamformer_reaches_the_best_known_value_of_small_instances(one: SuiteTask) -> None:
    result = registry.load("beamformers", "value_function")(one.instance.beamforming_problem())
    outcome = judged(one, "value_function", Answer(status=result.status, beams=result.beams.weights), 1.0)
    assert abs(outcome.gap) <= 1e-6
    assert not outcome.record


RANK_ONE = tuple(one for one in TASKS[BEAMS] if one.best.proof.startswith("dual"))


@pytest.mark.parametrize("one", RANK_ONE, ids=ids(RANK_ONE))
def test_the_dual_of_a_semidefinite_program_agrees_where_the_optimum_is_proven(one: SuiteTask) -> None:
    result = registry.load("beamformers", "los_sdp")(one.instance.beamforming_problem())
    outcome = judged(one, "", Answer(status=result.status, beams=result.beams.weights, bound=result.upper_bound_w), 1.0)
    assert abs(outcome.gap) <= 1e-6
    assert outcome.note == ""


@pytest.mark.parametrize("name", ["branch_and_bound", "enumeration", "milp"])
def test_exact_selectors_reach_the_optimum_of_small_instances(name: str) -> None:
    for one in SELECTION_TASKS:
        if one.instance.quick and not (name == "milp" and one.board == "peb"):
            problem = one.instance.selection_problem(one.board)
            found = registry.load("selectors", name)(problem, np.random.default_rng(0))
            answer = Answer(status=found.status, selected=found.selected, bound=found.bound)
            outcome = judged(one, name, answer, 1.0)
            assert (abs(outcome.gap) <= 1e-8, outcome.note) == (True, ""), one.instance.name


# Judging


def test_groups_are_judged_by_what_they_are() -> None:
    one = task("paper_loose", "peb")
    size, best = 10, one.instance.scenario.mask(one.best.selected)
    everyone, nobody, lone = np.ones(size, bool), np.zeros(size, bool), np.arange(size) == 4
    for mask, reason in (
        (everyone, "its cooperation cost is 1000.7 m, the limit is 640 m"),
        (nobody, "('rx05',) are missing"),
        (lone, "unobservable under peb"),
        (np.ones(9, bool), "expected a group of shape (10,), received (9,)"),
        (None, "received none"),
    ):
        outcome = judged(one, "mine", Answer(status="optimal", selected=mask, bound=0.0), 1.0)
        assert outcome.verdict == "invalid"
        assert reason in outcome.message
        assert outcome.gap is None
    good = judged(one, "mine", Answer(status="optimal", selected=best, bound=one.best.value), 2.0)
    assert (good.verdict, good.note, good.record, good.time_s) == ("solved", "", False, 2.0)
    assert judged(one, "mine", Answer(status="infeasible", selected=best), 1.0).verdict == "infeasible"


def test_claims_that_are_not_true_are_noted() -> None:
    one = task("paper", "surrogate")
    poor = registry.load("selectors", "random")(one.instance.selection_problem("surrogate"), np.random.default_rng(0))
    outcome = judged(one, "mine", Answer(status="optimal", selected=poor.selected, bound=poor.value), 1.0)
    assert outcome.gap > 0.01
    assert "claims the bound" in outcome.note
    lit, beams = task("paper", BEAMS), best_beams("paper", 1)
    low = judged(lit, "mine", Answer(status="feasible", beams=beams, bound=0.9 * lit.best.value), 1.0)
    assert low.note == "claims the bound 8.9043127, but 9.89368077 is known"
    assert judged(lit, "mine", Answer(status="feasible", beams=beams, bound=lit.best.bound), 1.0).note == ""


@pytest.mark.parametrize(
    ("gap", "words"), [(0.25, "25 %"), (1.2e-2, "1.2 %"), (1e-5, "0.001 %"), (3e-6, "0.0003 %"), (1.5e-6, "")]
)
def test_a_claimed_optimum_that_is_none_is_noted_with_the_distance(gap: float, words: str) -> None:
    group = task("paper", "peb")
    found = Answer(status="optimal", selected=group.instance.scenario.mask(group.best.selected))
    lower = replace(group, best=replace(group.best, value=group.best.value / (1 + gap)))
    note = judged(lower, "mine", found, 1.0).note
    assert note == (f"claims to be optimal, but is {words} above the best known" if words else "")
    lit = task("paper", BEAMS)
    higher = replace(lit, best=replace(lit.best, value=lit.best.value / (1 - gap)))
    note = judged(higher, "mine", Answer(status="optimal", beams=best_beams("paper", 1)), 1.0).note
    assert note == (f"claims to be optimal, but is {words} below the best known" if words else "")
    assert judged(lower, "mine", replace(found, status="feasible"), 1.0).note == ""


@pytest.mark.parametrize("board", BOARDS)
def test_rounding_makes_no_claimed_bound_untrue(board: str) -> None:
    one = task("paper", board)
    answer = Answer(status="feasible", selected=one.instance.scenario.mask(one.best.selected))
    if board == BEAMS:
        answer = Answer(status="feasible", beams=best_beams("paper", 1))
    for excess, noted in ((5e-7, False), (3e-6, True)):
        beyond = 1 - excess if board == BEAMS else 1 + excess
        outcome = judged(one, "mine", replace(answer, bound=one.best.value * beyond), 1.0)
        assert ("claims the bound" in outcome.note) == noted


def test_better_values_are_records_only_within_every_constraint() -> None:
    one, beams = task("paper", BEAMS), best_beams("paper", 1)
    easier = replace(one, best=replace(one.best, value=one.best.value * (1 - 1e-4)))
    outcome = judged(easier, "mine", Answer(status="feasible", beams=beams), 1.0)
    assert outcome.record
    assert outcome.gap == close_to(-1e-4, rel=1e-3)
    stretched = judged(easier, "mine", Answer(status="feasible", beams=beams * (1 + 1e-7)), 1.0)
    assert stretched.verdict == "solved"
    assert not stretched.record
    group = task("paper", "surrogate")
    easier = replace(group, best=replace(group.best, value=1.01 * group.best.value))
    mask = group.instance.scenario.mask(group.best.selected)
    assert judged(easier, "mine", Answer(status="feasible", selected=mask), 1.0).record


def test_beams_are_judged_by_what_they_are() -> None:
    one, beams = task("small_los", BEAMS), best_beams("small_los", 1)
    power_w = one.instance.scenario.transmitter.power_w
    wide = np.concatenate([beams, np.zeros_like(beams)], axis=2)
    second = wide.copy()
    second[1, :, 1] = 1e-3 * np.arange(1, 5)
    dark = beams.copy()
    dark[:] = 0
    for weights, reason in (
        (1.001 * beams, "violated: power by 0.002"),
        (0.99 * beams, "violated: rate by"),
        (beams[1:], "expected beams of shape (5, 4, L), received (4, 4, 1)"),
        (np.full_like(beams, np.nan), "not finite"),
        (1e200 * beams, "times what the power allows"),
        (beams * (2e3 * np.sqrt(power_w) / np.abs(beams).max()), "times what the power allows"),
        (beams * (5e2 * np.sqrt(power_w) / np.abs(beams).max()), "violated: power by"),
        (beams * (1 + 1e-6), "violated: power by 2e-06"),
        (beams[:, :, :0], "received (5, 4, 0)"),
        (second, "2 streams to a receiver, at most 1"),
        (dark, "violated: rate by 1"),
        (None, "received none"),
    ):
        outcome = judged(one, "mine", Answer(status="optimal", beams=weights), 1.0)
        assert outcome.verdict == "invalid"
        assert reason in outcome.message
    assert judged(one, "mine", Answer(status="optimal", beams=wide), 1.0).gap == close_to(0.0, abs=1e-9)


def test_a_violation_that_is_no_number_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "violations", lambda problem, beams: {"power": 0.0, "rate": float("nan")})
    outcome = judged(task("small_los", BEAMS), "mine", Answer(status="optimal", beams=best_beams("small_los", 1)), 1.0)
    assert (outcome.verdict, outcome.message) == ("invalid", "violated: rate by nan")


@pytest.mark.parametrize("size", [0.0, 1e-160, 1e-16])
def test_beams_that_leave_the_target_dark_are_no_answer(size: float) -> None:
    """No rate is required, so beams without power break no constraint; a gap would be infinite."""
    one = task("small_los", BEAMS)
    scenario = one.instance.scenario
    receivers = tuple(replace(each, rate_required_bps_hz=0.0) for each in scenario.receivers)
    free = replace(scenario, receivers=receivers)
    silent = Answer(status="feasible", beams=np.full((5, 4, 1), size, complex))
    outcome = judged(replace(one, instance=replace(one.instance, scenario=free)), "mine", silent, 1.0)
    assert (outcome.verdict, outcome.message) == ("invalid", "no power reaches the target")
    assert (outcome.value, outcome.gap) == (None, None)


# Ranking


def invented(method: str, gaps: list[float | None], time_s: float = 1.0, board: str = "peb") -> list[SuiteOutcome]:
    return [
        SuiteOutcome(board=board, instance=f"i{n}", method=method, verdict="error", message="ValueError: no")
        if gap is None
        else SuiteOutcome(
            board=board, instance=f"i{n}", method=method, verdict="solved", value=1.0, gap=gap, time_s=time_s
        )
        for n, gap in enumerate(gaps)
    ]


OUTCOMES = (
    *invented("quick_failure", [0.0, 0.0, None], 1e-3),
    *invented("nothing", [None, None, None]),
    *invented("slow_best", [0.0, 5e-7, 0.0], 9.0),
    *invented("swift_best", [0.0, 0.0, 0.0], 0.1),
    *invented("poor", [0.5, 0.1, 0.0], 1e-4),
)


def test_solved_instances_come_first_then_the_gap_and_ties_share_their_rank() -> None:
    rows = standings(OUTCOMES, "peb")
    assert [(row.rank, row.method) for row in rows] == [
        (1, "swift_best"),
        (1, "slow_best"),
        (3, "poor"),
        (4, "quick_failure"),
        (5, "nothing"),
    ]
    poor = rows[2]
    assert (poor.solved, poor.reached, poor.median_gap, poor.largest_gap) == (3, 1, 0.1, 0.5)
    assert poor.mean_gap == close_to(0.2)
    assert poor.time_s == close_to(1e-4)
    assert rows[4].mean_gap is None
    assert len(rows[4].failures) == 3
    first, second = invented("m", [0.0, 0.0])
    times = standings((replace(first, time_s=0.1), replace(second, time_s=10.0)), "peb")
    assert times[0].time_s == close_to(1.0)


@pytest.mark.slow
def test_reports_drop_nothing() -> None:
    from rich.console import Console

    record = replace(OUTCOMES[6], record=True, gap=-0.01, note="claims to be optimal")
    outcomes = (*OUTCOMES[:6], record, *OUTCOMES[7:])
    console = Console(width=200, record=True, file=io.StringIO())
    ours = Origin(distribution="multistatic", version="1.0", value="multistatic:poor")
    theirs = Origin(distribution="other-methods", version="2.1", value="other_methods:slow_best")
    origins = {"peb": {"poor": ours, "slow_best": theirs}, BEAMS: {"poor": theirs}}
    console.print(leaderboard_tables(outcomes, origins))
    text = console.export_text()
    assert re.search(r"1 +slow_best \(other-methods 2\.1\) +3 of 3 +3 ", text)
    assert re.search(r"\d +poor +3 of 3 ", text)
    for words in (
        "“nothing”: raised an exception (every instance): ValueError: no.",
        "A new best value, verified: slow_best on i0, 1 m (-1 %)",
        "slow_best on i0 claims to be optimal.",
        "0 of 3",
    ):
        assert words in text
    document = leaderboard_document(outcomes, {"suite": 1}, origins)
    assert document["methods"]["peb"]["slow_best"]["version"] == "2.1"
    assert len(document["outcomes"]) == 15
    assert [row["error"] for row in document["boards"]["peb"]] == [0, 0, 0, 1, 3]
    assert len(leaderboard_csv(outcomes).splitlines()) == 6
    assert len(outcomes_csv(outcomes).splitlines()) == 16
    pictures = leaderboard_pictures(outcomes, "made up")
    names = {f"leaderboard{kind}.{form}" for kind in ("", "_instances") for form in ("svg", "png")}
    assert set(pictures) == {*names, "captions.txt"}
    assert b"quick_failure (2 of 3)" in pictures["leaderboard.svg"]
    assert pictures == leaderboard_pictures(outcomes, "made up")


def test_a_reason_that_is_not_that_of_every_instance_names_its_instance() -> None:
    same = invented("one", [None, None])
    different = [replace(each, method="two", message=f"cost {each.instance}") for each in same]
    missing = [
        replace(each, method="three", verdict="not_installed", message="three needs x: pip install x") for each in same
    ]
    rows = standings((*same, *different, *missing), "peb")
    assert {row.method: failures_in_words(row) for row in rows} == {
        "one": ["“one”: raised an exception (every instance): ValueError: no."],
        "two": ["“two”: raised an exception (every instance), for example on i0: cost i0."],
        "three": [
            "“three”: did not run, as a package is not installed (every instance): three needs x: pip install x."
        ],
    }
    pictures = leaderboard_pictures((*same, *missing), "made up")
    assert "The methods “one”, “three” solved no instance" in pictures["captions.txt"].decode()
    assert b"Three needs x: pip install x." in pictures["leaderboard_instances.svg"]


def test_unknown_methods_and_a_limit_that_is_none_are_refused_together() -> None:
    with pytest.raises(InputError) as refused:
        ranked_methods(SuiteSettings(selectors=("greedi", "greedy"), beamformers=("value",), limit_s=0.0))
    assert [problem.path for problem in refused.value.problems] == ["limit", "selectors", "beamformers"]
    assert "did you mean 'greedy'?" in str(refused.value)
    everything = ranked_methods(SuiteSettings())
    assert set(everything["peb"]) == set(registry.names("selectors")) - {"given"}
    assert set(everything[BEAMS]) == set(registry.names("beamformers"))


def test_no_instance_follows_the_meaning_of_a_noise_figure():
    """A frozen instance states its noise power: what a noise figure means may be corrected, an instance may not."""
    noise_w = {instance.name: instance.scenario.propagation.noise_power_w for instance in load_suite(1)}
    assert noise_w.pop("three_dimensions") == 1.380649e-23 * 290.0 * 100e6 * 10**0.7
    assert set(noise_w.values()) == {1e-9}
