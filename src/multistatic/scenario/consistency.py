"""What two or more keys of a scenario must agree on: either/or keys, unique ids, known names, places of their own.

The checks work on the raw tables and skip whatever is malformed, so that they report alongside every other problem.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from multistatic import registry
from multistatic.errors import Problem
from multistatic.scenario.model import JOINT
from multistatic.scenario.placement import numbered_ids
from multistatic.scenario.places import coincidences
from multistatic.scenario.sites import SiteRow
from multistatic.scenario.translate import path_text, shown
from multistatic.scenario.values import MAX_RECEIVERS

Raw = Mapping[str, Any]


def consistency_problems(raw: Raw, rows: Sequence[SiteRow]) -> Iterator[Problem]:
    """Every contradiction in the raw tables and in the rows of the site list."""
    yield from _choice_problems(raw, rows)
    yield from _cross_section_problems(raw)
    yield from _id_problems(raw, rows)
    yield from _origin_problems(raw, rows)
    yield from coincidences(_written_positions(raw, rows))
    yield from _name_problems(raw)


# --- either this key or that one -----------------------------------------------------------------------------------


def _choice_problems(raw: Raw, rows: Sequence[SiteRow]) -> Iterator[Problem]:
    for path, table in _nodes(raw, rows):
        yield from _choose(path, table, "position_m", "position_llh", needed=True)
        yield from _array_problems(path, table)
    transmitter, channel, receivers = (table_at(raw, key) for key in ("transmitter", "channel", "receivers"))
    if "radio" in raw:
        rates = "symbol_rate_hz = 1/slot = 2 · bandwidth_hz"
        yield from _choose("radio", table_at(raw, "radio"), "bandwidth_hz", "symbol_rate_hz", needed=True, hint=rates)
    if "transmitter" in raw:
        yield from _choose("transmitter", transmitter, "antennas", "array", needed=True, both=True)
        yield from _choose("transmitter", transmitter, "power_dbm", "power_w", needed=True)
        yield from _array_problems("transmitter", transmitter, "receive_antennas", "receive_array")
    if "channel" in raw:
        yield from _choose("channel", channel, "noise_power_dbm", "noise_power_w", "noise_figure_db", needed=True)
        for keys in (
            ("reference_loss_db", "reference_gain"),
            ("clutter_power_dbm", "clutter_power_w"),
            ("direct_path_leakage_db", "direct_path_leakage"),
        ):
            yield from _choose("channel", channel, *keys)
        if "noise_temperature_k" in channel and "noise_figure_db" not in channel:
            yield Problem(
                "channel.noise_temperature_k", shown(channel["noise_temperature_k"]), "noise_figure_db beside it"
            )
    if "receivers" in raw:
        yield from _choose("receivers", receivers, "site", "file", "random", needed=True, both=True)
        yield from _array_problems("receivers", receivers)
    if random := table_at(receivers, "random"):
        yield from _choose("receivers.random", random, "centre_m", "centre_llh")
        yield from _array_problems("receivers.random", random)


def _choose(
    path: str, table: Raw, *keys: str, needed: bool = False, both: bool = False, hint: str = ""
) -> Iterator[Problem]:
    """At most one of `keys` (any number where `both`), and at least one where `needed`."""
    given = [key for key in keys if key in table]
    if needed and not given:
        yield Problem(f"{path}.{keys[0]}", "nothing", " or ".join(keys), hint)
    if len(given) > 1 and not both:
        yield Problem(f"{path}.{given[1]}", " and ".join(given), "only one of " + ", ".join(keys), hint)


def _array_problems(path: str, table: Raw, count_key: str = "antennas", array_key: str = "array") -> Iterator[Problem]:
    """An array table says its own size, or leaves that to the node's number of antennas; they must agree."""
    array, antennas = table_at(table, array_key), table.get(count_key)
    if not array:
        return
    path_array = f"{path}.{array_key}"
    yield from _choose(path_array, array, "spacing_wavelengths", "spacing_m")
    if array.get("kind") == "elements":
        yield from _choose(path_array, array, "elements_m", "elements_wavelengths", needed=True)
    size = _written_size(array)
    if array.get("kind") == "ula" and size is None and antennas is None:
        yield Problem(f"{path_array}.antennas", "nothing", "the number of elements")
    if size is not None and type(antennas) is int and antennas != size:
        yield Problem(
            f"{path}.{count_key}", shown(antennas), f"{shown(size)}, the size of {array_key}, or no {count_key}"
        )


