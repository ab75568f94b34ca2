"""The legal order of neutral events: holds a reader to it, and closes what a cut stream left open.

Per reply: Start, then parts and finishes, then the end. Per part: PartStart, deltas, PartEnd. After Failure nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import ClassVar

from .errors import BackendFailure
from .events import (
    Event,
    Failure,
    Finish,
    KeepAlive,
    PartEnd,
    PartStart,
    SearchEnd,
    SearchStart,
    Start,
    TextDelta,
    Usage,
)
from .reply_shape import garbled

CUT = "The backend's stream ended before the answer was complete."


class EventOrder:
    """Feed it a reader's events by `admit`; ask `close` for the end. What came is kept in `usage`, `finish_reason`,
    `failure` and `reply_model`.

    It mends what a client's writer must be able to rely on: a missing Start, a part left open at its choice's Finish,
    a second Finish, what is still said of a part or a choice that is over, and a reply with tool calls that "stops"
    (OpenAI's word for it is tool_calls). A text that is no text, or a count that is no number, is a failure: backends
    send other things in their places.
    """

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.finish_reason = ""
        self.failure: BackendFailure | None = None
        self.reply_model = ""
        self._started = False
        self._open: dict[int, PartStart] = {}
        self._calling: set[int] = set()  # choices that hold a tool call
        self._begun: set[int] = set()
        self._finished: set[int] = set()

    def admit(self, event: Event) -> Iterable[Event]:
        """The event with what must stand before it; nothing once the reply has failed."""
        if self.failure is not None:
            return ()
        rule = self._RULES.get(event.__class__)
        if rule is None:  # a delta of a part
            if isinstance(event, TextDelta) and event.text.__class__ is not str:
                return self._fail(_no_text(event.text))
            return (event,) if event.part in self._open else ()  # type: ignore[union-attr]
        if self._started or isinstance(event, Start | Failure | KeepAlive):
            return rule(self, event)
        self._started = True
        return (Start(), *rule(self, event))

    def close(self, broken: str = "") -> Iterator[Event]:
        """What is still to be admitted when the bytes are over. `broken`: why the connection ended early, "" if well.

        A choice without its Finish means that the answer is cut, however well the connection ended; no first one too.
        """
        complete = 0 in self._finished and self._begun <= self._finished
        if self.failure is None and not complete:
            yield Failure(BackendFailure(broken or CUT, kind="upstream_error", code="stream_cut"))

    def _start(self, event: Event) -> tuple[Event, ...]:
        assert isinstance(event, Start)
        if self._started:
            return ()
        for told in (event.id, event.model):
            if told.__class__ is not str:
                return self._fail(_no_text(told))
        self._started = True
        self.reply_model = event.model
        return (event,)

    def _part_start(self, event: Event) -> tuple[Event, ...]:
        assert isinstance(event, PartStart)
        if event.choice in self._finished:
            return ()
        for told in (event.id, event.name):
            if told.__class__ is not str:
                return self._fail(_no_text(told))
        self._open[event.part] = event
        self._begun.add(event.choice)
        if event.kind == "tool_call":
            self._calling.add(event.choice)
        return (event,)

    def _part_end(self, event: Event) -> tuple[Event, ...]:
        assert isinstance(event, PartEnd)
        return () if self._open.pop(event.part, None) is None else (event,)

    def _search(self, event: Event) -> tuple[Event, ...]:
        return () if self._finished else (event,)

    def _keep_usage(self, event: Event) -> tuple[Event, ...]:
        assert isinstance(event, Usage)
        if not _is_counted(event):
            return self._fail(Failure(garbled(TypeError("no number in place of a count"))))
        self.usage = event
        return (event,)

    def _finish(self, event: Event) -> tuple[Event, ...]:
        assert isinstance(event, Finish)
        if event.choice in self._finished:
            return ()
        self._finished.add(event.choice)
        left = [part for part, start in self._open.items() if start.choice == event.choice]
        for part in left:
            del self._open[part]
        if event.reason == "stop" and event.choice in self._calling:
            event = Finish("tool_calls", event.choice, event.raw)
        self.finish_reason = self.finish_reason or event.reason
        return (*map(PartEnd, left), event)

    def _fail(self, event: Event) -> tuple[Event, ...]:
        assert isinstance(event, Failure)
        self.failure = event.failure
        return (event,)

    def _pass_on(self, event: Event) -> tuple[Event, ...]:
        return (event,)

    # What each event is held to; all others are a part's deltas. One table for all replies: it is asked at each event.
    _RULES: ClassVar[Mapping[type, Callable[[EventOrder, Event], tuple[Event, ...]]]] = {
        Start: _start,
        PartStart: _part_start,
        PartEnd: _part_end,
        SearchStart: _search,
        SearchEnd: _search,
        Usage: _keep_usage,
        Finish: _finish,
        Failure: _fail,
        KeepAlive: _pass_on,
    }


def _is_counted(usage: Usage) -> bool:
    """Are all its counts whole numbers? One sum tells it quicker than a look at each."""
    try:
        count = (
            usage.prompt_tokens + usage.completion_tokens + usage.total_tokens + usage.cached_tokens
            + usage.cache_write_tokens + usage.reasoning_tokens + usage.audio_prompt_tokens
            + usage.audio_completion_tokens
        )  # fmt: skip
    except TypeError:
        return False
    return count.__class__ is int


def _no_text(value: object) -> Failure:
    return Failure(garbled(TypeError(f"{type(value).__name__} in place of text")))
