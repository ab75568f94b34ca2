"""Cloudflare's errors in neutral terms: its envelope {"success": false, "errors": [{"code", "message"}]}, 200 or not.

Source: developers.cloudflare.com/workers-ai/platform/errors, read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...error_bodies import kind_of, read_error_body, read_retry_after
from ...errors import BackendFailure
from .names import STATUSES

_WITHOUT_A_STATUS = 502


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> BackendFailure:
    """(404, {}, b'{"errors": [{"code": 7003, "message": "No route"}]}') → BackendFailure("No route", 404,
    "not_found_error", "7003"). Never raises."""
    failure = failure_from(read_error_body(body), status)
    failure.retry_after_s = read_retry_after(headers)
    return failure


def failure_from(value: Any, status: int = 0) -> BackendFailure:
    """The failure that a parsed body tells of; where it came with a 200 (or in a stream), its code tells the status."""
    error = _first_error(value)
    code = error.get("code")
    if status < 400:
        status = STATUSES.get(_number(code), _WITHOUT_A_STATUS)
    told = error.get("message")
    message = told if isinstance(told, str) and told else f"Workers AI answered with status {status}."
    return BackendFailure(message, status, kind_of(status), code=str(code) if isinstance(code, int | str) else None)


def _first_error(value: Any) -> dict[str, Any]:
    """{"errors": [{…}]}, {"errors": ["text"]}, {"error": {…}}, {"error": "text"}, or the object itself."""
    if isinstance(value, str):
        return {"message": value}
    if isinstance(value, list):
        return _first_error(value[0]) if value else {}
    if not isinstance(value, dict):
        return {}
    inner = value.get("errors") or value.get("error")
    return _first_error(inner) if inner else value


def _number(code: Any) -> int:
    return int(code) if str(code).isascii() and str(code).isdigit() else 0


