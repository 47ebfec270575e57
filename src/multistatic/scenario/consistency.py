"""Checks that need two or more keys of a scenario: exclusive keys, unique ids, known names, different positions.

The checks work on the raw tables and skip whatever is malformed, so that they report alongside every other problem.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from multistatic import registry
from multistatic.errors import Problem, did_you_mean
from multistatic.scenario.algorithm_settings import option_problems
from multistatic.scenario.model import JOINT
from multistatic.scenario.placement import numbered_ids
from multistatic.scenario.places import coincidences
from multistatic.scenario.sites import SiteRow
from multistatic.scenario.target_consistency import target_problems
from multistatic.scenario.target_tables import target_tables
from multistatic.scenario.translate import path_text, shown
from multistatic.scenario.twins import COUNTS, ELEMENTS, SPACING, twins_at
from multistatic.scenario.values import MAX_RECEIVERS

Raw = Mapping[str, Any]


def consistency_problems(raw: Raw, rows: Sequence[SiteRow]) -> Iterator[Problem]:
    """Every contradiction in the raw tables and in the rows of the site list."""
    yield from _choice_problems(raw, rows)
    yield from target_problems(raw)
    yield from _cross_section_problems(raw)
    yield from _id_problems(raw, rows)
    yield from _origin_problems(raw, rows)
    yield from coincidences(_written_positions(raw, rows))
    yield from _name_problems(raw)
    yield from option_problems(table_at(raw, "design").get("options"))


# --- either this key or that one -----------------------------------------------------------------------------------


def _choice_problems(raw: Raw, rows: Sequence[SiteRow]) -> Iterator[Problem]:
    for path, kind, table in _tables(raw, rows):
        for twins in twins_at(kind):
            yield from _choose(path, table, *twins.keys, needed=twins.needed, hint=twins.hint)
        for count, array in COUNTS:
            yield from _array_problems(path, table, count, array)
    channel, receivers = table_at(raw, "channel"), table_at(raw, "receivers")
    if "noise_temperature_k" in channel and "noise_figure_db" not in channel:
        received = shown(channel["noise_temperature_k"])
        yield Problem("channel.noise_temperature_k", received, "noise_figure_db in the same table")
    if "transmitter" in raw:
        yield from _choose("transmitter", table_at(raw, "transmitter"), "antennas", "array", needed=True, both=True)
    if "receivers" in raw:
        yield from _choose("receivers", receivers, "site", "file", "random", needed=True, both=True)


def _tables(raw: Raw, rows: Sequence[SiteRow]) -> Iterator[tuple[str, str, Raw]]:
    """Every table with keys that exclude each other or with an array, as (path, kind, table)."""
    for path, table in _nodes(raw, ()):
        yield path, path, table
        for key in ("prior", "area"):
            if path.startswith("target") and isinstance(table.get(key), dict):
                yield f"{path}.{key}", f"{path}.{key}", table[key]
    yield from ((row.path, "receivers.site", row.table) for row in rows)
    yield from ((key, key, table_at(raw, key)) for key in ("radio", "channel", "receivers") if key in raw)
    if isinstance(table_at(raw, "channel").get("direct"), dict):
        yield "channel.direct", "channel.direct", table_at(table_at(raw, "channel"), "direct")
    if random := table_at(table_at(raw, "receivers"), "random"):
        yield "receivers.random", "receivers.random", random


def _choose(
    path: str, table: Raw, *keys: str, needed: bool = False, both: bool = False, hint: str = ""
) -> Iterator[Problem]:
    """At most one of `keys` (any number where `both`), and at least one where `needed`."""
    given = [key for key in keys if key in table]
    if needed and not given:
        yield Problem(f"{path}.{keys[0]}", "nothing", " or ".join(keys), hint)
    if len(given) > 1 and not both:
        expected = "only one of " + ", ".join(keys)
        yield Problem(f"{path}.{given[1]}", " and ".join(given), expected, hint or "leave out the others")


def _array_problems(path: str, table: Raw, count_key: str = "antennas", array_key: str = "array") -> Iterator[Problem]:
    """An array table says its own size, or leaves that to the node's number of antennas; they must agree."""
    array, antennas = table_at(table, array_key), table.get(count_key)
    if not array:
        return
    path_array = f"{path}.{array_key}"
    yield from _choose(path_array, array, *SPACING)
    if array.get("kind") == "elements":
        yield from _choose(path_array, array, *ELEMENTS, needed=True)
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
    """A target and scatterers say how much they reflect as a cross-section in the radar equation alone."""
    channel = table_at(raw, "channel")
    radar = channel.get("echo_law") == "product" and channel.get("reference_loss_db") == "free_space"
    targets = list(target_tables(raw))
    for path, target in targets:
        for key in ("rcs_std_db", "rcs_bistatic_db"):
            if key in target and "rcs" in target:
                yield Problem(
                    f"{path}.{key}", shown(target[key]), "no such key with rcs, which sets it", "use rcs_dbsm"
                )
    scatterers = [table for table in _list_at(channel, "scatterer") if isinstance(table, dict)]
    places = [*targets, *((f"channel.scatterer[{index}]", each) for index, each in enumerate(scatterers))]
    for path, table in places:
        for key in ("rcs_m2", "rcs_dbsm", "rcs"):
            if key in table and not radar:
                yield Problem(
                    f"{path}.{key}",
                    shown(table[key]),
                    'channel.echo_law = "product" and channel.reference_loss_db = "free_space" with a cross-section',
                    "with any other echo law state reflection",
                )


