"""From the validated tables of a file to the frozen SI `Scenario`: defaults, units, random placement, geodesy."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np

from multistatic.errors import Problem, ScenarioError
from multistatic.scenario.algorithm_settings import settings_from
from multistatic.scenario.area_geojson import AreaFiles
from multistatic.scenario.array_schema import ArrayTable
from multistatic.scenario.array_tables import array_from_table, half_wavelength_array, padded_to_three
from multistatic.scenario.arrays import AntennaArray
from multistatic.scenario.channel_schema import ChannelTable, ScattererTable
from multistatic.scenario.checks import coordinates
from multistatic.scenario.geodesy import local_from_geodetic
from multistatic.scenario.given_channel import GivenChannel
from multistatic.scenario.model import (
    DesignSettings,
    GeodeticOrigin,
    Propagation,
    PulseSpec,
    Radio,
    Receiver,
    Requirements,
    Scatterer,
    Scenario,
    Target,
    Transmitter,
    free_space_gain,
)
from multistatic.scenario.placement import numbered_ids, place_on_annulus, placement_rng
from multistatic.scenario.places import coincidences
from multistatic.scenario.schema import (
    DesignTable,
    PulseTable,
    RadioTable,
    RandomTable,
    RequirementsTable,
    ScenarioTable,
    SiteTable,
    TargetTable,
    TransmitterTable,
)
from multistatic.scenario.target_from_table import target_from_table, written_reflection
from multistatic.scenario.target_tables import target_path
from multistatic.scenario.translate import capped, shown
from multistatic.scenario.values import MAX_COORDINATE_M
from multistatic.units import BOLTZMANN_J_K, F, db_to_ratio, dbm_to_watt

STANDARD_TEMPERATURE_K = 290.0
MAX_CHANNEL_ENTRIES = 10**8


_Placed = TransmitterTable | TargetTable | SiteTable | ScattererTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A receiver's table and where it was read, for messages."""

    path: str
    table: SiteTable


def resolve(
    table: ScenarioTable,
    sites: Sequence[Site],
    channel: GivenChannel | None = None,
    areas: AreaFiles = MappingProxyType({}),
) -> Scenario:
    """The scenario of a valid document; `sites` are its listed receivers and those of its site list, `channel` what the
    file of its direct channels gives, `areas` those of the GeoJSON files that its targets name.

    Raises `ScenarioError` where positions coincide or lie out of range once they are all local metres, where elements
    of an array do, where a receiver has no rate, or where the channel would not fit into memory.
    """
    origin = _origin(table)
    scatterers = table.channel.scatterer
    count = len(table.targets)
    placed: list[_Placed] = [table.transmitter, *table.targets, *(site.table for site in sites), *scatterers]
    positions = _local_positions([(each.position_m, each.position_llh) for each in placed], origin)
    transmitter_m, targets_m, listed_m, scatterers_m = np.split(positions, [1, 1 + count, 1 + count + len(sites)])
    targets = _targets(table.targets, targets_m, areas, origin)
    radio = _radio(table.radio)
    receivers = [
        _receiver(site.table, position, table, radio.wavelength_m)
        for site, position in zip(sites, listed_m, strict=True)
    ]
    if table.receivers.random is not None:
        receivers += _placed_at_random(table.receivers.random, table, transmitter_m[0], radio.wavelength_m, origin)
    transmitter = _transmitter(table.transmitter, transmitter_m[0], radio.wavelength_m)
    drawn = (f"receivers.random (receiver {receiver.id})" for receiver in receivers[len(sites) :])
    target_paths = [target_path(index, count) for index in range(count)]
    # Where an uncertain target is thought to be may be where a site is.
    around = {path for path, each in zip(target_paths, targets, strict=True) if each.area is not None}
    places = [("transmitter", transmitter_m[0])]
    places += zip(target_paths, (each.position_m for each in targets), strict=True)
    places += zip([*(site.path for site in sites), *drawn], (each.position_m for each in receivers), strict=True)
    beside = [(f"channel.scatterer[{i}]", position) for i, position in enumerate(scatterers_m)]
    places += beside
    paths = ["transmitter", *target_paths, *(site.path for site in sites), *(path for path, _ in beside)]
    written = {path: shown(each.position_llh) for path, each in zip(paths, placed, strict=True) if each.position_llh}
    problems = [*_place_problems(places, written, around)]
    if problems := [*problems, *_array_problems(transmitter, receivers, places[1 + count :])]:
        raise ScenarioError(capped(problems))
    return Scenario(
        name=table.name,
        seed=table.seed,
        radio=radio,
        transmitter=transmitter,
        receivers=tuple(receivers),
        targets=targets,
        propagation=_propagation(table.channel, scatterers_m, radio, channel),
        requirements=_requirements(table.requirements),
        design=design_settings(table.design),
        origin=origin,
    )


