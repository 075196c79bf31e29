"""Named tuples of numbers, read by compiled loops through one address.

A tuple of seventy numbers as an argument would be copied at every use and take a minute to compile; an address does
not. In compiled code, ``frame.name`` reads the field, which never changes while a loop runs.
"""

# numba gives its decorators no types; what they wrap is tested instead.
# pyright: basic

from __future__ import annotations

from functools import cache
from typing import Any, get_type_hints

from llvmlite import ir
from numba import types
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import intrinsic, lower_getattr_generic, models, register_model


class Frame(types.Type):
    """The type of the address of a named tuple of `kind`, known to numba."""

    def __init__(self, kind: type) -> None:
        self.kind = kind
        self.hints = get_type_hints(kind)
        super().__init__(name=f"Frame({kind.__name__})")

    def number(self, name: str) -> Any:
        """Return the type of a field."""
        return types.float64 if self.hints[name] is float else types.int64


@register_model(Frame)
class _FrameModel(models.PrimitiveModel):
    def __init__(self, manager: Any, frontend: Any) -> None:
        super().__init__(manager, frontend, ir.IntType(64))


@infer_getattr
class _FrameFields(AttributeTemplate):
    key = Frame

    def generic_resolve(self, frame: Frame, name: str) -> Any:
        return frame.number(name) if name in frame.hints else None


@lower_getattr_generic(Frame)
def _read(context, builder, frame, address, name):  # noqa: ANN001, ANN202
    number = context.get_value_type(frame.number(name))
    place = builder.gep(
        builder.inttoptr(address, number.as_pointer()), [ir.Constant(ir.IntType(64), list(frame.hints).index(name))]
    )
    value = builder.load(place)
    value.set_metadata("invariant.load", builder.module.add_metadata([]))
    return value


@cache
def frame_of(kind: type) -> Any:
    """Return the function, for compiled code, that takes an address for a frame of a kind."""
    frame = Frame(kind)

    @intrinsic
    def take(_context, address):  # noqa: ANN001, ANN202
        return frame(types.int64), lambda _context, _builder, _signature, args: args[0]

    return take
