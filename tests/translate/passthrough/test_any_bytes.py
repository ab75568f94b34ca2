"""Whatever a backend sends: a reply or an error of the right shape, and the same for every cut."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ..chat_contract import check_failed_stream, data_of, finish_reasons
from .wire import DONE, USAGE, lane, through, wire


@given(
    events=st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "choices": st.lists(
                    st.fixed_dictionaries(
                        {},
                        optional={
                            "index": st.integers(0, 2) | st.none() | st.text(max_size=2),
                            "delta": st.dictionaries(
                                st.sampled_from(["role", "content", "tool_calls", "reasoning", "function_call"]),
                                st.none() | st.text(max_size=3) | st.lists(st.dictionaries(st.text(), st.integers())),
                            ),
                            "finish_reason": st.none()
                            | st.sampled_from(["", "stop", "tool_calls", "error"])
                            | st.integers(),
                        },
                    ),
                    max_size=3,
                ),
                "usage": st.none() | st.just(USAGE) | st.text(max_size=2),
                "error": st.none() | st.text(max_size=2),
                "id": st.none() | st.text(max_size=2) | st.integers(),
            },
        ),
        max_size=6,
    ),
    done=st.booleans(),
    include_usage=st.booleans(),
)
def test_any_chunks_give_a_reply_or_an_error(events: list[Any], done: bool, include_usage: bool) -> None:
    reply = lane(include_usage=include_usage)
    stream = wire(*events, done=done)
    given_out = reply.feed(stream) + reply.finish()
    assert through(stream, include_usage=include_usage) == given_out
    if reply.failure is None:
        chunks = data_of(given_out)[:-1]
        assert len(finish_reasons(chunks)) == len({c["index"] for one in chunks for c in one["choices"]})
    else:
        check_failed_stream(given_out)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_reply_or_an_error(data: bytes) -> None:
    reply = lane()
    given_out = reply.feed(data) + reply.finish()
    assert given_out.endswith(DONE)
    assert (reply.failure is None) == ("error" not in data_of(given_out)[-2])
