"""How files agree with each other: diagnostic codes, versions, and what no file may name."""

from __future__ import annotations

import ast
import re
import tomllib

from cytokinome._version import __version__
from cytokinome.diagnostics import CODES
from tests.architecture.source import ROOT, nodes, place, project_files

CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
TABLE = "src/cytokinome/diagnostics.py"
REPORTING = {"error", "warning", "note", "Diagnostic"}

# Put together from pieces, so that this file does not contain what it looks for.
HOSTS = [
    host + "." + end
    for host, end in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("anaconda", "org"),
        ("crates", "io"),
        ("golang", "org"),
    ]
]
MACHINE_PATH = re.compile(r"(?<![\w./~>-])/(?:work|tmp|root|home/\w+|Users/\w+)(?=[/\s\"'`),;]|$)", re.MULTILINE)


def _strings() -> set[str]:
    """Every string constant of the source, but for those of the table of codes."""
    return {
        node.value
        for path, node in nodes()
        if path != TABLE and isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def _reported() -> dict[str, str]:
    """Codes written where a diagnostic is made → the place."""
    found: dict[str, str] = {}
    for path, node in nodes():
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).rpartition(".")[2] in REPORTING:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and CODE.fullmatch(first.value):
                found[first.value] = place(path, node)
    return found


def test_reported_codes_are_registered() -> None:
    """Every code that the source reports has a line in `diagnostics.CODES`."""
    assert {code: where for code, where in _reported().items() if code not in CODES} == {}


def test_registered_codes_are_used() -> None:
    """Every line of `diagnostics.CODES` is reported somewhere."""
    assert sorted(set(CODES) - _strings()) == []


def test_registered_codes_are_well_formed() -> None:
    """Codes are words in capitals joined by underscores, and each says what it means."""
    assert [code for code, meaning in CODES.items() if not CODE.fullmatch(code) or not meaning.strip()] == []


def test_version_is_stated_once() -> None:
    """The project file reads the version from the package; what is cited and the changelog agree with it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["dynamic"] == ["version"]
    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_constraints_hold_versions_only() -> None:
    """Each line of the constraints file is a name and a version, and every dependency has one."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*", line)] == []
    pinned = {line.partition("==")[0].lower() for line in lines}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *(r for extra in project["optional-dependencies"].values() for r in extra)]
    names = {re.split(r"[^A-Za-z0-9_.-]", requirement)[0].lower() for requirement in wanted}
    assert names - pinned == set()


def _texts() -> dict[str, str]:
    """The text files of the project."""
    found: dict[str, str] = {}
    for path in project_files():
        data = path.read_bytes()
        if b"\0" not in data:
            found[path.relative_to(ROOT).as_posix()] = data.decode("utf-8", errors="replace")
    assert "pyproject.toml" in found
    return found


def test_no_registry_hosts() -> None:
    """No file names the host of a package registry."""
    assert [(path, host) for path, text in _texts().items() for host in HOSTS if host in text] == []


def test_no_machine_paths() -> None:
    """No file names an absolute path of somebody's machine."""
    assert [(path, found.group()) for path, text in _texts().items() for found in MACHINE_PATH.finditer(text)] == []
