"""From recordings and the known signal to measurements: every step between the samples and the fusion."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from multistatic.errors import InputError, Problem
from multistatic.estimation.each_trial import measurements_of
from multistatic.estimation.echo_window import echo_window
from multistatic.estimation.estimate_settings import EstimateSettings
from multistatic.estimation.measurement import Measurement
from multistatic.estimation.recording_consistency import disagreements
from multistatic.estimation.registered import estimator_of
from multistatic.estimation.search_window import Search
from multistatic.estimation.steering import looked_at, steering_towards
from multistatic.scenario.model import Receiver, Scenario
from multistatic.signal.waveform import Waveform
from multistatic.simulation.recording import Recording
from multistatic.units import SPEED_OF_LIGHT_M_S

DEFAULTS = EstimateSettings()


class Estimated(NamedTuple):
    """A recording, the search that was made in it, and one measurement a trial."""

    recording: Recording
    search: Search
    measurements: tuple[Measurement, ...]


def estimate(
    recordings: Sequence[Recording],
    reference: Waveform,
    scenario: Scenario | None = None,
    *,
    settings: EstimateSettings = DEFAULTS,
    on_stage: Callable[[str], None] = lambda stage: None,
) -> tuple[Measurement, ...]:
    """Estimate delay, Doppler shift and amplitude of the target's echo in each recording, with covariance and verdict.

    recordings: one for each receiver, with samples [trials, N_r, N] in √W.
    reference: the known signal a_bᵀx(t) towards the target, one for all trials or one for each.
    scenario: the network; None: delays are searched from 0 on. It supplies the direct paths, from which on delays are
        searched, the carrier, the receive arrays, and the deviations of the clocks, by which the search is widened.
    settings: range of the search and false-alarm rate (`EstimateSettings`).
    on_stage: function that is called with a text before each recording.

    The model of a trial is one echo A a_r(u) x(t - τ) e^{j2πft} in white noise; it is the strongest path in the
    searched range of delays and Doppler shifts. Both are relative to the clock of the receiver.

    Returns the measurements of the first recording, one for each trial, then those of the second, and so on. Raises
    `InputError` with every problem of recordings that do not fit the reference, the scenario or each other. Source:
    model.md §9.

    >>> from multistatic import design_network, load_preset, simulate_block
    >>> design = design_network(load_preset("paper"))
    >>> block = simulate_block(design.scenario, design.channel, design.beamforming.beams)
    >>> measurements = estimate(block.recordings, block.reference, design.scenario)
    >>> len(measurements) == len(design.scenario.receivers)
    True
    """
    found = measured_recordings(recordings, reference, scenario, settings=settings, on_stage=on_stage)
    return tuple(measurement for each in found for measurement in each.measurements)


def measured_recordings(
    recordings: Sequence[Recording],
    reference: Waveform,
    scenario: Scenario | None = None,
    *,
    settings: EstimateSettings = DEFAULTS,
    on_stage: Callable[[str], None] = lambda stage: None,
) -> Iterator[Estimated]:
    """As `estimate`, recording by recording and with the search that was made, for those who show both.

    All of the input is checked before the first recording is estimated.
    """
    _require_kinds(recordings, reference, settings)
    options = () if scenario is None else scenario.design.options
    estimator = estimator_of(settings.estimator, options)
    searches = searches_of(recordings, reference, scenario, settings)
    for recording, search in zip(recordings, searches, strict=True):
        on_stage(f"estimating {recording.receiver_id}")
        yield Estimated(recording, search, measurements_of(estimator, recording, reference, search))


def searches_of(
    recordings: Sequence[Recording],
    reference: Waveform,
    scenario: Scenario | None = None,
    settings: EstimateSettings = DEFAULTS,
) -> tuple[Search, ...]:
    """What is searched in each recording. Raises `InputError` with the problems of all recordings at once."""
    problems = input_problems(recordings, reference, scenario, settings)
    if problems:
        raise InputError(problems, source="estimate")
    searches = []
    for recording in recordings:
        try:
            searches.append(_search(recording, reference, scenario, settings))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems, source="estimate")
    return tuple(searches)


def _require_kinds(recordings: object, reference: object, settings: object) -> None:
    """Raise `InputError` where an argument is of another kind than `estimate` takes."""
    problems = []
    if isinstance(recordings, Recording) or not isinstance(recordings, Sequence):
        problems.append(Problem("recordings", type(recordings).__name__, "a list of recordings, one for each receiver"))
    if reference is None:
        problems.append(Problem("reference", "None", "the known signal, such as the reference of a simulated block"))
    if not isinstance(settings, EstimateSettings):
        problems.append(Problem("settings", type(settings).__name__, "EstimateSettings"))
    if problems:
        raise InputError(problems)


def input_problems(
    recordings: Sequence[Recording],
    reference: Waveform | None,
    scenario: Scenario | None,
    settings: EstimateSettings,
) -> list[Problem]:
    """Why recordings, reference (None: not known), scenario and settings cannot be estimated together."""
    problems = list(disagreements(recordings, reference, scenario))
    # Without a recording the carrier is not what is missing: a recording may state it.
    if settings.carrier_hz is None and scenario is None and recordings:
        expected = "a carrier frequency in Hz, because there is no scenario"
        problems.append(Problem("carrier_hz", "nothing", expected))
    if settings.directions and scenario is None:
        hint = "directions need a scenario"
        problems.append(Problem("directions", "no scenario", "the arrays of the receivers", hint))
    if settings.towards_m is not None and scenario is None:
        expected = "the scenario with positions and arrays of the receivers"
        problems.append(Problem("towards_m", "no scenario", expected))
    elif settings.towards_m is not None and scenario is not None:
        point_m, found = looked_at(settings.towards_m, scenario)
        problems += found
        recorded = {recording.receiver_id for recording in recordings}
        for receiver in scenario.receivers if not found else ():
            if receiver.id in recorded and np.array_equal(receiver.position_m, point_m):
                expected = "a point that is not the position of a receiver"
                problems.append(Problem("towards_m", f"the position of {receiver.id!r}", expected))
    return problems


def _search(recording: Recording, reference: Waveform, scenario: Scenario | None, settings: EstimateSettings) -> Search:
    """The search in one recording: its window, its noise, and what its antennas are used for."""
    receiver = _receiver(recording, scenario)
    carrier_hz = settings.carrier_hz
    if carrier_hz is None:
        assert scenario is not None  # checked by `input_problems`
        carrier_hz = scenario.radio.carrier_hz
    wavelength_m = SPEED_OF_LIGHT_M_S / carrier_hz
    steering, array, direct_m = None, None, 0.0
    if scenario is not None and receiver is not None:
        place = scenario.receiver_ids.index(receiver.id)
        direct_m = float(scenario.geometry().transmitter_receiver_m[place])
        array = receiver.array if settings.directions else None
        if settings.towards_m is not None:
            steering = steering_towards(looked_at(settings.towards_m, scenario)[0], receiver, wavelength_m)
    delay_s, doppler_hz = echo_window(
        recording,
        reference,
        carrier_hz=carrier_hz,
        speed_limit_m_s=settings.speed_limit_m_s,
        direct_m=direct_m,
        longest_m=settings.longest_range_m,
        clocks=() if scenario is None or receiver is None else (scenario.transmitter, receiver),
    )
    only_sensing = settings.known == "s0"
    return Search(
        delay_s=delay_s,
        doppler_hz=doppler_hz,
        false_alarm_rate=settings.false_alarm_rate,
        noise="estimated" if only_sensing else "recorded",
        unknown_streams=only_sensing,
        steering=steering,
        array=array,
        wavelength_m=wavelength_m,
        dimensions=2 if scenario is None else scenario.dimensions,
    )


def _receiver(recording: Recording, scenario: Scenario | None) -> Receiver | None:
    """The receiver of the scenario that made the recording."""
    receivers = () if scenario is None else scenario.receivers
    return next((each for each in receivers if each.id == recording.receiver_id), None)
