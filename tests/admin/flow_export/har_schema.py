"""What HAR 1.2 demands of a log (http://www.softwareishard.com/blog/har-12-spec/, read 2026-11-25), as a schema."""

from __future__ import annotations

from typing import Any

_TEXT, _COUNT, _SIZE = {"type": "string"}, {"type": "number", "minimum": 0}, {"type": "integer", "minimum": -1}
_TIME = {"type": "number", "minimum": -1}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """Fields of one's own begin with "_": all others are the specification's."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {}), "comment": _TEXT},
        "patternProperties": {"^_": {}},
        "additionalProperties": False,
    }


_PAIRS = {"type": "array", "items": _object({"name": _TEXT, "value": _TEXT})}
_REQUEST = _object(
    {
        "method": _TEXT, "url": {"type": "string", "pattern": "^https?://"}, "httpVersion": _TEXT, "cookies": _PAIRS,
        "headers": _PAIRS, "queryString": _PAIRS, "headersSize": _SIZE, "bodySize": _SIZE,
    },
    {"postData": _object({"mimeType": _TEXT, "params": {"type": "array"}, "text": _TEXT})},
)  # fmt: skip
_CONTENT = _object({"size": _COUNT, "mimeType": _TEXT}, {"compression": _SIZE, "text": _TEXT, "encoding": _TEXT})
_RESPONSE = _object(
    {
        "status": _COUNT, "statusText": _TEXT, "httpVersion": _TEXT, "cookies": _PAIRS, "headers": _PAIRS,
        "content": _CONTENT, "redirectURL": _TEXT, "headersSize": _SIZE, "bodySize": _SIZE,
    }
)  # fmt: skip
_TIMINGS = _object(
    {"send": _COUNT, "wait": _COUNT, "receive": _COUNT},
    {"blocked": _TIME, "dns": _TIME, "connect": _TIME, "ssl": _TIME},
)
_MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}
_ENTRY = _object(
    {
        "startedDateTime": _MOMENT, "time": _COUNT, "request": _REQUEST, "response": _RESPONSE,
        "cache": _object({}), "timings": _TIMINGS,
    }
)  # fmt: skip
HAR_SCHEMA = _object(
    {
        "log": _object(
            {
                "version": {"const": "1.2"},
                "creator": _object({"name": _TEXT, "version": _TEXT}),
                "entries": {"type": "array", "items": _ENTRY},
            },
            {"browser": {}, "pages": {}},
        )
    }
)
