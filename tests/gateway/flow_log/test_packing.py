"""Bodies packed and unpacked."""

from __future__ import annotations

import threading

import pytest

from proapi_gateway.flow_log.packing import pack, pack_pieces, unpack, unpack_pieces


@pytest.mark.parametrize("data", [b"", b"x", b"words " * 100_000], ids=["nothing", "one byte", "much"])
def test_what_is_packed_comes_back(data: bytes) -> None:
    packed = pack(data)
    assert unpack(packed) == unpack(memoryview(packed)) == data
    # Its length stands in the frame's head (RFC 8878, 3.1.1.1): mitmproxy 11's library unpacks nothing without it.
    assert packed[4] >> 5


def test_the_times_of_pieces() -> None:
    assert pack_pieces(()) is None
    assert unpack_pieces(None) == ()
    assert unpack_pieces(pack_pieces([(120, 0), (180, 57)])) == ((120, 0), (180, 57))


def test_threads_do_not_get_each_others_bodies() -> None:
    wrong: list[bytes] = []

    def pack_some(mark: bytes) -> None:
        bodies = [mark * place for place in range(200, 2000, 10)]
        wrong.extend(body for body in bodies if unpack(pack(body)) != body)

    threads = [threading.Thread(target=pack_some, args=(mark,)) for mark in (b"a", b"bc", b"def", b"ghij")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
