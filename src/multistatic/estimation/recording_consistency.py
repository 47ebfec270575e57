"""Whether recordings, the known signal and the network that are to be estimated together can belong together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from multistatic.errors import Problem
from multistatic.scenario.model import Scenario
from multistatic.signal.ofdm import OfdmSignal
from multistatic.signal.waveform import PulseTrain, Waveform
from multistatic.simulation.recording import Recording

_SAME = 1e-6  # relative difference of two slots that are meant to be one
# Mean power of the samples over that of their noise: no antenna and no converter has such a range.
_QUIETEST, _LOUDEST = 1e-4, 1e10


def disagreements(
    recordings: Iterable[Recording], waveform: Waveform | None, network: Scenario | None
) -> Iterator[Problem]:
    """What rules out that `recordings` hold echoes of `waveform` (None: not known) in `network` (None: not known).

    Each receiver has to be one of the network, with its antennas; the slots have to be the same, for they say what
    noise a sample holds; a recording has to overlap the known signal, and its power be possible beside its noise.
    """
    for recording in recordings:
        where = f"recording of {recording.receiver_id}"
        if not recording.samples.size:
            received = f"samples of shape {list(recording.samples.shape)}"
            yield Problem(where, received, "[trials, antennas, samples], at least one of each")
            continue
        yield from _power(recording, where)
        if waveform is not None:
            yield from _waveform(recording, waveform, where)
        if network is not None:
            yield from _network(recording, network, where)


def known_slot_s(waveform: Waveform) -> float | None:
    """The slot of a waveform made of symbols; a sampled one does not say it."""
    if isinstance(waveform, OfdmSignal):
        return waveform.modulation.slot_s
    return waveform.slot_s if isinstance(waveform, PulseTrain) else None


def _power(recording: Recording, where: str) -> Iterator[Problem]:
    with np.errstate(over="ignore", invalid="ignore"):  # infinity and NaN are refused as any other level
        level = float(np.mean(np.abs(recording.samples / np.sqrt(recording.sample_noise_power_w)) ** 2))
    if not _QUIETEST <= level <= _LOUDEST:
        yield Problem(
            where,
            f"a mean power of {level:.3g} times the noise power",
            f"{_QUIETEST:g} to {_LOUDEST:g} times",
            "wrong core:datatype, noise power, slot or scale",
        )


def _waveform(recording: Recording, waveform: Waveform, where: str) -> Iterator[Problem]:
    first, _ = waveform.support_s
    begin, end = recording.times_s[0], recording.times_s[-1]
    if end <= first:
        received = f"samples from {begin:.6g} s to {end:.6g} s"
        yield Problem(
            where, received, f"samples after {first:.6g} s, the beginning of the known signal", "wrong start_s"
        )
    slot_s = known_slot_s(waveform)
    if slot_s is not None and abs(recording.slot_s - slot_s) > _SAME * slot_s:
        yield Problem(where, f"a slot of {recording.slot_s:.9g} s", f"{slot_s:.9g} s, that of the known signal")


def _network(recording: Recording, network: Scenario, where: str) -> Iterator[Problem]:
    ids, slot_s = network.receiver_ids, network.radio.slot_s
    if abs(recording.slot_s - slot_s) > _SAME * slot_s:
        yield Problem(where, f"a slot of {recording.slot_s:.9g} s", f"{slot_s:.9g} s, that of the scenario")
    if recording.receiver_id not in ids:
        some = ", ".join(ids[:8]) + (", …" if len(ids) > 8 else "")
        yield Problem(where, repr(recording.receiver_id), f"a receiver of the scenario: {some}")
        return
    antennas, has = recording.samples.shape[-2], network.receivers[ids.index(recording.receiver_id)].array.size
    if antennas != has:
        yield Problem(where, f"{antennas} channels", f"{has}, one for each antenna of the receiver in the scenario")
