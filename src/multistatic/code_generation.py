"""From a kernel to LLVM's language, by Numba (docs/architecture.md, "Compiled kernels").

Numba types and lowers each function, as always, and that is all: left alone it would also have LLVM optimise every
function together with copies of its callees, and generate machine code for each that is never run. What LLVM does is
done once, for a kernel with all that it calls (`machine_code`). The kernel gets an entry for C, which takes the address
of a block of numbers.
"""

from __future__ import annotations

import gc
import types as python_types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target
from numba.core.typing.templates import AttributeTemplate
from numba.extending import infer_getattr, lower_getattr_generic, models, register_model
from numba.np import arrayobj

from multistatic.machine_code import ENTRY

_NEEDLESS = {
    "InlineClosureLikes",
    "InlineInlinables",
    "InlineOverloads",
    "NopythonRewrites",
    "GenericRewrites",
    "LiteralUnroll",
}


class _Reference(types.Type):
    """A tuple of arrays behind one pointer, so that a call does not hand over each of dozens of arrays by its parts.

    Its attributes are those of `fields`, a tuple type; a tuple within is a reference again.
    """

    def __init__(self, fields: Any) -> None:
        self.fields = fields
        super().__init__(f"Reference({fields.name})")

    def place(self, attribute: str) -> tuple[int, Any]:
        """(index, type) of an attribute."""
        index = self.fields.fields.index(attribute)
        return index, _by_reference(self.fields.types[index])


def _by_reference(kind: Any) -> Any:
    """The type as kernels get it: named tuples that hold nothing but arrays by reference."""
    return _Reference(kind) if isinstance(kind, types.NamedTuple) and _only_arrays(kind) else kind


def _is_tuple(kind: Any) -> bool:
    return isinstance(kind, types.BaseTuple)


def _only_arrays(kind: Any) -> bool:
    if _is_tuple(kind):
        return all(map(_only_arrays, kind.types))
    return isinstance(kind, types.Array)


@register_model(_Reference)
class _ReferenceModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, manager.lookup(kind.fields).get_value_type().as_pointer())


@infer_getattr
class _ReferenceAttributes(AttributeTemplate):
    key = _Reference

    def generic_resolve(self, kind: Any, attribute: str) -> Any:  # type: ignore[override]
        return kind.place(attribute)[1] if attribute in kind.fields.fields else None


@lower_getattr_generic(_Reference)
def _attribute(context: Any, builder: Any, kind: Any, value: Any, attribute: str) -> Any:
    index, found = kind.place(attribute)
    pointer = cgutils.gep_inbounds(builder, value, 0, index)
    return pointer if isinstance(found, _Reference) else builder.load(pointer)


class _Pipeline(CompilerBase):
    """Numba's own, with arrays that do not overlap, and without passes for what no kernel has."""

    def define_pipelines(self) -> list[Any]:
        self.state.flags.noalias = True
        manager = DefaultPassBuilder.define_nopython_pipeline(self.state)
        manager.passes = [each for each in manager.passes if each[0].__name__ not in _NEEDLESS]
        return [manager]


# No allocation inside (`_nrt`), so no counting of references either.
_OPTIONS: dict[str, Any] = {
    "error_model": "numpy",
    "_nrt": False,
    "no_cfunc_wrapper": True,
    "no_cpython_wrapper": True,
    "pipeline_class": _Pipeline,
}


class _Library(JITCodeLibrary):
    """The lowered code of one function, which LLVM does not work on before `released`.

    Helpers of Numba that were compiled on the way stay known to it; whoever calls them later finds a usual library.
    """

    def __init__(self, codegen: Any, name: str) -> None:
        super().__init__(codegen, name)
        self.released = False
        self._environments: list[tuple[str, Any]] = []

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout

    def _ensure_finalized(self) -> None:
        if self.released:
            super()._ensure_finalized()

    def finalize(self) -> None:
        super().finalize()
        for name, environment in self._environments:
            cast(Any, self._codegen).set_env(name, environment)

    def get_pointer_to_function(self, name: str) -> int:
        return super().get_pointer_to_function(name) if self.released else 0

    @property
    def codegen(self) -> Any:
        return self._codegen if self.released else self

    def set_env(self, name: str, environment: Any) -> None:
        self._environments.append((name, environment))


def _needed(library: Any) -> list[Any]:
    """The library and all that it calls, each once."""
    found: dict[int, Any] = {}
    waiting = [library]
    while waiting:
        each = waiting.pop()
        if id(each) not in found:
            found[id(each)] = each
            waiting += each._linking_libraries if isinstance(each, _Library) else []
    return list(found.values())


