"""The words of a flow: hostile nesting costs no row. (What is found by them: test_queries.py.)"""

from __future__ import annotations

from proapi_gateway.flow_log.search_text import search_text


def test_what_is_nested_too_deeply_is_taken_as_it_stands() -> None:
    assert search_text(b"[" * 100_000, b'{"a":' * 100_000).startswith("[[[")


def test_what_the_parser_takes_and_python_cannot_walk_costs_no_more_than_its_words() -> None:
    deep = b"[" * 900 + b'"deep"' + b"]" * 900
    asked = b'{"messages": [%s, {"content": "Hi there"}]}' % deep
    assert search_text(asked, b'{"choices": %s}' % deep) == "Hi there"
