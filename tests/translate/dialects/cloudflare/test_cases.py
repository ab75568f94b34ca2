"""Public bug reports that touch Workers AI, and its one recording, from a chat client's request to its reply."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate import ReplyTranslator, Target, Translation, translate_request
from tests.translate.recorded import Recording, case_input, needs_cases, needs_recordings, recordings

MODEL = "@cf/meta/llama-3.1-8b-instruct"
RECORDED = [found for found in recordings("openai.chat.completions") if found.name.startswith("cloudflare/")]


def translate(body: dict[str, Any], **options: str) -> Translation:
    target = Target("cloudflare", MODEL, credential="cf-key", options={"account_id": "acc", **options})
    return translate_request("chat", json.dumps({"model": "asked", **body}).encode(), target)


def reply_for(*, stream: bool = False) -> ReplyTranslator:
    body = {"messages": [{"role": "user", "content": "go"}], "stream": stream}
    reply = ReplyTranslator(translate(body), "chatcmpl-x", 1)
    reply.start(200, {})
    return reply


def whole(name: str) -> tuple[int, dict[str, Any]]:
    reply = reply_for()
    body: dict[str, Any] = json.loads(reply.whole(json.dumps(case_input("C077")[name]).encode()))
    return reply.status, body


def stream_of(wire: bytes, size: int = 0) -> bytes:
    reply = reply_for(stream=True)
    size = size or len(wire)
    return b"".join(reply.feed(wire[at : at + size]) for at in range(0, len(wire), size)) + reply.finish()


def deltas_of(stream: bytes) -> tuple[list[dict[str, Any]], list[str]]:
    """(deltas, finish reasons) of a stream with exactly one end mark."""
    lines = stream.decode().split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""]
    choices = [choice for line in lines[:-2] for choice in json.loads(line[6:])["choices"]]
    return [choice["delta"] for choice in choices], [c["finish_reason"] for c in choices if c["finish_reason"]]


@needs_cases
@pytest.mark.parametrize(
    ("api", "path", "in_body"),
    [("run", f"/ai/run/{MODEL}", None), ("openai", "/ai/v1/chat/completions", MODEL)],
)
def test_C077_request(api: str, path: str, in_body: str | None) -> None:
    upstream = translate({"messages": case_input("C077")["client_messages"]}, api=api).upstream
    body = json.loads(upstream.body)
    assert body["messages"][1]["content"] == ""
    assert upstream.url == f"https://api.cloudflare.com/client/v4/accounts/acc{path}"
    assert body.get("model") == in_body


@needs_cases
def test_C077_replies() -> None:
    status, body = whole("native_reply")
    choice, usage = body["choices"][0], body["usage"]
    assert (status, choice["message"]["content"], choice["finish_reason"]) == (200, "hey", "stop")
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (3, 1, 4)


@needs_cases
def test_C077_tool_reply() -> None:
    _, body = whole("native_tool_reply")
    message = body["choices"][0]["message"]
    assert not message["content"]
    assert message["tool_calls"] == [
        {"id": "call_x_0", "type": "function", "function": {"name": "f", "arguments": '{"n":1}'}}
    ]
    assert body["choices"][0]["finish_reason"] == "tool_calls"


@needs_cases
def test_C077_failure_with_a_200() -> None:
    status, body = whole("failure_200")
    assert status >= 400
    assert body["error"].keys() == {"message", "type", "param", "code"}
    assert body["error"]["message"] == "No such model"


@needs_cases
def test_C077_stream() -> None:
    wire = case_input("C077")["native_stream"].encode()
    stream = stream_of(wire)
    deltas, reasons = deltas_of(stream)
    assert "".join(delta.get("content") or "" for delta in deltas) == "hey"
    assert reasons == ["stop"]
    assert {stream_of(wire, size) for size in (1, 7)} == {stream}


def test_C077_a_stream_without_its_end_mark_is_an_error() -> None:
    stream = stream_of(b'data: {"response":"he"}\n\n')
    assert b'"error"' in stream
    assert b'"finish_reason":"stop"' not in stream


@needs_recordings
@pytest.mark.parametrize("recording", RECORDED, ids=[found.name for found in RECORDED])
def test_the_recorded_stream_of_openais_shape_is_read_too(recording: Recording) -> None:
    natives = [json.loads(line[6:]) for line in recording.body.decode().splitlines() if line.startswith("data: {")]
    choices = [choice for native in natives for choice in native["choices"]]
    deltas, reasons = deltas_of(stream_of(recording.body))
    for key in ("content", "reasoning_content"):
        told = "".join(choice["delta"].get(key) or "" for choice in choices)
        assert "".join(delta.get(key) or "" for delta in deltas) == told
    wanted = [call for choice in choices for call in choice["delta"].get("tool_calls") or ()]
    found = [call for delta in deltas for call in delta.get("tool_calls") or ()]
    for read in (lambda call: call.get("id") or "", lambda call: call["function"].get("arguments") or ""):
        assert "".join(map(read, found)) == "".join(map(read, wanted))
    assert reasons == ["tool_calls"]
    assert {stream_of(recording.body, size) for size in (1, 7)} == {stream_of(recording.body)}


def test_C074_the_key_goes_to_cloudflare_and_nothing_of_the_client_does() -> None:
    headers = translate({"messages": [{"role": "user", "content": "go"}]}).upstream.headers
    assert headers["authorization"] == "Bearer cf-key"
    assert headers.keys() == {"authorization", "content-type", "accept", "accept-encoding"}
