"""A whole request: the system's words, the smallest body, and every kind held against google-genai's own types."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.errors import ClientFault

from .sdk_types import faults_of
from .wire import FLASH_3, FLASH_20, FLASH_25, PRO_3, PRO_25, USER, answered, body_of, call, function, told, write_chat

SYSTEM = {"role": "system", "content": "S"}
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
PDF = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}}
SOUND = {"type": "input_audio", "input_audio": {"data": "UklGRgAA", "format": "wav"}}
WILD = {
    "type": "object",
    "title": "T",
    "properties": {
        "when": {"type": ["string", "null"], "format": "date-time"},
        "kind": {"enum": ["a", "b"]},
        "number": {"const": 3},
        "map": {"type": "object", "additionalProperties": {"type": "number"}},
        "either": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "integer"}}]},
        "again": {"$ref": "#/$defs/Leaf"},
    },
    "required": ["when"],
    "$defs": {"Leaf": {"type": "object", "properties": {"x": {"type": "boolean"}}}},
}
HISTORY = answered(
    call("a", "f", '{"x": 1}', extra_content={"google": {"thought_signature": "U0lH"}}),
    call("b", "2g"),
    results=["1", "[2]"],
)

REQUESTS: dict[str, dict[str, Any]] = {
    "text": {},
    "system": {"messages": [SYSTEM, {"role": "developer", "content": "D"}, USER]},
    "media": {"messages": [{"role": "user", "content": [{"type": "text", "text": "see"}, PICTURE, PDF, SOUND]}]},
    "files": {
        "messages": [
            {"role": "user", "content": [{"type": "file", "file": {"file_id": "files/a", "filename": "a.pdf"}}]}
        ]
    },
    "dials": {
        "max_tokens": 9,
        "temperature": 0.5,
        "top_p": 0.5,
        "top_k": 3,
        "stop": ["X"],
        "seed": 1,
        "n": 2,
        "frequency_penalty": 1,
        "presence_penalty": 1,
        "logprobs": True,
        "top_logprobs": 2,
    },
    "tools": {"tools": [function("f", description="d", parameters=WILD, strict=True)], "tool_choice": "required"},
    "strict tools": {
        "tools": [function("f", parameters={"type": "object", "properties": {"a": {"type": "string"}}}, strict=True)]
    },
    "named tool": {"tools": [function("f"), function("g")], "tool_choice": function("g")},
    "history": {"messages": [*HISTORY, {"role": "user", "content": "go on"}], "tools": [function("f"), function("2g")]},
    "picture results": {"messages": answered(call("a", "f"), results=[[{"type": "text", "text": "t"}, PICTURE]])},
    "thoughts": {
        "messages": [
            USER,
            {
                "role": "assistant",
                "content": "a",
                "reasoning_details": [
                    {"type": "reasoning.text", "text": "hm", "signature": "U0lH", "format": "google-gemini-v1"}
                ],
            },
            USER,
        ],
    },
    "json": {"response_format": {"type": "json_object"}},
    "schema": {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": WILD}}},
    "thinking": {"reasoning_effort": "high"},
    "no thinking": {"reasoning_effort": "none"},
    "google": {
        "safety_settings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
        "cached_content": "cachedContents/a",
        "labels": {"a": "b"},
        "service_tier": "priority",
        "media_resolution": "MEDIA_RESOLUTION_LOW",
        "modalities": ["text", "image"],
        "extra_body": {"google": {"thinking_config": {"thinking_budget": 9, "include_thoughts": True}}},
    },
    "search": {"web_search_options": {}, "tools": [function("f"), {"type": "url_context"}]},
}


@pytest.mark.parametrize("model", [FLASH_20, FLASH_25, PRO_25, FLASH_3, PRO_3])
@pytest.mark.parametrize("kind", REQUESTS)
def test_every_kind_is_in_order(kind: str, model: str) -> None:
    assert faults_of(body_of(REQUESTS[kind], model)) == []


def test_the_check_finds_faults() -> None:
    contents = [{"role": "user", "parts": [{"text": "x", "image_url": 1}]}]
    assert faults_of({"contents": contents, "model": "m", "generationConfig": {"topp": 1}}) != []
    assert faults_of({"contents": []}) == ["contents may not be empty"]


def test_the_smallest_request() -> None:
    written, losses = write_chat({})
    assert written.body == {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
    assert written.tool_names == {}
    assert losses == ()


def test_system_alone_is_sent_as_the_users_words() -> None:
    written, losses = write_chat({"messages": [SYSTEM]})
    assert written.body == {"contents": [{"role": "user", "parts": [{"text": "S"}]}]}
    assert told(losses) == [("messages", "approximated")]


@pytest.mark.parametrize(
    ("messages", "contents"),
    [
        ([SYSTEM, USER], [{"role": "user", "parts": [{"text": "S"}, {"text": "hi"}]}]),
        (
            [SYSTEM, {"role": "assistant", "content": "a"}],
            [{"role": "user", "parts": [{"text": "S"}]}, {"role": "model", "parts": [{"text": "a"}]}],
        ),
    ],
)
def test_a_model_without_system_instruction(messages: list[dict[str, Any]], contents: list[dict[str, Any]]) -> None:
    written, losses = write_chat({"messages": messages}, "gemma-3-27b-it")
    assert written.body == {"contents": contents}
    assert told(losses) == [("messages", "approximated")]


def test_nothing_but_blanks_is_refused() -> None:
    with pytest.raises(ClientFault) as caught:
        body_of({"messages": [{"role": "user", "content": " "}]})
    assert caught.value.param == "messages"


def test_lost_words_are_told() -> None:
    picture = {**PICTURE, "image_url": {**PICTURE["image_url"], "detail": "low"}}
    marked = {"type": "text", "text": "S", "prompt_cache_breakpoint": {"mode": "explicit"}}
    messages = [{"role": "system", "content": [marked]}, {"role": "user", "content": [picture], "name": "Ada"}]
    written, losses = write_chat({"messages": messages})
    names = ["prompt_cache_breakpoint", "messages[].name", "messages[].content[].image_url.detail"]
    assert told(losses) == [(name, "dropped") for name in names]
    assert written.body["systemInstruction"] == {"parts": [{"text": "S"}]}
