"""Google's log probabilities in OpenAI's form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from .wire import LogprobsResult, TokenProbability, TopCandidates


def read_logprobs(result: LogprobsResult) -> Iterator[tuple[Mapping[str, Any], ...]]:
    """chosen "Hi" −0.1 of "Hi", "Yo" → ({"token": "Hi", "logprob": -0.1, "bytes": [72, 105], "top_logprobs": […]},);
    nothing where no token is told."""
    chosen = result.chosen_candidates or []
    tops = (result.top_candidates or [])[: len(chosen)]
    content = tuple(
        _token(token) | {"top_logprobs": [_token(top) for top in (step.candidates or ())]}
        for token, step in zip_longest(chosen, tops, fillvalue=TopCandidates())
        if isinstance(token, TokenProbability) and isinstance(step, TopCandidates)
    )
    if content:
        yield content


def _token(token: TokenProbability) -> dict[str, Any]:
    text = token.token or ""
    return {"token": text, "logprob": token.log_probability or 0.0, "bytes": list(text.encode("utf-8", "replace"))}