# --- ids -----------------------------------------------------------------------------------------------------------


def _id_problems(raw: Raw, rows: Sequence[SiteRow]) -> Iterator[Problem]:
    """Ids of receivers that repeat or have a special meaning."""
    seen: dict[str, str] = {}
    for path, name in _ids(raw, rows):
        if name == "default":
            yield Problem(
                path,
                "'default'",
                "another id, because requirements.rate_bps_hz.default is the rate of all other receivers",
            )
        if name in seen:
            yield Problem(path, shown(name), "a unique id", f"{seen[name]} has the same id")
        seen.setdefault(name, path)
    if not seen:
        return
    excluded = {name for name in _list_at(table_at(raw, "receivers"), "exclude") if isinstance(name, str)}
    for index, name in enumerate(_list_at(table_at(raw, "receivers"), "exclude")):
        if isinstance(name, str) and name not in seen:
            yield _unknown(f"receivers.exclude[{index}]", name, "the id of a receiver", seen)
    left = {name: path for name, path in seen.items() if name not in excluded}
    if not left:
        yield Problem("receivers.exclude", "every receiver", "at least one receiver that is not excluded")
        return
    with_rate = {
        table["id"] for _, table in _listed(raw, rows) if isinstance(table.get("id"), str) and "rate_bps_hz" in table
    }
    yield from _use_problems(raw, left, excluded & set(seen), with_rate)


def _use_problems(
    raw: Raw, ids: Mapping[str, str], excluded: Collection[str], with_rate: Collection[object]
) -> Iterator[Problem]:
    """Ids that other tables name: those of `ids`, the receivers that stay; `with_rate` have a rate of their own."""
    for index, name in enumerate(_list_at(table_at(raw, "design"), "given")):
        if isinstance(name, str) and name not in ids:
            yield _unknown(f"design.given[{index}]", name, "the id of a receiver", ids, excluded)
    rates = table_at(table_at(raw, "requirements"), "rate_bps_hz")
    for name in rates:
        if name not in ids and name != "default":
            path = path_text(["requirements", "rate_bps_hz", name])
            yield _unknown(path, name, "the id of a receiver, or default", ids, excluded)
    if isinstance(table_at(raw, "requirements").get("rate_bps_hz"), dict) and "default" not in rates:
        for name in sorted(ids.keys() - rates.keys() - set(with_rate)):
            path, expected = "requirements.rate_bps_hz", "a rate for every receiver, or a default"
            yield Problem(path, f"no rate for {name!r}", expected)
    count = table_at(raw, "design").get("receivers")
    if type(count) is int and count > len(ids):
        yield Problem("design.receivers", shown(count), f"at most {len(ids)}, the number of receivers")


