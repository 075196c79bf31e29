"""Who imports what: no cycles, no heavy library at start-up. The layers themselves are checked by import-linter."""

from __future__ import annotations

import ast
import graphlib
import json
import subprocess
import sys

from tests.architecture.source import module_name, trees

HEAVY = {
    *("jinja2", "llvmlite", "matplotlib", "numba", "numpy", "pandas", "pint", "pydantic", "scipy", "xarray", "zarr"),
}


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def _run_time_nodes(tree: ast.AST) -> list[ast.AST]:
    """All nodes but those under ``if TYPE_CHECKING``; lazy imports inside functions count, they never dodge a cycle."""
    found: list[ast.AST] = []
    for child in ast.iter_child_nodes(tree):
        found.append(child)
        if isinstance(child, ast.If) and _is_type_checking(child):
            for other in child.orelse:
                found += [other, *_run_time_nodes(other)]
        else:
            found += _run_time_nodes(child)
    return found


def _imported(path: str, tree: ast.Module, modules: set[str]) -> set[str]:
    """The modules of the package that a module imports."""
    own = module_name(path)
    package = own if path.endswith("__init__.py") else own.rpartition(".")[0]
    names: set[str] = set()
    for node in _run_time_nodes(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names |= {f"{base}.{a.name}" if f"{base}.{a.name}" in modules else base for a in node.names}
    return (names & modules) - {own}


def test_no_import_cycles() -> None:
    """No module imports itself through others, not even lazily."""
    modules = {module_name(path) for path in trees()}
    graph = {module_name(path): _imported(path, tree, modules) for path, tree in trees().items()}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        cycle: list[str] = error.args[1]
        raise AssertionError("import cycle: " + " ← ".join(cycle)) from error


def _loaded_after(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after a statement."""
    script = (
        "import json, sys\n"
        f"try:\n    {statement}\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print()\nprint(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_import_is_light() -> None:
    """`import cytokinome` loads no heavy library, nor those of the command line."""
    loaded = _loaded_after("import cytokinome")
    assert "cytokinome" in loaded
    assert loaded & (HEAVY | {"typer", "click", "rich", "yaml"}) == set()


def test_help_is_light() -> None:
    """`cytokinome --help` loads no heavy library."""
    loaded = _loaded_after("sys.argv = ['cytokinome', '--help']; from cytokinome.cli.main import main; main()")
    assert "typer" in loaded
    assert loaded & HEAVY == set()
