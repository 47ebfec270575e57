"""The project as a whole: layers, import weight, public names, registered algorithms, documentation.

An example in the documentation is tested by how its block is marked: the `python` blocks of
a page are run one after the other, each `sh` block on its own in an empty folder with the `examples`; a `text` block
right after one is what it has to print. `console` blocks are only shown.
"""

from __future__ import annotations

import ast
import doctest
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import multistatic
from multistatic.extras import EXTRAS
from tests.support.paths import ROOT

PACKAGE = ROOT / "src" / "multistatic"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
HEAVY = ("cvxpy", "clarabel", "scs", "matplotlib", "distributed", "xarray", "numba", "pyproj", "rich", "typer")

PUBLIC = [
    "Accuracy",
    "AntennaArray",
    "BeamformingProblem",
    "BeamformingResult",
    "Beams",
    "BistaticGeometry",
    "Candidates",
    "Channel",
    "ClockErrors",
    "Comparison",
    "Design",
    "EstimateSettings",
    "Fix",
    "FusionSettings",
    "GivenChannel",
    "InfeasibleError",
    "InputError",
    "KnownSites",
    "Limits",
    "LinearGain",
    "MatrixGain",
    "Measurement",
    "MissingDependencyError",
    "MultistaticError",
    "Pulse",
    "Scenario",
    "ScenarioError",
    "Selection",
    "SelectionProblem",
    "SensingNetwork",
    "SimulatedBlock",
    "SimulationSettings",
    "StatePrior",
    "StudyResults",
    "Verification",
    "VerificationError",
    "__version__",
    "bistatic_geometry",
    "build_scenario",
    "certify",
    "compare",
    "departure_from_dopplers",
    "design_many",
    "design_network",
    "draw_measurements",
    "estimate",
    "exact_information",
    "from_arrival",
    "from_departure",
    "from_ranges",
    "from_two_dopplers",
    "known_sites",
    "linear_array",
    "load_channel",
    "load_drops",
    "load_preset",
    "load_scenario",
    "load_study",
    "study_method",
    "localize",
    "localize_many",
    "state_prior",
    "parse_scenario",
    "planar_array",
    "draw_beam_pattern",
    "draw_map",
    "draw_rates",
    "plot_beam_pattern",
    "plot_comparison",
    "plot_delay_doppler",
    "plot_fixes",
    "plot_map",
    "plot_rates",
    "plot_study",
    "position_bound",
    "pulse_from_callable",
    "rates_bps_hz",
    "read_block",
    "read_channel",
    "read_design",
    "realise",
    "run_study",
    "sensing_network",
    "simulate_block",
    "summary",
    "to_dataframe",
    "to_xarray",
    "verify",
    "waveform_information",
    "with_channel",
    "write_design",
]


def run(*command: str, cwd: Path = ROOT, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command with the environment's programs first on the path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "COLUMNS": "120", "NO_COLOR": "1"}
    return subprocess.run(command, cwd=cwd, input=stdin, env=environment, capture_output=True, text=True, check=False)


# Layers


def lint_imports(cwd: Path) -> subprocess.CompletedProcess[str]:
    """import-linter with the project's contracts on the package that is importable from `cwd`."""
    config = str(ROOT / "pyproject.toml")
    return run("lint-imports", "--config", config, "--no-cache", "--no-logo", cwd=cwd)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line"),
    [
        pytest.param("signal/beams.py", "from multistatic.bounds import sensing", id="upward"),
        pytest.param("communication/rates.py", "from multistatic.bounds import sensing", id="sideways"),
        pytest.param("selection/selection_problem.py", "def f():\n    import cvxpy", id="solver"),
        pytest.param("design/result.py", "import time", id="clock"),
        pytest.param("units.py", "import multistatic", id="whole package"),
    ],
)
def test_a_violated_layer_is_found(tmp_path: Path, module: str, line: str) -> None:
    shutil.copytree(PACKAGE, tmp_path / "multistatic", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "multistatic" / module).open("a") as file:
        file.write(f"\n{line}\n")
    outcome = lint_imports(tmp_path)
    assert outcome.returncode == 1, outcome.stdout + outcome.stderr
    assert "BROKEN" in outcome.stdout
    assert f"multistatic.{module.removesuffix('.py').replace('/', '.')}" in outcome.stdout