def _written_size(array: Raw) -> int | None:
    if array.get("kind") == "ula" and type(array.get("antennas")) is int:
        return int(array["antennas"])
    shape = array.get("shape")
    if isinstance(shape, list) and len(shape) == 2 and all(type(count) is int for count in shape):
        return int(shape[0] * shape[1])
    elements = array.get("elements_m", array.get("elements_wavelengths"))
    return len(elements) if isinstance(elements, list) else None


def _cross_section_problems(raw: Raw) -> Iterator[Problem]:
    """A target and scatterers say how much they reflect in one way; as a cross-section in the radar equation alone."""
    channel = table_at(raw, "channel")
    radar = channel.get("echo_law") == "product" and channel.get("reference_loss_db") == "free_space"
    target = table_at(raw, "target")
    yield from _choose("target", target, "rcs_m2", "rcs_dbsm", "rcs", "reflection")
    for key in ("rcs_std_db", "rcs_bistatic_db"):
        if key in target and "rcs" in target:
            yield Problem(f"target.{key}", shown(target[key]), "no such key beside rcs, which sets it", "use rcs_dbsm")
    scatterers = [table for table in _list_at(channel, "scatterer") if isinstance(table, dict)]
    for index, scatterer in enumerate(scatterers):
        yield from _choose(f"channel.scatterer[{index}]", scatterer, "rcs_m2", "rcs_dbsm", "reflection")
    places = [("target", target), *((f"channel.scatterer[{index}]", each) for index, each in enumerate(scatterers))]
    for path, table in places:
        for key in ("rcs_m2", "rcs_dbsm", "rcs"):
            if key in table and not radar:
                yield Problem(
                    f"{path}.{key}",
                    shown(table[key]),
                    'channel.echo_law = "product" and channel.reference_loss_db = "free_space" with a cross-section',
                    "reflection is the factor of every other law",
                )


# --- ids -----------------------------------------------------------------------------------------------------------


