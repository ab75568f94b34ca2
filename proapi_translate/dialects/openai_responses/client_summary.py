"""The output of a reply to a `compaction_trigger`: the model's text becomes one sealed item in place of a message."""

from __future__ import annotations

from ...events import FinishReason
from ...interface import ReplyFacts
from .client_items import ContentPart, Deltas, SummaryItem
from .client_searches import SearchingWriter


class SummaryWriter(SearchingWriter):
    """All texts of the reply are one summary, which is told when it is whole; thoughts are told as always."""

    def __init__(self, facts: ReplyFacts) -> None:
        super().__init__(facts)
        self._summary: SummaryItem | None = None

    def finish(self, reason: FinishReason) -> bytes:
        summary = self._close(self._summary, "completed") if self._summary is not None else b""
        return summary + super().finish(reason)

    def _open(self, part: int) -> tuple[bytes, Deltas]:
        if self._kinds[part] == "thinking":
            return super()._open(part)
        opening = b""
        if self._summary is None:
            muted = Deltas("", {})
            muted.before = b""
            self._summary = SummaryItem(*self._new_id("cmp"), muted)
            opening = self._settle() + self._add(self._summary, self._summary.value("in_progress"))
        self._deltas[part] = self._summary.deltas
        return opening, self._summary.deltas

    def _content_of(self, part: int) -> tuple[bytes, ContentPart | None]:
        """A summary has neither citations nor log probabilities."""
        return b"", None
