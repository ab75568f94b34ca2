"""Google's errors, whatever came in their place, and how long to wait."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate.dialects.gemini import BACKEND
from proapi_translate.dialects.gemini.error import failure_from


def google(code: int, message: str, status: str, *details: dict[str, Any]) -> bytes:
    return json.dumps(
        {"error": {"code": code, "message": message, "status": status, "details": list(details)}}
    ).encode()


RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "message"),
    [
        (400, google(400, "Bad.", "INVALID_ARGUMENT"), "invalid_request_error", "INVALID_ARGUMENT", "Bad."),
        (
            400,
            google(400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT"),
            "authentication_error",
            "invalid_api_key",
            "API key not valid. Please pass a valid API key.",
        ),
        (401, google(401, "No.", "UNAUTHENTICATED"), "authentication_error", "UNAUTHENTICATED", "No."),
        (403, google(403, "No.", "PERMISSION_DENIED"), "permission_error", "PERMISSION_DENIED", "No."),
        (
            404,
            google(404, "models/x is not found for API version v1beta, or", "NOT_FOUND"),
            "not_found_error",
            "model_not_found",
            "models/x is not found for API version v1beta, or",
        ),
        (
            404,
            google(404, "Publisher Model `projects/p/x` was not found", "NOT_FOUND"),
            "not_found_error",
            "model_not_found",
            "Publisher Model `projects/p/x` was not found",
        ),
        (
            400,
            google(
                400, "The input token count (9) exceeds the maximum number of tokens allowed (8).", "INVALID_ARGUMENT"
            ),
            "invalid_request_error",
            "context_length_exceeded",
            "The input token count (9) exceeds the maximum number of tokens allowed (8).",
        ),
        (429, google(429, "Slow.", "RESOURCE_EXHAUSTED"), "rate_limit_error", "RESOURCE_EXHAUSTED", "Slow."),
        (500, google(500, "Oh.", "INTERNAL"), "server_error", "INTERNAL", "Oh."),
        (503, google(503, "Full.", "UNAVAILABLE"), "server_overloaded", "UNAVAILABLE", "Full."),
        (
            400,
            b"[" + google(400, "In a list.", "INVALID_ARGUMENT") + b"]",
            "invalid_request_error",
            "INVALID_ARGUMENT",
            "In a list.",
        ),
        (
            400,
            b'{"error": "invalid_grant", "error_description": "Expired."}',
            "invalid_request_error",
            None,
            "Expired.",
        ),
        (400, b'{"error": "invalid_grant"}', "invalid_request_error", None, "invalid_grant"),
        (502, b"<html><body>Bad Gateway</body></html>", "upstream_error", None, "the backend answered with status 502"),
        (503, b"no healthy upstream", "server_overloaded", None, "no healthy upstream"),
        (500, b"", "server_error", None, "the backend answered with status 500"),
        (500, b"\xff\xfe\x00", "server_error", None, "the backend answered with status 500"),
        (418, b"[]", "invalid_request_error", None, "the backend answered with status 418"),
        (500, b"7", "server_error", None, "the backend answered with status 500"),
        (
            500,
            b'{"error": {"message": 7, "details": "x"}}',
            "server_error",
            None,
            "the backend answered with status 500",
        ),
    ],
)
def test_errors(status: int, body: bytes, kind: str, code: str | None, message: str) -> None:
    failure = BACKEND.read_error(status, {}, body)
    assert (failure.status, failure.kind, failure.code, failure.message) == (status, kind, code, message)


@pytest.mark.parametrize(
    ("headers", "details", "wait_s"),
    [
        ({}, [RETRY], 34.5),
        ({}, [{"retryDelay": 3}, "x", RETRY], 34.5),
        ({}, [{**RETRY, "retryDelay": "soon"}], None),
        ({"Retry-After": "17"}, [RETRY], 17.0),
        ({"retry-after": "Wed, 25 Nov 2026 10:00:00 GMT"}, [], None),
        ({"retry-after": "Wed, 25 Nov 2026 10:00:00 GMT", "Date": "Wed, 25 Nov 2026 09:59:48 GMT"}, [], 12.0),
        ({"retry-after-ms": "1500"}, [RETRY], 1.5),
        ({}, [], None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], details: list[Any], wait_s: float | None) -> None:
    assert (
        BACKEND.read_error(429, headers, google(429, "Slow.", "RESOURCE_EXHAUSTED", *details)).retry_after_s == wait_s
    )


@pytest.mark.parametrize(
    ("error", "status"), [({"code": 429, "message": "m"}, 429), ({"code": 7}, 502), ({"code": "x"}, 502), ("m", 502)]
)
def test_an_error_inside_a_200_tells_its_own_status(error: Any, status: int) -> None:
    assert failure_from({"error": error}).status == status
