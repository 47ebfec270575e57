"""Trace the channels of examples/channels/street.toml with Sionna RT on the CPU, and write a channel file.

    python examples/channels/from_sionna.py examples/channels/street.toml H.npz

Needs Python with `sionna-rt` (run with 2.2.0; it needs LLVM, see docs/channels.md) and NumPy, not multistatic. The
same nodes without any building are traced first: their gains are held against Friis' formula, and the script stops
where one is off by more than 0.01 dB, so that units and the order of antennas are known before a channel is used.

Conventions: |entry|² is the power at a receive antenna for unit power at a transmit antenna; Sionna's frequency
response at the carrier is exactly that, not normalised. multistatic counts the antennas of a line from the node on,
along +y; Sionna centres an array at its device, which therefore stands half an aperture further along y.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import mitsuba
import numpy as np

mitsuba.set_variant("llvm_ad_mono_polarized")  # the CPU; "cuda_ad_mono_polarized" is a GPU

import sionna.rt as rt  # noqa: E402 - the variant first

SPEED_OF_LIGHT_M_S = 299_792_458.0
MAX_FRIIS_ERROR_DB = 0.01


def traced(scenario: dict, scene: rt.Scene, max_depth: int) -> np.ndarray:
    """H [K, N_r, N_t] of the scenario's nodes in a scene; all receivers have equally many antennas."""
    wavelength_m = SPEED_OF_LIGHT_M_S / scenario["radio"]["carrier_hz"]
    transmit, receive = scenario["transmitter"]["antennas"], scenario["receivers"]["antennas"]
    scene.frequency = scenario["radio"]["carrier_hz"]
    line = {"num_rows": 1, "horizontal_spacing": 0.5, "pattern": "iso", "polarization": "V"}
    scene.tx_array = rt.PlanarArray(num_cols=transmit, **line)
    scene.rx_array = rt.PlanarArray(num_cols=receive, **line)
    scene.add(rt.Transmitter("tx", position=centre_m(scenario["transmitter"], transmit, wavelength_m)))
    for site in scenario["receivers"]["site"]:
        scene.add(rt.Receiver(site["id"], position=centre_m(site, receive, wavelength_m)))
    paths = rt.PathSolver()(scene, max_depth=max_depth, synthetic_array=False, refraction=False, seed=1)
    # At 0 Hz from the carrier, with the phase of the whole path: [receiver, antenna, transmitter, antenna, time, freq.]
    response = paths.cfr(frequencies=[0.0], normalize_delays=False, normalize=False, out_type="numpy")
    return np.asarray(response, complex)[:, :, 0, :, 0, 0]


def centre_m(node: dict, antennas: int, wavelength_m: float) -> list[float]:
    """Where the middle of a node's line stands: its first antenna is at the node."""
    x, y, z = node["position_m"]
    return [x, y + 0.25 * wavelength_m * (antennas - 1), z]


def free_space(scenario: dict) -> np.ndarray:
    """λ/(4πd) exp(-j2πd/λ) between every pair of antennas [K, N_r, N_t]: Friis' formula."""
    wavelength_m = SPEED_OF_LIGHT_M_S / scenario["radio"]["carrier_hz"]

    def antennas_m(node: dict, count: int) -> np.ndarray:
        return np.array(node["position_m"]) + 0.5 * wavelength_m * np.arange(count)[:, None] * [0.0, 1.0, 0.0]

    sent = antennas_m(scenario["transmitter"], scenario["transmitter"]["antennas"])
    heard = [antennas_m(site, scenario["receivers"]["antennas"]) for site in scenario["receivers"]["site"]]
    distance_m = np.array([np.linalg.norm(each[:, None] - sent[None], axis=-1) for each in heard])
    return wavelength_m / (4 * np.pi * distance_m) * np.exp(-2j * np.pi * distance_m / wavelength_m)


scenario = tomllib.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
ratio = traced(scenario, rt.load_scene(), max_depth=0) / free_space(scenario)
error_db, error_rad = np.abs(20 * np.log10(np.abs(ratio))).max(), np.abs(np.angle(ratio)).max()
print(f"free space: largest difference from Friis' formula {error_db:.1g} dB, {np.degrees(error_rad):.1g} degrees")
if error_db > MAX_FRIIS_ERROR_DB:
    sys.exit("the gains are not those of free space: check units, polarisation and the positions of the antennas")

direct = traced(scenario, rt.load_scene(rt.scene.simple_street_canyon), max_depth=3)
ids = [site["id"] for site in scenario["receivers"]["site"]]
np.savez(sys.argv[2], direct=direct, receiver_ids=ids, carrier_hz=scenario["radio"]["carrier_hz"])
for name, matrix, free in zip(ids, direct, free_space(scenario), strict=True):
    power, reference = (np.mean(np.abs(each) ** 2) for each in (matrix, free))
    level = f"{10 * np.log10(power):7.1f} dB" if power > 0 else "no path"
    print(f"{name:8} mean gain {level}, free space {10 * np.log10(reference):7.1f} dB")