# --- where ---------------------------------------------------------------------------------------------------------


def _origin(table: ScenarioTable) -> GeodeticOrigin | None:
    """The origin as written, or the transmitter where that is given in latitude and longitude."""
    if table.origin is not None:
        return GeodeticOrigin(**table.origin.model_dump())
    if table.transmitter.position_llh is None:
        return None
    latitude, longitude, height = padded_to_three(table.transmitter.position_llh).tolist()
    return GeodeticOrigin(latitude_deg=latitude, longitude_deg=longitude, height_m=height)


def _local_positions(
    written: Sequence[tuple[list[float] | None, list[float] | None]], origin: GeodeticOrigin | None
) -> F:
    """Local metres [n, 3] of positions written as metres or as latitude, longitude, height."""
    positions = np.array([padded_to_three(metres or llh or [0.0, 0.0]) for metres, llh in written]).reshape(-1, 3)
    geodetic = np.array([llh is not None for _, llh in written])
    if origin is not None and geodetic.any():
        positions[geodetic] = local_from_geodetic(origin, positions[geodetic])
    return positions


def _placed_at_random(
    random: RandomTable, table: ScenarioTable, transmitter_m: F, wavelength_m: float, origin: GeodeticOrigin | None
) -> list[Receiver]:
    """The receivers of `receivers.random`, drawn by the seed of the scenario, without the excluded ones."""
    centre = transmitter_m
    if random.centre_m is not None or random.centre_llh is not None:
        centre = _local_positions([(random.centre_m, random.centre_llh)], origin)[0]
    height = float(centre[2]) if random.height_m is None else random.height_m
    positions = place_on_annulus(
        placement_rng(table.seed),
        random.count,
        centre_m=centre,
        radius_m=random.radius_m,
        height_m=height if isinstance(height, list) else [height, height],
        density=random.density,
    )
    sites = (
        SiteTable.model_construct(id=name, antennas=random.antennas, array=random.array)
        for name in numbered_ids(random.id_prefix, random.count)
    )
    left_out = set(table.receivers.exclude)
    return [
        _receiver(site, position, table, wavelength_m)
        for site, position in zip(sites, positions, strict=True)
        if site.id not in left_out
    ]


def _targets(
    tables: Sequence[TargetTable], positions: F, areas: AreaFiles, origin: GeodeticOrigin | None
) -> tuple[Target, ...]:
    """The targets, or the problems of all of them that are none."""
    found: list[Target] = []
    problems: list[Problem] = []
    for index, (table, position) in enumerate(zip(tables, positions, strict=True)):
        stated = table.position_m is not None or table.position_llh is not None
        path = target_path(index, len(tables))
        try:
            found.append(
                target_from_table(path, table, position if stated else None, areas, partial(_from_degrees, origin))
            )
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(capped(problems))
    return tuple(found)


def _from_degrees(origin: GeodeticOrigin | None, llh: F) -> F:
    return llh if origin is None else local_from_geodetic(origin, llh)


# --- what ----------------------------------------------------------------------------------------------------------


def _radio(table: RadioTable) -> Radio:
    pulse = table.pulse.model_dump() if isinstance(table.pulse, PulseTable) else {"kind": table.pulse}
    return Radio(
        carrier_hz=float(table.carrier_hz),
        bandwidth_hz=_bandwidth_hz(table),
        samples=table.samples,
        pulse=PulseSpec(**pulse),
    )


