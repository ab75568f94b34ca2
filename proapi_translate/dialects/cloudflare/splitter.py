"""The framing of an ai/run stream: SSE, whose `[DONE]` is the only sign that a native answer is whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...sse import SseReader

DONE = "[DONE]"
_MARK = DONE.encode()


class RunSplitter:
    """SSE events, the end mark told by its name: (DONE, b"null").

    Elsewhere `[DONE]` is what relays add to foreign formats, and is skipped before a reader sees it. Here, where no
    chunk has a finish reason, a stream without it was cut.
    """

    def __init__(self) -> None:
        self._sse = SseReader()

    def feed(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        return _name_the_mark(self._sse.feed(data))

    def finish(self) -> Iterator[tuple[str, bytes]]:
        return _name_the_mark(self._sse.finish())


def _name_the_mark(events: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    for name, data in events:
        yield (DONE, b"null") if data == _MARK else (name, data)
