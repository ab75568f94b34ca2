"""Bodies as texts: each kind, hostile characters, and bounds."""

from __future__ import annotations

import json

import pytest

from admin.flow_xray.body_text import SHOWN_CHARACTERS, Kind, hex_dump, printable, show_body
from proapi_translate import EVENT_STREAM
from tests.admin.bodies import body
from tests.translate.dialects.bedrock.wire import frame


@pytest.mark.parametrize(
    ("data", "content_type", "kind", "text"),
    [
        (b"", "application/json", Kind.EMPTY, ""),
        (b'{"b":1,"a":"\xe4\xb8\x96"}', "application/json", Kind.JSON, '{\n  "b": 1,\n  "a": "世"\n}'),
        (b" [1]", "", Kind.JSON, "[\n  1\n]"),
        (b"{broken", "application/json", Kind.TEXT, "{broken"),
        (b"data: {}\r\n\r\n", "text/event-stream; charset=utf-8", Kind.EVENTS, "data: {}\n\n"),
        (
            b"plain \xff one, and more of it",
            "text/plain",
            Kind.TEXT,
            "plain � one, and more of it",
        ),
        (b"\x89PNG\r\n\x1a\n\0\0", "image/png", Kind.BINARY, hex_dump(b"\x89PNG\r\n\x1a\n\0\0")),
        (bytes(range(128, 200)), "audio/mpeg", Kind.BINARY, hex_dump(bytes(range(128, 200)))),
    ],
)
def test_each_kind(data: bytes, content_type: str, kind: Kind, text: str) -> None:
    shown = show_body(body(data, content_type))
    assert (shown.kind, shown.text) == (kind, text)


def test_frames_of_bedrock_are_told_in_words() -> None:
    data = frame("messageStart", {"role": "assistant"}) + frame("contentBlockDelta", {"delta": {"text": "世"}})
    shown = show_body(body(data, EVENT_STREAM))
    assert shown.kind is Kind.EVENTS
    assert shown.text.splitlines() == [
        'messageStart: {"role": "assistant"}',
        'contentBlockDelta: {"delta": {"text": "世"}}',
    ]
    assert "framing-fault" in show_body(body(b"\1" * 40, EVENT_STREAM)).text


@pytest.mark.parametrize(
    "data",
    [
        json.dumps({"text": "x" * 3_000_000}).encode(),
        json.dumps({"vector": [0.5] * 200_000}).encode(),
        json.dumps(["word"] * 200_000).encode(),
        b"[" * 500_000,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b"x" * 3_000_000,
        b"\0" * 3_000_000,
    ],
)
def test_what_is_large_or_deep_is_bounded(data: bytes) -> None:
    shown = show_body(body(data))
    assert len(shown.text) <= SHOWN_CHARACTERS
    assert shown.is_shortened == (len(data) > 1000)


def test_a_limit_in_the_middle_of_a_character_is_forgiven() -> None:
    assert show_body(body("世界和平".encode()[:-1], "text/plain")).kind is Kind.TEXT


def test_nothing_misleading_stays() -> None:
    assert printable("a\0b\x1b[2J\u202eevil\ud800\t\n") == "a␀b␛[2J�evil?\t\n"
    shown = show_body(body(b'{"a": "\\u0000 \\u202e"}'))
    assert "\u202e" not in shown.text
    shown.text.encode()
