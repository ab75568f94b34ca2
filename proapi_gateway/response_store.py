"""The store of answered Responses requests: what previous_response_id, item references and GET /v1/responses/{id} find.

OpenAI keeps a response for 30 days unless the request says `store: false`
(https://platform.openai.com/docs/guides/conversation-state, read 2026-11-25). Ours is bounded in bytes and number as
well: the least recently used go first. Each owner (a token's key) finds its own only.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """One answered request. `input_items`: its own input, oldest first, without the turns before `previous_id`.

    `home`: the account (`Candidate.account`) of a backend that keeps it under the same id; "" where only we do.
    """

    response: dict[str, Any]
    input_items: list[Item]
    previous_id: str = ""
    home: str = ""

    @property
    def id(self) -> str:
        return str(self.response["id"])

    @property
    def output(self) -> list[Item]:
        return [item for item in self.response.get("output") or () if isinstance(item, dict)]

    @property
    def items(self) -> list[Item]:
        return [*self.input_items, *self.output]

    def with_item(self, item_id: str) -> tuple[Item, StoredResponse] | None:
        """The item of that id, and this turn, which it belongs to."""
        found = next((item for item in self.items if item.get("id") == item_id), None)
        return (found, self) if found is not None else None

    def pack(self) -> bytes:
        return json.dumps([self.response, self.input_items, self.previous_id, self.home]).encode()

    @classmethod
    def unpack(cls, packed: bytes) -> StoredResponse:
        return cls(*json.loads(packed))


class ResponseStore(Protocol):
    """`keep` never blocks: a reply's last bytes go out right after it. What it kept is found at once."""

    def keep(self, owner: str, stored: StoredResponse) -> None: ...
    async def find(self, owner: str, response_id: str) -> StoredResponse | None: ...
    async def find_item(self, owner: str, item_id: str) -> tuple[Item, StoredResponse] | None:
        """An item of an earlier request or reply, with the turn that it belongs to."""

    async def forget(self, owner: str, response_id: str) -> bool: ...
    async def is_another_owners(self, owner: str, response_id: str) -> bool:
        """Nobody else may use it, nor learn that it is there."""

    def close(self, within_s: float) -> None:
        """The process ends: what must be written still is."""


@dataclass(frozen=True, slots=True)
class StoreLimits:
    """`age_s`: since it was last used. `size_bytes`: of the JSON texts of all entries together."""

    entries: int = 20_000
    size_bytes: int = 256 * 1024 * 1024
    age_s: float = 30 * 86_400.0


@dataclass(slots=True)
class _Entry:
    owner: str
    packed: bytes
    item_ids: tuple[str, ...]
    used_s: float


class MemoryResponseStore:
    """A `ResponseStore` in this process. Entries are kept as JSON texts: a tenth of the memory of their objects."""

    def __init__(self, clock: Callable[[], float], limits: StoreLimits = StoreLimits()) -> None:
        """`clock`: seconds of any kind."""
        self._clock = clock
        self._limits = limits
        self._entries: OrderedDict[str, _Entry] = OrderedDict()  # by response id, the least recently used first
        self._item_places: dict[tuple[str, str], str] = {}  # owner and item id → response id
        self._size_bytes = 0

    def keep(self, owner: str, stored: StoredResponse) -> None:
        known = self._entries.get(stored.id)
        if known is not None and known.owner != owner:
            return  # a backend's ids are its own business, but they open nothing of another token's
        self._drop(stored.id)
        item_ids = tuple(str(item["id"]) for item in stored.items if item.get("id"))
        entry = _Entry(owner, stored.pack(), item_ids, self._clock())
        self._entries[stored.id] = entry
        self._size_bytes += len(entry.packed)
        self._item_places.update({(owner, item_id): stored.id for item_id in item_ids})
        self._make_room()

    async def find(self, owner: str, response_id: str) -> StoredResponse | None:
        self._make_room()
        entry = self._entries.get(response_id)
        if entry is None or entry.owner != owner:
            return None
        entry.used_s = self._clock()
        self._entries.move_to_end(response_id)
        return StoredResponse.unpack(entry.packed)

    async def find_item(self, owner: str, item_id: str) -> tuple[Item, StoredResponse] | None:
        stored = await self.find(owner, self._item_places.get((owner, item_id), ""))
        return stored.with_item(item_id) if stored is not None else None

    async def forget(self, owner: str, response_id: str) -> bool:
        if await self.find(owner, response_id) is None:
            return False
        self._drop(response_id)
        return True

    def drop(self, owner: str, response_id: str) -> None:
        """It is somewhere else now."""
        entry = self._entries.get(response_id)
        if entry is not None and entry.owner == owner:
            self._drop(response_id)

    def close(self, within_s: float) -> None: ...

    async def is_another_owners(self, owner: str, response_id: str) -> bool:
        entry = self._entries.get(response_id)
        return entry is not None and entry.owner != owner

    def _make_room(self) -> None:
        expired_s = self._clock() - self._limits.age_s
        while self._entries:
            oldest_id = next(iter(self._entries))
            too_much = len(self._entries) > self._limits.entries or self._size_bytes > self._limits.size_bytes
            if not too_much and self._entries[oldest_id].used_s > expired_s:
                return
            self._drop(oldest_id)

    def _drop(self, response_id: str) -> None:
        entry = self._entries.pop(response_id, None)
        if entry is None:
            return
        self._size_bytes -= len(entry.packed)
        for item_id in entry.item_ids:
            if self._item_places.get((entry.owner, item_id)) == response_id:
                del self._item_places[entry.owner, item_id]
