"""mitmweb's list of flows, kept short: mitmweb itself keeps every flow for ever."""

from __future__ import annotations

from mitmproxy import ctx, http
from mitmproxy.addons.view import View

from .untyped_mitmproxy import addon_named

DEFAULT_LIMIT = 500
_SLACK = 1.1  # trimmed in lots: taking one flow out redraws the list


class WebFlowList:
    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._limit = limit

    def response(self, flow: http.HTTPFlow) -> None:
        self._trim()

    def error(self, flow: http.HTTPFlow) -> None:
        self._trim()

    def _trim(self) -> None:
        view: View | None = addon_named(ctx.master, "view")
        if view is None or len(view._store) <= self._limit * _SLACK:
            return
        oldest = [flow for flow in view._store.values() if not flow.live]
        view.remove(oldest[: len(view._store) - self._limit])
