"""Document names in the form that Converse takes."""

from __future__ import annotations

import re

# A document's name: letters, digits, single blanks, hyphens, parentheses, square brackets.
_FOREIGN_IN_DOCUMENT = re.compile(r"[^a-zA-Z0-9 \-()\[\]]+")
_BLANKS = re.compile(r"\s+")
_DOCUMENT_LIMIT = 190  # of 200: room for a number that keeps two apart


class DocumentNames:
    """Names for one request's documents: neutral where there is none, never twice the same (Converse refuses that)."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def fit(self, filename: str) -> str:
        """fit("Q1 report_v2.pdf") == "Q1 report-v2"; a second one is "Q1 report-v2 2"."""
        stem = filename.rpartition("/")[2].rpartition(".")[0] or filename
        name = _BLANKS.sub(" ", _FOREIGN_IN_DOCUMENT.sub("-", stem)).strip(" -")[:_DOCUMENT_LIMIT].strip() or "document"
        unique, count = name, 1
        while unique in self._given:
            count += 1
            unique = f"{name} {count}"
        self._given.add(unique)
        return unique
