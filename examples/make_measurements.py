"""Write examples/measurements.csv: what the receivers of examples/hall.toml measure of the robot at three times.

    python examples/make_measurements.py FOLDER_OF_EXAMPLES > measurements.csv

All power is on the robot, which drives on between the times. Errors are drawn from each receiver's own Cramér-Rao bound
and from the priors of the clocks, anew at each time (seed 2). At the last time the receiver "wall" is deceived: its
delay is 40 ns too long, as of an echo by a detour.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from multistatic import draw_measurements, load_scenario, realise, sensing_network
from multistatic.files.measurements import measurements_text

hall = load_scenario(str(Path(sys.argv[1]) / "hall.toml"))
rng = np.random.default_rng(2)
rows = []
for time_s in (0.0, 1.0, 2.0):
    place_m = hall.target.position_m + time_s * hall.target.velocity_m_s
    scenario = replace(hall, target=replace(hall.target, position_m=place_m))
    channel = realise(scenario, np.random.default_rng(hall.seed))
    towards = np.conj(channel.steering_tx[0]) / np.linalg.norm(channel.steering_tx[0])
    covariance_w = scenario.transmitter.power_w * np.outer(towards, towards.conj())
    illumination_w = scenario.transmitter.power_w * len(towards)
    network = sensing_network(scenario, channel, covariance_w)
    rows += draw_measurements(network, illumination_w, rng, time_s=time_s)[0]
rows = [
    replace(row, delay_s=row.delay_s + 40e-9) if (row.receiver_id, row.time_s) == ("wall", 2.0) else row for row in rows
]
sys.stdout.write(measurements_text(rows))
