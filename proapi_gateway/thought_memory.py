"""Thoughts kept by tool-call id, for clients that cannot carry them to the next turn.

Claude (with thinking) and Gemini 3 refuse a turn whose tool call has lost the signed thought before it. What a reply
tells (`ReplyTranslator.thoughts_by_call`) is kept here, bounded, and handed to the next request's translation.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from proapi_translate import Thinking

DEFAULT_CALLS = 10_000
DEFAULT_CHARACTERS = 64 * 1024 * 1024

_Thoughts = tuple[Thinking, ...]


class ThoughtMemory:
    """The last `calls` tool calls with a thought, and of those `characters` at most, the least recently used forgotten
    first.

    Each client token has its own: memory.keep("team-a", reply.thoughts_by_call); memory.recall("team-a", "toolu_1").
    """

    def __init__(self, calls: int = DEFAULT_CALLS, characters: int = DEFAULT_CHARACTERS) -> None:
        self._calls = calls
        self._room = characters
        self._kept: OrderedDict[tuple[str, str], _Thoughts] = OrderedDict()

    def keep(self, owner: str, by_call: Mapping[str, _Thoughts]) -> None:
        for call_id, thoughts in by_call.items():
            self._room += _length(self._kept.pop((owner, call_id), ()))
            self._kept[owner, call_id] = thoughts
            self._room -= _length(thoughts)
        while len(self._kept) > self._calls or self._room < 0:
            _, forgotten = self._kept.popitem(last=False)
            self._room += _length(forgotten)

    def recall(self, owner: str, call_id: str) -> _Thoughts:
        """() where nothing is known."""
        thoughts = self._kept.get((owner, call_id), ())
        if thoughts:
            self._kept.move_to_end((owner, call_id))
        return thoughts


def _length(thoughts: _Thoughts) -> int:
    return sum(len(each.text) + (len(each.signature.value) if each.signature else 0) for each in thoughts)