@contextmanager
def _lowered_only(codegen: Any) -> Iterator[None]:
    """Numba leaves LLVM's part undone meanwhile."""
    kind, made = codegen._library_class, []
    collecting = gc.isenabled()
    gc.disable()  # millions of objects are made, none of them garbage: looking for cycles takes a tenth of the time

    def library(*arguments: Any) -> _Library:
        made.append(_Library(*arguments))
        return made[-1]

    codegen._library_class = library
    try:
        yield
    finally:
        codegen._library_class = kind
        if collecting:
            gc.enable()
        for each in made:
            each.released = True


def lowered(function: Callable[..., Any], arguments: tuple[Any, ...], callees: Callable[[Any], Any]) -> str:
    """`function` for arguments like these in LLVM's language, with the symbol `ENTRY` of C type void(int64*).

    `callees(value)`: the function behind a global value that is a kernel, else None. Raises whatever Numba raises.
    """
    context = cpu_target.target_context
    codegen = context.codegen()
    with global_compiler_lock, _lowered_only(codegen):
        dispatcher = _dispatcher(function, callees, {})
        kinds = tuple(_by_reference(numba.typeof(argument)) for argument in arguments)
        dispatcher.compile(kinds)
        compiled = dispatcher.overloads[kinds]
        whole = codegen.create_library(ENTRY)
        whole.add_ir_module(_entry(context, compiled.fndesc))
        for library in _needed(compiled.library):
            module = library._final_module if isinstance(library, _Library) else library._get_module_for_linking()
            whole._final_module.link_in(module, preserve=True)
        return str(whole._final_module)


def _dispatcher(function: Any, callees: Callable[[Any], Any], made: dict[Any, Any]) -> Any:
    """Numba's dispatcher of a function whose callees are such dispatchers too."""
    if function not in made:
        scope = dict(function.__globals__)
        for name in function.__code__.co_names:
            callee = callees(scope.get(name))
            if callee is not None:
                scope[name] = _dispatcher(callee, callees, made)
        copy = python_types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__)
        made[function] = numba.njit(**_OPTIONS)(copy)
    return made[function]


def _entry(context: Any, described: Any) -> ir.Module:
    """The module with the entry: it reads the arguments from a block of 64-bit numbers, calls, and writes the status
    and the results behind them.
    """
    module = context.create_module("entry")
    word = ir.IntType(64)
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [word.as_pointer()]), name=ENTRY)
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    at = iter(range(1 << 16))

    def slot() -> Any:
        return builder.gep(function.args[0], [word(next(at))])

    arguments = [_argument(context, builder, kind, slot) for kind in described.argtypes]
    callee = context.declare_function(module, described)
    status, result = context.call_conv.call_function(builder, callee, described.restype, described.argtypes, arguments)
    builder.store(builder.sext(status.code, word), slot())
    for value in _leaves(builder, described.restype, result):
        if isinstance(value.type, ir.IntType):
            wide = builder.zext(value, word) if value.type.width < 64 else value
        else:
            wide = builder.bitcast(value, word)
        builder.store(wide, slot())
    builder.ret_void()
    return module


def _argument(context: Any, builder: Any, kind: Any, slot: Callable[[], Any]) -> Any:
    """The value of one argument: an array is its address and its shape, a number itself."""
    if isinstance(kind, _Reference):
        value = _argument(context, builder, kind.fields, slot)
        return cgutils.alloca_once_value(builder, value)
    if _is_tuple(kind):
        return context.make_tuple(builder, kind, [_argument(context, builder, each, slot) for each in kind.types])
    word = builder.load(slot())
    if not isinstance(kind, types.Array):
        value_type = context.get_value_type(kind)
        if isinstance(value_type, ir.IntType):
            return builder.trunc(word, value_type) if value_type.width < 64 else word
        return builder.bitcast(word, value_type)
    size = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(kind.dtype)))
    shape = [builder.load(slot()) for _ in range(kind.ndim)]
    strides = [size]
    for length in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], length))
    array = arrayobj.make_array(kind)(context, builder)
    data = builder.inttoptr(word, context.get_data_type(kind.dtype).as_pointer())
    arrayobj.populate_array(array, data=data, shape=shape, strides=strides, itemsize=size, meminfo=None)
    return array._getvalue()


def _leaves(builder: Any, kind: Any, value: Any) -> Iterator[Any]:
    if _is_tuple(kind):
        for each, part in zip(kind.types, cgutils.unpack_tuple(builder, value, len(kind)), strict=True):
            yield from _leaves(builder, each, part)
    else:
        yield value
