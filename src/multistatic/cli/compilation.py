"""What the first compilation of the kernels costs, where no compiled one is on disk yet: most of a first design."""

from __future__ import annotations

import gc
import os


def hasten_first_compilation() -> None:
    """Settings of this process for it, called by commands that solve; before Numba is imported.

    Each gives the same bits: no level of LLVM reorders floating-point arithmetic. Runs are as fast or faster.

    - It makes millions of objects, none of them garbage: a look for cycles every 700 of them takes a tenth of the time.
    - LLVM's highest level takes a seventh more than its first.
    - For some processors LLVM unrolls every loop by eight, and again where a function is copied into its caller: a
      fifth of the time, for loops as short as a network has receivers.
    """
    import llvmlite.binding

    gc.set_threshold(100_000, 20, 20)
    os.environ.setdefault("NUMBA_OPT", "1")
    llvmlite.binding.set_option("multistatic", "-unroll-runtime=false")
