"""Text of an experiment file → `Experiment`. Checks the form; `names` and `claims` check it against the model."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from cytokinome.evidence import Source
from cytokinome.experiments import values
from cytokinome.experiments.protocol import (
    ENGINES,
    MAX_PATIENTS,
    MAX_POINTS,
    Central,
    Comparison,
    Experiment,
    Measure,
    Patients,
    TimeGrid,
)
from cytokinome.experiments.read_arms import read_arms
from cytokinome.experiments.read_claims import read_claims
from cytokinome.experiments.read_tissue import read_tissue
from cytokinome.model.components import Distribution
from cytokinome.model.distributions import read_distribution
from cytokinome.model.fields import Fields, check_words
from cytokinome.model.spreads import read_closure
from cytokinome.text import Mapping, Scalar, parse_text
from cytokinome.units import MASS, VOLUME

if TYPE_CHECKING:
    from pathlib import Path

    from cytokinome.diagnostics import Collector
    from cytokinome.model.expressions import Expression

_TIME = re.compile(r"\s*(?P<start>.+?)\s+to\s+(?P<end>[^,]+?)\s*,\s*every\s+(?P<every>.+?)\s*")
_NUMBER = re.compile(r"[-+0-9.eE]+", re.ASCII)
_UNIT = re.compile(r"^\s*[-+0-9.eE]+\s*", re.ASCII)
_WEIGHTS = (MASS,)


def read_experiment(text: str, file: str, found: Collector) -> Experiment | None:
    """Read the text of an experiment file.

    Parameters
    ----------
    text : str
    file : str
        Name that findings carry.
    found : Collector
        Takes every fault at once.

    Returns
    -------
    Experiment or None
        None where the text is not even an experiment; with errors in `found` the experiment must not be run.
    """
    tree = parse_text(text, file, found)
    if tree is None:
        return None
    top = Fields(tree, found, "an experiment")
    version = top.scalar("cytokinome")
    if version and version.text != "1":
        message = f"language version {version.text!r}; this software reads version 1"
        found.error("LANGUAGE_VERSION", message, version.where)
    id, model = top.scalar("experiment", required=True), top.scalar("model", required=True)
    named = id is not None and check_words(id, found, "experiment")
    if model and not model.text.strip():
        found.error("MISSING_KEY", "`model:` is empty", model.where, hint="write the id or the path of a model")
    times = _read_times(top)
    measure, sample = _read_measure(top), _read_sample(top)
    experiment = Experiment(
        id=id.text if id and named else "",
        model=model.text if model else "",
        times=times or TimeGrid(0.0, 1.0, 1.0),
        arms=read_arms(top, times),
        title=top.text("title"),
        patients=_read_patients(top),
        measure=measure,
        compare=_read_comparison(top),
        claims=read_claims(top),
        sources=tuple(Source.parse(w.text) for w in top.words("sources")),
        sample=sample,
        tissue=read_tissue(top, times, sample),
        engine=top.choice("engine", ENGINES, "ode"),
        representatives=read_closure(top),
        where=id.where if id else None,
        model_where=model.where if model else None,
    )
    top.close()
    return experiment if named and model and times else None


def _read_sample(top: Fields) -> float | None:
    """The volume [L] that engines which count simulate."""
    scalar = top.scalar("sample")
    quantity = None if scalar is None else values.read_quantity(scalar, top.found)
    if scalar is None or quantity is None:
        return None
    if quantity.dimension == VOLUME and quantity.canonical > 0:
        return quantity.canonical
    message = f"`sample:` is {scalar.text[:40]!r}; a volume above zero is expected"
    top.found.error("BAD_NUMBER", message, scalar.where, hint="write a volume such as 1 uL")
    return None


# ---- time


def _read_times(top: Fields) -> TimeGrid | None:
    scalar = top.scalar("time", required=True)
    if scalar is None:
        return None
    match, found = _TIME.fullmatch(scalar.text), top.found
    if match is None:
        hint = "write `time: 0 to 24 h, every 5 min`"
        found.error("BAD_TIME", f"`time: {scalar.text[:60]}` is not a span of time", scalar.where, hint=hint)
        return None
    pieces = {key: _piece(scalar, match.start(key), match[key]) for key in ("every", "end", "start")}
    numbers: dict[str, float | None] = {}
    for key, piece in pieces.items():
        if key == "start" and _NUMBER.fullmatch(piece.text):  # `0 to 24 h`: the unit of the end is meant
            if numbers["end"] is None:
                return None
            piece = Scalar(f"{piece.text} {_UNIT.sub('', pieces['end'].text)}", piece.where, piece.quoted)
        numbers[key] = values.read_hours(piece, found, f"the {key} of `time:`")
    start, end, every = numbers["start"], numbers["end"], numbers["every"]
    if start is None or end is None or every is None:
        return None
    return _checked_times(TimeGrid(start, end, every), pieces, found)


def _piece(scalar: Scalar, start: int, text: str) -> Scalar:
    return Scalar(text, scalar.where.part(start, len(text)), scalar.quoted)


def _checked_times(times: TimeGrid, pieces: dict[str, Scalar], found: Collector) -> TimeGrid | None:
    if times.every <= 0:
        message = f"the step {pieces['every'].text} of `time:` is not above 0"
        found.error("BAD_TIME", message, pieces["every"].where, hint="write `every 5 min`")
    elif times.end <= times.start:
        message = f"`time:` ends at {times.end:g} h, not after its start at {times.start:g} h"
        found.error("BAD_TIME", message, pieces["end"].where, hint="the end is later than the start")
    elif times.steps >= MAX_POINTS:
        message = f"`time:` has more than {MAX_POINTS} points"
        found.error(
            "TOO_LARGE", message, pieces["every"].where, hint="take longer steps; results do not depend on them"
        )
    elif times.every > (times.end - times.start) * (1 + 1e-12):
        message = f"the step {pieces['every'].text} of `time:` is longer than its span"
        found.error("BAD_TIME", message, pieces["every"].where, hint="take shorter steps")
    else:
        return times
    return None


# ---- patients, measure, compare


def _read_patients(top: Fields) -> Patients:
    inner = top.mapping("patients", "`patients:`")
    if not inner:
        return Patients()
    count = values.whole(inner, "count", 1, low=1, high=MAX_PATIENTS)
    seed = values.whole(inner, "seed", 1, low=0, high=2**31 - 1)
    weight, varies = _read_weight(inner)
    inner.close()
    return Patients(count, seed, weight, varies, inner.where)


def _read_weight(inner: Fields) -> tuple[Expression | None, Distribution | None]:
    if not isinstance(inner.get("weight"), Mapping):
        return _positive(inner, values.amount(inner, "weight", _WEIGHTS, "70 kg")), None
    fields = inner.mapping("weight", "`weight:`")
    weight = _positive(fields, values.amount(fields, "value", _WEIGHTS, "70 kg"))
    if weight is None and fields.get("value") is None:
        fields.found.error("MISSING_KEY", "`weight:` needs `value:`", fields.where, hint="write `value: 70 kg`")
    varies = read_distribution(fields, "varies")
    fields.close()
    return weight, varies


def _positive(fields: Fields, weight: Expression | None) -> Expression | None:
    """Body weights are plain numbers above 0."""
    number = getattr(weight, "value", None)
    if weight is None or (isinstance(number, float) and number > 0):
        return weight
    fields.found.error(
        "BAD_VALUE", f"{weight} is not a body weight", values.place_of(weight), hint="write a number such as 70 kg"
    )
    return None


def _read_measure(top: Fields) -> tuple[Measure, ...]:
    node = top.get("measure", required=True)
    if node is not None and not isinstance(node, Mapping):
        hint = "write `measure: {TNF: pg/mL, IL6: pg/mL}`"
        top.found.error("WRONG_SHAPE", "`measure:` gives a unit to each name", node.where, hint=hint)
        return ()
    inner = Fields(node, top.found, "`measure:`")
    measured: list[Measure] = []
    for key, value in inner.entries():
        if not isinstance(value, Scalar):
            top.found.error("WRONG_SHAPE", f"{key.text} is measured in one unit", value.where, hint="write pg/mL")
        elif values.check_unit(value, top.found):
            measured.append(Measure(key.text, value.text.strip(), key.where))
    if inner and not inner.node.entries:  # type: ignore[union-attr]
        top.found.error("MISSING_KEY", "`measure:` names nothing", inner.where, hint="write `measure: {TNF: pg/mL}`")
    return tuple(measured)


def _read_comparison(top: Fields) -> Comparison | None:
    inner = top.mapping("compare", "`compare:`")
    if not inner:
        return None
    data = inner.scalar("data", required=True)
    central = Central(inner.choice("central", tuple(Central), "mean"))
    source = inner.source("the data of `compare:`") if inner.get("source") is not None else None
    inner.close()
    if data is None or not _check_path(data, top.found):
        return None
    return Comparison(data.text, central, source, data.where)


def _check_path(scalar: Scalar, found: Collector) -> bool:
    """A data file lies in the folder of the experiment or below it."""
    path = PurePosixPath(scalar.text)
    foreign = PureWindowsPath(scalar.text)
    if (
        path.is_absolute()
        or ".." in path.parts
        or foreign.drive
        or foreign.root
        or "\\" in scalar.text
        or not path.name
    ):
        hint = "put the table beside the experiment and write its name, with / between folders"
        found.error(
            "BAD_VALUE", f"{scalar.text!r} is not a file in the folder of the experiment", scalar.where, hint=hint
        )
        return False
    return True


def data_path(comparison: Comparison, folder: Path, found: Collector) -> Path | None:
    """Return the path of the data table of an experiment that lies in `folder`; links that lead out are refused."""
    path = folder / comparison.data
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # a loop of links, or a name no file system takes
        inside = False
    if not inside:
        message = f"{comparison.data} leads out of the folder of the experiment"
        found.error("BAD_VALUE", message, comparison.where, hint="put the table beside the experiment")
        return None
    return path
