"""Cloudflare's error replies in neutral terms, whatever their body is."""

from __future__ import annotations

import pytest

from proapi_translate.dialects.cloudflare.error import read_error


@pytest.mark.parametrize(
    ("status", "body", "read"),
    [
        (
            400,
            b'{"success": false, "errors": [{"code": 5007, "message": "No such model"}]}',
            (400, "5007", "No such model"),
        ),
        (
            401,
            b'{"errors": [{"code": 10000, "message": "Authentication error"}]}',
            (401, "10000", "Authentication error"),
        ),
        (404, b'{"errors": ["not here"]}', (404, None, "not here")),
        (429, b'{"error": {"code": "rate", "message": "slow"}}', (429, "rate", "slow")),
        (500, b'{"error": "boom"}', (500, None, "boom")),
        (502, b"<!DOCTYPE html><title>Bad gateway</title>", (502, None, "Workers AI answered with status 502.")),
        (503, b"busy", (503, None, "busy")),
        (500, b"[]", (500, None, "Workers AI answered with status 500.")),
        (500, b"", (500, None, "Workers AI answered with status 500.")),
        (500, b"7", (500, None, "Workers AI answered with status 500.")),
    ],
)
def test_status_code_and_message(status: int, body: bytes, read: tuple[int, str | None, str]) -> None:
    failure = read_error(status, {}, body)
    assert (failure.status, failure.code, failure.message) == read


@pytest.mark.parametrize(("told", "wait_s"), [("17", 17.0), ("soon", None)])
def test_retry_after(told: str, wait_s: float | None) -> None:
    assert read_error(429, {"retry-after": told}, b"{}").retry_after_s == wait_s
