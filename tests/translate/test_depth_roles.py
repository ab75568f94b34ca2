"""Depth: system and developer words wherever they stand, turns that follow each other, prefill, cache marks."""

from __future__ import annotations

import pytest

from .depth import Body, Table, expected_of, rows, walk

EPHEMERAL: Body = {"type": "ephemeral"}
BASE: Body = {}
TABLE: Table = {
    "system and developer": (
        {"messages": [{"role": "system", "content": "a"}, {"role": "developer", "content": [{"type": "text",
         "text": "b"}]}, {"role": "user", "content": "hi"}, {"role": "assistant", "content": "ok"}, {"role": "system",
         "content": "c"}, {"role": "user", "content": "x"}, {"role": "user", "content": "y"}]},
        {
            "claude claude4.8 vertex_claude": (
                {"system": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}, {"type": "text",
                 "text": "c"}], "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]},
                 {"role": "assistant", "content": [{"type": "text", "text": "ok"}]}, {"role": "user",
                 "content": [{"type": "text", "text": "x"}, {"type": "text", "text": "y"}]}]},
                "",
            ),
            "gemini gemini3 vertex_gemini": (
                {"systemInstruction": {"parts": [{"text": "a"}, {"text": "b"}, {"text": "c"}]},
                 "contents": [{"role": "user", "parts": [{"text": "hi"}]}, {"role": "model",
                 "parts": [{"text": "ok"}]}, {"role": "user", "parts": [{"text": "x"}, {"text": "y"}]}]},
                "",
            ),
            "cohere cloudflare": (
                {"messages": [{"role": "system", "content": "a"}, {"role": "system", "content": "b"}, {"role": "user",
                 "content": "hi"}, {"role": "assistant", "content": "ok"}, {"role": "system", "content": "c"},
                 {"role": "user", "content": "x"}, {"role": "user", "content": "y"}]},
                "",
            ),
            "bedrock_claude nova": (
                {"system": [{"text": "a"}, {"text": "b"}, {"text": "c"}], "messages": [{"role": "user",
                 "content": [{"text": "hi"}]}, {"role": "assistant", "content": [{"text": "ok"}]}, {"role": "user",
                 "content": [{"text": "x"}, {"text": "y"}]}]},
                "",
            ),
            "azure": (
                {"messages": [{"role": "system", "content": "a"}, {"role": "developer", "content": [{"type": "text",
                 "text": "b"}]}, {"role": "user", "content": "hi"}, {"role": "assistant", "content": "ok"},
                 {"role": "system", "content": "c"}, {"role": "user", "content": "x"}, {"role": "user",
                 "content": "y"}]},
                "",
            ),
            "mistral": (
                {"messages": [{"role": "system", "content": "a"}, {"role": "system", "content": "b"}, {"role": "user",
                 "content": "hi"}, {"role": "assistant", "content": "ok"}, {"role": "system", "content": "c"},
                 {"role": "user", "content": "x"}, {"role": "user", "content": "y"}]},
                "messages[].role renamed",
            ),
            "deepseek": (
                {"messages": [{"role": "system", "content": "a"}, {"role": "system", "content": "b"}, {"role": "user",
                 "content": "hi"}, {"role": "assistant", "content": "ok", "reasoning_content": ""}, {"role": "system",
                 "content": "c"}, {"role": "user", "content": "x"}, {"role": "user", "content": "y"}]},
                "messages[].role renamed",
            ),
            "responses": (
                {"input": [{"role": "system", "content": "a"}, {"role": "developer", "content": "b"}, {"role": "user",
                 "content": "hi"}, {"role": "assistant", "content": "ok"}, {"role": "system", "content": "c"},
                 {"role": "user", "content": "x"}, {"role": "user", "content": "y"}]},
                "",
            ),
        },
    ),
    "prefill": (
        {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "{ "}]},
        {
            "claude vertex_claude": (
                {"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}, {"role": "assistant",
                 "content": [{"type": "text", "text": "{"}]}]},
                "",
            ),
            "claude4.8": (
                {"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}, {"role": "assistant",
                 "content": [{"type": "text", "text": "{"}]}, {"role": "user", "content": [{"type": "text",
                 "text": "Continue."}]}]},
                "messages approximated",
            ),
            "gemini gemini3 vertex_gemini": (
                {"contents": [{"role": "user", "parts": [{"text": "hi"}]}, {"role": "model",
                 "parts": [{"text": "{ "}]}]},
                "",
            ),
            "cohere cloudflare azure mistral": (
                {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "{ "}]},
                "",
            ),
            "bedrock_claude nova": (
                {"messages": [{"role": "user", "content": [{"text": "hi"}]}, {"role": "assistant",
                 "content": [{"text": "{"}]}]},
                "",
            ),
            "deepseek": (
                {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "{ ",
                 "reasoning_content": ""}]},
                "",
            ),
            "responses": ({"input": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "{ "}]}, ""),
        },
    ),
    "a cache mark": (
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "long", "cache_control": EPHEMERAL},
         {"type": "text", "text": "q"}]}]},
        {
            "azure": (
                {"messages": [{"role": "user", "content": [{"type": "text", "text": "long"}, {"type": "text",
                 "text": "q"}]}]},
                "messages[].content[].cache_control dropped",
            ),
            "claude claude4.8 vertex_claude": (
                {"messages": [{"role": "user", "content": [{"type": "text", "text": "long",
                 "cache_control": EPHEMERAL}, {"type": "text", "text": "q"}]}]},
                "",
            ),
            "gemini gemini3 vertex_gemini": (
                {"contents": [{"role": "user", "parts": [{"text": "long"}, {"text": "q"}]}]},
                "cache_control dropped",
            ),
            "cohere": (
                {"messages": [{"role": "user", "content": [{"type": "text", "text": "long"}, {"type": "text",
                 "text": "q"}]}]},
                "cache_control dropped",
            ),
            "cloudflare": ({"messages": [{"role": "user", "content": "long\nq"}]}, "cache_control dropped"),
            "bedrock_claude nova": (
                {"messages": [{"role": "user", "content": [{"text": "long"}, {"cachePoint": {"type": "default"}},
                 {"text": "q"}]}]},
                "",
            ),
            "mistral deepseek": (
                {"messages": [{"role": "user", "content": "long\nq"}]},
                "messages[].content[].cache_control dropped",
            ),
            "responses": (
                {"input": [{"role": "user", "content": [{"type": "input_text", "text": "long"}, {"type": "input_text",
                 "text": "q"}]}]},
                "cache_control dropped",
            ),
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("word", "backend"), list(rows(TABLE)))
def test_each_word_at_each_backend(word: str, backend: str) -> None:
    assert walk(backend, TABLE[word][0], BASE) == expected_of(TABLE, word, backend)
