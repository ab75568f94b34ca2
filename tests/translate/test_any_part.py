"""Embeddings and images: any request gives a translation or a fault, and whatever a backend sends gives a reply."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from proapi_translate import ClientFault, ReplyTranslator, Target, translate_request

OPTIONS = {"PROJECT_ID": "p", "account_id": "a", "region": "us-east-1"}
TITAN, COHERE, NOVA = "amazon.titan-embed-text-v2:0", "cohere.embed-v4:0", "amazon.nova-2-multimodal-embeddings-v1:0"
# API, provider, model, and the names that its replies are made of.
SERVED = [
    ("embeddings", "gemini", "gemini-embedding-001"),
    ("embeddings", "vertexai_gemini", "text-embedding-005"),
    ("embeddings", "cohere", "embed-v4.0"),
    ("embeddings", "cloudflare", "@cf/baai/bge-m3"),
    ("embeddings", "bedrock", TITAN),
    ("embeddings", "bedrock", COHERE),
    ("embeddings", "bedrock", NOVA),
    ("embeddings", "ollama", "nomic"),
    ("embeddings", "openai", "text-embedding-3-small"),
    ("images", "gemini", "gemini-2.5-flash-image"),
    ("images", "vertexai_gemini", "imagen-4.0-generate-001"),
]
names = st.sampled_from(
    [
        "embeddings", "embedding", "values", "float", "predictions", "statistics", "token_count", "usageMetadata",
        "promptTokenCount", "result", "data", "success", "errors", "meta", "tokens", "billed_units", "input_tokens",
        "inputTextTokenCount", "candidates", "content", "parts", "inlineData", "mimeType", "promptFeedback", "thought",
        "bytesBase64Encoded", "raiFilteredReason", "blockReason", "finishReason", "usage", "error", "message",
    ]
)  # fmt: skip
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.just(10**400)
trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=10
)
inputs = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3), max_leaves=6)
top = st.sampled_from(
    [
        "input", "prompt", "n", "size", "dimensions", "encoding_format", "input_type", "user", "quality", "stream",
        "response_format", "output_format", "output_compression",
    ]
)  # fmt: skip
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
served = pytest.mark.parametrize(("dialect", "provider", "model"), SERVED)


def target(provider: str, model: str) -> Target:
    return Target(provider, model, credential="key", options=OPTIONS)


@served
def test_any_json_at_the_front(dialect: str, provider: str, model: str) -> None:
    @quick
    @given(st.dictionaries(top, inputs, max_size=5))
    @example({"input": "\ud800", "prompt": "\ud800"})
    @example({"input": [[-1]], "prompt": "a", "n": True})
    def run(body: dict[str, Any]) -> None:
        try:
            text = json.dumps({"model": "m", **body}).encode()
            translation = translate_request(dialect, text, target(provider, model))
        except ClientFault as fault:
            status = fault.status
        else:
            status = 400
            json.loads(translation.upstream.body)
        assert status == 400

    run()


@served
def test_any_reply(dialect: str, provider: str, model: str) -> None:
    @quick
    @given(st.binary() | trees.map(lambda tree: json.dumps(tree).encode()), st.sampled_from(["float", "base64"]))
    @example(b'{"embeddings": [{"values": [1e999]}], "usageMetadata": {"promptTokenCount": 1e999}}', "base64")
    @example(b'{"embedding": [%d], "inputTextTokenCount": -1}' % 10**400, "base64")
    @example(b"[" * 100_000, "float")
    def run(native: bytes, form: str) -> None:
        asked = {"model": "m", "input": "a", "prompt": "a", "encoding_format": form}
        reply = ReplyTranslator(translate_request(dialect, json.dumps(asked).encode(), target(provider, model)), "", 7)
        reply.start(200, {"X-Amzn-Bedrock-Input-Token-Count": "²"})
        body = json.loads(reply.whole(native))
        assert (reply.failure is None) is (reply.status == 200) is ("data" in body)
        if reply.failure is not None:
            assert set(body["error"]) >= {"message", "type", "param", "code"}
        _ = reply.usage, reply.reply_model

    run()