def test_layers_hold() -> None:
    outcome = lint_imports(PACKAGE.parent)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


# Import weight


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        pytest.param("import multistatic", (*HEAVY, "numpy", "scipy", "pydantic"), id="import"),
        pytest.param("from multistatic import *", HEAVY, id="every public name"),
        pytest.param(
            "from multistatic.cli import main\ntry: main()\nexcept SystemExit as end: assert end.code == 0",
            (*HEAVY[:-2], "numpy", "scipy", "pydantic"),
            id="--help",
        ),
    ],
)
def test_importing_is_light(code: str, unwanted: tuple[str, ...]) -> None:
    report = f"\nimport sys\nprint([name for name in {unwanted!r} if name in sys.modules], file=sys.stderr)"
    outcome = run(sys.executable, "-W", "error", "-c", code + report, "--help")
    assert outcome.stderr.strip() == "[]"


# Public names


def test_public_names() -> None:
    assert sorted(multistatic.__all__) == sorted(PUBLIC)


@pytest.mark.parametrize("name", [name for name in PUBLIC if name != "__version__"])
def test_public_name_is_documented(name: str) -> None:
    value = getattr(multistatic, name)
    assert value.__doc__
    assert not value.__doc__.startswith(f"{name}("), "the docstring is the one that dataclass writes"
    assert name in dir(multistatic)


@pytest.mark.parametrize("name", [name for name in PUBLIC if name != "__version__"])
def test_public_name_has_an_example(name: str) -> None:
    """One that runs: `test_docstring_examples` runs the examples of every file."""
    text = getattr(multistatic, name).__doc__
    assert ">>> " in text
    assert "+SKIP" not in text


def test_type_checkers_see_the_same_names_from_the_same_modules() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == multistatic._MODULES


def test_version_is_the_one_of_the_project() -> None:
    assert multistatic.__version__ == settings()["project"]["version"]


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'desing_network'"):
        _ = multistatic.desing_network


# Registered algorithms


def settings() -> dict:
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


ALGORITHMS = [
    (group, name, target)
    for group, members in settings()["project"]["entry-points"].items()
    for name, target in members.items()
    if group != "multistatic.commands"  # the rooms that add commands of their own
]


@pytest.mark.parametrize(("group", "name", "target"), ALGORITHMS)
def test_registered_algorithm_is_installed_documented_and_explained(group: str, name: str, target: str) -> None:
    points = [point for point in entry_points(group=group) if point.name == name]
    assert [point.value for point in points] == [target], "install again: pip install --no-deps -e ."
    assert points[0].load().__doc__
    assert f"`{name}`" in (ROOT / "docs" / "how-to-choose.md").read_text(encoding="utf-8")


# Documentation

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


def examples(page: Path, language: str) -> list[tuple[str, str | None]]:
    """(code, what it has to print, if the page says so) of every block in `language`."""
    text = page.read_text(encoding="utf-8")
    blocks = list(BLOCK.finditer(text))
    following = [*blocks[1:], None][: len(blocks)]
    found = []
    for block, after in zip(blocks, following, strict=True):
        if block[1] == language:
            adjacent = after is not None and after[1] == "text" and not text[block.end() : after.start()].strip()
            found.append((block[2], after[2] if adjacent else None))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in PAGES if examples(p, "python")], ids=lambda page: page.name)
