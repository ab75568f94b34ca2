"""Whatever stands at the front gives a translation or a fault of the right shape; whatever a backend sends, a reply."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from proapi_translate import BackendFailure, ClientFault, ReplyTranslator, Target, render_error, translate_request
from proapi_translate.eventstream import write_frame

OPTIONS = {"PROJECT_ID": "p", "account_id": "a", "region": "us-east-1"}
BASE_URLS = {"azure": "https://r.openai.azure.com"}
PROVIDERS = (
    "openai", "openai by responses", "azure", "mistral", "deepseek", "moonshot", "anthropic", "vertexai_claude",
    "gemini", "vertexai_gemini", "cohere", "cloudflare", "bedrock", "echo",
)  # fmt: skip
ENDED = (b"data: [DONE]\n\n",)

scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
words = st.sampled_from(
    [
        "system", "developer", "user", "assistant", "tool", "function", "text", "image_url", "input_audio", "file",
        "auto", "none", "required", "json_schema", "json_object", "object", "data:image/png;base64,iVBORw0KGgo=",
        "https://h/a.png", "{}", "call_1", "low",
    ]
)  # fmt: skip
names = st.sampled_from(
    [
        "role", "content", "tool_calls", "tool_call_id", "type", "text", "image_url", "url", "function", "name",
        "arguments", "id", "parameters", "properties", "schema", "input_audio", "file", "reasoning_details", "format",
    ]
)  # fmt: skip
fields = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
top = st.sampled_from(
    [
        "messages", "tools", "tool_choice", "response_format", "stop", "temperature", "n", "max_tokens", "user",
        "metadata", "reasoning_effort", "reasoning", "logprobs", "stream", "stream_options", "functions",
    ]
)  # fmt: skip
bodies = st.dictionaries(top, fields, max_size=5).map(lambda body: {"model": "m", **body})
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def target(provider: str) -> Target:
    provider, by, api = provider.partition(" by ")
    options = OPTIONS | ({"api": api} if by else {})
    return Target(provider, "some-model", BASE_URLS.get(provider, ""), "key", options)


def check_request(body: bytes, provider: str, client: str = "chat") -> None:
    try:
        translation = translate_request(client, body, target(provider))
    except ClientFault as fault:
        error = render_error(fault)
        assert error.status in {400, 404}
        assert set(json.loads(error.body)["error"]) == {"message", "type", "param", "code"}
    else:
        json.loads(translation.upstream.body)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_any_json_at_the_front(provider: str) -> None:
    @quick
    @given(bodies)
    @example({"model": "m", "messages": [{"role": "user", "content": "hi"}], "tools": [{"type": "function"}]})
    def run(body: Any) -> None:
        check_request(json.dumps(body).encode(), provider)

    run()


@pytest.mark.parametrize("provider", ["openai by responses", "mistral", "anthropic"])
def test_any_json_for_completions(provider: str) -> None:
    prompts = fields | st.lists(st.integers(-1, 9), max_size=3)
    dials = st.sampled_from(["n", "best_of", "logprobs", "suffix", "echo", "stop", "stream", "logit_bias", "user"])

    @quick
    @given(prompts, st.dictionaries(dials, fields, max_size=4))
    @example([[1]], {"echo": "yes"})
    def run(prompt: Any, body: Any) -> None:
        check_request(json.dumps({"model": "m", **body, "prompt": prompt}).encode(), provider, "completions")

    run()


@quick
@given(st.binary() | values.map(lambda value: json.dumps(value).encode()))
@example(b"[" * 100_000)
@example(b'{"model":"m","messages":' + b"[" * 5000)
@example(b'{"model":"\\ud800","messages":[]}')
def test_any_bytes_at_the_front(body: bytes) -> None:
    check_request(body, "anthropic")
    check_request(body, "openai")


def reply_of(provider: str, *, stream: bool, client: str = "chat") -> ReplyTranslator:
    asked = {"messages": [{"role": "user", "content": "x"}]} if client == "chat" else {"prompt": "x"}
    body = {"model": "asked", **asked, "stream": stream}
    return ReplyTranslator(translate_request(client, json.dumps(body).encode(), target(provider)), "chatcmpl-1", 1)


# Values that are nearly a backend's own: its names, with anything beneath them.
native_names = st.sampled_from(
    [
        "type", "index", "id", "model", "message", "delta", "content", "content_block", "text", "thinking", "signature",
        "partial_json", "usage", "input_tokens", "output_tokens", "stop_reason", "finish_reason", "choices", "role",
        "tool_calls", "function", "name", "arguments", "reasoning_content", "candidates", "parts", "functionCall",
        "args", "finishReason", "usageMetadata", "totalTokenCount", "promptTokenCount", "thoughtSignature", "response",
        "result", "success", "errors", "error", "tool_plan", "citations", "contentBlockIndex", "start", "toolUse",
        "toolUseId", "input", "output", "stopReason", "reasoningContent", "logprobs", "annotations",
    ]
)  # fmt: skip
native_words = st.sampled_from(
    [
        "message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta",
        "message_stop", "text_delta", "input_json_delta", "thinking_delta", "signature_delta", "tool_use", "text",
        "end_turn", "stop", "STOP", "message-start", "content-delta", "tool-call-start", "message-end", "COMPLETE",
        "assistant", "function", "error",
    ]
)  # fmt: skip
native = st.recursive(
    scalars | native_words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(native_names, inner, max_size=5),
    max_leaves=16,
)
frame_names = st.sampled_from(
    ["messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"]
)


def framed(name: str, value: Any) -> bytes:
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    return write_frame(headers, json.dumps(value).encode())


garbage = (
    native.map(lambda value: b"data: " + json.dumps(value).encode() + b"\n\n")
    | native.map(lambda value: json.dumps(value).encode())
    | st.builds(framed, frame_names, native)
    | st.binary(max_size=200)
    | fields.map(lambda value: b"data: " + json.dumps(value).encode() + b"\n\n")
    | fields.map(lambda value: json.dumps(value).encode())
)


@pytest.mark.parametrize(
    ("provider", "client"), [*((provider, "chat") for provider in PROVIDERS), ("mistral", "completions")]
)
def test_whatever_a_backend_sends_ends_well(provider: str, client: str) -> None:
    @quick
    @given(st.lists(garbage, max_size=4), st.sampled_from([200, 429, 500]))
    def run(pieces: list[bytes], status: int) -> None:
        reply = reply_of(provider, stream=True, client=client)
        if reply.start(status, {}).streaming:
            output = b"".join(map(reply.feed, pieces)) + reply.finish()
            assert output.endswith(ENDED)
            assert reply.failure is not None or b'"finish_reason":"' in output
        whole = reply_of(provider, stream=False, client=client)
        whole.start(status, {})
        body = json.loads(whole.whole(b"".join(pieces)))
        assert ("error" in body) == (whole.status >= 400) == isinstance(whole.failure, BackendFailure)

    run()
