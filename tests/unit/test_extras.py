"""Optional packages: every import of one is known, and a command that needs a missing one says so before it works."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from multistatic.cli.app import app
from multistatic.errors import MissingDependencyError
from multistatic.extras import EXTRAS, missing_dependency, optional_module, require_installed
from multistatic.files.study_file import run_study
from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
STUDY = """
scenario = "paper"
trials = 1
metrics = ["surrogate"]
set.receivers.random.count = 3
set.design.beamformer = "sca"
"""
THROUGH = {"pandas": "xarray"}  # not named by the extra itself: what names it


def names(requirements: list[str]) -> set[str]:
    """Packages of requirements, without their versions."""
    return {re.split(r"[<>=\[ ]", each)[0].lower().replace("-", "_") for each in requirements}


@pytest.mark.slow
def test_every_import_is_of_the_base_or_of_an_extra_that_is_named() -> None:
    base = names(PROJECT["dependencies"]) | {"multistatic", "mpl_toolkits", "pydantic_core"} | sys.stdlib_module_names
    imported = set[str]()
    for file in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {each.name for each in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module or "")
    assert {name.partition(".")[0] for name in imported} - base <= EXTRAS.keys()
    assert {"matplotlib", "pyproj"} <= base


def test_every_extra_brings_what_is_said() -> None:
    extras = PROJECT["optional-dependencies"]
    for module, extra in EXTRAS.items():
        assert THROUGH.get(module, module) in names(extras[extra]), module
    assert extras["plots"] == extras["geo"] == []  # what they brought belongs to the base
    assert extras["all"] == ["multistatic[sdp,cluster,data]"]
    assert names(extras["sdp"] + extras["cluster"] + extras["data"]).isdisjoint(names(PROJECT["dependencies"]))


@pytest.mark.parametrize("name", [*EXTRAS, "matplotlib", "pyproj"])
@pytest.mark.parametrize("look", [require_installed, optional_module])
def test_what_is_missing_is_named_with_the_command_that_installs_it(
    name: str, look: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    require_installed("this test", name)
    monkeypatch.setitem(sys.modules, name, None)
    how = f"pip install 'multistatic[{EXTRAS[name]}]'" if name in EXTRAS else f"pip install {name}"
    with pytest.raises(MissingDependencyError, match=re.escape(how)) as caught:
        look("this test", name)
    assert str(caught.value) == str(missing_dependency("this test", name))
    assert str(caught.value).startswith(f"this test needs {name}, which is not installed")


def refused(*arguments: str) -> str:
    """The message of a command that does not begin to work."""
    result = CliRunner().invoke(app, list(arguments))
    assert isinstance(result.exception, MissingDependencyError), result.output
    assert result.output == ""
    return str(result.exception)


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> None:
    """No network may be designed or drawn any more."""

    def fail(*arguments: object, **keywords: object) -> None:
        raise AssertionError("the work began")

    monkeypatch.setattr("multistatic.design.instance.realise", fail)
    monkeypatch.setattr("multistatic.suite.worker.Worker.run", fail)


@pytest.mark.usefixtures("worked")
@pytest.mark.parametrize(
    ("missing", "arguments"),
    [
        ("cvxpy", ["design", "paper", "--beamformer", "sca"]),
        ("cvxpy", ["design", "paper", "--scheme", "bi", "--beamformer", "sca"]),
        ("cvxpy", ["compare", "paper", "--beamformer", "value_function,sca"]),
        ("cvxpy", ["compare", "paper", "--set", "design.beamformer=sca"]),
        ("cvxpy", ["compare", "--suite", "--beamformer", "sca,value_function"]),
        ("matplotlib", ["design", "paper", "--out", "out"]),
        ("matplotlib", ["compare", "paper", "--out", "out"]),
        ("matplotlib", ["compare", "--suite", "--out", "out"]),
        ("matplotlib", ["estimate", "no_such_folder", "--out", "out"]),
        ("matplotlib", ["localize", "none.csv", "--scenario", "paper", "--out", "out"]),
        ("pyproj", ["design", "city"]),
    ],
)
def test_commands_look_for_what_they_need_before_they_work(
    missing: str, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, missing, None)
    assert f" needs {missing}, which is not installed" in refused(*arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_study_looks_before_it_drops_or_runs_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("one.toml").write_text(STUDY, encoding="utf-8")
    Path("two.toml").write_text(STUDY.replace('"sca"', '"value_function"'), encoding="utf-8")
    run_study("two.toml", workers=1)
    stored = Path("two.sqlite").read_bytes()
    for name in ("cvxpy", "distributed", "xarray"):
        monkeypatch.setitem(sys.modules, name, None)
    assert "the beamformer 'sca' needs cvxpy" in refused("study", "one.toml")
    assert "the beamformer 'sca' needs cvxpy" in refused("study", "one.toml", "--dry-run")
    with pytest.raises(MissingDependencyError, match="the beamformer 'sca' needs cvxpy"):
        run_study("one.toml", workers=1)
    assert not Path("one.sqlite").exists()
    assert "--dask needs distributed" in refused("study", "two.toml", "--restart", "--dask", "tcp://localhost:1")
    assert "--format nc needs xarray" in refused("export", "no_such_store.sqlite", "--format", "nc")
    assert Path("two.sqlite").read_bytes() == stored
    assert CliRunner().invoke(app, ["export", "two.sqlite", "--format", "csv"]).exit_code == 0


def test_other_methods_do_not_need_the_package_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cvxpy", None)
    result = CliRunner().invoke(app, ["design", "paper", "--set", "receivers.random.count=3", "--json"])
    assert result.exit_code == 0
    chosen = ["compare", "paper", "--selector", "greedy", "--beamformer", "los_sdp", "--set", "channel.direct=los"]
    assert CliRunner().invoke(app, [*chosen, "--set", "requirements.rate_bps_hz=1"]).exit_code == 0
