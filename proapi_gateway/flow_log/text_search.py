"""What a person types into the search field → a condition on the texts of the flows, by FTS5 where it is there.

All words must be there, in any order; `wea*` is a beginning. Of Chinese, Japanese and Korean any part is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import peewee

from .models import Flow, FlowText
from .search_text import spread

_INDEX = peewee.Table("flow_fts")


def words_of(text: str) -> list[str]:
    """words_of(" two  你好 ") == ["two", "你 好"]; [] for nothing but blanks and signs."""
    spreads = [spread(word) for word in text.replace("\0", "").split()]
    return [word for word in spreads if any(character.isalnum() for character in word)]


def indexed_flows(text: str, columns: Sequence[Any], before: int | None, limit: int) -> Any:
    """These columns of the newest `limit` flows that SQLite's index has for it, with ids below `before`."""
    matches = peewee.SQL("flow_fts MATCH ?", (match_expression(text),))
    # CROSS: the index first, whatever the planner thinks of it
    query = Flow.select(*columns).from_(_INDEX.join(Flow, peewee.JOIN.CROSS)).where(Flow.id == _INDEX.c.rowid, matches)
    if before is not None:
        query = query.where(_INDEX.c.rowid < before)
    return query.order_by(_INDEX.c.rowid.desc()).limit(limit)


def indexed_ids(text: str) -> Any:
    return _INDEX.select(_INDEX.c.rowid).where(peewee.SQL("flow_fts MATCH ?", (match_expression(text),)))


def match_expression(text: str) -> str:
    '''match_expression('say wea*') == '"say" "wea"*': each word a phrase, so that nothing in it is an operator.'''
    return " ".join(map(_phrase, words_of(text))) or '""'


def _phrase(word: str) -> str:
    quoted = '"' + word.rstrip("*").replace('"', '""') + '"'
    return f"{quoted}*" if word.endswith("*") else quoted


def contains(text: str, flow_id: Any) -> Any:
    """The same without an index: each text is read. `flow_id`: the column of the flows that are looked at."""
    words = words_of(text)
    if not words:
        return peewee.Value(1) == 0
    condition = FlowText.flow_id == flow_id
    for word in words:
        condition &= FlowText.text.contains(word.rstrip("*"))
    return peewee.fn.EXISTS(FlowText.select(peewee.Value(1)).where(condition))