def _ids(raw: Raw, rows: Sequence[SiteRow]) -> Iterator[tuple[str, str]]:
    for path, site in _listed(raw, rows):
        if isinstance(site.get("id"), str):
            yield f"{path}.id", site["id"]
    random = table_at(table_at(raw, "receivers"), "random")
    count, prefix = random.get("count"), random.get("id_prefix", "rx")
    if type(count) is int and 1 <= count <= MAX_RECEIVERS and isinstance(prefix, str):
        for name in numbered_ids(prefix, count):
            yield "receivers.random.id_prefix", name


def _listed(raw: Raw, rows: Sequence[SiteRow]) -> Iterator[tuple[str, Raw]]:
    """The tables of single receivers, of the document and of the site list."""
    for index, site in enumerate(_list_at(table_at(raw, "receivers"), "site")):
        if isinstance(site, dict):
            yield f"receivers.site[{index}]", site
    yield from ((row.path, row.table) for row in rows)


def _unknown(path: str, name: str, expected: str, known: Iterable[str], excluded: Collection[str] = ()) -> Problem:
    if name in excluded:
        return Problem(path, shown(name), expected, "receivers.exclude excludes this receiver")
    return Problem(path, shown(name), expected, did_you_mean(name, known))


# --- places --------------------------------------------------------------------------------------------------------


def _origin_problems(raw: Raw, rows: Sequence[SiteRow]) -> Iterator[Problem]:
    """Latitudes and longitudes need an origin in them: the table of this name, or the transmitter."""
    if "origin" in raw or "position_llh" in table_at(raw, "transmitter"):
        return
    random = ("receivers.random.centre_llh", "centre_llh" in table_at(table_at(raw, "receivers"), "random"))
    nodes = ((f"{path}.position_llh", "position_llh" in table) for path, table in _nodes(raw, rows))
    areas = (
        (f"{path}.area.{key}", key in table_at(table, "area"))
        for path, table in target_tables(raw)
        for key in ("vertices_llh", "file")
    )
    for path, geodetic in (*nodes, *areas, random):
        if geodetic:
            expected = "a table [origin] with latitude_deg and longitude_deg"
            yield Problem("origin", "nothing", expected, f"{path} is in degrees, but the transmitter is in metres")
            return


def _written_positions(raw: Raw, rows: Sequence[SiteRow]) -> Iterator[tuple[str, tuple[float, ...], str]]:
    """Well-formed positions as written; metres have three entries, latitude-longitude-height four to keep apart."""
    excluded = _list_at(table_at(raw, "receivers"), "exclude")
    for path, table in _nodes(raw, rows):
        if table.get("id") is not None and table["id"] in excluded and not path.startswith("target"):
            continue
        if "area" in table:  # its position is the middle of where the target may be, and may be that of a site
            continue
        for key, mark in (("position_m", ()), ("position_llh", (0.0,))):
            entries = _list_at(table, key)
            if len(entries) in (2, 3) and all(type(entry) in (int, float) for entry in entries):
                yield f"{path}.{key}", (*entries, *[0.0] * (3 - len(entries)), *mark), shown(entries)


def _nodes(raw: Raw, rows: Sequence[SiteRow]) -> Iterator[tuple[str, Raw]]:
    """Every table that stands somewhere: transmitter, target, receivers, scatterers."""
    if isinstance(raw.get("transmitter"), dict):
        yield "transmitter", raw["transmitter"]
    yield from target_tables(raw)
    for parent, key in (("receivers", "site"), ("channel", "scatterer")):
        for index, table in enumerate(_list_at(table_at(raw, parent), key)):
            if isinstance(table, dict):
                yield f"{parent}.{key}[{index}]", table
    for row in rows:
        yield row.path, row.table


# --- registered names ----------------------------------------------------------------------------------------------


def _name_problems(raw: Raw) -> Iterator[Problem]:
    """Names of algorithms and models that are not registered. An empty group refuses no name."""
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
