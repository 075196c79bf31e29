"""The source as trees, for the tests of this folder."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "cytokinome"
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def trees() -> dict[str, ast.Module]:
    """Every module of the package: path relative to the root of the project → syntax tree."""
    found = {p.relative_to(ROOT).as_posix(): ast.parse(p.read_text("utf-8")) for p in sorted(PACKAGE.rglob("*.py"))}
    assert found, f"no modules under {PACKAGE}"
    return found


def nodes() -> Iterator[tuple[str, ast.AST]]:
    """Every node of every module, with the path of its file."""
    for path, tree in trees().items():
        for node in ast.walk(tree):
            yield path, node


def module_name(path: str) -> str:
    """``src/cytokinome/model/parse.py`` → ``cytokinome.model.parse``."""
    return ".".join(Path(path).with_suffix("").parts[1:]).removesuffix(".__init__")


def place(path: str, node: ast.AST) -> str:
    """Where a node stands, for messages."""
    return f"{path}:{getattr(node, 'lineno', 1)}"


def project_files() -> list[Path]:
    """The files git tracks or would track; in an unpacked archive, all that do not lie in hidden or built folders."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0 and listed.stdout:
        paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        paths = [p for p in ROOT.rglob("*") if not any(x.startswith(".") for x in p.relative_to(ROOT).parts[:-1])]
    return [p for p in paths if p.is_file() and "__pycache__" not in p.parts]
