"""Bodies of the flow log as its readers get them, for tests."""

from __future__ import annotations

from collections.abc import Sequence

from proapi_gateway.flow_log.flow_views import BodyView
from proapi_gateway.flow_log.records import Side


def body(
    data: bytes,
    content_type: str = "application/json",
    *,
    side: Side = Side.CLIENT_REPLY,
    pieces: Sequence[tuple[int, int]] = (),
    total_bytes: int | None = None,
) -> BodyView:
    head = {"status": 200, "headers": [["Content-Type", content_type]]}
    return BodyView(side, data, len(data) if total_bytes is None else total_bytes, head, tuple(pieces))


def in_pieces(*pieces: tuple[int, bytes], content_type: str = "text/event-stream") -> BodyView:
    """in_pieces((10, b"data: 1\\n\\n"), (20, b"data: 2\\n\\n")): what came at which millisecond."""
    offsets, data = [], b""
    for ms, piece in pieces:
        offsets.append((ms, len(data)))
        data += piece
    return body(data, content_type, pieces=offsets)
