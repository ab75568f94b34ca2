"""The assembled message: text, thoughts, calls, citations, vectors; its pace; and what is no message."""

from __future__ import annotations

import json

import pytest

from admin.flow_xray.message import Vectors, read_message, read_vectors
from tests.admin.bodies import body, in_pieces
from tests.end_to_end.configs import chat_chunk, chat_end, chat_reply


def test_a_stream_with_its_pace() -> None:
    reply = in_pieces(
        (100, chat_chunk("Hello **wor")), (250, chat_chunk("ld**") + chat_chunk(" <b>")), (400, chat_end())
    )
    message = read_message("chat", reply)
    assert message is not None
    (part,) = message.parts
    assert (part.kind, part.text) == ("text", "Hello **world** <b>")
    assert str(part.html) == "<p>Hello <strong>world</strong> &lt;b&gt;</p>\n"
    assert message.pace == [(100, 0, "Hello **wor"), (250, 0, "ld**"), (250, 0, " <b>")]
    assert (message.finish_reasons, message.failure) == (("stop",), "")


def test_a_whole_reply_with_a_call_and_a_citation() -> None:
    reply = chat_reply("see [1]")
    call = {"id": "c1", "type": "function", "function": {"name": "look_up", "arguments": '{"city":"Oslo"}'}}
    cited = [
        {"type": "url_citation", "url_citation": {"url": url, "title": title, "start_index": 0, "end_index": 3}}
        for url, title in (("https://a.example/x", "A"), ("javascript:alert(1)", ""))
    ]
    reply["choices"][0]["message"] |= {"tool_calls": [call], "annotations": cited, "reasoning_content": "hm"}  # type: ignore[index]
    message = read_message("chat", body(json.dumps(reply).encode()))
    assert message is not None
    assert {part.kind: part.text for part in message.parts} == {
        "thinking": "hm", "text": "see [1]", "tool_call": '{\n  "city": "Oslo"\n}',
    }  # fmt: skip
    text, call_part = (next(part for part in message.parts if part.kind == kind) for kind in ("text", "tool_call"))
    assert [(each.title, each.address) for each in text.citations] == [
        ("A", "https://a.example/x"), ("javascript:alert(1)", ""),
    ]  # fmt: skip
    assert (call_part.name, call_part.id, call_part.html) == ("look_up", "c1", None)
    assert message.pace == ()


@pytest.mark.parametrize(
    "data", [b"\xff\xfe\0garbage", b"{}", b'data: {"choices": [{"delta": {"content": "half"}}]}\n\nda']
)
def test_what_is_broken_says_so(data: bytes) -> None:
    message = read_message("chat", body(data))
    assert message is not None
    assert message.failure


def test_where_there_is_no_message() -> None:
    assert read_message("images", body(b"{}")) is None
    assert read_message("chat", body(b"")) is None


def test_giants_are_bounded() -> None:
    reply = in_pieces(*((ms, chat_chunk("x" * 1000)) for ms in range(400)), (500, chat_end()))
    message = read_message("chat", reply)
    assert message is not None
    assert len(message.parts[0].text) < 110_000
    assert message.pace == ()


def test_vectors() -> None:
    floats = body(json.dumps({"data": [{"embedding": [0.1] * 8}] * 3}).encode())
    packed = body(json.dumps({"data": [{"embedding": "AAAA"}]}).encode())
    assert read_vectors("embeddings", floats) == Vectors(3, 8)
    assert read_vectors("embeddings", packed) == Vectors(1, 0)
    for data in (b"{}", b"[]", b"{", b'{"data": [1]}', b'{"data": 7}'):
        assert read_vectors("embeddings", body(data)) is None
    assert read_vectors("chat", floats) is None
