"""The test backend itself: what it records and how it paces."""

import socket
import threading

import httpx
import pytest

from tests.end_to_end.paced_backend import CUT, PacedBackend, Reply


def test_a_gate_holds_the_next_piece_until_it_is_set(backend: PacedBackend) -> None:
    gate = threading.Event()
    backend.script(Reply.stream([b"one", gate, b"two"]))
    with httpx.stream("POST", f"{backend.url}/x", json={"model": "m"}) as reply:
        pieces = reply.iter_raw()
        assert next(pieces) == b"one"
        gate.set()
        assert next(pieces) == b"two"
    assert backend.requests[0].json() == {"model": "m"}


def test_a_cut_reply_is_an_error_for_the_client(backend: PacedBackend) -> None:
    backend.script(Reply.stream([b"one", CUT]))
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"{backend.url}/x")


def test_a_chunked_body_is_recorded_whole(backend: PacedBackend) -> None:
    backend.script(Reply.json({}))
    httpx.post(f"{backend.url}/x", content=iter([b"ab", b"cd"]))
    assert backend.requests[0].body == b"abcd"
    assert backend.requests[0].headers["transfer-encoding"] == "chunked"


def test_one_connection_carries_several_requests(backend: PacedBackend) -> None:
    backend.script(Reply.json(1), Reply.json(2))
    with httpx.Client() as client:
        assert [client.get(f"{backend.url}/").json() for _ in range(2)] == [1, 2]
    assert backend.connections == 1


def test_leaving_the_with_block_frees_the_port() -> None:
    with PacedBackend() as backend:
        port = backend.port
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=2)
