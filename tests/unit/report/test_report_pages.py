"""Pages for a browser: sound HTML, whole in one file, and nothing in it that a name could have smuggled in."""

from __future__ import annotations

import base64
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.text import Text
from typer.testing import CliRunner

from multistatic.cli.app import app
from multistatic.design import design_network
from multistatic.files.scenario_file import load_preset
from multistatic.files.study_file import run_into
from multistatic.files.study_reader import read_results
from multistatic.paper.figures_page import figures_page
from multistatic.report.design_page import design_page
from multistatic.report.page import folded, heading, page, paragraph, pictures, printed, table
from multistatic.study.workers import ThisProcess
from tests.support.studies import QUICK, invented, quick

HOSTILE = '<script>alert("&")</script>'
VOID = {"meta", "img"}


class Reader(HTMLParser):
    """Tags in order, balanced or not, and the text between them."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.text = ""
        self.feed(content.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))
        assert not [name for name, _ in attrs if name in ("href", "onclick", "onload")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_whatever_a_name_holds_is_text() -> None:
    parts = [heading(HOSTILE), paragraph(HOSTILE), table([HOSTILE], [[HOSTILE]]), folded(HOSTILE, HOSTILE)]
    parts += [printed(Text(HOSTILE)), pictures({HOSTILE: b"<svg/>"})]
    read = Reader(page(HOSTILE, parts))
    assert read.open == []
    assert "script" not in read.tags
    assert read.text.count(HOSTILE) == 2 + 6 + 1  # title twice, six parts of text with two in table and fold
    assert read.images == [{"alt": HOSTILE, "src": "data:image/svg+xml;base64," + base64.b64encode(b"<svg/>").decode()}]


def test_a_design_is_one_page_with_the_same_bytes(tmp_path: Path) -> None:
    scenario = load_preset("paper", overrides=["transmitter.antennas=4", "requirements.rate_bps_hz=0.5"])
    design = design_network(replace(scenario, name=HOSTILE))
    files = {"map.svg": b"<svg>1</svg>", "rates.svg": b"<svg>2</svg>", "map.png": b"no"}
    made = design_page(design, None, files)
    assert made == design_page(design, None, files)
    read = Reader(made)
    assert read.open == []
    assert [base64.b64decode(str(each["src"]).partition(",")[2]) for each in read.images] == list(files.values())[:2]
    for words in (HOSTILE, "position error", "verification", "rx10", "[transmitter]", "antennas = 4"):
        assert words in read.text
    assert b"http" not in made


@pytest.mark.slow
def test_the_page_comes_and_goes_with_the_pictures(tmp_path: Path) -> None:
    small = ["design", "paper", "--out", str(tmp_path), "--set", "transmitter.antennas=4", "--quiet"]
    small += ["--set", "requirements.rate_bps_hz=0.5"]
    assert CliRunner().invoke(app, small).exit_code == 0
    assert len(Reader((tmp_path / "report.html").read_bytes()).images) == 3
    assert CliRunner().invoke(app, [*small, "--no-pictures"]).exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "channel.npz",
        "design.json",
        "design.npz",
        "scenario.toml",
    ]


def test_figures_and_claims_on_one_page(tmp_path: Path) -> None:
    text = QUICK.replace('["greedy", "all"]', '["minimax_linkage", "kmeans", "enumeration"]').replace(
        "transmitter.power_dbm = [20, 30]", 'design.criterion = ["published", "peb"]'
    )
    text = text.replace("[100.0, 1000.0]", "[100.0, 200.0]").replace(
        '"surrogate", "peb_m"', '"surrogate", "surrogate_published", "illumination_w", "peb_m"'
    )
    run_into(tmp_path / "f.sqlite", quick(tmp_path, text=text), lambda: ThisProcess(invented))
    results = {"fig5": read_results(tmp_path / "f.sqlite")}
    files = {"fig5_peb_m.svg": b"<svg>1</svg>", "fig5_over_enumeration_peb_m.svg": b"<svg>2</svg>"}
    read = Reader(figures_page(results, files))
    assert read.open == []
    assert [each["alt"] for each in read.images] == [
        "position error bound",
        "position error bound, divided by that of enumeration on the same drop",
    ]
    assert "Minimax linkage is better than K-means" in read.text
    assert "5 drops at each of 4 points" in read.text
    assert read.tags.count("tr") == 1 + 6
    assert "Not examined: that K-means reaches a higher rate" in read.text
