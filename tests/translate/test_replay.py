"""A reply that is given once more: in whatever form it came, in whatever form it is wanted, as a new reply."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from proapi_translate import ReplyTranslator, Target, translate_request

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
OLD_ID, OLD_TIME = "up-1", 5
NEW_ID, NEW_TIME = "new-1", 1_764_000_000
PROMPTS: dict[str, dict[str, Any]] = {
    "chat": {"messages": [{"role": "user", "content": "hi"}], "stream_options": {"include_usage": True}},
    "completions": {"prompt": "hi"},
    "responses": {"input": "hi"},
}


def sse(*events: dict[str, Any]) -> bytes:
    return b"".join(b"data: %s\n\n" % json.dumps(event).encode() for event in events)


def _chat(choice: dict[str, Any], **fields: Any) -> dict[str, Any]:
    told = {"id": OLD_ID, "object": "chat.completion", "created": OLD_TIME, "model": "up"}
    return {**told, "choices": [{"index": 0, "finish_reason": None, **choice}], **fields}


def _text(text: str, reason: str | None, **fields: Any) -> dict[str, Any]:
    choice = {"index": 0, "text": text, "finish_reason": reason, "logprobs": None}
    told = {"id": OLD_ID, "object": "text_completion", "created": OLD_TIME, "model": "up"}
    return {**told, "choices": [choice], **fields}


RESPONSE = {
    "id": OLD_ID, "object": "response", "created_at": OLD_TIME, "completed_at": OLD_TIME, "status": "completed",
    "model": "up", "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5},
    "output": [{"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "text": "yes", "annotations": []}]}],
}  # fmt: skip
MESSAGE = {"role": "assistant", "content": "yes"}
WHOLE = {
    "chat": json.dumps(_chat({"message": MESSAGE, "finish_reason": "stop"}, usage=USAGE)).encode(),
    "completions": json.dumps(_text("yes", "stop", usage=USAGE)).encode(),
    "responses": json.dumps(RESPONSE).encode(),
}
STREAM = {
    "chat": sse(
        _chat({"delta": MESSAGE}), _chat({"delta": {}, "finish_reason": "stop"}),
        {**_chat({}, usage=USAGE), "choices": []},
    ) + b"data: [DONE]\n\n",
    "completions": sse(_text("ye", None), _text("s", "stop", usage=USAGE)) + b"data: [DONE]\n\n",
    "responses": sse(
        {"type": "response.created", "sequence_number": 0, "response": {**RESPONSE, "status": "in_progress"}},
        {"type": "response.completed", "sequence_number": 1, "response": RESPONSE},
    ),
}  # fmt: skip


def replay(dialect: str, stored: bytes, *, stream: bool, client: str = "") -> tuple[ReplyTranslator, bytes]:
    body = {"model": "asked", "stream": stream, **PROMPTS[client or dialect]}
    target = Target("openai", "up", options={"api": dialect} if dialect in ("chat", "responses") else {})
    translation = translate_request(client or dialect, json.dumps(body).encode(), target)
    reply = ReplyTranslator(translation, NEW_ID, NEW_TIME, is_replay=True)
    head = reply.start(200, {})
    return reply, reply.feed(stored) + reply.finish() if head.streaming else reply.whole(stored)


def objects(body: bytes, *, stream: bool) -> list[dict[str, Any]]:
    if not stream:
        return [json.loads(body)]
    lines = [line.removeprefix(b"data: ") for line in body.splitlines() if line.startswith(b"data: {")]
    events = [json.loads(line) for line in lines]
    return [event.get("response", event) for event in events]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("stored", [WHOLE, STREAM], ids=["of a whole one", "of a stream"])
@pytest.mark.parametrize("dialect", PROMPTS)
def test_it_is_a_new_reply_that_says_the_same(dialect: str, stored: Mapping[str, bytes], stream: bool) -> None:
    reply, body = replay(dialect, stored[dialect], stream=stream)
    assert (reply.failure, reply.finish_reason) == (None, "stop")
    assert reply.usage is not None
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (3, 2)
    told = objects(body, stream=stream)
    assert {each["id"] for each in told} == {NEW_ID}
    assert {each.get("created", each.get("created_at")) for each in told} == {NEW_TIME}
    assert {each["model"] for each in told} == {"asked"}
    assert (b'"ye' in body) is True
    assert OLD_ID.encode() not in body
    if dialect == "responses":
        assert told[-1]["completed_at"] == NEW_TIME
        assert reply.response_object is not None
        assert reply.response_object["id"] == NEW_ID


def test_without_a_replay_the_backends_own_id_stays() -> None:
    translation = translate_request("chat", b'{"model": "m", "messages": []}', Target("openai", "up"))
    reply = ReplyTranslator(translation, NEW_ID, NEW_TIME)
    reply.start(200, {})
    assert json.loads(reply.whole(WHOLE["chat"]))["id"] == OLD_ID


def test_the_listener_is_told_all_that_comes_part_by_part() -> None:
    told: list[Any] = []

    class Listener:
        begin = staticmethod(told.append)
        take = staticmethod(told.append)

    texts = json.dumps({"model": "m", "input": [str(number) for number in range(100)]}).encode()
    reply = ReplyTranslator(translate_request("embeddings", texts, Target("cohere", "embed-v4.0")), NEW_ID, NEW_TIME)
    reply.listener = Listener()
    parts = [json.dumps({"embeddings": {"float": [[0.5]] * count}}).encode() for count in (96, 4)]
    reply.start(200, {"X-One": "1"})
    assert reply.next_part == 1
    reply.keep_part(parts[0])
    reply.start(200, {"X-Two": "2"})
    reply.whole(parts[1])
    assert told == [{"x-one": "1"}, parts[0], {"x-two": "2"}, parts[1]]
