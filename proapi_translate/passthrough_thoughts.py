"""Thoughts of passed-through chat replies: told by tool call, and put back into the history that has lost them.

DeepSeek V4 and Kimi answer 400 to a history whose tool calls have lost the `reasoning_content` before them, and GLM
answers worse; most clients (those of the official SDK among them) do not carry that field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from .json_text import encode
from .prompt import Thinking
from .providers.openai_quirks import RequestQuirks, ThoughtsBack

Recall = Callable[[str], tuple[Thinking, ...]]

_FIELD = "reasoning_content"
_decode = msgspec.json.Decoder().decode
_decode_messages = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
_ASSISTANT = msgspec.Raw(b'"assistant"')
_USER = msgspec.Raw(b'"user"')
_EMPTY = frozenset((b"null", b'""'))


def recall_nothing(call_id: str) -> tuple[Thinking, ...]:
    return ()


def give_back_thoughts(raw: msgspec.Raw, quirks: RequestQuirks, recall: Recall) -> msgspec.Raw:
    """The messages with the thoughts that they have lost; the same value where none is missing.

    [{"role": "assistant", "tool_calls": [{"id": "call_1", …}]}, …] → [{…, "reasoning_content": "look it up"}, …].
    """
    rule = quirks.thoughts_back
    if rule is None or bytes(_ASSISTANT) not in bytes(raw):
        return raw
    try:
        messages = _decode_messages(raw)
    except msgspec.ValidationError:
        return raw  # the backend says itself what is wrong with them
    changed = False
    for message in messages[_first_to_hold_thoughts(messages, quirks) :]:
        thought = _missing_thought(message, rule, recall)
        if thought is not None:
            message[_FIELD] = msgspec.Raw(encode(thought))
            changed = True
    return msgspec.Raw(encode(messages)) if changed else raw


def _first_to_hold_thoughts(messages: list[dict[str, msgspec.Raw]], quirks: RequestQuirks) -> int:
    if quirks.earlier_thoughts:
        return 0
    return max((n for n, message in enumerate(messages) if message.get("role") == _USER), default=0)


def _missing_thought(message: Mapping[str, msgspec.Raw], rule: ThoughtsBack, recall: Recall) -> str | None:
    """What an assistant turn lacks; None for nothing."""
    if message.get("role") != _ASSISTANT or bytes(message.get(_FIELD, b"null")) not in _EMPTY:
        return None
    calls = _decode(message["tool_calls"]) if "tool_calls" in message else None
    if not calls:
        return rule.unknown if rule.every_turn and _FIELD not in message else None
    ids = [call.get("id") for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    remembered = next((found for call_id in ids if isinstance(call_id, str) and (found := recall(call_id))), ())
    text = "\n".join(thought.text for thought in remembered if thought.text)
    return text or rule.unknown


class ThoughtWatch:
    """Watches a reply that is passed through. `by_call`: {"call_1": (Thinking("look it up"),)}."""

    def __init__(self) -> None:
        self.by_call: dict[str, tuple[Thinking, ...]] = {}
        self._thoughts: dict[int, list[str]] = {}  # of each choice, so far

    def see(self, choices: Iterable[Mapping[str, Any]], message_field: str) -> None:
        """The choices of a mended chunk (`message_field` "delta") or of a whole body ("message")."""
        for choice in choices:
            message = choice[message_field]
            thought = message.get(_FIELD)
            if thought:
                self._thoughts.setdefault(choice["index"], []).append(thought)
            for call in message.get("tool_calls") or ():
                if call.get("id") and choice["index"] in self._thoughts:
                    self.by_call[call["id"]] = (Thinking("".join(self._thoughts[choice["index"]])),)
