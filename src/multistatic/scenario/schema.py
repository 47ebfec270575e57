"""The scenario file, key by key: the values that it may have, in practical units (dBm, degrees, wavelengths).

These models check one key at a time. Checks that need two keys (either `antennas` or `array`, unique ids, different
positions) are in `scenario.consistency`; the meaning of the values is in `scenario.resolve`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field

from multistatic.scenario.array_schema import GEODETIC, POSITION, ArrayTable, Table, shared
from multistatic.scenario.channel_schema import ChannelTable
from multistatic.scenario.model import (
    DesignSettings,
    GeodeticOrigin,
    OverPoints,
    PulseSpec,
    Receiver,
    Requirements,
    Scenario,
    Transmitter,
)
from multistatic.scenario.target_schema import Targets
from multistatic.scenario.target_schema import TargetTable as TargetTable
from multistatic.scenario.values import (
    MAX_HEIGHT_M,
    MAX_RECEIVERS,
    Antennas,
    Coordinate,
    FileName,
    Fraction,
    Geodetic,
    Level,
    Name,
    Position,
    PowerW,
    Rate,
    SchemaOne,
    Seed,
    height_tag,
    loss_tag,
    ordered,
    printable,
    table_tag,
    tag,
)

NODE_CLOCK = 'standard deviation of the clock offset in s, or "unknown"'
NODE_OSCILLATOR = 'standard deviation of the carrier offset in Hz, or "unknown"'
LINE = "number of elements of a half-wavelength linear array along y"
ARRAY = 'array table with kind = "ula", "upa" or "elements"'
OF_RECEIVERS = "; default: that of [receivers]"


Offset = Annotated[
    Annotated[float, Field(ge=0.0, le=1e12), tag("value")] | Annotated[Literal["unknown"], tag("word")],
    Discriminator(loss_tag),
]


class PulseTable(Table):
    """A pulse with its parameters."""

    kind: Name = Field(
        description="name of the pulse; cosine, sinc, half_sine, raised_cosine, root_raised_cosine, or one of another "
        "package"
    )
    rolloff: Fraction = shared(PulseSpec, "rolloff", "roll-off factor of raised_cosine and root_raised_cosine, 0 to 1")
    span_slots: Annotated[int, Field(ge=1, le=1024)] = shared(
        PulseSpec, "span_slots", "length of the pulse on each side of its centre, in slots"
    )


Pulse = Annotated[
    Annotated[Name, tag("value")] | Annotated[PulseTable, tag("table")],
    Discriminator(table_tag),
]


class RadioTable(Table):
    """Carrier, bandwidth and waveform."""

    carrier_hz: Annotated[float, Field(ge=1e3, le=1e15)] = Field(description="carrier frequency in Hz")
    symbol_rate_hz: Annotated[float, Field(ge=2.0, le=2e15)] | None = Field(
        None,
        description="symbol rate in symbols/s; 1/slot, twice bandwidth_hz; with roll-off r the signal occupies "
        "(1 + r) · symbol_rate_hz: 80e6 fills a channel of 100 MHz with roll-off 0.25",
    )
    bandwidth_hz: Annotated[float, Field(ge=1.0, le=1e15)] | None = Field(
        None,
        description="bandwidth B of the paper in Hz; half of symbol_rate_hz, the slot is 1/(2B)",
    )
    samples: Annotated[int, Field(ge=2, le=10_000_000)] = Field(description="number of samples in a block, M")
    pulse: Pulse = shared(PulseSpec, "kind", "transmit pulse; its name, or a table with kind, rolloff and span_slots")


class TransmitterTable(Table):
    """The transmitter."""

    position_m: Position | None = Field(None, description=POSITION)
    position_llh: Geodetic | None = Field(None, description=GEODETIC)
    antennas: Antennas | None = Field(None, description=LINE)
    array: ArrayTable | None = Field(None, description=ARRAY)
    power_dbm: Level | None = Field(None, description="power budget in dBm")
    power_w: PowerW | None = Field(None, description="power budget in W")
    receive_antennas: Antennas | None = Field(
        None,
        description="number of antennas that receive the echo in the mono-static scheme; default: that of the receiver "
        "with the most antennas",
    )
    receive_array: ArrayTable | None = Field(None, description="array that receives the echo in the mono-static scheme")
    clock_offset_std_s: Offset = shared(
        Transmitter, "clock_offset_std_s", NODE_CLOCK + "; the offset is common to all receivers"
    )
    frequency_offset_std_hz: Offset = shared(
        Transmitter, "frequency_offset_std_hz", NODE_OSCILLATOR + "; the offset is common to all receivers"
    )


class SiteTable(Table):
    """One receiver."""

    id: Name = Field(description="unique id of the receiver")
    position_m: Position | None = Field(None, description=POSITION)
    position_llh: Geodetic | None = Field(None, description=GEODETIC)
    antennas: Antennas | None = Field(None, description=LINE + OF_RECEIVERS)
    array: ArrayTable | None = Field(None, description=ARRAY + OF_RECEIVERS)
    rate_bps_hz: Rate | None = Field(
        None, description="required rate of this receiver in bit/s/Hz; default: that of [requirements]"
    )
    clock_offset_std_s: Offset | None = Field(None, description=NODE_CLOCK + OF_RECEIVERS)
    frequency_offset_std_hz: Offset | None = Field(None, description=NODE_OSCILLATOR + OF_RECEIVERS)


class RandomTable(Table):
    """Receivers placed at random around a centre."""

    count: Annotated[int, Field(ge=1, le=MAX_RECEIVERS)] = Field(description="number of receivers")
    radius_m: Annotated[
        list[Annotated[float, Field(ge=0, le=1e6)]], Field(min_length=2, max_length=2), AfterValidator(ordered)
    ] = Field(description="[smallest, largest] horizontal distance from the centre in m")
    density: Literal["area", "radius"] = Field(
        "area",
        description="distribution of the receivers; uniform over the area, or uniform in the distance from the centre",
    )
    centre_m: Position | None = Field(None, description="centre, " + POSITION + "; default: the transmitter")
    centre_llh: Geodetic | None = Field(None, description="centre, " + GEODETIC)
    height_m: (
        Annotated[
            Annotated[Coordinate, tag("value")]
            | Annotated[list[Coordinate], Field(min_length=2, max_length=2), AfterValidator(ordered), tag("range")],
            Discriminator(height_tag),
        ]
        | None
    ) = Field(
        None,
        description="height z in local metres, or [lowest, highest] for random heights; default: that of the centre",
    )
    antennas: Antennas | None = Field(None, description=LINE + OF_RECEIVERS)
    array: ArrayTable | None = Field(None, description=ARRAY + OF_RECEIVERS)
    id_prefix: Annotated[str, Field(min_length=1, max_length=48), AfterValidator(printable)] = Field(
        "rx", description="text before the number in each id"
    )


class ReceiversTable(Table):
    """Receivers: listed, read from a file, placed at random, or any of these together, in this order."""

    site: Annotated[list[SiteTable], Field(min_length=1, max_length=MAX_RECEIVERS)] | None = Field(
        None, description="one [[receivers.site]] table for each receiver"
    )
    file: FileName | None = Field(None, description="site list, a .csv or .geojson file, relative to the scenario file")
    random: RandomTable | None = Field(None, description="random placement of receivers")
    exclude: Annotated[list[Name], Field(max_length=MAX_RECEIVERS)] = Field(
        [], description="ids of receivers to leave out; the positions of the others do not change"
    )
    antennas: Antennas | None = Field(
        None, description="number of antennas of receivers that do not state their own; default: 1"
    )
    array: ArrayTable | None = Field(None, description="array of receivers that do not state their own")
    clock_offset_std_s: Offset = shared(
        Receiver, "clock_offset_std_s", NODE_CLOCK + ", of receivers that do not state their own; 0: perfect clocks"
    )
    frequency_offset_std_hz: Offset = shared(
        Receiver,
        "frequency_offset_std_hz",
        NODE_OSCILLATOR + ", of receivers that do not state their own; 0: perfect oscillators",
    )


class RequirementsTable(Table):
    """What the network must deliver, and what cooperation may cost."""

    rate_bps_hz: Annotated[
        Annotated[Rate, tag("value")] | Annotated[dict[str, Rate], tag("table")], Discriminator(table_tag)
    ] = shared(
        Receiver,
        "rate_required_bps_hz",
        "required rate of every receiver in bit/s/Hz, or a table id = rate with an optional `default`",
    )
    cooperation_cost_m: Annotated[float, Field(gt=0, le=1e12)] | None = Field(
        None, description="largest cooperation cost of the group in m; default: no limit"
    )
    distance_weight: Fraction = shared(
        Requirements, "distance_weight", "weight ρ of the distance to the target in the cooperation cost, 0 to 1"
    )


class DesignTable(Table):
    """What to optimise and how."""

    criterion: Name = shared(
        DesignSettings,
        "criterion",
        "figure of merit, lower is better; surrogate, published, peb, veb, weighted, or one of another package",
    )
    velocity_weight_s: Annotated[float, Field(ge=0, le=1e6)] = shared(
        DesignSettings,
        "velocity_weight_s",
        "weight T of the velocity error in s; used by the criterion weighted, sqrt(PEB² + (T · VEB)²)",
    )
    selector: Name = shared(
        DesignSettings,
        "selector",
        "algorithm that chooses the group of receivers; joint optimises group and beams together",
    )
    beamformer: Name = shared(DesignSettings, "beamformer", "algorithm that designs the transmit beams")
    streams: Annotated[int, Field(ge=1, le=64)] = shared(
        DesignSettings, "streams", "largest number of data streams per receiver"
    )
    receivers: Annotated[int, Field(ge=1, le=MAX_RECEIVERS)] | None = Field(
        None, description="exact number of receivers in the group; default: as many as improve the criterion"
    )
    given: list[Name] = Field([], description="ids of the group; used by the selector given")
    dimensions: Literal[2, 3] | None = Field(
        None,
        description="number of unknown coordinates of the target; default: 2 if everything is at one height, else 3",
    )
    alternate: bool = shared(
        DesignSettings,
        "alternate",
        "repeat selection and beam design in turn until neither changes; not used by the selector joint",
    )
    certificate: Literal["standard", "tight"] = shared(
        DesignSettings,
        "certificate",
        "upper bound that proves how good the beams are; tight proves more for some groups, in up to half a minute",
    )
    over_points: OverPoints | None = Field(
        None,
        description="how the values at the points where targets may be become one; worst, mean, mean_square (the root "
        "of the mean of squares) or posterior (the same with the prior's information); default: posterior with a "
        "prior, else worst",
    )
    options: Annotated[dict[str, dict[str, Any]], Field(max_length=100)] = Field(
        {}, description="settings of algorithms; a table design.options.NAME for each"
    )


class OriginTable(Table):
    """Where local (0, 0, 0) lies on WGS 84: x east, y north, z up."""

    latitude_deg: Annotated[float, Field(ge=-90, le=90)] = Field(description="latitude in degrees (WGS 84)")
    longitude_deg: Annotated[float, Field(ge=-180, le=360)] = Field(description="longitude in degrees (WGS 84)")
    height_m: Annotated[float, Field(ge=-MAX_HEIGHT_M, le=MAX_HEIGHT_M)] = shared(
        GeodeticOrigin, "height_m", "ellipsoidal height in m (WGS 84)"
    )


class ScenarioTable(Table):
    """A scenario file of `multistatic`."""

    schema_: SchemaOne = Field(1, alias="schema", description="version of this format")
    name: Name = shared(Scenario, "name", "name of the scenario in pictures and reports; else the name of its file")
    seed: Seed = shared(Scenario, "seed", "seed of all random draws")
    origin: OriginTable | None = Field(
        None, description="WGS 84 position of local (0, 0, 0); default: the transmitter, if that has position_llh"
    )
    radio: RadioTable
    transmitter: TransmitterTable
    receivers: ReceiversTable
    target: Targets
    channel: ChannelTable
    requirements: RequirementsTable = Field(default_factory=lambda: RequirementsTable.model_validate({}))
    design: DesignTable = Field(default_factory=lambda: DesignTable.model_validate({}))

    @property
    def targets(self) -> tuple[TargetTable, ...]:
        """The tables of the targets, of one or of several."""
        return tuple(self.target) if isinstance(self.target, list) else (self.target,)