def _id_problems(raw: Raw, rows: Sequence[SiteRow]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for path, name in _ids(raw, rows):
        if name == "default":
            yield Problem(path, "'default'", "another id: requirements.rate_bps_hz.default is the rate of all others")
        if name in seen:
            yield Problem(path, shown(name), "a unique id", f"{seen[name]} has it too")
        seen.setdefault(name, path)
    if not seen:
        return
    for index, name in enumerate(_list_at(table_at(raw, "design"), "given")):
        if isinstance(name, str) and name not in seen:
            yield _unknown(f"design.given[{index}]", name, "the id of a receiver", seen)
    rates = table_at(table_at(raw, "requirements"), "rate_bps_hz")
    for name in rates:
        if name not in seen and name != "default":
            yield _unknown(
                path_text(["requirements", "rate_bps_hz", name]), name, "the id of a receiver, or default", seen
            )
    count = table_at(raw, "design").get("receivers")
    if type(count) is int and count > len(seen):
        yield Problem("design.receivers", shown(count), f"at most {len(seen)}, the number of receivers")


def _ids(raw: Raw, rows: Sequence[SiteRow]) -> Iterator[tuple[str, str]]:
    receivers = table_at(raw, "receivers")
    tables = [(f"receivers.site[{index}]", site) for index, site in enumerate(_list_at(receivers, "site"))]
    for path, site in [*tables, *((row.path, row.table) for row in rows)]:
        if isinstance(site, dict) and isinstance(site.get("id"), str):
            yield f"{path}.id", site["id"]
    random = table_at(receivers, "random")
    count, prefix = random.get("count"), random.get("id_prefix", "rx")
    if type(count) is int and 1 <= count <= MAX_RECEIVERS and isinstance(prefix, str):
        for name in numbered_ids(prefix, count):
            yield "receivers.random.id_prefix", name


def _unknown(path: str, name: str, expected: str, known: Iterable[str]) -> Problem:
    near = difflib.get_close_matches(name[:64], list(known)[:1000], n=1)
    return Problem(path, shown(name), expected, f"did you mean {near[0]}?" if near else "")


# --- places --------------------------------------------------------------------------------------------------------


def _origin_problems(raw: Raw, rows: Sequence[SiteRow]) -> Iterator[Problem]:
    """Latitudes and longitudes need an origin in them: the table of this name, or the transmitter."""
    if "origin" in raw or "position_llh" in table_at(raw, "transmitter"):
        return
    random = ("receivers.random.centre_llh", "centre_llh" in table_at(table_at(raw, "receivers"), "random"))
    nodes = ((f"{path}.position_llh", "position_llh" in table) for path, table in _nodes(raw, rows))
    for path, geodetic in (*nodes, random):
        if geodetic:
            expected = "a table [origin] with latitude_deg and longitude_deg"
            yield Problem("origin", "nothing", expected, f"{path} needs it: the transmitter is in metres")
            return


def _written_positions(raw: Raw, rows: Sequence[SiteRow]) -> Iterator[tuple[str, tuple[float, ...], str]]:
    """Well-formed positions as written; metres have three entries, latitude-longitude-height four to keep apart."""
    for path, table in _nodes(raw, rows):
        for key, mark in (("position_m", ()), ("position_llh", (0.0,))):
            entries = _list_at(table, key)
            if len(entries) in (2, 3) and all(type(entry) in (int, float) for entry in entries):
                yield f"{path}.{key}", (*entries, *[0.0] * (3 - len(entries)), *mark), shown(entries)


def _nodes(raw: Raw, rows: Sequence[SiteRow]) -> Iterator[tuple[str, Raw]]:
    """Every table that stands somewhere: transmitter, target, receivers, scatterers."""
    for key in ("transmitter", "target"):
        if isinstance(raw.get(key), dict):
            yield key, raw[key]
    for parent, key in (("receivers", "site"), ("channel", "scatterer")):
        for index, table in enumerate(_list_at(table_at(raw, parent), key)):
            if isinstance(table, dict):
                yield f"{parent}.{key}[{index}]", table
    for row in rows:
        yield row.path, row.table


# --- registered names ----------------------------------------------------------------------------------------------


def _name_problems(raw: Raw) -> Iterator[Problem]:
    """Names of algorithms and models that nobody registered. An empty group knows nothing and refuses nothing."""
    design, channel, radio = (table_at(raw, key) for key in ("design", "channel", "radio"))
    for path, name, group in (
        ("design.criterion", design.get("criterion"), "criteria"),
        ("design.selector", design.get("selector"), "selectors"),
        ("design.beamformer", design.get("beamformer"), "beamformers"),
        ("channel.direct", channel.get("direct"), "channel_models"),
        ("radio.pulse", radio.get("pulse"), "pulses"),
        ("radio.pulse.kind", table_at(radio, "pulse").get("kind"), "pulses"),
    ):
        known = registry.names(group) if isinstance(name, str) else ()
        if known and path == "design.selector":
            known = (JOINT, *known)
        if known and registry.full_name(group, str(name)) not in known:
            yield _unknown(path, str(name), "one of " + ", ".join(known), known)


def table_at(table: Raw, key: str) -> Raw:
    """The table under a key; an empty one where there is none."""
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def _list_at(table: Raw, key: str) -> list[Any]:
    value = table.get(key)
    return value if isinstance(value, list) else []
