"""Antimony to SBML and back, by libAntimony. Runs in the reading process: hostile text can crash a parser.

The only file that imports libAntimony. While it works it can open no file, so that no text makes it read another.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import antimony

from cytokinome.interchange.sbml.document import Translated

if TYPE_CHECKING:
    from collections.abc import Generator

try:
    import resource
except ImportError:  # where processes know no limits, texts that name files are refused by their words alone
    resource = None

_LINE = re.compile(r"line (\d{1,9})")


def from_antimony(text: str) -> Translated:
    """Return the main model of a text in Antimony as SBML."""
    with _no_files():
        is_read = antimony.loadAntimonyString(text) >= 0
        sbml = antimony.getSBMLString(None) if is_read else None
        result = _translated(sbml, antimony.getLastError())
        antimony.clearPreviousLoads()
    return result


def to_antimony(text: str) -> Translated:
    """Return a text in SBML as Antimony."""
    with _no_files():
        is_read = antimony.loadSBMLString(text) >= 0
        result = _translated(antimony.getAntimonyString(None) if is_read else None, antimony.getLastError())
        antimony.clearPreviousLoads()
    return result


def _translated(text: str | None, error: str | None) -> Translated:
    if text:
        return Translated(text, "", 1)
    line = _LINE.search(error or "")
    return Translated("", " ".join((error or "it holds no model").split())[:500], int(line[1]) if line else 1)


@contextmanager
def _no_files() -> Generator[None]:
    """Let this process open nothing for a while; what is open stays open."""
    if resource is None:
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
