"""The events of a stream as a list, in YAML.

    event_list("text/event-stream", b'event: ping\\ndata: {"n": 1}\\n\\ndata: [DONE]\\n\\n') ==
        "1 ping:\\n  n: 1\\n2: [DONE]"

A chunk repeats most of the one before it: of an object only the fields are shown that are new or have changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from proapi_translate import event_splitter

_ABSENT = object()


def event_list(media_type: str, body: bytes) -> str:
    """`media_type`: server-sent events, or Amazon's frames. What is no JSON object is shown as it came."""
    lines: list[str] = []
    before: Mapping[str, Any] = {}
    splitter = event_splitter(media_type)
    for number, (name, data) in enumerate([*splitter.feed(body), *splitter.finish()], 1):
        title = f"{number}{f' {name}' if name else ''}:"
        fields = _object_in(data)
        if fields is None:
            lines.append(f"{title} {data.decode('utf-8', 'replace')}".replace("\n", "\n  "))
            continue
        lines += [title, *_changed(fields, before)]
        before = fields
    return "\n".join(lines) or "no event"


def _changed(fields: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[str]:
    for name, value in fields.items():
        if before.get(name, _ABSENT) != value:
            yield f"  {name}: {json.dumps(value, ensure_ascii=False)}"


def _object_in(data: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
