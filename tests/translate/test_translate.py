"""The two halves together: lanes, strictness, and shapes that a backend was not asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate import ClientFault, ReplyTranslator, Target, translate_request

HI = {"model": "alias", "messages": [{"role": "user", "content": "hi"}]}
CLAUDE = Target("anthropic", "claude-sonnet-4-5")
OPENAI = Target("openai", "gpt-x", credential="k")
MESSAGE = {
    "type": "message",
    "content": [{"type": "text", "text": "né"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 2},
}


def translate(target: Target, dialect: str = "chat", **fields: Any) -> Any:
    return translate_request(dialect, json.dumps(HI | fields).encode(), target)


def test_the_same_dialect_keeps_the_bytes() -> None:
    body = b'{ "model": "alias", "x": 1.50, "messages": [{"role":"user","content":"\\u00e9"}] }'
    sent = translate_request("chat", body, OPENAI).upstream.body
    assert b"1.50" in sent
    assert b"\\u00e9" in sent
    assert json.loads(sent)["model"] == "gpt-x"
    same = translate_request("chat", body.replace(b"alias", b"gpt-x"), OPENAI).upstream.body
    assert same == body.replace(b"alias", b"gpt-x")


def test_usage_is_asked_for_and_kept_from_a_client_that_did_not() -> None:
    translation = translate(OPENAI, stream=True)
    assert json.loads(translation.upstream.body)["stream_options"] == {"include_usage": True}
    reply = ReplyTranslator(translation, "chatcmpl-1", 7)
    reply.start(200, {})
    chunk = {"id": "u", "choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": "stop"}]}
    usage = {"id": "u", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}
    output = b"".join(reply.feed(b"data: %s\n\n" % json.dumps(value).encode()) for value in (chunk, usage))
    output += reply.feed(b"data: [DONE]\n\n") + reply.finish()
    assert b"usage" not in output
    assert reply.usage is not None
    assert reply.usage.prompt_tokens == 3


@pytest.mark.parametrize(
    ("fields", "options"),
    [
        ({"stream": True}, {"include_usage": True}),
        (
            {"stream": True, "stream_options": {"include_usage": False, "include_obfuscation": False}},
            {"include_usage": True, "include_obfuscation": False},
        ),
        ({}, None),
    ],
)
def test_a_stream_of_completions_is_asked_for_its_usage_too(fields: dict[str, Any], options: Any) -> None:
    body = json.dumps({"model": "m", "prompt": [1, 2], **fields}).encode()
    sent = json.loads(translate_request("completions", body, OPENAI).upstream.body)
    assert sent.get("stream_options") == options
    assert (sent["model"], sent["prompt"]) == ("gpt-x", [1, 2])


def test_strict_refuses_what_is_lost_and_not_what_is_renamed() -> None:
    strict = Target("anthropic", "claude-sonnet-4-5", strict=True)
    with pytest.raises(ClientFault) as caught:
        translate(strict, seed=3)
    assert (caught.value.status, caught.value.param) == (400, "seed")
    assert translate(Target("mistral", "m", strict=True), seed=3).losses[0].what == "renamed"


@pytest.mark.parametrize(
    ("target", "dialect"),
    [
        (CLAUDE, "embeddings"),
        (OPENAI, "messages"),
    ],
)
def test_an_api_that_cannot_be_translated_is_told(target: Target, dialect: str) -> None:
    with pytest.raises(ClientFault) as caught:
        translate(target, dialect, input="x")
    assert (caught.value.status, caught.value.code) == (404, "unsupported_api")


@pytest.mark.parametrize("stream", [False, True])
def test_a_backend_may_answer_in_the_other_shape(stream: bool) -> None:
    reply = ReplyTranslator(translate(CLAUDE, stream=stream), "chatcmpl-1", 7)
    assert reply.start(200, {}).streaming is stream
    whole = json.dumps(MESSAGE).encode()
    if stream:
        output = reply.feed(whole[:20]) + reply.feed(whole[20:]) + reply.finish()
        assert '"content":"né"'.encode() in output
        assert output.endswith(b"data: [DONE]\n\n")
    else:
        natives = [
            {"type": "message_start", "message": {"usage": {"input_tokens": 3}}},
            {"type": "content_block_start", "index": 0, "content_block": MESSAGE["content"][0]},  # type: ignore[index]
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
            {"type": "message_stop"},
        ]
        body = json.loads(reply.whole(b"".join(b"data: %s\n\n" % json.dumps(native).encode() for native in natives)))
        assert body["choices"][0]["message"]["content"] == "né"
    assert reply.failure is None


@pytest.mark.parametrize("body", [b"<html>no</html>", b"", b"\n"])
@pytest.mark.parametrize("provider", ["anthropic", "gemini", "openai"])
def test_a_whole_body_that_is_neither_shape_says_so(provider: str, body: bytes) -> None:
    reply = ReplyTranslator(translate(Target(provider, "m")), "chatcmpl-1", 7)
    reply.start(200, {})
    assert json.loads(reply.whole(body))["error"]["code"] == "bad_upstream_reply"
    assert reply.status == 502


def test_an_error_inside_a_200_gets_the_status_it_deserves() -> None:
    reply = ReplyTranslator(translate(CLAUDE), "chatcmpl-1", 7)
    reply.start(200, {})
    body = reply.whole(b'{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}')
    assert (reply.status, json.loads(body)["error"]["message"]) == (529, "Overloaded")


def test_c047_an_error_event_before_anything_was_given_leaves_the_reply_unopened() -> None:
    reply = ReplyTranslator(translate(CLAUDE, stream=True), "chatcmpl-1", 7)
    reply.start(200, {})
    output = reply.feed(
        b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}\n\n'
    )
    assert b'"message":"busy"' in output
    assert reply.failure is not None
    assert not reply.opened
