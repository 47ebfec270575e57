"""Random scenario files with several targets, priors and areas: what a design must survive, one for each number."""

from __future__ import annotations

import numpy as np

RADIO = """\
schema = 1
name = "random_{number}"
seed = {number}

[radio]
carrier_hz = {carrier}
bandwidth_hz = 20e6
samples = {samples}
pulse = "half_sine"

[transmitter]
position_m = {transmitter}
array = {array}
power_dbm = {power}
{transmitter_clock}
[receivers]
{receiver_clock}site = [
{sites}
]

[channel]
path_loss_exponent = 2.2
reference_loss_db = {loss}
echo_law = "{law}"
noise_power_dbm = -75.0
{channel}
[requirements]
rate_bps_hz = {rate}
cooperation_cost_m = {cost}

[design]
criterion = "{criterion}"
{design}
{targets}"""


def random_scenario(number: int) -> str:
    """The text of scenario `number`: about half in space, a quarter with clocks, a third with several targets."""
    rng = np.random.default_rng([14, number])
    spatial = bool(rng.random() < 0.5)
    count = int(rng.integers(2, 9))
    antennas = int(rng.choice([2, 4, 8, 16]))
    clocks = bool(rng.random() < 0.25)
    prior_counts = bool(rng.random() < 0.3)
    modes = ["", "worst", "mean"] + (["posterior"] if prior_counts else ["mean_square"])
    mode = str(rng.choice(modes))
    lines = [f'over_points = "{mode}"'] if mode else []
    lines += ["streams = 1"] if rng.random() < 0.5 else []
    selector = str(rng.choice(["joint", "joint", "joint", "greedy", "enumeration"]))
    lines += [f'selector = "{selector}"']
    sites = "\n".join(
        f'  {{ id = "rx{k}", position_m = {_place(rng, spatial, 30.0, 120.0)}, antennas = {int(rng.integers(1, 3))} }},'
        for k in range(count)
    )
    line_of_sight = rng.random() < 0.4
    channel = 'direct = "los"' if line_of_sight else 'direct = "rician"\nrician_factor = 1.0'
    return RADIO.format(
        number=number,
        carrier=f"{rng.choice([3.5e9, 28e9]):.4g}",
        samples=int(rng.choice([256, 4096])),
        transmitter="[0.0, 0.0, 20.0]" if spatial else "[0.0, 0.0]",
        array=(
            "{ kind = 'upa', shape = [4, 4], axes = [[0, 1, 0], [0, 0, 1]] }"
            if spatial and antennas == 16
            else f"{{ kind = 'ula', antennas = {antennas}, axis = [0, 1, 0] }}"
        ),
        power=float(rng.uniform(20.0, 40.0)),
        transmitter_clock="clock_offset_std_s = 2e-9" if clocks and rng.random() < 0.5 else "",
        receiver_clock=f"clock_offset_std_s = {rng.choice(['1e-9', '1e-8', '0.0'])}\n" if clocks else "",
        sites=sites,
        loss=float(rng.choice([0.0, 30.0])),
        law=str(rng.choice(["sum", "product"])),
        channel=channel,
        rate=float(rng.choice([0.0, 0.5, 1.0, 2.0])),
        cost=float(rng.uniform(80.0, 400.0)),
        criterion=str(rng.choice(["peb", "peb", "surrogate", "veb", "weighted"])),
        design="\n".join(lines),
        targets="\n".join(_targets(rng, spatial, prior_counts)),
    )


def _targets(rng: np.random.Generator, spatial: bool, prior: bool) -> list[str]:
    count = int(rng.choice([1, 1, 2, 3]))
    lines = []
    for t in range(count):
        lines += ["[[target]]", f'id = "t{t}"', f"position_m = {_place(rng, spatial, 20.0, 90.0, 40.0)}"]
        lines += [f"velocity_m_s = {_place(rng, spatial, 1.0, 20.0, 2.0)}", f"weight = {rng.uniform(0.2, 3.0):.3f}"]
        lines += ["reflection = 0.4"]
        kind = str(rng.choice(["exact", "disc", "box", "polygon"]))
        if prior and t == 0:
            lines += ["[target.prior]", f"position_std_m = {rng.uniform(0.3, 12.0):.3f}"]
            lines += [f"velocity_std_m_s = {rng.uniform(0.2, 5.0):.3f}"] if rng.random() < 0.6 else []
        elif kind == "disc":
            lines += ["[target.area]", 'kind = "disc"', f"radius_m = {rng.uniform(1.0, 15.0):.3f}"]
        elif kind == "box":
            size = [round(float(each), 2) for each in rng.uniform(1.0, 25.0, 3 if spatial else 2)]
            lines += ["[target.area]", 'kind = "box"', f"size_m = {size}"]
        elif kind == "polygon":
            angles = np.sort(rng.uniform(0.0, 2.0 * np.pi, int(rng.integers(3, 7))))
            centre, radius = rng.uniform(-60.0, 60.0, 2), rng.uniform(3.0, 18.0)
            corners = [
                [round(float(centre[0] + radius * np.cos(a)), 2), round(float(centre[1] + radius * np.sin(a)), 2)]
                for a in angles
            ]
            lines += ["[target.area]", 'kind = "polygon"', f"vertices_m = {corners}"]
    return lines


def _place(rng: np.random.Generator, spatial: bool, near: float, far: float, high: float = 25.0) -> str:
    radius, angle = rng.uniform(near, far), rng.uniform(0.0, 2.0 * np.pi)
    place = [radius * np.cos(angle), radius * np.sin(angle)]
    if spatial:
        place.append(rng.uniform(0.5, high))
    return str([round(float(each), 2) for each in place])
