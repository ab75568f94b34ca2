"""The Responses API's words for a backend's side: what is sent by another name, and what an answer's end is called.

Source: types/responses of the `openai` package 3.57 (response_create_params.py, response.py), read 2026-11-25.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...events import FinishReason

# `incomplete_details.reason` → ours.
FINISH_REASONS: Mapping[str, FinishReason] = {"max_output_tokens": "length", "content_filter": "content_filter"}

SEALED_THOUGHTS = "reasoning.encrypted_content"  # to be named in `include`
LOGPROBS = "message.output_text.logprobs"

# A lower limit is refused ("integer_below_min_value"), as recorded.
MIN_OUTPUT_TOKENS = 16

# Fields without a neutral place that chat completions and Responses share.
SHARED_FIELDS = frozenset({"prompt_cache_key", "prompt_cache_retention", "safety_identifier", "moderation"})
# Responses' own fields, which a client that knows its backend may send beside chat's.
NATIVE_FIELDS = frozenset({"context_management", "max_tool_calls", "prompt", "truncation"})

# Models that think: only these take `reasoning.encrypted_content`, all others answer 400 to it
# (platform.openai.com/docs/guides/reasoning, docs.x.ai/docs/guides/reasoning, read 2026-11-25).
_REASONING_MODEL = re.compile(r"(o[134]|gpt-5|gpt-6|gpt-oss|codex|grok-[34])(?!-chat)")


def is_reasoning_model(model: str) -> bool:
    """By its name: "o4-mini", "openai/gpt-5.1", "grok-4.3". Of a name that tells nothing: no."""
    return _REASONING_MODEL.match(model.lower().rpartition("/")[2].removeprefix("openai.")) is not None