def _bandwidth_hz(table: RadioTable) -> float:
    if table.symbol_rate_hz is not None:
        return 0.5 * table.symbol_rate_hz
    return _or(table.bandwidth_hz, float("nan"))


def _transmitter(table: TransmitterTable, position_m: F, wavelength_m: float) -> Transmitter:
    array = _array(table.antennas, table.array, wavelength_m)
    return Transmitter(
        position_m=position_m,
        array=array or half_wavelength_array(1, wavelength_m),
        power_w=_level(table.power_dbm, table.power_w),
        receive_array=_array(table.receive_antennas, table.receive_array, wavelength_m),
        clock_offset_std_s=_offset(table.clock_offset_std_s),
        frequency_offset_std_hz=_offset(table.frequency_offset_std_hz),
    )


def _receiver(site: SiteTable, position_m: F, table: ScenarioTable, wavelength_m: float) -> Receiver:
    defaults = table.receivers
    array = _array(site.antennas, site.array, wavelength_m) or _array(defaults.antennas, defaults.array, wavelength_m)
    return Receiver(
        id=site.id,
        position_m=position_m,
        array=array or half_wavelength_array(1, wavelength_m),
        rate_required_bps_hz=_rate(site, table.requirements.rate_bps_hz),
        clock_offset_std_s=_offset(site.clock_offset_std_s, defaults.clock_offset_std_s),
        frequency_offset_std_hz=_offset(site.frequency_offset_std_hz, defaults.frequency_offset_std_hz),
    )


def _offset(own: float | str | None, default: float | str = 0.0) -> float:
    """Standard deviation of a clock's offset, infinite where it is unknown."""
    value = default if own is None else own
    return float("inf") if isinstance(value, str) else float(value)


def _array(antennas: int | None, table: ArrayTable | None, wavelength_m: float) -> AntennaArray | None:
    if table is not None:
        return array_from_table(table, antennas, wavelength_m)
    return None if antennas is None else half_wavelength_array(antennas, wavelength_m)


def _rate(site: SiteTable, required: float | dict[str, float]) -> float:
    """The site's own rate, else the one required of its id, else the default: one of them is there."""
    if site.rate_bps_hz is not None:
        return float(site.rate_bps_hz)
    if isinstance(required, dict):
        return float(required[site.id] if site.id in required else required["default"])
    return float(required)


def _propagation(table: ChannelTable, scatterers_m: F, radio: Radio, channel: GivenChannel | None) -> Propagation:
    """Path loss, noise and clutter of the table `channel` in linear units."""
    return Propagation(
        path_loss_exponent=float(table.path_loss_exponent),
        reference_gain=_reference_gain(table, radio.wavelength_m),
        echo_law=table.echo_law,
        direct=_direct(table, channel),
        rician_factor=float(table.rician_factor),
        noise_power_w=_noise_power_w(table, radio.symbol_rate_hz),
        clutter_power_w=_level(table.clutter_power_dbm, table.clutter_power_w, absent=0.0),
        clutter=table.clutter,
        scatterers=tuple(
            Scatterer(position_m=position, reflection=written_reflection(scatterer))
            for scatterer, position in zip(table.scatterer, scatterers_m, strict=True)
        ),
        direct_path_leakage=_leakage(table),
    )


def _direct(table: ChannelTable, channel: GivenChannel | None) -> str | GivenChannel:
    """The name of a model, or the channels of the file that the table names."""
    if isinstance(table.direct, str):
        return table.direct
    if channel is None:
        folder = table.direct.folder
        hint = "a folder is for studies, which use file i of it in trial i; here name one file of the folder"
        raise ScenarioError([Problem("channel.direct.folder", repr(folder), "channel.direct.file", hint)])
    return channel


def _reference_gain(table: ChannelTable, wavelength_m: float) -> float:
    if table.reference_gain is not None:
        return float(table.reference_gain)
    loss = table.reference_loss_db
    if isinstance(loss, str):
        return free_space_gain(wavelength_m)
    return db_to_ratio(0.0 if loss is None else -loss)


