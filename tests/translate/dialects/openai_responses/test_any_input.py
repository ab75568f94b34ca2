"""Whatever stands at the front gives a translation or a fault of the right shape; whatever a backend sends, a reply."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from proapi_translate import BackendFailure, ClientFault, Target, render_error, translate_request
from tests.translate.responses_contract import check_failed_stream, check_response, check_stream

from .lanes import MODEL, reply_to, target

PROVIDERS = ("anthropic", "gemini", "cohere", "cloudflare", "bedrock", "echo")

scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False, allow_infinity=False) | st.text()
words = st.sampled_from(
    [
        "system", "developer", "user", "assistant", "message", "reasoning", "function_call", "function_call_output",
        "compaction", "compaction_trigger", "tool_search", "tool_search_call",
        "tool_search_output", "additional_tools", "custom_tool_call", "input_text",
        "output_text", "input_image", "input_file", "input_audio", "refusal",
        "function", "custom", "web_search", "namespace", "auto", "none", "required", "allowed_tools", "json_schema",
        "json_object", "object", "data:image/png;base64,iVBORw0KGgo=", "https://h/a.png", "{}", "call_1", "low",
        "proapi1.anthropic.e30.0123456789abcdef", "reasoning.encrypted_content",
    ]
)  # fmt: skip
names = st.sampled_from(
    [
        "role", "content", "type", "text", "image_url", "file_data", "file_id", "call_id", "name", "arguments",
        "output", "input", "id", "summary", "encrypted_content", "parameters", "properties", "schema", "format",
        "effort", "verbosity", "tools", "namespace", "execution", "mode", "function", "input_audio", "data",
    ]
)  # fmt: skip
fields = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
top = st.sampled_from(
    [
        "input", "instructions", "tools", "tool_choice", "text", "reasoning", "include", "temperature", "top_logprobs",
        "max_output_tokens", "user", "metadata", "stream_options", "store", "background", "truncation", "service_tier",
        "parallel_tool_calls", "safety_identifier",
    ]
)  # fmt: skip
items = st.dictionaries(names, fields, max_size=5)
bodies = st.dictionaries(top, fields, max_size=5).map(lambda body: {"model": "m", "input": "hi", **body}) | st.lists(
    items, max_size=3
).map(lambda given: {"model": "m", "input": given})
quick = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("provider", PROVIDERS)
def test_any_json_at_the_front(provider: str) -> None:
    @quick
    @given(bodies)
    @example({"model": "m", "input": [{"type": "reasoning", "encrypted_content": "x", "summary": [None]}]})
    @example({"model": "m", "input": "x", "tools": [{"type": "namespace", "name": "n", "tools": [{}]}]})
    def run(body: Any) -> None:
        try:
            translation = translate_request("responses", json.dumps(body).encode(), target(provider))
        except ClientFault as fault:
            error = render_error(fault)
            assert error.status in {400, 404}
            assert set(json.loads(error.body)["error"]) == {"message", "type", "param", "code"}
        else:
            json.loads(translation.upstream.body)
            reply_of_silence(body, provider)

    run()


def reply_of_silence(body: dict[str, Any], provider: str) -> None:
    """Whatever was asked, its reply can be written: here one that fails at once."""
    reply = reply_to({**body, "stream": True}, provider)
    reply.start(200, {})
    assert reply.finish().startswith(b"event: response.created\n")
    assert reply.response_object is not None
    assert reply.response_object["status"] == "failed"


garbage = (
    st.binary(max_size=200)
    | fields.map(lambda value: b"data: " + json.dumps(value).encode() + b"\n\n")
    | fields.map(lambda value: json.dumps(value).encode())
)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_whatever_a_backend_sends_ends_well(provider: str) -> None:
    @quick
    @given(st.lists(garbage, max_size=4), st.sampled_from([200, 429, 500]))
    def run(pieces: list[bytes], status: int) -> None:
        reply = reply_to({"stream": True}, provider)
        if reply.start(status, {}).streaming:
            output = b"".join(map(reply.feed, pieces)) + reply.finish()
            if reply.failure is None:
                check_stream(output, model=MODEL)
            else:
                check_failed_stream(output)
        whole = reply_to({}, provider)
        whole.start(status, {})
        body = json.loads(whole.whole(b"".join(pieces)))
        failed = isinstance(whole.failure, BackendFailure)
        assert failed == (whole.status >= 400)
        assert (set(body) == {"error"}) == failed
        if not failed:
            check_response(body, model=MODEL)

    run()


@quick
@given(st.binary(max_size=80))
@example(b"[" * 100_000)
@example(b'{"model":"m","input":' + b"[" * 5000)
@example(b'{"model":"\\ud800","input":"x"}')
def test_any_bytes_at_the_front(body: bytes) -> None:
    with pytest.raises(ClientFault) as caught:
        translate_request("responses", body, Target("anthropic", "claude-sonnet-4-5"))
    assert caught.value.status in {400, 404}
