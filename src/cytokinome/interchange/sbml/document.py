"""What a file in SBML says, as plain data: frozen records that cross from the reading process as JSON.

The records follow the specification's own words and keep what was written; what it means is for `translate`. Levels 2
and 3 look the same here: attributes that level 2 leaves out have their defaults, and those without one are None.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Math:
    """A piece of MathML: `kind` is its operator or what it is, `text` a number or name, `parts` the operands."""

    kind: str
    text: str = ""
    parts: tuple[Math, ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionDefinition:
    """A function with named arguments; without `body` it has no value."""

    id: str
    line: int
    arguments: tuple[str, ...]
    body: Math | None


@dataclass(frozen=True, slots=True)
class UnitPart:
    """``(multiplier · 10^scale · kind)^exponent``."""

    kind: str
    exponent: float
    scale: int
    multiplier: float


@dataclass(frozen=True, slots=True)
class UnitDefinition:
    """A unit with a name: the product of its parts."""

    id: str
    parts: tuple[UnitPart, ...]


@dataclass(frozen=True, slots=True)
class Compartment:
    """A place with a size; `dimensions` is 3 for a volume."""

    id: str
    name: str
    line: int
    size: float | None
    dimensions: float
    is_constant: bool
    units: str


@dataclass(frozen=True, slots=True)
class Species:
    """A pool of something; its symbol means the amount where `only_amounts`, else the concentration."""

    id: str
    name: str
    line: int
    compartment: str
    amount: float | None
    concentration: float | None
    only_amounts: bool
    is_boundary: bool
    is_constant: bool
    units: str
    conversion: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named number, of the model or of one reaction."""

    id: str
    name: str
    line: int
    value: float | None
    is_constant: bool
    units: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """An initial assignment, or what an event assigns."""

    target: str
    line: int
    math: Math | None


@dataclass(frozen=True, slots=True)
class Rule:
    """`kind` is assignment, rate or algebraic; the last has no target."""

    kind: str
    target: str
    line: int
    math: Math | None


@dataclass(frozen=True, slots=True)
class SpeciesReference:
    """How many of a species one turn of a reaction takes or gives."""

    id: str
    species: str
    line: int
    stoichiometry: float | None
    math: Math | None
    is_constant: bool


@dataclass(frozen=True, slots=True)
class Reaction:
    """A reaction with its rate of turns, substance or extent per time."""

    id: str
    name: str
    line: int
    reactants: tuple[SpeciesReference, ...]
    products: tuple[SpeciesReference, ...]
    law: Math | None
    constants: tuple[Parameter, ...]
    is_fast: bool


@dataclass(frozen=True, slots=True)
class Event:
    """What happens when a condition comes true. `is_true_before` says whether it counts as true before the start."""

    id: str
    name: str
    line: int
    trigger: Math | None
    delay: Math | None
    priority: Math | None
    assignments: tuple[Assignment, ...]
    is_true_before: bool
    is_persistent: bool
    uses_trigger_values: bool


@dataclass(frozen=True, slots=True)
class Constraint:
    """What has to hold, and the message for where it does not."""

    line: int
    math: Math | None
    message: str


@dataclass(frozen=True, slots=True)
class Package:
    """An extension of SBML that a file uses; `is_required` where it may change what the mathematics mean."""

    name: str
    is_required: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """What libSBML says of a file: `severity` is error or warning, `category` units or other."""

    number: int
    severity: str
    category: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Document:
    """One model in SBML. Units named by the model hold where a thing states none (level 3)."""

    level: int
    version: int
    id: str
    name: str
    time_units: str
    substance_units: str
    volume_units: str
    area_units: str
    length_units: str
    conversion: str
    sources: tuple[str, ...]
    functions: tuple[FunctionDefinition, ...]
    units: tuple[UnitDefinition, ...]
    compartments: tuple[Compartment, ...]
    species: tuple[Species, ...]
    parameters: tuple[Parameter, ...]
    initial: tuple[Assignment, ...]
    rules: tuple[Rule, ...]
    constraints: tuple[Constraint, ...]
    reactions: tuple[Reaction, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader gives for one file: a document, or findings that say why there is none."""

    packages: tuple[Package, ...]
    findings: tuple[Finding, ...]
    document: Document | None


@dataclass(frozen=True, slots=True)
class Translated:
    """A text in another format; empty, with a message and the line it speaks of, where there is none."""

    text: str
    message: str
    line: int


@lru_cache(maxsize=64)
def _fields(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def to_plain(item: Any) -> Any:
    """Return a record as mappings, lists, strings and numbers; mathematics as lists, so that depth costs little."""
    if isinstance(item, Math):
        return [item.kind, item.text, [to_plain(part) for part in item.parts]]
    if isinstance(item, tuple):
        return [to_plain(part) for part in item]
    if hasattr(item, "__slots__"):
        return {name: to_plain(getattr(item, name)) for name in _fields(type(item))}
    return item


def from_plain(kind: type[T], data: Any) -> T:
    """Return the record of this kind that `to_plain`, and JSON after it, made `data` of.

    Raises
    ------
    TypeError
        Where the data are not those of the record.
    """
    if not isinstance(data, dict) or data.keys() != _fields(kind).keys():
        raise TypeError(f"no {kind.__name__}: {str(data)[:80]}")
    return kind(**{name: _value(hint, data[name]) for name, hint in _fields(kind).items()})


def _math(data: Any) -> Math:
    match data:
        case [str(kind), str(text), list(parts)]:
            return Math(kind, text, tuple([_math(part) for part in parts]))
        case _:
            raise TypeError(f"no mathematics: {str(data)[:80]}")


def _value(hint: Any, data: Any) -> Any:
    if hint is Math:
        return _math(data)
    if get_origin(hint) is tuple:
        return tuple(_value(get_args(hint)[0], item) for item in data)
    if isinstance(hint, UnionType):
        wanted = next(part for part in get_args(hint) if part is not NoneType)
        return None if data is None else _value(wanted, data)
    if hint in (str, int, float, bool):
        if hint is float and isinstance(data, int) and not isinstance(data, bool):
            return float(data)
        if type(data) is not hint:
            raise TypeError(f"no {hint.__name__}: {str(data)[:80]}")
        return data
    return from_plain(hint, data)
