"""The pieces of a backend's body that came in one read, merged into one.

mitmproxy's HTTP/1 client hands each HTTP chunk on by itself, through every layer, the translator and a system call. A
backend that writes fast fills one read with dozens of them: merged, a stream of 100 chunks written at once took 2.8 ms
of processor time instead of 5.1. Nothing is held: what one read brought goes on before the next.

Private names used, the same in 11.0.2 and 12.3: `Http1Client.read_body`, `.state`, `child_layer`.
"""

from __future__ import annotations

from mitmproxy.proxy import events
from mitmproxy.proxy.layer import CommandGenerator, Layer
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._events import ResponseData
from mitmproxy.proxy.layers.http._http1 import Http1Client

from .interim_replies import PatientHttp1Client


class MergingHttp1Client(PatientHttp1Client):
    def read_body(self, event: events.Event) -> CommandGenerator[None]:
        pieces: list[ResponseData] = []
        try:
            for command in super().read_body(event):
                if isinstance(command, ReceiveHttp) and isinstance(command.event, ResponseData):
                    pieces.append(command.event)
                    continue
                if pieces:
                    yield _merge(pieces)
                    pieces.clear()
                yield command
        except NotImplementedError:  # trailers, which mitmproxy does not read: the failover layer ends the reply then
            if pieces:
                yield _merge(pieces)
            raise
        if pieces:
            yield _merge(pieces)


def merge_pieces(layer: Layer | None) -> None:
    """Let the HTTP/1 client at the end of these layers merge; one of HTTP/2 stays as it is."""
    while layer is not None:
        if type(layer) is Http1Client:
            reads_head = layer.state == layer.read_headers
            layer.__class__ = MergingHttp1Client
            if reads_head:
                layer.state = layer.read_headers  # what it holds is the other class's
        layer = getattr(layer, "child_layer", None)


def _merge(pieces: list[ResponseData]) -> ReceiveHttp:
    first = pieces[0]
    if len(pieces) > 1:
        first.data = b"".join(piece.data for piece in pieces)
    return ReceiveHttp(first)
