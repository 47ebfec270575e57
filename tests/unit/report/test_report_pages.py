"""Pages for a browser: sound HTML, whole in one file, and nothing in it that a name could have smuggled in."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html import escape
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from multistatic.cli.app import app
from multistatic.design.result import Design, Verification
from multistatic.files.design_files import PAGE, design_files
from multistatic.files.study_file import run_into
from multistatic.files.study_reader import read_results
from multistatic.paper.figures_page import figures_page
from multistatic.report.design_facts import design_facts
from multistatic.report.design_page import design_page
from multistatic.report.glossary import GLOSSARY
from multistatic.report.page import (
    badge,
    cards,
    code,
    facts,
    folded,
    glossary,
    linked,
    name,
    page,
    paragraph,
    pictures,
    prose,
    read_captions,
    section,
    set_table,
    table,
)
from multistatic.report.text_table import TableColumn, TableRow, TextTable
from multistatic.study.workers import ThisProcess
from tests.support.handmade_design import design, infeasible, scenario
from tests.support.html_reader import PageReader, normal
from tests.support.studies import QUICK, invented, quick

HOSTILE = "<script>alert(\"&\")</script>' onload='x"
RIGHT_TO_LEFT = "תחנה <b>"
SVG = b"<svg/>"
FILES = {
    "map.svg": b"<svg>1</svg>",
    "rates.svg": b"<svg>2</svg>",
    "map.png": b"no",
    "captions.txt": "map\nThe map\nEllipse: 1σ.\nClocks: perfect.\n\nbeam_pattern\nNot there\n".encode(),
}


def named(what: str, *others: str) -> Design:
    """A design whose scenario and whose first receivers have these names."""
    made = scenario()
    receivers = [replace(one, id=text) for one, text in zip(made.receivers, others, strict=False)]
    return design(replace(made, name=what, receivers=(*receivers, *made.receivers[len(others) :])))


def read(made: Design) -> PageReader:
    return PageReader(design_page(made, None, FILES))


# Parts


def test_whatever_a_name_holds_is_text() -> None:
    rows = TextTable(
        columns=(TableColumn(name=HOSTILE, unit=HOSTILE),), rows=(TableRow(cells=(HOSTILE,)),), notes=(HOSTILE,)
    )
    parts = [paragraph(HOSTILE), folded(HOSTILE, HOSTILE), cards([(HOSTILE, HOSTILE, HOSTILE)]), code(HOSTILE)]
    parts += [facts([(HOSTILE, HOSTILE)]), badge(HOSTILE, good=True), linked(HOSTILE), name(HOSTILE), set_table(rows)]
    parts += [table([HOSTILE], [[HOSTILE]], caption=HOSTILE), pictures({HOSTILE: SVG}, {HOSTILE: (HOSTILE, HOSTILE)})]
    found = PageReader(page(HOSTILE, [section(HOSTILE, *parts)]))
    assert "script" not in found.tags
    written = [2, 1, 1 + 2 + 3 + 1, 2 + 1 + 1 + 1 + 4, 3 + 2]  # title and heading of the page, of the section, parts
    assert found.text.count(HOSTILE) == sum(written)
    assert found.images == [{"alt": HOSTILE, "src": "data:image/svg+xml;base64," + base64.b64encode(SVG).decode()}]


def test_characters_that_html_forbids_are_replaced() -> None:
    assert "a\ufffdb\tc\nd" in paragraph("a\x00b\tc\nd")
    assert "\ufffd" in paragraph("\x9f")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("off by -1.8e-13", "off by −1.8 × 10⁻¹³", id="a negative number and exponent"),
        pytest.param("2.3177e-09 of 1e+06", "2.3177 × 10⁻⁹ of 1 × 10⁶", id="exponents"),
        pytest.param("from 10-20 of rx-1 and 1e5x", "from 10-20 of rx-1 and 1e5x", id="hyphens and names"),
        pytest.param("results f91687727647e515.", "results f91687727647e515.", id="a hash"),
        pytest.param("-21 % (-3 dB)", "−21 % (−3 dB)", id="units"),
    ],
)
def test_numbers_are_written_as_on_paper(text: str, written: str) -> None:
    assert normal(prose(text)) == written


def test_no_number_is_parted_from_its_unit() -> None:
    assert "12\u00a0mm" in paragraph("12 mm or less")
    assert "8\u00a0×\u00a010⁻¹³" in paragraph("8e-13")


def test_a_table_names_its_rows_and_columns() -> None:
    columns = (
        TableColumn(name="receiver", number=False),
        TableColumn(name="cooperates", number=False),
        TableColumn(name="rate", unit="bit/s/Hz"),
    )
    rows = (
        TableRow(cells=(RIGHT_TO_LEFT, "●", "4.000"), emphasis="strong"),
        TableRow(cells=("b", "", "1.000"), emphasis="bad"),
    )
    shown = set_table(TextTable(columns=columns, rows=rows, notes=("● cooperates.",)))
    assert PageReader(page("t", [shown])).tables == [
        [["receiver", "cooperates", "rate bit/s/Hz"], [RIGHT_TO_LEFT, "●", "4.000"], ["b", "", "1.000"]]
    ]
    assert f'<tr class="strong"><th scope="row"><bdi>{escape(RIGHT_TO_LEFT)}</bdi></th>' in shown
    assert '<td class="number" data-column="rate (bit/s/Hz)">4.000</td>' in shown
    assert '<tr class="bad">' in shown
    assert '<span role="img" aria-label="yes">●</span>' in shown
    assert '<th scope="col" class="number">rate' in shown
    assert '<p class="note">● cooperates.</p>' in shown


def test_sections_without_content_are_left_out() -> None:
    assert section("Empty", facts([]), cards([]), pictures({}), glossary([])) == ""


def test_terms_lead_to_the_glossary() -> None:
    for text in ("position error bound", "Cooperating receivers", "stationarity residual", "proven gap"):
        assert re.fullmatch(rf'<a href="#term-[a-z-]+">{text}</a>', linked(text))
    assert linked("note") == "note"
    found = PageReader(page("t", [*(paragraph(linked(term.name)) for term in GLOSSARY), glossary(GLOSSARY)]))
    assert len(found.links) == len(GLOSSARY)


def test_captions_are_read_by_name() -> None:
    assert read_captions(FILES["captions.txt"]) == {
        "map": ("The map", "Ellipse: 1σ.", "Clocks: perfect."),
        "beam_pattern": ("Not there",),
    }
    assert read_captions(b"") == {}


# A design


def test_a_design_is_one_page_with_the_same_bytes() -> None:
    made = design_page(named(HOSTILE, RIGHT_TO_LEFT, HOSTILE), None, FILES)
    assert made == design_page(named(HOSTILE, RIGHT_TO_LEFT, HOSTILE), None, FILES)
    found = PageReader(made)
    assert "script" not in found.tags
    assert [base64.b64decode(str(each["src"]).partition(",")[2]) for each in found.images] == list(FILES.values())[:2]
    for words in (f"Design of {HOSTILE}", RIGHT_TO_LEFT, "r10", "[transmitter]", "antennas = 10"):
        assert words in found.text
    assert "Ellipse: 1σ. Clocks: perfect." in normal(found.text)


def test_the_page_fetches_nothing() -> None:
    made = re.sub(r"base64,[A-Za-z0-9+/=]*", "base64,", design_page(design(), None, FILES).decode())
    assert "://" not in made
    assert set(re.findall(r'src="([^"]*)"', made)) == {"data:image/svg+xml;base64,"}
    assert "default-src 'none'" in made


def test_the_page_has_all_facts() -> None:
    made = design()
    told = [(term, "".join(words)) for term, words in read(made).defined]
    for fact in design_facts(made):
        of_that_name = [re.sub(r"\W", "", normal(words)) for term, words in told if term == fact.name]
        assert any(words.startswith(re.sub(r"\W", "", normal(prose(fact.value)))) for words in of_that_name), fact.name


def test_sections_come_in_an_order() -> None:
    assert [words for tag, words in read(design()).headings if tag == "h2"] == [
        "Key figures",
        "Design",
        "What a change would bring",
        "What is assumed",
        "Checks",
        "Receivers",
        "Pictures",
        "Terms on this page",
        "Scenario",
    ]


def test_assumptions_say_what_they_mean() -> None:
    told = dict(read(design()).defined)
    assert all(len(told[each]) == 2 for each in ("clocks", "target", "elements", "echo"))
    assert told["clocks"][0] == "perfect"
    assert "free of errors" in told["clocks"][1]


def test_receivers_stand_in_a_table_of_their_own() -> None:
    (rows,) = read(design(group=(1, 2, 4))).tables
    assert rows[0][:2] == ["receiver", "cooperates"]
    assert [row[0] for row in rows[1:]] == [f"r{k}" for k in range(1, 11)]
    assert [row[0] for row in rows[1:] if row[1] == "●"] == ["r2", "r3", "r5"]


def test_only_terms_of_the_page_are_explained() -> None:
    found = read(design())
    explained = {term.partition(" (")[0] for term, _ in found.defined} & {term.name for term in GLOSSARY}
    assert {"position error", "range rate", "block SNR", "cooperation cost"} <= explained
    assert not {"drop", "trial", "mono-static scheme", "infeasible"} & explained


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        pytest.param({}, "feasible", "The receivers r2, r3 and r5 together locate the target", id="a few"),
        pytest.param({"group": (4,)}, "feasible", "The receiver r5 alone locates the target", id="one"),
        pytest.param({"group": range(7)}, "feasible", "7 of 10 receivers together locate the target", id="many"),
        pytest.param({"status": "optimal"}, "proven optimal", "together locate the target", id="optimal"),
        pytest.param({"status": "unverified"}, "verification failed", "do not use it", id="unverified"),
    ],
)
def test_the_verdict_is_a_word_and_a_sentence(changes: dict[str, object], verdict: str, words: str) -> None:
    made = design(**changes)  # type: ignore[arg-type]
    content = design_page(made, None, {})
    kind = "bad" if made.status == "unverified" else "good"
    assert f'<span class="badge {kind}">{verdict}</span>' in content.decode()
    assert words in PageReader(content).text
    assert made.message in PageReader(content).text


def test_a_position_that_nothing_determines_is_no_located_target() -> None:
    made = design()
    assert made.accuracy is not None
    position = replace(made.accuracy.position, peb_m=None, position="unobservable", covariance_m2=None)
    text = read(replace(made, accuracy=replace(made.accuracy, position=position))).text
    assert "do not determine the position" in text
    assert "together locate" not in text


def test_a_network_without_a_design_has_its_requirements() -> None:
    content = design_page(infeasible(), None, {})
    found = PageReader(content)
    assert '<span class="badge bad">infeasible</span>' in content.decode()
    assert "No design was found that keeps every requirement" in found.text
    assert infeasible().message in found.text
    told = {term: normal(words[0]) for term, words in found.defined}
    assert told["transmit power"] == "at most 1 W"
    assert told["cooperation cost"] == "at most 200 m"
    assert told["cooperating receivers"] == "any number"
    assert told["clocks"] == "perfect"
    (rows,) = found.tables
    assert rows[0] == ["receiver", "to transmitter m", "to target m", "required rate bit/s/Hz"]
    assert [row[-1] for row in rows[1:]] == ["4.000"] * 10
    assert found.images == []


@pytest.mark.parametrize(("scheme", "option"), [("multi", ""), ("bi", " --scheme bi"), ("mono", " --scheme mono")])
def test_the_page_names_version_hash_and_command(scheme: str, option: str) -> None:
    made = replace(infeasible(), scheme=scheme)  # type: ignore[arg-type]
    files = design_files(made, timing_s={})
    found = PageReader(design_page(made, None, {}))
    digest = hashlib.sha256(files["scenario.toml"]).hexdigest()
    assert f"SHA-256 of scenario.toml: {digest}" in found.text
    assert json.loads(files["design.json"])["provenance"]["scenario_sha256"] == digest
    assert f"multistatic {version('multistatic')}" in found.text
    assert f"multistatic design scenario.toml --out again{option} in the folder" in found.text
    assert files["scenario.toml"].decode() in found.text


@pytest.mark.parametrize(
    ("made", "held"),
    [
        pytest.param(design(), True, id="verified"),
        pytest.param(replace(design(), verification=Verification(violations={"rate": 1.0})), False, id="not verified"),
        pytest.param(infeasible(), False, id="infeasible"),
    ],
)
def test_a_page_is_written_whatever_the_verdict_and_pictures_are_not(made: Design, held: bool) -> None:
    files = design_files(made, timing_s={}, pictures={"map.svg": SVG, PAGE: b"the page"})
    assert files[PAGE] == b"the page"
    assert ("map.svg" in files) == ("design.npz" in files) == held
    assert list(files)[-1] == "design.json"


@pytest.mark.slow
def test_the_page_comes_and_goes_with_the_pictures(tmp_path: Path) -> None:
    small = ["design", "paper", "--out", str(tmp_path), "--set", "transmitter.antennas=4", "--quiet"]
    small += ["--set", "requirements.rate_bps_hz=0.5"]
    assert CliRunner().invoke(app, small).exit_code == 0
    assert len(PageReader((tmp_path / "report.html").read_bytes()).images) == 3
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
    found = PageReader(figures_page(results, files))
    assert [each["alt"] for each in found.images] == [
        "position error bound",
        "position error bound, divided by that of enumeration on the same drop",
    ]
    assert found.tags.count("figcaption") == 0, "the pictures have titles of their own"
    assert PageReader(figures_page(results, files, titled=False)).tags.count("figcaption") == 2
    assert "Minimax linkage is better than K-means" in found.text
    assert "checksum of the results" in found.text
    assert "5 drops at each of 4 points" in found.text
    assert found.tags.count("tr") == 1 + 6
    assert "Made by multistatic" in found.text
    assert "position error" in [term.partition(" (")[0] for term, _ in found.defined]
    assert "Not examined: that K-means reaches a higher rate" in found.text
