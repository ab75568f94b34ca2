"""What the cache stores: a backend's reply as it came, and what the admin shows of it; and what a store must offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from ..flow_log.packing import pack, unpack

# All else of a backend's head is about its own connection. Bedrock counts the tokens of some embeddings there.
_KEPT_HEADERS = frozenset({"x-amzn-bedrock-input-token-count"})


class BadEntry(ValueError):
    """What is stored is no reply."""


class ReplyPart(msgspec.Struct, frozen=True, array_like=True):
    """A backend's reply, or one of several that make a reply together (embeddings of many texts)."""

    headers: dict[str, str]
    body: bytes


_decode = msgspec.msgpack.Decoder(tuple[ReplyPart, ...]).decode
_encode = msgspec.msgpack.Encoder().encode


def pack_reply(parts: Sequence[ReplyPart]) -> bytes:
    return pack(_encode(tuple(parts)))


def unpack_reply(packed: bytes) -> tuple[ReplyPart, ...]:
    """Raises BadEntry for what was not packed by `pack_reply`."""
    try:
        return _decode(unpack(packed))
    except Exception as fault:  # wide: each of the packing libraries has errors of its own
        raise BadEntry(f"{type(fault).__name__}: {fault}") from fault


class ReplyTape:
    """Listens to a reply (proapi_translate.ReplyListener) up to `limit_bytes`. `parts()`: None where it was longer."""

    def __init__(self, limit_bytes: int) -> None:
        self._left_bytes = limit_bytes
        self._parts: list[tuple[dict[str, str], list[bytes]]] = []

    def begin(self, headers: Mapping[str, str]) -> None:
        self._parts.append(({name: value for name, value in headers.items() if name in _KEPT_HEADERS}, []))

    def take(self, data: bytes) -> None:
        self._left_bytes -= len(data)
        if self._left_bytes < 0:
            self._parts.clear()  # a long stream must not be held for nothing
        elif self._parts:
            self._parts[-1][1].append(data)

    def parts(self) -> tuple[ReplyPart, ...] | None:
        if self._left_bytes < 0 or not self._parts:
            return None
        return tuple(ReplyPart(headers, b"".join(pieces)) for headers, pieces in self._parts)


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry as the admin lists it, without its reply. `token`: the name of the one that asked first. `words`: the
    last that was said in the request, shortened."""

    key: str
    stored_ms: int
    dialect: str
    provider: str
    model: str  # the backend's
    token: str
    words: str
    stored_bytes: int
    hits: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """`data`: the reply, packed by `pack_reply`."""

    view: EntryView
    data: bytes


@dataclass(frozen=True, slots=True)
class Sizes:
    entries: int
    bytes: int
    hits: int  # of the entries that are there


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last entry of a page: the next one begins after it."""

    stored_ms: int
    key: str


@dataclass(frozen=True, slots=True)
class StoreLimits:
    """`age_ms`: since an entry was stored. `size_bytes`: of all entries together; the oldest go first."""

    age_ms: int
    size_bytes: int


class ReplyStore(Protocol):
    """Where entries are. Blocks: for threads, each of which gets a connection of its own. Raises one of `faults`."""

    faults: tuple[type[Exception], ...]

    def read(self, key: str, stored_after_ms: int = 0) -> bytes | None:
        """The packed reply, if it has not expired, and was stored after that time."""

    def write(self, entry: Entry) -> None:
        """In the place of an older one; then the store is within its limits again."""

    def count_hit(self, key: str) -> None: ...
    def entry(self, key: str) -> Entry | None: ...
    def newest(self, limit: int, after: Cursor | None = None) -> list[EntryView]:
        """By the time of storing, newest first."""

    def delete(self, keys: Sequence[str]) -> int:
        """How many of them there were."""

    def clear(self) -> None: ...
    def sizes(self) -> Sizes: ...
    def disconnect(self) -> None:
        """This thread's connection; some faults end one, and none says so."""
