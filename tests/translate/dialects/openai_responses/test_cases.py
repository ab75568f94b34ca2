"""The public bug reports that concern the Responses API, each by its id (../shared/cases.jsonl)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate import ClientFault
from tests.translate.recorded import case_input, needs_cases
from tests.translate.responses_contract import check_failed_stream, check_stream, text_of

from .lanes import MODEL, losses, sent, streamed, translate, whole

pytestmark = needs_cases
SEALED = {"include": ["reasoning.encrypted_content"]}
GEMINI_OK = b'data: {"candidates":[{"content":{"parts":[{"text":"o"}]}}]}\n\n' + (
    b'data: {"candidates":[{"content":{"parts":[{"text":"k"}]},"finishReason":"STOP"}],'
    b'"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":2,"totalTokenCount":6}}\n\n'
)


def c067_streams() -> list[tuple[str, bytes]]:
    """The report's Claude stream, and the same answer from Gemini."""
    return [("anthropic", case_input("C067")["upstream_sse"].encode()), ("gemini", GEMINI_OK)]


def test_c067_the_whole_order_of_a_text() -> None:
    for provider, upstream in c067_streams():
        stream, _ = streamed(upstream, {"input": "say ok"}, provider)
        events = check_stream(stream, model=MODEL)
        assert [event["type"] for event in events] == [
            "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
            "response.output_text.delta", "response.output_text.delta", "response.output_text.done",
            "response.content_part.done", "response.output_item.done", "response.completed",
        ]  # fmt: skip
        assert [event["delta"] for event in events[4:6]] == ["o", "k"]
        assert all((event["output_index"], event["content_index"]) == (0, 0) for event in events[3:8])
        final = events[-1]["response"]
        assert final["status"] == "completed"
        (part,) = final["output"][0]["content"]
        assert {name: part[name] for name in ("type", "text", "annotations")} == {
            "type": "output_text", "text": "ok", "annotations": [],
        }  # fmt: skip
        usage = final["usage"]
        assert (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]) == (4, 2, 6)


def test_c068_items_of_one_model_turn_belong_together_for_claude() -> None:
    body = dict(case_input("C068")["client_request"])
    body.pop("path")
    written = sent(body, "anthropic")
    assert written["system"] == "Be brief."
    assert [message["role"] for message in written["messages"]] == ["user", "assistant", "user"]
    assert [(block["type"], block["id"]) for block in written["messages"][1]["content"]] == [
        ("tool_use", "call_x"), ("tool_use", "call_y"),
    ]  # fmt: skip
    assert [(block["type"], block["tool_use_id"]) for block in written["messages"][2]["content"]] == [
        ("tool_result", "call_x"), ("tool_result", "call_y"),
    ]  # fmt: skip
    assert [tool["name"] for tool in written["tools"]] == ["f", "g"]
    assert written["tools"][0]["input_schema"]["properties"] == {"n": {"type": "integer"}}


def test_c068_items_of_one_model_turn_belong_together_for_gemini() -> None:
    body = dict(case_input("C068")["client_request"])
    body.pop("path")
    written = sent(body, "gemini")
    assert [content["role"] for content in written["contents"]] == ["user", "model", "user"]
    assert [part["functionCall"]["name"] for part in written["contents"][1]["parts"]] == ["f", "g"]
    assert [part["functionResponse"]["name"] for part in written["contents"][2]["parts"]] == ["f", "g"]


@pytest.mark.parametrize("provider", ["anthropic", "gemini", "cohere", "cloudflare", "bedrock", "deepseek"])
@pytest.mark.parametrize("kind", ["file_search", "computer_use_preview", "image_generation", "local_shell", "mcp"])
def test_c068_a_hosted_tool_that_the_backend_has_not_is_named(provider: str, kind: str) -> None:
    with pytest.raises(ClientFault, match=kind) as caught:
        translate({"tools": [{"type": kind}]}, provider, "@cf/meta/m" if provider == "cloudflare" else "")
    assert (caught.value.status, caught.value.param) == (400, "tools")


