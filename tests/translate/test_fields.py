"""Typed reading of a client's object: every wrong type is a 400 that names its path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from proapi_translate.errors import ClientFault
from proapi_translate.fields import Fields


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (lambda f: f.text("x"), "a", "a"),
        (lambda f: f.text("x"), None, ""),
        (lambda f: f.integer("x"), 3, 3),
        (lambda f: f.integer("x"), 3.0, 3),
        (lambda f: f.number("x"), 0, 0),
        (lambda f: f.flag("x"), False, False),
        (lambda f: f.items("x"), None, []),
        (lambda f: f.mapping("x"), {"a": 1}, {"a": 1}),
    ],
)
def test_right_types_are_read(read: Callable[[Fields], Any], value: Any, expected: Any) -> None:
    assert read(Fields({"x": value})) == expected


@pytest.mark.parametrize(
    ("read", "value", "words"),
    [
        (lambda f: f.text("x"), 3, "x: expected a string, found an integer"),
        (lambda f: f.required_text("x"), "", "x: is required"),
        (lambda f: f.integer("x"), True, "x: expected an integer, found a boolean"),
        (lambda f: f.integer("x"), 3.5, "x: expected an integer, found a number"),
        (lambda f: f.number("x"), "1", "x: expected a number, found a string"),
        (lambda f: f.flag("x"), 1, "x: expected a boolean, found an integer"),
        (lambda f: f.items("x"), {}, "x: expected an array, found an object"),
        (lambda f: list(f.objects("x")), [None], "x[0]: expected an object, found null"),
    ],
)
def test_wrong_types_name_the_field(read: Callable[[Fields], Any], value: Any, words: str) -> None:
    with pytest.raises(ClientFault) as caught:
        read(Fields({"x": value}))
    assert str(caught.value) == words
    assert caught.value.status == 400
    assert caught.value.param == words.partition(":")[0]


def test_paths_grow_inwards() -> None:
    inner = next(Fields({"messages": [{"content": 3}]}).objects("messages"))
    with pytest.raises(ClientFault, match=r"^messages\[0\]\.content: "):
        inner.text("content")


def test_rest_is_what_nobody_read() -> None:
    fields = Fields({"read": 1, "unread": 2, "null": None})
    fields.integer("read")
    assert fields.rest() == {"unread": 2}


def test_rest_within_tells_what_nobody_read_of_the_objects_that_were() -> None:
    message = {"role": "user", "audio": {"id": "a"}, "empty": [], "null": None, "content": [{"type": "text", "x": 1}]}
    fields = Fields({"messages": [message, message], "unread": {"y": 1}})
    for inner in fields.objects("messages"):
        inner.text("role")
        for part in inner.objects("content"):
            part.pass_over("type")
    assert fields.rest_within() == {"messages[].audio": {"id": "a"}, "messages[].content[].x": 1}
    assert fields.holds("x")
    assert not fields.holds("y")


def test_what_is_taken_is_no_rest_any_more() -> None:
    fields = Fields({"a": 1, "b": 2})
    assert fields.peek("a") == 1
    assert fields.take_rest() == {"a": 1, "b": 2}
    assert fields.rest() == {}
