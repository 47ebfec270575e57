"""The scenario file, key by key: what it may say, in the units in which people write it (dBm, degrees, wavelengths).

These models check one key at a time. What needs two keys at once (either `antennas` or `array`, unique ids, nothing
at one place) is in `scenario.consistency`; what the values mean is in `scenario.resolve`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field

from multistatic.scenario.array_schema import ArrayTable, Table
from multistatic.scenario.model import (
    DesignSettings,
    GeodeticOrigin,
    Propagation,
    PulseSpec,
    Receiver,
    Requirements,
    Scenario,
    Target,
    Transmitter,
    default_of,
)
from multistatic.scenario.values import (
    MAX_HEIGHT_M,
    MAX_POWER_W,
    MAX_RECEIVERS,
    Antennas,
    Coordinate,
    CrossSectionDbsm,
    CrossSectionM2,
    CrossSectionName,
    FileName,
    Fraction,
    Geodetic,
    Level,
    Name,
    Position,
    PowerW,
    Rate,
    Reflection,
    SchemaOne,
    Seed,
    Velocity,
    height_tag,
    loss_tag,
    ordered,
    printable,
    table_tag,
    tag,
)

OWN_CLOCK = 'standard deviation of its clock offset in s, or "unknown"'
OWN_OSCILLATOR = 'standard deviation of its frequency offset in Hz, or "unknown"'
POSITION = "local metres [x, y] or [x, y, z]; two coordinates mean z = 0"
GEODETIC = "WGS 84 [latitude in degrees, longitude in degrees, ellipsoidal height in m]; two mean height 0"
BY_RADAR = 'needs the radar equation: echo_law = "product" and reference_loss_db = "free_space"'


def _shared(kind: type, name: str, description: str) -> Any:
    """A key whose default is that of the field `name` of the values in `scenario.model`."""
    return Field(default_of(kind, name), description=description)


Offset = Annotated[
    Annotated[float, Field(ge=0.0, le=1e12), tag("value")] | Annotated[Literal["unknown"], tag("word")],
    Discriminator(loss_tag),
]


class PulseTable(Table):
    """A pulse with its parameters."""

    kind: Name = Field(description="cosine, sinc, half_sine, root_raised_cosine, or another registered pulse")
    rolloff: Fraction = _shared(PulseSpec, "rolloff", "roll-off factor of pulses that have one")
    span_slots: Annotated[int, Field(ge=1, le=1024)] = _shared(PulseSpec, "span_slots", "one-sided span in slots")


Pulse = Annotated[
    Annotated[Name, tag("value")] | Annotated[PulseTable, tag("table")],
    Discriminator(table_tag),
]


class RadioTable(Table):
    """Carrier, bandwidth and waveform."""

    carrier_hz: Annotated[float, Field(ge=1e3, le=1e15)] = Field(description="carrier frequency in Hz")
    symbol_rate_hz: Annotated[float, Field(ge=2.0, le=2e15)] | None = Field(
        None,
        description="symbols per second, 1/slot, twice bandwidth_hz; a carrier with roll-off r occupies (1 + r) times "
        "as many Hz: 80e6 for a channel of 100 MHz with roll-off 0.25",
    )
    bandwidth_hz: Annotated[float, Field(ge=1.0, le=1e15)] | None = Field(
        None,
        description="the paper's B in Hz, half of symbol_rate_hz: the slot is 1/(2B) and the occupied band about 2B",
    )
    samples: Annotated[int, Field(ge=2, le=10_000_000)] = Field(description="samples per block, M")
    pulse: Pulse = _shared(PulseSpec, "kind", "transmit pulse: its name, or a table with kind, rolloff, span_slots")


class TransmitterTable(Table):
    """The transmitter."""

    position_m: Position | None = Field(None, description=POSITION)
    position_llh: Geodetic | None = Field(None, description=GEODETIC)
    antennas: Antennas | None = Field(None, description="elements of a half-wavelength ULA along y")
    array: ArrayTable | None = Field(None, description="an array table: kind = ula, upa or elements")
    power_dbm: Level | None = Field(None, description="power budget in dBm")
    power_w: PowerW | None = Field(None, description="power budget in W")
    receive_antennas: Antennas | None = Field(
        None,
        description="antennas that receive the echo, mono-static scheme; default: as many as the largest receiver has",
    )
    receive_array: ArrayTable | None = Field(None, description="array that receives the echo, mono-static scheme")
    clock_offset_std_s: Offset = _shared(Transmitter, "clock_offset_std_s", OWN_CLOCK + "; all receivers see it")
    frequency_offset_std_hz: Offset = _shared(
        Transmitter, "frequency_offset_std_hz", OWN_OSCILLATOR + "; all receivers see it"
    )


class SiteTable(Table):
    """One receiver."""

    id: Name = Field(description="unique name")
    position_m: Position | None = Field(None, description=POSITION)
    position_llh: Geodetic | None = Field(None, description=GEODETIC)
    antennas: Antennas | None = Field(None, description="elements of a half-wavelength ULA along y")
    array: ArrayTable | None = Field(None, description="an array table: kind = ula, upa or elements")
    rate_bps_hz: Rate | None = Field(None, description="rate this receiver must get")
    clock_offset_std_s: Offset | None = Field(None, description=OWN_CLOCK)
    frequency_offset_std_hz: Offset | None = Field(None, description=OWN_OSCILLATOR)


class RandomTable(Table):
    """Receivers placed at random around a centre."""

    count: Annotated[int, Field(ge=1, le=MAX_RECEIVERS)] = Field(description="how many receivers")
    radius_m: Annotated[
        list[Annotated[float, Field(ge=0, le=1e6)]], Field(min_length=2, max_length=2), AfterValidator(ordered)
    ] = Field(description="[smallest, largest] horizontal distance from the centre in m")
    density: Literal["area", "radius"] = Field("area", description="uniform in the area, or in the radius")
    centre_m: Position | None = Field(None, description=POSITION + "; default: the transmitter")
    centre_llh: Geodetic | None = Field(None, description=GEODETIC)
    height_m: (
        Annotated[
            Annotated[Coordinate, tag("value")]
            | Annotated[list[Coordinate], Field(min_length=2, max_length=2), AfterValidator(ordered), tag("range")],
            Discriminator(height_tag),
        ]
        | None
    ) = Field(None, description="local z in m, or [lowest, highest]; default: z of the centre")
    antennas: Antennas | None = Field(None, description="elements of a half-wavelength ULA along y")
    array: ArrayTable | None = Field(None, description="an array table: kind = ula, upa or elements")
    id_prefix: Annotated[str, Field(min_length=1, max_length=48), AfterValidator(printable)] = Field(
        "rx", description="start of every id"
    )


class ReceiversTable(Table):
    """Receivers: listed, read from a file, placed at random, or any of these together, in this order."""

    site: Annotated[list[SiteTable], Field(min_length=1, max_length=MAX_RECEIVERS)] | None = Field(
        None, description="one [[receivers.site]] table for each receiver"
    )
    file: FileName | None = Field(
        None, description="name of a .csv or .geojson site list, relative to the scenario file"
    )
    random: RandomTable | None = Field(None, description="random placement")
    exclude: Annotated[list[Name], Field(max_length=MAX_RECEIVERS)] = Field(
        [], description="ids of receivers that are left out, of whatever origin; the others stay where they are"
    )
    antennas: Antennas | None = Field(None, description="default number of antennas; 1 where nothing is said")
    array: ArrayTable | None = Field(None, description="default array")
    clock_offset_std_s: Offset = _shared(Receiver, "clock_offset_std_s", "default " + OWN_CLOCK + "; 0: synchronised")
    frequency_offset_std_hz: Offset = _shared(
        Receiver, "frequency_offset_std_hz", "default " + OWN_OSCILLATOR + "; 0: synchronised"
    )


class TargetTable(Table):
    """The target."""

    id: Name = Field("target", description="what tables, pictures and files call it")
    position_m: Position | None = Field(None, description=POSITION)
    position_llh: Geodetic | None = Field(None, description=GEODETIC)
    velocity_m_s: Velocity = Field([0.0, 0.0, 0.0], description="velocity in m/s, along the local axes")
    rcs_m2: CrossSectionM2 | None = Field(None, description="radar cross-section in m²; " + BY_RADAR)
    rcs_dbsm: CrossSectionDbsm | None = Field(None, description="radar cross-section in dB(m²); " + BY_RADAR)
    rcs: CrossSectionName | None = Field(
        None,
        description="kind of target in TR 38.901: uav-small, uav-large, person, vehicle, agv; sets the median of the "
        "cross-section, rcs_std_db and rcs_bistatic_db; " + BY_RADAR,
    )
    reflection: Reflection | None = Field(
        None,
        description="power reflection factor β instead of a cross-section; under the radar equation it is the "
        "cross-section in m² divided by 4π; 1 where nothing is said",
    )
    rcs_std_db: Annotated[float, Field(ge=0.0, le=30.0)] = _shared(
        Target,
        "rcs_std_db",
        "log-normal spread of the cross-section in dB; with it the given value is the median, for which "
        "everything is computed",
    )
    rcs_bistatic_db: Annotated[float, Field(ge=0.0, le=100.0)] = _shared(
        Target,
        "rcs_bistatic_db",
        "dB by which the cross-section is lower towards a receiver, times sin(bistatic angle / 2)",
    )


class ScattererTable(Table):
    """A reflector of signal-dependent clutter."""

    position_m: Position | None = Field(None, description=POSITION)
    position_llh: Geodetic | None = Field(None, description=GEODETIC)
    rcs_m2: CrossSectionM2 | None = Field(None, description="radar cross-section in m²; " + BY_RADAR)
    rcs_dbsm: CrossSectionDbsm | None = Field(None, description="radar cross-section in dB(m²); " + BY_RADAR)
    reflection: Reflection | None = Field(
        None,
        description="power reflection factor instead of a cross-section; under the radar equation it is the "
        "cross-section in m² divided by 4π; 1 where nothing is said",
    )


ReferenceLoss = Annotated[
    Annotated[Level, tag("value")] | Annotated[Literal["free_space"], tag("word")],
    Discriminator(loss_tag),
]
Leakage = Annotated[
    Annotated[Level, tag("value")] | Annotated[Literal["none"], tag("word")],
    Discriminator(loss_tag),
]


class GivenChannelTable(Table):
    """Direct channels from files."""

    file: FileName | None = Field(
        None, description="a channel file (.npz, .mat, .h5, .nc), relative to the scenario file"
    )
    folder: FileName | None = Field(
        None, description="a folder of channel files: trial i of a study takes the file i in the order of their names"
    )


DirectChannel = Annotated[
    Annotated[Name, tag("value")] | Annotated[GivenChannelTable, tag("table")],
    Discriminator(table_tag),
]


class ChannelTable(Table):
    """Propagation, noise and clutter."""

    path_loss_exponent: Annotated[float, Field(gt=0, le=10)] = Field(description="path-loss exponent ε")
    reference_loss_db: ReferenceLoss | None = Field(
        None, description='loss at 1 m in dB, or "free_space" for (4π/λ)²; 0 where nothing is said'
    )
    reference_gain: Annotated[float, Field(ge=1e-40, le=1e40)] | None = Field(
        None, description="power gain at 1 m, instead of reference_loss_db"
    )
    echo_law: Literal["sum", "product"] = _shared(
        Propagation, "echo_law", "echo loss of d_b0 + d_0k, or of d_b0 · d_0k"
    )
    direct: DirectChannel = Field(
        "rician",
        description='direct channel: los, rician, or another registered model; { file = "H.npz" }: channels of a file',
    )
    rician_factor: Annotated[float, Field(ge=0, le=1e12)] = _shared(
        Propagation, "rician_factor", "Rician factor, a power ratio"
    )
    noise_power_dbm: Level | None = Field(None, description="noise power per antenna in a sample of one slot in dBm")
    noise_power_w: PowerW | None = Field(None, description="noise power per antenna in a sample of one slot in W")
    noise_figure_db: Annotated[float, Field(ge=0, le=100)] | None = Field(
        None,
        description="noise figure F in dB instead of a noise power, which then is k T F · symbol rate (k T F / slot)",
    )
    noise_temperature_k: Annotated[float, Field(gt=0, le=1e9)] | None = Field(
        None, description="noise temperature in K with noise_figure_db; default 290"
    )
    clutter_power_dbm: Level | None = Field(
        None, description="power of signal-independent clutter per antenna in a sample of one slot in dBm"
    )
    clutter_power_w: Annotated[float, Field(ge=0, le=MAX_POWER_W)] | None = Field(
        None, description="power of signal-independent clutter per antenna in a sample of one slot in W; default 0"
    )
    clutter: Literal["independent", "signal_dependent"] = _shared(Propagation, "clutter", "kind of clutter")
    scatterer: Annotated[list[ScattererTable], Field(max_length=1000)] = Field(
        [], description="reflectors of signal-dependent clutter, taken as independent: their powers add"
    )
    direct_path_leakage_db: Leakage | None = Field(
        None, description='direct path left in the clutter in dB, or "none"; 0 where nothing is said'
    )
    direct_path_leakage: Annotated[float, Field(ge=0, le=1e12)] | None = Field(
        None, description="the same as a power ratio"
    )


class RequirementsTable(Table):
    """What the network must deliver, and what cooperation may cost."""

    rate_bps_hz: Annotated[
        Annotated[Rate, tag("value")] | Annotated[dict[str, Rate], tag("table")], Discriminator(table_tag)
    ] = _shared(
        Receiver,
        "rate_required_bps_hz",
        "rate every receiver must get, or a table id = rate with an optional `default`",
    )
    cooperation_cost_m: Annotated[float, Field(gt=0, le=1e12)] | None = Field(
        None, description="limit of the cooperation cost in m; no limit where nothing is said"
    )
    distance_weight: Fraction = _shared(Requirements, "distance_weight", "weight ρ of the distance to the target")


class DesignTable(Table):
    """What to optimise and how."""

    criterion: Name = _shared(DesignSettings, "criterion", "figure of merit: surrogate, published, peb, veb, weighted")
    velocity_weight_s: Annotated[float, Field(ge=0, le=1e6)] = _shared(
        DesignSettings, "velocity_weight_s", "T in s of the criterion weighted, sqrt(PEB² + (T VEB)²)"
    )
    selector: Name = _shared(
        DesignSettings, "selector", "algorithm that chooses the receivers; joint: with their beams, certified"
    )
    beamformer: Name = _shared(DesignSettings, "beamformer", "algorithm that designs the beams")
    streams: Annotated[int, Field(ge=1, le=64)] = _shared(
        DesignSettings, "streams", "data streams per receiver, at most"
    )
    receivers: Annotated[int, Field(ge=1, le=MAX_RECEIVERS)] | None = Field(
        None, description="exactly this many cooperate; as many as pay off where nothing is said"
    )
    given: list[Name] = Field([], description="the group that the selector `given` returns")
    dimensions: Literal[2, 3] | None = Field(
        None, description="unknown coordinates of the target; by the geometry where nothing is said"
    )
    alternate: bool = _shared(DesignSettings, "alternate", "repeat selection and beams until nothing changes")
    certificate: Literal["standard", "tight"] = _shared(
        DesignSettings, "certificate", "bound on the beams; tight: proves more for some groups, and takes seconds"
    )
    options: Annotated[dict[str, dict[str, Any]], Field(max_length=100)] = Field(
        {}, description="settings of algorithms, a table for each: design.options.NAME"
    )


class OriginTable(Table):
    """Where local (0, 0, 0) lies on WGS 84: x east, y north, z up."""

    latitude_deg: Annotated[float, Field(ge=-90, le=90)] = Field(description="latitude in degrees")
    longitude_deg: Annotated[float, Field(ge=-180, le=360)] = Field(description="longitude in degrees")
    height_m: Annotated[float, Field(ge=-MAX_HEIGHT_M, le=MAX_HEIGHT_M)] = _shared(
        GeodeticOrigin, "height_m", "ellipsoidal height in m"
    )


class ScenarioTable(Table):
    """A scenario file of `multistatic`."""

    schema_: SchemaOne = Field(1, alias="schema", description="version of this format")
    name: Name = _shared(Scenario, "name", "what pictures and reports call it")
    seed: Seed = _shared(Scenario, "seed", "seed of every random draw")
    origin: OriginTable | None = Field(
        None, description="where local (0, 0, 0) lies; default: the transmitter where that is in latitude, longitude"
    )
    radio: RadioTable
    transmitter: TransmitterTable
    receivers: ReceiversTable
    target: TargetTable
    channel: ChannelTable
    requirements: RequirementsTable = Field(default_factory=lambda: RequirementsTable.model_validate({}))
    design: DesignTable = Field(default_factory=lambda: DesignTable.model_validate({}))
