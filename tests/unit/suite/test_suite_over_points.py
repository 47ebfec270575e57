"""Suite 2: what is frozen of it, and that its best-known values follow from its groups and beams."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from multistatic.beamforming.point_objective import PointObjective
from multistatic.errors import InputError
from multistatic.suite import instances as frozen
from multistatic.suite.best_known import BEAMS, best_beams, best_known
from multistatic.suite.instances import check_channels, load_suite, manifest_entries
from multistatic.suite.run import SuiteSettings, tasks_of
from multistatic.suite.tasks import BOARDS, SELECTION_BOARDS, STRICT, Answer, SuiteTask, common_illumination_w, judged
from tests.support.close import close_to

SUITE = load_suite(2)
TASKS = tasks_of(SuiteSettings(version=2))
QUICK_SELECTION = tuple(one for board in SELECTION_BOARDS for one in TASKS[board] if one.instance.quick)
FAMILIES = {"several targets", "prior", "area", "mean", "mean square", "3-D", "line of sight", "Rician", "large"}


def name(task: SuiteTask) -> str:
    return f"{task.board}-{task.instance.name}"


def test_the_manifest_the_files_and_the_best_known_values_name_the_same_instances() -> None:
    names = [entry["name"] for entry in manifest_entries(2)]
    folder = Path(frozen.__file__).parent / "v2"
    files = {path.stem for path in folder.glob("*.toml")} - {"manifest"}
    assert set(names) == files == {each.name for each in SUITE} == {which for which, _ in best_known(2)}
    assert {family for each in SUITE for family in each.families} > FAMILIES
    check_channels(SUITE, 2)
    for each in SUITE:
        assert each.version == 2
        assert each.scenario.uncertain
        boards = {board for which, board in best_known(2) if which == each.name}
        assert boards == set(BOARDS if each.group else SELECTION_BOARDS)


def test_points_are_frozen_whatever_the_scenario_lays(monkeypatch: pytest.MonkeyPatch) -> None:
    one = SUITE[1]
    assert one.points is not None
    assert one.realisation.points is one.points
    assert one.realisation.channel.points == one.points.count
    with pytest.raises(InputError, match="one of the versions 1, 2"):
        load_suite(7)
    monkeypatch.setattr(frozen, "frozen_points", lambda version, which: replace(one.points, weight=np.zeros(0)))
    assert load_suite(1)[0].points is None


@pytest.mark.parametrize("task", QUICK_SELECTION, ids=name)
def test_the_best_known_group_has_its_value(task: SuiteTask) -> None:
    problem = task.instance.selection_problem(task.board)
    mask = np.isin(problem.receiver_ids, task.best.selected)
    outcome = judged(task, "known", Answer(status="feasible", selected=mask, bound=task.best.bound), 1.0)
    assert (outcome.verdict, outcome.note) == ("solved", "")
    assert outcome.value == close_to(task.best.value, rel=1e-9)


@pytest.mark.parametrize("task", TASKS[BEAMS], ids=name)
def test_the_best_known_beams_reach_their_value(task: SuiteTask) -> None:
    answer = Answer(status="feasible", beams=best_beams(task.instance.name, 2), bound=task.best.bound)
    outcome = judged(task, "known", answer, 1.0)
    assert (outcome.verdict, outcome.note) == ("solved", "")
    assert outcome.value == close_to(task.best.value, rel=1e-9)
    assert task.best.proven_gap < 0.02
    assert STRICT > 0.0


@pytest.mark.parametrize(
    "objective",
    [
        PointObjective(kind="worst", weight=[1.0, 3.0]),
        PointObjective(kind="sum", weight=[1.0, 3.0], exponent=0.5),
        PointObjective(kind="sum", weight=[1.0, 3.0], exponent=2.0),
        PointObjective(kind="sum", weight=[1.0, 3.0], shift=[0.5, 4.0]),
    ],
    ids=["worst", "mean", "mean square", "prior"],
)
def test_the_common_illumination_is_worth_as_much(objective: PointObjective) -> None:
    loss = objective.loss(np.array([2.0, 5.0]))
    common = common_illumination_w(objective, loss)
    assert objective.loss(np.full(2, common)) == close_to(loss, rel=1e-9)
    assert 2.0 <= common <= 5.0
