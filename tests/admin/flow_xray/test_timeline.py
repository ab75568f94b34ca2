"""The timeline: which client's chunk stands at which backend's, and how much later it went."""

from __future__ import annotations

from admin.flow_xray.timeline import SHOWN_STEPS, Step, line_up, pieces_of
from proapi_translate import EVENT_STREAM
from tests.admin.bodies import body, in_pieces
from tests.translate.dialects.bedrock.wire import frame


def told(step: Step) -> tuple[int, int, list[str], list[str], int | None]:
    backend, client = ([chunk.text for chunk in side] for side in (step.backend, step.client))
    return step.ms, step.since_ms, backend, client, step.lag_ms


def test_each_chunk_stands_at_the_one_that_it_was_made_of() -> None:
    backend = in_pieces((100, b"A"), (100, b"B"), (160, b"C"), (400, b"D"))
    client = in_pieces((100, b"a"), (161, b"c"), (163, b"cc"), (400, b"d"), (900, b"end"))
    timeline = line_up(backend, client)
    assert timeline is not None
    assert [told(step) for step in timeline.steps] == [
        (100, 100, ["A", "B"], ["a"], 0),
        (160, 60, ["C"], ["c", "cc"], 3),
        (400, 240, ["D"], ["d", "end"], 500),
    ]
    assert [chunk.bytes for chunk in timeline.steps[1].client] == [1, 2]


def test_chunks_that_were_held_back_have_no_others_yet() -> None:
    timeline = line_up(in_pieces((10, b"A"), (20, b"B")), in_pieces((20, b"ab")))
    assert timeline is not None
    assert [told(step) for step in timeline.steps] == [(10, 10, ["A"], [], None), (20, 10, ["B"], ["ab"], 0)]


def test_what_came_before_the_backend_said_anything() -> None:
    timeline = line_up(in_pieces((50, b"A")), in_pieces((5, b": keep-alive\n\n"), (50, b"a")))
    assert timeline is not None
    assert [told(step) for step in timeline.steps] == [(5, 5, [], [": keep-alive"], None), (50, 45, ["A"], ["a"], 0)]


def test_one_side_alone() -> None:
    for backend, client in ((None, in_pieces((5, b"a"))), (body(b"{}"), in_pieces((5, b"a")))):
        timeline = line_up(backend, client)
        assert timeline is not None
        assert [told(step) for step in timeline.steps] == [(5, 5, [], ["a"], None)]
    assert line_up(body(b"{}"), body(b"{}")) is None
    assert line_up(None, None) is None


def test_what_the_limit_cut_off_has_no_chunk() -> None:
    cut = body(b"abcd", pieces=[(1, 0), (2, 3), (3, 4), (4, 900), (5, -1)])
    assert pieces_of(cut) == [(1, b"abc"), (2, b"d")]


def test_a_long_stream_is_bounded() -> None:
    many = in_pieces(*((ms, b"x" * 10_000) for ms in range(SHOWN_STEPS + 50)))
    timeline = line_up(many, many)
    assert timeline is not None
    assert (len(timeline.steps), timeline.left_out) == (SHOWN_STEPS, 50)
    assert len(timeline.steps[-1].client) == 1
    assert all(len(chunk.text) < 2_000 for step in timeline.steps for chunk in step.backend)


def test_a_frame_that_came_in_two_pieces_is_told_with_the_second() -> None:
    data = frame("messageStart", {"role": "assistant"})
    timeline = line_up(in_pieces((1, data[:20]), (2, data[20:]), content_type=EVENT_STREAM), None)
    assert timeline is not None
    assert [step.backend[0].text for step in timeline.steps] == ["", 'messageStart: {"role": "assistant"}']
