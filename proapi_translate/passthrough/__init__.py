"""The passthrough lane: the same dialect on both sides. The reply goes on, mended where it breaks OpenAI's contract."""

from __future__ import annotations

from collections.abc import Callable

from ..interface import Asked, ReplyFacts
from .chat import ChatTap
from .compaction import CompactionTap
from .completions import CompletionsTap
from .embeddings import EmbeddingsTap
from .reply import PassthroughReply
from .responses import ResponsesTap
from .tap import Tap

__all__ = ["PassthroughReply", "passthrough_reply"]

_TAPS: dict[str, Callable[[ReplyFacts], Tap]] = {
    "chat": ChatTap,
    "compaction": CompactionTap,
    "completions": CompletionsTap,
    "embeddings": EmbeddingsTap,
    "responses": ResponsesTap,
}


def passthrough_reply(
    asked: Asked, reply_id: str, created: int, *, keep_thoughts: bool = False, is_replay: bool = False
) -> PassthroughReply:
    """The reply of one attempt, in the dialect that was asked in. Not thread-safe.

    `reply_id` and `created` (Unix seconds) stand in where the backend tells none, and where the bytes are those of an
    earlier reply (`is_replay`). `keep_thoughts`: tell what was thought before each tool call.
    """
    tap = _TAPS[asked.dialect](ReplyFacts(asked, reply_id, created, keep_thoughts, is_replay))
    return PassthroughReply(tap, stream=asked.stream)
