"""Drops from a folder of channel files: trial i of every point has the channels of file i, whatever its seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from multistatic.errors import InputError, Problem, ScenarioError
from multistatic.scenario.given_channel import GivenChannel, misfits
from multistatic.scenario.parse_scenario import ReadChannel, ScenarioTemplate

if TYPE_CHECKING:
    from multistatic.study.plan import Point

ListFolder = Callable[[str], Sequence[str]]
Network = tuple[Mapping[str, int], int, float]  # antennas of the receivers by id, transmit antennas, carrier in Hz


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drops:
    """The channel files of a folder in the order of their names, as far as the study's trials go.

    `names`: relative to the scenario, `digests`: SHA-256 of each. `read` gives the channels of a name.
    """

    folder: str
    names: tuple[str, ...]
    digests: tuple[str, ...]
    read: ReadChannel

    def channel(self, trial: int) -> GivenChannel:
        """The channels of a trial; `InputError` where the file is another one than when the study was read."""
        given = self.read(self.names[trial])
        if given.sha256 != self.digests[trial]:
            received = f"a file with other content (SHA-256 {given.sha256[:16]}…)"
            raise InputError(
                [
                    Problem(
                        self.names[trial], received, f"{self.digests[trial][:16]}…, the file with which the study began"
                    )
                ]
            )
        return given


def drops_of(
    points: Iterable[Point], trials: int, read: ReadChannel, list_folder: ListFolder
) -> tuple[dict[str, Drops], list[Problem]]:
    """The drops of every folder that a scenario of the study names, each file read once and held against them all.

    Also holds the channel file that is the same in all trials against its scenarios.
    """
    templates = [template for point in points for template in point.templates]
    problems = _unique(problem for each in templates if each.channel for problem in _misfits_of(each, each.channel))
    found: dict[str, Drops] = {}
    for folder in dict.fromkeys(each.channel_folder for each in templates if each.channel_folder is not None):
        try:
            names = tuple(list_folder(folder))
        except InputError as error:
            problems += error.problems
            continue
        if trials > len(names):
            hint = "each trial needs its own file"
            problems.append(
                Problem("trials", str(trials), f"at most {len(names)}, the channel files in {folder}", hint)
            )
            continue
        users = [each for each in templates if each.channel_folder == folder]
        digests, unfit = _read_all(names[:trials], users, read)
        problems += unfit
        found[folder] = Drops(folder=folder, names=names[:trials], digests=digests, read=read)
    return found, problems


def _read_all(
    names: Sequence[str], templates: Sequence[ScenarioTemplate], read: ReadChannel
) -> tuple[tuple[str, ...], list[Problem]]:
    """Digest of each file, and what does not fit; one file is held in memory at a time."""
    digests: list[str] = []
    problems: list[Problem] = []
    networks: list[Network] = []
    for name in names:
        try:
            given = read(name)
        except InputError as error:
            problems += error.problems
            continue
        digests.append(given.sha256)
        if not networks:  # none of the scenarios has been drawn yet: no file before this one fits any
            problems += _unique(problem for each in templates for problem in _misfits_of(each, given))
            networks = _networks(templates, given)
            continue
        for antennas, transmit_antennas, carrier_hz in networks:
            problems += misfits(given, antennas, transmit_antennas, carrier_hz)
    return tuple(digests), problems


def _networks(templates: Iterable[ScenarioTemplate], given: GivenChannel) -> list[Network]:
    """What channels have to fit, once for each kind of network among the scenarios; `given` fits those that count."""
    found: dict[tuple[object, ...], Network] = {}
    for template in templates:
        try:
            scenario = template.drawn(channel=given)
        except ScenarioError:
            continue
        antennas = {receiver.id: receiver.array.size for receiver in scenario.receivers}
        network = (antennas, scenario.transmitter.array.size, scenario.radio.carrier_hz)
        found[(tuple(antennas.items()), *network[1:])] = network
    return list(found.values())


def _misfits_of(template: ScenarioTemplate, given: GivenChannel) -> Iterator[Problem]:
    """What does not fit between channels and a scenario; what else is wrong with a draw, the trials report."""
    try:
        template.drawn(channel=given)
    except ScenarioError as error:
        yield from (problem for problem in error.problems if problem.path.startswith(f"{given.path}:"))


def _unique(problems: Iterable[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))
