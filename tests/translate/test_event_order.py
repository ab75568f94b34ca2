"""The legal order of events, and the end that tells a cut answer from a complete one."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.errors import BackendFailure
from proapi_translate.event_order import EventOrder
from proapi_translate.events import Event, Failure, Finish, PartEnd, PartStart, Start, TextDelta, Usage

CALL = PartStart(0, "tool_call", id="c", name="f")
TEXT = PartStart(0, "text")


def run(*events: Event, broken: str = "") -> tuple[list[Event], EventOrder]:
    order = EventOrder()
    admitted = [out for event in events for out in order.admit(event)]
    return admitted + [out for event in order.close(broken) for out in order.admit(event)], order


@pytest.mark.parametrize(
    ("given", "admitted"),
    [
        ((TEXT, Finish("stop")), [Start(), TEXT, PartEnd(0), Finish("stop")]),
        ((Start("a"), Start("b"), Finish("stop")), [Start("a"), Finish("stop")]),
        ((Start(), Finish("stop"), Finish("length")), [Start(), Finish("stop")]),
        ((Start(), TEXT, PartEnd(0), PartEnd(0), Finish("stop")), [Start(), TEXT, PartEnd(0), Finish("stop")]),
        ((Start(), CALL, PartEnd(0), Finish("stop")), [Start(), CALL, PartEnd(0), Finish("tool_calls")]),
        ((Start(), CALL, PartEnd(0), Finish("length")), [Start(), CALL, PartEnd(0), Finish("length")]),
        ((Start(), TEXT, PartEnd(0), TextDelta(0, "a"), Finish("stop")), [Start(), TEXT, PartEnd(0), Finish("stop")]),
        ((Start(), TextDelta(0, "a"), Finish("stop")), [Start(), Finish("stop")]),
        ((Start(), Finish("stop"), TEXT, TextDelta(0, "a"), PartEnd(0)), [Start(), Finish("stop")]),
    ],
    ids=[
        "late start", "second start", "second finish", "second end", "calls never stop", "length stays",
        "text of a part that is over", "text of no part", "a part of a choice that is over",
    ],
)  # fmt: skip
def test_order_is_mended(given: tuple[Event, ...], admitted: list[Event]) -> None:
    assert run(*given)[0] == admitted


@pytest.mark.parametrize(
    "odd",
    [TextDelta(0, {"a": 1}), PartStart(1, "tool_call", id=None, name="f"), PartStart(1, "tool_call", id="c", name=[])],  # type: ignore[arg-type]
)
def test_what_is_no_text_is_a_failure(odd: Event) -> None:
    events, order = run(Start(), TEXT, odd, Finish("stop"))
    assert isinstance(events[-1], Failure)
    assert order.failure is not None
    assert order.failure.code == "bad_upstream_reply"


def test_a_choice_without_its_finish_is_cut() -> None:
    events, order = run(Start(), TEXT, PartStart(1, "text", choice=1), Finish("stop"))
    assert isinstance(events[-1], Failure)
    assert order.failure is not None
    assert order.failure.code == "stream_cut"


def test_an_answer_without_its_first_choice_is_none() -> None:
    assert run(Start(), PartStart(0, "text", choice=1), Finish("stop", 1))[1].failure is not None


def test_a_cut_answer_says_why_and_closes_nothing() -> None:
    events, order = run(Start(), CALL, TextDelta(0, "{"), broken="connection reset")
    assert events == [Start(), CALL, TextDelta(0, "{"), Failure(order.failure or BackendFailure(""))]
    assert str(order.failure) == "connection reset"


def test_a_break_after_the_finish_loses_nothing() -> None:
    events, order = run(Start(), TEXT, PartEnd(0), Finish("stop"), broken="connection reset")
    assert events[-1] == Finish("stop")
    assert order.failure is None


def test_a_failure_needs_no_start() -> None:
    failure = Failure(BackendFailure("busy"))
    assert run(failure)[0] == [failure]


def test_nothing_follows_a_failure() -> None:
    failure = Failure(BackendFailure("busy"))
    events, _ = run(Start(), failure, TEXT, Finish("stop"))
    assert events == [Start(), failure]


def test_what_came_is_kept() -> None:
    _, order = run(Start("i", "m"), Usage(1, 2), Usage(3, 4), Finish("length"))
    assert (order.reply_model, order.usage, order.finish_reason) == ("m", Usage(3, 4), "length")


ODD: Any = 5


@pytest.mark.parametrize(
    "event", [Start(ODD), Start("id", ODD), Usage(3, ODD and "4"), Usage(3, cached_tokens=ODD / 2), Usage(ODD and None)]
)
def test_an_odd_id_or_count_is_a_failure(event: Any) -> None:
    order = EventOrder()
    begun = [] if isinstance(event, Start) else [Start("id", "m")]
    (*before, failure) = [told for one in (*begun, event, TEXT) for told in order.admit(one)]
    assert before == begun
    assert isinstance(failure, Failure)
    assert failure.failure.code == "bad_upstream_reply"
