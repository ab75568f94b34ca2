"""The official SDK over a transport that answers with our bytes: create, stream, parse."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate import ClientFault, render_error

from .lanes import reply_to

httpx = pytest.importorskip("httpx", reason="the openai package is not installed here")
openai = pytest.importorskip("openai", reason="the openai package is not installed here")
pydantic = pytest.importorskip("pydantic", reason="the openai package is not installed here")


class Answer(pydantic.BaseModel):  # type: ignore[misc]
    number: int


def claude(*texts: str, tool: bool = False, stop: str = "end_turn") -> bytes:
    """A Claude stream: a signed thought, then a text or a tool call."""
    call = {"type": "tool_use", "id": "toolu_1", "name": "Answer", "input": {}}
    block = call if tool else {"type": "text", "text": ""}
    kind, field = ("input_json_delta", "partial_json") if tool else ("text_delta", "text")
    reason = "tool_use" if tool else stop
    natives: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "msg_1", "model": "claude", "usage": {"input_tokens": 3}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "plan"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "c2ln"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": block},
        *({"type": "content_block_delta", "index": 1, "delta": {"type": kind, field: text}} for text in texts),
        {"type": "content_block_stop", "index": 1},
        {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 5}},
        {"type": "message_stop"},
    ]
    return b"".join(b"data: %s\n\n" % json.dumps(native).encode() for native in natives)


def client(upstream: bytes) -> Any:
    """An SDK client whose requests go through the translator to a Claude that answers `upstream`."""

    def answer(request: Any) -> Any:
        try:
            reply = reply_to(json.loads(request.content))
        except ClientFault as fault:
            error = render_error(fault)
            return httpx.Response(error.status, headers=error.headers, content=error.body)
        head = reply.start(200, {})
        body = reply.feed(upstream) + reply.finish() if head.streaming else reply.whole(upstream)
        return httpx.Response(reply.status, headers=head.headers, content=body)

    transport = httpx.Client(transport=httpx.MockTransport(answer))
    return openai.OpenAI(api_key="k", base_url="http://h/v1", http_client=transport, max_retries=0)


def test_create() -> None:
    response = client(claude("fo", "ur")).responses.create(model="m", input="2+2")
    assert (response.output_text, response.model, response.status) == ("four", "m", "completed")
    assert response.usage.total_tokens == 8


def test_create_streamed() -> None:
    events = list(client(claude("fo", "ur")).responses.create(model="m", input="2+2", stream=True))
    assert "".join(e.delta for e in events if e.type == "response.output_text.delta") == "four"
    assert events[-1].type == "response.completed"


def test_the_streaming_helper() -> None:
    with client(claude("fo", "ur")).responses.stream(model="m", input="2+2") as stream:
        texts = [event.snapshot for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert texts == ["fo", "four"]
    assert [item.type for item in final.output] == ["reasoning", "message"]
    assert final.output[0].summary[0].text == "plan"


def test_parse_into_a_model() -> None:
    parsed = client(claude('{"number"', ": 4}")).responses.parse(model="m", input="2+2", text_format=Answer)
    assert parsed.output_parsed == Answer(number=4)
    with client(claude('{"number"', ": 4}")).responses.stream(model="m", input="2+2", text_format=Answer) as stream:
        assert stream.get_final_response().output_parsed == Answer(number=4)


def test_parse_a_tool_call() -> None:
    tools = [openai.pydantic_function_tool(Answer)]
    flat = [{"type": "function", **tools[0]["function"]}]
    with client(claude('{"num', 'ber": 4}', tool=True)).responses.stream(model="m", input="2+2", tools=flat) as stream:
        snapshots = [e.snapshot for e in stream if e.type == "response.function_call_arguments.delta"]
        final = stream.get_final_response()
    assert snapshots == ['{"num', '{"number": 4}']
    call = final.output[-1]
    assert (call.type, call.call_id, json.loads(call.arguments)) == ("function_call", "toolu_1", {"number": 4})


def test_an_incomplete_reply_is_no_final_response() -> None:
    events = list(client(claude("fo", stop="max_tokens")).responses.create(model="m", input="2+2", stream=True))
    assert events[-1].type == "response.incomplete"
    assert events[-1].response.incomplete_details.reason == "max_output_tokens"


def test_a_cut_stream_is_a_failed_response() -> None:
    events = list(client(claude("fo", "ur")[:700]).responses.create(model="m", input="2+2", stream=True))
    assert events[-1].type == "response.failed"


def test_an_error_has_openais_shape() -> None:
    with pytest.raises(openai.NotFoundError, match="resp_1") as caught:
        client(b"").responses.create(model="m", input="x", previous_response_id="resp_1")
    assert (caught.value.param, caught.value.code) == ("previous_response_id", "previous_response_not_found")
