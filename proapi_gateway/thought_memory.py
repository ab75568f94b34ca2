"""Thoughts kept by tool-call id, for clients that cannot carry them to the next turn.

Claude (with thinking) and Gemini 3 refuse a turn whose tool call has lost the signed thought before it. What a reply
tells (`ReplyTranslator.thoughts_by_call`) is kept here, bounded, and handed to the next request's translation.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from proapi_translate import Thinking

DEFAULT_CALLS = 10_000


class ThoughtMemory:
    """The last `calls` tool calls with a thought, the least recently used forgotten first.

    Each client token has its own: memory.keep("team-a", reply.thoughts_by_call); memory.recall("team-a", "toolu_1").
    """

    def __init__(self, calls: int = DEFAULT_CALLS) -> None:
        self._calls = calls
        self._kept: OrderedDict[tuple[str, str], tuple[Thinking, ...]] = OrderedDict()

    def keep(self, owner: str, by_call: Mapping[str, tuple[Thinking, ...]]) -> None:
        for call_id, thoughts in by_call.items():
            self._kept[owner, call_id] = thoughts
            self._kept.move_to_end((owner, call_id))
        while len(self._kept) > self._calls:
            self._kept.popitem(last=False)

    def recall(self, owner: str, call_id: str) -> tuple[Thinking, ...]:
        """() where nothing is known."""
        thoughts = self._kept.get((owner, call_id), ())
        if thoughts:
            self._kept.move_to_end((owner, call_id))
        return thoughts
