"""Cohere's own words: v2 chat's dials, finish reasons, limits, and which models think.

Sources: the types of the `cohere` package 7.3 (v2/raw_client.py, types/chat_finish_reason.py), docs.cohere.com/v2/
reference/chat and /docs/reasoning; read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ...events import FinishReason

# Neutral dial → the body's field. What is not here has no place at Cohere.
DIALS: Mapping[str, str] = MappingProxyType(
    {
        "max_tokens": "max_tokens",
        "temperature": "temperature",
        "top_p": "p",
        "top_k": "k",
        "stop": "stop_sequences",
        "seed": "seed",
        "frequency_penalty": "frequency_penalty",
        "presence_penalty": "presence_penalty",
        "logprobs": "logprobs",
    }
)
# Neutral dial → lowest and highest legal value, where OpenAI's range is wider.
RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"top_p": (0.01, 0.99), "top_k": (0, 500), "frequency_penalty": (0.0, 1.0), "presence_penalty": (0.0, 1.0)}
)
STOP_SEQUENCES_MAX = 5
# Fields that clients who know Cohere send by their native names: passed on as they stand.
NATIVE_FIELDS = frozenset(
    {"documents", "citation_options", "safety_mode", "strict_tools", "priority", "thinking", "k", "p", "stop_sequences"}
)

FINISH_REASONS: Mapping[str, FinishReason] = MappingProxyType(
    {
        "COMPLETE": "stop",
        "STOP_SEQUENCE": "stop",
        "MAX_TOKENS": "length",
        "TOOL_CALL": "tool_calls",
        # v1's, which relays in front of older deployments still say:
        "ERROR_LIMIT": "length",
        "ERROR_TOXIC": "content_filter",
    }
)
# Finish reasons that are failures → the status that a client gets.
FAILURE_STATUSES: Mapping[str, int] = MappingProxyType({"ERROR": 502, "TIMEOUT": 504, "USER_CANCEL": 502})

# Models that answer 400 to `thinking`; every other one is taken to know it. (A reasoning model thinks unless told not
# to; command-a-reasoning and command-a-plus are recorded doing so.)
MODELS_WITHOUT_THINKING = (
    "command-r", "command-a-03-2025", "command-a-vision", "command-a-translate", "command-light", "command-nightly",
    "c4ai-", "aya-",
)  # fmt: skip
# OpenAI's effort → thinking tokens; None = no limit, which Cohere recommends. Its models think up to some 31,000.
EFFORT_BUDGETS: Mapping[str, int | None] = MappingProxyType(
    {"minimal": 1024, "low": 4096, "medium": 12288, "high": None, "xhigh": None, "": None}
)


def thinks(model: str) -> bool:
    """Does this model take `thinking`, and thoughts in its history?"""
    return not model.lower().startswith(MODELS_WITHOUT_THINKING) and model.lower() != "command"
