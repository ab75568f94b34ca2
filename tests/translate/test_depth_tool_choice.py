"""Depth: tool_choice in all its forms, parallel_tool_calls, strict schemas."""

from __future__ import annotations

import pytest

from .depth import Body, Table, expected_of, rows, walk

SCHEMA: Body = {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}
TOOL: Body = {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object",
 "properties": {"q": {"type": "string"}}, "required": ["q"]}}}
PLAIN: Body = {"type": "function", "function": {"name": "g"}}
BASE: Body = {"tools": [TOOL, PLAIN]}
TABLE: Table = {
    "none": (
        {"tool_choice": "none"},
        {
            "claude claude4.8 vertex_claude": ({"tool_choice": {"type": "none"}}, ""),
            "gemini gemini3 vertex_gemini": ({"toolConfig": {"functionCallingConfig": {"mode": "NONE"}}}, ""),
            "cohere": ({"tool_choice": "NONE"}, ""),
            "cloudflare azure mistral deepseek responses": ({"tool_choice": "none"}, ""),
            "bedrock_claude nova": ({"toolConfig": None}, ""),
        },
    ),
    "auto": (
        {"tool_choice": "auto"},
        {
            "claude claude4.8 vertex_claude": ({"tool_choice": {"type": "auto"}}, ""),
            "gemini gemini3 vertex_gemini": ({"toolConfig": {"functionCallingConfig": {"mode": "AUTO"}}}, ""),
            "cohere": ({}, ""),
            "cloudflare azure mistral deepseek responses": ({"tool_choice": "auto"}, ""),
            "bedrock_claude nova": (
                {"toolConfig": {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": SCHEMA},
                 "description": "d"}}, {"toolSpec": {"name": "g", "inputSchema": {"json": {"type": "object"}}}}],
                 "toolChoice": {"auto": {}}}},
                "",
            ),
        },
    ),
    "required": (
        {"tool_choice": "required"},
        {
            "claude claude4.8 vertex_claude": ({"tool_choice": {"type": "any"}}, ""),
            "gemini gemini3 vertex_gemini": ({"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}, ""),
            "cohere": ({"tool_choice": "REQUIRED"}, ""),
            "cloudflare azure mistral deepseek responses": ({"tool_choice": "required"}, ""),
            "bedrock_claude nova": (
                {"toolConfig": {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": SCHEMA},
                 "description": "d"}}, {"toolSpec": {"name": "g", "inputSchema": {"json": {"type": "object"}}}}],
                 "toolChoice": {"any": {}}}},
                "",
            ),
        },
    ),
    "named": (
        {"tool_choice": {"type": "function", "function": {"name": "f"}}},
        {
            "claude claude4.8 vertex_claude": ({"tool_choice": {"type": "tool", "name": "f"}}, ""),
            "gemini gemini3 vertex_gemini": (
                {"toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}}},
                "",
            ),
            "cohere": ({"tools": [TOOL], "tool_choice": "REQUIRED"}, ""),
            "cloudflare": ({"tools": [TOOL], "tool_choice": "required"}, ""),
            "bedrock_claude nova": (
                {"toolConfig": {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": SCHEMA},
                 "description": "d"}}, {"toolSpec": {"name": "g", "inputSchema": {"json": {"type": "object"}}}}],
                 "toolChoice": {"tool": {"name": "f"}}}},
                "",
            ),
            "azure mistral deepseek": ({"tool_choice": {"type": "function", "function": {"name": "f"}}}, ""),
            "responses": ({"tool_choice": {"type": "function", "name": "f"}}, ""),
        },
    ),
    "allowed": (
        {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "function",
         "function": {"name": "f"}}]}}},
        {
            "claude claude4.8 vertex_claude": (
                {"tools": [{"name": "f", "description": "d", "input_schema": SCHEMA}],
                 "tool_choice": {"type": "auto"}},
                "",
            ),
            "gemini gemini3 vertex_gemini": (
                {"tools": [{"functionDeclarations": [{"name": "f", "description": "d", "parameters": SCHEMA}]}],
                 "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}}},
                "",
            ),
            "cohere": ({"tools": [TOOL]}, ""),
            "cloudflare mistral deepseek": ({"tools": [TOOL], "tool_choice": "auto"}, ""),
            "bedrock_claude nova": (
                {"toolConfig": {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": SCHEMA},
                 "description": "d"}}], "toolChoice": {"auto": {}}}},
                "",
            ),
            "azure": (
                {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto",
                 "tools": [{"type": "function", "function": {"name": "f"}}]}}},
                "",
            ),
            "responses": (
                {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function",
                 "name": "f"}]}},
                "",
            ),
        },
    ),
    "one call at a time": (
        {"parallel_tool_calls": False},
        {
            "claude claude4.8 vertex_claude": (
                {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
                "",
            ),
            "gemini gemini3 vertex_gemini cohere cloudflare nova": ({}, "parallel_tool_calls dropped"),
            "bedrock_claude": (
                {"additionalModelRequestFields": {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}},
                "",
            ),
            "azure mistral deepseek responses": ({"parallel_tool_calls": False}, ""),
        },
    ),
    "strict": (
        {"tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": SCHEMA,
         "strict": True}}]},
        {
            "claude claude4.8 vertex_claude": (
                {"tools": [{"name": "f", "description": "d", "input_schema": {"type": "object",
                 "properties": {"q": {"type": "string"}}, "required": ["q"], "additionalProperties": False},
                 "strict": True}]},
                "",
            ),
            "gemini gemini3 vertex_gemini": (
                {"tools": [{"functionDeclarations": [{"name": "f", "description": "d", "parameters": SCHEMA}]}],
                 "toolConfig": {"functionCallingConfig": {"mode": "VALIDATED"}}},
                "",
            ),
            "cohere": ({"tools": [TOOL], "strict_tools": True}, ""),
            "cloudflare": ({"tools": [TOOL]}, "tools.strict dropped"),
            "bedrock_claude": (
                {"toolConfig": {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object",
                 "properties": {"q": {"type": "string"}}, "required": ["q"], "additionalProperties": False}},
                 "description": "d", "strict": True}}]}},
                "",
            ),
            "nova": (
                {"toolConfig": {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": SCHEMA},
                 "description": "d"}}]}},
                "tools.strict dropped",
            ),
            "azure mistral deepseek": (
                {"tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": SCHEMA,
                 "strict": True}}]},
                "",
            ),
            "responses": (
                {"tools": [{"type": "function", "name": "f", "description": "d", "parameters": SCHEMA,
                 "strict": True}]},
                "",
            ),
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("word", "backend"), list(rows(TABLE)))
def test_each_word_at_each_backend(word: str, backend: str) -> None:
    assert walk(backend, TABLE[word][0], BASE) == expected_of(TABLE, word, backend)
