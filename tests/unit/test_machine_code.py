"""Kernels as object code: what they return, when it is made, and what happens where it cannot be used.

Tests that compile run a copy of the package, in processes with a cache of their own.
"""

from __future__ import annotations

import lzma
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from multistatic import machine_code
from multistatic.beamforming.downlink.optimal_prices import beams_for, solve_downlink, workspace_for
from multistatic.compiled import StandaloneKernel
from multistatic.machine_code import Block, UnsuitableError, block_for, described, layout_of, with_arrays
from tests.lowered.kernels import kernels_in_use
from tests.support.paths import ROOT

PACKAGE = ROOT / "src" / "multistatic"
CALLEE = """
from typing import NamedTuple
import numpy as np
from multistatic.compiled import internal


class Pair(NamedTuple):
    first: np.ndarray
    second: np.ndarray


class Memory(NamedTuple):
    pair: Pair
    ones: np.ndarray


class Sum(NamedTuple):
    total: float
    count: int


class Result(NamedTuple):
    good: bool
    sum: Sum


@internal
def fill(pair, value):
    for i in range(len(pair.first)):
        pair.first[i] = value * (i + 1)
        pair.second[i] = complex(0.0, 1.0)
"""
CALLER = """
from multistatic.compiled import standalone
from multistatic.bounds.kernel_callee import Memory, Result, Sum, fill


@standalone
def result(x, matrix, memory) -> Result:
    fill(memory.pair, x)
    total = 0.0
    for i in range(len(memory.pair.first)):
        total += memory.pair.first[i] * memory.pair.second[i].imag * matrix[i, 0] * memory.ones[i]
    return Result(total > 0.0, Sum(total, len(memory.ones)))
"""
RUN = """
import sys
import numpy as np
from multistatic.bounds.kernel_callee import Memory, Pair, Result, Sum
from multistatic.bounds.kernel_caller import result

def call(matrix):
    memory = Memory(Pair(np.zeros(3), np.zeros(3, complex)), np.ones(3))
    found = result(2.0, matrix, memory)
    assert isinstance(found, Result), found
    assert memory.pair.first[0] in (2.0, 20.0), memory
    return found

found = call(np.arange(1.0, 7.0).reshape(3, 2))
print(found.sum.total, found.sum.count, int(found.good), int("numba" in sys.modules))
"""
TWO_THREE = 2.0 * (1.0 * 1.0 + 2.0 * 3.0 + 3.0 * 5.0)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package with a kernel that takes memory and returns nested numbers."""
    copy = tmp_path / "source" / "multistatic"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "bounds" / "kernel_callee.py").write_text(CALLEE)
    (copy / "bounds" / "kernel_caller.py").write_text(CALLER)
    return copy


def run(package: Path, code: str = RUN, **environment: str) -> list[float]:
    """The numbers that `code` prints in a new process, whose cache is in `kernels` beside the copy."""
    own = {"PYTHONPATH": str(package.parent), "NUMBA_CACHE_DIR": str(package.parent.parent / "kernels")}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **own, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return [float(word) for word in done.stdout.split()]


def objects(package: Path) -> list[Path]:
    return sorted((package.parent.parent / "kernels").rglob("*.o"))


@pytest.mark.slow
def test_a_kernel_is_compiled_once_and_then_runs_without_numba(package: Path) -> None:
    assert run(package) == [TWO_THREE, 3, 1, 1]
    assert len(objects(package)) == 1
    assert run(package) == [TWO_THREE, 3, 1, 0]


@pytest.mark.slow
def test_an_edit_of_a_callee_is_seen(package: Path) -> None:
    run(package)
    callee = package / "bounds" / "kernel_callee.py"
    callee.write_text(callee.read_text().replace("value * (i + 1)", "10.0 * value * (i + 1)"))
    assert run(package) == [10.0 * TWO_THREE, 3, 1, 1]
    assert run(package) == [10.0 * TWO_THREE, 3, 1, 0]


@pytest.mark.slow
def test_object_code_that_is_damaged_or_of_another_processor_is_made_again(package: Path) -> None:
    run(package)
    (file,) = objects(package)
    whole = file.read_bytes()
    for damaged in (b"", whole[:100], whole[:-1] + bytes([whole[-1] ^ 1])):
        file.write_bytes(damaged)
        assert run(package) == [TWO_THREE, 3, 1, 1]
        assert file.read_bytes() == whole
    elsewhere = "from multistatic import compiled\ncompiled.processor = lambda: 'another'\n"
    assert run(package, elsewhere + RUN) == [TWO_THREE, 3, 1, 1]
    assert len(objects(package)) == 2


@pytest.mark.slow
def test_where_nothing_can_be_kept_each_process_compiles(package: Path) -> None:
    (package / "__pycache__").write_text("a file where the folder would be")
    nowhere = package.parent.parent / "nowhere"
    nowhere.write_text("a file where the folder would be")
    for _ in range(2):
        assert run(package, NUMBA_CACHE_DIR=str(nowhere), XDG_CACHE_HOME=str(nowhere)) == [TWO_THREE, 3, 1, 1]
    assert objects(package) == []


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["code_generation", "machine_code"])
def test_what_is_not_understood_is_left_to_numba(package: Path, broken: str) -> None:
    """As with a version of Numba or LLVM that has other inner functions."""
    fault = {
        "code_generation": "import sys\nsys.modules['multistatic.code_generation'] = None\n",
        "machine_code": "from multistatic import compiled\ncompiled.generated = None\n",
    }[broken]
    assert run(package, fault + RUN) == [TWO_THREE, 3, 1, 1]
    assert objects(package) == []


@pytest.mark.slow
def test_arrays_in_another_order_are_left_to_numba(package: Path) -> None:
    turned = RUN + "\nprint(call(np.asfortranarray(np.arange(1.0, 7.0).reshape(3, 2))).sum.total)"
    assert run(package, turned)[-1] == TWO_THREE


@pytest.mark.slow
def test_kernels_run_as_python_where_numba_is_switched_off(package: Path) -> None:
    assert run(package, NUMBA_DISABLE_JIT="1") == [TWO_THREE, 3, 1, 0]
    assert objects(package) == []


@pytest.mark.slow
def test_processes_that_start_together_agree(package: Path) -> None:
    own = {"PYTHONPATH": str(package.parent), "NUMBA_CACHE_DIR": str(package.parent.parent / "kernels")}
    command, environment = [sys.executable, "-c", RUN], {**os.environ, **own}
    started = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert {process.communicate()[0].split()[0] for process in started} == {str(TWO_THREE)}
    assert [file.suffix for file in (package.parent.parent / "kernels").rglob("*") if file.is_file()] == [".o"]


@pytest.mark.slow
def test_a_first_design_needs_no_numba(tmp_path: Path) -> None:
    """Nor does a second one: the package has its kernels in LLVM's language."""
    code = """
import sys
from multistatic import design_network, load_preset
design = design_network(load_preset("paper", overrides=["receivers.random.count=4"]))
print(design.beamforming.illumination_w.hex(), "numba" in sys.modules)
"""
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent), "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", code]
    first, second = (subprocess.run(command, env=environment, capture_output=True, text=True).stdout for _ in range(2))
    assert first == second
    assert first.endswith(" False\n")


