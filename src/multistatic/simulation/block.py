"""One block from beams to received samples: symbols are drawn, modulated, transmitted and received. One seed
determines all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from multistatic.channel.channel import Channel
from multistatic.channel.echo_of_points import channel_to_points
from multistatic.errors import InputError, Problem
from multistatic.notebook import NotebookView, Overview
from multistatic.scenario.model import Radio, Scenario
from multistatic.scenario.target_points import TargetPoints
from multistatic.signal.beams import Beams
from multistatic.signal.ofdm import Ofdm, used_subcarriers
from multistatic.signal.pulses import pulse_of
from multistatic.signal.symbols import GAUSSIAN, SYMBOL_KINDS, draw_symbols
from multistatic.signal.transmit import SingleCarrier, TransmitSignal
from multistatic.signal.waveform import Waveform
from multistatic.simulation.drawn_targets import drawn_targets
from multistatic.simulation.observation import Observation, ObservationSettings, observe, recorded_channel
from multistatic.simulation.paths import PERFECT, Clock
from multistatic.simulation.recording import Recording
from multistatic.units import C, F, ratio_to_db, read_only

WAVEFORMS = ("single-carrier", "ofdm")
# Of all recordings together: 1.6 GB of memory.
MAX_SAMPLES = 10**8
MAX_OVERSAMPLING = 1024
# Placement, channel and selection draw from 0, 1 and 2 (docs/conventions.md).
_SIMULATION = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationSettings:
    """Waveform, sampling, and parts of the recordings of a simulated block.

    Clock offsets are normal with mean 0. They are drawn once and are the same in all trials: clocks drift slowly in
    comparison with the length of a block.

    symbols: kind of the data symbols: `gaussian`, `qam4`, `qam16`, `qam64` or `qam256`.
    waveform: `single-carrier` with the scenario's pulse, or `ofdm`.
    subcarriers: number of OFDM subcarriers; the DC subcarrier carries no data.
    cyclic_prefix: length of the cyclic prefix of OFDM, in slots.
    oversampling: number of samples in a slot.
    trials: number of blocks with independent noise and independent phases.
    redraw_symbols: True: each trial has new symbols, too.
    echo: False: the recordings contain no echo of the target.
    direct_path: power ratio of the direct path in the recordings, 0 for none and 1 for all; None: the scenario's
        `direct_path_leakage` with signal-dependent clutter, 0 with signal-independent clutter.
    clutter: False: no white clutter and no scatterers.
    noise: False: no thermal noise.
    random_phase: True: the echo has a random carrier phase in each trial, and each scatterer one at each receiver.
    time_offset_std_s: standard deviation of the time offset of a receiver's clock, in s; None: the scenario's.
    frequency_offset_std_hz: standard deviation of the frequency offset of a receiver's oscillator, in Hz; None: the
        scenario's.
    common_time_offset_std_s: standard deviation of the time offset of the transmitter's clock, in s; None: the
        scenario's.
    common_frequency_offset_std_hz: standard deviation of the frequency offset of the transmitter's oscillator, in Hz;
        None: the scenario's.

    Raises `InputError` with every value that is out of range.

    >>> SimulationSettings(symbols="qam16", trials=10).oversampling
    4.0
    """

    symbols: str = GAUSSIAN
    waveform: Literal["single-carrier", "ofdm"] = "single-carrier"
    subcarriers: int = 64
    cyclic_prefix: int = 16
    oversampling: float = 4.0
    trials: int = 1
    redraw_symbols: bool = False
    echo: bool = True
    direct_path: float | None = None
    clutter: bool = True
    noise: bool = True
    random_phase: bool = True
    time_offset_std_s: float | None = None
    frequency_offset_std_hz: float | None = None
    common_time_offset_std_s: float | None = None
    common_frequency_offset_std_hz: float | None = None

    def __post_init__(self) -> None:
        problems = [
            Problem(name, repr(getattr(self, name)), f"one of {', '.join(known)}")
            for name, known in (("symbols", SYMBOL_KINDS), ("waveform", WAVEFORMS))
            if getattr(self, name) not in known
        ]
        for name, low, high in (
            ("subcarriers", 2, 2**20),
            ("cyclic_prefix", 0, 2**20),
            ("oversampling", 1 / MAX_OVERSAMPLING, MAX_OVERSAMPLING),
            ("trials", 1, MAX_SAMPLES),
            ("direct_path", 0.0, 1.0),
            ("time_offset_std_s", 0.0, 1.0),
            ("frequency_offset_std_hz", 0.0, 1e12),
            ("common_time_offset_std_s", 0.0, 1.0),
            ("common_frequency_offset_std_hz", 0.0, 1e12),
        ):
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                whole = isinstance(low, int)
                expected = f"a whole number from {low} to {high}" if whole else f"a number from {low:g} to {high:g}"
                problems.append(Problem(name, repr(value), expected))
        if problems:
            raise InputError(problems, source="simulation")


DEFAULTS = SimulationSettings()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class SimulatedBlock(NotebookView):
    """One simulated block: the transmitted signal, the recordings of all receivers, and their true parameters.

    signal: the transmitted signal x(t).
    observations: one for each receiver: its recording, with the true delay, Doppler shift, amplitude and clock offset.
    expected_snr: {receiver id: mean SNR of the echo after integration over block and antennas}, power ratios; each is
        the length of the block in slots times w_k p_t, of the first target where there are several.
    steering_tx [N_t]: steering vector a_b(θ) of the transmitter towards the target, the first of several.
    common_clock: clock offset of the transmitter, which is included in the clock of every observation.
    targets: where the targets are, in the order of the scenario: drawn where they are not exactly known; None: as the
        scenario states.
    target_snr [T, K]: `expected_snr` of each target at every receiver of the scenario; default: empty.

    >>> from multistatic import design_network, load_preset
    >>> design = design_network(load_preset("paper"))
    >>> from multistatic import simulate_block
    >>> block = simulate_block(design.scenario, design.channel, design.beamforming.beams)
    >>> len(block.recordings) == len(design.scenario.receivers)
    True
    """

    signal: TransmitSignal
    observations: tuple[Observation, ...]
    expected_snr: dict[str, float]
    steering_tx: C
    common_clock: Clock = PERFECT
    targets: TargetPoints | None = None
    target_snr: F = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """What was received, one recording a receiver."""
        return tuple(observation.recording for observation in self.observations)

    @property
    def reference(self) -> Waveform:
        """The known signal a_bᵀx(t) towards the target, of all streams."""
        return self.signal.through(self.steering_tx)

    @property
    def sensing_reference(self) -> Waveform:
        """The part of `reference` that the sensing beam sends: all that is known without the data."""
        return self.signal.sensing_part().through(self.steering_tx)

    def overview(self) -> Overview:
        """Receivers, trials, samples and echo SNR."""
        first = self.observations[0].recording
        levels = [ratio_to_db(snr) for snr in self.expected_snr.values() if snr > 0.0]
        return Overview(
            title=f"{len(self.observations)} receivers",
            facts=(
                ("trials", str(first.samples.shape[0])),
                ("samples", f"{first.samples.shape[-1]} at {1e-6 * first.sample_rate_hz:.6g} MHz"),
                ("echo SNR", f"{min(levels):.1f} to {max(levels):.1f} dB" if levels else "no echo"),
            ),
        )


def simulate_block(
    scenario: Scenario,
    channel: Channel,
    beams: Beams,
    settings: SimulationSettings = DEFAULTS,
    seed: int | None = None,
    *,
    receiver_ids: Iterable[str] | None = None,
    on_receiver: Callable[[str], None] = lambda name: None,
) -> SimulatedBlock:
    """Simulate the transmission of one block and its reception at the receivers of a scenario.

    scenario: positions, radio parameters and clocks.
    channel: realisation of the channel, usually the one of a design.
    beams: beams of the transmitter.
    settings: symbols, waveform, sampling, and the parts of the recordings.
    seed: seed of symbols, noise, phases, clocks and of targets that are drawn; None: the scenario's.
    receiver_ids: receivers that record; None: all. Recordings are in the order of the scenario.
    on_receiver: called with the id of each receiver before its samples are computed.

    The model is equation (3). Targets that are not exactly known are drawn from their prior or area, once for all
    trials; of several, every recording holds all echoes. Their echo is then that of the place that was drawn, by path
    loss, reflection and geometry, whatever the points of `channel` are. Symbols, noise, clocks and targets have
    separate random generators: to leave out the noise or a receiver changes nothing else. Raises `InputError` for too
    many samples or an OFDM symbol that is longer than the block, and `ValueError` for a channel with another number of
    points than targets where all of these are exactly known.

    >>> from multistatic import design_network, load_preset
    >>> design = design_network(load_preset("paper"))
    >>> block = simulate_block(design.scenario, design.channel, design.beamforming.beams, receiver_ids=["rx03"])
    >>> block.recordings[0].samples.shape[:2]
    (1, 2)
    """
    seed = scenario.seed if seed is None else seed
    ids = tuple(scenario.receiver_ids if receiver_ids is None else receiver_ids)
    streams = np.random.SeedSequence(seed, spawn_key=(_SIMULATION,)).spawn(4)
    symbol_rng, observation_rng, clock_rng, target_rng = (np.random.default_rng(stream) for stream in streams)
    targets, channel = _targets(scenario, channel, target_rng)
    _refuse_huge(scenario, settings, ids, targets)
    modulation = _modulation(scenario.radio, settings)
    signal = _signal(beams, settings, modulation, symbol_rng)
    clocks, common_clock = _draw_clocks(scenario, settings, clock_rng)
    observed = _observation_settings(settings, clocks, targets)
    recorded = recorded_channel(scenario, channel, observed)
    slots = modulation.symbols if isinstance(modulation, SingleCarrier) else modulation.slots
    energy = settings.echo * slots * beams.illumination_w(channel.steering_tx)
    snr = energy[:, None] * recorded.echo_snr_per_watt(beams.covariance_w)
    return SimulatedBlock(
        signal=signal,
        observations=observe(
            scenario, channel, signal, observation_rng, observed, receiver_ids=ids, on_receiver=on_receiver
        ),
        expected_snr={name: float(snr[0, k]) for k, name in enumerate(scenario.receiver_ids) if name in ids},
        steering_tx=channel.steering_tx[0],
        common_clock=common_clock,
        targets=targets,
        target_snr=read_only(snr),
    )


def clock_deviations(scenario: Scenario, settings: SimulationSettings) -> tuple[F, F]:
    """Standard deviations (time in s, frequency in Hz) of each receiver's own clock [K, 2] and of the common one [2].

    Those of the settings, else those of the scenario; 0 where that says "unknown": every offset is as good as none.
    """
    own = [(receiver.clock_offset_std_s, receiver.frequency_offset_std_hz) for receiver in scenario.receivers]
    common = (scenario.transmitter.clock_offset_std_s, scenario.transmitter.frequency_offset_std_hz)
    stated = (
        (settings.time_offset_std_s, settings.frequency_offset_std_hz),
        (settings.common_time_offset_std_s, settings.common_frequency_offset_std_hz),
    )
    deviations = [np.array(own).reshape(-1, 2), np.array(common)]
    for known, wanted in zip(deviations, stated, strict=True):
        known[~np.isfinite(known)] = 0.0
        for column, value in enumerate(wanted):
            if value is not None:
                known[..., column] = value
    return deviations[0], deviations[1]


def _modulation(radio: Radio, settings: SimulationSettings) -> SingleCarrier | Ofdm:
    """The modulation of the settings; `InputError` if no OFDM symbol fits into the block."""
    if settings.waveform == "single-carrier":
        return SingleCarrier(pulse=pulse_of(radio.pulse), slot_s=radio.slot_s, symbols=radio.samples)
    slots = settings.subcarriers + settings.cyclic_prefix
    if slots > radio.samples:
        expected = (
            f"at most {radio.samples} slots, the length of the block, together with a prefix of "
            f"{settings.cyclic_prefix}"
        )
        raise InputError([Problem("subcarriers", f"{settings.subcarriers}", expected)], source="simulation")
    return Ofdm(
        subcarriers=settings.subcarriers,
        cyclic_prefix=settings.cyclic_prefix,
        slot_s=radio.slot_s,
        ofdm_symbols=radio.samples // slots,
        active=used_subcarriers(settings.subcarriers),
    )


def _draw_clocks(
    scenario: Scenario, settings: SimulationSettings, rng: np.random.Generator
) -> tuple[dict[str, Clock], Clock]:
    """A clock for every receiver, common offset included, and the common offset alone. All are drawn in every case, so
    that the selection of receivers changes no clock.
    """
    own, common = clock_deviations(scenario, settings)
    offsets = rng.standard_normal(own.shape) * own
    shared = rng.standard_normal(2) * common + 0.0  # no -0.0 in the files
    clocks = {
        name: Clock(time_offset_s=float(time_s), frequency_offset_hz=float(frequency_hz))
        for name, (time_s, frequency_hz) in zip(scenario.receiver_ids, offsets + shared, strict=True)
    }
    return clocks, Clock(time_offset_s=float(shared[0]), frequency_offset_hz=float(shared[1]))


def _signal(
    beams: Beams, settings: SimulationSettings, modulation: SingleCarrier | Ofdm, rng: np.random.Generator
) -> TransmitSignal:
    """The transmitted signal with symbols that are drawn, for all trials or for each."""
    trials = (settings.trials,) if settings.redraw_symbols else ()
    shape = (*trials, len(beams.weights), beams.weights.shape[2], modulation.symbols)
    return TransmitSignal(beams=beams, symbols=draw_symbols(settings.symbols, shape, rng), modulation=modulation)


def _targets(scenario: Scenario, channel: Channel, rng: np.random.Generator) -> tuple[TargetPoints, Channel]:
    """Where the targets are, and the channel with their echoes."""
    targets = drawn_targets(scenario, rng)
    if not all(target.exact for target in scenario.targets):
        return targets, channel_to_points(scenario, channel, targets)
    if channel.points != targets.count:
        raise ValueError(f"a channel with {channel.points} points, expected {targets.count}, one for each target")
    return targets, channel


def _observation_settings(
    settings: SimulationSettings, clocks: dict[str, Clock], targets: TargetPoints
) -> ObservationSettings:
    return ObservationSettings(
        oversampling=settings.oversampling,
        trials=settings.trials,
        echo=settings.echo,
        direct_path=settings.direct_path,
        scatterers=settings.clutter,
        white_clutter=settings.clutter,
        noise=settings.noise,
        random_phase=settings.random_phase,
        clocks=clocks,
        targets=targets,
    )


def _refuse_huge(scenario: Scenario, settings: SimulationSettings, ids: tuple[str, ...], targets: TargetPoints) -> None:
    longest_s = max(float(scenario.geometry_at(place).delay_s.max()) for place in targets.position_m)
    slots = scenario.radio.samples + longest_s / scenario.radio.slot_s
    antennas = sum(receiver.array.size for receiver in scenario.receivers if receiver.id in ids)
    count = slots * settings.oversampling * antennas * settings.trials
    if count > MAX_SAMPLES:
        hint = "fewer trials or receivers, or a lower oversampling"
        raise InputError(
            [Problem("trials", f"{count:.3g} samples", f"at most {MAX_SAMPLES:g}", hint)], source="simulation"
        )
