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
    start, blank, width, before = 0, -1, 0, ""
    for place, character in enumerate(line):
        width += _width(character)
        if character == " ":
            blank = place
        elif width > _COLUMNS and character not in _NEVER_FIRST:
            cut = blank + 1 if blank >= start + _LEAST_COLUMNS else place
            yield before + line[start:cut].rstrip()
            start, before = cut, indent
            width = len(indent) + sum(map(_width, line[cut : place + 1]))
    yield before + line[start:]


def _width(character: str) -> int:
    return 2 if east_asian_width(character) in _WIDE else 1