def _leakage(table: ChannelTable) -> float:
    if table.direct_path_leakage is not None:
        return float(table.direct_path_leakage)
    leakage = table.direct_path_leakage_db
    if isinstance(leakage, str):
        return 0.0
    return db_to_ratio(0.0 if leakage is None else leakage)


def thermal_noise_w(
    symbol_rate_hz: float, noise_figure_db: float, temperature_k: float = STANDARD_TEMPERATURE_K
) -> float:
    """Noise power k T F/Δt of a receiver in a sample of one slot Δt = 1/`symbol_rate_hz`.

    White complex noise of the density k T F behind a filter matched to a pulse of unit energy per slot: its variance is
    that of the noise bandwidth 1/Δt. The energy of M slots over this density, E/N0, is the SNR of the radar equation.
    """
    return BOLTZMANN_J_K * temperature_k * symbol_rate_hz * db_to_ratio(noise_figure_db)


def _noise_power_w(table: ChannelTable, symbol_rate_hz: float) -> float:
    if table.noise_figure_db is None:
        return _level(table.noise_power_dbm, table.noise_power_w)
    temperature_k = _or(table.noise_temperature_k, STANDARD_TEMPERATURE_K)
    return thermal_noise_w(symbol_rate_hz, table.noise_figure_db, temperature_k)


def _level(dbm: float | None, watt: float | None, absent: float = float("nan")) -> float:
    return dbm_to_watt(dbm) if dbm is not None else _or(watt, absent)


def design_settings(table: DesignTable) -> DesignSettings:
    """The settings that a `[design]` table means."""
    keys = {**table.model_dump(), "given": tuple(table.given), "options": settings_from(table.options)}
    return DesignSettings(**keys)


def _requirements(table: RequirementsTable) -> Requirements:
    limit_m = _or(table.cooperation_cost_m, float("inf"))
    return Requirements(cooperation_cost_m=limit_m, distance_weight=table.distance_weight)


def _or(value: float | None, default: float) -> float:
    return float(default if value is None else value)


# --- what can only be seen once everything is in metres ------------------------------------------------------------


def _place_problems(
    places: Sequence[tuple[str, F]], written: Mapping[str, str], around: Collection[str]
) -> Iterator[Problem]:
    """Positions that are far off, or at one place; `places` are (path, position [3]), `written` what a file says of
    those that it gives in latitude and longitude, `around` the paths of those that are the middle of an area.
    """
    received = {path: f"{_metres(position)} in local metres" for path, position in places}
    received |= {path: f"{text}, which is {received[path]}" for path, text in written.items()}
    for path, position in places:
        if np.abs(position).max() > MAX_COORDINATE_M:
            yield Problem(f"{path}.position", received[path], f"coordinates within ±{MAX_COORDINATE_M:g} m")
    alone = [each for each in places if each[0] not in around]
    yield from coincidences((f"{path}.position", coordinates(position), received[path]) for path, position in alone)


def _array_problems(
    transmitter: Transmitter, receivers: Sequence[Receiver], places: Sequence[tuple[str, F]]
) -> list[Problem]:
    """Coincident array elements, or a channel too large for memory."""
    entries = len(receivers) * max(receiver.array.size for receiver in receivers) * transmitter.array.size
    if entries > MAX_CHANNEL_ENTRIES:  # and looking at every element of so many would take minutes
        size = f"{entries:.2g} channel coefficients (receivers x receive x transmit antennas)"
        return [Problem("receivers", size, f"at most {MAX_CHANNEL_ENTRIES:.0e}")]
    arrays = [("transmitter.receive_array", transmitter.receive_array), ("transmitter.array", transmitter.array)]
    arrays += [(f"{path}.array", each.array) for (path, _), each in zip(places, receivers, strict=False)]
    return [
        Problem(path, "two elements at the same position", "a different position for each element")
        for path, array in arrays
        if array is not None and len(np.unique(array.elements_m, axis=0)) < array.size
    ]


def _metres(position_m: F) -> str:
    return "[" + ", ".join(f"{coordinate:g}" for coordinate in position_m) + "]"
