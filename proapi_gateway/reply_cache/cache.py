"""The cache as a flow uses it: asked before a backend is, told of a good reply when it is over, never waited for long.

    found = await cache.find(question)                   # within LOOK_UP_S, whatever the store does
    if found is not None and found.reply: ...            # a hit: the backend's reply as it came
    cache.keep(found, tape.parts())                      # a miss that became a good reply; returns at once

Both happen in threads. A store that is slow, full or gone costs hits and entries, never a reply: it is told in the log
once, and left alone for a while.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from ..flow_log.search_text import search_text
from .entries import BadEntry, Entry, EntryView, ReplyPart, ReplyStore, ReplyTape, pack_reply, unpack_reply
from .key import Origin, Question, key_of
from .worker import Worker

logger = logging.getLogger(__name__)

LOOK_UP_S = 0.2
_REST_S = 5.0  # after a fault
_MOST_LOOK_UPS = 64
_MOST_WRITES = 256
_REPLY_BYTES = 2 * 1024 * 1024  # of a reply that is kept: it is translated again at once, on the event loop
_WORDS_CHARACTERS = 1000
_NAME_CHARACTERS = 128
_ENTRY_BYTES = 600  # a row with its share of the indexes

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found:
    """`key` "": the reply to this request is not to be kept. `reply`: the stored one; () for none. `words`: the last
    that was said in the request. `late`: what to make the key from, of a look-up that took too long."""

    key: str
    origin: Origin
    words: str = ""
    reply: tuple[ReplyPart, ...] = ()
    late: Question | None = None


class ReplyCache:
    """`with_tools`: requests that may call tools have their place in it too. `clock()`: Unix seconds."""

    def __init__(self, store: ReplyStore, clock: Callable[[], float], *, with_tools: bool = False) -> None:
        self.store = store
        self._clock = clock
        self._with_tools = with_tools
        self._reader = Worker("proapi-cache-reader", _MOST_LOOK_UPS, self._disconnect)
        self._writer = Worker("proapi-cache-writer", _MOST_WRITES, self._disconnect)
        self._rests_until_s = 0.0  # on the monotonic clock
        self._is_ill = False

    # -- the event loop ----------------------------------------------------------------------------------------------
    async def find(self, question: Question, *, reads: bool = True, max_age_s: float | None = None) -> Found | None:
        """None: too much is waiting. `reads` False: only what `keep` needs. `max_age_s`: no older reply."""
        future = self._reader.submit(partial(self._look_up, question, reads, max_age_s))
        if future is None:
            return None
        waiting = asyncio.wrap_future(future)
        await asyncio.wait([waiting], timeout=LOOK_UP_S)
        if not future.done():  # asked of the thread: a loop that was busy has not heard of it yet
            waiting.cancel()
            return Found("", question.origin, late=question)
        try:
            found = future.result()
        except Exception:  # wide: whatever is wrong with the cache, the backend can still be asked
            logger.exception("the cache: a look-up failed")
            return None
        if found.reply:
            self._writer.submit(partial(self._guarded, partial(self.store.count_hit, found.key), None))
        return found

    def warm_up(self) -> None:
        """Connect, and make the tables that are missing: the first request need not wait for that."""
        self._reader.submit(partial(self._guarded, partial(self.store.read, ""), None))

    def new_tape(self) -> ReplyTape:
        """Listens to a reply that may be kept."""
        return ReplyTape(_REPLY_BYTES)

    def keep(self, found: Found, parts: Sequence[ReplyPart] | None) -> None:
        """A reply that is good and complete. `parts` None: it was too long."""
        if parts and (found.key or found.late is not None):
            self._writer.submit(partial(self._write, found, parts))

    def forget(self, key: str) -> None:
        """What is stored there is of no use."""
        self._writer.submit(partial(self._guarded, partial(self.store.delete, [key]), 0))

    def close(self, within_s: float) -> None:
        """No more is taken. What was kept is still written; the process that ends waits for it so long."""
        if not self._writer.close(within_s) and within_s:
            logger.warning("the cache: the last replies could not be written")
        self._reader.close(0.0)

    # -- the threads -------------------------------------------------------------------------------------------------
    def _look_up(self, question: Question, reads: bool, max_age_s: float | None) -> Found:
        key = key_of(question, with_tools=self._with_tools)
        if not key:
            return Found("", question.origin)
        reply = self._guarded(partial(self._read, key, max_age_s), None) if reads else None
        words = _cleaned(search_text(question.client_body, b""))[:_WORDS_CHARACTERS]
        return Found(key, question.origin, words, reply or ())

    def _read(self, key: str, max_age_s: float | None) -> tuple[ReplyPart, ...]:
        after_ms = 0 if max_age_s is None else int((self._clock() - max_age_s) * 1000)
        packed = self.store.read(key, after_ms)
        try:
            return unpack_reply(packed) if packed is not None else ()
        except BadEntry:
            self.forget(key)
            return ()

    def _write(self, found: Found, parts: Sequence[ReplyPart]) -> None:
        key = found.key or (key_of(found.late, with_tools=self._with_tools) if found.late is not None else "")
        if not key:
            return
        data = pack_reply(parts)
        view = EntryView(
            key=key,
            stored_ms=int(self._clock() * 1000),
            dialect=found.origin.dialect,
            provider=found.origin.provider,
            model=found.origin.model[:_NAME_CHARACTERS],
            token=found.origin.token[:_NAME_CHARACTERS],
            words=found.words,
            stored_bytes=_ENTRY_BYTES + len(data) + len(found.words.encode()),
        )
        self._guarded(partial(self.store.write, Entry(view, data)), None)

    def _guarded(self, act: Callable[[], T], otherwise: T) -> T:
        """What it gives; `otherwise` where the store fails, or has failed a moment ago."""
        if time.monotonic() < self._rests_until_s:
            return otherwise
        try:
            result = act()
        except self.store.faults as fault:
            self._rests_until_s = time.monotonic() + _REST_S
            if not self._is_ill:
                logger.error("the cache: %s", f"{type(fault).__name__}: {fault}".splitlines()[0])
            self._is_ill = True
            self._disconnect()
            return otherwise
        self._is_ill = False
        return result

    def _disconnect(self) -> None:
        try:
            self.store.disconnect()
        except self.store.faults:
            logger.warning("the cache: its connection could not be closed")


def _cleaned(text: str) -> str:
    """PostgreSQL takes no NUL in a text."""
    return text.replace("\0", "")
