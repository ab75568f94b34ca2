"""Requests of every kind, judged by the types of Cohere's own SDK with unknown fields forbidden."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.translate.recorded import SHARED, needs_recordings

from .wire import COMMAND, REASONING, TOOL, write

sdk_types = pytest.importorskip(
    "tests.translate.dialects.cohere.sdk_types", reason="the cohere package is not installed here"
)
RECORDED = sorted((SHARED / "recordings").glob("cohere/v2*/request.json"))
PNG = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo=", "detail": "high"}}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
HISTORY = [
    {"role": "developer", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
    {"role": "user", "content": [{"type": "text", "text": "see"}, PNG], "name": "n"},
    {"role": "assistant", "content": None, "tool_calls": [CALL], "reasoning_content": "hm"},
    {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "x"}, PNG]},
    {"role": "assistant", "content": "ok", "refusal": None, "reasoning_content": "so"},
    {"role": "user", "content": [{"type": "file", "file": {"file_data": "data:text/plain;base64,eA=="}}]},
]
SCHEMA = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}
DIALS = {
    "max_completion_tokens": 5, "temperature": 0.5, "top_p": 1, "top_k": 3, "stop": "X", "seed": 1, "logprobs": True,
    "frequency_penalty": 2, "presence_penalty": -2, "user": "u", "metadata": {}, "logit_bias": {"1": 1}, "n": 1,
    "stream": True, "stream_options": {"include_usage": True}, "service_tier": "flex", "store": True,
}  # fmt: skip
REQUESTS: list[dict[str, Any]] = [
    {},
    {"messages": HISTORY, **DIALS, "tools": [TOOL], "tool_choice": "required"},
    {"messages": HISTORY, "tools": [TOOL], "response_format": SCHEMA},
    {"tools": [TOOL, {"type": "function", "function": {"name": "g", "strict": True}}], "tool_choice": "none"},
    {"response_format": SCHEMA, "reasoning_effort": "low"},
    {"response_format": {"type": "json_object"}, "documents": [{"data": {"text": "t"}}], "safety_mode": "STRICT"},
]


@pytest.mark.parametrize("model", [COMMAND, REASONING])
@pytest.mark.parametrize("request_body", REQUESTS, ids=range(len(REQUESTS)))
def test_what_is_written_is_what_the_sdk_knows(request_body: dict[str, Any], model: str) -> None:
    assert sdk_types.faults_of(write(request_body, model)[0]) == []


@needs_recordings
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.parent.name)
def test_the_judge_takes_what_cohere_took(path: Any) -> None:
    assert sdk_types.faults_of(json.loads(path.read_text())) == []


def test_the_judge_finds_faults() -> None:
    message = {"role": "user", "content": [{"type": "audio"}], "name": "n"}
    faults = sdk_types.faults_of({"model": "m", "messages": [message], "top_p": 1, "tool_choice": "auto"})
    assert len(faults) >= 3
