"""Claude's two doors: addresses, headers, and what Vertex wants otherwise."""

from __future__ import annotations

import json

import pytest

from proapi_translate import Target, translate_request
from proapi_translate.translation import UpstreamRequest


def sent(target: Target, *, stream: bool = False) -> UpstreamRequest:
    body = {"model": "alias", "stream": stream, "messages": [{"role": "user", "content": "hi"}]}
    return translate_request("chat", json.dumps(body).encode(), target).upstream


@pytest.mark.parametrize(
    "base_url",
    ["", "https://api.anthropic.com", "https://api.anthropic.com/v1", "https://api.anthropic.com/v1/messages"],
)
def test_any_form_of_the_base_url_does(base_url: str) -> None:
    assert sent(Target("anthropic", "claude-x", base_url)).url == "https://api.anthropic.com/v1/messages"


def test_c074_anthropic_gets_its_key_and_nothing_else() -> None:
    headers = sent(Target("anthropic", "claude-x", credential="sk-ant")).headers
    assert headers["x-api-key"] == "sk-ant"
    assert headers["anthropic-version"] == "2023-06-01"
    assert "authorization" not in headers


@pytest.mark.parametrize(("stream", "method"), [(False, "rawPredict"), (True, "streamRawPredict")])
def test_vertex_names_the_model_in_the_address_alone(stream: bool, method: str) -> None:
    target = Target("vertexai_claude", "claude-3-5-haiku@20241022", credential="token", options={"PROJECT_ID": "p"})
    upstream = sent(target, stream=stream)
    place = "/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-3-5-haiku@20241022"
    assert upstream.url == f"https://us-east5-aiplatform.googleapis.com{place}:{method}"
    assert upstream.headers["authorization"] == "Bearer token"
    assert "x-api-key" not in upstream.headers
    body = json.loads(upstream.body)
    assert body["anthropic_version"] == "vertex-2023-10-16"
    assert "model" not in body


def test_vertex_takes_the_location_that_is_told() -> None:
    target = Target("vertexai_claude", "claude-x", options={"PROJECT_ID": "p", "location": "global"})
    assert sent(target).url.startswith("https://aiplatform.googleapis.com/v1/projects/p/locations/global/")
