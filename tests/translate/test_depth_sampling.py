"""Depth: the dials: limits, stops, ranges and conflicts, seed, n, probabilities, penalties."""

from __future__ import annotations

import pytest

from .depth import REFUSED, Body, Table, expected_of, rows, walk

BASE: Body = {}
TABLE: Table = {
    "max_tokens": (
        {"max_tokens": 50},
        {
            "claude claude4.8 vertex_claude cohere cloudflare azure mistral deepseek": ({"max_tokens": 50}, ""),
            "gemini gemini3 vertex_gemini": ({"generationConfig": {"maxOutputTokens": 50}}, ""),
            "bedrock_claude nova": ({"inferenceConfig": {"maxTokens": 50}}, ""),
            "responses": ({"max_output_tokens": 50}, ""),
        },
    ),
    "max_completion_tokens": (
        {"max_completion_tokens": 60},
        {
            "claude claude4.8 vertex_claude cohere cloudflare": ({"max_tokens": 60}, ""),
            "gemini gemini3 vertex_gemini": ({"generationConfig": {"maxOutputTokens": 60}}, ""),
            "bedrock_claude nova": ({"inferenceConfig": {"maxTokens": 60}}, ""),
            "azure": ({"max_completion_tokens": 60}, ""),
            "mistral deepseek": ({"max_tokens": 60}, "max_completion_tokens renamed"),
            "responses": ({"max_output_tokens": 60}, ""),
        },
    ),
    "stop": (
        {"stop": "END"},
        {
            "claude claude4.8 vertex_claude cohere": ({"stop_sequences": ["END"]}, ""),
            "gemini gemini3 vertex_gemini": ({"generationConfig": {"stopSequences": ["END"]}}, ""),
            "cloudflare responses": ({}, "stop dropped"),
            "bedrock_claude nova": ({"inferenceConfig": {"stopSequences": ["END"]}}, ""),
            "azure mistral deepseek": ({"stop": "END"}, ""),
        },
    ),
    "temperature": (
        {"temperature": 1.7},
        {
            "claude vertex_claude": ({"temperature": 1}, "temperature approximated"),
            "claude4.8 responses": ({}, "temperature dropped"),
            "gemini gemini3 vertex_gemini": ({"generationConfig": {"temperature": 1.7}}, ""),
            "cohere cloudflare azure mistral deepseek": ({"temperature": 1.7}, ""),
            "bedrock_claude nova": ({"inferenceConfig": {"temperature": 1}}, "temperature approximated"),
        },
    ),
    "top_p": (
        {"top_p": 0.5},
        {
            "claude vertex_claude cloudflare azure mistral deepseek": ({"top_p": 0.5}, ""),
            "claude4.8 responses": ({}, "top_p dropped"),
            "gemini gemini3 vertex_gemini": ({"generationConfig": {"topP": 0.5}}, ""),
            "cohere": ({"p": 0.5}, ""),
            "bedrock_claude nova": ({"inferenceConfig": {"topP": 0.5}}, ""),
        },
    ),
    "seed": (
        {"seed": 3},
        {
            "claude claude4.8 vertex_claude bedrock_claude nova responses": ({}, "seed dropped"),
            "gemini gemini3 vertex_gemini": ({"generationConfig": {"seed": 3}}, ""),
            "cohere cloudflare azure deepseek": ({"seed": 3}, ""),
            "mistral": ({"random_seed": 3}, "seed renamed"),
        },
    ),
    "n": (
        {"n": 2},
        {
            "claude claude4.8 vertex_claude cohere cloudflare bedrock_claude nova responses": (REFUSED, "n"),
            "gemini gemini3 vertex_gemini": ({"generationConfig": {"candidateCount": 2}}, ""),
            "azure mistral deepseek": ({"n": 2}, ""),
        },
    ),
    "frequency_penalty": (
        {"frequency_penalty": 0.5},
        {
            "claude claude4.8 vertex_claude bedrock_claude nova responses": ({}, "frequency_penalty dropped"),
            "gemini gemini3 vertex_gemini": ({"generationConfig": {"frequencyPenalty": 0.5}}, ""),
            "cohere cloudflare azure mistral deepseek": ({"frequency_penalty": 0.5}, ""),
        },
    ),
    "presence_penalty": (
        {"presence_penalty": -1},
        {
            "claude claude4.8 vertex_claude bedrock_claude nova responses": ({}, "presence_penalty dropped"),
            "gemini gemini3 vertex_gemini": ({"generationConfig": {"presencePenalty": -1}}, ""),
            "cohere": ({"presence_penalty": 0.0}, "presence_penalty approximated"),
            "cloudflare azure mistral deepseek": ({"presence_penalty": -1}, ""),
        },
    ),
    "logprobs": (
        {"logprobs": True},
        {
            "claude claude4.8 vertex_claude cloudflare bedrock_claude nova": (REFUSED, "logprobs"),
            "gemini gemini3 vertex_gemini": ({"generationConfig": {"responseLogprobs": True}}, ""),
            "cohere azure mistral deepseek": ({"logprobs": True}, ""),
            "responses": ({"include": ["reasoning.encrypted_content", "message.output_text.logprobs"]}, ""),
        },
    ),
    "top_logprobs": (
        {"logprobs": True, "top_logprobs": 2},
        {
            "claude claude4.8 vertex_claude cloudflare bedrock_claude nova": (REFUSED, "logprobs"),
            "gemini gemini3 vertex_gemini": ({"generationConfig": {"responseLogprobs": True, "logprobs": 2}}, ""),
            "cohere": ({"logprobs": True}, "top_logprobs dropped"),
            "azure mistral deepseek": ({"logprobs": True, "top_logprobs": 2}, ""),
            "responses": (
                {"top_logprobs": 2, "include": ["reasoning.encrypted_content", "message.output_text.logprobs"]},
                "",
            ),
        },
    ),
    "a list of six stops": (
        {"stop": ["a", "b", "c", "d", "e", "f"]},
        {
            "claude claude4.8 vertex_claude": ({"stop_sequences": ["a", "b", "c", "d", "e", "f"]}, ""),
            "gemini gemini3 vertex_gemini": (
                {"generationConfig": {"stopSequences": ["a", "b", "c", "d", "e"]}},
                "stop approximated",
            ),
            "cohere": ({"stop_sequences": ["a", "b", "c", "d", "e"]}, "stop approximated"),
            "cloudflare responses": ({}, "stop dropped"),
            "bedrock_claude nova": ({"inferenceConfig": {"stopSequences": ["a", "b", "c", "d", "e", "f"]}}, ""),
            "azure mistral deepseek": ({"stop": ["a", "b", "c", "d", "e", "f"]}, ""),
        },
    ),
    "temperature and top_p": (
        {"temperature": 0.3, "top_p": 0.5},
        {
            "claude vertex_claude": ({"temperature": 0.3}, "top_p dropped"),
            "claude4.8 responses": ({}, "temperature dropped, top_p dropped"),
            "gemini gemini3 vertex_gemini": ({"generationConfig": {"temperature": 0.3, "topP": 0.5}}, ""),
            "cohere": ({"temperature": 0.3, "p": 0.5}, ""),
            "cloudflare azure mistral deepseek": ({"temperature": 0.3, "top_p": 0.5}, ""),
            "bedrock_claude": ({"inferenceConfig": {"temperature": 0.3}}, "top_p dropped"),
            "nova": ({"inferenceConfig": {"temperature": 0.3, "topP": 0.5}}, ""),
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("word", "backend"), list(rows(TABLE)))
def test_each_word_at_each_backend(word: str, backend: str) -> None:
    assert walk(backend, TABLE[word][0], BASE) == expected_of(TABLE, word, backend)
