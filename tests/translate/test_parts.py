"""The lane of replies that come in parts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate import BackendFailure, ReplyTranslator

from .embedding_wire import translate


def started(texts: int) -> ReplyTranslator:
    reply = ReplyTranslator(translate("gemini", "m", ["a"] * texts), "", 7)
    assert reply.start(200, {}).streaming is False
    return reply


def part(texts: int) -> bytes:
    return json.dumps({"embeddings": [{"values": [1.0]}] * texts}).encode()


def test_each_part_but_the_last_is_kept() -> None:
    reply = started(201)
    assert reply.next_part == 1
    reply.keep_part(part(100))
    assert reply.next_part == 2
    reply.keep_part(part(100))
    assert reply.next_part == 0
    assert not reply.opened
    assert len(json.loads(reply.whole(part(1)))["data"]) == 201
    assert reply.failure is None


@pytest.mark.parametrize("native", [b"", b"{}", b'{"embeddings": 1}'])
def test_a_part_that_is_none_fails_the_whole(native: bytes) -> None:
    reply = started(101)
    with pytest.raises(BackendFailure) as raised:
        reply.keep_part(native)
    assert (raised.value.status, raised.value.code) == (502, "bad_upstream_reply")
    assert reply.failure is raised.value


@pytest.mark.parametrize("counts", [(99, 1), (100, 2), (101, 1)])
def test_a_part_with_too_few_or_too_many_fails_the_whole(counts: tuple[int, int]) -> None:
    reply = started(101)
    reply.keep_part(part(counts[0]))
    reply.start(200, {})
    error = json.loads(reply.whole(part(counts[1])))["error"]
    assert (reply.status, error["code"]) == (502, "bad_upstream_reply")


def test_an_error_of_a_later_part_is_the_answer() -> None:
    reply = started(101)
    reply.keep_part(part(100))
    reply.start(429, {"retry-after": "3"})
    error = json.loads(reply.whole(b'{"error": {"code": 429, "message": "slow", "status": "RESOURCE_EXHAUSTED"}}'))
    assert (reply.status, error["error"]["message"], reply.headers) == (429, "slow", {"retry-after": "3"})


@pytest.mark.parametrize(("broken", "found"), [("", "data"), ("gone", "error")])
def test_a_body_in_pieces_goes_on_at_its_end(broken: str, found: str) -> None:
    reply = started(1)
    native: Any = part(1)
    assert reply.feed(native[:9]) + reply.feed(native[9:]) == b""
    assert found in json.loads(reply.finish(broken))
