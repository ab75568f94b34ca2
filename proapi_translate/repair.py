"""Repairs that several backends need: their rules on roles and order are stricter than OpenAI's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .prompt import Part, Role, Text, ToolCall, ToolResult, Turn

SYSTEM_ROLES = frozenset({"system", "developer"})


def hoist_system(turns: Sequence[Turn]) -> tuple[tuple[Text, ...], tuple[Turn, ...]]:
    """Split off every system and developer turn, wherever it stands, in order: (their texts, the other turns).

    [system "a", user "u", developer "b"] → (("a", "b"), (user "u",)). Blank texts are left out.
    """
    system = tuple(
        part
        for turn in turns
        if turn.role in SYSTEM_ROLES
        for part in turn.parts
        if isinstance(part, Text) and part.text.strip()
    )
    return system, tuple(turn for turn in turns if turn.role not in SYSTEM_ROLES)


def drop_blank(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Without texts that are empty or only white space: most backends refuse them."""
    return tuple(part for part in parts if not (isinstance(part, Text) and not part.text.strip()))


def merge_turns(turns: Iterable[Turn]) -> tuple[Turn, ...]:
    """Neighbours of one side become one turn; tool results join the user's side, results before other parts.

    [assistant calls, tool r1, tool r2, user "go"] → [assistant calls, user (r1, r2, "go")]. Turns without parts vanish.
    Backends with strict alternation need it; those that pair results with calls by count need all in one turn.
    """
    merged: list[Turn] = []
    for turn in turns:
        if not turn.parts:
            continue
        role: Role = "assistant" if turn.role == "assistant" else "user"
        if merged and merged[-1].role == role:
            merged[-1] = Turn(role, _results_first(merged[-1].parts + turn.parts), merged[-1].name)
        else:
            merged.append(Turn(role, turn.parts, turn.name))
    return tuple(merged)


def _results_first(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    if not any(isinstance(part, ToolResult) for part in parts):
        return parts
    return tuple(sorted(parts, key=lambda part: not isinstance(part, ToolResult)))


def called_tools(turns: Iterable[Turn]) -> dict[str, str]:
    """Tool name by call id, over the whole history: {"call_1": "price"}."""
    return {part.id: part.name for turn in turns for part in turn.parts if isinstance(part, ToolCall)}


_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


def safe_id(call_id: str) -> str:
    """A call id with the characters and the length that every backend takes: "functions.f:0" → "functions_f_0".

    The same id always becomes the same text, so calls and results still match.
    """
    return _UNSAFE.sub("_", call_id)[-64:]
