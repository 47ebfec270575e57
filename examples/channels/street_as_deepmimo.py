"""Put the street of examples/channels/street.toml into DeepMIMO's format 4, by DeepMIMO's own exporter and converter.

    python examples/channels/street_as_deepmimo.py examples/channels/street.toml

Writes `deepmimo_scenarios/street` in the working folder. Needs Python with `sionna-rt` and `deepmimo` (run with 2.2.0
and 4.0.5), not multistatic. DeepMIMO makes arrays from paths between single antennas: one at each node is traced.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import mitsuba

mitsuba.set_variant("llvm_ad_mono_polarized")  # the CPU

import deepmimo  # noqa: E402 - the variant first
import sionna.rt as rt  # noqa: E402
from deepmimo.exporters.sionna_exporter import sionna_exporter  # noqa: E402

scenario = tomllib.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
scene = rt.load_scene(rt.scene.simple_street_canyon)
scene.frequency = scenario["radio"]["carrier_hz"]
scene.tx_array = scene.rx_array = rt.PlanarArray(num_rows=1, num_cols=1, pattern="iso", polarization="V")
scene.add(rt.Transmitter("tx", position=scenario["transmitter"]["position_m"]))
for site in scenario["receivers"]["site"]:
    scene.add(rt.Receiver(site["id"], position=site["position_m"]))
settings = {
    "max_depth": 3,
    "max_num_paths_per_src": 1_000_000,
    "samples_per_src": 1_000_000,
    "synthetic_array": True,
    "los": True,
    "specular_reflection": True,
    "diffuse_reflection": False,
    "refraction": False,
    "seed": 1,
}
sionna_exporter(scene, [rt.PathSolver()(scene, **settings)], settings, "street_source")
deepmimo.convert("street_source", scenario_name="street", overwrite=True, vis_scene=False)
