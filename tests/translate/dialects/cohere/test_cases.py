"""Public bug reports that touch Cohere, from a chat client's request to its reply. The ids are those of the reports."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate import ClientFault, ReplyTranslator, Target, Translation, translate_request
from tests.translate.recorded import case_input, needs_cases

from .wire import COMMAND, TOOL, text_stream

TARGET = Target("cohere", COMMAND, credential="co-key")


def translate(body: dict[str, Any]) -> Translation:
    return translate_request("chat", json.dumps({"model": "asked", **body}).encode(), TARGET)


def sent(body: dict[str, Any]) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(translate(body).upstream.body)
    return value


def ask(stream: bool = True, **fields: Any) -> ReplyTranslator:
    body = {"messages": [{"role": "user", "content": "go"}], "stream": stream, **fields}
    return ReplyTranslator(translate(body), "chatcmpl-x", 1)


def chunks_of(wire: bytes, **fields: Any) -> list[dict[str, Any]]:
    """The chunks that a client gets; the end mark is checked and left out."""
    reply = ask(**fields)
    reply.start(200, {})
    lines = (reply.feed(wire) + reply.finish()).decode().split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""]
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]


@needs_cases
@pytest.mark.parametrize(
    ("choice", "sent_choice"),
    [
        ("required", "REQUIRED"),
        ("auto", None),
        ("none", "NONE"),
        ({"type": "function", "function": {"name": "f"}}, "REQUIRED"),
    ],
)
def test_C076_request(choice: Any, sent_choice: str | None) -> None:
    body = sent(case_input("C076")["client_request"] | {"tool_choice": choice})
    assert body.get("tool_choice") == sent_choice
    assert [tool["function"]["name"] for tool in body["tools"]] == ["f"]
    assert body["p"] == 0.5
    assert body["stop_sequences"] == ["X"]
    assert not {"top_p", "stop"} & body.keys()
    assert all(message.get("content", "") is not None for message in body["messages"])


@needs_cases
def test_C076_stream() -> None:
    case = case_input("C076")
    asked = case["client_request"] | {"stream_options": {"include_usage": True}}
    chunks = chunks_of(case["upstream_sse"].encode(), **asked)
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    assert "".join(delta.get("content") or "" for delta in deltas) == ""
    assert "".join(delta.get("reasoning_content") or "" for delta in deltas) == "I will call f"
    calls = [call for delta in deltas for call in delta.get("tool_calls", ())]
    assert {call["index"] for call in calls} == {0}
    assert [(call["id"], call["function"]["name"]) for call in calls if "id" in call] == [("f_1", "f")]
    assert "".join(call["function"]["arguments"] for call in calls) == '{"n":2}'
    reasons = [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"]]
    assert [reason for reason in reasons if reason] == ["tool_calls"]
    usage = chunks[-1]["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (70, 11)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [("COMPLETE", "stop"), ("STOP_SEQUENCE", "stop"), ("MAX_TOKENS", "length"), ("TOOL_CALL", "tool_calls")],
)
def test_C044_finish_reasons_streamed_and_whole(raw: str, reason: str) -> None:
    call = {"id": "f_1", "function": {"name": "f", "arguments": "{}"}}
    message = {"content": [{"type": "text", "text": "x"}], **({"tool_calls": [call]} if reason == "tool_calls" else {})}
    reply = ask(stream=False)
    reply.start(200, {})
    whole = json.loads(reply.whole(json.dumps({"message": message, "finish_reason": raw}).encode()))
    assert whole["choices"][0]["finish_reason"] == reason
    if reason != "tool_calls":
        chunks = chunks_of(b"".join(text_stream("x", reason=raw)))
        assert chunks[-1]["choices"][0]["finish_reason"] == reason


@pytest.mark.parametrize(("raw", "status"), [("ERROR", 502), ("TIMEOUT", 504)])
def test_C044_failures_are_no_finished_messages(raw: str, status: int) -> None:
    reply = ask(stream=False)
    reply.start(200, {})
    error = json.loads(reply.whole(json.dumps({"message": {"content": []}, "finish_reason": raw}).encode()))["error"]
    assert (reply.status, set(error)) == (status, {"message", "type", "param", "code"})
    last = chunks_of(b"".join(text_stream("par", reason=raw)))
    assert "error" in last[-1]
    assert all(choice["finish_reason"] is None for chunk in last[:-1] for choice in chunk["choices"])


@pytest.mark.parametrize(
    ("options", "asked_for"), [({"include_usage": True}, True), (None, False), ({"include_usage": False}, False)]
)
def test_C038_usage_only_where_it_was_asked_for(options: Any, asked_for: bool) -> None:
    chunks = chunks_of(b"".join(text_stream("ok")), **({} if options is None else {"stream_options": options}))
    with_usage = [chunk for chunk in chunks if chunk.get("usage")]
    assert with_usage == ([chunks[-1]] if asked_for else [])
    assert [chunk for chunk in chunks if not chunk["choices"]] == with_usage
    if asked_for:
        usage = chunks[-1]["usage"]
        assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (70, 11, 81)
        assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert len({(chunk["id"], chunk["created"], chunk["model"], chunk["object"]) for chunk in chunks}) == 1
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"


@needs_cases
def test_C029_every_system_text_reaches_the_model() -> None:
    messages = sent({"messages": case_input("C029")["client_messages"]})["messages"]
    assert [message["role"] for message in messages] == ["system", "system", "user", "assistant", "system", "user"]
    assert [message["content"] for message in messages if message["role"] == "system"] == [
        "Be terse.", "Use metric.", "Now answer in French.",
    ]  # fmt: skip


@needs_cases
def test_C028_sound_is_refused_by_its_name() -> None:
    parts = case_input("C028")["parts"]
    for part in parts:
        with pytest.raises(ClientFault, match="input_audio") as caught:
            translate({"messages": [{"role": "user", "content": [part]}]})
        assert (caught.value.status, caught.value.type) == (400, "invalid_request_error")
    nameless = {"type": "input_audio", "input_audio": {"data": parts[0]["input_audio"]["data"]}}
    with pytest.raises(ClientFault) as caught:
        translate({"messages": [{"role": "user", "content": [nameless]}]})
    assert caught.value.status == 400


def test_C074_the_key_goes_to_cohere_and_nothing_of_the_client_does() -> None:
    headers = translate({"messages": [{"role": "user", "content": "go"}], "tools": [TOOL]}).upstream.headers
    assert headers["authorization"] == "Bearer co-key"
    assert headers.keys() == {"authorization", "content-type", "accept", "accept-encoding"}
