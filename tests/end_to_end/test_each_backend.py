"""Each backend in api.yaml, answered by small replies of its own, driven by the openai SDK: whole and streamed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import pytest

from proapi_translate.eventstream import write_frame
from tests.end_to_end.configs import TOKEN
from tests.end_to_end.paced_backend import PacedBackend, ReceivedRequest, Reply
from tests.end_to_end.running_proxy import RunningProxy

openai = pytest.importorskip("openai", reason="the openai package is not installed here")

KEY = "sk-of-the-backend-0123"
SSE, AWS = "text/event-stream", "application/vnd.amazon.eventstream"
ARGUMENTS = {"x": 1}


def sse(*values: Any) -> list[bytes]:
    return [b"data: %s\n\n" % (value if isinstance(value, bytes) else json.dumps(value).encode()) for value in values]


def frame(name: str, payload: dict[str, Any]) -> bytes:
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    return write_frame(headers, json.dumps(payload).encode())


@dataclass(frozen=True)
class Backend:
    """A row of the table: `says` "né", then calls f({"x": 1}); 3 tokens in, 2 out."""

    provider: str
    path: str
    key_header: tuple[str, str]
    whole: dict[str, Any]
    stream: list[bytes]
    content_type: str = SSE
    options: dict[str, str] = field(default_factory=dict)
    base: str = ""

    @property
    def name(self) -> str:
        """Told apart where a provider stands here twice: "openai-responses", "azure-2024-10-21"."""
        return "-".join(filter(None, (self.provider, self.options.get("api"), self.options.get("api_version"))))


CLAUDE_USAGE = {"input_tokens": 3, "output_tokens": 2}
CLAUDE_CALL = {"type": "tool_use", "id": "c1", "name": "f", "input": ARGUMENTS}
CHAT_CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}
CHAT_USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
GEMINI_USAGE = {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}
GEMINI_PARTS = [{"text": "né"}, {"functionCall": {"name": "f", "args": ARGUMENTS}}]
COHERE_USAGE = {"tokens": {"input_tokens": 3, "output_tokens": 2}}


def claude_stream() -> list[bytes]:
    return sse(
        {"type": "message_start", "message": {"id": "m", "usage": CLAUDE_USAGE}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "né"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {**CLAUDE_CALL, "input": {}}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"x": 1}'}},
        {"type": "content_block_stop", "index": 1},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    )


def chat_stream() -> list[bytes]:
    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {"id": "u", "model": "u", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    usage = {"id": "u", "model": "u", "choices": [], "usage": CHAT_USAGE}
    return sse(chunk({"content": "né"}), chunk({"tool_calls": [CHAT_CALL]}), chunk({}, "tool_calls"), usage, b"[DONE]")


def cohere_stream() -> list[bytes]:
    return sse(
        {"type": "message-start", "id": "m", "delta": {"message": {"role": "assistant"}}},
        {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
        {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "né"}}}},
        {"type": "content-end", "index": 0},
        {"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": CHAT_CALL}}},
        {"type": "tool-call-end", "index": 0},
        {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL", "usage": COHERE_USAGE}},
    )


def bedrock_stream() -> list[bytes]:
    return [
        frame("messageStart", {"role": "assistant"}),
        frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "né"}}),
        frame("contentBlockStop", {"contentBlockIndex": 0}),
        frame("contentBlockStart", {"contentBlockIndex": 1, "start": {"toolUse": {"toolUseId": "c1", "name": "f"}}}),
        frame("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": '{"x": 1}'}}}),
        frame("contentBlockStop", {"contentBlockIndex": 1}),
        frame("messageStop", {"stopReason": "tool_use"}),
        frame("metadata", {"usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}}),
    ]


CHAT_WHOLE = {
    "id": "u",
    "model": "u",
    "choices": [
        {"index": 0, "message": {"content": "né", "tool_calls": [CHAT_CALL]}, "finish_reason": "tool_calls"},
    ],
    "usage": CHAT_USAGE,
}
CLAUDE_WHOLE = {
    "id": "m",
    "type": "message",
    "content": [{"type": "text", "text": "né"}, CLAUDE_CALL],
    "stop_reason": "tool_use",
    "usage": CLAUDE_USAGE,
}
GEMINI_WHOLE = {
    "candidates": [{"content": {"role": "model", "parts": GEMINI_PARTS}, "finishReason": "STOP"}],
    "usageMetadata": GEMINI_USAGE,
}
COHERE_WHOLE = {
    "id": "m",
    "message": {"role": "assistant", "content": [{"type": "text", "text": "né"}], "tool_calls": [CHAT_CALL]},
    "finish_reason": "TOOL_CALL",
    "usage": COHERE_USAGE,
}
BEDROCK_WHOLE = {
    "output": {
        "message": {
            "role": "assistant",
            "content": [{"text": "né"}, {"toolUse": {"toolUseId": "c1", "name": "f", "input": ARGUMENTS}}],
        }
    },
    "stopReason": "tool_use",
    "usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5},
}
RESPONSES_ITEMS = [
    {"type": "message", "content": [{"type": "output_text", "text": "né", "annotations": []}]},
    {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"x": 1}'},
]
RESPONSES_WHOLE = {
    "id": "r",
    "object": "response",
    "status": "completed",
    "output": RESPONSES_ITEMS,
    "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5},
}
RESPONSES_STREAM = sse(
    {"type": "response.created", "response": {"id": "r", "output": []}},
    {"type": "response.output_item.added", "output_index": 0, "item": {"type": "message", "content": []}},
    {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "né"},
    {"type": "response.output_item.done", "output_index": 0, "item": RESPONSES_ITEMS[0]},
    {"type": "response.output_item.done", "output_index": 1, "item": RESPONSES_ITEMS[1]},
    {"type": "response.completed", "response": RESPONSES_WHOLE},
)
CLOUDFLARE_WHOLE = {
    "result": {"response": "né", "tool_calls": [{"name": "f", "arguments": ARGUMENTS}], "usage": CHAT_USAGE},
    "success": True,
    "errors": [],
}
CLOUDFLARE_STREAM = sse(
    {"response": "né"},
    {"response": "", "tool_calls": [{"name": "f", "arguments": ARGUMENTS}], "usage": CHAT_USAGE},
    b"[DONE]",
)
COMPATIBLE = ("glm", "doubao", "siliconflow", "groq", "mistral", "xai", "ollama", "vllm")
BEARER = ("authorization", f"Bearer {KEY}")
TABLE = [
    Backend("openai", "/v1/chat/completions", BEARER, CHAT_WHOLE, chat_stream(), base="/v1"),
    Backend(
        "openai", "/v1/responses", BEARER, RESPONSES_WHOLE, RESPONSES_STREAM, options={"api": "responses"}, base="/v1"
    ),
    Backend("deepseek", "/chat/completions", BEARER, CHAT_WHOLE, chat_stream()),
    Backend("openrouter", "/api/v1/chat/completions", BEARER, CHAT_WHOLE, chat_stream(), base="/api/v1"),
    Backend("deepbricks", "/v1/chat/completions", BEARER, CHAT_WHOLE, chat_stream(), base="/v1"),
    Backend("azure", "/openai/v1/chat/completions", ("api-key", KEY), CHAT_WHOLE, chat_stream()),
    Backend(
        "azure", "/openai/deployments/up/chat/completions?api-version=2024-10-21", ("api-key", KEY), CHAT_WHOLE,
        chat_stream(), options={"api_version": "2024-10-21"},
    ),
    *(Backend(name, "/chat/completions", BEARER, CHAT_WHOLE, chat_stream()) for name in COMPATIBLE),
    Backend("anthropic", "/v1/messages", ("x-api-key", KEY), CLAUDE_WHOLE, claude_stream()),
    Backend(
        "gemini", "/v1beta/models/up:{method}", ("x-goog-api-key", KEY), GEMINI_WHOLE, sse(GEMINI_WHOLE)
    ),
    Backend("cohere", "/v2/chat", BEARER, COHERE_WHOLE, cohere_stream()),
    Backend(
        "cloudflare", "/client/v4/accounts/acc/ai/run/up", BEARER, CLOUDFLARE_WHOLE, CLOUDFLARE_STREAM,
        options={"account_id": "acc"}, base="/client/v4",
    ),
    Backend(
        "cloudflare", "/client/v4/accounts/acc/ai/v1/chat/completions", BEARER, CHAT_WHOLE, chat_stream(),
        options={"account_id": "acc", "api": "openai"}, base="/client/v4",
    ),
    Backend(
        "bedrock", "/model/up/{method}", BEARER, BEDROCK_WHOLE, bedrock_stream(), AWS, options={"region": "us-east-1"}
    ),
]  # fmt: skip
METHODS = {
    ("gemini", False): "generateContent",
    ("gemini", True): "streamGenerateContent?alt=sse",
    ("bedrock", False): "converse",
    ("bedrock", True): "converse-stream",
}


class Rack:
    """All backends behind one address, each under its own first path segment, and the proxy before them."""

    def __init__(self) -> None:
        self.backend = PacedBackend(answer=self._answer)
        self.stream = False

    def _answer(self, request: ReceivedRequest) -> Reply:
        row = next(row for row in TABLE if request.path.startswith(f"/{row.name}/"))
        if not self.stream:
            return Reply.json(row.whole)
        return Reply(row.stream, headers=(("content-type", row.content_type),))

    def config(self) -> str:
        lines = ["providers:"]
        for row in TABLE:
            lines += [
                f"  - provider: {row.provider}",
                f"    base_url: {self.backend.url}/{row.name}{row.base}",
                f"    api_key: {KEY}",
                *[f"    {name}: {value}" for name, value in row.options.items()],
                f"    model: [ {{ up: by-{row.name} }} ]",
            ]
        return "\n".join([*lines, "tokens:", f"  - api_key: {TOKEN}", "    model: [ all ]"])


@pytest.fixture(scope="module")
def rack() -> Iterator[tuple[Rack, Any]]:
    rack = Rack()
    with rack.backend, RunningProxy(rack.config()) as proxy:
        yield rack, openai.OpenAI(base_url=proxy.base_url, api_key=TOKEN, max_retries=0)


def ask(client: Any, row: Backend, **fields: Any) -> Any:
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]
    messages = [{"role": "user", "content": "hi"}]
    return client.chat.completions.create(model=f"by-{row.name}", messages=messages, tools=tools, **fields)


def check_request(request: ReceivedRequest, row: Backend, *, stream: bool) -> None:
    path = row.path.replace("{method}", METHODS.get((row.provider, stream), ""))
    assert unquote(request.path) == f"/{row.name}{path}"
    name, value = row.key_header
    assert request.headers[name] == value
    assert TOKEN not in str(request.headers) + request.body.decode()


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_whole(rack: tuple[Rack, Any], row: Backend) -> None:
    rack[0].stream = False
    completion = ask(rack[1], row)
    check_request(rack[0].backend.requests[-1], row, stream=False)
    (choice,) = completion.choices
    (call,) = choice.message.tool_calls
    assert (completion.model, choice.message.content, choice.finish_reason) == (
        f"by-{row.name}",
        "né",
        "tool_calls",
    )
    assert (call.function.name, json.loads(call.function.arguments)) == ("f", ARGUMENTS)
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (3, 2)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_streamed(rack: tuple[Rack, Any], row: Backend) -> None:
    rack[0].stream = True
    chunks = list(ask(rack[1], row, stream=True, stream_options={"include_usage": True}))
    check_request(rack[0].backend.requests[-1], row, stream=True)
    deltas = [choice for chunk in chunks for choice in chunk.choices]
    calls = [call for choice in deltas for call in choice.delta.tool_calls or ()]
    assert {chunk.model for chunk in chunks} == {f"by-{row.name}"}
    assert "".join(choice.delta.content or "" for choice in deltas) == "né"
    assert [call.function.name for call in calls if call.function.name] == ["f"]
    assert {call.index for call in calls} == {0}
    assert json.loads("".join(call.function.arguments or "" for call in calls)) == ARGUMENTS
    assert [choice.finish_reason for choice in deltas if choice.finish_reason] == ["tool_calls"]
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (3, 2)


# -- the same backends, asked by /v1/responses -----------------------------------------------------------------------
PASSING_IT = ("openai", "openrouter", "azure", "xai")  # they speak it themselves
TRANSLATED = [row for row in TABLE if row.provider not in PASSING_IT]
FLAT_TOOL = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": False}


def check_response(response: Any, row: Backend) -> None:
    assert (response.model, response.status) == (f"by-{row.name}", "completed")
    assert response.id.startswith("resp_")
    assert response.output_text == "né"
    (call,) = [item for item in response.output if item.type == "function_call"]
    assert (call.name, json.loads(call.arguments), call.status) == ("f", ARGUMENTS, "completed")
    assert (response.usage.input_tokens, response.usage.output_tokens) == (3, 2)


@pytest.mark.parametrize("row", TRANSLATED, ids=lambda row: row.name)
def test_a_response_whole(rack: tuple[Rack, Any], row: Backend) -> None:
    rack[0].stream = False
    check_response(rack[1].responses.create(model=f"by-{row.name}", input="hi", tools=[FLAT_TOOL]), row)
    check_request(rack[0].backend.requests[-1], row, stream=False)


@pytest.mark.parametrize("row", TRANSLATED, ids=lambda row: row.name)
def test_a_response_streamed(rack: tuple[Rack, Any], row: Backend) -> None:
    rack[0].stream = True
    with rack[1].responses.stream(model=f"by-{row.name}", input="hi", tools=[FLAT_TOOL]) as stream:
        events = list(stream)
        check_response(stream.get_final_response(), row)
    check_request(rack[0].backend.requests[-1], row, stream=True)
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "né"


def test_a_conversation_goes_on_with_another_backend(rack: tuple[Rack, Any]) -> None:
    """The second turn's input is the first one's output as the SDK gives it; it goes to another vendor."""
    rack[0].stream = False
    first = rack[1].responses.create(model="by-anthropic", input="hi", tools=[FLAT_TOOL], store=False)
    result = {"type": "function_call_output", "call_id": "c1", "output": "4"}
    items = [{"role": "user", "content": "hi"}, *(item.to_dict() for item in first.output), result]
    rack[1].responses.create(model="by-gemini", input=items, tools=[FLAT_TOOL], store=False)
    contents = rack[0].backend.requests[-1].json()["contents"]
    assert [content["role"] for content in contents] == ["user", "model", "user"]
    assert contents[2]["parts"][0]["functionResponse"]["response"] == {"result": "4"}


def test_a_tool_that_the_backend_has_not_is_named(rack: tuple[Rack, Any]) -> None:
    search = {"type": "file_search", "vector_store_ids": ["vs_1"]}
    with pytest.raises(openai.BadRequestError, match="file_search") as caught:
        rack[1].responses.create(model="by-anthropic", input="hi", tools=[search])
    assert caught.value.param == "tools"


def test_echo_answers_whole_and_streamed() -> None:
    config = f"providers: [ {{ provider: echo, model: [ m ] }} ]\ntokens: [ {{ api_key: {TOKEN}, model: [ all ] }} ]\n"
    with RunningProxy(config) as proxy, openai.OpenAI(base_url=proxy.base_url, api_key=TOKEN, max_retries=0) as client:
        asked: Any = {"model": "m", "messages": [{"role": "user", "content": "né"}]}
        (choice,) = client.chat.completions.create(**asked).choices
        chunks = list(client.chat.completions.create(**asked, stream=True))
        assert "né" in choice.message.content
        said = "".join(piece.delta.content or "" for chunk in chunks for piece in chunk.choices)
        assert (said, choice.finish_reason) == (choice.message.content, "stop")
        assert client.responses.create(model="m", input="né").output_text == said
