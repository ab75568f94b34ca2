"""What the first bytes of a connection say about it."""

from __future__ import annotations

import ssl

import pytest

from addons.doors import may_be_client_hello


def real_hello() -> bytes:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="api.openai.com")
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    return outgoing.read()


def test_a_hello_is_one_from_its_third_byte_on() -> None:
    hello = real_hello()
    assert [size for size in range(len(hello) + 1) if not may_be_client_hello(hello[:size])] == [0, 1, 2]


NO_HELLO = {
    "plain HTTP": b"GET / HTTP/1.1\r\n\r\n",
    "another record": b"\x17\x03\x03\x00\x01\x00",
    "another handshake message": b"\x16\x03\x01\x02\x00\x00\x01\x02\x03",
    "a hello that breaks off inside": b"\x16\x03\x01\x00\x10\x01\x00\x00\x0c" + b"\xff" * 12,
    "a second record that is no handshake": b"\x16\x03\x01\x00\x04\x01\x00\x01\x00\x17\x03\x03\x00\x01\x00",
}


@pytest.mark.parametrize("kind", NO_HELLO)
def test_what_is_no_hello_is_told_apart(kind: str) -> None:
    assert not may_be_client_hello(NO_HELLO[kind])
