"""Text with places: safe YAML with line numbers, and its one canonical layout. Knows nothing of models."""

from __future__ import annotations

from cytokinome.text.nodes import Mapping, Node, Scalar, Sequence, node_from_data, plain_data
from cytokinome.text.reader import inside_hint, parse_text, read_bytes, read_file

__all__ = [
    "Mapping",
    "Node",
    "Scalar",
    "Sequence",
    "inside_hint",
    "node_from_data",
    "parse_text",
    "plain_data",
    "read_bytes",
    "read_file",
]
