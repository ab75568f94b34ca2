"""A chat reply's two shapes, each made from the other: for a backend that was asked for a stream and answers whole, or
the reverse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .chat_body import OBJECT, read_choices
from .finish_reasons import read_finish_reason

# The texts that come in pieces; every other text of a delta or choice is told anew each time.
_IN_PIECES = frozenset(
    {
        "content", "reasoning_content", "reasoning", "reasoning_text", "refusal",
        "arguments", "input", "data", "transcript",
    }
)  # fmt: skip


def as_chunks(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A whole body as a backend's stream would have told it: what it says, then the ends of its choices, and its usage.

    Raises BackendFailure for a body without choices, or with a finish reason that means a failed reply.
    """
    choices = read_choices(body)
    usage = body.pop("usage", None)
    spoken = []
    ends = []
    for position, choice in enumerate(choices):
        choice.setdefault("index", position)
        rest = {name: value for name, value in choice.items() if name not in ("message", "finish_reason")}
        spoken.append({**rest, "delta": choice.get("message"), "finish_reason": None})
        reason = read_finish_reason(choice.get("finish_reason")) or "stop"
        ends.append({"index": choice["index"], "delta": {}, "finish_reason": reason})
    yield {**body, "choices": spoken}
    yield {"choices": ends, "usage": usage}


def fold_chunks(chunks: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Mended chunks as one body: deltas joined, tool calls by their index, the last word of everything else."""
    body: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    for chunk in chunks:
        body.update((name, value) for name, value in chunk.items() if value is not None or name not in body)
        for choice in chunk["choices"]:
            _fold(choices.setdefault(choice["index"], {}), choice)
    body["object"] = OBJECT
    body["choices"] = [_as_choice(_settled(choices[index])) for index in sorted(choices)]
    return body


class _Pieces(list[str]):
    """A text under way: joined once, at the end."""


def _as_choice(folded: dict[str, Any]) -> dict[str, Any]:
    message = {"content": None, **folded.pop("delta")}
    for call in message.get("tool_calls") or ():
        call.pop("index", None)
    finish_reason = folded.pop("finish_reason")
    return {**folded, "message": message, "finish_reason": finish_reason}


def _fold(whole: dict[str, Any], piece: dict[str, Any]) -> None:
    for name, value in piece.items():
        known = whole.get(name)
        if isinstance(value, dict):
            if not isinstance(known, dict):
                known = whole[name] = {}
            _fold(known, value)
        elif isinstance(value, str) and name in _IN_PIECES:
            if not isinstance(known, _Pieces):
                known = whole[name] = _Pieces()
            known.append(value)
        elif isinstance(value, list):
            if not isinstance(known, list):
                known = whole[name] = []
            _fold_list(known, value, by_index=name == "tool_calls")
        elif value is not None or name not in whole:
            whole[name] = value


def _fold_list(known: list[Any], items: list[Any], *, by_index: bool) -> None:
    if not by_index:
        known.extend(items)
        return
    for item in items:
        while len(known) <= item["index"]:
            known.append({})
        _fold(known[item["index"]], item)


def _settled(value: Any) -> Any:
    if isinstance(value, _Pieces):
        return "".join(value)
    if isinstance(value, dict):
        return {name: _settled(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_settled(item) for item in value]
    return value
