"""Mends the messages of a passed-through chat body where its backend would refuse or misread them.

One table of rules: which bytes must occur in a body for the rule to matter at all, and what it does to one message.
A message is a dict of raw JSON texts: what no rule changes keeps its own bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec

from .json_text import encode
from .losses import Losses
from .providers.openai_quirks import RequestQuirks

Message = dict[str, msgspec.Raw]

_decode_messages = msgspec.json.Decoder(list[Message]).decode
_decode = msgspec.json.Decoder().decode
_USER = msgspec.Raw(b'"user"')
_SYSTEM = msgspec.Raw(b'"system"')
_DEVELOPER = msgspec.Raw(b'"developer"')
_ASSISTANT = msgspec.Raw(b'"assistant"')
_NULL = msgspec.Raw(b"null")
_EMPTY_TEXT = msgspec.Raw(b'""')
_NOTHING = frozenset((b"null", b"[]", b'""', b"{}"))  # values whose loss is none
_ID_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
_SHORT_ID_CHARS = 9
_NUMBER = "index"  # of a call within the stream that it was put together from: in a history it tells nothing


def may_need_fixing(body: bytes, quirks: RequestQuirks) -> bool:
    """Could a rule change this body's messages? Searches bytes only; sometimes yes where the answer is no."""
    thoughts = not quirks.earlier_thoughts and b'"reasoning_content"' in body
    return thoughts or quirks.alternating or any(word in body for rule in _RULES for word in rule.words(quirks))


def fix_messages(raw: msgspec.Raw, quirks: RequestQuirks, losses: Losses, note: str = "") -> msgspec.Raw:
    """The messages as this backend takes them; the same value where nothing had to change.

    `note` is a further system text, put after those that open the conversation. Messages that are no list of objects
    are left to the backend, which says itself what is wrong with them.
    """
    try:
        messages = _decode_messages(raw)
    except msgspec.ValidationError:
        return raw
    before = [dict(message) for message in messages]
    rules = [rule for rule in _RULES if list(rule.words(quirks))]
    for message in messages:
        for rule in rules:
            rule.fix(message, quirks, losses)
    if not quirks.earlier_thoughts:
        _forget_earlier_thoughts(messages, losses, quirks.backend)
    if quirks.alternating:
        messages = _merge_neighbours(messages)
    if note:
        opening = next((n for n, message in enumerate(messages) if message.get("role") != _SYSTEM), len(messages))
        messages.insert(opening, {"role": _SYSTEM, "content": msgspec.Raw(encode(note))})
    return raw if messages == before else msgspec.Raw(encode(messages))


@dataclass(frozen=True, slots=True)
class _Rule:
    words: Callable[[RequestQuirks], Iterable[bytes]]  # none: the backend does not need this rule
    fix: Callable[[Message, RequestQuirks, Losses], None]


def _developer_words(quirks: RequestQuirks) -> Iterable[bytes]:
    return () if quirks.developer_role else (b'"developer"',)


def _name_system(message: Message, quirks: RequestQuirks, losses: Losses) -> None:
    if message.get("role") == _DEVELOPER:
        message["role"] = _SYSTEM
        losses.add("messages[].role", "renamed", f"{quirks.backend} knows the developer role as system")


def _field_words(quirks: RequestQuirks) -> Iterable[bytes]:
    return [b'"%s"' % name.encode() for name in (*quirks.message_refused, *quirks.message_renamed)]


def _drop_fields(message: Message, quirks: RequestQuirks, losses: Losses) -> None:
    for name, its_name in quirks.message_renamed.items():
        if name in message:
            message.setdefault(its_name, message.pop(name))
    for name in quirks.message_refused & message.keys():
        if bytes(message.pop(name)) not in _NOTHING:
            losses.drop(f"messages[].{name}", f"{quirks.backend} refuses it in a message")


def _null_words(quirks: RequestQuirks) -> Iterable[bytes]:
    return () if quirks.null_content else (b'"assistant"',)


def _fill_content(message: Message, quirks: RequestQuirks, losses: Losses) -> None:
    if message.get("role") == _ASSISTANT and message.get("content", _NULL) == _NULL:
        message["content"] = _EMPTY_TEXT


def _part_words(quirks: RequestQuirks) -> Iterable[bytes]:
    return [b'"%s"' % name.encode() for name in quirks.part_refused]


def _drop_part_fields(message: Message, quirks: RequestQuirks, losses: Losses) -> None:
    parts = _parts_of(message) or []
    marked = [(part, name) for part in parts if isinstance(part, dict) for name in quirks.part_refused & part.keys()]
    for part, name in marked:
        del part[name]
        losses.drop(f"messages[].content[].{name}", f"{quirks.backend} refuses it in a content")
    if marked:
        message["content"] = msgspec.Raw(encode(parts))


