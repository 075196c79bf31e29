"""What the commands refuse: a choice that this version does not offer is said, and nothing is pretended."""

from __future__ import annotations

from cytokinome.diagnostics import Collector
from cytokinome.errors import UnsupportedFeature


def unsupported(message: str, hint: str = "") -> UnsupportedFeature:
    """Return the refusal of something that this version does not do."""
    found = Collector()
    found.error("UNSUPPORTED_FEATURE", message, hint=hint)
    return UnsupportedFeature(found.report().render(), found.report())
