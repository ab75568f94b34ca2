"""Markdown of a model → HTML that is safe to show. What a model says is hostile until it is escaped.

HTML in it stays text; links lead to http, https and mailto only, in a window of their own that knows nothing of this
one; pictures are links, for a picture would tell its server who looks. What is longer than it pays to lay out is
shown as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from .body_text import printable

LAID_OUT_CHARACTERS = 20_000  # hostile ones take half a second
_SHOWN_CHARACTERS = 200_000
_LINK = re.compile(r"(?:https?|mailto):", re.IGNORECASE)


def render_markdown(text: str) -> Markup:
    text = printable(text)
    if len(text) > LAID_OUT_CHARACTERS:
        left = len(text) - _SHOWN_CHARACTERS
        return Markup("<pre>{}</pre>").format(text[:_SHOWN_CHARACTERS] + (f"… +{left}" if left > 0 else ""))
    return Markup(_parser().render(text))  # the parser escapes everything (tests/admin/flow_xray)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": 20})
    parser.enable(["table", "strikethrough"]).disable(["image", "html_block", "html_inline"])
    parser.validateLink = lambda url: _LINK.match(url.strip()) is not None  # type: ignore[method-assign]
    parser.add_render_rule("link_open", _open_link)
    parser.add_render_rule("fence", _fence)
    return parser


def _open_link(renderer: Any, tokens: Sequence[Any], place: int, options: Any, environment: Any) -> str:
    address = str(tokens[place].attrs.get("href", ""))
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer nofollow">').format(address)


def _fence(renderer: Any, tokens: Sequence[Any], place: int, options: Any, environment: Any) -> str:
    return Markup("<pre><code>{}</code></pre>\n").format(escape(tokens[place].content))
