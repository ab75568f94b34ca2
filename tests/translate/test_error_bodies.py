"""Error bodies of backends, in all their shapes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proapi_translate.error_bodies import failure_from, read_error, read_retry_after
from proapi_translate.openai_error import error_object

BY_STATUS = "the backend answered with status"
# name → (status, body, the four fields that the client gets)
SHAPES: dict[str, tuple[int, Any, tuple[str, str, str | None, str | None]]] = {
    "OpenAI": (
        400,
        {"error": {"message": "too big", "type": "invalid_request_error", "param": "n", "code": "bad_n"}},
        ("too big", "invalid_request_error", "n", "bad_n"),
    ),
    "number for code": (429, {"error": {"code": 429, "message": "slow"}}, ("slow", "rate_limit_error", None, "429")),
    "text": (404, {"error": "no such model"}, ("no such model", "not_found_error", None, None)),
    "text beside a message": (404, {"error": "Not Found", "message": "no m"}, ("no m", "not_found_error", None, None)),
    "fields at the top": (
        400,
        {"object": "error", "message": "no logprobs", "type": "bad_args", "param": None, "code": "3051"},
        ("no logprobs", "bad_args", None, "3051"),
    ),
    "detail": (401, {"detail": "Invalid API Key"}, ("Invalid API Key", "authentication_error", None, None)),
    "detail list": (
        422,
        {"detail": [{"loc": ["body", "n"], "msg": "too big", "type": "x"}, {"msg": "also bad"}, "more"]},
        ("body.n: too big; also bad; more", "invalid_request_error", None, None),
    ),
    "list": (
        404,
        [{"error": {"code": 404, "message": "gone", "status": "NOT_FOUND"}}],
        ("gone", "not_found_error", None, "404"),
    ),
    "errors": (
        403,
        {"success": False, "errors": [{"code": 10000, "message": "no"}]},
        ("no", "permission_error", None, "10000"),
    ),
    "nested message": (500, {"error": {"message": {"detail": "deep"}}}, ("deep", "server_error", None, None)),
    "msg": (400, {"code": 1, "msg": "bad"}, ("bad", "invalid_request_error", None, "1")),
    "empty object": (503, {}, (f"{BY_STATUS} 503 (Service Unavailable)", "server_overloaded", None, None)),
    "null": (500, None, (f"{BY_STATUS} 500 (Internal Server Error)", "server_error", None, None)),
    "empty list": (500, [], (f"{BY_STATUS} 500 (Internal Server Error)", "server_error", None, None)),
    "blank message": (529, {"error": {"message": " "}}, (f"{BY_STATUS} 529", "server_overloaded", None, None)),
    "other fields are not text": (
        418,
        {"error": {"message": "m", "type": 5, "param": ["a"], "code": True}},
        ("m", "5", None, None),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("status", "body", "fields"), SHAPES.values(), ids=SHAPES)
def test_every_shape_becomes_openais(status: int, body: Any, fields: tuple[Any, ...]) -> None:
    failure = read_error(status, {}, json.dumps(body).encode())
    given = error_object(failure)
    assert failure.status == status
    assert (given["message"], given["type"], given["param"], given["code"]) == fields
    assert (failure.message, failure.kind, failure.param, failure.code) == fields


def test_what_else_an_error_tells_is_kept() -> None:
    error = {"message": "m", "code": 502, "metadata": {"provider_name": "P", "raw": "r"}}
    given = error_object(failure_from({"error": error, "user_id": "u"}))
    assert list(given) == ["message", "type", "param", "code", "metadata"]
    assert given["metadata"] == error["metadata"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html><h1>502 Bad Gateway</h1></html>", f"{BY_STATUS} 502 (Bad Gateway)"),
        (b"  <!DOCTYPE html>", f"{BY_STATUS} 502 (Bad Gateway)"),
        (b"", f"{BY_STATUS} 502 (Bad Gateway)"),
        (b"\x1f\x8b\x08\x00", f"{BY_STATUS} 502 (Bad Gateway)"),
        (b"upstream connect error\r\n", "upstream connect error"),
        (b"x" * 5000, "x" * 1000),
    ],
)
def test_a_body_that_is_no_json_gives_its_text_but_no_page(body: bytes, message: str) -> None:
    failure = read_error(502, {"content-type": "text/html"}, body)
    assert (failure.message, failure.status, failure.kind) == (message, 502, "upstream_error")


# An error that came with a status of 200.
INSIDE = [
    ({"code": 429, "message": "m"}, 429),
    ({"code": "503", "message": "m"}, 503),
    ({"status_code": 400, "message": "m"}, 400),
    ({"code": "rate_limit_exceeded", "message": "m"}, 429),
    ({"type": "authentication_error", "message": "m"}, 401),
    ({"code": "context_length_exceeded", "type": "server_error", "message": "m"}, 400),
    ({"code": 1301, "message": "m"}, 502),
    ({"code": 200, "message": "m"}, 502),
    ({"message": "m"}, 502),
]


@pytest.mark.parametrize(("error", "status"), INSIDE)
def test_an_error_inside_a_200_has_the_status_that_it_deserves(error: dict[str, Any], status: int) -> None:
    assert failure_from({"error": error}).status == status
    assert read_error(200, {}, json.dumps({"error": error}).encode()).status == status


WAITS: dict[str, tuple[dict[str, str], float | None]] = {
    "seconds": ({"retry-after": "17"}, 17.0),
    "milliseconds win": ({"retry-after-ms": "1500", "retry-after": "17"}, 1.5),
    "a date": ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30.0),
    "a date that has passed": (
        {"retry-after": "Wed, 21 Oct 2026 07:27:00 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"},
        0.0,
    ),
    "a date without a now": ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT"}, None),
    "no date": ({"retry-after": "soon", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
    "negative": ({"retry-after": "-1"}, None),
    "endless": ({"retry-after": "inf"}, None),
    "no number": ({"retry-after": "nan"}, None),
    "OpenAI's reset": (
        {
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": "1m0.5s",
            "x-ratelimit-reset-tokens": "20ms",
        },
        60.5,
    ),
    "a reset that is not due": ({"x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "1m"}, None),
    "a reset as a time of day": ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1741305600000"}, None),
    "nothing": ({}, None),
}


@pytest.mark.parametrize(("headers", "wait_s"), WAITS.values(), ids=WAITS)
def test_the_wait_is_read_from_the_headers(headers: dict[str, str], wait_s: float | None) -> None:
    assert read_retry_after(headers) == wait_s
    upper = {name.title(): text for name, text in headers.items()}
    assert read_error(429, upper, b"{}").retry_after_s == wait_s


@given(st.integers(100, 999), st.dictionaries(st.text(), st.text()), st.binary())
def test_any_bytes_are_an_error_of_the_right_shape(status: int, headers: dict[str, str], body: bytes) -> None:
    failure = read_error(status, headers, body)
    assert failure.status == (status if status >= 400 else failure.status)
    assert {"message", "type", "param", "code"} <= set(error_object(failure))
    assert failure.message


_NAMES = st.sampled_from(["error", "errors", "message", "detail", "code", "loc", "msg"])


@given(st.recursive(st.none() | st.text() | st.integers(), lambda s: st.lists(s) | st.dictionaries(_NAMES, s)))
def test_any_json_is_an_error_of_the_right_shape(value: Any) -> None:
    failure = read_error(500, {}, json.dumps(value).encode())
    assert isinstance(failure.message, str)
    assert failure.message
