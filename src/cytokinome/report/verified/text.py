"""The page that an author writes about a scenario: plain Markdown, in which figures are asked for by name.

A paragraph ``{figure} EXPERIMENT: X, Y (log)`` asks for the curves of X and Y in all arms of that experiment, Y on
a logarithmic axis. HTML in the text is text, and there are no pictures from elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FIGURE = re.compile(r"\{figure\}\s+(?P<experiment>[\w.-]+)\s*:\s*(?P<names>\S.*)")
_LOG = re.compile(r"(?P<name>\S.*?)\s*\(log\)")
# IL-10 and the like stay on one line.
_WHOLE = re.compile(r"(?<![\w/.-])[A-Za-z]+-\d\w*")
_HEADING = re.compile(r"^#\s+(?P<title>.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Asked:
    """A figure that a page asks for: the curves of an experiment, of which some are on logarithmic axes."""

    experiment: str
    names: tuple[str, ...]
    log: tuple[str, ...] = ()


def asked_figures(text: str) -> tuple[Asked, ...]:
    """Return the figures that a page asks for."""
    contents = (inline.content for inline in _parser().parse(text) if inline.type == "inline")
    return tuple(figure for content in contents if (figure := _asked(content)) is not None)


def title(text: str) -> str:
    """Return the first heading of a page, empty where there is none."""
    match = _HEADING.search(text)
    return match["title"].strip() if match else ""


def whole(text: str) -> Markup:
    """Return a text as HTML in which names such as IL-10 are not broken between two lines."""
    return Markup(_WHOLE.sub(lambda match: f'<span class="whole">{match[0]}</span>', str(escape(text))))


def rendered(text: str, figure: Callable[[Asked], Markup]) -> Markup:
    """Return a page as HTML, without its first heading.

    Parameters
    ----------
    text : str
    figure : callable
        From what is asked to what stands in the place of that paragraph.
    """
    parser = _parser()
    tokens = parser.parse(_HEADING.sub("", text, count=1))
    out: list[Token] = []
    for token in tokens:
        asked = _asked(token.content) if token.type == "inline" else None
        if asked is None:
            out.append(token)
            continue
        out[-1] = Token("html_block", "", 0, content=str(figure(asked)))  # in place of the paragraph's beginning
    kept = [t for i, t in enumerate(out) if not (t.type == "paragraph_close" and i and out[i - 1].type == "html_block")]
    return Markup(parser.renderer.render(kept, parser.options, {}))


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    parser.add_render_rule("text", _text)
    return parser


def _text(renderer: object, tokens: Sequence[Token], index: int, options: object, env: object) -> str:
    """A piece of text as HTML; the other arguments are those of any rule."""
    del renderer, options, env
    return str(whole(tokens[index].content))


def _asked(content: str) -> Asked | None:
    match = _FIGURE.fullmatch(content.strip())
    if match is None:
        return None
    words = [name.strip() for name in match["names"].split(",") if name.strip()]
    log = [(found["name"] if (found := _LOG.fullmatch(word)) else "") for word in words]
    names = tuple(logged or word for logged, word in zip(log, words, strict=True))
    return Asked(match["experiment"], names, tuple(filter(None, log)))