def test_python_examples(page: Path, tmp_path: Path) -> None:
    blocks = examples(page, "python")
    mark = "\x1e"
    code = "\n".join(f"{block}\nprint({mark!r}, end='')" for block, _ in blocks)
    outcome = run(sys.executable, "-W", "error", "-", cwd=tmp_path, stdin=code)
    assert outcome.returncode == 0, outcome.stderr
    for (block, expected), printed in zip(blocks, outcome.stdout.split(mark), strict=False):
        assert expected is None or printed == expected, block


SHELL = [
    pytest.param(*example, id=f"{page.name} {number}")
    for page in PAGES
    for number, example in enumerate(examples(page, "sh"), 1)
]


@pytest.mark.slow
@pytest.mark.parametrize(("block", "expected"), SHELL)
def test_shell_examples(block: str, expected: str | None, tmp_path_factory: pytest.TempPathFactory) -> None:
    """In an empty folder, with the packages of the base installation alone."""
    tmp_path, blocked = tmp_path_factory.mktemp("empty"), tmp_path_factory.mktemp("blocked")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    lines = [f"sys.modules[{name!r}] = None" for name in EXTRAS]
    (blocked / "sitecustomize.py").write_text("\n".join(["import sys", *lines]), encoding="utf-8")
    found = os.pathsep.join([str(blocked), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    # A package that a page builds is built with what is installed here, so that nothing is downloaded. (To pip, 0 means
    # that there is no isolation.)
    settings = (f"PYTHONPATH={found}", "PIP_NO_BUILD_ISOLATION=0")
    outcome = run("env", *settings, "bash", "-euo", "pipefail", "-c", block, cwd=tmp_path)
    assert outcome.returncode == 0, f"{outcome.stdout}\n{outcome.stderr}"
    assert expected is None or outcome.stdout == expected


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_places_in_the_code_exist(page: Path) -> None:
    for module, name in re.findall(r"`(multistatic[\w.]*):([\w.]+)`", page.read_text(encoding="utf-8")):
        value = import_module(module)
        for part in name.split("."):
            value = getattr(value, part)


@pytest.mark.parametrize(
    "path", [p for p in sorted(PACKAGE.rglob("*.py")) if ">>>" in p.read_text(encoding="utf-8")], ids=lambda p: p.name
)
def test_docstring_examples(path: Path) -> None:
    module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    results = doctest.testmod(import_module(module))
    assert results.attempted > 0
    assert results.failed == 0


def test_cited_sections_of_the_model_exist() -> None:
    sections = set(re.findall(r"^## (\d+)\.", (ROOT / "docs" / "model.md").read_text(encoding="utf-8"), re.M))
    text = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    assert set(re.findall(r"model\.md §(\d+)", text)) <= sections


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_tests_exist(page: Path) -> None:
    for path, name in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", page.read_text(encoding="utf-8")):
        assert f"def {name}" in (ROOT / path).read_text(encoding="utf-8"), f"{path}::{name}"


# Contents


def committed_files() -> list[Path]:
    """Text files of the project, found without git."""
    made = {"out", "build", "dist", "__pycache__"}
    top = [path for path in ROOT.iterdir() if path.name not in made and (path.name == ".ci" or path.name[0] != ".")]
    files = [path for start in top for path in ([start] if start.is_file() else start.rglob("*")) if path.is_file()]
    binary = {".png", ".npz", ".pyc", ".sigmf-data", ".xz"}
    return [path for path in files if path.suffix not in binary and not made.intersection(path.parts)]


def test_no_file_names_a_registry_or_a_place_on_one_machine() -> None:
    registry = r"https?://\S*/simple\b|pythonhosted|--(extra-)?index-url|find-links"
    machine = r"(?<![\w/.])/(work|root|home/\w+|tmp/\w+)/"
    unwanted = re.compile(f"{registry}|{machine}")
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in committed_files()
        if path != Path(__file__) and ".egg-info" not in str(path) and path.suffix != ".xz"
        for match in unwanted.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_constraints_are_names_and_versions() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"#.*|[\w.-]+==[\w.]+", line)] == []
