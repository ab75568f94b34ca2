"""What the replayed models say, whatever their wire format: the tools that are offered are called, then the last word.

    Seen(tools=("weather",)) → a thought, and two calls of weather at once
    Seen(tools=("weather",), called=("weather", "weather"), results=("21", "18")) → a thought, "I was told: 21; 18"

A backend's fake reads its own request into `Seen`, and writes the `Move` in its own format.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

# The calls of a tool, by its name: all of a row are made at once. Tools of other names are left alone.
TOOL_CALLS: dict[str, list[dict[str, Any]]] = {
    "transfer_to_forecaster": [{}],
    "weather": [{"city": "Paris"}, {"city": "Rome"}],
    "Report": [{"city": "Paris", "degrees": 21}],  # LangChain, where a tool's arguments are the answer
    # Codex: its shell, its patches, its search for tools; or all of them in a script, with its newest models
    "exec_command": [{"cmd": "echo from-the-tool"}],
    "apply_patch": [{"input": "*** Begin Patch\n*** Add File: made.txt\n+from the patch\n*** End Patch\n"}],
    "tool_search": [{"query": "calendar", "limit": 3}],
    "exec": [{"input": 'const done = await tools.exec_command({cmd: "echo from-the-tool"}); text(done.output);'}],
}
THOUGHT = "They want to know something, and I may ask."
HELLO = "Hello, I am here."
SUMMARY = "They wanted something, and it is done."
STRUCTURED = '{"city": "Paris", "degrees": 21}'  # the one answer in a form that clients ask for


@dataclass(frozen=True)
class Seen:
    """A request as the model understands it: tools offered, calls made before, their results, a form to answer in, and
    what the user said."""

    tools: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    structured: bool = False
    said: str = ""


@dataclass(frozen=True)
class Call:
    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Move:
    """Calls, or a text; a thought may come before either."""

    thought: str
    calls: tuple[Call, ...] = ()
    text: str = ""


class RefusedError(Exception):
    """The request is none that the real backend would take: answered with its own kind of 400."""


def must(legal: object, why: str) -> None:
    if not legal:
        raise RefusedError(why)


def next_move(seen: Seen) -> Move:
    if seen.said.endswith("answer with the summary alone."):
        return Move(THOUGHT, text=SUMMARY)
    if SUMMARY in seen.said:
        return Move(THOUGHT, text=last_word(SUMMARY))
    for name, calls in TOOL_CALLS.items():
        if name in seen.tools and name not in seen.called:
            number = len(seen.called)
            made = tuple(Call(f"{name}_{number + place}", name, arguments) for place, arguments in enumerate(calls))
            return Move(f"{THOUGHT} I call {name}.", made)
    return Move(THOUGHT, text=last_word(*seen.results) if not seen.structured else STRUCTURED)


def last_word(*results: str) -> str:
    return f"I was told: {'; '.join(results)}" if results else HELLO


def sign(thought: str) -> str:
    """A signature that only this very thought has: what comes back changed is found out."""
    return hashlib.sha256(thought.encode()).hexdigest()


def in_pieces(text: str, length: int = 7) -> list[str]:
    return [text[start : start + length] for start in range(0, len(text), length)]
