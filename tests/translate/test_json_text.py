"""JSON in and out: strict for a client, lenient for a backend."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proapi_translate.errors import ClientFault
from proapi_translate.json_text import PeekedRequest, encode, parse_object, peek_request, read_reply, replace_top_level

DEEP = b'{"a":' * 100_000
NO_OBJECT = {
    "empty": b"",
    "blank": b"  ",
    "cut": b'{"model": "m"',
    "trailing": b'{"model": "m"} x',
    "no JSON": b"model=m",
    "list": b'[{"model": "m"}]',
    "string": b'"m"',
    "number": b"1",
    "null": b"null",
    "true": b"true",
    "NaN": b'{"model": "m", "temperature": NaN}',
    "half a surrogate pair": b'{"model": "m", "x": "\\ud83d"}',
    "deep": DEEP,
    "deep and closed": DEEP + b"1" + b"}" * 100_000,
    "deep list": b'{"model": "m", "a": ' + b"[" * 100_000,
}


@pytest.mark.parametrize("body", NO_OBJECT.values(), ids=NO_OBJECT)
@pytest.mark.parametrize(
    "read",
    [parse_object, lambda body: peek_request("chat", body), lambda body: replace_top_level(body, {"model": "x"})],
    ids=["parse_object", "peek_request", "replace_top_level"],
)
def test_what_is_no_object_is_the_clients_fault(body: bytes, read: Any) -> None:
    with pytest.raises(ClientFault) as raised:
        read(body)
    assert raised.value.status == 400
    assert raised.value.type == "invalid_request_error"
    assert str(raised.value).startswith("could not parse the JSON body of your request: ")
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize("body", [b"", b" \n"])
def test_an_empty_body_is_called_so(body: bytes) -> None:
    for read in (parse_object, lambda body: peek_request("chat", body)):
        with pytest.raises(ClientFault, match="of your request: it is empty"):
            read(body)


def test_bytes_that_are_no_utf8_are_the_clients_fault() -> None:
    with pytest.raises(ClientFault, match="could not parse"):
        parse_object(b'{"a": "\xff"}')


def test_an_object_is_parsed() -> None:
    body = b'{"b": [1, 2.5, "\\u00e9", null, true], "a": {}, "big": 123456789012345678901234567890}'
    value = parse_object(body)
    assert value == json.loads(body)
    assert list(value) == ["b", "a", "big"]


@pytest.mark.parametrize(
    ("body", "stream"),
    [
        (b'{"model": "m"}', False),
        (b'{"stream": true, "model": "m"}', True),
        (b'{"model": "m", "stream": false}', False),
        (b'{"model": "m", "stream": null}', False),
        (b'{"model": "m", "stream": "true"}', True),
        (b'{"model": "m", "stream": "False"}', False),
        (b'{"model": "m", "stream": 1}', True),
        (b'{"model": "m", "stream": 0}', False),
        (b'{"messages": [{"model": "n", "stream": true}], "model": "m"}', False),
    ],
)
def test_model_and_stream_are_peeked(body: bytes, stream: bool) -> None:
    assert peek_request("chat", body) == PeekedRequest("m", stream)


def test_embeddings_never_stream() -> None:
    assert peek_request("embeddings", b'{"model": "m", "stream": true}') == PeekedRequest("m", False)


@pytest.mark.parametrize("model", [b"null", b'""', b'"  "', b"4", b"[]", b"{}", b"true"])
def test_a_model_that_is_no_name_is_refused(model: bytes) -> None:
    with pytest.raises(ClientFault, match="you must provide a model parameter"):
        peek_request("chat", b'{"model": ' + model + b"}")


def test_a_request_names_its_model() -> None:
    with pytest.raises(ClientFault) as raised:
        peek_request("chat", b'{"messages": [{"model": "m"}]}')
    assert (raised.value.status, raised.value.param) == (400, "model")
    assert str(raised.value) == "you must provide a model parameter"


@pytest.mark.parametrize("stream", [b'"maybe"', b"2", b"[]", b"{}", b'""', b"0.5"])
def test_a_stream_that_is_no_boolean_is_refused(stream: bytes) -> None:
    with pytest.raises(ClientFault) as raised:
        peek_request("chat", b'{"model": "m", "stream": ' + stream + b"}")
    assert (raised.value.status, raised.value.param) == (400, "stream")


@pytest.mark.parametrize(
    ("body", "changes", "expected"),
    [
        (b'{"model": "a", "x": 1.50}', {"model": "b"}, b'{"model":"b","x":1.50}'),
        (
            b'{"x": {"model": "a", "n" : 1E5}, "model": 1}',
            {"model": "b"},
            b'{"x":{"model": "a", "n" : 1E5},"model":"b"}',
        ),
        (b'{"t": "\\u00e9\\ud83d\\ude00", "n": 0}', {"n": "\u00e9"}, b'{"t":"\\u00e9\\ud83d\\ude00","n":"\xc3\xa9"}'),
        (b'{"n": 1}', {"options": {"usage": True}}, b'{"n":1,"options":{"usage":true}}'),
        (b"{}", {"n": None}, b'{"n":null}'),
    ],
)
def test_only_the_named_fields_change(body: bytes, changes: dict[str, Any], expected: bytes) -> None:
    assert replace_top_level(body, changes) == expected


@pytest.mark.parametrize("changes", [{}, {"model": "a"}, {"n": 1, "model": "a"}])
def test_without_a_change_the_same_bytes_come_back(changes: dict[str, Any]) -> None:
    body = b'{ "model" : "a" , "n": 1,\n"x": 1.50 }'
    assert replace_top_level(body, changes) is body


def test_true_is_not_one() -> None:
    assert replace_top_level(b'{"stream": 1}', {"stream": True}) == b'{"stream":true}'


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": NaN, "b": -Infinity, "c": 1e400, "d": 1.5}', {"a": None, "b": None, "c": None, "d": 1.5}),
        (b'{"a": "\xff"}', {"a": "\ufffd"}),
        (b'{"a": "\\ud83d"}', {"a": "\ud83d"}),
        (b"[1]", [1]),
    ],
)
def test_a_reply_is_read_leniently(data: bytes, value: Any) -> None:
    assert read_reply(data) == value


@pytest.mark.parametrize("data", [b"", b"<html>", b'{"a":', DEEP, b"\xff", b"[DONE]", b"{} {}"])
def test_a_reply_that_is_no_json_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the class is the contract
        read_reply(data)


def test_half_a_surrogate_pair_goes_on_as_an_escape() -> None:
    assert encode({"a": "\ud83d", "é": 1}) == b'{"a":"\\ud83d","\\u00e9":1}'


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda s: st.dictionaries(st.text(), s)))
def test_what_is_encoded_is_read_back(value: Any) -> None:
    text = encode(value)
    assert b"\n" not in text
    assert read_reply(text) == value


@given(st.binary())
def test_any_bytes_are_an_object_or_a_fault(data: bytes) -> None:
    for read in (parse_object, lambda body: peek_request("chat", body), lambda body: replace_top_level(body, {"a": 1})):
        with contextlib.suppress(ClientFault):
            read(data)
