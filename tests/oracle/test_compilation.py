"""What the command line changes about compilation changes no bit of a design."""

from __future__ import annotations

import hashlib
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
    """A process that finds no compiled kernel on disk."""
    folder.mkdir()
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder / "kernels"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert any((folder / "kernels").rglob("*.nbc"))


@pytest.mark.slow
def test_kernels_compiled_by_the_command_line_give_the_same_bits(tmp_path: Path) -> None:
    options = [word for each in SMALL for word in ("--set", each)]
    program = "from multistatic.cli.app import main; main()"
    run(tmp_path / "command", "-c", program, "design", "paper", *options, "--out", ".", "--no-pictures", "--quiet")
    run(tmp_path / "library", "-c", LIBRARY)
    with np.load(tmp_path / "command" / "design.npz", allow_pickle=False) as stored:
        beams = stored["beams"]
    ours = np.load(tmp_path / "library" / "beams.npy", allow_pickle=False)
    assert hashlib.sha256(beams.tobytes()).hexdigest() == hashlib.sha256(ours.tobytes()).hexdigest()
