"""Saying what a model means: each sentence beside its equation, and every stage of the compiler as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.compiler.jumps import BACK, jumps_of, steps
from cytokinome.compiler.latex import latex
from cytokinome.compiler.lower import lower
from cytokinome.compiler.network import ONE, Network, Process, show
from cytokinome.model import sentences
from cytokinome.model.expressions import Binary, Ref, Unary, walk
from cytokinome.model.serialise import print_model
from cytokinome.model.wording import event_text

if TYPE_CHECKING:
    from cytokinome.model.components import Model

STAGES = ("sentences", "model", "network", "latex", "system", "kernel", "jumps")
SHOWN = 3  # processes shown per rule; a rule of many populations repeats itself


def explain(model: Model, stage: str = "sentences") -> str:
    """Return a stage of a checked model as text.

    Parameters
    ----------
    model : Model
    stage : str
        One of `STAGES`: sentences (each beside its equation), model (the text in canonical layout), network
        (equations and definitions), latex (the same for a paper), system (sizes and sparsity), kernel (slots and
        outputs), jumps (events that change whole numbers).

    Raises
    ------
    ValueError
        If there is no such stage.
    UnsupportedFeature
        If the model has no jumps: see `jumps.jumps_of`.
    """
    writers = {
        "sentences": _sentences,
        "model": print_model,
        "network": _network,
        "latex": _latex,
        "system": _system,
        "kernel": _kernel,
        "jumps": _jumps,
    }
    if stage not in writers:
        raise ValueError(f"no stage {stage!r}: one of {', '.join(STAGES)}")
    return writers[stage](model)


def explain_rules(model: Model) -> list[dict[str, object]]:
    """Return, per sentence, its id, text and the terms it adds to the equations; for ``--json``."""
    network = lower(model).network
    return [
        {
            "id": rule.id,
            "sentence": sentences.sentence(rule),
            "terms": [t for p in network.processes if p.origin == rule.id for t in terms(p)],
            "geometry_only": rule.id in network.geometry_only,
        }
        for rule in model.rules
    ]


def terms(process: Process) -> list[str]:
    """Return what one process adds to each equation."""
    lines: list[str] = []
    for target, coefficient in process.changes:
        sign, factor = ("-=", coefficient.operand) if isinstance(coefficient, Unary) else ("+=", coefficient)
        scaled = process.rate if factor == ONE else Binary("*", factor, process.rate)
        lines.append(f"d[{target}]/dt {sign} {show(scaled)}")
    return lines


def _sentences(model: Model) -> str:
    network = lower(model).network
    rules = frozenset(rule.id for rule in model.rules)
    lines = [f"{model.id}: {model.title}".rstrip(": "), ""]
    for rule in model.rules:
        lines.append(sentences.sentence(rule))
        if rule.id in network.geometry_only:
            lines.append("    no effect where there is no space")
        lines += _of_origin(network, rule.id, rules)
        lines.append("")
    for reaction in model.reactions:
        lines += [f"reaction {reaction.id}", *_of_origin(network, reaction.id, rules), ""]
    stated = model.equations.events if model.equations else ()
    for event in (*model.events, *stated):
        lines += [f"event {event.id}: {event_text(event)}", ""]
    named = {r.id for r in (*model.rules, *model.reactions)}
    for origin in dict.fromkeys(p.origin for p in network.processes if p.origin not in named):
        lines += [origin, *_of_origin(network, origin, rules), ""]
    return "\n".join([*lines, *_such_that(network), *_where(network, _read_later(network))])


def _such_that(network: Network) -> list[str]:
    lines = [f"    [{e.id}]: {show(e.residual)} = 0" for e in network.implicit if e.state is not None]
    return ["such that", *lines, ""] if lines else []


def _read_later(network: Network) -> frozenset[str]:
    """Return the definitions that anything but the start builds on."""
    definitions, found = dict(network.definitions), set[str]()
    pending = [e for p in network.processes for e in (p.rate, *(factor for _, factor in p.changes))]
    pending += [e.residual for e in network.implicit if e.state is not None]
    pending += [e for _, e in network.outputs]
    pending += [e for h in network.events for e in (h.condition, h.delay, *(value for *_, value in h.assignments))]
    while pending:
        for node in walk(pending.pop()):
            if isinstance(node, Ref) and node.id in definitions and node.id not in found:
                found.add(node.id)
                pending.append(definitions[node.id])
    return frozenset(found)


def _of_origin(network: Network, origin: str, rules: frozenset[str]) -> list[str]:
    processes = [p for p in network.processes if p.origin == origin]
    if origin not in rules:
        return [f"    {term}" for p in processes for term in terms(p)]
    lines = [f"    {term}" for p in processes[:SHOWN] for term in terms(p)]
    if len(processes) > SHOWN:
        lines.append(f"    and likewise for {len(processes) - SHOWN} more populations")
    return lines


def _where(network: Network, among: frozenset[str] | None = None) -> list[str]:
    shown = [(name, e) for name, e in network.definitions if among is None or name in among]
    return ["where", *(f"    [{name}] = {show(expression)}" for name, expression in shown)] if shown else []


def _network(model: Model) -> str:
    network = lower(model).network
    lines = ["variables (unit: pM, cells, pmol), and how they start"]
    lines += [f"    {v.id}: {v.kind}, starts at {show(v.initial)}" for v in network.variables]
    lines += ["", "equations (time in hours)"]
    lines += [f"    {network.equation(v.id)}" for v in network.variables]
    lines += ["", *_such_that(network), *_where(network), "", "parameters"]
    lines += [f"    {s.name} [{s.dimension}]" + (f" = {show(s.value)}" if s.value else "") for s in network.slots]
    return "\n".join(lines)


def _latex(model: Model) -> str:
    return latex(lower(model).network)


def _system(model: Model) -> str:
    system = lower(model).system
    n, filled = len(system.states), {(row, column) for row, column, _ in system.jacobian}
    pattern = ["".join("#" if (row, column) in filled else "." for column in range(n)) for row in range(n)]
    return "\n".join([
        f"{n} states, {len(system.slots)} parameters, {len(system.outputs)} outputs, {len(system.switches)} switches",
        f"{len(system.graph)} distinct values in the expression graph",
        f"Jacobian: {len(filled)} of {n * n} entries are not zero",
        *(f"    {line}" for line in pattern),
        f"sha256 {system.digest}",
    ])  # fmt: skip


def _kernel(model: Model) -> str:
    kernel = lower(model).kernel
    values = kernel.defaults()
    lines = ["states", *(f"    {s}" for s in kernel.states), "parameters of a typical person, in canonical units"]
    lines += [f"    {slot.name} = {value:.6g}" for slot, value in zip(kernel.parameters, values, strict=True)]
    lines += ["outputs", *(f"    {o.name} [{o.unit or '1'}]" for o in kernel.outputs)]
    return "\n".join(lines)


def _jumps(model: Model) -> str:
    jumps = jumps_of(model)
    network = lower(model).network
    rates = {p.id: p.one_way or (p.rate,) for p in network.processes}
    lines = ["jumps: what one event changes (molecules, cells), and the rate in pM, cells or pmol per hour"]
    for jump, changes in zip(jumps.jumps, steps(jumps, lower(model).kernel.defaults()), strict=True):
        name, back, _ = jump.id.partition(BACK)
        moving = jumps.moving(jump)
        sizes = [f"{change:+.0f}" if state not in moving else "by what the cell carries" for state, change in changes]
        made = ", ".join(f"{jumps.states[state]} {size}" for (state, _), size in zip(changes, sizes, strict=True))
        lines.append(f"    {jump.id}: {made}; {show(rates[name][1 if back else 0])}")
    return "\n".join([*lines, "", *_where(network)])
