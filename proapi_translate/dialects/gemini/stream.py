"""streamGenerateContent → events."""

from __future__ import annotations

from collections.abc import Iterator

from ...events import Event, Start
from ...interface import ReplyContext
from .candidate import CandidateReader, Numbers
from .error import failure_from
from .usage import read_usage
from .wire import PromptFeedback, Reply, read_wire

_DONE = b"[DONE]"  # Google sends none; relays add it


class GeminiStreamReader:
    """Reads a stream, event by event. Finish reasons are held to the end: some models say STOP on every event."""

    def __init__(self, context: ReplyContext) -> None:
        self._numbers = Numbers(context)
        self._candidates: dict[int, CandidateReader] = {}
        self._started = False
        self._broken = False

    def read(self, name: str, data: bytes) -> list[Event]:
        """One event's events. Raises BackendFailure for an error in it, ValueError for what is not Gemini's format."""
        if data.strip() == _DONE:
            return []
        try:
            reply = read_wire(data)
        except ValueError:
            self._broken = True  # a cut in the middle of an event: what was held back is not final
            raise
        if reply.error is not None:
            raise failure_from({"error": reply.error})
        events: list[Event] = []
        if not self._started:
            self._started = True
            events.append(Start(reply.response_id or "", reply.model_version or ""))
        events += self._read_candidates(reply)
        if reply.usage_metadata is not None and (usage := read_usage(reply.usage_metadata)) is not None:
            events.append(usage)
        return events

    def end(self) -> Iterator[Event]:
        """The finishes. A candidate without a reason was cut and gets none."""
        if self._broken:
            return
        for candidate in self._candidates.values():
            if candidate.reason:
                yield from candidate.end(candidate.reason)

    def end_whole(self, default_reason: str) -> Iterator[Event]:
        """The finishes of a whole body: a candidate without a reason is complete all the same."""
        for candidate in self._candidates.values():
            yield from candidate.end(candidate.reason or default_reason)

    @property
    def empty(self) -> bool:
        """Has no candidate come?"""
        return not self._candidates

    def _read_candidates(self, reply: Reply) -> list[Event]:
        events: list[Event] = []
        for position, candidate in enumerate(reply.candidates or ()):
            choice = position if candidate.index is None else candidate.index
            events += self._candidate(choice).read(candidate)
        feedback = reply.prompt_feedback
        if feedback is not None and feedback.block_reason and self.empty:
            events += self._candidate(0).refuse(*_refusal(feedback))
        return events

    def _candidate(self, choice: int) -> CandidateReader:
        reader = self._candidates.get(choice)
        if reader is None:
            reader = self._candidates[choice] = CandidateReader(choice, self._numbers)
        return reader


def _refusal(feedback: PromptFeedback) -> tuple[str, str]:
    """(Google's word, the sentence for the client)."""
    reason = feedback.block_reason or ""
    told = feedback.block_reason_message or f"The prompt was blocked by Google's safety filters ({reason})."
    return reason, told
