"""What the admin reads of the cache. For its threads: every call opens a connection of its thread's own and closes it.

listing = CacheListing(cache.store)
page = listing.page(CacheFilters(model="gpt-4o"), limit=50)
page = listing.page(CacheFilters(model="gpt-4o"), after=page.after, limit=50)
listing.entry(page.entries[0].key).parts[0].body
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ..flow_log.search_text import spread
from .entries import Cursor, EntryView, ReplyPart, ReplyStore, Sizes, unpack_reply

_SCANNED = 2000
_READ_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class CacheFilters:
    """All that are given must hold. `text`: in the last words of the request, whatever their case."""

    token: str = ""
    provider: str = ""
    model: str = ""
    text: str = ""

    def hold_for(self, view: EntryView) -> bool:
        equal = all(
            wanted in ("", told)
            for wanted, told in ((self.token, view.token), (self.provider, view.provider), (self.model, view.model))
        )
        return equal and spread(self.text).casefold() in view.words.casefold()


@dataclass(frozen=True, slots=True)
class CachePage:
    """`after`: for the next page; None: this is the last. A page that is not full may have one: no more than 2,000
    entries are looked at for each."""

    entries: tuple[EntryView, ...]
    after: Cursor | None = None


@dataclass(frozen=True, slots=True)
class CacheDetail:
    """`parts`: the backend's reply as it came; several where the request went in parts."""

    view: EntryView
    parts: tuple[ReplyPart, ...]


NO_FILTERS = CacheFilters()


class CacheListing:
    """Raises one of `store.faults` while the store cannot be read."""

    def __init__(self, store: ReplyStore) -> None:
        self._store = store

    def page(self, filters: CacheFilters = NO_FILTERS, *, after: Cursor | None = None, limit: int = 50) -> CachePage:
        """Newest first."""
        found: list[EntryView] = []
        looked_at = 0
        with self._connected() as store:
            while looked_at < _SCANNED:
                some = store.newest(_READ_AT_ONCE, after)
                for view in some:
                    if filters.hold_for(view):
                        if len(found) == limit:
                            return CachePage(tuple(found), after)
                        found.append(view)
                    after = Cursor(view.stored_ms, view.key)
                looked_at += len(some)
                if len(some) < _READ_AT_ONCE:
                    return CachePage(tuple(found))
        return CachePage(tuple(found), after)

    def entry(self, key: str) -> CacheDetail | None:
        """None: it is not there (any more)."""
        with self._connected() as store:
            entry = store.entry(key)
        return CacheDetail(entry.view, unpack_reply(entry.data)) if entry is not None else None

    def delete(self, keys: Sequence[str]) -> int:
        """How many of them there were."""
        with self._connected() as store:
            return store.delete(keys)

    def clear(self) -> None:
        with self._connected() as store:
            store.clear()

    def sizes(self) -> Sizes:
        with self._connected() as store:
            return store.sizes()

    @contextmanager
    def _connected(self) -> Iterator[ReplyStore]:
        try:
            yield self._store
        finally:
            self._store.disconnect()
