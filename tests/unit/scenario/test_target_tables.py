"""One `[[target]]` is `[target]`; several are told apart by their ids."""

from __future__ import annotations

import pytest

from multistatic.errors import ScenarioError
from multistatic.scenario.parse_scenario import parse_scenario
from multistatic.scenario.preset import preset_text
from multistatic.scenario.write import resolved_toml

TEXT = preset_text("paper")
LIST = TEXT.replace("[target]", "[[target]]")


def test_a_list_of_one_target_is_the_table() -> None:
    assert resolved_toml(parse_scenario(LIST)) == resolved_toml(parse_scenario(TEXT))


def test_the_target_has_an_id_that_is_written_back() -> None:
    assert parse_scenario(TEXT).targets[0].id == "target"
    named = parse_scenario(TEXT, overrides=["target.id=drone"])
    assert (named.target.id, named.targets) == ("drone", (named.target,))
    assert parse_scenario(resolved_toml(named)).target.id == "drone"


@pytest.mark.parametrize("key", ["target[0].id", "target[target].id", "target.id"])
def test_overrides_reach_the_only_target(key: str) -> None:
    assert parse_scenario(LIST, overrides=[f"{key}=drone"]).target.id == "drone"


def test_each_of_several_targets_has_an_id_of_its_own() -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(LIST + '\n[[target]]\nid = "other"\nposition_m = [1, 2, 3]\n')
    assert [problem.path for problem in caught.value.problems] == ["target[0].id"]
