"""Public bug reports on Claude's replies, each by its number: native bytes in, what the client gets out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate import ClientFault, ReplyTranslator, Target, translate_request

from ...recorded import case_input, needs_cases

contract = pytest.importorskip("tests.translate.chat_contract", reason="the openai package is not installed here")

pytestmark = needs_cases
HI: dict[str, Any] = {"messages": [{"role": "user", "content": "hi"}]}
SCHEMA_FORMAT = {"type": "json_schema", "json_schema": {"name": "pick", "schema": {"type": "object"}}}


def reply_to(request: dict[str, Any], *, stream: bool, model: str = "claude-sonnet-4-5") -> ReplyTranslator:
    body = json.dumps({**request, "model": "asked", "stream": stream}).encode()
    return ReplyTranslator(translate_request("chat", body, Target("anthropic", model)), "chatcmpl-1", 7)


def streamed(native: bytes, request: dict[str, Any] = HI, **target: str) -> bytes:
    """What the client gets, the same for every cut."""
    outputs = []
    for size in (0, 1, 7):
        reply = reply_to(request, stream=True, **target)
        outputs.append(contract.feed_in_pieces(reply.feed, native, size) + reply.finish())
    assert outputs[1:] == outputs[:1] * 2
    return outputs[0]


def chunks_of(native: str, request: dict[str, Any] = HI, **target: str) -> list[dict[str, Any]]:
    include_usage = bool((request.get("stream_options") or {}).get("include_usage"))
    stream = streamed(native.encode(), request, **target)
    return list(contract.check_chat_stream(stream, model="asked", include_usage=include_usage))


def whole(message: dict[str, Any], request: dict[str, Any] = HI, **target: str) -> dict[str, Any]:
    body = json.loads(reply_to(request, stream=False, **target).whole(json.dumps(message).encode()))
    contract.check_completion(body, model="asked")
    return dict(body["choices"][0])


def sent(request: dict[str, Any], model: str) -> dict[str, Any]:
    body = json.dumps({**request, "model": "asked"}).encode()
    written: dict[str, Any] = json.loads(translate_request("chat", body, Target("anthropic", model)).upstream.body)
    return written


def message(*blocks: dict[str, Any], stop_reason: str | None = "end_turn") -> dict[str, Any]:
    usage = {"input_tokens": 5, "output_tokens": 6}
    return {"id": "m", "type": "message", "content": list(blocks), "stop_reason": stop_reason, "usage": usage}


def answer_events(*deltas: dict[str, Any], stop_reason: str | None = "end_turn") -> str:
    """The events of a plain answer with these deltas of its text."""
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 3}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": stop_reason}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ]
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events)


def say(text: str) -> dict[str, Any]:
    return {"type": "text_delta", "text": text}


def test_C001_calls_are_numbered_by_themselves() -> None:
    case = case_input("C001")
    chunks = chunks_of(case["upstream_sse"], case["client_request"])
    assert contract.calls_of(chunks) == [
        ("toolu_A1", "tide_at", '{"port":"Brest"}'),
        ("toolu_B2", "tide_at", '{"port":"Cork"}'),
    ]
    pieces = [call for chunk in chunks for call in chunk["choices"][0]["delta"].get("tool_calls", ())]
    assert [(call["index"], call["type"]) for call in pieces if "id" in call] == [(0, "function"), (1, "function")]
    assert (contract.joined(chunks, "content"), contract.finish_reasons(chunks)) == ("Checking.", ["tool_calls"])


@pytest.mark.parametrize(
    ("variant", "arguments"), [("a", "{}"), ("b", "{}"), ("c", '{"times":3}')]
)
def test_C002_a_call_without_arguments_is_an_empty_object(variant: str, arguments: str) -> None:
    case = case_input("C002")
    chunks = chunks_of(case[f"variant_{variant}_upstream_sse"], case["client_request"])
    assert contract.calls_of(chunks) == [("toolu_N1", "ring_bell", arguments)]


def test_C002_whole_and_in_the_history() -> None:
    case = case_input("C002")
    block = {"type": "tool_use", "id": "toolu_N1", "name": "ring_bell", "input": {}}
    choice = whole(message(block, stop_reason="tool_use"))
    assert choice["message"]["tool_calls"][0]["function"]["arguments"] == "{}"
    history = [*HI["messages"], case["variant_d_client_history"]]
    history.append({"role": "tool", "tool_call_id": "call_n1", "content": "ding"})
    messages = sent({"messages": history}, "claude-sonnet-4-5")["messages"]
    assert messages[1]["content"] == [{**block, "id": "call_n1"}]


def test_C005_a_thought_takes_no_calls_number() -> None:
    case = case_input("C005")
    chunks = chunks_of(case["upstream_sse"], case["client_request"])
    assert contract.calls_of(chunks) == [("toolu_W1", "weigh", '{"g":5}')]
    assert (contract.joined(chunks, "content"), contract.joined(chunks, "reasoning_content")) == ("", "use the scale")


def test_C023_the_schema_is_asked_for_by_each_models_own_means() -> None:
    case = case_input("C023")
    body = sent(case["client_request"], "claude-sonnet-4-5")
    wanted = case["client_request"]["response_format"]["json_schema"]["schema"]
    closed = {**wanted, "additionalProperties": False}
    closed["properties"] = {
        **wanted["properties"], "sub": {**wanted["properties"]["sub"], "additionalProperties": False}
    }  # fmt: skip
    assert body["output_config"]["format"] == {"type": "json_schema", "schema": closed}
    assert not {"response_format", "tools"} & body.keys()
    body = sent(case["client_request"], "claude-3-5-haiku-latest")
    (tool,) = body["tools"]
    assert (tool["input_schema"], body["tool_choice"]) == (wanted, {"type": "tool", "name": tool["name"]})


def test_C023_the_tool_that_stands_in_is_the_answer() -> None:
    answer = case_input("C023")["model_b_upstream"]
    answer["content"][0]["name"] = "pick"
    request = {**HI, "response_format": SCHEMA_FORMAT}
    choice = whole(answer, request, model="claude-3-5-haiku-latest")
    assert json.loads(choice["message"]["content"]) == {"id": 4, "sub": {"k": "z"}}
    assert (choice["finish_reason"], choice["message"].get("tool_calls")) == ("stop", None)
    pieces = ('{"id":4,', '"sub":{"k"', ':"z"}}')
    native = answer_events(*({"type": "input_json_delta", "partial_json": piece} for piece in pieces))
    opened = {"type": "tool_use", "id": "toolu_J", "name": "pick", "input": {}}
    native = native.replace('{"type": "text", "text": ""}', json.dumps(opened)).replace("end_turn", "tool_use")
    chunks = chunks_of(native, request, model="claude-3-5-haiku-latest")
    told = [piece for chunk in chunks if (piece := chunk["choices"][0]["delta"].get("content"))]
    assert told == list(pieces)
    assert (contract.calls_of(chunks), contract.finish_reasons(chunks)) == ([], ["stop"])


@pytest.mark.parametrize("number", range(5))
def test_C025_the_bytes_tell_the_type(number: int) -> None:
    url = case_input("C025")["image_urls"][number]
    kind = ["image/webp", "image/jpeg", "image/png", "image/png", None][number]
    request = {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]}
    if kind is None:
        with pytest.raises(ClientFault) as caught:
            sent(request, "claude-sonnet-4-5")
        assert (caught.value.status, caught.value.param) == (400, "messages.content")
    else:
        source = {"type": "base64", "media_type": kind, "data": url.partition("base64,")[2]}
        assert sent(request, "claude-sonnet-4-5")["messages"][0]["content"] == [{"type": "image", "source": source}]


def test_C032_prefill() -> None:
    case = case_input("C032")
    for model, roles in zip(case["models"], (["user", "assistant", "user"], ["user", "assistant"]), strict=True):
        messages = sent({"messages": case["client_messages"]}, model)["messages"]
        assert [message["role"] for message in messages] == roles
        assert messages[1]["content"] == [{"type": "text", "text": "{"}]
        assert messages[0]["content"] in ("List JSON", [{"type": "text", "text": "List JSON"}])
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    history = [*HI["messages"], {"role": "assistant", "content": None, "tool_calls": [call]}]
    history.append({"role": "tool", "tool_call_id": "c", "content": "x"})
    messages = sent({"messages": history}, case["models"][0])["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    assert [block["type"] for block in messages[2]["content"]] == ["tool_result"]


def test_C034_a_forced_tool_and_a_small_limit_win_over_the_effort() -> None:
    body = sent(case_input("C034")["client_request"], "claude-sonnet-4-5")
    assert not {"thinking", "reasoning_effort"} & body.keys()
    assert (body["temperature"], body["top_k"], body["max_tokens"]) == (0.3, 5, 600)
    assert body["tool_choice"] == {"type": "any"}


@pytest.mark.parametrize("place", [0, 1, 2])
def test_C038_usage_only_where_it_was_asked_for(place: int) -> None:
    case = case_input("C038")
    chunks = chunks_of(case["upstream_sse"], {**HI, **case["requests"][place]})
    told = [chunk["usage"] for chunk in chunks if chunk.get("usage")]
    counts = [[usage[f"{name}_tokens"] for name in ("prompt", "completion", "total")] for usage in told]
    assert counts == ([[13, 5, 18]] if place == 0 else [])
    assert [bool(chunk["choices"]) for chunk in chunks] == [True] * (len(chunks) - len(told)) + [False] * len(told)


def test_C044_every_stop_reason() -> None:
    raw = [*case_input("C044")["anthropic_stop_reasons"], None]
    expected = ["stop", "stop", "tool_calls", "length", "length", "content_filter", "stop", "stop", "stop"]
    call = {"type": "tool_use", "id": "c", "name": "f", "input": {}}
    for reason, word in zip(raw, expected, strict=True):
        blocks = [{"type": "text", "text": "par"}, *([call] if reason == "tool_use" else [])]
        choice = whole(message(*blocks, stop_reason=reason))
        assert (choice["finish_reason"], choice["message"]["content"]) == (word, "par")
        if reason != "tool_use":
            chunks = chunks_of(answer_events(say("par"), stop_reason=reason))
            assert (contract.finish_reasons(chunks), contract.joined(chunks, "content")) == ([word], "par")


def test_C047_a_cut_call_is_no_call() -> None:
    values = contract.check_failed_stream(streamed(case_input("C047")["a_anthropic_then_tcp_close"].encode()))
    assert contract.finish_reasons(values[:-1]) == []
    assert "ended before" in values[-1]["error"]["message"]


def test_C049_errors_keep_their_status_and_message() -> None:
    for upstream in case_input("C049")["upstream"]:
        reply = reply_to(HI, stream=True)
        head = reply.start(upstream["status"], upstream.get("headers", {}))
        error = json.loads(reply.whole(json.dumps(upstream["body"]).encode()))["error"]
        assert (head.streaming, reply.status) == (False, upstream["status"])
        assert set(error) == {"message", "type", "param", "code"}
        assert error["message"] == upstream["body"]["error"]["message"]
        assert reply.headers.get("retry-after") == upstream.get("headers", {}).get("retry-after")


def test_C052_characters_may_be_cut_anywhere() -> None:
    native = answer_events(say("Größe 渋"), say("谷 🚲"))
    assert contract.joined(chunks_of(native), "content") == "Größe 渋谷 🚲"


def test_C053_a_lost_blank_line_at_the_end_and_a_relays_end_mark() -> None:
    native = answer_events(say("A"), say("B"))
    for ending in (native.rstrip("\n"), native.rstrip("\n") + "\n", native + "data: [DONE]\n\ndata: [DONE]\n\n"):
        chunks = chunks_of(ending)
        assert (contract.joined(chunks, "content"), contract.finish_reasons(chunks)) == ("AB", ["stop"])
