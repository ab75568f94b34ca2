"""Depth: response_format by each backend's own means."""

from __future__ import annotations

import pytest

from .depth import Body, Table, expected_of, rows, walk

SCHEMA: Body = {"type": "object", "properties": {"title": {"type": "string", "minLength": 1}}, "required": ["title"]}
CLOSED: Body = {"type": "object", "properties": {"title": {"type": "string", "description": "minLength: 1"}},
 "required": ["title"], "additionalProperties": False}
CLOSED_TEXT = ('{"type":"object","properties":{"title":{"type":"string","minLength":1}},'
 '"required":["title"],"additionalProperties":false}')
JSON_ONLY = ("Answer with one JSON object and nothing else: no words around it, no cod" "e fence.")
BASE: Body = {}
TABLE: Table = {
    "json_object": (
        {"response_format": {"type": "json_object"}},
        {
            "claude claude4.8 vertex_claude": (
                {"system": "Answer with one JSON object only: no words before or after it, no code fence."},
                "response_format approximated",
            ),
            "gemini gemini3 vertex_gemini": ({"generationConfig": {"responseMimeType": "application/json"}}, ""),
            "cohere cloudflare azure mistral deepseek": ({"response_format": {"type": "json_object"}}, ""),
            "bedrock_claude nova": ({"system": [{"text": JSON_ONLY}]}, "response_format approximated"),
            "responses": ({"text": {"format": {"type": "json_object"}}}, ""),
        },
    ),
    "json_schema": (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": SCHEMA}}},
        {
            "claude claude4.8 vertex_claude": (
                {"output_config": {"format": {"type": "json_schema", "schema": CLOSED}}},
                "response_format approximated",
            ),
            "gemini gemini3 vertex_gemini": (
                {"generationConfig": {"responseMimeType": "application/json", "responseSchema": SCHEMA}},
                "",
            ),
            "cohere": ({"response_format": {"type": "json_object", "json_schema": SCHEMA}}, ""),
            "cloudflare": (
                {"response_format": {"type": "json_schema", "json_schema": SCHEMA}},
                "response_format.json_schema.strict dropped",
            ),
            "bedrock_claude": (
                {"outputConfig": {"textFormat": {"type": "json_schema",
                 "structure": {"jsonSchema": {"schema": CLOSED_TEXT, "name": "n"}}}}},
                "",
            ),
            "nova": (
                {"toolConfig": {"tools": [{"toolSpec": {"name": "json_output", "inputSchema": {"json": SCHEMA},
                 "description": "Give the answer in this form."}}], "toolChoice": {"tool": {"name": "json_output"}}}},
                "",
            ),
            "azure mistral": (
                {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "strict": True,
                 "schema": SCHEMA}}},
                "",
            ),
            "deepseek": (
                {"messages": [{"role": "system",
                 "content": ("Answer with one JSON object that is valid against this JSON schema, and "
                 "with nothing else:\n{\"type\":\"object\",\"properties\":{\"title\":{\"type\":\"strin"
                 'g","minLength":1}},"required":["title"]}')}, {"role": "user", "content": "hi"}],
                 "response_format": {"type": "json_object"}},
                "response_format approximated",
            ),
            "responses": (
                {"text": {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA, "strict": True}}},
                "",
            ),
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("word", "backend"), list(rows(TABLE)))
def test_each_word_at_each_backend(word: str, backend: str) -> None:
    assert walk(backend, TABLE[word][0], BASE) == expected_of(TABLE, word, backend)
