"""What two bodies of a pair have in common: the client's and the backend's request are two spellings of one thing.

Lines are compared, not places: a translated request has another order and other nesting. A line that the other side
has, too, is as it was; one whose value (a text) stands there under another name or at another depth was moved; any
other is on this side alone. The work is linear in the lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import groupby

_VALUE = re.compile(r'"(?:[^"\\]|\\.)*"$')
_SHORTEST_VALUE = 6  # of texts: shorter ones are found anywhere by chance, as numbers are
_NO_WORDS = re.compile(r"[\W_]*")


class Mark(StrEnum):
    SAME = "same"
    MOVED = "moved"
    ALONE = "alone"


Run = tuple[Mark, str]


def mark_differences(left: str, right: str) -> tuple[Sequence[Run], Sequence[Run]]:
    """Both texts (of pretty JSON) as runs of lines with one mark:

    mark_differences('"model": "a-model"\\n"n": 1', '"to": "a-model"\\n"n": 1')
      == ([(MOVED, '"model": "a-model"'), (SAME, '"n": 1')], [(MOVED, '"to": "a-model"'), (SAME, '"n": 1')])
    """
    here, there = left.split("\n"), right.split("\n")
    return _runs(here, there), _runs(there, here)


def unmarked(text: str) -> Sequence[Run]:
    return [(Mark.SAME, text)]


def _runs(lines: Sequence[str], others: Iterable[str]) -> Sequence[Run]:
    keys, values = set(), set()
    for line in others:
        key = _key(line)
        keys.add(key)
        values.add(_value(key))
    marked = ((_mark(_key(line), keys, values), line) for line in lines)
    return [(mark, "\n".join(line for _, line in run)) for mark, run in groupby(marked, key=lambda pair: pair[0])]


def _mark(key: str, keys: set[str], values: set[str]) -> Mark:
    if key in keys or _NO_WORDS.fullmatch(key):
        return Mark.SAME
    value = _value(key)
    return Mark.MOVED if value and value in values else Mark.ALONE


def _key(line: str) -> str:
    return line.strip().removesuffix(",")


def _value(key: str) -> str:
    found = _VALUE.search(key)
    return found[0] if found and len(found[0]) >= _SHORTEST_VALUE + 2 else ""
