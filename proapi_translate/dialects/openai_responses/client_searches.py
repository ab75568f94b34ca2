"""The web searches of a reply: items that the backend's vendor has worked at by itself, beside those of the answer.

Order of the events: recordings of OpenAI's own (openai.responses, web_search), and types/responses of the `openai`
package 3.57 (response_function_web_search.py), read 2026-11-25.
"""

from __future__ import annotations

from ...events import FinishReason, SearchEnd, SearchStart
from ...interface import ReplyFacts
from .client_items import SearchItem
from .client_output import OutputWriter
from .names import SEARCH_SOURCES


class SearchingWriter(OutputWriter):
    """All of a reply's items. A search is open until its end is told; one whose end never comes has failed.

    (The SDK's types had no "incomplete" for it before 3.0.)"""

    def __init__(self, facts: ReplyFacts) -> None:
        super().__init__(facts)
        self._tells_sources = SEARCH_SOURCES in (facts.asked.body.get("include") or ())
        self._searches: dict[str, SearchItem] = {}
        self.writes = {**self.writes, SearchStart: self._open_search, SearchEnd: self._end_search}

    def finish(self, reason: FinishReason) -> bytes:
        left = b"".join(self._close(search, "failed") for search in self._searches.values())
        return left + super().finish(reason)

    def break_off(self) -> None:
        super().break_off()
        for search in self._searches.values():
            self._done.setdefault(search.index, search.value("failed"))

    def _open_search(self, event: SearchStart) -> bytes:
        opening = self._close_message() + self._settle()
        search = self._searches[event.id] = SearchItem(*self._new_id("ws"), event.queries)
        opening += self._add(search, search.value("in_progress"))
        return opening + self._tell("in_progress", search) + self._tell("searching", search)

    def _end_search(self, event: SearchEnd) -> bytes:
        search = self._searches.pop(event.id, None)
        if search is None:
            return b""
        if self._tells_sources:
            search.sources = event.sources
        if event.failed:
            return self._close(search, "failed")
        return self._tell("completed", search) + self._close(search, "completed")

    def _tell(self, what: str, search: SearchItem) -> bytes:
        return self.event(f"response.web_search_call.{what}", item_id=search.id, output_index=search.index)
