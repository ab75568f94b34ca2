"""Repairs that several backends need: their rules on roles and order are stricter than OpenAI's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from .json_text import read_reply
from .prompt import Part, Recall, Role, Text, ToolCall, ToolResult, Turn

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


def read_arguments(call: ToolCall) -> dict[str, Any]:
    """A call's arguments as an object, for backends that take no text: '{"x": 1}' → {"x": 1}, "" → {}.

    What is no JSON object (a custom tool's text, JSON that a model broke off) goes in whole: '{"x":' → {"input":
    '{"x":'}. A history that OpenAI takes must not be refused for what a model once wrote.
    """
    if call.kind == "custom":
        return {"input": call.arguments}
    if not call.arguments.strip():
        return {}
    try:
        value = read_reply(call.arguments.encode("utf-8", "surrogatepass"))
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"input": call.arguments}


def with_distinct_ids(turns: Iterable[Turn], recall: Recall) -> tuple[Turn, ...]:
    """Each call under an id of its own, also in the form of `safe_id`; a result follows the call that it answers.

    [calls a, result a, calls a, result a] → [calls a, result a, calls a_1, result a_1]. Some models count their calls
    anew in each turn, which OpenAI takes; Claude: "`tool_use` ids must be unique". `recall`: what was thought before a
    call, known by the id that is given up here.
    """
    taken: set[str] = set()
    renamed: dict[str, str] = {}  # the client's id → what its latest call is called

    def rename(part: Part) -> Part:
        if isinstance(part, ToolResult):
            return replace(part, call_id=renamed.get(part.call_id, part.call_id))
        if not isinstance(part, ToolCall):
            return part
        new = _free_id(safe_id(part.id), taken)
        taken.add(new)
        if new == safe_id(part.id):
            return part
        renamed[part.id] = new
        return replace(part, id=new, thoughts=part.thoughts or recall(part.id))

    return tuple(Turn(turn.role, tuple(map(rename, turn.parts)), turn.name) for turn in turns)


def _free_id(wanted: str, taken: set[str]) -> str:
    free, number = wanted, 0
    while free in taken:
        number += 1
        free = f"{wanted[-56:]}_{number}"
    return free


_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


def safe_id(call_id: str) -> str:
    """A call id with the characters and the length that every backend takes: "functions.f:0" → "functions_f_0".

    The same id always becomes the same text, so calls and results still match.
    """
    return _UNSAFE.sub("_", call_id)[-64:]
