"""Text of a fit file → `Fit`. Checks the form; `problem` holds it against models and data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cytokinome.experiments import values
from cytokinome.experiments.fit.protocol import (
    MAX_STARTS,
    STARTS,
    By,
    Chosen,
    Error,
    Fit,
    Free,
    Scale,
    Space,
    Spread,
)
from cytokinome.model.expressions import Number
from cytokinome.model.fields import Fields, check_words, read_expression
from cytokinome.text import Mapping, Scalar, parse_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytokinome.diagnostics import Collector
    from cytokinome.text import Node

ESTIMATED = "estimated"
OF_DATA = ("arms", "analytes", "studies")  # what an entry chooses from a table
MAX_PATIENTS = 10_000


def read_fit(text: str, file: str, found: Collector) -> Fit | None:
    """Read the text of a fit file.

    Parameters
    ----------
    text : str
    file : str
        Name that findings carry.
    found : Collector
        Takes every fault at once.

    Returns
    -------
    Fit or None
        None where the text cannot be used.
    """
    tree = parse_text(text, file, found)
    if tree is None:
        return None
    top = Fields(tree, found, "a fit")
    id = top.scalar("fit", required=True)
    is_named = id is not None and check_words(id, found, "fit")
    fit = Fit(
        id=id.text if id else "",
        title=top.text("title"),
        experiments=tuple(_experiments(top)),
        parameters=tuple(_parameters(top)),
        scales=tuple(_scales(top)),
        error=_error(top),
        starts=values.whole(top, "starts", STARTS, low=1, high=MAX_STARTS),
        seed=values.whole(top, "seed", 1, low=0, high=2**31 - 1),
        patients=values.whole(top, "patients", 0, low=1, high=MAX_PATIENTS) or None,
        where=id.where if id else None,
    )
    top.close()
    return fit if is_named and fit.experiments and fit.parameters else None


# ---- data
def _experiments(top: Fields) -> Iterator[Chosen]:
    node = top.get("experiments", required=True)
    items = () if node is None else (node,) if isinstance(node, Scalar) else top.items("experiments", "experiments")
    for item in items:
        if isinstance(item, Scalar):
            yield Chosen(item.text, where=item.where)
        else:
            chosen = _chosen(Fields(item, top.found, "an entry of `experiments:`"))
            if chosen is not None:
                yield chosen
    if node is not None and not items:
        top.found.error("MISSING_KEY", "`experiments:` names nothing", node.where, hint="write experiments: [my-study]")


def _chosen(fields: Fields) -> Chosen | None:
    id = fields.scalar("experiment", required=True)
    words = {key: fields.words(key) for key in ("claims", *OF_DATA)}
    until = values.hours(fields, "until")
    fields.close()
    if words["claims"] and (until is not None or any(words[key] for key in OF_DATA)):
        hint = f"an entry for claims, and another one with {', '.join(OF_DATA)} and until for data"
        found = fields.found
        found.error("BAD_FIT", "an entry of `experiments:` chooses claims or data", fields.where, hint=hint)
    if id is None:
        return None
    places = {(key, word.text): word.where for key, chosen in words.items() for word in chosen}
    texts = {key: tuple(word.text for word in chosen) for key, chosen in words.items()}
    return Chosen(id.text, **texts, until=until, where=id.where, places=places)


# ---- parameters
def _parameters(top: Fields) -> Iterator[Free]:
    node = top.get("parameters", required=True)
    if node is None:
        return
    if not isinstance(node, Mapping):
        yield from (Free(word.text, where=word.where) for word in top.words("parameters"))
        return
    if not node.entries:
        hint = "write parameters: {k_TNF: {between: [0.1 /h, 10 /h]}}"
        top.found.error("MISSING_KEY", "`parameters:` names nothing", node.where, hint=hint)
    for key, value in node.entries:
        yield _free(key, value, top.found)


def _free(key: Scalar, node: Node, found: Collector) -> Free:
    fields = Fields(node, found, f"the parameter {key.text}")
    prior, fold = fields.expression("prior"), _fold(fields)
    words = fields.words("between")
    bounds = [bound for word in words if (bound := read_expression(word, found)) is not None]
    fields.close()
    if words and len(words) != 2:
        hint = "write between: [0.1 /h, 10 /h]"
        found.error("BAD_VALUE", f"`between:` of {key.text} has two bounds", words[0].where, hint=hint)
    if prior is not None and fields.get("fold") is None:
        hint = "add fold: 10, when 95 % lie inside a tenth and ten times of it"
        found.error("MISSING_KEY", f"`prior:` of {key.text} needs `fold:`", fields.where, hint=hint)
    between = (bounds[0], bounds[1]) if len(bounds) == 2 else None
    return Free(key.text, prior, fold, between, key.where)


def _fold(fields: Fields) -> float | None:
    """A factor above 1."""
    fold = fields.number("fold")
    if fold is None or (math.isfinite(fold) and fold > 1):
        return fold
    scalar = fields.scalar("fold")
    hint = "write fold: 10, when 95 % lie inside a tenth and ten times of it"
    fields.found.error("BAD_VALUE", f"`fold:` of {fields.what} must be above 1", scalar and scalar.where, hint=hint)
    return None


# ---- scales and errors
def _scales(top: Fields) -> Iterator[Scale]:
    for item in top.items("scales", "scales"):
        fields = Fields(item, top.found, "an entry of `scales:`")
        analytes = tuple(word.text for word in fields.words("analytes", required=True))
        study, experiment = fields.text("study") or None, fields.text("experiment") or None
        scale = Scale(analytes, study, experiment, _fold(fields), item.where)
        fields.close()
        if analytes:
            yield scale


def _error(top: Fields) -> Error:
    fields = top.mapping("error", "`error:`")
    if not fields:
        return Error()
    space = Space(fields.choice("in", tuple(Space), Space.LOG))
    scalar = fields.scalar("sd")
    is_estimated = scalar is not None and scalar.text == ESTIMATED
    sd = read_expression(scalar, top.found) if scalar is not None and not is_estimated else None
    spread = Spread(fields.choice("from", tuple(Spread), Spread.NONE if scalar else Spread.SE))
    by = By(fields.choice("by", tuple(By), By.ANALYTE))
    fields.close()
    if sd is not None and not (isinstance(sd, Number) and sd.value > 0):
        where = scalar.where if scalar else None
        top.found.error("BAD_VALUE", "`sd:` of `error:` is a number above 0", where, hint="write sd: 0.1")
    if space is Space.LOG and isinstance(sd, Number) and sd.unit:
        hint = "write sd: 0.1, about 10 %; an error with a unit needs in: linear"
        where = scalar.where if scalar else None
        top.found.error("DIMENSION_MISMATCH", "`sd:` is of logarithms, which have no unit", where, hint=hint)
    if spread is Spread.NONE and scalar is None:
        top.found.error("MISSING_KEY", "`error:` states no error", fields.where, hint="write sd: 0.1, or from: se")
    return Error(space, spread, sd, is_estimated, by, fields.where)
