"""The tape: bodies up to a limit, and when their pieces came."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from addons import flow_tape
from addons.flow_tape import Strip, Tape
from proapi_gateway.flow_log.records import BodyRecord, Side


def make_tape(limit_bytes: int = 1000) -> tuple[Tape, Callable[[int], None]]:
    """A tape, and the hands of its clock."""
    now = [0]

    def set_clock(ms: int) -> None:
        now[0] = ms

    return Tape(limit_bytes, lambda: now[0]), set_clock


def bodies(tape: Tape) -> dict[Side, BodyRecord]:
    return {record.side: record for record in tape.records(lambda strip: (strip.data, "{}"))}


@pytest.mark.parametrize(
    "translate",
    [
        lambda data: [data.upper()] if data else [b"<END>"],
        lambda data: iter((data[:1].upper(), data[1:].upper())) if data else iter((b"<END>",)),
    ],
    ids=["list", "generator"],
)
def test_both_sides_of_a_stream(translate: Callable[[bytes], Iterable[bytes]]) -> None:
    tape, set_clock = make_tape()
    listening = tape.listen(translate)
    got = []
    for ms, piece in ((10, b"one"), (25, b"two"), (40, b"")):
        set_clock(ms)
        got += listening(piece)
    assert b"".join(got) == b"ONETWO<END>"
    backend, client = bodies(tape)[Side.BACKEND_REPLY], bodies(tape)[Side.CLIENT_REPLY]
    assert (backend.data, list(backend.pieces)) == (b"onetwo", [(10, 0), (25, 3)])
    assert client.data == b"ONETWO<END>"
    assert [(ms, offset) for ms, offset in client.pieces if offset in (0, 3, 6)] == [(10, 0), (25, 3), (40, 6)]
    assert tape.first_piece_ms == 10


def test_bytes_and_nothing_go_through_as_they_are() -> None:
    tape, _ = make_tape()
    assert tape.listen(lambda data: data)(b"x") == b"x"
    assert tape.listen(lambda data: [])(b"x") == ()
    assert bodies(tape)[Side.CLIENT_REPLY].data == b"x"


def test_what_is_over_the_limit_is_counted_only() -> None:
    tape, _ = make_tape(limit_bytes=5)
    listening = tape.listen(lambda data: [data * 2] if data else [])
    for _ in range(3):
        listening(b"abc")
    backend, client = bodies(tape)[Side.BACKEND_REPLY], bodies(tape)[Side.CLIENT_REPLY]
    assert (backend.data, backend.total_bytes) == (b"abcab", 9)
    assert (client.data, client.total_bytes) == (b"abcab", 18)


def test_pieces_that_were_held_back_have_the_time_at_which_they_came() -> None:
    strip = Strip(1000)
    strip.time_held([b"aa"], 10)
    strip.time_held([b"aa", b"b"], 20)
    strip.time_held([b"aa", b"b"], 30)
    strip.take_piece(b"aab", 40)  # released in one
    strip.take_piece(b"c", 50)
    assert strip.pieces == [(10, 0), (20, 2), (50, 3)]
    assert strip.data == b"aabc"


def test_a_piece_that_is_held_only_in_part() -> None:
    strip = Strip(1000)
    strip.time_held([b"aa"], 10)
    strip.take_piece(b"aabb", 40)
    assert strip.pieces == [(10, 0), (40, 2)]


def test_pieces_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_tape, "MAX_PIECES", 3)
    strip = Strip(0)
    for ms in range(10):
        strip.take_piece(b"x", ms)
    assert len(strip.pieces) == 3
    assert strip.total_bytes == 10


def test_another_attempt_begins_with_empty_strips() -> None:
    tape, _ = make_tape()
    tape.strips[Side.CLIENT_REQUEST].take(b"asked")
    tape.strips[Side.BACKEND_REPLY].take(b"overloaded")
    tape.turn_to(object())
    assert set(bodies(tape)) == {Side.CLIENT_REQUEST}
