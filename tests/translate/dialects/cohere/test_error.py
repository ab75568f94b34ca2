"""Error replies in neutral terms, whatever their body is."""

from __future__ import annotations

import pytest

from proapi_translate.dialects.cohere.error import read_error


@pytest.mark.parametrize(
    ("status", "body", "read"),
    [
        (404, b'{"id": "x", "message": "model \'m\' not found"}', (404, "not_found_error", "model 'm' not found")),
        (
            401,
            b'{"message": "Incorrect API key provided"}',
            (401, "authentication_error", "Incorrect API key provided"),
        ),
        (429, b'{"message": "slow"}', (429, "rate_limit_error", "slow")),
        (498, b'{"message": "invalid token"}', (401, "authentication_error", "invalid token")),
        (499, b"", (502, "upstream_error", "Cohere answered with status 502.")),
        (400, b'{"error": {"message": "inner"}}', (400, "invalid_request_error", "inner")),
        (418, b'{"detail": "teapot"}', (418, "invalid_request_error", "teapot")),
        (502, b"<html>bad gateway</html>", (502, "upstream_error", "Cohere answered with status 502.")),
        (503, b"try later", (503, "server_overloaded", "try later")),
        (500, b"[1, 2]", (500, "server_error", "Cohere answered with status 500.")),
        (500, b"\xff\xfe", (500, "server_error", "\ufffd\ufffd")),
    ],
)
def test_status_kind_and_message(status: int, body: bytes, read: tuple[int, str, str]) -> None:
    failure = read_error(status, {}, body)
    assert (failure.status, failure.kind, failure.message) == read


@pytest.mark.parametrize(("told", "wait_s"), [("17", 17.0), ("soon", None), ("", None)])
def test_retry_after(told: str, wait_s: float | None) -> None:
    assert read_error(429, {"Retry-After": told}, b"{}").retry_after_s == wait_s
