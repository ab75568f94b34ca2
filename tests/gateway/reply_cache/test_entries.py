"""Replies packed and unpacked, and the tape that hears them."""

from __future__ import annotations

import pytest

from proapi_gateway.reply_cache.entries import BadEntry, ReplyPart, ReplyTape, pack_reply, unpack_reply

PARTS = (ReplyPart({"x-amzn-bedrock-input-token-count": "3"}, b"\x00\xff"), ReplyPart({}, b""))


def test_packed_and_unpacked() -> None:
    assert unpack_reply(pack_reply(PARTS)) == PARTS


@pytest.mark.parametrize("data", [b"", b"no zstd", pack_reply(PARTS)[:-3]])
def test_what_is_none(data: bytes) -> None:
    with pytest.raises(BadEntry):
        unpack_reply(data)


def test_a_tape_keeps_each_part() -> None:
    tape = ReplyTape(100)
    tape.begin({"x-amzn-bedrock-input-token-count": "3", "set-cookie": "a=b"})
    tape.take(b"one ")
    tape.take(b"two")
    tape.begin({})
    tape.take(b"three")
    assert tape.parts() == (ReplyPart({"x-amzn-bedrock-input-token-count": "3"}, b"one two"), ReplyPart({}, b"three"))


def test_a_reply_that_is_too_long_leaves_nothing() -> None:
    tape = ReplyTape(5)
    tape.begin({})
    for _ in range(3):
        tape.take(b"abc")
    assert tape.parts() is None
    assert ReplyTape(5).parts() is None
