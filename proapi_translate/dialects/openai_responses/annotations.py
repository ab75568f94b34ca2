"""Citations in the Responses API's form: the place stands beside the type, not inside an object of its own.

Source: types/responses/response_output_text.py of the `openai` package, read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Where vendors keep what OpenAI calls file_id and filename; the first that is there wins.
_FILE_IDS = ("file_id", "document_id", "id")
_FILE_NAMES = ("document_title", "filename", "title", "source")


def write_annotation(body: Mapping[str, Any], base: int, end: int) -> dict[str, Any]:
    """({"type": "url_citation", "url_citation": {"url", "title", "start_index": 12, "end_index": 20}}, 10, 30) →
    {"type": "url_citation", "url", "title", "start_index": 2, "end_index": 10}.

    `base`: characters of the answer before this text: places count from its start. What has no address is a citation of
    a document, at the place in the text that has been reached (`end`); the vendor's own words stay under `citation`.
    """
    kind = str(body.get("type") or "")
    inner = body.get(kind)
    inner = inner if isinstance(inner, dict) else body
    if kind == "url_citation":
        place = {name: max(_number(inner.get(name)) - base, 0) for name in ("start_index", "end_index")}
        return {"type": kind, **place, "title": _text(inner, ("title",)), "url": _text(inner, ("url",))}
    return {
        "type": "file_citation",
        "file_id": _text(inner, _FILE_IDS),
        "filename": _text(inner, _FILE_NAMES),
        "index": max(end - base, 0),
        "citation": dict(body),
    }


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _text(inner: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((text for name in names if isinstance(text := inner.get(name), str)), "")
