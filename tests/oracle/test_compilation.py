"""The bits of a design do not depend on how its kernels were compiled."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SMALL = ("receivers.random.count=4", "transmitter.antennas=5", "requirements.rate_bps_hz=1.5")
LIBRARY = f"""
import numpy as np
from multistatic import design_network, load_preset
design = design_network(load_preset("paper", overrides={SMALL!r}))
np.save("beams.npy", design.beamforming.beams.weights)
"""


def run(folder: Path, *command: str) -> None:
    """A process that finds no object code on disk."""
    folder.mkdir()
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder / "kernels"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert any(file.suffix in (".o", ".nbc") for file in (folder / "kernels").rglob("*"))


# By the command line; in the library from what the package ships; lowered anew; by Numba alone, with its own
# optimisation and machine code.
WAYS = {
    "shipped": LIBRARY,
    "lowered": "from multistatic.compiled import StandaloneKernel as K; K.shipped = lambda *_: None" + LIBRARY,
    "numba": "from multistatic.compiled import StandaloneKernel as K; K._code = lambda *_: None" + LIBRARY,
}


@pytest.mark.slow
def test_every_way_to_compile_the_kernels_gives_the_same_bits(tmp_path: Path) -> None:
    options = [word for each in SMALL for word in ("--set", each)]
    program = "from multistatic.cli.app import main; main()"
    run(tmp_path / "command", "-c", program, "design", "paper", *options, "--out", ".", "--no-pictures", "--quiet")
    with np.load(tmp_path / "command" / "design.npz", allow_pickle=False) as stored:
        beams = stored["beams"]
    for way, code in WAYS.items():
        run(tmp_path / way, "-c", code)
        assert np.load(tmp_path / way / "beams.npy", allow_pickle=False).tobytes() == beams.tobytes(), way
