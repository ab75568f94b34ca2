"""Thoughts by tool call: what must go back to the model on the next turn, for clients that cannot carry it.

A chat client that calls a tool sends back the call and its result, not the signed thought before the call, without
which Claude (with thinking) and Gemini 3 refuse the next turn. So each reply gives its thoughts by call id; who keeps
them (the gateway, bounded) hands them in again through `Context.recall`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from msgspec.structs import replace

from .events import Event, PartStart, SignatureDelta, TextDelta
from .losses import Losses
from .prompt import Part, Prompt, Recall, Signature, Thinking, ToolCall, Turn


class ThoughtKeeper:
    """Watches one reply's events. `by_call`: {"toolu_1": (Thinking("use the scale", Signature(…)),)}.

    `unsigned`: keep thoughts without a signature too, for the backends of passthrough_thoughts.py.
    """

    def __init__(self, *, unsigned: bool = False) -> None:
        self._unsigned = unsigned
        self.by_call: dict[str, tuple[Thinking, ...]] = {}
        self._open: dict[int, list[str]] = {}  # thinking parts → their text so far
        self._calls: dict[int, str] = {}  # tool-call parts → call id
        self._signed: tuple[Thinking, ...] = ()

    def see(self, event: Event) -> None:
        if isinstance(event, TextDelta):
            if self._open and event.part in self._open:
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
            elif self._unsigned and (text := "".join(map("".join, self._open.values()))):
                self.by_call[event.id] = (Thinking(text),)

    def _see_signature(self, part: int, signature: Signature, *, redacted: bool) -> None:
        call_id = self._calls.get(part)
        if call_id is not None:
            self.by_call[call_id] = (*self.by_call.get(call_id, ()), Thinking("", signature))
        elif part in self._open:
            text = "".join(self._open.pop(part))
            self._signed = (*self._signed, Thinking(text, signature, redacted))


def keep_signed_by(signers: Collection[str], prompt: Prompt, losses: Losses, recall: Recall) -> Prompt:
    """The prompt without the thoughts, and without the proofs of tool calls, that others than these have signed.

    A proof is worth nothing to another vendor, which refuses it at best. Nor is a thought without one to a vendor that
    signs its own; where `recall` knows what was thought before the turn's calls, that goes in its place. Where nobody
    signs, thoughts are words like others.
    """
    if not any(_unwanted(part, signers) for turn in prompt.turns for part in turn.parts):
        return prompt
    if any(_foreign(part, signers) for turn in prompt.turns for part in turn.parts):
        losses.drop("thoughts", "these thoughts were signed by another vendor's model, and only that one can read them")
    if any(_loses_words(turn, signers, recall) for turn in prompt.turns):
        losses.drop("messages[].reasoning_content", "this model takes back only thoughts that it has signed")
    return replace(prompt, turns=tuple(Turn(turn.role, tuple(_own(turn, signers)), turn.name) for turn in prompt.turns))


def _loses_words(turn: Turn, signers: Collection[str], recall: Recall) -> bool:
    if not any(isinstance(part, Thinking) and part.text and _unproved(part, signers) for part in turn.parts):
        return False
    return not any(part.thoughts or recall(part.id) for part in turn.parts if isinstance(part, ToolCall))


def _own(turn: Turn, signers: Collection[str]) -> Iterator[Part]:
    for part in turn.parts:
        if not _unwanted(part, signers):
            yield part
        elif isinstance(part, ToolCall):
            yield replace(part, signature=None)


def _unwanted(part: Part, signers: Collection[str]) -> bool:
    return _foreign(part, signers) or _unproved(part, signers)


def _unproved(part: Part, signers: Collection[str]) -> bool:
    return bool(signers) and isinstance(part, Thinking) and part.signature is None


def _foreign(part: Part, signers: Collection[str]) -> bool:
    signature = part.signature if isinstance(part, Thinking | ToolCall) else None
    return signature is not None and signature.origin not in signers
