"""The package as it was at an earlier commit, to be measured beside today's on the same work in one run.

    alternately(SCRIPT, arguments=["100"], repeats=3)

runs a script by today's code and by the old in turn, each in a process of its own. The script imports what both have
under the same name (`multistatic`, `benchmarks.work`), warms up, measures itself and prints one line of JSON, its last.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
OLD = "a62982f"

_folders: dict[str, tempfile.TemporaryDirectory[str]] = {}  # of each commit; removed when the process ends


def old_code(commit: str = OLD) -> Path:
    """A folder with `src` and `benchmarks` of a commit, removed when this process ends; `RuntimeError` without git or
    without the commit (a shallow clone).

    Its kernels are compiled by the first process that calls them, and kept beside them for the others.
    """
    if commit not in _folders:
        command = ["git", "-C", str(ROOT), "archive", "--format=tar", commit, "src", "benchmarks"]
        try:
            archive = subprocess.run(command, capture_output=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError) as error:
            said = (getattr(error, "stderr", None) or b"").decode(errors="replace").strip()
            raise RuntimeError(f"git has no commit {commit} here. {said}") from error
        folder = tempfile.TemporaryDirectory(prefix=f"multistatic-{commit}-")
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(folder.name, filter="data")
        _folders[commit] = folder
    return Path(_folders[commit].name)


def run(root: Path, script: str, arguments: Sequence[str] = ()) -> Any:
    """What `script` prints last, as JSON, in a new process with the code under `root` and one thread of algebra."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment = {**os.environ, **threads, "PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)])}
    with tempfile.TemporaryDirectory() as elsewhere:  # so that the folder of the caller is not on the path
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            env=environment,
            cwd=elsewhere,
            stdout=subprocess.PIPE,
            check=True,
        )
    return json.loads(done.stdout.decode().splitlines()[-1])


def alternately(
    script: str, arguments: Sequence[str] = (), repeats: int = 1, commit: str = OLD
) -> tuple[list[Any], list[Any]]:
    """What `script` prints by today's code and by the code of `commit`, `repeats` times each, in turn."""
    ours, old = [], []
    for _ in range(repeats):
        ours.append(run(ROOT, script, arguments))
        old.append(run(old_code(commit), script, arguments))
    return ours, old
