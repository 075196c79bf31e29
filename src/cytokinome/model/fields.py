"""Reading the fields of a mapping: typed access that collects faults instead of raising."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from cytokinome import units
from cytokinome.diagnostics import Collector, Span, did_you_mean
from cytokinome.evidence import Source
from cytokinome.model import expressions
from cytokinome.model.components import Verb
from cytokinome.model.expressions import KEYWORDS, RESERVED, UNREADABLE, Expression, Fault, Number, place
from cytokinome.text import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z", re.ASCII)
_SENTENCE_WORDS = frozenset({"in", "from", *(verb.value.split()[0] for verb in Verb)})
_WORDS = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*\Z", re.ASCII)


_FAULT_HINTS = {
    "BAD_EXPRESSION": "write for example `10 pg/mL`, or `k1 * X / (K + X)`",
    "BAD_SENTENCE": "a sentence reads: [state …] cell verb object at rate, modifiers",
    "BAD_REACTION": "write for example TNF + antibody <-> TNF_antibody",
}
_SHAPE_HINT = "write its keys below it, indented, or {key: value, key: value}"


def report_fault(fault: Fault, scalar_where: Span, found: Collector, code: str) -> None:
    """Turn a fault in a line of text into a diagnostic at its place."""
    where = scalar_where.part(fault.start, fault.length)
    found.error(fault.code or code, fault.message, where, hint=fault.hint or _FAULT_HINTS.get(code, ""))


def read_expression(scalar: Scalar, found: Collector) -> Expression | None:
    """Read a scalar as an expression; None after a diagnostic."""
    try:
        return expressions.parse(scalar.text, scalar.where)
    except Fault as fault:
        report_fault(fault, scalar.where, found, "BAD_EXPRESSION")
        return None


def kept_expression(scalar: Scalar, found: Collector) -> Expression:
    """Read a scalar as an expression; `UNREADABLE` after a diagnostic, so that what it belongs to stays declared."""
    return read_expression(scalar, found) or UNREADABLE


def check_id(key: Scalar, found: Collector, what: str) -> bool:
    """Check that a key can be used as a name in sentences and expressions."""
    if not _ID.match(key.text):
        found.error(
            "BAD_NAME", f"{key.text!r} cannot name a {what}", key.where,
            hint="a name begins with a letter and has letters, digits and _ only",
        )  # fmt: skip
        return False
    if is_word(key.text):
        found.error(
            "BAD_NAME", f"{key.text!r} is a word of the language and cannot name a {what}", key.where,
            hint=f"choose another name, for example {key.text}_1",
        )  # fmt: skip
        return False
    return True


def is_word(text: str) -> bool:
    """Whether a text is a word of the language, which nothing can be called."""
    return text in RESERVED or text in KEYWORDS or text in _SENTENCE_WORDS


def check_words(scalar: Scalar, found: Collector, what: str) -> bool:
    """Check an id made of words joined by ``-``."""
    if _WORDS.match(scalar.text):
        return True
    hint = "use letters and digits, in words joined by -"
    found.error("BAD_NAME", f"{scalar.text!r} cannot name a {what}", scalar.where, hint=hint)
    return False


class Fields:
    """The entries of one mapping. `close` reports the keys that nobody asked for."""

    unreadable: Expression | None = None  # what `expression` gives for a text that cannot be read

    def __init__(self, node: Node | None, found: Collector, what: str) -> None:
        self.found = found
        self.what = what
        self._asked: list[str] = []
        self.node = node if isinstance(node, Mapping) else None
        if node is not None and self.node is None:
            found.error("WRONG_SHAPE", f"{what} is written as a mapping {{key: value}}", node.where, hint=_SHAPE_HINT)

    def __bool__(self) -> bool:
        return self.node is not None

    @property
    def where(self) -> Span | None:
        """Place of the mapping."""
        return self.node.where if self.node else None

    def get(self, key: str, *, required: bool = False) -> Node | None:
        """Return the node under `key`; report its absence when it is required."""
        self._asked.append(key)
        node = self.node.get(key) if self.node else None
        if node is None and required and self.node is not None:
            self.found.error("MISSING_KEY", f"{self.what} needs `{key}:`", self.where, hint=f"add `{key}:`")
        return node

    def scalar(self, key: str, *, required: bool = False) -> Scalar | None:
        """Return the single value under `key`."""
        node = self.get(key, required=required)
        if node is None or isinstance(node, Scalar):
            return node
        self.found.error(
            "WRONG_SHAPE",
            f"`{key}:` of {self.what} takes a single value",
            node.where,
            hint="write one value, without brackets",
        )
        return None

    def text(self, key: str, default: str = "", *, required: bool = False) -> str:
        """Return the text under `key`."""
        scalar = self.scalar(key, required=required)
        return scalar.text if scalar else default

    def choice(self, key: str, allowed: Iterable[str], default: str = "", *, required: bool = False) -> str:
        """Return the text under `key`, which must be one of `allowed`."""
        scalar = self.scalar(key, required=required)
        if scalar is None:
            return default
        options = tuple(allowed)
        if scalar.text not in options:
            self.found.error(
                "BAD_VALUE", f"`{key}: {scalar.text}` is none of {', '.join(options)}", scalar.where,
                hint=did_you_mean(scalar.text, options),
            )  # fmt: skip
            return default
        return scalar.text

    def expression(self, key: str, *, required: bool = False) -> Expression | None:
        """Return the expression under `key`."""
        node = self.get(key, required=required)
        if node is None:
            return self.unreadable if required else None
        if isinstance(node, Scalar):
            return read_expression(node, self.found) or self.unreadable
        self.found.error(
            "WRONG_SHAPE",
            f"`{key}:` of {self.what} takes a single value",
            node.where,
            hint="write one value, without brackets",
        )
        return self.unreadable

    def unit(self, key: str) -> str:
        """Return the unit under `key`; empty where there is none or it cannot be read."""
        scalar = self.scalar(key)
        if scalar is None:
            return ""
        try:
            units.parse_unit(scalar.text)
        except units.UnitError as error:
            where = scalar.where.part(error.start, error.length)
            self.found.error(error.code, f"`{key}:` of {self.what}: {error.message}", where, hint=error.hint)
            return ""
        return scalar.text

    def number(self, key: str) -> float | None:
        """Return a plain number under `key`."""
        expression = self.expression(key)
        if expression is None:
            return None
        if isinstance(expression, Number) and not expression.unit:
            return expression.value
        if place(expression) is not None:
            message = f"`{key}:` of {self.what} takes a plain number, not `{expression}`"
            self.found.error("BAD_NUMBER", message, place(expression), hint="write a number without a unit")
        return None

    def words(self, key: str, *, required: bool = False) -> tuple[Scalar, ...]:
        """Return one or more single values: ``a`` or ``[a, b]``."""
        node = self.get(key, required=required)
        if isinstance(node, Scalar):
            return (node,)
        if isinstance(node, Sequence):
            for item in node.items:
                if not isinstance(item, Scalar):
                    self.found.error(
                        "WRONG_SHAPE", f"`{key}:` of {self.what} lists single values", item.where, hint="write [a, b]"
                    )
            return tuple(item for item in node.items if isinstance(item, Scalar))
        if node is not None:
            self.found.error(
                "WRONG_SHAPE", f"`{key}:` of {self.what} takes a value or a list", node.where, hint="write [a, b]"
            )
        return ()

    def mapping(self, key: str, what: str) -> Fields:
        """Return the mapping under `key`, empty when absent."""
        return type(self)(self.get(key), self.found, what)

    def items(self, key: str, what: str) -> tuple[Node, ...]:
        """Return the items of the list under `key`."""
        node = self.get(key)
        if node is None:
            return ()
        if isinstance(node, Sequence):
            return node.items
        self.found.error(
            "WRONG_SHAPE",
            f"`{key}:` is a list of {what}, one `- ` line each",
            node.where,
            hint="begin each with `- ` on its own line",
        )
        return ()

    def source(self, what: str, *, required: bool = False) -> Source | None:
        """Return the source; report its absence as a warning, or as an error when it is required."""
        scalar = self.scalar("source")
        if scalar is not None and scalar.text:
            return replace(Source.parse(scalar.text), where=scalar.where)
        if self.node is not None:
            report = self.found.error if required else self.found.warning
            hint = 'write `source: "doi:…, Table 1"`, or `source: assumed`'
            report("MISSING_SOURCE", f"{what} has no source", self.where, hint=hint)
        return None

    def entries(self) -> Iterator[tuple[Scalar, Node]]:
        """Iterate over all entries of a mapping of names."""
        if self.node:
            for key, value in self.node.entries:
                self._asked.append(key.text)
                yield key, value

    def close(self) -> None:
        """Report unknown keys."""
        for key, _ in self.node.entries if self.node else ():
            if key.text not in self._asked:
                hint = did_you_mean(key.text, self._asked)
                self.found.error("UNKNOWN_KEY", f"`{key.text}:` is no key of {self.what}", key.where, hint=hint)


class ModelFields(Fields):
    """Fields of a model: what cannot be read stays declared, so that one mistake is reported once."""

    unreadable = UNREADABLE
