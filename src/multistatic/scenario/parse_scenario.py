"""From the text of a scenario file to a `Scenario`, or to every problem at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from pydantic import ValidationError

from multistatic.errors import InputError, Problem, ScenarioError
from multistatic.scenario.area_geojson import AreaFiles, read_area
from multistatic.scenario.channel_notes import channel_notes
from multistatic.scenario.channel_schema import GivenChannelTable
from multistatic.scenario.consistency import consistency_problems, table_at
from multistatic.scenario.decode import decode_toml
from multistatic.scenario.given_channel import GivenChannel
from multistatic.scenario.given_channel_notes import given_channel_notes
from multistatic.scenario.model import Scenario
from multistatic.scenario.notes import scenario_notes
from multistatic.scenario.overrides import apply_overrides
from multistatic.scenario.places import shared_places
from multistatic.scenario.point_notes import area_height_notes, point_notes
from multistatic.scenario.position_notes import misread, position_notes, written_positions
from multistatic.scenario.resolve import Site, resolve
from multistatic.scenario.schema import ScenarioTable, SiteTable
from multistatic.scenario.sites import SiteRow, read_site_list
from multistatic.scenario.target_notes import reflection_notes, target_notes
from multistatic.scenario.target_tables import one_target_as_table, target_tables
from multistatic.scenario.translate import MAX_PROBLEMS, capped, problems_of

ReadText = Callable[[str], str]
ReadChannel = Callable[[str], GivenChannel]
OnNote = Callable[[str], object]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScenarioTemplate:
    """A checked document from which scenarios are drawn: the same text with one seed after another.

    Checked once, it draws without parsing anything again. It holds plain values and travels to other processes.
    `channel`: what the file of `channel.direct` gives. `areas`: those of the GeoJSON files that targets name.
    """

    table: ScenarioTable
    sites: tuple[Site, ...]
    source: str = ""
    channel: GivenChannel | None = None
    areas: AreaFiles = field(default_factory=dict)

    @property
    def channel_folder(self) -> str | None:
        """The folder with a channel file for each trial; None where there is none."""
        direct = self.table.channel.direct
        return direct.folder if isinstance(direct, GivenChannelTable) else None

    def drawn(self, seed: int | None = None, channel: GivenChannel | None = None) -> Scenario:
        """The scenario with this seed (None: the document's own): the one that `parse_scenario` gives for it.

        `channel`: that of the trial, where the document names a folder of them. Raises `ScenarioError` for what shows
        only in metres, such as two receivers that are drawn at one place, and for channels that do not fit.
        """
        table = self.table if seed is None else self.table.model_copy(update={"seed": seed})
        try:
            return resolve(table, self.sites, channel or self.channel, self.areas)
        except ScenarioError as error:
            found = [each.problem() for each in misread(written_positions(self.table, self.sites, self.areas))]
            raise ScenarioError([*error.problems, *found], source=self.source) from None

    def notes(self, scenario: Scenario) -> list[str]:
        """What is valid in the document, or in a `scenario` that was drawn from it, but may not be meant."""
        written = written_positions(self.table, self.sites, self.areas)
        found = [str(each) for each in misread(written)]
        heights = area_height_notes(self.table, scenario)
        positions = [*found, *position_notes(written), *heights, *shared_places(scenario)]
        strength = [
            *target_notes(scenario),
            *point_notes(scenario),
            *reflection_notes(self.table),
            *channel_notes(self.table.channel),
        ]
        given = given_channel_notes(scenario)
        rate_key = "bandwidth_hz" if self.table.radio.symbol_rate_hz is None else "symbol_rate_hz"
        return [*positions, *strength, *given, *scenario_notes(scenario, places=not found, rate_key=rate_key)]

    def channel_repeats(self) -> list[str]:
        """What is drawn anew in every trial of a study, and what is not, where channels come from files."""
        if isinstance(self.table.channel.direct, str):
            return []
        found = []
        if self.channel is not None:
            found.append(
                f"all trials use the channels of {self.channel.path}: channel.direct.folder has one file for each trial"
            )
        if self.table.receivers.random is not None:
            found.append(
                "the positions of the receivers are drawn anew in every trial, but their channels come from files: "
                "list the positions that belong to the channels"
            )
        return found


def parse_scenario(
    text: str,
    *,
    overrides: Sequence[str] = (),
    read_text: ReadText | None = None,
    read_channel: ReadChannel | None = None,
    source: str = "",
    on_note: OnNote | None = None,
) -> Scenario:
    """Make a scenario from a TOML text (docs/formats.md), in SI units, with all random placements drawn.

    text: content of a scenario file.
    overrides: `KEY=VALUE` texts with dotted keys, applied before the check.
    read_text: function that returns the text of the site list named by `receivers.file`, or raises `InputError`; None:
        site lists are refused.
    read_channel: the same for the channel file named by `channel.direct`.
    source: name of the text in error messages.
    on_note: function that is called with a sentence for every value that is valid but looks unintended, such as
        receivers whose latitude and longitude seem to be swapped; None: no notes.

    The same text, overrides and files give identical numbers. Raises `ScenarioError` with every problem: its path, the
    value received and what was expected.

    >>> from multistatic.scenario.preset import preset_text
    >>> parse_scenario(preset_text("paper"), overrides=["transmitter.antennas=20"]).transmitter.array.size
    20
    """
    raw = decode_toml(text, source)
    one_target_as_table(raw)
    problems = apply_overrides(raw, overrides)
    template = scenario_template(raw, problems, read_text=read_text, read_channel=read_channel, source=source)
    return noted(template, on_note)


def noted(template: ScenarioTemplate, on_note: OnNote | None) -> Scenario:
    """The scenario of a template; `on_note` receives every note on it."""
    scenario = template.drawn()
    if on_note is not None:
        for note in template.notes(scenario):
            on_note(note)
    return scenario


def scenario_template(
    raw: dict[str, Any],
    problems: Sequence[Problem] = (),
    *,
    read_text: ReadText | None = None,
    read_channel: ReadChannel | None = None,
    source: str = "",
) -> ScenarioTemplate:
    """Check the raw tables of a document; `problems` are those found before. Raises `ScenarioError` with all."""
    one_target_as_table(raw)
    rows, found = _site_rows(raw, read_text)
    channel, unread = _channel_file(raw, read_channel)
    areas, missing = _area_files(raw, read_text)
    problems = [*problems, *found, *unread, *missing]
    table: ScenarioTable | None = None
    try:
        table = ScenarioTable.model_validate(raw)
    except ValidationError as error:
        problems += problems_of(error, ScenarioTable)
    sites, found = _sites(rows)
    problems += found
    problems += islice(consistency_problems(raw, rows), MAX_PROBLEMS + 1)
    if problems or table is None:
        raise ScenarioError(capped(problems), source=source)
    listed = [
        Site(path=f"receivers.site[{index}]", table=site) for index, site in enumerate(table.receivers.site or [])
    ]
    left_out = set(table.receivers.exclude)
    kept = tuple(site for site in (*listed, *sites) if site.table.id not in left_out)
    return ScenarioTemplate(table=table, sites=kept, source=source, channel=channel, areas=areas)


def _site_rows(raw: dict[str, Any], read_text: ReadText | None) -> tuple[list[SiteRow], list[Problem]]:
    name = table_at(raw, "receivers").get("file")
    if not isinstance(name, str) or not 0 < len(name) <= 4096:
        return [], []
    if read_text is None:
        return [], [Problem("receivers.file", repr(name[:60]), "receivers in the scenario: a text has no folder")]
    try:
        return read_site_list(name, read_text(name)), []
    except InputError as error:
        return [], list(error.problems)


def _channel_file(raw: dict[str, Any], read_channel: ReadChannel | None) -> tuple[GivenChannel | None, list[Problem]]:
    name = table_at(table_at(raw, "channel"), "direct").get("file")
    if not isinstance(name, str) or not 0 < len(name) <= 4096:
        return None, []
    if read_channel is None:
        expected = "a scenario that is read from a file (load_scenario): a text has no folder"
        return None, [Problem("channel.direct.file", repr(name[:60]), expected)]
    try:
        return read_channel(name), []
    except InputError as error:
        return None, list(error.problems)


def _area_files(raw: dict[str, Any], read_text: ReadText | None) -> tuple[AreaFiles, list[Problem]]:
    """The areas of the GeoJSON files that targets name, each file read once."""
    areas, problems, tried = {}, [], set()
    for path, table in target_tables(raw):
        name = table_at(table, "area").get("file")
        if not isinstance(name, str) or not 0 < len(name) <= 4096 or name in tried:
            continue
        tried.add(name)
        if read_text is None:
            expected = "vertices_m or vertices_llh in the scenario: a text has no folder"
            problems.append(Problem(f"{path}.area.file", repr(name[:60]), expected))
            continue
        try:
            areas[name] = read_area(name, read_text(name))
        except InputError as error:
            problems += error.problems
    return areas, problems


def _sites(rows: Sequence[SiteRow]) -> tuple[list[Site], list[Problem]]:
    sites, problems = [], []
    for row in rows:
        try:
            sites.append(Site(path=row.path, table=SiteTable.model_validate(row.table)))
        except ValidationError as error:
            problems += problems_of(error, SiteTable, prefix=f"{row.path}: ")
    return sites, problems
