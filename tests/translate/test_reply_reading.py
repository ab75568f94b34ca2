"""Clients' replies read back: each dialect, whole and streamed, cut anyhow, and what is no reply at all."""

from __future__ import annotations

import json

import pytest

from proapi_translate import (
    EVENT_STREAM,
    READABLE,
    Context,
    ReplyReader,
    ReplyTranslator,
    Target,
    event_splitter,
    translate_request,
)

TOOL = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}
ANTHROPIC = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude",
    "content": [
        {"type": "thinking", "thinking": "hm, weather", "signature": "c2ln"},
        {"type": "text", "text": "Let me **see** 世界."},
        {"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": {"city": "Oslo"}},
    ],
    "stop_reason": "tool_use",
    "usage": {"input_tokens": 7, "output_tokens": 5},
}


def asked(dialect: str, *, stream: bool) -> bytes:
    bodies: dict[str, dict[str, object]] = {
        "chat": {"messages": [{"role": "user", "content": "hi"}], "tools": [TOOL]},
        "responses": {"input": "hi", "tools": [{"type": "function", "name": "look_up", "parameters": {}}]},
        "completions": {"prompt": "hi"},
    }
    return json.dumps({"model": "m", "stream": stream, **bodies[dialect]}).encode()


def client_reply(dialect: str, *, stream: bool) -> bytes:
    target = Target("anthropic", "claude", options={"api_key": "sk-test"})
    translation = translate_request(dialect, asked(dialect, stream=stream), target, Context())
    reply = ReplyTranslator(translation, "id-1", 1)
    if reply.start(200, {}).streaming:
        return reply.feed(json.dumps(ANTHROPIC).encode()) + reply.finish()
    return reply.whole(json.dumps(ANTHROPIC).encode())


@pytest.mark.parametrize("step", [1, 7, 100_000])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("dialect", sorted(READABLE))
def test_what_a_client_got_is_read_back(dialect: str, stream: bool, step: int) -> None:
    body = client_reply(dialect, stream=stream)
    reader = ReplyReader(dialect)
    said = [piece for start in range(0, len(body), step) for piece in reader.feed(body[start : start + step])]
    said += reader.finish()
    reply = reader.reply
    assert not reply.failure
    assert "Let me **see** 世界." in [part.text for part in reply.parts if part.kind == "text"]
    if dialect != "completions":  # it has no word for the other two
        (call,) = (part for part in reply.parts if part.kind == "tool_call")
        assert (call.name, json.loads(call.text), call.id) == ("look_up", {"city": "Oslo"}, "toolu_1")
        assert "hm, weather" in [part.text for part in reply.parts if part.kind == "thinking"]
    for place, part in enumerate(reply.parts):
        assert "".join(piece.text for piece in said if piece.part == place) == part.text
    assert len(reply.finish_reasons) == 1


@pytest.mark.parametrize("dialect", sorted(READABLE))
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"choices": 7}', b"data: {\n\ndata: 1\n\n", b"\xff\xfe<script>", b'data: {"choices":[7]}\n\n'],
)
def test_garbage_is_a_failure_in_words(dialect: str, body: bytes) -> None:
    reader = ReplyReader(dialect)
    reader.feed(body)
    reader.finish()
    assert reader.reply.failure


@pytest.mark.parametrize("dialect", sorted(READABLE))
def test_an_error_is_told(dialect: str) -> None:
    reader = ReplyReader(dialect)
    reader.feed(b'{"error": {"message": "slow down", "type": "rate_limit", "code": null, "param": null}}')
    reader.finish()
    assert "slow down" in reader.reply.failure


def test_a_cut_stream_keeps_what_came() -> None:
    body = client_reply("chat", stream=True)
    reader = ReplyReader("chat")
    reader.feed(body[: body.index("世界".encode()) + 20])
    reader.finish()
    assert reader.reply.failure
    assert reader.reply.parts[0].text.startswith("hm")


def test_two_choices_stay_apart() -> None:
    reader = ReplyReader("completions")
    for index, text in ((0, "a"), (1, "b"), (0, "A")):
        event = {"id": "c", "object": "text_completion", "choices": [{"index": index, "text": text}]}
        reader.feed(f"data: {json.dumps(event)}\n\n".encode())
    reader.finish()
    assert [(part.choice, part.text) for part in reader.reply.parts] == [(0, "aA"), (1, "b")]


def test_streams_are_cut_into_events() -> None:
    splitter = event_splitter("text/event-stream; charset=utf-8")
    events = [*splitter.feed(b"event: a\ndata: 1\n\nda"), *splitter.feed(b"ta: 2"), *splitter.finish()]
    assert events == [("a", b"1"), ("", b"2")]
    (fault,) = event_splitter(EVENT_STREAM).feed(b"no frames at all, none whatsoever")
    assert fault[0] == "framing-fault"
