"""Hostile and broken files in Antimony."""

from __future__ import annotations

from collections.abc import Callable

from tests.hostile.cases import TAKEN, Case, written

_HONEST = "model m()\n  x = 1;\n  x' = -0.1 * x;\nend\n"


def _case(name: str, content: str | bytes | Callable[[], str | bytes], *codes: str) -> Case:
    return Case(name, "import", written(content, "model.ant"), codes)


CASES = [
    _case("antimony", _HONEST, TAKEN),
    _case("antimony-empty", b"", TAKEN),
    _case("antimony-imports-a-file", 'import "/etc/passwd"\n' + _HONEST, "ANTIMONY_IMPORT"),
    _case("antimony-imports-in-a-line", _HONEST.replace("x = 1;", 'x = 1; import "other.ant";'), "ANTIMONY_IMPORT"),
    _case("antimony-imports-an-address", 'import "http://127.0.0.1:9/m.ant"\n' + _HONEST, "ANTIMONY_IMPORT"),
    _case("antimony-cut-short", _HONEST[:30], "ANTIMONY_INVALID"),
    _case("antimony-of-noise", bytes(range(256)) * 20, "ANTIMONY_INVALID"),
    _case("antimony-with-nul", _HONEST.replace("0.1", "0\0.1"), "ANTIMONY_INVALID"),
    _case("antimony-that-is-sbml", '<?xml version="1.0"?>\n<sbml level="3" version="2"/>\n', "ANTIMONY_INVALID"),
    _case("antimony-open-string", _HONEST.replace("x = 1;", 'x is "x; x = 1;'), "ANTIMONY_INVALID"),
    _case("antimony-deep", lambda: _HONEST.replace("0.1", "(" * 20_000 + "0.1" + ")" * 20_000), "TOO_LARGE"),
    _case("antimony-model-in-itself", "model m()\n  a: m();\nend\n", "ANTIMONY_INVALID", "CYCLIC_DEFINITION"),
]
