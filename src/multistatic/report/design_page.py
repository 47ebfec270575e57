"""A design as one page: verdict, key figures, assumptions, receivers, pictures, terms, and the scenario it repeats."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from multistatic.design.result import Design
from multistatic.design.unit_changes import UnitChanges
from multistatic.report.assumption_meanings import assumption_meanings
from multistatic.report.assumption_sentences import assumption_sentences
from multistatic.report.design_facts import ACCURACY, ASSUMPTIONS, CHANGES, CHECKS, DESIGN, design_facts
from multistatic.report.glossary import terms_in
from multistatic.report.page import (
    Html,
    badge,
    cards,
    code,
    facts,
    folded,
    glossary,
    linked,
    made_by,
    name,
    page,
    pair,
    paragraph,
    pictures,
    read_captions,
    section,
    set_table,
    text_of,
)
from multistatic.report.points_facts import several_points
from multistatic.report.points_in_words import minimised_in_words
from multistatic.report.receiver_table import receiver_table
from multistatic.report.style import CAPTIONS
from multistatic.report.text_table import Fact, TableColumn, TableRow, TextTable
from multistatic.report.wording import criterion_name, one_unit, quantity
from multistatic.scenario.model import JOINT
from multistatic.scenario.write import CHANNEL_FILE, designed_toml

_SHOWN = {
    "map": "Map of the network: positions, cooperating receivers, and the error of the target's position",
    "beam_pattern": "Radiated power over direction",
    "rates": "Rate of each receiver, its requirement, and the signal-to-noise ratio of its echo",
}
_VERDICTS = {
    "optimal": "proven optimal",
    "feasible": "feasible",
    "infeasible": "infeasible",
    "unverified": "verification failed",
}
_LARGE = ("position error bound", "velocity error bound", "transmit power", "cooperation cost")
_NAMED_AT_MOST = 6
_AFTER_A_NUMBER = re.compile(r" \(|[,;] ")


def design_page(design: Design, unit: UnitChanges | None, files: Mapping[str, bytes]) -> bytes:
    """HTML of a design; its pictures are the SVG of `files`, by name. The same design gives the same bytes.

    An infeasible design has its requirements in the place of figures and pictures.
    """
    text = designed_toml(design.scenario)
    parts = _asked(design) if design.accuracy is None else _found(design, unit)
    parts.append(section("Pictures", _pictures(files)))
    verdict = badge(_VERDICTS[design.status], good=design.status in ("optimal", "feasible"))
    header = [Html(f"<p>{verdict}</p>\n"), paragraph(_lead(design), kind="lead"), paragraph(design.message)]
    terms = terms_in(map(text_of, [*header, *parts]))
    parts += [
        section("Terms on this page", glossary(terms)),
        section("Scenario", folded("Every value of the scenario, as in scenario.toml beside this page", text)),
    ]
    return page(f"Design of {design.scenario.name}", parts, header=header, footer=_footer(design, text))


def _lead(design: Design) -> Html:
    """The verdict in a sentence."""
    if design.status == "infeasible":
        return Html("No design was found that keeps every requirement of this scenario.")
    if design.status == "unverified":
        return Html("This design failed its own verification: do not use it.")
    if design.accuracy is not None and design.accuracy.position.peb_m is None:
        return Html(
            "Every receiver gets its data rate, but delay and Doppler shift alone do not determine the position of the "
            f"target{' at every point' if several_points(design) else ''}."
        )
    if design.scheme == "mono":
        who = Html("The transmitter alone locates")
    elif len(design.selected_ids) == 1:
        who = Html(f"The receiver {name(design.selected_ids[0])} alone locates")
    elif len(design.selected_ids) <= _NAMED_AT_MOST:
        *first, last = map(name, design.selected_ids)
        who = Html(f"The receivers {', '.join(first)} and {last} together locate")
    else:
        who = Html(f"{len(design.selected_ids)} of {len(design.selected)} receivers together locate")
    whom = "targets" if len(design.scenario.targets) > 1 else "target"
    return Html(f"{who} the {whom}, and every receiver gets its data rate.")


def _found(design: Design, unit: UnitChanges | None) -> list[Html]:
    """Key figures, design, assumptions, receivers and what a change would bring."""
    found: dict[str, list[Fact]] = {group: [] for group in (DESIGN, ACCURACY, ASSUMPTIONS, CHANGES, CHECKS)}
    for fact in design_facts(design, unit):
        found[fact.group].append(fact)
    facts = {fact.name: fact for fact in found[DESIGN] + found[ACCURACY]}
    first = [found[ACCURACY][0].name] if minimised_in_words(design) else []  # what is minimised
    shown = [each for each in dict.fromkeys([*first, *_LARGE]) if each in facts]
    large = [(linked(each), *_large_and_small(facts[each].value)) for each in shown]
    return [
        section("Key figures", cards([*large, *_proof(design)])),
        pair(
            Html(
                section("Design", _listed(fact for fact in facts.values() if fact.name not in shown))
                + section("What a change would bring", _listed(found[CHANGES]))
            ),
            Html(_assumed(design) + section("Checks", _listed(found[CHECKS]))),
        ),
        section("Receivers", *_receivers(design)),
    ]


def _asked(design: Design) -> list[Html]:
    """Of a design without beams: what the scenario requires, its assumptions and its receivers."""
    scenario = design.scenario
    limit_m, exactly = scenario.requirements.cooperation_cost_m, scenario.design.receivers
    required = [
        ("transmit power", f"at most {quantity(scenario.transmitter.power_w, 'W')}"),
        ("cooperation cost", f"at most {limit_m:.4g} m" if math.isfinite(limit_m) else "no limit"),
        ("cooperating receivers", "any number" if exactly is None else f"exactly {exactly}"),
        ("criterion minimised", criterion_name(scenario.design.criterion).partition(" (")[0]),
    ]
    geometry = scenario.geometry()
    columns = [
        (TableColumn(name="receiver", number=False), list(scenario.receiver_ids)),
        _distances("to transmitter", geometry.transmitter_receiver_m),
        _distances("to the middle" if scenario.uncertain else "to target", geometry.target_receiver_m),
        (
            TableColumn(name="required rate", unit="bit/s/Hz"),
            [f"{receiver.rate_required_bps_hz:.3f}" for receiver in scenario.receivers],
        ),
    ]
    rows = tuple(TableRow(cells=cells) for cells in zip(*(cells for _, cells in columns), strict=True))
    receivers = TextTable(columns=tuple(column for column, _ in columns), rows=rows)
    return [
        pair(
            section("What is required", facts((linked(each), value) for each, value in required)),
            _assumed(design),
        ),
        section("Receivers", set_table(receivers)),
    ]


def _distances(title: str, values_m: Iterable[float]) -> tuple[TableColumn, list[str]]:
    unit, cells = one_unit(values_m, "m")
    return TableColumn(name=title, unit=unit), cells


def _large_and_small(value: str) -> tuple[str, str]:
    """The number that a fact begins with, and what it says beside it, without brackets around."""
    if (found := _AFTER_A_NUMBER.search(value)) is None:
        return value, ""
    beside = value[found.end() :]
    return value[: found.start()], beside.replace(")", "", 1) if "(" in found[0] else beside


def _proof(design: Design) -> list[tuple[str, str, str]]:
    """How far the design can be from the best one."""
    chosen = design.selection
    if design.status == "optimal":
        return [(linked("proven gap"), "0 %", "receivers and beams together are proven optimal")]
    if chosen is None or chosen.method != JOINT or chosen.excess is None:
        return [(linked("proven gap"), "none", "nothing is proven about receivers and beams together")]
    return [(linked("proven gap"), f"{100 * chosen.excess:.2g} %", "at most, above the best possible criterion")]


def _listed(shown: Iterable[Fact]) -> Html:
    return facts((linked(fact.name), fact.value) for fact in shown)


def _assumed(design: Design) -> Html:
    """Each assumption, and what it means."""
    alone = design.scheme == "mono"
    meanings = assumption_meanings(design.scenario, one_clock=alone, over_points=design.over_points)
    lines = [each.partition(": ") for each in assumption_sentences(design.scenario, one_clock=alone)]
    entries = [(linked(key.lower()), value.rstrip("."), meanings[key.lower()]) for key, _, value in lines]
    return section("What is assumed", facts(entries))


def _receivers(design: Design) -> list[Html]:
    """The table of receivers with the names in front, and what its columns mean."""
    shown = receiver_table(design)
    if shown is None:
        return []
    marked = "receives echo" if design.scheme == "mono" else "cooperates"
    columns = (shown.columns[1], replace(shown.columns[0], name=marked), *shown.columns[2:])
    rows = tuple(replace(row, cells=(row.cells[1], row.cells[0], *row.cells[2:])) for row in shown.rows)
    return [set_table(replace(shown, columns=columns, rows=rows, keys=1))]


def _pictures(files: Mapping[str, bytes]) -> Html:
    """The pictures of `files`, with what `captions.txt` says of them beside."""
    captions = read_captions(files.get(CAPTIONS, b""))
    shown = {words: files[f"{each}.svg"] for each, words in _SHOWN.items() if f"{each}.svg" in files}
    return pictures(shown, {words: captions.get(each, ("", words)) for each, words in _SHOWN.items()})


def _footer(design: Design, text: str) -> list[Html]:
    """Version, hash, and the command that designs it again."""
    command = "multistatic design scenario.toml --out again"
    command += "" if design.scheme == "multi" else f" --scheme {design.scheme}"
    digest = hashlib.sha256(text.encode()).hexdigest()
    known = f"SHA-256 of {code('scenario.toml')}: {code(digest)}"
    beside = f"{code('scenario.toml')} and {code(CHANNEL_FILE)}"
    again = f"To compute this design again, run {code(command)} in the folder that holds {beside}."
    return [made_by(), paragraph(Html(known)), paragraph(Html(again))]
