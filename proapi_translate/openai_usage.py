"""OpenAI's usage object, as chat completions and the older completions tell it."""

from __future__ import annotations

from typing import Any

from .events import Usage


def usage_object(usage: Usage) -> dict[str, Any]:
    """OpenAI's usage: {"prompt_tokens", "completion_tokens", "total_tokens", and the details}."""
    prompt_details = {"cached_tokens": usage.cached_tokens, "audio_tokens": usage.audio_prompt_tokens}
    if usage.cache_write_tokens:
        prompt_details["cache_write_tokens"] = usage.cache_write_tokens
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens or usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": prompt_details,
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning_tokens,
            "audio_tokens": usage.audio_completion_tokens,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
