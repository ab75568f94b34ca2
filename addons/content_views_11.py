"""A content view in mitmproxy 11's form: lines of coloured pieces, and no exception that says "not for me"."""

from __future__ import annotations

from typing import Any

from mitmproxy import contentviews as _installed
from mitmproxy.contentviews.base import TViewResult, View
from mitmproxy.flow import Flow

from .content_views import ContentView, shown_of

contentviews: Any = _installed  # where types are checked, 12 is installed, whose functions of these names take others


class _View(View):
    name = ""

    def __init__(self, view: ContentView) -> None:
        self.name = view.name  # type: ignore[misc]  # a class's for mitmproxy; here one class serves all views
        self._view = view

    def __call__(
        self, data: bytes, *, flow: Flow | None = None, http_message: object = None, content_type: str | None = None,
        **unknown: Any,
    ) -> TViewResult:  # fmt: skip
        text = self._view.text(shown_of(data, flow, http_message, content_type))
        return self.name, ([("text", line or " ")] for line in text.split("\n"))  # of an empty line mitmweb shows none

    def render_priority(
        self, data: bytes, *, flow: Flow | None = None, http_message: object = None, content_type: str | None = None,
        **unknown: Any,
    ) -> float:  # fmt: skip
        return self._view.priority(shown_of(data, flow, http_message, content_type))


def add_view(view: ContentView) -> None:
    """One of the same name, of a script that was loaded before, is replaced."""
    before = contentviews.get(view.name)
    if before is not None:
        contentviews.remove(before)
    contentviews.add(_View(view))
