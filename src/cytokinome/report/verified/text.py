"""The page that an author writes about a scenario: plain Markdown, in which figures are asked for by name.

A paragraph ``{figure} EXPERIMENT: X, Y`` asks for the curves of X and Y in all arms of that experiment. HTML in the
text is text, and there are no pictures from elsewhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Callable

_FIGURE = re.compile(r"\{figure\}\s+(?P<experiment>[\w.-]+)\s*:\s*(?P<names>\S.*)")
_HEADING = re.compile(r"^#\s+(?P<title>.+)$", re.MULTILINE)


def asked_figures(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the figures that a page asks for, each as an experiment and the names of its curves."""
    contents = (inline.content for inline in _parser().parse(text) if inline.type == "inline")
    return tuple(figure for content in contents if (figure := _asked(content)) is not None)


def title(text: str) -> str:
    """Return the first heading of a page, empty where there is none."""
    match = _HEADING.search(text)
    return match["title"].strip() if match else ""


def rendered(text: str, figure: Callable[[str, tuple[str, ...]], Markup]) -> Markup:
    """Return a page as HTML, without its first heading.

    Parameters
    ----------
    text : str
    figure : callable
        From an experiment and the names of its curves to what stands in the place of that paragraph.
    """
    parser = _parser()
    tokens = parser.parse(_HEADING.sub("", text, count=1))
    out: list[Token] = []
    for token in tokens:
        asked = _asked(token.content) if token.type == "inline" else None
        if asked is None:
            out.append(token)
            continue
        out[-1] = Token("html_block", "", 0, content=str(figure(*asked)))  # in place of the paragraph's beginning
    kept = [t for i, t in enumerate(out) if not (t.type == "paragraph_close" and i and out[i - 1].type == "html_block")]
    return Markup(parser.renderer.render(kept, parser.options, {}))


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def _asked(content: str) -> tuple[str, tuple[str, ...]] | None:
    match = _FIGURE.fullmatch(content.strip())
    if match is None:
        return None
    return match["experiment"], tuple(name.strip() for name in match["names"].split(",") if name.strip())
