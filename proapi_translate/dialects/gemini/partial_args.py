"""Streamed call arguments: pieces named by JSON paths → JSON text, as it grows.

Vertex sends them so where streamFunctionCallArguments is on: {"jsonPath": "$.recipe.steps[0]", "stringValue": "Stir",
"willContinue": true}. The model writes its arguments from front to back, so each path either lies in what is open or
opens something new behind it.
Source: PartialArg in types.py of google-genai 3.6, https://www.rfc-editor.org/rfc/rfc9535, read 2026-11-25.
"""

from __future__ import annotations

import re
from typing import Any

from msgspec import UNSET

from ...errors import BackendFailure
from ...json_text import encode
from .wire import PartialArg

_STEP = re.compile(r"""\.([^.\[]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]""")
_ESCAPED = re.compile(r"\\(.)")

Step = str | int


class PartialArguments:
    """`add` gives the text that each piece adds, `close` what ends the arguments: together one JSON object."""

    def __init__(self) -> None:
        self._path: list[Step] = []  # where the writing stands: one step for each open object or array
        self._seen: list[set[Step]] = []  # the names or numbers used in each open object or array
        self._in_string = False

    def add(self, piece: PartialArg) -> str:
        """PartialArg("$.a[0]", string_value="x") → '{"a":["x"'. Raises BackendFailure for a path that leads back."""
        path = parse_path(piece.json_path)
        if not path:
            return ""
        lead = "" if self._in_string and path == self._path else self._move_to(path)
        return lead + self._write_value(piece)

    def close(self) -> str:
        text = self._end_string() + "".join(_closing(step) for step in reversed(self._path))
        self._path, self._seen = [], []
        return text

    def _move_to(self, path: list[Step]) -> str:
        shared = 0
        while shared < min(len(path), len(self._path)) and path[shared] == self._path[shared]:
            shared += 1
        text = self._end_string() + "".join(_closing(step) for step in reversed(self._path[shared + 1 :]))
        del self._path[shared + 1 :], self._seen[shared + 1 :]
        if shared == len(path):
            raise _out_of_order(path)
        if shared < len(self._path):
            text += self._next_member(shared, path)
            shared += 1
        return text + "".join(self._open(step) for step in path[shared:])

    def _next_member(self, depth: int, path: list[Step]) -> str:
        """A further member of the object or array that is open at this depth."""
        step, seen = path[depth], self._seen[depth]
        same_kind = isinstance(step, int) == isinstance(self._path[depth], int)
        if step in seen or not same_kind or (isinstance(step, int) and step != len(seen)):
            raise _out_of_order(path)
        seen.add(step)
        self._path[depth] = step
        return "," + _key(step)

    def _open(self, step: Step) -> str:
        if step != 0 and isinstance(step, int):
            raise _out_of_order([step])
        self._path.append(step)
        self._seen.append({step})
        return ("[" if isinstance(step, int) else "{") + _key(step)

    def _write_value(self, piece: PartialArg) -> str:
        if piece.string_value is not None:
            lead = "" if self._in_string else '"'
            self._in_string = True
            text = lead + encode(piece.string_value).decode()[1:-1]
            return text if piece.will_continue else text + self._end_string()
        values: tuple[Any, ...] = (piece.number_value, piece.bool_value)
        given = next((value for value in values if value is not None), None)
        return "" if given is None and piece.null_value is UNSET else encode(given).decode()

    def _end_string(self) -> str:
        text = '"' if self._in_string else ""
        self._in_string = False
        return text


def parse_path(path: str) -> list[Step]:
    """parse_path("$.recipe.steps[0]['a b']") == ["recipe", "steps", 0, "a b"]."""
    steps: list[Step] = []
    for name, number, single, double in _STEP.findall(path.removeprefix("$")):
        steps.append(int(number) if number else name or _ESCAPED.sub(r"\1", single or double))
    return steps


def _key(step: Step) -> str:
    return "" if isinstance(step, int) else encode(step).decode() + ":"


def _closing(step: Step) -> str:
    return "]" if isinstance(step, int) else "}"


def _out_of_order(path: list[Step]) -> BackendFailure:
    return BackendFailure(f"The backend sent a call's arguments out of order (at {path}).", code="bad_upstream_reply")
