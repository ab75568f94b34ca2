"""A content view in the form that mitmproxy has for them since 12."""

from __future__ import annotations

from mitmproxy import contentviews
from mitmproxy.contentviews import Contentview, Metadata, SyntaxHighlight

from .content_views import ContentView, Shown, shown_of


class _View(Contentview):
    def __init__(self, view: ContentView) -> None:
        self._view = view

    @property
    def name(self) -> str:
        return self._view.name

    @property
    def syntax_highlight(self) -> SyntaxHighlight:
        return self._view.highlight  # type: ignore[return-value]  # one of its words; 11 has no type for them

    def prettify(self, data: bytes, metadata: Metadata) -> str:
        return self._view.text(_shown(data, metadata))

    def render_priority(self, data: bytes, metadata: Metadata) -> float:
        return self._view.priority(_shown(data, metadata))


def add_view(view: ContentView) -> None:
    """One of the same name, of a script that was loaded before, is replaced."""
    contentviews.add(_View(view))


def _shown(data: bytes, metadata: Metadata) -> Shown:
    return shown_of(data, metadata.flow, metadata.http_message, metadata.content_type)
