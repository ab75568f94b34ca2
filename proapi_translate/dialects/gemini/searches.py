"""The web searches that Google makes itself, as far as its grounding tells of them.

{"webSearchQueries": ["ruby releases"], "groundingChunks": [{"web": {"uri": "https://…"}}]} →
SearchStart("google_search", ("ruby releases",)), SearchEnd("google_search", ("https://…",))
"""

from __future__ import annotations

from ...events import Event, SearchEnd, SearchStart
from .wire import GroundingMetadata

_ID = "google_search"  # Google gives its searches no ids, and tells of all of them at once


class Searches:
    """Of one candidate. A stream tells its grounding at its end, and may do so more than once."""

    def __init__(self) -> None:
        self._queries: dict[str, None] = {}
        self._sources: dict[str, None] = {}
        self._told = False

    def note(self, grounding: GroundingMetadata) -> None:
        self._queries |= dict.fromkeys(filter(None, grounding.web_search_queries or ()))
        pages = (chunk.web.uri for chunk in grounding.grounding_chunks or () if chunk.web is not None)
        self._sources |= dict.fromkeys(filter(None, pages))

    def tell(self) -> list[Event]:
        """Once: one search for all of them; [] where there was none."""
        if self._told or not (self._queries or self._sources):
            return []
        self._told = True
        return [SearchStart(_ID, tuple(self._queries)), SearchEnd(_ID, tuple(self._sources))]
