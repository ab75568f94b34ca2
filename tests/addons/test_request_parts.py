"""A part's reply: kept at its end, a failure where it cannot be read or grows too long."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from mitmproxy import http

from addons.attempt import Attempt
from addons.exchange import Sent
from addons.request_parts import PART_LIMIT_BYTES, hold_part, take_part
from proapi_translate import ReplyTranslator, Target, translate_request

PART = json.dumps({"embeddings": [{"values": [1.0]}] * 100}).encode()


def reply_in_two_parts() -> ReplyTranslator:
    body = json.dumps({"model": "m", "input": ["a"] * 101}).encode()
    reply = ReplyTranslator(translate_request("embeddings", body, Target("gemini", "m")), "", 7)
    reply.start(200, {})
    return reply


def take(pieces: list[bytes], *, ended: bool = True, encoding: str = "") -> tuple[Any, Sent, ReplyTranslator]:
    candidate: Any = None
    sent, reply, attempt = Sent(candidate), reply_in_two_parts(), Attempt(held=pieces, ended=ended)
    response = http.Response.make(200, b"", {"content-encoding": encoding} if encoding else {})
    return take_part(response, sent, reply, attempt), sent, reply


def test_a_part_is_held_whatever_its_length() -> None:
    attempt = Attempt()
    hold_part(attempt)
    assert (attempt.hold, attempt.hold_whole, attempt.hold_limit_bytes) == (True, True, PART_LIMIT_BYTES)


@pytest.mark.parametrize(("body", "encoding"), [(PART, ""), (gzip.compress(PART), "gzip")], ids=["plain", "gzip"])
def test_a_whole_part_is_kept_and_the_next_one_due(body: bytes, encoding: str) -> None:
    failure, sent, reply = take([body[:9], body[9:]], encoding=encoding)
    assert (failure, sent.part_due, reply.next_part) == (None, 1, 0)


@pytest.mark.parametrize(
    ("pieces", "encoding"), [([b"<html>"], ""), ([], ""), ([b"no gzip"], "gzip")]
)
def test_what_cannot_be_read_is_a_failure(pieces: list[bytes], encoding: str) -> None:
    failure, sent, _ = take(pieces, encoding=encoding)
    assert (failure.status, failure.code, sent.part_due) == (502, "bad_upstream_reply", 0)


def test_a_part_that_is_too_long_is_a_failure() -> None:
    failure, sent, reply = take([PART[:9]], ended=False)
    assert "too long" in failure.message
    assert (sent.part_due, reply.next_part) == (0, 1)