@pytest.mark.slow
def test_the_shipped_kernels_are_what_numba_makes_of_the_sources() -> None:
    """Else: make lowered."""
    found = kernels_in_use()
    assert {kernel.__name__ for kernel, *_ in found} == {"bfgs", "newton_centre", "solve_downlink"}
    files = {kernel.shipped_file(kinds) for kernel, kinds, _ in found}
    assert set((PACKAGE / "lowered").glob("*.ll.xz")) == files
    for kernel, kinds, _ in found:
        about = lzma.decompress(kernel.shipped_file(kinds).read_bytes()).decode().partition("\n")[0]
        if not about.startswith(f"; {machine_code.language()} "):
            pytest.skip("for another LLVM or another kind of machine")
        assert about == kernel.about(), "out of date: make lowered"
    # In a process of its own, as `make lowered` writes them: what Numba compiled before changes the names of symbols.
    code = """
from multistatic import machine_code
from tests.lowered.kernels import kernels_in_use
for kernel, kinds, arguments in kernels_in_use():
    again, shipped = kernel.lowered(arguments), kernel.shipped(kinds)
    print(kernel.__name__, machine_code.generated(again) == machine_code.generated(shipped))
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PACKAGE.parent), str(PACKAGE.parents[1])])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert sorted(done.stdout.splitlines()) == sorted(f"{kernel.__name__} True" for kernel, *_ in found), done.stderr


def test_a_kernel_of_changed_sources_is_not_taken_from_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    (kernel, kinds, _), *_ = kernels_in_use()
    if kernel.shipped(kinds) is None:
        pytest.skip("for another LLVM or another kind of machine")
    monkeypatch.setattr(StandaloneKernel, "about", lambda self: "; other sources")
    assert kernel.shipped(kinds) is None


class Inner(NamedTuple):
    matrix: np.ndarray
    flags: np.ndarray


class Outer(NamedTuple):
    vector: np.ndarray
    inner: Inner


def outer(size: int) -> Outer:
    return Outer(np.empty(size), Inner(np.empty((size, 3, 2), complex), np.empty(size + 1, bool)))


@pytest.mark.parametrize("size", [1, 7])
def test_a_block_is_described_like_the_arrays_in_it(size: int) -> None:
    block = block_for(outer, size)
    assert isinstance(block, Block)
    (arrays,) = with_arrays((block,))
    assert isinstance(arrays, Outer)
    assert isinstance(arrays.inner, Inner)
    words, expected = [], []
    assert described((block,), words) == described((arrays,), expected) == "d1D3?1"
    assert words == expected
    assert arrays.vector.ctypes.data % 64 == 0
    arrays.vector[:], arrays.inner.flags[:] = 1.0, True
    assert all(arrays.vector == 1.0), "the arrays overlap"
    assert layout_of(outer, size) is block.layout


def test_a_block_has_room_for_nothing() -> None:
    (arrays,) = with_arrays((block_for(outer, 0),))
    assert arrays.vector.shape == (0,)
    assert arrays.inner.matrix.shape == (0, 3, 2)
    assert arrays.inner.flags.shape == (1,)


def test_only_arrays_in_order_and_numbers_are_suitable() -> None:
    words: list[float] = []
    assert described((True, 3, 2.5, np.float64(1.5), (np.zeros((2, 3)),)), words) == "?qddd2"
    assert words[:4] == [True, 3, 2.5, 1.5]
    assert words[5:] == [2, 3]
    locked = np.zeros(2)
    locked.flags.writeable = False
    for value in (np.zeros((2, 3)).T, np.zeros(4)[::2], locked, "text", None, 1j):
        with pytest.raises(UnsuitableError):
            described((value,), [])


def test_threads_share_a_kernel() -> None:
    """Calls run beside each other, each with memory of its own."""
    found = [each for each in kernels_in_use() if each[0].__name__ == "solve_downlink"]
    (_, _, (downlink, guess, light, _, _)), *_ = found
    count = len(downlink.target)
    expected = solve_downlink(downlink, guess, light, block_for(workspace_for, count), beams_for(count))
    results = []

    def work() -> None:
        for _ in range(50):
            results.append(solve_downlink(downlink, guess, light, block_for(workspace_for, count), beams_for(count)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(results) == {expected}
    assert len(results) == 200
