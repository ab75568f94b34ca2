"""Chunks of one read become one piece; the rest of mitmproxy's HTTP/1 client stays as it is."""

import pytest
from mitmproxy import options
from mitmproxy.connection import Client, ConnectionState, Server
from mitmproxy.proxy import events
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._events import (
    RequestEndOfMessage,
    RequestHeaders,
    ResponseData,
    ResponseEndOfMessage,
    ResponseHeaders,
    ResponseProtocolError,
)
from mitmproxy.proxy.layers.http._http1 import Http1Client
from mitmproxy.test import tutils

from addons.merged_pieces import MergingHttp1Client, merge_pieces

HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.fixture
def client() -> Http1Client:
    context = Context(Client(peername=("c", 1), sockname=("s", 2), timestamp_start=0), options.Options())
    context.server = Server(address=("backend.test", 80))
    context.server.state = ConnectionState.OPEN
    layer = Http1Client(context)
    merge_pieces(layer)
    assert type(layer) is MergingHttp1Client
    request = tutils.treq(content=b"")
    for event in (events.Start(), RequestHeaders(1, request, end_stream=True), RequestEndOfMessage(1)):
        list(layer.handle_event(event))
    return layer


def receive(client: Http1Client, data: bytes) -> list[object]:
    """What this read makes: bytes for a piece, else the event's class."""
    commands = client.handle_event(events.DataReceived(client.conn, data))
    found = [command.event for command in commands if isinstance(command, ReceiveHttp)]
    return [event.data if isinstance(event, ResponseData) else type(event) for event in found]


def test_the_chunks_of_one_read_are_one_piece(client: Http1Client) -> None:
    assert receive(client, HEAD + b"1\r\na\r\n2\r\nbc\r\n") == [ResponseHeaders, b"abc"]
    assert receive(client, b"1\r\nd\r\n3\r\ne") == [b"de"]  # the first half of a chunk is not held
    assert receive(client, b"fg\r\n1\r\nh\r\n0\r\n\r\n") == [b"fgh", ResponseEndOfMessage]


def test_what_came_before_a_fault_comes_first(client: Http1Client) -> None:
    receive(client, HEAD)
    assert receive(client, b"1\r\na\r\n1\r\nb\r\nno chunk\r\n") == [b"ab", ResponseProtocolError]


def test_what_came_before_trailers_is_not_lost(client: Http1Client) -> None:
    receive(client, HEAD)
    found: list[bytes] = []

    def read() -> None:
        for command in client.handle_event(events.DataReceived(client.conn, b"1\r\na\r\n0\r\nx: y\r\n\r\n")):
            if isinstance(command, ReceiveHttp) and isinstance(command.event, ResponseData):
                found.append(command.event.data)

    with pytest.raises(NotImplementedError):
        read()
    assert found == [b"a"]


def test_other_layers_stay_as_they_are() -> None:
    merge_pieces(None)
