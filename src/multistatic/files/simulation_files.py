"""The files of a simulated block, a stable contract (docs/formats.md): SigMF recordings, references, `truth.json`.

The same observations give the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from multistatic.files.atomic import write_files_atomically
from multistatic.files.design_files import json_bytes
from multistatic.files.designed_network import DesignedNetwork
from multistatic.files.recordings import (
    RECORDING,
    REFERENCE,
    SENSING_REFERENCE,
    SYMBOLS,
    recording_files,
    recording_names,
)
from multistatic.files.references import modulation_fields, sampled_reference_files, symbol_reference_files
from multistatic.files.sigmf import DATA, META
from multistatic.scenario.model import Target
from multistatic.signal.ofdm import Ofdm
from multistatic.signal.transmit import SingleCarrier, TransmitSignal
from multistatic.simulation.block import SimulatedBlock, SimulationSettings
from multistatic.simulation.observation import Observation, TrueEcho
from multistatic.units import C

FORMAT = "multistatic-truth/1"
TRUTH = "truth.json"


def truth_document(
    network: DesignedNetwork, block: SimulatedBlock, settings: SimulationSettings, seed: int
) -> dict[str, Any]:
    """The content of `truth.json`: what an estimator and a fusion should find, and how the files were made."""
    scenario, names = network.scenario, recording_names(block.expected_snr)
    points = block.targets if block.targets is not None else scenario.points()
    towards = [scenario.geometry_at(place).receiver_to_target for place in points.position_m]
    targets = [scenario.targets[number] for number in points.target]
    places_of_targets = [
        {"position_m": place.tolist(), "velocity_m_s": velocity.tolist()}
        for place, velocity in zip(points.position_m, points.velocity_m_s, strict=True)
    ]
    directions = dict(zip(scenario.receiver_ids, towards[0].tolist(), strict=True))
    places = dict(zip(scenario.receiver_ids, scenario.receiver_positions_m.tolist(), strict=True))
    number = {name: k for k, name in enumerate(scenario.receiver_ids)}
    return {
        "format": FORMAT,
        "name": scenario.name,
        "target": places_of_targets[0],
        "targets": [
            {"id": target.id, "known": _known(target), **place}
            for target, place in zip(targets, places_of_targets, strict=True)
        ],
        "transmitter_position_m": scenario.transmitter.position_m.tolist(),
        "carrier_hz": scenario.radio.carrier_hz,
        "slot_s": scenario.radio.slot_s,
        "common_clock": asdict(block.common_clock),
        "receivers": {
            name: {
                "file": names[name],
                "position_m": places[name],
                "direction": directions[name],
                **_echo(o, o.echoes[0]),
                "expected_snr": block.expected_snr[name],
                "echoes": [
                    {
                        "target": target.id,
                        "direction": towards[m][number[name]].tolist(),
                        **_echo(o, o.echoes[m]),
                        "expected_snr": float(block.target_snr[m, number[name]]),
                    }
                    for m, target in enumerate(targets)
                ],
            }
            for name, o in ((o.recording.receiver_id, o) for o in block.observations)
        },
        "settings": asdict(settings),
        "provenance": {
            "version": version("multistatic"),
            "scenario_sha256": network.scenario_sha256,
            "seed": seed,
        },
    }


def _known(target: Target) -> str:
    """What was known of where the target is: `exact`, `prior` or `area`, from which it was drawn."""
    return "exact" if target.exact else "area" if target.prior is None else "prior"


def _echo(o: Observation, echo: TrueEcho) -> dict[str, Any]:
    return {
        "delay_s": echo.delay_s - o.clock.time_offset_s,
        "doppler_hz": echo.doppler_hz - o.clock.frequency_offset_hz,
        "clock": asdict(o.clock),
        "observed_delay_s": echo.delay_s,
        "observed_doppler_hz": echo.doppler_hz,
        "amplitude": np.stack([echo.amplitude.real, echo.amplitude.imag], axis=-1).tolist(),
    }


def reference_files(
    signal: TransmitSignal, network: DesignedNetwork, sample_rate_hz: float, steering_tx: C
) -> dict[str, bytes]:
    """What the target saw, a_bᵀx(t), whole and of the sensing beam alone, each sampled and as symbols: where it is in
    this block, in the direction of `steering_tx` [N_t]; of several targets the first.
    """
    radio, files = network.scenario.radio, dict[str, bytes]()
    assert isinstance(signal.modulation, SingleCarrier | Ofdm)
    modulation = modulation_fields(signal.modulation, radio.pulse)
    for name, sent, what in (
        (REFERENCE, signal, "signal towards the target"),
        (SENSING_REFERENCE, signal.sensing_part(), "part of the sensing beam in the signal towards the target"),
    ):
        towards = sent.towards(steering_tx)
        files |= symbol_reference_files(
            name + SYMBOLS, towards, modulation, carrier_hz=radio.carrier_hz, description=f"{what}: symbols"
        )
        files |= sampled_reference_files(
            name, signal.modulation(towards), sample_rate_hz, carrier_hz=radio.carrier_hz, description=what
        )
    return files


def simulation_files(network: DesignedNetwork, block: SimulatedBlock, truth: Mapping[str, Any]) -> dict[str, bytes]:
    """Every file by its name, `truth.json` last."""
    names, carrier_hz = recording_names(block.expected_snr), network.scenario.radio.carrier_hz
    rate_hz = block.observations[0].recording.sample_rate_hz
    files = reference_files(block.signal, network, rate_hz, block.steering_tx)
    for o in block.observations:
        name = o.recording.receiver_id
        files |= recording_files(
            names[name], o.recording, carrier_hz=carrier_hz, description=f"receiver {name}: one simulated block"
        )
    return {**files, TRUTH: json_bytes(truth)}


def write_simulation(folder: str | os.PathLike[str], files: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Write all files at once; recordings of an earlier simulation that this one does not have are removed."""
    place = Path(folder)
    stale = [path.name for suffix in (META, DATA) for path in place.glob(f"{RECORDING}*{suffix}")]
    write_files_atomically(place, files, stale=stale)
    return tuple(place / name for name in files)
