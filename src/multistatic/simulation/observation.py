"""The samples that the receivers record of one block, equation (3), with each effect separately switchable.

y_k(t) = Σ_paths e^{j2πft} H x(t - τ) + white noise. The paths are the target's echo, the direct path with the streams
of all users, and the scatterers of signal-dependent clutter; x(t - τ) is evaluated at the delayed times themselves, so
delays need not lie on the grid. Noise and signal-independent clutter are white with the density σ²Δt whatever the
sampling rate.

The carrier phase of a scatterer's echo depends on its place to a fraction of a wavelength, which is unknown: it is
uniform, independent for each scatterer and receiver, and the same in all trials, for scatterers stand still. The
clutter covariance of the channel (`Channel.echo_snr_per_watt`) is the mean over these phases: powers add. In one
recording echoes that arrive less than a slot apart interfere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from multistatic.channel.channel import Channel
from multistatic.scenario.model import Scenario
from multistatic.scenario.target_points import TargetPoints
from multistatic.signal.transmit import TransmitSignal
from multistatic.simulation.paths import Clock, Path, direct_paths, echo_paths, scatterer_paths
from multistatic.simulation.recording import Recording
from multistatic.units import C, F, read_only


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ObservationSettings:
    """Parts of a recording, and its sampling.

    oversampling: number of samples in a slot, above 0.
    trials: number of blocks with independent noise and phases; if the signal has trials, their number.
    echo: False: without the echo of the target.
    direct_path: power ratio of the recorded direct path, 0 for none and 1 for all; None: the scenario's
        `direct_path_leakage` with signal-dependent clutter, and none with signal-independent clutter, whose σ_c²
        includes the direct path (below (3)).
    scatterers: False: without the scatterers of signal-dependent clutter.
    white_clutter: False: without signal-independent clutter.
    noise: False: without thermal noise.
    random_phase: True: the echo has a uniform phase in each trial, the same at all antennas, and each scatterer has one
        at each receiver; False: all phases are zero.
    clocks: {receiver id: clock}; receivers that are not listed have perfect clocks.
    longest_delay_s: time in s after the end of the transmission at which recordings end; None: when the last path has
        arrived.
    targets: where the targets are, one point for each point of the channel; None: `Scenario.points`.
    """

    oversampling: float = 1.0
    trials: int = 1
    echo: bool = True
    direct_path: float | None = None
    scatterers: bool = True
    white_clutter: bool = True
    noise: bool = True
    random_phase: bool = True
    clocks: Mapping[str, Clock] = field(default_factory=lambda: MappingProxyType({}))
    longest_delay_s: float | None = None
    targets: TargetPoints | None = None

    def __post_init__(self) -> None:
        if not (np.isfinite(self.oversampling) and self.oversampling > 0):
            raise ValueError(f"oversampling={self.oversampling}, expected a number above 0")
        if self.trials < 1:
            raise ValueError(f"trials={self.trials}, expected 1 or more")
        if self.direct_path is not None and not (np.isfinite(self.direct_path) and self.direct_path >= 0):
            raise ValueError(f"direct_path={self.direct_path}, expected a power ratio of 0 or more")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrueEcho:
    """The echo of one target in a recording.

    target: which of the scenario's targets, from 0 on.
    delay_s: true delay of the echo in s, by the clock of the receiver.
    doppler_hz: true Doppler shift of the echo in Hz, relative to the oscillator of the receiver.
    amplitude [trials]: factor A of the echo A a_k e^{j2πft} a_bᵀx(t - τ), with t by the clock of the receiver and x in
        √W.
    """

    target: int
    delay_s: float
    doppler_hz: float
    amplitude: C

    def __post_init__(self) -> None:
        object.__setattr__(self, "amplitude", read_only(self.amplitude, np.complex128))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observation:
    """The recording of one receiver and its true parameters.

    recording: samples [trials, N_r, N].
    delay_s: true delay of the echo in s, by the clock of the receiver; of several targets, that of the first.
    doppler_hz: true Doppler shift of the echo in Hz, relative to the oscillator of the receiver, likewise.
    amplitude [trials]: factor A of the echo A a_k e^{j2πft} a_bᵀx(t - τ), with t by the clock of the receiver and x in
        √W, likewise.
    clock: clock offset of the receiver.
    echoes: the echo of each target, the first one too; default: that of one target.
    """

    recording: Recording
    delay_s: float
    doppler_hz: float
    amplitude: C
    clock: Clock
    echoes: tuple[TrueEcho, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "amplitude", read_only(self.amplitude, np.complex128))
        if not self.echoes:
            only = TrueEcho(target=0, delay_s=self.delay_s, doppler_hz=self.doppler_hz, amplitude=self.amplitude)
            object.__setattr__(self, "echoes", (only,))


def observe(
    scenario: Scenario,
    channel: Channel,
    signal: TransmitSignal,
    rng: np.random.Generator,
    settings: ObservationSettings | None = None,
    *,
    receiver_ids: Iterable[str] | None = None,
    on_receiver: Callable[[str], None] = lambda name: None,
) -> tuple[Observation, ...]:
    """One observation for each of `receiver_ids` (None: all), in the scenario's order; `on_receiver` gets each first.

    The echoes of all targets are in every recording, each with a phase of its own. Every receiver draws from its own
    child of `rng`: the choice of the other receivers changes nothing. Raises `ValueError` where the trials of signal
    and settings differ.
    """
    settings = settings or ObservationSettings()
    wanted = _wanted(scenario, signal, settings, receiver_ids)
    recorded = recorded_channel(scenario, channel, settings)
    points = scenario.points() if settings.targets is None else settings.targets
    echoes, interference = echo_paths(scenario, channel, points), interference_paths(scenario, channel, settings)
    times_s = _listening_times_s(signal, settings, [path.delay_s for each in (*echoes, *interference) for path in each])
    scatterers = len(interference) - (_direct_ratio(scenario, settings) > 0)
    children = rng.spawn(len(scenario.receivers))
    observations = []
    for k, name in enumerate(scenario.receiver_ids):
        if name not in wanted:
            continue
        on_receiver(name)
        clock = settings.clocks.get(name, Clock())
        phase_rng, noise_rng, scatterer_rng = children[k].spawn(3)
        each_echo = [of_target[k].read_by(clock) for of_target in echoes]
        amplitudes = [settings.echo * _phases(settings, settings.trials, phase_rng) for _ in each_echo]
        phases = [1.0] * (len(interference) - scatterers) + [*_phases(settings, scatterers, scatterer_rng)]
        samples = amplitudes[0][:, None, None] * received(each_echo[0], signal, times_s)
        for echo, amplitude in zip(each_echo[1:], amplitudes[1:], strict=True):
            samples += amplitude[:, None, None] * received(echo, signal, times_s)
        for each, phase in zip(interference, phases, strict=True):
            samples += phase * received(each[k].read_by(clock), signal, times_s)
        samples += _white_noise(channel, settings, samples.shape, noise_rng)
        recording = Recording(
            receiver_id=name,
            samples=samples,
            sample_rate_hz=settings.oversampling / signal.modulation.slot_s,
            slot_s=signal.modulation.slot_s,
            noise_power_w=recorded.noise_power_w + recorded.clutter_power_w,
            start_s=float(times_s[0]),
        )
        true = [
            TrueEcho(
                target=int(points.target[m]),
                delay_s=echo.delay_s,
                doppler_hz=echo.doppler_hz,
                amplitude=np.sqrt(channel.echo_gain[m, k]) * amplitude,
            )
            for m, (echo, amplitude) in enumerate(zip(each_echo, amplitudes, strict=True))
        ]
        observations.append(_observation(recording, clock, true))
    return tuple(observations)


def _wanted(
    scenario: Scenario, signal: TransmitSignal, settings: ObservationSettings, receiver_ids: Iterable[str] | None
) -> set[str]:
    """Ids of the receivers that record; `ValueError` for unknown ones, and where the trials do not fit."""
    trials = signal.symbols.shape[:-3]
    if len(trials) > 1 or (trials and trials[0] != settings.trials):
        raise ValueError(f"symbols of {trials} trials, expected settings.trials = {settings.trials}")
    wanted = set(scenario.receiver_ids if receiver_ids is None else receiver_ids)
    unknown = wanted.difference(scenario.receiver_ids)
    if unknown:
        raise ValueError(f"receivers {sorted(unknown)}, expected ids of {scenario.receiver_ids}")
    return wanted


def _observation(recording: Recording, clock: Clock, echoes: Sequence[TrueEcho]) -> Observation:
    """The recording with the truth about all echoes, and that about the first one beside it."""
    first = echoes[0]
    return Observation(
        recording=recording,
        delay_s=first.delay_s,
        doppler_hz=first.doppler_hz,
        amplitude=first.amplitude,
        clock=clock,
        echoes=tuple(echoes),
    )


def recorded_channel(scenario: Scenario, channel: Channel, settings: ObservationSettings) -> Channel:
    """The channel with the effects that `settings` include: its `echo_snr_per_watt` is that of the recordings.

    Noise stays, even where none is drawn: without it there is no SNR.
    """
    dependent, ratio = bool(channel.clutter.shape[1]), _direct_ratio(scenario, settings)
    count = len(scenario.propagation.scatterers) if dependent and settings.scatterers else 0
    direct = np.sqrt(ratio) * channel.direct[:, None] if ratio > 0 else channel.direct[:, None][:, :0]
    return replace(
        channel,
        clutter=np.concatenate([channel.clutter[:, :count], direct], axis=1),
        clutter_power_w=channel.clutter_power_w if settings.white_clutter else 0.0,
    )


def interference_paths(
    scenario: Scenario, channel: Channel, settings: ObservationSettings
) -> tuple[tuple[Path, ...], ...]:
    """Everything but the echo that depends on the signal, each at all receivers: the direct path, the scatterers."""
    ratio = _direct_ratio(scenario, settings)
    direct = (direct_paths(scenario, channel, ratio),) if ratio > 0 else ()
    return (*direct, *(scatterer_paths(scenario, channel) if settings.scatterers else ()))


def received(path: Path, signal: TransmitSignal, times_s: F) -> C:
    """e^{j2πft} H x(t - τ) at the antennas of one receiver, [..., N_r, N]."""
    arrived = signal.through(path.matrix).values(times_s - path.delay_s)
    return np.asarray(np.exp(2j * np.pi * path.doppler_hz * times_s) * arrived)


def _direct_ratio(scenario: Scenario, settings: ObservationSettings) -> float:
    if settings.direct_path is not None:
        return settings.direct_path
    dependent = scenario.propagation.clutter == "signal_dependent"
    return scenario.propagation.direct_path_leakage if dependent else 0.0


def _listening_times_s(signal: TransmitSignal, settings: ObservationSettings, delays_s: list[float]) -> F:
    """Times of the samples [N], the same for all receivers: from the first arrival, at t = 0 at the latest, to the end
    of the last one. The grid contains t = 0.
    """
    rate_hz = settings.oversampling / signal.modulation.slot_s
    begin_s, end_s = signal.support_s
    offsets = [0.0, *(clock.time_offset_s for clock in settings.clocks.values())]
    longest_s = max(delays_s) + max(offsets) if settings.longest_delay_s is None else settings.longest_delay_s
    first = int(np.floor(min(0.0, begin_s + min(offsets)) * rate_hz))
    return np.arange(first, int(np.ceil((end_s + longest_s) * rate_hz)) + 1) / rate_hz


def _phases(settings: ObservationSettings, count: int, rng: np.random.Generator) -> C:
    """`count` phasors, for trials or for scatterers."""
    turns = rng.random(count) if settings.random_phase else np.zeros(count)
    return np.asarray(np.exp(2j * np.pi * turns))


def _white_noise(
    channel: Channel, settings: ObservationSettings, shape: tuple[int, ...], rng: np.random.Generator
) -> C | float:
    """Noise and signal-independent clutter, CN(0, σ²Δt·rate) in every sample."""
    slot_power_w = settings.noise * channel.noise_power_w + settings.white_clutter * channel.clutter_power_w
    if slot_power_w == 0:
        return 0.0
    parts = rng.standard_normal((*shape, 2))
    parts *= np.sqrt(slot_power_w * settings.oversampling / 2.0)
    return np.asarray(parts.view(np.complex128)[..., 0])
