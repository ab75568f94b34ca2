"""OpenAI's usage object: read into the neutral one, completed, and given out once at a stream's end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..events import Usage
from ..interface import Asked
from .chunk import Chunk

# Each neutral count with the places where it is met; the first that holds a number wins. The second spelling of a pair
# is the Responses API's; `prompt_cache_hit_tokens` is DeepSeek's, a bare `cached_tokens` Moonshot's.
_PLACES: dict[str, tuple[tuple[str, ...], ...]] = {
    "prompt_tokens": (("prompt_tokens",), ("input_tokens",)),
    "completion_tokens": (("completion_tokens",), ("output_tokens",)),
    "total_tokens": (("total_tokens",),),
    "cached_tokens": (
        ("prompt_tokens_details", "cached_tokens"),
        ("input_tokens_details", "cached_tokens"),
        ("prompt_cache_hit_tokens",),
        ("cached_tokens",),
    ),
    "cache_write_tokens": (("prompt_tokens_details", "cache_write_tokens"),),
    "reasoning_tokens": (
        ("completion_tokens_details", "reasoning_tokens"),
        ("output_tokens_details", "reasoning_tokens"),
        ("reasoning_tokens",),
    ),
    "audio_prompt_tokens": (("prompt_tokens_details", "audio_tokens"),),
    "audio_completion_tokens": (("completion_tokens_details", "audio_tokens"),),
}

# Objects of a chunk that hold a `usage` of their own: Groq's last chunk, where no usage was asked for.
_HOLDERS = ("x_groq",)


def read_usage(usage: Any) -> Usage | None:
    """{"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12} → Usage(9, 3, total_tokens=12); null → None."""
    if not usage or not isinstance(usage, dict):
        return None
    counts = {name: _count(usage, places) for name, places in _PLACES.items()}
    reasoning = counts["reasoning_tokens"]
    if reasoning and counts["total_tokens"] == counts["prompt_tokens"] + counts["completion_tokens"] + reasoning:
        counts["completion_tokens"] += reasoning  # xAI counts it beside the completion, OpenAI within
    return Usage(**counts)


def complete_usage(usage: dict[str, Any]) -> bool:
    """Put in, in place, the three counts that OpenAI's SDKs rely on. True if one was missing."""
    told = read_usage(usage) or Usage()
    counts = {
        "prompt_tokens": told.prompt_tokens,
        "completion_tokens": told.completion_tokens,
        "total_tokens": told.total_tokens or told.prompt_tokens + told.completion_tokens,
    }
    missing = {name: count for name, count in counts.items() if not isinstance(usage.get(name), int)}
    usage.update(missing)
    return bool(missing)


def wants_usage(asked: Asked) -> bool:
    """Must a stream's usage go on? If it was asked for; and where the stream is folded into a whole body."""
    return asked.include_usage or not asked.stream


class UsageKeeper:
    """Takes the counts out of a stream's chunks, wherever they ride, and has one chunk for them at the end."""

    def __init__(self) -> None:
        self._counts: dict[str, Any] | None = None
        self._chunk: Chunk | None = None  # the backend's own last chunk, if it sent one

    def take(self, chunk: Chunk, *, alone: bool) -> bool:
        """Keep the counts of a chunk, if it has any. In a chunk with choices they become null; one without (`alone`)
        is kept for the end."""
        value = chunk.value
        usage = value.get("usage")
        if usage is None:
            for name in _HOLDERS:
                holder = value.get(name)
                if isinstance(holder, dict) and holder.get("usage"):
                    self._keep(holder["usage"])
            return False
        if alone:
            self._chunk = chunk
        else:
            chunk.put("usage", None)
        self._keep(usage)
        return True

    def read(self) -> Usage | None:
        return read_usage(self._counts)

    def last_chunk(self, envelope: Mapping[str, Any]) -> Chunk | None:
        """The chunk for the end, its `choices` empty; None if the backend told no usage.

        `envelope`: the fields of a chunk that is ours, where the backend had none of its own for the usage.
        """
        if self._counts is None:
            return None
        chunk = self._chunk or Chunk(dict(envelope))
        if complete_usage(self._counts):
            chunk.changed = True
        chunk.put("choices", [])
        chunk.put("usage", self._counts)
        return chunk

    def _keep(self, usage: Any) -> None:
        """Counts grow with the stream, so the last ones count; but not a last one of nothing but zeros (Cloudflare)."""
        told = read_usage(usage)
        if told is not None and (self._counts is None or told != Usage() or self.read() == Usage()):
            self._counts = usage


def _count(usage: Mapping[str, Any], places: tuple[tuple[str, ...], ...]) -> int:
    for path in places:
        value: Any = usage
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, int | float):
            return int(value)
    return 0
