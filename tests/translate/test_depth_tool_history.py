"""Depth: calls and their results in a history: order, no arguments, results of every shape, ids."""

from __future__ import annotations

import pytest

from .depth import Body, Table, expected_of, rows, walk

SCHEMA: Body = {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}
TOOL: Body = {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object",
 "properties": {"q": {"type": "string"}}, "required": ["q"]}}}
PLAIN: Body = {"type": "function", "function": {"name": "g"}}
CALL: Body = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"q":"a"}'}}
PICTURE: Body = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
BASE: Body = {"tools": [TOOL, PLAIN]}
TABLE: Table = {
    "two calls, results in another order": (
        {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None, "tool_calls": [CALL,
         {"id": "c2", "type": "function", "function": {"name": "g", "arguments": ""}}]}, {"role": "tool",
         "tool_call_id": "c2", "content": "two"}, {"role": "tool", "tool_call_id": "c1", "content": "one"},
         {"role": "user", "content": "more"}]},
        {
            "claude claude4.8 vertex_claude": (
                {"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}, {"role": "assistant",
                 "content": [{"type": "tool_use", "id": "c1", "name": "f", "input": {"q": "a"}}, {"type": "tool_use",
                 "id": "c2", "name": "g", "input": {}}]}, {"role": "user", "content": [{"type": "tool_result",
                 "tool_use_id": "c2", "content": "two"}, {"type": "tool_result", "tool_use_id": "c1",
                 "content": "one"}, {"type": "text", "text": "more"}]}]},
                "",
            ),
            "gemini vertex_gemini": (
                {"contents": [{"role": "user", "parts": [{"text": "hi"}]}, {"role": "model",
                 "parts": [{"functionCall": {"name": "f", "args": {"q": "a"}}}, {"functionCall": {"name": "g",
                 "args": {}}}]}, {"role": "user", "parts": [{"functionResponse": {"name": "f",
                 "response": {"result": "one"}}}, {"functionResponse": {"name": "g", "response": {"result": "two"}}},
                 {"text": "more"}]}]},
                "",
            ),
            "gemini3": (
                {"contents": [{"role": "user", "parts": [{"text": "hi"}]}, {"role": "model",
                 "parts": [{"functionCall": {"name": "f", "args": {"q": "a"}, "id": "c1"},
                 "thoughtSignature": "skip_thought_signature_validator"}, {"functionCall": {"name": "g", "args": {},
                 "id": "c2"}}]}, {"role": "user", "parts": [{"functionResponse": {"name": "f",
                 "response": {"result": "one"}, "id": "c1"}}, {"functionResponse": {"name": "g",
                 "response": {"result": "two"}, "id": "c2"}}, {"text": "more"}]}]},
                "",
            ),
            "cohere": (
                {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [CALL,
                 {"id": "c2", "type": "function", "function": {"name": "g", "arguments": "{}"}}]}, {"role": "tool",
                 "tool_call_id": "c2", "content": "two"}, {"role": "tool", "tool_call_id": "c1", "content": "one"},
                 {"role": "user", "content": "more"}]},
                "",
            ),
            "cloudflare": (
                {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "",
                 "tool_calls": [CALL, {"id": "c2", "type": "function", "function": {"name": "g",
                 "arguments": "{}"}}]}, {"role": "tool", "content": "two", "tool_call_id": "c2", "name": "g"},
                 {"role": "tool", "content": "one", "tool_call_id": "c1", "name": "f"}, {"role": "user",
                 "content": "more"}]},
                "",
            ),
            "bedrock_claude nova": (
                {"messages": [{"role": "user", "content": [{"text": "hi"}]}, {"role": "assistant",
                 "content": [{"toolUse": {"toolUseId": "c1", "name": "f", "input": {"q": "a"}}},
                 {"toolUse": {"toolUseId": "c2", "name": "g", "input": {}}}]}, {"role": "user",
                 "content": [{"toolResult": {"toolUseId": "c2", "content": [{"text": "two"}]}},
                 {"toolResult": {"toolUseId": "c1", "content": [{"text": "one"}]}}, {"text": "more"}]}]},
                "",
            ),
            "azure": (
                {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None,
                 "tool_calls": [CALL, {"id": "c2", "type": "function", "function": {"name": "g", "arguments": ""}}]},
                 {"role": "tool", "tool_call_id": "c2", "content": "two"}, {"role": "tool", "tool_call_id": "c1",
                 "content": "one"}, {"role": "user", "content": "more"}]},
                "",
            ),
            "mistral": (
                {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None,
                 "tool_calls": [{"id": "2bwv3r597", "type": "function", "function": {"name": "f",
                 "arguments": '{"q":"a"}'}}, {"id": "9t8v6qrcu", "type": "function", "function": {"name": "g",
                 "arguments": ""}}]}, {"role": "tool", "tool_call_id": "9t8v6qrcu", "content": "two"},
                 {"role": "tool", "tool_call_id": "2bwv3r597", "content": "one"}, {"role": "user",
                 "content": "more"}]},
                "",
            ),
            "deepseek": (
                {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None,
                 "tool_calls": [CALL, {"id": "c2", "type": "function", "function": {"name": "g", "arguments": ""}}],
                 "reasoning_content": ""}, {"role": "tool", "tool_call_id": "c2", "content": "two"}, {"role": "tool",
                 "tool_call_id": "c1", "content": "one"}, {"role": "user", "content": "more"}]},
                "",
            ),
            "responses": (
                {"input": [{"role": "user", "content": "hi"}, {"type": "function_call", "call_id": "c1", "name": "f",
                 "arguments": '{"q":"a"}'}, {"type": "function_call", "call_id": "c2", "name": "g",
                 "arguments": "{}"}, {"type": "function_call_output", "call_id": "c2", "output": "two"},
                 {"type": "function_call_output", "call_id": "c1", "output": "one"}, {"role": "user",
                 "content": "more"}]},
                "",
            ),
        },
    ),
    "a result that is a list": (
        {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None, "tool_calls": [CALL]},
         {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "a"}, {"type": "text",
         "text": "b"}]}]},
        {
            "claude claude4.8 vertex_claude": (
                {"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}, {"role": "assistant",
                 "content": [{"type": "tool_use", "id": "c1", "name": "f", "input": {"q": "a"}}]}, {"role": "user",
                 "content": [{"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "a"},
                 {"type": "text", "text": "b"}]}]}]},
                "",
            ),
            "gemini vertex_gemini": (
                {"contents": [{"role": "user", "parts": [{"text": "hi"}]}, {"role": "model",
                 "parts": [{"functionCall": {"name": "f", "args": {"q": "a"}}}]}, {"role": "user",
                 "parts": [{"functionResponse": {"name": "f", "response": {"result": "a\nb"}}}]}]},
                "",
            ),
            "gemini3": (
                {"contents": [{"role": "user", "parts": [{"text": "hi"}]}, {"role": "model",
                 "parts": [{"functionCall": {"name": "f", "args": {"q": "a"}, "id": "c1"},
                 "thoughtSignature": "skip_thought_signature_validator"}]}, {"role": "user",
                 "parts": [{"functionResponse": {"name": "f", "response": {"result": "a\nb"}, "id": "c1"}}]}]},
                "",
            ),
            "cohere": (
                {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [CALL]},
                 {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "a"}, {"type": "text",
                 "text": "b"}]}]},
                "",
            ),
            "cloudflare": (
                {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "",
                 "tool_calls": [CALL]}, {"role": "tool", "content": "a\nb", "tool_call_id": "c1", "name": "f"}]},
                "",
            ),
            "bedrock_claude nova": (
                {"messages": [{"role": "user", "content": [{"text": "hi"}]}, {"role": "assistant",
                 "content": [{"toolUse": {"toolUseId": "c1", "name": "f", "input": {"q": "a"}}}]}, {"role": "user",
                 "content": [{"toolResult": {"toolUseId": "c1", "content": [{"text": "a"}, {"text": "b"}]}}]}]},
                "",
            ),
            "azure": (
                {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None,
                 "tool_calls": [CALL]}, {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text",
                 "text": "a"}, {"type": "text", "text": "b"}]}]},
                "",
            ),
            "mistral": (
                {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None,
                 "tool_calls": [{"id": "2bwv3r597", "type": "function", "function": {"name": "f",
                 "arguments": '{"q":"a"}'}}]}, {"role": "tool", "tool_call_id": "2bwv3r597", "content": "a\nb"}]},
                "",
            ),
            "deepseek": (
                {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None,
                 "tool_calls": [CALL], "reasoning_content": ""}, {"role": "tool", "tool_call_id": "c1",
                 "content": "a\nb"}]},
                "",
            ),
            "responses": (
                {"input": [{"role": "user", "content": "hi"}, {"type": "function_call", "call_id": "c1", "name": "f",
                 "arguments": '{"q":"a"}'}, {"type": "function_call_output", "call_id": "c1",
                 "output": [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}]}]},
                "",
            ),
        },
    ),
    "a result with a picture": (
        {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None, "tool_calls": [CALL]},
         {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "a"}, PICTURE]}]},
        {
            "claude claude4.8 vertex_claude": (
                {"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}, {"role": "assistant",
                 "content": [{"type": "tool_use", "id": "c1", "name": "f", "input": {"q": "a"}}]}, {"role": "user",
                 "content": [{"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "a"},
                 {"type": "image", "source": {"type": "base64", "media_type": "image/png",
                 "data": "iVBORw0KGgo="}}]}]}]},
                "",
            ),
            "gemini vertex_gemini": (
                {"contents": [{"role": "user", "parts": [{"text": "hi"}]}, {"role": "model",
                 "parts": [{"functionCall": {"name": "f", "args": {"q": "a"}}}]}, {"role": "user",
                 "parts": [{"functionResponse": {"name": "f", "response": {"result": "a"}}},
                 {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}]}]},
                "",
            ),
            "gemini3": (
                {"contents": [{"role": "user", "parts": [{"text": "hi"}]}, {"role": "model",
                 "parts": [{"functionCall": {"name": "f", "args": {"q": "a"}, "id": "c1"},
                 "thoughtSignature": "skip_thought_signature_validator"}]}, {"role": "user",
                 "parts": [{"functionResponse": {"name": "f", "response": {"result": "a"}, "id": "c1",
                 "parts": [{"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}]}}]}]},
                "",
            ),
            "cohere": (
                {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [CALL]},
                 {"role": "tool", "tool_call_id": "c1", "content": "a"}, {"role": "user", "content": [PICTURE]}]},
                "messages[].content approximated",
            ),
            "cloudflare": (
                {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "",
                 "tool_calls": [CALL]}, {"role": "tool", "content": [{"type": "text", "text": "a"}, PICTURE],
                 "tool_call_id": "c1", "name": "f"}]},
                "",
            ),
            "bedrock_claude nova": (
                {"messages": [{"role": "user", "content": [{"text": "hi"}]}, {"role": "assistant",
                 "content": [{"toolUse": {"toolUseId": "c1", "name": "f", "input": {"q": "a"}}}]}, {"role": "user",
                 "content": [{"toolResult": {"toolUseId": "c1", "content": [{"text": "a"}, {"image": {"format": "png",
                 "source": {"bytes": "iVBORw0KGgo="}}}]}}]}]},
                "",
            ),
            "azure": (
                {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None,
                 "tool_calls": [CALL]}, {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text",
                 "text": "a"}, PICTURE]}]},
                "",
            ),
            "mistral": (
                {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None,
                 "tool_calls": [{"id": "2bwv3r597", "type": "function", "function": {"name": "f",
                 "arguments": '{"q":"a"}'}}]}, {"role": "tool", "tool_call_id": "2bwv3r597",
                 "content": [{"type": "text", "text": "a"}, PICTURE]}]},
                "",
            ),
            "deepseek": (
                {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None,
                 "tool_calls": [CALL], "reasoning_content": ""}, {"role": "tool", "tool_call_id": "c1",
                 "content": [{"type": "text", "text": "a"}, PICTURE]}]},
                "",
            ),
            "responses": (
                {"input": [{"role": "user", "content": "hi"}, {"type": "function_call", "call_id": "c1", "name": "f",
                 "arguments": '{"q":"a"}'}, {"type": "function_call_output", "call_id": "c1",
                 "output": [{"type": "input_text", "text": "a"}, {"type": "input_image", "detail": "auto",
                 "image_url": "data:image/png;base64,iVBORw0KGgo="}]}]},
                "",
            ),
        },
    ),
    "an id of another backend": (
        {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None,
         "tool_calls": [{"id": "functions.f:0", "type": "function", "function": {"name": "f",
         "arguments": '{"q":"a"}'}}]}, {"role": "tool", "tool_call_id": "functions.f:0", "content": "x"}]},
        {
            "claude claude4.8 vertex_claude": (
                {"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}, {"role": "assistant",
                 "content": [{"type": "tool_use", "id": "functions_f_0", "name": "f", "input": {"q": "a"}}]},
                 {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "functions_f_0",
                 "content": "x"}]}]},
                "",
            ),
            "gemini vertex_gemini": (
                {"contents": [{"role": "user", "parts": [{"text": "hi"}]}, {"role": "model",
                 "parts": [{"functionCall": {"name": "f", "args": {"q": "a"}}}]}, {"role": "user",
                 "parts": [{"functionResponse": {"name": "f", "response": {"result": "x"}}}]}]},
                "",
            ),
            "gemini3": (
                {"contents": [{"role": "user", "parts": [{"text": "hi"}]}, {"role": "model",
                 "parts": [{"functionCall": {"name": "f", "args": {"q": "a"}, "id": "functions.f:0"},
                 "thoughtSignature": "skip_thought_signature_validator"}]}, {"role": "user",
                 "parts": [{"functionResponse": {"name": "f", "response": {"result": "x"}, "id": "functions.f:0"}}]}]},
                "",
            ),
            "cohere": (
                {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant",
                 "tool_calls": [{"id": "functions.f:0", "type": "function", "function": {"name": "f",
                 "arguments": '{"q":"a"}'}}]}, {"role": "tool", "tool_call_id": "functions.f:0", "content": "x"}]},
                "",
            ),
            "cloudflare": (
                {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "",
                 "tool_calls": [{"id": "functions.f:0", "type": "function", "function": {"name": "f",
                 "arguments": '{"q":"a"}'}}]}, {"role": "tool", "content": "x", "tool_call_id": "functions.f:0",
                 "name": "f"}]},
                "",
            ),
            "bedrock_claude nova": (
                {"messages": [{"role": "user", "content": [{"text": "hi"}]}, {"role": "assistant",
                 "content": [{"toolUse": {"toolUseId": "functions_f_0", "name": "f", "input": {"q": "a"}}}]},
                 {"role": "user", "content": [{"toolResult": {"toolUseId": "functions_f_0",
                 "content": [{"text": "x"}]}}]}]},
                "",
            ),
            "azure": (
                {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None,
                 "tool_calls": [{"id": "functions.f:0", "type": "function", "function": {"name": "f",
                 "arguments": '{"q":"a"}'}}]}, {"role": "tool", "tool_call_id": "functions.f:0", "content": "x"}]},
                "",
            ),
            "mistral": (
                {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None,
                 "tool_calls": [{"id": "32b6aaoi0", "type": "function", "function": {"name": "f",
                 "arguments": '{"q":"a"}'}}]}, {"role": "tool", "tool_call_id": "32b6aaoi0", "content": "x"}]},
                "",
            ),
            "deepseek": (
                {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None,
                 "tool_calls": [{"id": "functions.f:0", "type": "function", "function": {"name": "f",
                 "arguments": '{"q":"a"}'}}], "reasoning_content": ""}, {"role": "tool",
                 "tool_call_id": "functions.f:0", "content": "x"}]},
                "",
            ),
            "responses": (
                {"input": [{"role": "user", "content": "hi"}, {"type": "function_call", "call_id": "functions.f:0",
                 "name": "f", "arguments": '{"q":"a"}'}, {"type": "function_call_output", "call_id": "functions.f:0",
                 "output": "x"}]},
                "",
            ),
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("word", "backend"), list(rows(TABLE)))
def test_each_word_at_each_backend(word: str, backend: str) -> None:
    assert walk(backend, TABLE[word][0], BASE) == expected_of(TABLE, word, backend)
