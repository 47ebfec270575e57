"""Freezes the points and the manifest of a new version of the benchmark suite: what this writes is never written again.

    python -m benchmarks.suite_freeze VERSION FAMILIES

Reads the scenario files in the folder of the version and FAMILIES, a TOML file of tables [[instance]] with the name,
the title, the families of each and whether it is quick; writes `points.npz` and `manifest.toml`. It refuses a version
that is frozen already.
"""

from __future__ import annotations

import io
import sys
import tomllib
from importlib import resources
from pathlib import Path

import numpy as np

from multistatic.channel.realise import realise
from multistatic.files.atomic import write_files_atomically
from multistatic.scenario.parse_scenario import parse_scenario
from multistatic.suite.instances import MANIFEST, POINTS, fingerprint

HEAD = """\
# The frozen instances of version {version}, in the order of every table. Nothing here changes: another instance is
# another version. families: what an instance stands for. quick: small. direct_gain: the sum of all squared channel
# coefficients of the realisation, which tells whether random numbers are drawn as they were.
version = {version}
"""


def main(version: int, families: Path, folder: Path) -> None:
    """Write points and manifest of all instances."""
    if (folder / MANIFEST).exists():
        raise SystemExit(f"version {version} is frozen: {folder / MANIFEST} exists")
    points: dict[str, np.ndarray] = {}
    lines = [HEAD.format(version=version)]
    for entry in tomllib.loads(families.read_text(encoding="utf-8"))["instance"]:
        text = (folder / f"{entry['name']}.toml").read_bytes()
        scenario = parse_scenario(text.decode(), source=entry["name"])
        laid = scenario.points()
        points |= {f"{entry['name']}/{key}": getattr(laid, key) for key in _PARTS}
        gain = float(np.sum(np.abs(realise(scenario).direct) ** 2))
        families = ", ".join(f'"{family}"' for family in entry["families"])
        lines.append(
            f'[[instance]]\nname = "{entry["name"]}"\ntitle = "{entry["title"]}"\nfamilies = [{families}]\n'
            f'quick = {str(entry["quick"]).lower()}\nsha256 = "{fingerprint(text)}"\ndirect_gain = {gain!r}\n'
        )
        print(f"{entry['name']}: {laid.count} points")
    stored = io.BytesIO()
    np.savez_compressed(stored, allow_pickle=False, **points)
    write_files_atomically(folder, {POINTS: stored.getvalue(), MANIFEST: "\n".join(lines).encode()})


_PARTS = ("position_m", "velocity_m_s", "weight", "target")

if __name__ == "__main__":
    which = int(sys.argv[1])
    main(which, Path(sys.argv[2]), Path(str(resources.files("multistatic.suite").joinpath(f"v{which}"))))
