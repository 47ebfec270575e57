"""The table of the channel in a scenario file: propagation, noise, clutter and scatterers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field

from multistatic.scenario.array_schema import BY_RADAR, GEODETIC, POSITION, Table, shared
from multistatic.scenario.model import Propagation
from multistatic.scenario.values import (
    MAX_POWER_W,
    CrossSectionDbsm,
    CrossSectionM2,
    FileName,
    Geodetic,
    Level,
    Name,
    Position,
    PowerW,
    Reflection,
    loss_tag,
    table_tag,
    tag,
)


class ScattererTable(Table):
    """A reflector of signal-dependent clutter."""

    position_m: Position | None = Field(None, description=POSITION)
    position_llh: Geodetic | None = Field(None, description=GEODETIC)
    rcs_m2: CrossSectionM2 | None = Field(None, description="radar cross-section in m²; " + BY_RADAR)
    rcs_dbsm: CrossSectionDbsm | None = Field(None, description="radar cross-section in dB(m²); " + BY_RADAR)
    reflection: Reflection | None = Field(
        None,
        description="power reflection factor; under the radar equation it is the cross-section in m² divided by 4π; "
        "default: 1 if no cross-section is given",
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
        None, description="channel file (.npz, .mat, .h5 or .nc), relative to the scenario file"
    )
    folder: FileName | None = Field(
        None,
        description="folder of channel files, relative to the scenario file; trial i of a study uses the i-th by name",
    )


DirectChannel = Annotated[
    Annotated[Name, tag("value")] | Annotated[GivenChannelTable, tag("table")],
    Discriminator(table_tag),
]


class ChannelTable(Table):
    """Propagation, noise and clutter."""

    path_loss_exponent: Annotated[float, Field(gt=0, le=10)] = Field(description="path-loss exponent ε")
    reference_loss_db: ReferenceLoss | None = Field(
        None, description='path loss at 1 m in dB, or "free_space" for (4π/λ)²; default: 0'
    )
    reference_gain: Annotated[float, Field(ge=1e-40, le=1e40)] | None = Field(
        None, description="power gain at 1 m, a ratio; replaces reference_loss_db"
    )
    echo_law: Literal["sum", "product"] = shared(
        Propagation,
        "echo_law",
        "distance in the path loss of the echo; sum: d_b0 + d_0k (as published), product: d_b0 · d_0k (radar equation)",
    )
    direct: DirectChannel = Field(
        "rician",
        description="model of the direct channels; los (line of sight), rician, or one of another package; "
        'or { file = "H.npz" }: channels from a file',
    )
    rician_factor: Annotated[float, Field(ge=0, le=1e12)] = shared(
        Propagation,
        "rician_factor",
        "Rician factor, a power ratio; 0 is Rayleigh fading; used by the channel model rician",
    )
    noise_power_dbm: Level | None = Field(None, description="noise power in dBm, per antenna and sample of one slot")
    noise_power_w: PowerW | None = Field(None, description="noise power in W, per antenna and sample of one slot")
    noise_figure_db: Annotated[float, Field(ge=0, le=100)] | None = Field(
        None,
        description="noise figure F in dB; replaces the noise power, which is then k T F / slot",
    )
    noise_temperature_k: Annotated[float, Field(gt=0, le=1e9)] | None = Field(
        None, description="noise temperature T in K; used with noise_figure_db; default: 290"
    )
    clutter_power_dbm: Level | None = Field(
        None, description="power of the signal-independent clutter in dBm, per antenna and sample of one slot"
    )
    clutter_power_w: Annotated[float, Field(ge=0, le=MAX_POWER_W)] | None = Field(
        None, description="power of the signal-independent clutter in W, per antenna and sample of one slot; default: 0"
    )
    clutter: Literal["independent", "signal_dependent"] = shared(
        Propagation,
        "clutter",
        "type of clutter; independent: white noise, signal_dependent: scatterers and the direct path",
    )
    scatterer: Annotated[list[ScattererTable], Field(max_length=1000)] = Field(
        [], description="reflectors of signal-dependent clutter, one table each; their powers add"
    )
    direct_path_leakage_db: Leakage | None = Field(
        None,
        description='part of the direct path that remains in the clutter, in dB, or "none"; default: 0, the whole',
    )
    direct_path_leakage: Annotated[float, Field(ge=0, le=1e12)] | None = Field(
        None,
        description="part of the direct path that remains in the clutter, a ratio; replaces direct_path_leakage_db",
    )
