"""Object code of kernels, generated from LLVM's language, loaded and called without Numba: its import takes longer than
a design.

A kernel takes arrays, numbers and (named) tuples of these, nested as it likes, and returns numbers or named tuples of
them. A call writes its arguments one after the other into a block of 64-bit words, an array as its address and its
shape; the code writes its status and its results behind them (`code_generation`).
"""

from __future__ import annotations

import ctypes
import functools
import struct
from collections.abc import Callable, Iterator
from typing import Any, get_type_hints

import numpy as np

ENTRY = "multistatic_kernel"
_LEVEL = 1  # of LLVM's optimisation: more takes longer, and gives no faster kernels
_WORDS = {bool: "q", int: "q", float: "d"}


class UnsuitableError(TypeError):
    """An argument that object code cannot take."""


def described(arguments: tuple[Any, ...], words: list[Any]) -> str:
    """The kinds of all numbers and arrays in a row, whose words are appended to `words`.

    A number is `?`, `q` or `d`, an array the letter of its type and its number of axes. `UnsuitableError` for anything
    else, for an array in another order than that of C, and for one that may only be read.
    """
    kinds = ""
    for value in arguments:
        if isinstance(value, np.ndarray):
            flags = value.flags
            if not (flags.c_contiguous and flags.writeable):
                raise UnsuitableError("an array that is not in C order, or may only be read")
            kinds += f"{value.dtype.char}{value.ndim}"
            words.append(value.__array_interface__["data"][0])
            words += value.shape
        elif isinstance(value, tuple):
            kinds += described(value, words)
        elif isinstance(value, float):
            kinds += "d"
            words.append(value)
        elif isinstance(value, bool | int):
            kinds += "?" if isinstance(value, bool) else "q"
            words.append(value)
        else:
            raise UnsuitableError(f"{type(value).__name__} is neither an array nor a number")
    return kinds


class MachineCode:
    """Object code of a function in this process, for arguments with words like these."""

    def __init__(self, code: bytes, function: Callable[..., Any], words: list[Any]) -> None:
        self._engine, address = _loaded(code)
        self._call = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(address)
        self._result, letters = _result(get_type_hints(function)["return"])
        given = "".join("d" if isinstance(word, float) else "q" for word in words)
        self._given = struct.Struct(f"={given}")
        self._returned = struct.Struct(f"=q{letters}")

    def __call__(self, words: list[Any]) -> Any:
        """What the function returns."""
        size = self._given.size
        block = ctypes.create_string_buffer(size + self._returned.size)
        self._given.pack_into(block, 0, *words)
        self._call(block)
        status, *numbers = self._returned.unpack_from(block, size)
        if status:
            raise RuntimeError(f"a kernel ended with status {status}")
        return self._result(iter(numbers))


def _result(kind: Any) -> tuple[Callable[[Iterator[Any]], Any], str]:
    """(what makes a value of `kind` from its numbers, their letters)."""
    if kind in _WORDS:
        return (lambda numbers: kind(next(numbers))), _WORDS[kind]
    parts = [_result(each) for each in get_type_hints(kind).values()]
    return (lambda numbers: kind(*(make(numbers) for make, _ in parts))), "".join(letters for _, letters in parts)


def _loaded(code: bytes) -> tuple[Any, int]:
    """(what keeps the code in memory, the address of its entry)."""
    import llvmlite.binding as llvm

    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target_machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    address = engine.get_function_address(ENTRY)
    if not address:
        raise RuntimeError("no entry in the object code")
    return engine, address


@functools.cache
def _target_machine() -> Any:
    """For this processor. LLVM's levels differ in time, not in the order of floating-point operations."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=_LEVEL,
        reloc="static" if target.name.startswith("x86") else "default",
        codemodel="jitdefault",
        jit=True,
    )


def optimised(lowered: str, vectorised: bool) -> Any:
    """The module of a text, inlined and simplified; `vectorised` for this processor."""
    import llvmlite.binding as llvm

    machine = _target_machine()
    module = llvm.parse_assembly(lowered)
    for function in module.functions:
        if not function.is_declaration and function.name != ENTRY:
            function.linkage = "internal"  # it may change its form, or vanish where it is inlined
    tuning = llvm.create_pipeline_tuning_options(_LEVEL)
    tuning.loop_vectorization, tuning.loop_unrolling = vectorised, False  # loops are as short as a network is small
    builder = llvm.create_pass_builder(machine, tuning)
    builder.getModulePassManager().run(module, builder)
    return module


def generated(lowered: str) -> bytes:
    """Object code of a text in LLVM's language, for this processor.

    `RuntimeError` where it needs more than the C library: Numba's own helpers will not be there.
    """
    module = optimised(lowered, vectorised=True)
    library = ctypes.CDLL(None)
    needs = {each.name for each in module.functions if each.is_declaration and not each.name.startswith("llvm.")}
    if missing := sorted(name for name in needs if not hasattr(library, name)):
        raise RuntimeError(f"the machine code needs {', '.join(missing)}")
    code: bytes = _target_machine().emit_object(module)
    return code


@functools.cache
def processor() -> str:
    """The processor that object code is for, with its features: a home folder may serve many."""
    import llvmlite.binding as llvm

    return f"{llvm.get_process_triple()} {llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"


def language() -> str:
    """The dialect of LLVM's language, and the kind of machine, that a lowered kernel is for."""
    import llvmlite.binding as llvm

    return f"LLVM {llvm.llvm_version_info[0]} {llvm.get_process_triple()}"
