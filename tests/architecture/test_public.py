"""What the package shows to the outside: names that resolve, and say what they are."""

from __future__ import annotations

import ast
import inspect

import cytokinome
from tests.architecture.source import Function, place, trees


def test_public_names_resolve() -> None:
    """Every name of `cytokinome.__all__` exists, once, and `dir` shows it."""
    assert len(cytokinome.__all__) == len(set(cytokinome.__all__))
    missing = [name for name in cytokinome.__all__ if not hasattr(cytokinome, name)]
    assert missing == []
    assert set(cytokinome.__all__) <= set(dir(cytokinome))


def test_public_names_have_docstrings() -> None:
    """Every public class, function and module of `cytokinome.__all__` has a docstring of its own."""
    objects = {name: getattr(cytokinome, name) for name in cytokinome.__all__}
    documentable = {
        name: value
        for name, value in objects.items()
        if inspect.isclass(value) or inspect.isroutine(value) or inspect.ismodule(value)
    }
    assert documentable
    assert [name for name, value in documentable.items() if not (value.__doc__ or "").strip()] == []


def _needs_docstring(node: ast.AST) -> bool:
    """Public functions and classes; not overloads, setters and overrides, which repeat another's."""
    if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
        return False
    marks = {ast.unparse(d).rpartition(".")[2] for d in node.decorator_list}
    return not marks & {"overload", "override", "setter"}


def _public(tree: ast.Module | ast.ClassDef) -> list[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """The public functions, classes and methods of a module; private classes and nested functions are not."""
    found: list[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef] = []
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef) and _needs_docstring(node):
            found.append(node)
            if isinstance(node, ast.ClassDef):
                found += _public(node)
    return found


def test_source_has_docstrings() -> None:
    """Every module and every public function, class and method of the source has a docstring."""
    modules = [path for path, tree in trees().items() if not ast.get_docstring(tree)]
    members = [
        f"{place(path, node)} {node.name}"
        for path, tree in trees().items()
        for node in _public(tree)
        if not ast.get_docstring(node)
    ]
    assert modules + members == []
