"""The output of a Responses stream: the parts of a reply → items, each opened, filled and closed in OpenAI's order.

Text parts that follow each other are one text of one message, as OpenAI has it: so the places of citations, which count
characters of the whole answer, stay right. A call's end waits for what comes next: only a reply's last item can be cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ...events import Annotation, FinishReason, LogProbs, PartEnd, PartStart, SignatureDelta, TextDelta
from ...interface import ReplyFacts
from ...json_text import encode
from ...sse import write_event
from .annotations import write_annotation
from .client_items import CallItem, ContentPart, Deltas, Item, MessageItem, Native, ThoughtItem
from .client_tool_forms import ToolForms
from .names import CUSTOM, FUNCTION, INCOMPLETE_REASONS, SEALED_THOUGHTS, TOOL_SEARCH

_ID_PREFIXES: Mapping[str, str] = {FUNCTION: "fc", CUSTOM: "ctc", TOOL_SEARCH: "tsc"}
_NOT_IN_ID = re.compile(r"[^A-Za-z0-9]")


class OutputWriter:
    """Writes the events of one reply's items, and numbers all events. `writes`: neutral event → what writes it."""

    def __init__(self, facts: ReplyFacts) -> None:
        body = facts.asked.body
        self._sealed = body.get("store") is False or SEALED_THOUGHTS in (body.get("include") or ())
        self._forms = ToolForms(body)
        self._tail = _NOT_IN_ID.sub("", facts.reply_id.removeprefix("resp_"))
        self._sequence = 0
        self._text_chars = 0  # of the reply's text so far
        self._count = 0  # items so far
        self._done: dict[int, Native] = {}  # index → item
        self._deltas: dict[int, Deltas] = {}  # neutral part → what takes its text; none yet: it opens with the first
        self._kinds: dict[int, str] = {}  # neutral part → its kind
        self._message: MessageItem | None = None
        self._thoughts: dict[int, ThoughtItem] = {}
        self._calls: dict[int, CallItem] = {}
        self._ended: list[CallItem] = []  # calls that are over, their end not told yet
        self._held: PartStart | None = None  # a call whose signature may come next, and then goes before it
        self._later: list[ThoughtItem] = []  # proofs without words that came amid a text
        self.writes: Mapping[type, Callable[[Any], bytes]] = {
            PartStart: self._write_part_start,
            TextDelta: self._write_text,
            SignatureDelta: self._write_signature,
            Annotation: self._write_annotation,
            LogProbs: self._write_logprobs,
            PartEnd: self._write_part_end,
        }

    @property
    def holds(self) -> bool:
        """Does a call wait for its signature?"""
        return self._held is not None

    @property
    def items(self) -> list[Native]:
        """The items that are closed, in order."""
        return [item for _, item in sorted(self._done.items())]

    def event(self, kind: str, **told: Any) -> bytes:
        """One event, with the next number."""
        value = {"type": kind, "sequence_number": self._sequence, **told}
        self._sequence += 1
        return write_event(encode(value), kind)

    def open_held(self) -> bytes:
        """The opening of a call that waits for its signature: due before anything but that signature."""
        return self._open_call(self._held) if self._held is not None else b""

    def finish(self, reason: FinishReason) -> bytes:
        """The reply is over: the end of all that is open."""
        last = self._count - 1 if reason in INCOMPLETE_REASONS else -1
        return self._settle(last) + self._close_message(last) + self._flush_proofs()

    def break_off(self) -> None:
        """The reply has failed: what is open counts as it is, unfinished, and nothing more is told of it."""
        unfinished: list[Item] = [*self._ended, *self._calls.values(), *self._thoughts.values()]
        if self._message is not None:
            unfinished.append(self._message)
        for item in unfinished:
            if item.index >= 0:
                self._done.setdefault(item.index, item.value("incomplete"))

    # -- items -------------------------------------------------------------------------------------------------------
    def _new_id(self, prefix: str) -> tuple[str, int]:
        index = self._count
        self._count += 1
        return f"{prefix}_{self._tail}_{index}", index

    def _add(self, item: Item, value: Native) -> bytes:
        return self.event("response.output_item.added", output_index=item.index, item=value)

    def _close(self, item: Item, status: str) -> bytes:
        value = self._done[item.index] = item.value(status)
        return self.event("response.output_item.done", output_index=item.index, item=value)

    def _write_part_start(self, event: PartStart) -> bytes:
        self._kinds[event.part] = event.kind
        if event.choice:  # nobody asked for further choices: a backend that gives them all the same is not heard
            muted = self._deltas[event.part] = Deltas("", {})
            muted.before = b""
        elif event.kind == "tool_call":
            self._held = event
        elif event.kind == "thinking":
            self._thoughts[event.part] = ThoughtItem(self._sealed)
        return b""

    def _write_text(self, event: TextDelta) -> bytes:
        text = event.text
        if not text:
            return b""
        deltas = self._deltas.get(event.part)
        opening = b""
        if deltas is None:
            opening, deltas = self._open(event.part)
        deltas.pieces.append(text)
        if type(deltas) is ContentPart:
            self._text_chars += len(text) if deltas.kind == "text" else 0
        elif not deltas.before:
            return opening
        self._sequence += 1
        return b"%s%s%d%s%s%s" % (
            opening, deltas.before, self._sequence - 1, deltas.middle, encode(text), deltas.after,
        )  # fmt: skip

    def _open(self, part: int) -> tuple[bytes, Deltas]:
        """The events before a part's first text, and what takes it. (A call is open from its start.)"""
        if self._kinds[part] == "thinking":
            return self._open_thought(part)
        return self._open_text(part, "refusal" if self._kinds[part] == "refusal" else "text")

    def _write_part_end(self, event: PartEnd) -> bytes:
        self._deltas.pop(event.part, None)
        call = self._calls.pop(event.part, None)
        if call is not None:
            self._ended.append(call)
        thought = self._thoughts.pop(event.part, None)
        return self._close_thought(thought) if thought is not None else b""

    def _settle(self, last: int = -1) -> bytes:
        """Tell the end of the calls that are over. `last`: the item that was cut, -1 for none."""
        ended, self._ended = self._ended, []
        return b"".join(self._close_call(call, "incomplete" if call.index == last else "completed") for call in ended)

    # -- messages ----------------------------------------------------------------------------------------------------
    def _open_text(self, part: int, kind: str) -> tuple[bytes, ContentPart]:
        opening = self._settle()
        if self._message is None:
            message_id, index = self._new_id("msg")
            self._message = MessageItem(message_id, index)
            opening += self._add(self._message, self._message.value("in_progress"))
        message = self._message
        content = message.content[-1] if message.content else None
        if content is None or content.kind != kind:
            opening += self._close_content(message)
            place = {"item_id": message.id, "output_index": message.index, "content_index": len(message.content)}
            content = ContentPart(kind, place, self._text_chars)
            message.content.append(content)
            opening += self.event("response.content_part.added", **place, part=content.value())
        self._deltas[part] = content
        return opening, content

    def _close_content(self, message: MessageItem) -> bytes:
        """The end of the message's last part."""
        if not message.content:
            return b""
        content = message.content[-1]
        self._deltas = {part: deltas for part, deltas in self._deltas.items() if deltas is not content}
        if content.kind == "refusal":
            closing = self.event("response.refusal.done", **content.place, refusal=content.text)
        else:
            told = {"text": content.text, "logprobs": content.logprobs}
            closing = self.event("response.output_text.done", **content.place, **told)
        return closing + self.event("response.content_part.done", **content.place, part=content.value())

    def _close_message(self, last: int = -1) -> bytes:
        message, self._message = self._message, None
        if message is None:
            return b""
        status = "incomplete" if message.index == last else "completed"
        return self._close_content(message) + self._close(message, status) + self._flush_proofs()

    def _content_of(self, part: int) -> tuple[bytes, ContentPart | None]:
        """What a text part's citations go to, opened where they come before its text; None for one of another kind."""
        deltas = self._deltas.get(part)
        if isinstance(deltas, ContentPart):
            return b"", deltas
        return self._open_text(part, "text") if deltas is None and self._kinds.get(part) == "text" else (b"", None)

    def _write_annotation(self, event: Annotation) -> bytes:
        opening, content = self._content_of(event.part)
        if content is None:
            return b""
        annotation = write_annotation(event.body, content.base, self._text_chars)
        place = {**content.place, "annotation_index": len(content.annotations)}
        content.annotations.append(annotation)
        return opening + self.event("response.output_text.annotation.added", **place, annotation=annotation)

    def _write_logprobs(self, event: LogProbs) -> bytes:
        """They come after the text that they are about: a delta of their own, without text."""
        opening, content = self._content_of(event.part)
        if content is None:
            return b""
        content.logprobs.extend(event.content)
        return opening + self.event("response.output_text.delta", **content.place, delta="", logprobs=event.content)

    # -- thoughts ----------------------------------------------------------------------------------------------------
    def _open_thought(self, part: int) -> tuple[bytes, Deltas]:
        thought = self._thoughts[part]
        opening = self._close_message() + self._settle() + self._add_thought(thought)
        place = {"item_id": thought.id, "output_index": thought.index, "summary_index": 0}
        thought.deltas = self._deltas[part] = Deltas("response.reasoning_summary_text.delta", place)
        empty = {"type": "summary_text", "text": ""}
        return opening + self.event("response.reasoning_summary_part.added", **place, part=empty), thought.deltas

    def _add_thought(self, thought: ThoughtItem) -> bytes:
        thought.id, thought.index = self._new_id("rs")
        return self._add(thought, {"id": thought.id, "type": "reasoning", "summary": []})

    def _close_thought(self, thought: ThoughtItem) -> bytes:
        if thought.deltas is None:
            return self._write_proof(thought)
        text = thought.deltas.text
        place = {"item_id": thought.id, "output_index": thought.index, "summary_index": 0}
        closing = self.event("response.reasoning_summary_text.done", **place, text=text)
        part = {"type": "summary_text", "text": text}
        closing += self.event("response.reasoning_summary_part.done", **place, part=part)
        return closing + self._close(thought, "completed")

    def _write_proof(self, thought: ThoughtItem) -> bytes:
        """A thought without words: only its proof, for a client that wants to carry it."""
        if thought.signature is None or not self._sealed:
            return b""
        if self._message is not None:
            self._later.append(thought)
            return b""
        return self._settle() + self._add_thought(thought) + self._close(thought, "completed")

    def _flush_proofs(self) -> bytes:
        later, self._later = self._later, []
        return b"".join(self._add_thought(thought) + self._close(thought, "completed") for thought in later)

    def _write_signature(self, event: SignatureDelta) -> bytes:
        thought = self._thoughts.get(event.part)
        if thought is not None:
            thought.signature = event
            return b""
        if self._held is None:
            self._keep_late_proof(event)
            return b""
        held = self._held
        proof = ThoughtItem(self._sealed, signature=event, call_id=held.id)
        if event.part != held.part:
            return self._open_call(held) + self._write_signature(event)
        closing = self._close_message()
        return closing + self._write_proof(proof) + self._open_call(held)

    def _keep_late_proof(self, event: SignatureDelta) -> None:
        """A call's proof that comes after its text has begun is told after the call."""
        call = self._calls.get(event.part)
        if call is not None and self._sealed:
            self._later.append(ThoughtItem(True, signature=event, call_id=call.call_id))

    # -- tool calls --------------------------------------------------------------------------------------------------
    def _open_call(self, event: PartStart) -> bytes:
        self._held = None
        opening = self._close_message() + self._settle()
        form = self._forms.form_of(event.name)
        if event.custom:
            form = replace(form, kind=CUSTOM)
        call_id, index = self._new_id(_ID_PREFIXES[form.kind])
        custom = form.kind == CUSTOM
        kind = "response.custom_tool_call_input.delta" if custom else "response.function_call_arguments.delta"
        deltas = Deltas(kind, {"item_id": call_id, "output_index": index})
        call = CallItem(call_id, index, event.id, form, custom and not event.custom, deltas)
        if call.wrapped or call.search:
            deltas.before = b""
        self._calls[event.part] = call
        self._deltas[event.part] = deltas
        return opening + self._add(call, call.value("in_progress"))

    def _close_call(self, call: CallItem, status: str) -> bytes:
        if call.search:
            return self._close(call, status)
        place = {"item_id": call.id, "output_index": call.index}
        text, closing = call.deltas.text, b""
        if call.wrapped:
            text = call.unwrapped()
        elif not text and status == "completed" and not call.custom:
            text = "{}"  # a call without arguments is the JSON object {}
        if text != call.deltas.text or call.wrapped:
            call.deltas.pieces = [text]
            kind = "response.custom_tool_call_input" if call.custom else "response.function_call_arguments"
            closing = self.event(f"{kind}.delta", **place, delta=text)
        if call.custom:
            closing += self.event("response.custom_tool_call_input.done", **place, input=text)
        else:
            # `name`: OpenAI sends none, but the SDK's types before 3.0 demand one.
            closing += self.event("response.function_call_arguments.done", **place, name=call.form.name, arguments=text)
        return closing + self._close(call, status)
