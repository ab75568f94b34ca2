"""The events of a stream as a list."""

from __future__ import annotations

import pytest

from addons.event_list_text import event_list


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'event: ping\ndata: {"n": 1}\n\ndata: [DONE]\n\n', "1 ping:\n  n: 1\n2: [DONE]"),
        (b'data: {"id": "x", "n": 1}\n\ndata: {"id": "x", "n": 2}\n\n', '1:\n  id: "x"\n  n: 1\n2:\n  n: 2'),
        (b'data: {"id": "x"}\n\ndata: {}\n\ndata: {"id": "x"}\n\n', '1:\n  id: "x"\n2:\n3:\n  id: "x"'),
        ('data: {"t": "世界", "x": null}\n\n'.encode(), '1:\n  t: "世界"\n  x: null'),
        (b"data: one\ndata: two\n\n", "1: one\n  two"),
        (b"data: \xff{\n\n", "1: \N{REPLACEMENT CHARACTER}{"),
        (b": comment\n\n", "no event"),
        (b"", "no event"),
    ],
)
def test_events(body: bytes, shown: str) -> None:
    assert event_list("text/event-stream", body) == shown


def test_amazons_frames_are_read_by_their_type() -> None:
    shown = event_list("application/vnd.amazon.eventstream", b"no frames at all, none whatsoever")
    assert shown.startswith("1 framing-fault:")
