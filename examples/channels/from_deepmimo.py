"""Make a channel file of the users of a DeepMIMO data set that stand where a scenario's receivers stand.

    python examples/channels/from_deepmimo.py NAME examples/channels/street.toml H.npz

NAME: a data set of format 4 in `deepmimo_scenarios` of the working folder. Needs Python with `deepmimo` (run with
4.0.5) and NumPy, not multistatic; all receivers have equally many antennas, in lines along y.

Three things to know about DeepMIMO's numbers, each of which this script takes care of:

- `compute_channels(freq_domain=True)`, the default, divides amplitudes by the root of the number of subcarriers: 512 of
  them make gains 27 dB too small. Paths in the time domain have the amplitudes that a channel file wants.
- A data set that was converted from Sionna RT has phases without the carrier's phase exp(-j2πfτ) of the path, and paths
  would add up wrongly. It is put in here for such data sets; those of Remcom's Wireless InSite have it already.
- Powers are in dB for 0 dB at the transmitter, so that they are gains.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import deepmimo
import numpy as np

MAX_DISTANCE_M = 0.01

name, scenario_file, channel_file = sys.argv[1:]
scenario = tomllib.loads(Path(scenario_file).read_text(encoding="utf-8"))
data = deepmimo.load(name)

# Which user is which receiver: the one that stands there.
sites = scenario["receivers"]["site"]
distance_m = np.linalg.norm(data.rx_pos[None] - np.array([site["position_m"] for site in sites])[:, None], axis=-1)
users, nearest_m = distance_m.argmin(axis=1), distance_m.min(axis=1)
for site, far_m in zip(sites, nearest_m, strict=True):
    if far_m > MAX_DISTANCE_M:
        sys.exit(f"{site['id']}: the nearest user of {name} is {far_m:.3g} m away")
carrier_hz = float(data.rt_params.frequency)

# [user, receive antenna, transmit antenna, path]; shape = [along y, along z], counted from the node on, as here.
lines = {
    "bs_antenna": {"shape": [scenario["transmitter"]["antennas"], 1], "spacing": 0.5},
    "ue_antenna": {"shape": [scenario["receivers"]["antennas"], 1], "spacing": 0.5},
}
paths = data.compute_channels(freq_domain=False, num_paths=data.delay.shape[1], **lines)
if data.rt_params.raytracer_name == "Sionna Ray Tracing":
    paths = paths * np.exp(-2j * np.pi * carrier_hz * np.nan_to_num(data.delay))[:, None, None, : paths.shape[3]]
direct = np.nan_to_num(paths).sum(axis=3)[users]

ids = [site["id"] for site in sites]
np.savez(channel_file, direct=direct, receiver_ids=ids, carrier_hz=carrier_hz)
for receiver, matrix in zip(ids, direct, strict=True):
    power = np.mean(np.abs(matrix) ** 2)
    print(f"{receiver:8} mean gain " + (f"{10 * np.log10(power):7.1f} dB" if power > 0 else "no path"))
