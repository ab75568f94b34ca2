"""The flows that somebody looks at in mitmproxy's own pages, or saves to a file: what they say, and nothing secret.

Only where mitmproxy keeps flows at all: with `server.debug`, and under mitmweb, mitmproxy and `mitmdump -w`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mitmproxy import ctx, http
from mitmproxy.addonmanager import Loader

from .content_views import APP_REQUEST, DIALECT
from .exchange import Exchange, exchange_of
from .flow_comment import flow_comment
from .flow_secrets import hide_request_secrets, save_without_secrets
from .secret_redaction import hide_query
from .untyped_mitmproxy import addon_named
from .upgraded_connection import SWITCHING_PROTOCOLS, EndedSession

_KEEPERS = ("view", "save")  # the addons of mitmproxy's that keep flows
_KEPT_BYTES = "proapi_kept_bytes"
_DEFAULT_KEPT_BYTES = 2_000_000


class KeptStream:
    """What a client got of a streamed reply, up to `limit_bytes`: mitmproxy itself keeps nothing of a stream."""

    def __init__(self, stream: Callable[[bytes], bytes | Iterable[bytes]], limit_bytes: int) -> None:
        self._stream = stream
        self._room_bytes = limit_bytes
        self._pieces: list[bytes] = []

    def __call__(self, data: bytes) -> bytes | Iterable[bytes]:
        out = self._stream(data)
        pieces = [out] if isinstance(out, bytes) else list(out)
        for piece in pieces:
            if self._room_bytes > 0:
                self._pieces.append(piece[: self._room_bytes])
                self._room_bytes -= len(piece)
        return out if isinstance(out, bytes) else pieces

    @property
    def content(self) -> bytes:
        return b"".join(self._pieces)


class InspectedFlows:
    """After all that shape a reply, and before mitmproxy's own addons look at it."""

    def load(self, loader: Loader) -> None:
        told = "proapi: of a streamed reply and of the app's request, how many bytes mitmproxy's pages show"
        loader.add_option(_KEPT_BYTES, int, _DEFAULT_KEPT_BYTES, told)

    # -- hooks -------------------------------------------------------------------------------------------------------
    def requestheaders(self, flow: http.HTTPFlow) -> None:
        exchange = self._inspected(flow)
        if exchange is None:
            return
        save_without_secrets(flow, exchange)
        if exchange.endpoint.dialect:
            flow.metadata[DIALECT] = exchange.endpoint.dialect
            line = f"{exchange.method} {hide_query(flow.request.path)}"
            flow.metadata[APP_REQUEST] = line.encode("utf-8", "surrogateescape")  # as mitmproxy reads odd bytes

    def request(self, flow: http.HTTPFlow) -> None:
        exchange = self._inspected(flow)
        if exchange is not None and APP_REQUEST in flow.metadata:
            flow.metadata[APP_REQUEST] += b"\n\n" + exchange.body[: ctx.options.proapi_kept_bytes]

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        exchange = self._inspected(flow)
        if exchange is None or flow.response is None:
            return
        if callable(flow.response.stream):
            flow.response.stream = KeptStream(flow.response.stream, ctx.options.proapi_kept_bytes)
        if flow.response.stream:  # nobody else will be tried, and a stream may last for minutes
            hide_request_secrets(flow, exchange)

    def response(self, flow: http.HTTPFlow) -> None:
        exchange = self._inspected(flow)
        if exchange is None or flow.response is None or flow.response.status_code == SWITCHING_PROTOCOLS:
            return
        self._end(flow, exchange)

    def error(self, flow: http.HTTPFlow) -> None:
        exchange = self._inspected(flow)
        if exchange is not None:
            self._end(flow, exchange)

    def proapi_upgrade_end(self, session: EndedSession) -> None:
        self.error(session.flow)

    # -- the end -----------------------------------------------------------------------------------------------------
    def _inspected(self, flow: http.HTTPFlow) -> Exchange | None:
        # asked each time: mitmweb's pages come and go with a reload
        kept = any(addon_named(ctx.master, name) is not None for name in _KEEPERS)
        return exchange_of(flow) if kept else None

    def _end(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        if "get_state" not in vars(flow):  # it had begun before the pages were there
            save_without_secrets(flow, exchange)
        response = flow.response
        if response is not None and response.raw_content is None and isinstance(response.stream, KeptStream):
            response.data.content = response.stream.content
        if not flow.comment:  # else somebody has written one already
            flow.comment = flow_comment(exchange)
        hide_request_secrets(flow, exchange)
