"""Commands that are named but not available yet: they say so and refuse, and never pretend."""

from __future__ import annotations

import typer

from cytokinome.diagnostics import Collector
from cytokinome.errors import UnsupportedFeature

PURPOSES = {
    "panel": "judges the whole library on one page",
}
ANY = {"allow_extra_args": True, "ignore_unknown_options": True}


def unsupported(message: str, hint: str = "") -> UnsupportedFeature:
    """Return the refusal of something that this version does not do."""
    found = Collector()
    found.error("UNSUPPORTED_FEATURE", message, hint=hint)
    return UnsupportedFeature(found.report().render(), found.report())


def refuse(context: typer.Context) -> None:
    """Refuse.

    Raises
    ------
    UnsupportedFeature
        Always.
    """
    name = context.info_name or ""
    raise unsupported(
        f"`cytokinome {name}`, which {PURPOSES.get(name, 'is planned')}, is not available yet",
        "nothing was read or written; `cytokinome --help` lists what is available",
    )
