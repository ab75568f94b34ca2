"""The words of a flow: hostile nesting costs no row. (What is found by them: test_queries.py.)"""

from __future__ import annotations

import json

from proapi_gateway.flow_log.search_text import search_text


def test_what_is_nested_too_deeply_is_taken_as_it_stands() -> None:
    assert search_text(b"[" * 100_000, b'{"a":' * 100_000).startswith("[[[")


def test_what_the_parser_takes_is_walked_however_deep_it_is() -> None:
    deep = b"[" * 900 + b'"deep"' + b"]" * 900
    asked = b'{"messages": [%s, {"content": "Hi there"}]}' % deep
    assert search_text(asked, b'{"choices": %s}' % deep) == "Hi there deep deep"


def test_the_last_thing_said_comes_first_and_an_answer_in_its_order() -> None:
    turns = [{"role": "user", "content": [{"text": "first"}, {"text": "second"}]}, {"role": "user", "content": "third"}]
    asked = json.dumps({"messages": turns, "model": "m", "instructions": "not kept"}).encode()
    reply = json.dumps({"id": "x", "choices": [{"message": {"content": "one "}}, {"message": {"content": "two"}}]})
    assert search_text(asked, reply.encode()) == "third second first one two"


def test_no_more_is_kept_than_the_limit() -> None:
    events = b"".join(b'data: {"choices": [{"delta": {"content": "%04d "}}]}\n\n' % place for place in range(1000))
    asked = json.dumps({"messages": [{"content": "a" * 1500}, {"content": "b" * 1500}]}).encode()
    found = search_text(asked, events)
    assert found.startswith("b" * 1500 + " " + "a" * 500 + " 0000 0001")
    assert found.endswith(" 0399")


def test_what_a_stream_says_again_at_its_end_and_pictures_are_left_out() -> None:
    said = {"type": "response.output_text.delta", "delta": "once"}
    again = {"type": "response.output_text.done", "text": "once"}
    picture = {"choices": [{"delta": {"content": "data:image/png;base64,AAAA"}}]}
    events = "".join(f"data: {json.dumps(each)}\n\n" for each in (said, again, picture))
    assert search_text(b"", events.encode()) == "once"
