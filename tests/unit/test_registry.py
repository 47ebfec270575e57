"""Names of algorithms: a short one is never a second method, and a name that two packages claim belongs to neither."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from multistatic import registry
from multistatic.beamforming.los import los_sdp
from multistatic.cli.app import app
from multistatic.errors import InputError
from multistatic.files.scenario_file import load_preset
from multistatic.selection.greedy import greedy
from multistatic.suite.run import BEAMS, SuiteSettings, ranked_methods

Install = Callable[..., None]


def test_a_short_name_is_the_registered_method() -> None:
    assert registry.load("beamformers", "los") is los_sdp
    assert registry.full_name("beamformers", "los") == "los_sdp"
    assert registry.full_name("beamformers", "sca") == "sca"
    assert registry.full_name("selectors", "los") == "los"
    assert "los" not in registry.names("beamformers")
    assert all(name in registry.names(group) for (group, _), name in registry.SHORT.items())
    assert not any(short in registry.names(group) for group, short in registry.SHORT)


def test_a_scenario_may_use_it() -> None:
    assert load_preset("paper", ["design.beamformer=los"]).design.beamformer == "los"
    with pytest.raises(InputError, match="did you mean"):
        load_preset("paper", ["design.beamformer=los_spd"])


def test_a_comparison_runs_the_method_once() -> None:
    arguments = ["--beamformer", "los,los_sdp", "--set", "channel.direct=los", "--set", "receivers.random.count=3"]
    result = CliRunner().invoke(app, ["compare", "paper", "--selector", "greedy", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    assert [row["beamformer"] for row in json.loads(result.stdout)["rows"]] == ["los_sdp"]


def test_the_suite_runs_the_method_once() -> None:
    assert ranked_methods(SuiteSettings(beamformers=("los", "sca", "los_sdp")))[BEAMS] == ("los_sdp", "sca")


# Names that several packages register


@pytest.fixture(params=["before ours", "after ours"])
def install(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs distributions as pip leaves them, in front of this package on `sys.path` or behind it."""

    def installed(name: str, group: str, *lines: str, folder: str = "") -> None:
        place = tmp_path / (folder or name)
        info = place / f"{name.replace('-', '_')}-1.2.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n", encoding="utf-8")
        (info / "entry_points.txt").write_text("\n".join((f"[multistatic.{group}]", *lines, "")), encoding="utf-8")
        if request.param == "before ours":
            monkeypatch.syspath_prepend(str(place))
        else:
            monkeypatch.setattr("sys.path", [*sys.path, str(place)])
        registry._points.cache_clear()

    yield installed
    monkeypatch.undo()
    registry._points.cache_clear()


def test_a_name_of_two_packages_belongs_to_neither(install: Install) -> None:
    install("cheat-pkg", "selectors", "greedy = cheat_pkg:greedy", "mine = cheat_pkg:mine")
    assert registry.names("selectors").count("greedy") == 1
    owners = f"'greedy' from cheat-pkg 1.2 (cheat_pkg:greedy) and multistatic {version('multistatic')} (multistatic."
    for ask in (registry.load, registry.origin):
        with pytest.raises(InputError) as refused:
            ask("selectors", "greedy")
        assert owners in str(refused.value)
    assert str(registry.origin("selectors", "mine")) == "cheat-pkg 1.2"
    assert registry.origin("selectors", "milp").value == "multistatic.selection.milp:milp"
    with pytest.raises(InputError, match="cheat-pkg"):
        ranked_methods(SuiteSettings())
    assert ranked_methods(SuiteSettings(selectors=("mine", "milp"), beamformers=()))["peb"] == ("mine", "milp")


def test_a_short_name_cannot_be_taken_either(install: Install) -> None:
    install("cheat-pkg", "beamformers", "los = cheat_pkg:los")
    with pytest.raises(InputError, match=r"cheat-pkg 1\.2 .* and multistatic"):
        registry.load("beamformers", "los")
    assert registry.load("beamformers", "los_sdp") is los_sdp


def test_the_same_object_or_the_same_distribution_twice_is_no_conflict(install: Install) -> None:
    value = registry.origin("selectors", "greedy").value
    install("a-fork", "selectors", f"greedy = {value}", "mine = multistatic.selection.greedy:greedy")
    install("a-fork", "selectors", "mine = moved.since:greedy", folder="older")
    assert registry.load("selectors", "greedy") is greedy
    assert registry.names("selectors").count("mine") == 1
    assert registry.origin("selectors", "mine").distribution == "a-fork"
