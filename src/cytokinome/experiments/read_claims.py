"""The claims of an experiment file: their keys and expectations. `claims` checks what the values say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cytokinome.diagnostics import did_you_mean
from cytokinome.experiments import values
from cytokinome.experiments.protocol import Claim, Expectation, Kind, Of
from cytokinome.model.fields import Fields
from cytokinome.text import Mapping, Sequence

if TYPE_CHECKING:
    from cytokinome.diagnostics import Span
    from cytokinome.text import Node

_CLAIM_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*", re.ASCII)


def read_claims(top: Fields) -> tuple[Claim, ...]:
    """Read ``claims:``; ids are unique."""
    claims: list[Claim] = []
    places: dict[str, Span | None] = {}
    for node in top.items("claims", "claims"):
        fields = Fields(node, top.found, "a claim")
        if not fields:
            continue
        claim = _read_claim(fields)
        fields.close()
        if claim is None:
            continue
        if claim.id in places:
            also = [p for p in [places[claim.id]] if p]
            message, hint = f"two claims are called {claim.id}", "give one of them another id"
            top.found.error("DUPLICATE_NAME", message, claim.where, hint=hint, also=also)
        places.setdefault(claim.id, claim.where)
        claims.append(claim)
    return tuple(claims)


def _read_claim(fields: Fields) -> Claim | None:
    found = fields.found
    id = fields.scalar("id", required=True)
    if id and not _CLAIM_ID.fullmatch(id.text):
        found.error("BAD_NAME", f"{id.text!r} cannot name a claim", id.where, hint="use words joined by -")
    if id:
        fields.what = f"claim {id.text[:60]}"
    says, value = fields.text("says", required=True), fields.scalar("value", required=True)
    kind = fields.choice("kind", tuple(Kind), required=True)
    of = fields.choice("of", tuple(Of), "median")
    source = fields.source(fields.what, required=True)
    expect = read_expectation(fields)
    unit = fields.scalar("unit")
    because = tuple(w.text for w in fields.words("because"))
    explanation, amended = fields.text("explanation"), fields.text("amended")
    unit_is_good = unit is None or values.check_unit(unit, found)
    if id is None or value is None or expect is None or not kind or source is None or not unit_is_good:
        return None
    return Claim(
        id=id.text,
        says=says,
        value=value.text,
        expect=expect,
        of=Of(of),
        kind=Kind(kind),
        source=source,
        because=because,
        explanation=explanation,
        amended=amended,
        unit=unit.text.strip() if unit else "",
        where=id.where,
        value_where=value.where,
    )


_EXPECT_HINT = "write {above: 1.2}, {below: 3}, {within: [1, 2]} or {near: 5, tolerance: 10 %}"


def read_expectation(fields: Fields) -> Expectation | None:
    """Read ``expect:`` of a claim."""
    node = fields.get("expect", required=True)
    if node is None:
        return None
    found = fields.found
    if not isinstance(node, Mapping):
        found.error("BAD_CLAIM", f"`expect:` of {fields.what} is written as a mapping", node.where, hint=_EXPECT_HINT)
        return None
    inner = Fields(node, found, f"`expect:` of {fields.what}")
    forms = [form for form in ("above", "below", "within", "near") if inner.get(form) is not None]
    inner.get("tolerance")
    inner.close()
    if len(forms) != 1:
        unknown = [
            key.text for key, _ in node.entries if key.text not in ("above", "below", "within", "near", "tolerance")
        ]
        hint = did_you_mean(unknown[0], ("above", "below", "within", "near")) if unknown else _EXPECT_HINT
        found.error("BAD_CLAIM", f"{inner.what} needs exactly one expectation", node.where, hint=hint)
        return None
    if node.get("tolerance") is not None and forms != ["near"]:
        found.error("BAD_CLAIM", f"{inner.what} has a tolerance without `near:`", node.where, hint=_EXPECT_HINT)
        return None
    return _expectation(forms[0], inner)


def _expectation(form: str, inner: Fields) -> Expectation | None:
    infinity = float("inf")
    if form == "within":
        return _within(inner)
    number = _plain(inner.scalar(form), inner)
    if number is None:
        return None
    if form == "above":
        return Expectation(number, infinity, True, f"above {number:g}")
    if form == "below":
        return Expectation(-infinity, number, True, f"below {number:g}")
    return _near(number, inner)


def _within(inner: Fields) -> Expectation | None:
    bounds = [_plain(word, inner) for word in inner.words("within")]
    if len(bounds) == 2 and bounds[0] is not None and bounds[1] is not None and bounds[0] < bounds[1]:
        return Expectation(bounds[0], bounds[1], False, f"within [{bounds[0]:g}, {bounds[1]:g}]")
    if None not in bounds:
        hint = "write {within: [1, 2]}, the smaller bound first"
        inner.found.error("BAD_CLAIM", f"`within:` in {inner.what} needs two bounds", inner.where, hint=hint)
    return None


def _near(number: float, inner: Fields) -> Expectation | None:
    """``near: x`` within a tolerance: a plain number in the unit of the value, or a percentage of x."""
    scalar = inner.scalar("tolerance", required=True)
    quantity = values.read_quantity(scalar, inner.found) if scalar else None
    if scalar is None or quantity is None:
        return None
    if quantity.unit not in ("", "%") or quantity.value < 0:
        message = f"the tolerance {scalar.text} in {inner.what} is neither a plain number nor a percentage"
        inner.found.error("BAD_CLAIM", message, scalar.where, hint="write `tolerance: 1 %` or a number above 0")
        return None
    half = quantity.canonical * (abs(number) if quantity.unit == "%" else 1)
    return Expectation(number - half, number + half, False, f"near {number:g} ± {quantity}")


def _plain(node: Node | None, inner: Fields) -> float | None:
    """A plain number; percentages count as fractions."""
    if node is None or isinstance(node, Mapping | Sequence):
        return None
    quantity = values.read_quantity(node, inner.found)
    if quantity is None or quantity.dimension.is_dimensionless:
        return quantity.canonical if quantity else None
    message = f"{node.text} in {inner.what} has a unit"
    hint = "write a plain number, and its unit as `unit:` of the claim"
    inner.found.error("BAD_CLAIM", message, node.where, hint=hint)
    return None
