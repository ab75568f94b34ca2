"""Thoughts by tool call: what must go back to the model on the next turn, for clients that cannot carry it.

A chat client that calls a tool sends back the call and its result, not the signed thought before the call, without
which Claude (with thinking) and Gemini 3 refuse the next turn. So each reply gives its thoughts by call id; who keeps
them (the gateway, bounded) hands them in again through `Context.recall`.
"""

from __future__ import annotations

from .events import Event, PartStart, SignatureDelta, TextDelta
from .prompt import Signature, Thinking


class ThoughtKeeper:
    """Watches one reply's events. `by_call`: {"toolu_1": (Thinking("use the scale", Signature(…)),)}."""

    def __init__(self) -> None:
        self.by_call: dict[str, tuple[Thinking, ...]] = {}
        self._open: dict[int, list[str]] = {}  # thinking parts → their text so far
        self._calls: dict[int, str] = {}  # tool-call parts → call id
        self._signed: tuple[Thinking, ...] = ()

    def see(self, event: Event) -> None:
        if isinstance(event, TextDelta):
            if event.part in self._open:
                self._open[event.part].append(event.text)
        elif isinstance(event, PartStart):
            self._see_start(event)
        elif isinstance(event, SignatureDelta):
            self._see_signature(event.part, event.signature, redacted=event.redacted)

    def _see_start(self, event: PartStart) -> None:
        if event.kind == "thinking":
            self._open[event.part] = []
        elif event.kind == "tool_call":
            self._calls[event.part] = event.id
            if self._signed:
                self.by_call[event.id] = self._signed

    def _see_signature(self, part: int, signature: Signature, *, redacted: bool) -> None:
        call_id = self._calls.get(part)
        if call_id is not None:
            self.by_call[call_id] = (*self.by_call.get(call_id, ()), Thinking("", signature))
        elif part in self._open:
            text = "".join(self._open.pop(part))
            self._signed = (*self._signed, Thinking(text, signature, redacted))
