"""The web searches that Anthropic runs itself: a `server_tool_use` block, then a block with what was found.

{"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "ruby releases"}} →
SearchStart("srvtoolu_1", ("ruby releases",))
{"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"url": "https://…", …}]} →
SearchEnd("srvtoolu_1", ("https://…",))

Source: platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool, read 2026-11-25, and recordings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ...events import Event, SearchEnd, SearchStart, read_queries

Native = dict[str, Any]
_TOOL = "web_search"


@dataclass(slots=True)
class _Search:
    id: str
    input: Native
    pieces: list[str] = field(default_factory=list)  # of the input's JSON text, where it is streamed


class SearchBlocks:
    """The search blocks of one reply, by the numbers of all its blocks."""

    def __init__(self) -> None:
        self._open: dict[int, _Search] = {}

    def open(self, number: int, block: Native) -> Iterator[Event]:
        """Any block that is no part of the answer."""
        if block["type"] == "server_tool_use" and block.get("name") == _TOOL:
            self._open[number] = _Search(str(block.get("id")), block.get("input") or {})
        elif block["type"] == "web_search_tool_result":
            found = block.get("content")
            pages = found if isinstance(found, list) else ()  # an error is an object
            urls = [page.get("url") for page in pages if isinstance(page, dict)]
            sources = tuple(url for url in urls if isinstance(url, str))
            yield SearchEnd(str(block.get("tool_use_id")), sources, failed=not isinstance(found, list))

    def add(self, number: int, delta: Native) -> None:
        piece, search = delta.get("partial_json"), self._open.get(number)
        if search is not None and isinstance(piece, str):
            search.pieces.append(piece)

    def close(self, number: int) -> Iterator[Event]:
        search = self._open.pop(number, None)
        if search is not None:
            yield SearchStart(search.id, read_queries("".join(search.pieces) or search.input))
