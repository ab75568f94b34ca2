"""What the list of flows is asked for, out of a page's address and back: the form, the links, and the exports share it.

/admin/flows?model=gpt-4o&last=24h&text=hi&sort=cost
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from proapi_gateway.flow_log.flow_views import Cursor
from proapi_gateway.flow_log.page_walk import Filters, Order, Sort
from proapi_gateway.flow_log.records import Outcome

NAMED = ("model", "provider", "token")  # also the groups of the statistics
LAST_MS: Mapping[str, int] = {
    "15m": 15 * 60_000,
    "1h": 3_600_000,
    "24h": 86_400_000,
    "7d": 7 * 86_400_000,
    "30d": 30 * 86_400_000,
}
SORTS: Mapping[str, Sort] = {
    "time": Sort.TIME,
    "total": Sort.TOTAL_MS,
    "first": Sort.FIRST_TOKEN_MS,
    "tokens": Sort.TOKENS,
    "cost": Sort.COST,
}
OUTCOMES = tuple(outcome.value for outcome in Outcome)
_LONGEST = 500
_MOST_STATUS = 999
_MOST = 2**63 - 1  # that a database can be asked for
_LAST_MS = 2**42  # the year 2109: more is no time, and no number for a database


@dataclass(frozen=True, slots=True)
class Asked:
    """`arguments`: those of the address that mean something, for links; without the place in the list."""

    filters: Filters
    order: Order
    sort: str
    after: Cursor | None
    arguments: Mapping[str, str]

    @property
    def is_filtered(self) -> bool:
        return bool(set(self.arguments) - {"sort", "up"})

    @property
    def is_live(self) -> bool:
        """Does what is new come first?"""
        return self.sort == "time" and self.order.descending and self.after is None

    def sorted_by(self, sort: str) -> Mapping[str, str]:
        """The arguments of the same list sorted by that; the other way round if it is sorted so already."""
        rest = {name: value for name, value in self.arguments.items() if name not in ("sort", "up")}
        turned = {"up": "1"} if sort == self.sort and self.order.descending else {}
        return rest | ({} if sort == "time" else {"sort": sort}) | turned


def read_filters(given: Mapping[str, str], now_ms: int) -> Asked:
    """Never raises: what means nothing is passed over, as an address may be typed by hand."""
    told = {name: given.get(name, "").strip()[:_LONGEST] for name in _NAMES}
    if told["last"] not in LAST_MS:
        told["last"] = ""
    if told["sort"] not in SORTS:
        told["sort"] = ""
    if told["outcome"] not in OUTCOMES:
        told["outcome"] = ""
    status = int(told["status"]) if told["status"].isdecimal() and int(told["status"]) <= _MOST_STATUS else None
    if status is None:
        told["status"] = ""
    from_ms, before_ms = _moment(told["from"]), _moment(told["before"])
    if told["last"]:
        from_ms = now_ms - LAST_MS[told["last"]]
    filters = Filters(
        token=told["token"],
        model=told["model"],
        provider=told["provider"],
        status=status,
        outcome=told["outcome"],
        from_ms=from_ms,
        before_ms=before_ms,
        text=told["text"],
    )
    sort = told["sort"] or "time"
    order = Order(SORTS[sort], descending=not told["up"])
    after = Cursor.parse(given.get("after", ""))
    if after is not None and max(abs(after.value), abs(after.id)) > _MOST:
        after = None
    return Asked(filters, order, sort, after, {name: value for name, value in told.items() if value})


_NAMES = (*NAMED, "status", "outcome", "last", "from", "before", "text", "sort", "up")


def _moment(text: str) -> int | None:
    """Unix ms, as the page's script sends what was typed; or an ISO time, in UTC where it names no zone."""
    if text.isdecimal():
        ms = int(text)
        return ms if ms < _LAST_MS else None
    try:
        when = datetime.fromisoformat(text)
        when = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
        return max(0, int(when.timestamp() * 1000))
    except (ValueError, OverflowError):
        return None
