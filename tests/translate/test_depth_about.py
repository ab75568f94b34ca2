"""Depth: who asks, for what tier, with a search or not, streamed."""

from __future__ import annotations

import pytest

from .depth import Body, Table, expected_of, rows, walk

BASE: Body = {}
TABLE: Table = {
    "user": (
        {"user": "u"},
        {
            "claude claude4.8 vertex_claude": ({"metadata": {"user_id": "u"}}, ""),
            "gemini gemini3 vertex_gemini cohere cloudflare bedrock_claude nova mistral": ({}, "user dropped"),
            "azure deepseek responses": ({"user": "u"}, ""),
        },
    ),
    "metadata": (
        {"metadata": {"k": "v"}},
        {
            "claude claude4.8 vertex_claude gemini gemini3 vertex_gemini cohere cloudflare": ({}, "metadata dropped"),
            "bedrock_claude nova": ({"requestMetadata": {"k": "v"}}, ""),
            "azure mistral deepseek responses": ({"metadata": {"k": "v"}}, ""),
        },
    ),
    "service_tier": (
        {"service_tier": "flex"},
        {
            "claude claude4.8 vertex_claude cohere cloudflare": ({}, "service_tier dropped"),
            "gemini gemini3 vertex_gemini": ({"serviceTier": "flex"}, ""),
            "bedrock_claude nova": ({"serviceTier": {"type": "flex"}}, ""),
            "azure mistral deepseek responses": ({"service_tier": "flex"}, ""),
        },
    ),
    "web search": (
        {"web_search_options": {"search_context_size": "low"}},
        {
            "claude claude4.8 vertex_claude": (
                {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
                "web_search_options.search_context_size dropped",
            ),
            "gemini gemini3 vertex_gemini": ({"tools": [{"googleSearch": {}}]}, "web_search_options approximated"),
            "cohere cloudflare bedrock_claude nova mistral": ({}, "web_search_options dropped"),
            "azure deepseek": ({"web_search_options": {"search_context_size": "low"}}, ""),
            "responses": ({"tools": [{"type": "web_search", "search_context_size": "low"}]}, ""),
        },
    ),
    "stream": (
        {"stream": True},
        {
            "claude claude4.8 vertex_claude cohere cloudflare mistral responses": ({"stream": True}, ""),
            "gemini gemini3 vertex_gemini bedrock_claude nova": ({}, ""),
            "azure deepseek": ({"stream": True, "stream_options": {"include_usage": True}}, ""),
        },
    ),
    "stream with its usage": (
        {"stream": True, "stream_options": {"include_usage": True}},
        {
            "claude claude4.8 vertex_claude cohere cloudflare mistral responses": ({"stream": True}, ""),
            "gemini gemini3 vertex_gemini bedrock_claude nova": ({}, ""),
            "azure deepseek": ({"stream": True, "stream_options": {"include_usage": True}}, ""),
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("word", "backend"), list(rows(TABLE)))
def test_each_word_at_each_backend(word: str, backend: str) -> None:
    assert walk(backend, TABLE[word][0], BASE) == expected_of(TABLE, word, backend)