def c070_reply() -> bytes:
    """The report's first turn, as Claude's whole body; a redacted thought joins it."""
    blocks = case_input("C070")["upstream_turn1_blocks"]
    redacted = {"type": "redacted_thinking", "data": "UkVEQUNURUQ="}
    message = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "stop_reason": "tool_use",
        "content": [blocks[0], redacted, blocks[1]], "usage": {"input_tokens": 1, "output_tokens": 2},
    }  # fmt: skip
    return json.dumps(message).encode()


def c070_second_turn(output: list[dict[str, Any]]) -> dict[str, Any]:
    result = {"type": "function_call_output", "call_id": "toolu_1", "output": "4"}
    thinking = {"reasoning": {"effort": "low"}, "tools": [{"type": "function", "name": "f"}]}
    return {"input": [{"role": "user", "content": "go"}, *output, result], **thinking}


def test_c070_thoughts_come_back_with_their_proof() -> None:
    response, _ = whole(c070_reply(), SEALED)
    assert [item["type"] for item in response["output"]] == ["reasoning", "reasoning", "function_call"]
    assert text_of(response) == ""
    written = sent(c070_second_turn(response["output"]))
    assert written["messages"][1] == {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "secret plan", "signature": "U0lHTkVE"},
            {"type": "redacted_thinking", "data": "UkVEQUNURUQ="},
            {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}},
        ],
    }
    assert written["thinking"]["type"] == "enabled"


def test_c070_proofs_are_told_only_where_they_are_asked_for() -> None:
    assert "encrypted_content" not in json.dumps(whole(c070_reply(), {})[0])
    assert "encrypted_content" in json.dumps(whole(c070_reply(), {"store": False})[0])


def test_c070_a_foreign_thought_is_left_out_and_told() -> None:
    foreign = case_input("C070")["variant_foreign"]
    call = {"type": "function_call", "call_id": "toolu_1", "name": "f", "arguments": "{}"}
    body = c070_second_turn([foreign, call])
    written = sent(body)
    assert [block["type"] for block in written["messages"][1]["content"]] == ["tool_use"]
    assert "gAAAA" not in json.dumps(written)
    assert losses(body)["input.reasoning"] == "dropped"


def test_c071_a_arguments_are_told_once() -> None:
    stream, _ = streamed(case_input("C071")["a_upstream_sse"].encode())
    events = check_stream(stream, model=MODEL)
    deltas = [event["delta"] for event in events if event["type"] == "response.function_call_arguments.delta"]
    done = next(event for event in events if event["type"] == "response.function_call_arguments.done")
    item = next(event["item"] for event in events if event["type"] == "response.output_item.done")
    assert "".join(deltas) == done["arguments"] == item["arguments"] == '{"a":1}'
    assert (item["call_id"], item["name"], item["status"]) == ("toolu_1", "f", "completed")
    assert item["id"].startswith("fc_")


def c067_events() -> list[bytes]:
    upstream: str = case_input("C067")["upstream_sse"]
    return [event.encode() + b"\n\n" for event in upstream.split("\n\n") if event]


def test_c071_b_a_stream_that_fails_says_so_last() -> None:
    error = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
    stream, reply = streamed(b"".join(c067_events()[:3]) + error)
    last = check_failed_stream(stream)[-1]["response"]
    assert last["error"]["code"] == "server_error"
    assert "Overloaded" in last["error"]["message"]
    assert reply.response_object == last
    assert last["output"][0]["status"] == "incomplete"


def test_c071_c_a_reply_at_its_limit_is_incomplete() -> None:
    upstream = b"".join(c067_events()).replace(b"end_turn", b"max_tokens")
    stream, _ = streamed(upstream)
    last = check_stream(stream, model=MODEL)[-1]
    assert last["type"] == "response.incomplete"
    assert last["response"]["incomplete_details"] == {"reason": "max_output_tokens"}
    assert last["response"]["output"][0]["status"] == "incomplete"