def _parts_of(message: Message) -> list[Any] | None:
    """The content's parts; None for one that is no list."""
    content = message.get("content", _NULL)
    return list(_decode(content)) if bytes(content).startswith(b"[") else None


def _text_words(quirks: RequestQuirks) -> Iterable[bytes]:
    return (b'"text"',) if quirks.join_texts else ()


def _join_texts(message: Message, quirks: RequestQuirks, losses: Losses) -> None:
    """[{"type": "text", "text": "a"}, {"type": "text", "text": "b"}] → "a\\nb"; a list with anything else stays."""
    parts = _parts_of(message)
    if parts is None or not all(_is_text(part) for part in parts):
        return
    for part in parts:
        for name in part.keys() - {"type", "text"}:
            losses.drop(f"messages[].content[].{name}", f"{quirks.backend} takes the content as one string")
    message["content"] = msgspec.Raw(encode("\n".join(part["text"] for part in parts)))


def _is_text(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)


def _call_words(quirks: RequestQuirks) -> Iterable[bytes]:
    if quirks.short_call_ids:
        return (b'"tool_calls"', b'"tool_call_id"')
    return [b'"%s"' % name.encode() for name in quirks.call_refused]


def _fix_calls(message: Message, quirks: RequestQuirks, losses: Losses) -> None:
    if quirks.short_call_ids and "tool_call_id" in message:
        message["tool_call_id"] = msgspec.Raw(encode(_shorten_id(_decode(message["tool_call_id"]))))
    calls = _decode(message["tool_calls"]) if "tool_calls" in message else None
    if not isinstance(calls, list) or not all(isinstance(call, dict) for call in calls):
        return
    fixed = [_fix_call(call, quirks, losses) for call in calls]
    if fixed != calls:
        message["tool_calls"] = msgspec.Raw(encode(fixed))


def _fix_call(call: dict[str, Any], quirks: RequestQuirks, losses: Losses) -> dict[str, Any]:
    for name in quirks.call_refused & call.keys() - {_NUMBER}:
        losses.drop(f"messages[].tool_calls[].{name}", f"{quirks.backend} refuses it in a tool call")
    fixed = {name: value for name, value in call.items() if name not in quirks.call_refused}
    if quirks.short_call_ids and "id" in fixed:
        fixed["id"] = _shorten_id(fixed["id"])
    return fixed


def _shorten_id(call_id: Any) -> Any:
    """"call_abc…" → nine letters and digits, always the same ones for the same id: a call and its result still meet."""
    if not isinstance(call_id, str) or (len(call_id) == _SHORT_ID_CHARS and call_id.isascii() and call_id.isalnum()):
        return call_id
    number = int.from_bytes(blake2b(call_id.encode("utf-8", "surrogatepass"), digest_size=8).digest())
    return "".join(_ID_LETTERS[number // 36**place % 36] for place in range(_SHORT_ID_CHARS))


def _merge_neighbours(messages: list[Message]) -> list[Message]:
    """[user "a", user "b", assistant "c"] → [user "a\n\nb", assistant "c"]; what holds more than words stays apart."""
    merged: list[Message] = []
    for message in messages:
        before = merged[-1] if merged else {}
        if _is_plain(before) and _is_plain(message) and before["role"] == message["role"]:
            before["content"] = _join_contents(_decode(before["content"]), _decode(message["content"]))
        else:
            merged.append(message)
    return merged


def _is_plain(message: Message) -> bool:
    """Is it words of the user's or the assistant's: a text, parts, or null, and nothing beside them?"""
    said = message.keys() == {"role", "content"} and message["role"] in (_USER, _ASSISTANT)
    return said and bytes(message["content"])[:1] in (b'"', b"[", b"n")


def _join_contents(first: Any, second: Any) -> msgspec.Raw:
    if isinstance(first, str) and isinstance(second, str):
        return msgspec.Raw(encode(f"{first}\n\n{second}"))
    texts = ([{"type": "text", "text": told}] if isinstance(told, str) else told or [] for told in (first, second))
    return msgspec.Raw(encode([part for parts in texts for part in parts]))


def _forget_earlier_thoughts(messages: list[Message], losses: Losses, backend: str) -> None:
    last_user = max((n for n, message in enumerate(messages) if message.get("role") == _USER), default=0)
    for message in messages[:last_user]:
        if bytes(message.pop("reasoning_content", _NULL)) not in _NOTHING:
            losses.drop("messages[].reasoning_content", f"{backend} refuses thoughts before the last user message")


_RULES = (
    _Rule(_developer_words, _name_system),
    _Rule(_field_words, _drop_fields),
    _Rule(_null_words, _fill_content),
    _Rule(_part_words, _drop_part_fields),
    _Rule(_text_words, _join_texts),
    _Rule(_call_words, _fix_calls),
)
