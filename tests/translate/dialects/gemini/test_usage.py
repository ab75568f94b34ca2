"""Token counts by OpenAI's rules."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from proapi_translate.dialects.gemini.usage import read_usage
from proapi_translate.dialects.gemini.wire import UsageMetadata
from proapi_translate.events import Usage

FULL = {
    "promptTokenCount": 30, "toolUsePromptTokenCount": 5, "candidatesTokenCount": 12, "thoughtsTokenCount": 88,
    "cachedContentTokenCount": 10, "totalTokenCount": 135,
}  # fmt: skip
SOUND = [{"modality": "TEXT", "tokenCount": 3}, {"modality": "AUDIO", "tokenCount": 4}]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (FULL, Usage(35, 100, cached_tokens=10, reasoning_tokens=88, total_tokens=135)),
        ({"promptTokenCount": 14, "totalTokenCount": 14}, Usage(14, total_tokens=14)),
        ({"candidatesTokenCount": 23, "thoughtsTokenCount": 67}, Usage(0, 90, reasoning_tokens=67)),
        ({"promptTokenCount": 7, "promptTokensDetails": SOUND}, Usage(7, audio_prompt_tokens=4)),
        ({"candidatesTokenCount": 7, "candidatesTokensDetails": SOUND}, Usage(0, 7, audio_completion_tokens=4)),
        ({"trafficType": "ON_DEMAND"}, None),
        ({"promptTokenCount": None}, None),
        ({}, None),
    ],
)
def test_counts(counts: dict[str, Any], expected: Usage | None) -> None:
    assert read_usage(msgspec.convert(counts, UsageMetadata)) == expected
