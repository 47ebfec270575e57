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
from dataclasses import dataclass
from typing import Any, TypeVar, cast, get_type_hints

import numpy as np
from numpy.typing import NDArray

ENTRY = "multistatic_kernel"
_LEVEL = 1  # of LLVM's optimisation: more takes longer, and gives no faster kernels
_ALIGNED = 64  # bytes

_Tuple = TypeVar("_Tuple", bound=tuple[Any, ...])

_WORDS = {bool: "q", int: "q", float: "d"}


class UnsuitableError(TypeError):
    """An argument that object code cannot take."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where the arrays of a (named) tuple lie in one block of memory."""

    kinds: str
    words: NDArray[np.int64]  # as of a block at address 0
    are_addresses: NDArray[np.int64]  # 1 where a word is one
    size: int  # bytes
    places: Any  # the tuple, with (first byte, array of that shape and type) for each array


class Block:
    """Memory for the arrays of a named tuple, which kernels fill: cheaper to make and to hand over than the arrays."""

    __slots__ = ("layout", "memory")

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.memory = np.empty(layout.size + _ALIGNED, np.uint8)

    @property
    def first(self) -> int:
        """Index of the first aligned byte."""
        return -int(self.memory.__array_interface__["data"][0]) % _ALIGNED

    def words(self) -> list[int]:
        """The words of the arrays."""
        address = self.memory.__array_interface__["data"][0] + self.first
        words: list[int] = (self.layout.words + address * self.layout.are_addresses).tolist()
        return words

    def arrays(self) -> Any:
        """The named tuple."""
        return self._arrays(self.layout.places)

    def _arrays(self, places: Any) -> Any:
        if isinstance(places, _Place):
            begin = self.first + places.begin
            return self.memory[begin : begin + places.size].view(places.dtype).reshape(places.shape)
        return type(places)(*(self._arrays(each) for each in places))


@dataclass(frozen=True, slots=True)
class _Place:
    begin: int
    size: int
    dtype: Any
    shape: tuple[int, ...]


@functools.lru_cache(maxsize=256)
def layout_of(make: Callable[..., Any], *sizes: int) -> Layout:
    """The layout of what `make(*sizes)` gives: a (named) tuple of arrays and of such tuples."""
    kinds, end = "", 0
    words: list[int] = []
    are_addresses: list[int] = []

    def place(value: Any) -> Any:
        nonlocal kinds, end
        if isinstance(value, tuple):
            return type(value)(*map(place, value))
        found = _Place(end, value.nbytes, value.dtype, value.shape)
        kinds += f"{value.dtype.char}{value.ndim}"
        words.extend((end, *value.shape))
        are_addresses.extend((1, *[0] * value.ndim))
        end += -(-value.nbytes // _ALIGNED) * _ALIGNED
        return found

    places = place(make(*sizes))
    return Layout(kinds, np.array(words, np.int64), np.array(are_addresses, np.int64), end, places)


def block_for(make: Callable[..., _Tuple], *sizes: int) -> _Tuple:
    """A `Block` for the arrays of `make(*sizes)`, of undefined content, to be given to a kernel in their place."""
    return cast(_Tuple, Block(layout_of(make, *sizes)))


def described(arguments: tuple[Any, ...], words: list[Any]) -> str:
    """The kinds of all numbers and arrays in a row, whose words are appended to `words`.

    A number is `?`, `q` or `d`, an array the letter of its type and its number of axes. `UnsuitableError` for anything
    else, for an array in another order than that of C, and for one that may only be read.
    """
    kinds: list[str] = []
    _describe(arguments, kinds, words)
    return "".join(kinds)


def _describe(arguments: tuple[Any, ...], kinds: list[str], words: list[Any]) -> None:
    """Append the kinds of all numbers and arrays in `arguments` to `kinds`, and their words to `words`."""
    for value in arguments:
        if isinstance(value, np.ndarray):
            if not value.flags.carray:
                raise UnsuitableError("an array that is not in C order, or may only be read")
            words.append(value.__array_interface__["data"][0])
            words.extend(value.shape)
            kinds.append(f"{value.dtype.char}{value.ndim}")
        elif isinstance(value, Block):
            words.extend(value.words())
            kinds.append(value.layout.kinds)
        elif isinstance(value, tuple):
            _describe(value, kinds, words)
        elif isinstance(value, float):
            words.append(value)
            kinds.append("d")
        elif isinstance(value, bool | int):
            words.append(value)
            kinds.append("?" if isinstance(value, bool) else "q")
        else:
            raise UnsuitableError(f"{type(value).__name__} is neither an array nor a number")


def with_arrays(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments with the arrays of each block."""
    return tuple(each.arrays() if isinstance(each, Block) else each for each in arguments)


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

    if not hasattr(llvm, "create_pass_builder"):
        llvm.initialize()  # later versions do it themselves
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
    # Loops are as short as a network is small: unrolled they would only take time.
    if hasattr(llvm, "create_pass_builder"):
        tuning = llvm.create_pipeline_tuning_options(_LEVEL)
        tuning.loop_vectorization, tuning.loop_unrolling = vectorised, False
        builder = llvm.create_pass_builder(machine, tuning)
        builder.getModulePassManager().run(module, builder)
    else:  # llvmlite before 0.44
        older, passes = llvm.create_pass_manager_builder(), llvm.create_module_pass_manager()
        older.opt_level, older.loop_vectorize, older.disable_unroll_loops = _LEVEL, vectorised, True
        older.inlining_threshold = 225
        machine.add_analysis_passes(passes)
        older.populate(passes)
        passes.run(module)
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
