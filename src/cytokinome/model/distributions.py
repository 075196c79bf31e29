"""Reading how a number differs: ``{lognormal: {cv: 0.4}}``, ``{normal: {sd: 10 kg, within: [45 kg, 110 kg]}}``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.model.components import Distribution
from cytokinome.model.fields import read_expression

if TYPE_CHECKING:
    from cytokinome.model.fields import Fields

# The numbers of each kind; lognormal and uniform need all of theirs, normal one of them.
KINDS = {"lognormal": ("cv",), "normal": ("sd", "cv"), "uniform": ("low", "high")}
_HINT = "for example {lognormal: {cv: 0.4}}, {normal: {sd: 5 kg}} or {uniform: {low: 1 /h, high: 2 /h}}"


def read_distribution(fields: Fields, key: str) -> Distribution | None:
    """Return the distribution under `key`; None where there is none, or after a diagnostic."""
    outer = fields.mapping(key, f"`{key}:` of {fields.what}")
    if not outer:
        return None
    given = [(kind, f) for kind in KINDS if (f := outer.mapping(kind, f"`{kind}:` of {fields.what}"))]
    outer.close()
    if len(given) != 1:
        message = f"{outer.what} needs one of {', '.join(KINDS)}"
        fields.found.error("MISSING_KEY", message, outer.where, hint=_HINT)
        return None
    kind, inner = given[0]
    numbers = tuple((name, e) for name in KINDS[kind] if (e := inner.expression(name)) is not None)
    bounds = [e for word in inner.words("within") if (e := read_expression(word, fields.found) or inner.unreadable)]
    inner.close()
    if len(numbers) != (2 if kind == "uniform" else 1):
        need = (" and " if kind == "uniform" else " or ").join(KINDS[kind])
        fields.found.error("MISSING_KEY", f"{inner.what} needs {need}", inner.where, hint=_HINT)
        return None
    if len(bounds) not in (0, 2):
        message = f"`within:` of {inner.what} has two bounds"
        fields.found.error("BAD_VALUE", message, inner.where, hint="write `within: [45 kg, 110 kg]`")
        return None
    return Distribution(kind, numbers, (bounds[0], bounds[1]) if bounds else None, outer.where)
