"""Depth: reasoning_effort as each backend's own thinking setting, within its limits."""

from __future__ import annotations

import pytest

from .depth import Body, Table, expected_of, rows, walk

BASE: Body = {"max_tokens": 30000}
TABLE: Table = {
    "none": (
        {"reasoning_effort": "none"},
        {
            "claude claude4.8 vertex_claude cohere": ({"thinking": {"type": "disabled"}}, ""),
            "gemini vertex_gemini": (
                {"generationConfig": {"maxOutputTokens": 30000, "thinkingConfig": {"thinkingBudget": 0}}},
                "",
            ),
            "gemini3": (
                {"generationConfig": {"maxOutputTokens": 30000, "thinkingConfig": {"thinkingLevel": "low"}}},
                "reasoning_effort approximated",
            ),
            "cloudflare": ({}, "reasoning_effort dropped"),
            "bedrock_claude nova": ({}, ""),
            "azure mistral": ({"reasoning_effort": "none"}, ""),
            "deepseek": ({"thinking": {"type": "disabled"}}, "reasoning_effort renamed"),
            "responses": ({"reasoning": {"effort": "none"}}, ""),
        },
    ),
    "minimal": (
        {"reasoning_effort": "minimal"},
        {
            "claude vertex_claude": ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, ""),
            "claude4.8": (
                {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": "low"}},
                "reasoning_effort approximated",
            ),
            "gemini vertex_gemini": (
                {"generationConfig": {"maxOutputTokens": 30000, "thinkingConfig": {"thinkingBudget": 1024,
                 "includeThoughts": True}}},
                "",
            ),
            "gemini3": (
                {"generationConfig": {"maxOutputTokens": 30000, "thinkingConfig": {"thinkingLevel": "low",
                 "includeThoughts": True}}},
                "reasoning_effort approximated",
            ),
            "cohere": ({"thinking": {"type": "enabled", "token_budget": 1024}}, ""),
            "cloudflare nova": ({}, "reasoning_effort dropped"),
            "bedrock_claude": (
                {"additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}}},
                "",
            ),
            "azure deepseek": ({"reasoning_effort": "minimal"}, ""),
            "mistral": ({"reasoning_effort": "none"}, "reasoning_effort approximated"),
            "responses": ({"reasoning": {"effort": "minimal"}}, ""),
        },
    ),
    "low": (
        {"reasoning_effort": "low"},
        {
            "claude vertex_claude": ({"thinking": {"type": "enabled", "budget_tokens": 2048}}, ""),
            "claude4.8": (
                {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": "low"}},
                "",
            ),
            "gemini vertex_gemini": (
                {"generationConfig": {"maxOutputTokens": 30000, "thinkingConfig": {"thinkingBudget": 1024,
                 "includeThoughts": True}}},
                "",
            ),
            "gemini3": (
                {"generationConfig": {"maxOutputTokens": 30000, "thinkingConfig": {"thinkingLevel": "low",
                 "includeThoughts": True}}},
                "",
            ),
            "cohere": ({"thinking": {"type": "enabled", "token_budget": 4096}}, ""),
            "cloudflare nova": ({}, "reasoning_effort dropped"),
            "bedrock_claude": (
                {"additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 2048}}},
                "",
            ),
            "azure deepseek": ({"reasoning_effort": "low"}, ""),
            "mistral": ({"reasoning_effort": "high"}, "reasoning_effort approximated"),
            "responses": ({"reasoning": {"effort": "low"}}, ""),
        },
    ),
    "medium": (
        {"reasoning_effort": "medium"},
        {
            "claude vertex_claude": ({"thinking": {"type": "enabled", "budget_tokens": 8192}}, ""),
            "claude4.8": (
                {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": "medium"}},
                "",
            ),
            "gemini vertex_gemini": (
                {"generationConfig": {"maxOutputTokens": 30000, "thinkingConfig": {"thinkingBudget": 8192,
                 "includeThoughts": True}}},
                "",
            ),
            "gemini3": (
                {"generationConfig": {"maxOutputTokens": 30000, "thinkingConfig": {"thinkingLevel": "high",
                 "includeThoughts": True}}},
                "reasoning_effort approximated",
            ),
            "cohere": ({"thinking": {"type": "enabled", "token_budget": 12288}}, ""),
            "cloudflare nova": ({}, "reasoning_effort dropped"),
            "bedrock_claude": (
                {"additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 8192}}},
                "",
            ),
            "azure deepseek": ({"reasoning_effort": "medium"}, ""),
            "mistral": ({"reasoning_effort": "high"}, "reasoning_effort approximated"),
            "responses": ({"reasoning": {"effort": "medium"}}, ""),
        },
    ),
    "high": (
        {"reasoning_effort": "high"},
        {
            "claude vertex_claude": ({"thinking": {"type": "enabled", "budget_tokens": 15000}}, ""),
            "claude4.8": (
                {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": "high"}},
                "",
            ),
            "gemini vertex_gemini": (
                {"generationConfig": {"maxOutputTokens": 30000, "thinkingConfig": {"thinkingBudget": 24576,
                 "includeThoughts": True}}},
                "",
            ),
            "gemini3": (
                {"generationConfig": {"maxOutputTokens": 30000, "thinkingConfig": {"thinkingLevel": "high",
                 "includeThoughts": True}}},
                "",
            ),
            "cohere": ({"thinking": {"type": "enabled"}}, ""),
            "cloudflare nova": ({}, "reasoning_effort dropped"),
            "bedrock_claude": (
                {"additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 15000}}},
                "",
            ),
            "azure mistral deepseek": ({"reasoning_effort": "high"}, ""),
            "responses": ({"reasoning": {"effort": "high"}}, ""),
        },
    ),
    "xhigh": (
        {"reasoning_effort": "xhigh"},
        {
            "claude vertex_claude": ({"thinking": {"type": "enabled", "budget_tokens": 15000}}, ""),
            "claude4.8": (
                {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": "xhigh"}},
                "",
            ),
            "gemini vertex_gemini": (
                {"generationConfig": {"maxOutputTokens": 30000, "thinkingConfig": {"thinkingBudget": 24576,
                 "includeThoughts": True}}},
                "",
            ),
            "gemini3": (
                {"generationConfig": {"maxOutputTokens": 30000, "thinkingConfig": {"thinkingLevel": "high",
                 "includeThoughts": True}}},
                "reasoning_effort approximated",
            ),
            "cohere": ({"thinking": {"type": "enabled"}}, ""),
            "cloudflare nova": ({}, "reasoning_effort dropped"),
            "bedrock_claude": (
                {"additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 15000}}},
                "",
            ),
            "azure deepseek": ({"reasoning_effort": "xhigh"}, ""),
            "mistral": ({"reasoning_effort": "high"}, "reasoning_effort approximated"),
            "responses": ({"reasoning": {"effort": "xhigh"}}, ""),
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("word", "backend"), list(rows(TABLE)))
def test_each_word_at_each_backend(word: str, backend: str) -> None:
    assert walk(backend, TABLE[word][0], BASE) == expected_of(TABLE, word, backend)
