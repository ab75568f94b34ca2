"""Workers AI's own words: the dials of ai/run, finish reasons, error codes.

Sources: the types of the `cloudflare` package 5.9 (types/ai/ai_run_params.py, ai_run_response.py),
developers.cloudflare.com/workers-ai/platform/errors and …/features/function-calling; read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ...events import FinishReason

# Dials of ai/run, by the neutral name, which is its own name too. Others have no place there.
DIALS = frozenset(
    {"max_tokens", "temperature", "top_p", "top_k", "seed", "frequency_penalty", "presence_penalty"}
)
# Fields that clients who know Workers AI send by their native names: passed on as they stand.
NATIVE_FIELDS = frozenset({"lora", "raw", "repetition_penalty", "chat_template_kwargs"})

# A native reply has no word for why it ended; newer models say OpenAI's.
FINISH_REASONS: Mapping[str, FinishReason] = MappingProxyType(
    {
        "": "stop",
        "stop": "stop",
        "length": "length",
        "model_length": "length",
        "tool_calls": "tool_calls",
        "function_call": "tool_calls",
        "content_filter": "content_filter",
    }
)
FAILED_FINISH = "error"

# Internal code → HTTP status, for failures that come with a 200.
STATUSES: Mapping[int, int] = MappingProxyType(
    {
        3003: 400, 3006: 413, 3007: 408, 3008: 408, 3023: 403, 3036: 429, 3039: 400, 3040: 429, 3041: 403, 3042: 404,
        4006: 429, 5004: 400, 5005: 405, 5007: 400, 5016: 403, 5018: 403, 5019: 405, 10000: 401, 7003: 404,
    }
)  # fmt: skip
