"""Cohere's token counts and log probabilities in OpenAI's terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...events import Usage


def read_usage(usage: Mapping[str, Any] | None) -> Usage | None:
    """{"tokens": {"input_tokens": 70, "output_tokens": 11}, "cached_tokens": 64} → Usage(70, 11, 64); None for none.

    `tokens` is what the model saw and made; `billed_units` leaves the preamble and the thoughts' overhead out, and
    stands in only where `tokens` is missing. Cached tokens are part of the input, reasoning of the output. The counts
    are floats on the wire.
    """
    if not usage:
        return None
    tokens = usage.get("tokens") or usage.get("billed_units") or {}
    return Usage(
        prompt_tokens=int(tokens.get("input_tokens") or 0),
        completion_tokens=int(tokens.get("output_tokens") or 0),
        cached_tokens=int(usage.get("cached_tokens") or 0),
        reasoning_tokens=int(tokens.get("reasoning_tokens") or 0),
    )


def read_logprobs(items: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """[{"text": "Hi", "token_ids": [8], "logprobs": [-0.1]}] → OpenAI's entries.

    An item is a piece of text; where it took several tokens, its probability is the product of theirs.
    """
    return tuple(
        {
            "token": item.get("text") or "",
            "logprob": float(sum(item.get("logprobs") or ())),
            "bytes": list((item.get("text") or "").encode("utf-8", "replace")),
            "top_logprobs": [],
        }
        for item in items
    )
