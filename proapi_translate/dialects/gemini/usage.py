"""Gemini's token counts by OpenAI's rules."""

from __future__ import annotations

from ...events import Usage
from .wire import ModalityCount, UsageMetadata


def read_usage(counts: UsageMetadata) -> Usage | None:
    """prompt 30 + tool use 5, candidates 12 + thoughts 88 → Usage(prompt_tokens=35, completion_tokens=100, …).

    None where nothing is counted yet: Vertex opens a stream with its traffic type alone.
    """
    prompt = (counts.prompt_token_count or 0) + (counts.tool_use_prompt_token_count or 0)
    thoughts = counts.thoughts_token_count or 0
    completion = (counts.candidates_token_count or 0) + thoughts
    total = counts.total_token_count or 0
    if not (prompt or completion or total):
        return None
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=counts.cached_content_token_count or 0,
        reasoning_tokens=thoughts,
        audio_prompt_tokens=_audio(counts.prompt_tokens_details),
        audio_completion_tokens=_audio(counts.candidates_tokens_details),
        total_tokens=total,
    )


def _audio(details: list[ModalityCount] | None) -> int:
    tokens = 0
    for count in details or ():  # a stream repeats its usage with every event: a plain loop is the quickest
        if count.modality == "AUDIO":
            tokens += count.token_count or 0
    return tokens
