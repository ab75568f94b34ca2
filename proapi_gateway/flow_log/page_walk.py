"""One page of the list of flows: which rows are looked at, in which order, and which of them are shown.

Where one of the filters alone leaves fewer than SCANNED rows, these are looked at, and the page is exact. Else the rows
are walked through in the order of the list, from the index of that order (or of a filter, or of the texts), until the
page is full, but no further than SCANNED rows. Of these only the columns that decide are read; the page's rows then by
their ids.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import reduce
from operator import and_
from typing import Any

import peewee

from .database import LogDatabase
from .flow_ids import first_id_of
from .flow_views import Cursor, FlowView, Page, flow_view
from .migrations import has_fts5
from .models import Flow
from .text_search import contains, indexed_flows, indexed_ids

SCANNED = 2000
_SMALL_INDEX = 20_000  # entries of one filter's: some dozen pages of the file


class Sort(Enum):
    """What a list can be sorted by: a column that has an index. Rows that have nothing in it are left out."""

    TIME = "id"
    TOTAL_MS = "total_ms"
    FIRST_TOKEN_MS = "first_token_ms"
    TOKENS = "total_tokens"
    COST = "cost_nano"


@dataclass(frozen=True, slots=True)
class Order:
    sort: Sort = Sort.TIME
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Filters:
    """All that are given must hold. Times in Unix ms: from the first, before the second."""

    token: str = ""
    model: str = ""
    provider: str = ""
    status: int | None = None
    outcome: str = ""
    from_ms: int | None = None
    before_ms: int | None = None
    text: str = ""

    def equal(self) -> dict[str, Any]:
        """Those that an index of their own serves, in the order of ids."""
        given = {name: getattr(self, name) for name in ("token", "model", "provider", "status", "outcome")}
        return {name: value for name, value in given.items() if value not in ("", None)}


NO_FILTERS = Filters()
NEWEST_FIRST = Order()

# A condition on the flows of any query: `condition(columns)`, where `columns.model` is one.
_Condition = Callable[[Any], Any]


def walk_flows(database: LogDatabase, filters: Filters, order: Order, after: Cursor | None, limit: int) -> Page:
    has_index = bool(filters.text) and has_fts5(database)
    columns = [Flow._meta.fields[name] for name in sorted({"id", order.sort.value, *filters.equal()})]
    rare = _find_rare(database, filters, order, columns, has_index)
    if rare is not None:
        rest = [*_conditions(filters, without_text=rare.is_text), _beyond(order, after)]
        return _page(database, rare.query, rest, order, limit, is_walk=False)
    if has_index:
        order = NEWEST_FIRST  # the one that the index of the texts has
        rest = _conditions(filters, without_text=True)
        most = SCANNED if rest else limit + 1
        walk = indexed_flows(filters.text, columns, after.id if after else None, most)
        return _page(database, walk, rest, order, limit, is_walk=bool(rest))
    first, rest = _split(filters, order)
    walk = Flow.select(*columns).where(*(condition(Flow) for condition in (*first, _beyond(order, after))))
    walk = walk.order_by(*_ordered(Flow, order)).limit(SCANNED if rest else limit + 1)
    return _page(database, walk, rest, order, limit, is_walk=bool(rest))


@dataclass(frozen=True, slots=True)
class _Rare:
    query: Any
    is_text: bool


def _find_rare(
    database: LogDatabase, filters: Filters, order: Order, columns: Sequence[Any], has_index: bool
) -> _Rare | None:
    """The rows of a filter that leaves few of them."""
    few = [_equals(name, value) for name, value in filters.equal().items()]
    if times := _times(filters):
        few.append(lambda flows: reduce(and_, (condition(flows) for condition in times)))
    if len(few) + bool(filters.text) <= 1 and order.sort is Sort.TIME:
        return None  # one index has just this
    for place, condition in enumerate(few):
        if _has_fewer(database, Flow.select(Flow.id).where(condition(Flow)), SCANNED):
            ids = _narrowed(database, condition, [*few[:place], *few[place + 1 :]])
            return _Rare(Flow.select(*columns).where(Flow.id.in_(ids)), is_text=False)
    if has_index and _has_fewer(database, indexed_ids(filters.text), SCANNED):
        return _Rare(indexed_flows(filters.text, columns, None, SCANNED), is_text=True)
    return None


def _narrowed(database: LogDatabase, rare: _Condition, others: Sequence[_Condition]) -> Any:
    """The ids of the rare ones, without those that a small index knows to be others: to read these rows costs more."""
    ids = Flow.select(Flow.id).where(rare(Flow))
    for condition in others:
        if _has_fewer(database, Flow.select(Flow.id).where(condition(Flow)), _SMALL_INDEX):
            ids = Flow.select(Flow.id).where(condition(Flow), Flow.id.in_(ids))
    return ids


def _has_fewer(database: LogDatabase, query: Any, limit: int) -> bool:
    few, count = query.limit(limit).alias("few"), peewee.fn.COUNT(peewee.SQL("*")).alias("n")
    return int(database.rows(peewee.Select([few], [count]))[0]["n"]) < limit


def _page(
    database: LogDatabase, looked_at: Any, rest: Sequence[_Condition], order: Order, limit: int, *, is_walk: bool
) -> Page:
    """`is_walk`: `looked_at` is in the order of the list, and may end before the log does."""
    source = looked_at.alias("looked_at")
    query = peewee.Select([source], [peewee.SQL("*")]).limit(limit + 1)
    # SQLite goes through a walk in its order, and ends when the page is full; sorted once more, it could not. Others
    # join as they like.
    if not (is_walk and database.kind == "sqlite"):
        query = query.order_by(*_ordered(source.c, order))
    if rest:
        query = query.where(*(condition(source.c) for condition in rest))
    found = database.rows(query)
    flows = _flows(database, [row["id"] for row in found[:limit]])
    if len(found) > limit:
        return Page(flows, _cursor(found[limit - 1], order))
    last = database.rows(looked_at.offset(SCANNED - 1).limit(1)) if is_walk else []
    return Page(flows, _cursor(last[0], order), is_partial=True) if last else Page(flows)


def _flows(database: LogDatabase, ids: Sequence[int]) -> tuple[FlowView, ...]:
    """Those of them that are still there, in this order."""
    rows = {row["id"]: row for row in database.rows(Flow.select().where(Flow.id.in_(ids)))} if ids else {}
    return tuple(flow_view(rows[flow_id]) for flow_id in ids if flow_id in rows)


def _split(filters: Filters, order: Order) -> tuple[list[_Condition], list[_Condition]]:
    """(what the index of the walk knows, what is left)."""
    equal = [_equals(name, value) for name, value in filters.equal().items()]
    text = [_holds(filters.text)] if filters.text else []
    if order.sort is Sort.TIME:
        return [*equal[:1], *_times(filters)], [*equal[1:], *text]
    return [_is_there(order)], [*equal, *_times(filters), *text]


def _conditions(filters: Filters, without_text: bool) -> list[_Condition]:
    equal = [_equals(name, value) for name, value in filters.equal().items()]
    text = [_holds(filters.text)] if filters.text and not without_text else []
    return [*equal, *_times(filters), *text]


def _equals(name: str, value: object) -> _Condition:
    return lambda columns: getattr(columns, name) == value


def _times(filters: Filters) -> list[_Condition]:
    conditions: list[_Condition] = []
    if (from_ms := filters.from_ms) is not None:
        conditions.append(lambda columns: columns.id >= first_id_of(from_ms))
    if (before_ms := filters.before_ms) is not None:
        conditions.append(lambda columns: columns.id < first_id_of(before_ms))
    return conditions


def _holds(text: str) -> _Condition:
    return lambda columns: contains(text, columns.id)


def _is_there(order: Order) -> _Condition:
    return lambda columns: getattr(columns, order.sort.value).is_null(False)


def _beyond(order: Order, after: Cursor | None) -> _Condition:
    """What comes after the cursor; without one, all that has the value that the list is sorted by."""
    if after is None:
        return _is_there(order)
    bound = peewee.Tuple(after.value, after.id)

    def condition(columns: Any) -> Any:
        if order.sort is Sort.TIME:
            return columns.id < after.id if order.descending else columns.id > after.id
        place = peewee.Tuple(getattr(columns, order.sort.value), columns.id)
        return place < bound if order.descending else place > bound

    return condition


def _ordered(columns: Any, order: Order) -> list[Any]:
    column = getattr(columns, order.sort.value)
    keys = [column] if order.sort is Sort.TIME else [column, columns.id]
    return [key.desc() if order.descending else key.asc() for key in keys]


def _cursor(row: dict[str, Any], order: Order) -> Cursor:
    return Cursor(row[order.sort.value], row["id"])
