"""The table of models: each spelling finds its row, and no row hides another."""

from __future__ import annotations

import pytest

from proapi_translate.dialects.bedrock import models
from proapi_translate.dialects.bedrock.models import find_model


@pytest.mark.parametrize(
    ("model_id", "thinking", "sampling"),
    [
        ("anthropic.claude-3-haiku-20240307-v1:0", "none", "both"),
        ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", "budget", "both"),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", "budget", "both"),
        ("anthropic.claude-opus-4-1-20250805-v1:0", "budget", "one"),
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", "budget", "one"),
        ("anthropic.claude-opus-4-6-v1", "adaptive", "one"),
        ("us.anthropic.claude-opus-4-7", "adaptive", "none"),
        ("anthropic.claude-opus-5", "adaptive", "none"),
        ("anthropic.claude-opus-5-5", "adaptive", "none"),
        ("arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-6", "adaptive", "one"),
        ("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123", "none", "both"),
        ("us.amazon.nova-2-lite-v1:0", "nova", "both"),
        ("amazon.nova-lite-v1:0", "none", "both"),
        ("openai.gpt-oss-120b-1:0", "effort_field", "both"),
        ("qwen.qwen3-235b-a22b-2507-v1:0", "qwen", "both"),
    ],
)
def test_every_spelling_finds_its_row(model_id: str, thinking: str, sampling: str) -> None:
    model = find_model(model_id)
    assert (model.thinking, model.sampling) == (thinking, sampling)


@pytest.mark.parametrize(
    ("model_id", "origin"), [("ANTHROPIC.Claude-x", "anthropic"), ("amazon.nova-pro-v1:0", "bedrock"), ("", "bedrock")]
)
def test_origin_of_signatures(model_id: str, origin: str) -> None:
    assert find_model(model_id).origin == origin


def test_no_row_hides_a_later_one() -> None:
    parts = [part for part, _ in models._ROWS]
    hidden = [(early, late) for at, early in enumerate(parts) for late in parts[at + 1 :] if early in late]
    assert hidden == []
