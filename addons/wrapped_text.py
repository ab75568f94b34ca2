"""Text wrapped to the width of a page: mitmweb breaks no line, and a model's paragraph is one."""

from __future__ import annotations

from collections.abc import Iterator
from unicodedata import east_asian_width

_COLUMNS = 88  # what half of mitmweb's window shows on a common screen
_LEAST_COLUMNS = 44  # a blank before that is too far back: of English words in Chinese
_WIDE = frozenset("WF")  # https://www.unicode.org/reports/tr11/: two columns each
_NEVER_FIRST = frozenset("，。、；：！？）》」』”’,.;:!?)]}")


def wrap(text: str, indent: str = "") -> str:
    """Each line at a blank where there is one, else anywhere. `indent`: of what continues a line."""
    return "\n".join(piece for line in text.split("\n") for piece in _wrap_line(line, indent))


def _wrap_line(line: str, indent: str) -> Iterator[str]:
    start, before = 0, ""
    while (end := start + _fitting(line, start, _COLUMNS - len(before))) < len(line):
        blank = line.rfind(" ", start + _LEAST_COLUMNS, end + 1)
        cut = blank + 1 if blank >= 0 else end + (line[end] in _NEVER_FIRST)
        yield before + line[start:cut].rstrip()
        start, before = cut, indent
    if start < len(line) or not line:
        yield before + line[start:]


def _fitting(line: str, start: int, columns: int) -> int:
    """How many characters from there on have room."""
    piece = line[start : start + columns]
    if piece.isascii():
        return len(piece)
    width = 0
    for place, character in enumerate(piece):
        width += 2 if east_asian_width(character) in _WIDE else 1
        if width > columns:
            return place
    return len(piece)
