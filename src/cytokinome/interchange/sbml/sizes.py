"""How large the formulas of a document are once its functions are written out: counted, never written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cytokinome.interchange.sbml.document import Document, FunctionDefinition, Math

# The nodes that are there in any case, and how often each argument stands.
Weight = tuple[int, dict[str, int]]


def written_out(document: Document) -> list[int]:
    """Return the number of nodes of each formula of a document; its functions must not call themselves."""
    functions, known = {f.id: f for f in document.functions}, dict[str, Weight]()
    return [_weight(tree, (), functions, known)[0] for tree in formulas(document)]


def formulas(document: Document) -> list[Math]:
    """Return every formula of a document but the bodies of functions."""
    items = (*document.initial, *document.rules, *document.constraints, *document.reactions, *document.events)
    found = [getattr(item, name, None) for item in items for name in ("math", "law", "trigger", "delay", "priority")]
    found += [a.math for event in document.events for a in event.assignments]
    return [tree for tree in found if tree is not None]


def _weight(
    tree: Math, arguments: tuple[str, ...], functions: dict[str, FunctionDefinition], known: dict[str, Weight]
) -> Weight:
    if tree.kind == "name" and tree.text in arguments:
        return 0, {tree.text: 1}
    inner = [_weight(part, arguments, functions, known) for part in tree.parts]
    own, times = 1, [1] * len(inner)
    function = functions.get(tree.text) if tree.kind == "call" else None
    if function is not None and function.body is not None:
        if function.id not in known:
            known[function.id] = _weight(function.body, function.arguments, functions, known)
        own, uses = known[function.id]
        times = [uses.get(name, 0) for name in function.arguments[: len(inner)]]
    total: dict[str, int] = {}
    for (count, used), repeated in zip(inner, times, strict=False):
        own += repeated * count
        for name, uses_of_name in used.items():
            total[name] = total.get(name, 0) + repeated * uses_of_name
    return own, total
