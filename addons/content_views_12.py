"""A content view in the form that mitmproxy has for them since 12."""

from __future__ import annotations

from typing import Any

from mitmproxy import contentviews as _installed

from .content_views import ContentView, Shown, shown_of

contentviews: Any = _installed  # types are checked beside 11 too, which has none of these names


class _View(contentviews.Contentview):  # type: ignore[misc]  # of a base that is Any
    def __init__(self, view: ContentView) -> None:
        self._view = view

    @property
    def name(self) -> str:
        return self._view.name

    @property
    def syntax_highlight(self) -> str:
        return self._view.highlight

    def prettify(self, data: bytes, metadata: Any) -> str:
        return self._view.text(_shown(data, metadata))

    def render_priority(self, data: bytes, metadata: Any) -> float:
        return self._view.priority(_shown(data, metadata))


def add_view(view: ContentView) -> None:
    """One of the same name, of a script that was loaded before, is replaced."""
    contentviews.add(_View(view))


def _shown(data: bytes, metadata: Any) -> Shown:
    return shown_of(data, metadata.flow, metadata.http_message, metadata.content_type)
