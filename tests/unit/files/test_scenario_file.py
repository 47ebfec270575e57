"""Reading scenarios: files, standard input, presets, site lists beside the file, and everything that cannot be read."""

import io
import os
from types import SimpleNamespace

import pytest

from multistatic.errors import InputError, ScenarioError
from multistatic.files.scenario_file import load_preset, load_scenario
from tests.support.scenario_helpers import MINIMAL, assert_same_bits

WITH_LIST = MINIMAL + '[receivers]\nfile = "list/sites.csv"\n'


def test_a_file_and_its_site_list_in_its_own_folder(tmp_path):
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "sites.csv").write_text("id,x_m,y_m\nc,1,2\n")
    (tmp_path / "net.toml").write_text(WITH_LIST)
    scenario = load_scenario(tmp_path / "net.toml", ["seed=5"])
    assert scenario.receiver_ids == ("a", "b", "c")
    assert scenario.seed == 5


@pytest.mark.parametrize(
    ("file", "text", "changes", "name"),
    [
        pytest.param("street.toml", "", [], "street", id="no name"),
        pytest.param("street.toml", 'name = "scenario"\n', [], "scenario", id="the name that is the default"),
        pytest.param("street.toml", 'name = "lane"\n', [], "lane", id="a name"),
        pytest.param("street.toml", "", ["name=road"], "road", id="an override"),
        pytest.param("x" * 80 + ".toml", "", [], "x" * 64, id="a long name"),
    ],
)
def test_a_scenario_without_a_name_has_that_of_its_file(tmp_path, file, text, changes, name):
    (tmp_path / file).write_text(text + MINIMAL)
    assert load_scenario(tmp_path / file, changes).name == name


def test_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(MINIMAL.encode())))
    assert load_scenario("-").receiver_ids == ("a", "b")


def test_a_preset_by_its_name_unless_there_is_such_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert_same_bits(load_scenario("paper"), load_preset("paper"))
    (tmp_path / "urban").mkdir()
    assert_same_bits(load_scenario("urban"), load_preset("urban"))
    (tmp_path / "paper").write_text(MINIMAL)
    assert load_scenario("paper").receiver_ids == ("a", "b")


def message(*arguments) -> str:
    with pytest.raises(InputError) as caught:
        load_scenario(*arguments)
    assert all(problem.path for problem in caught.value.problems)
    return str(caught.value)


def test_what_cannot_be_read_is_named(tmp_path):
    (tmp_path / "net.toml").write_text(WITH_LIST)
    assert "sites.csv: received no file or folder" in message(tmp_path / "net.toml")
    assert "did you mean" in message(tmp_path / "nett.toml")
    assert "received a folder, expected" in message(tmp_path)
    assert "there is a preset urban" in message("urbann")
    assert "(the presets are city, drone_area, paper, published_drop, urban)" in message("qqqqqqqq")
    assert "presets" not in message("qqqqqqqq.toml") + message(tmp_path / "qqqqqqqq")
    assert "null" in message("a\0b")
    assert "something that is not a folder" in message(tmp_path / "net.toml" / "x")
    (tmp_path / "long").write_text("#" * 2_000_000)
    assert "1 MiB" in message(tmp_path / "long")
    (tmp_path / "latin").write_bytes(b"name = '\xe9'\n")
    assert "UTF-8" in message(tmp_path / "latin")
    (tmp_path / "utf16").write_bytes("name = 'x'".encode("utf-16"))
    assert "UTF-8" in message(tmp_path / "utf16")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path):
    (tmp_path / "net.toml").write_text(MINIMAL)
    (tmp_path / "net.toml").chmod(0)
    assert "a path without the needed permission" in message(tmp_path / "net.toml")


@pytest.mark.parametrize("name", [".", "list", "sites.csv\\u0000", "/dev/null"])
def test_odd_site_lists(tmp_path, name):
    (tmp_path / "list").mkdir()
    (tmp_path / "net.toml").write_text(MINIMAL + f'[receivers]\nfile = "{name}"\n')
    with pytest.raises(ScenarioError):
        load_scenario(tmp_path / "net.toml")
