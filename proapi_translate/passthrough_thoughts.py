"""Thoughts of passed-through chat replies: told by tool call, and put back into the history that has lost them.

DeepSeek V4 and Kimi answer 400 to a history whose tool calls have lost the `reasoning_content` before them, and GLM
answers worse; OpenRouter hands Gemini 3 and Claude the proofs in `reasoning_details`. Most clients (those of the
official SDK among them) carry neither field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from .json_text import encode
from .prompt import Recall, Signature, Thinking
from .providers.openai_quirks import RequestQuirks, ThoughtsBack

_FIELD = "reasoning_content"
_DETAILS = "reasoning_details"  # also the origin of what is kept of them: the field's own JSON, told to nobody else
_decode = msgspec.json.Decoder().decode
_decode_messages = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
_ASSISTANT = msgspec.Raw(b'"assistant"')
_USER = msgspec.Raw(b'"user"')
_EMPTY = frozenset((b"null", b'""', b"[]"))

_TEXT_BY_TYPE = {"reasoning.text": "text", "reasoning.summary": "summary"}


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
        thought = _missing_details(message, recall) if rule.details else _missing_thought(message, rule, recall)
        if thought is not None:
            message[_DETAILS if rule.details else _FIELD] = msgspec.Raw(thought)
            changed = True
    return msgspec.Raw(encode(messages)) if changed else raw


def _first_to_hold_thoughts(messages: list[dict[str, msgspec.Raw]], quirks: RequestQuirks) -> int:
    if quirks.earlier_thoughts:
        return 0
    return max((n for n, message in enumerate(messages) if message.get("role") == _USER), default=0)


def _missing_thought(message: Mapping[str, msgspec.Raw], rule: ThoughtsBack, recall: Recall) -> bytes | None:
    """What an assistant turn lacks, as JSON; None for nothing."""
    if not _lacks(message, _FIELD):
        return None
    calls = _calls_of(message)
    if not calls:
        return encode(rule.unknown) if rule.every_turn and _FIELD not in message else None
    text = "\n".join(thought.text for thought in _remembered(calls, recall) if thought.text) or rule.unknown
    return encode(text) if text is not None else None


def _missing_details(message: Mapping[str, msgspec.Raw], recall: Recall) -> bytes | None:
    """The same for a backend that takes details."""
    if not _lacks(message, _DETAILS):
        return None
    signatures = [thought.signature for thought in _remembered(_calls_of(message), recall)]
    return next((kept.value.encode() for kept in signatures if kept is not None and kept.origin == _DETAILS), None)


def _lacks(message: Mapping[str, msgspec.Raw], field: str) -> bool:
    return message.get("role") == _ASSISTANT and bytes(message.get(field, b"null")) in _EMPTY


def _calls_of(message: Mapping[str, msgspec.Raw]) -> Any:
    return _decode(message["tool_calls"]) if "tool_calls" in message else None


def _remembered(calls: Any, recall: Recall) -> tuple[Thinking, ...]:
    """What is known of the first of these calls of which anything is."""
    ids = [call.get("id") for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    return next((found for call_id in ids if isinstance(call_id, str) and (found := recall(call_id))), ())


class ThoughtWatch:
    """Watches a reply that is passed through. `by_call`: {"call_1": (Thinking("look it up"),)}.

    Details are one more Thinking, without words: all of the reply's, for they may come after the call.
    """

    def __init__(self) -> None:
        self._by_call: dict[str, tuple[Thinking, ...]] = {}
        self._choices: dict[str, int] = {}  # call id → the choice that it is of
        self._thoughts: dict[int, list[str]] = {}  # of each choice, so far
        self._details: dict[int, list[dict[str, Any]]] = {}  # the same, as they came

    @property
    def by_call(self) -> dict[str, tuple[Thinking, ...]]:
        told = dict(self._by_call)
        for call_id, choice in self._choices.items():
            if pieces := self._details.get(choice):
                sealed = Thinking("", Signature(encode(_join_details(pieces)).decode(), _DETAILS))
                told[call_id] = (*told.get(call_id, ()), sealed)
        return told

    def see(self, choices: Iterable[Mapping[str, Any]], message_field: str) -> None:
        """The choices of a mended chunk (`message_field` "delta") or of a whole body ("message")."""
        for choice in choices:
            message = choice[message_field]
            thought = message.get(_FIELD)
            if thought:
                self._thoughts.setdefault(choice["index"], []).append(thought)
            if isinstance(pieces := message.get(_DETAILS), list):
                self._details.setdefault(choice["index"], []).extend(_objects(pieces))
            for call in message.get("tool_calls") or ():
                if call.get("id"):
                    self._choices[call["id"]] = choice["index"]
                    if choice["index"] in self._thoughts:
                        self._by_call[call["id"]] = (Thinking("".join(self._thoughts[choice["index"]])),)


def _objects(pieces: list[Any]) -> Iterator[dict[str, Any]]:
    return (piece for piece in pieces if isinstance(piece, dict))


def _join_details(pieces: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """A stream tells a text piece by piece, and its signature last: neighbours of one type and index become one, up to
    the signature."""
    details: list[dict[str, Any]] = []
    words: list[str] = []  # of the last detail
    for piece in pieces:
        text = _TEXT_BY_TYPE.get(str(piece.get("type")), "")
        if not (text and details and _goes_on(details[-1], piece)):
            _put_words(details, words)
            details.append({})
            words = []
        if text:
            words.append(str(piece.get(text) or ""))
        details[-1] |= {name: value for name, value in piece.items() if value or name not in details[-1]}
    _put_words(details, words)
    return details


def _goes_on(detail: Mapping[str, Any], piece: Mapping[str, Any]) -> bool:
    same = all(detail.get(name) == piece.get(name) for name in ("type", "index"))
    return same and not detail.get("signature")


def _put_words(details: list[dict[str, Any]], words: list[str]) -> None:
    if words:
        details[-1][_TEXT_BY_TYPE[details[-1]["type"]]] = "".join(words)
