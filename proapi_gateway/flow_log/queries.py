"""What the admin reads of the log. For its threads: every call opens a connection of its thread's own and closes it.

    queries = FlowQueries(log.database)
    page = queries.page(Filters(model="gpt-4o"), limit=50)
    page = queries.page(Filters(model="gpt-4o"), after=page.after, limit=50)
    queries.flow(page.flows[0].id).bodies[Side.CLIENT_REPLY].data

However large the log is, a page looks at no more than 2,000 rows. Where several filters meet so rarely that these are
not enough, it says so (`Page.is_partial`), and the next page goes on from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import peewee

from .database import LogDatabase
from .flow_views import Cursor, FlowDetail, FlowView, Page, body_view, flow_view
from .models import Flow, FlowBody, FlowTotal
from .page_walk import NEWEST_FIRST, NO_FILTERS, Filters, Order, walk_flows
from .records import Side
from .storing import delete_flows

_DELETED_AT_ONCE = 200


class FlowQueries:
    def __init__(self, database: LogDatabase) -> None:
        self._database = database

    def page(
        self,
        filters: Filters = NO_FILTERS,
        *,
        order: Order = NEWEST_FIRST,
        after: Cursor | None = None,
        limit: int = 50,
    ) -> Page:
        """`limit` flows from `after` on. A search for a text that many flows hold is sorted by time, newest first."""
        with self._database.connected() as database:
            return walk_flows(database, filters, order, after, limit)

    def flow(self, flow_id: int) -> FlowDetail | None:
        """One flow with its bodies; None: it is not there (any more)."""
        return self._detail(Flow.id == flow_id)

    def flow_of_request(self, request_id: str) -> FlowDetail | None:
        """By the `x-request-id` that the client got."""
        return self._detail(Flow.request_id == request_id)

    def written_since(self, written_ms: int, limit: int = 200) -> Sequence[FlowView]:
        """For a live list: rows that were written at that time or later, in the order of their writing.

        Ask again with the last one's `written_ms`, and leave out the ids that were told already.
        """
        with self._database.connected() as database:
            query = Flow.select().where(Flow.written_ms >= written_ms).order_by(Flow.written_ms, Flow.id).limit(limit)
            return [flow_view(row) for row in database.rows(query)]

    def size(self) -> tuple[int, int]:
        """(rows, bytes) of the whole log."""
        with self._database.connected() as database:
            (row,) = database.rows(FlowTotal.select())
            return row["rows"], row["bytes"]

    def delete(self, ids: Sequence[int]) -> int:
        """Delete these flows; how many there were. The sums of their days stay."""
        deleted = 0
        with self._database.connected() as database:
            for some in peewee.chunked(ids, _DELETED_AT_ONCE):
                deleted += delete_flows(database, Flow.id.in_(list(some)), _DELETED_AT_ONCE)
        return deleted

    def _detail(self, condition: Any) -> FlowDetail | None:
        with self._database.connected() as database:
            found = database.rows(Flow.select().where(condition).order_by(Flow.id.desc()).limit(1))
            if not found:
                return None
            bodies = database.rows(FlowBody.select().where(FlowBody.flow_id == found[0]["id"]))
            return FlowDetail(flow_view(found[0]), {Side(row["side"]): body_view(row) for row in bodies})
