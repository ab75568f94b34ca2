"""Error bodies of backends, read in all the shapes that are met, OpenAI's and others.

OpenAI's own: {"error": {"message", "type", "param", "code"}}. Met beside it: {"error": "text"} (Venice), {"message": …}
with the fields at the top (Mistral), {"detail": "text"} and {"detail": [{"loc", "msg"}]} (Mistral, vLLM: FastAPI),
[{"error": …}] (Gemini's OpenAI address), {"errors": [{"message"}]} (Cloudflare), a number for `code` (OpenRouter,
Perplexity), HTML from a relay in front, and nothing at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from .errors import BackendFailure
from .json_text import read_reply

NOTHING: Mapping[int, str] = {}
# https://platform.openai.com/docs/guides/error-codes, read 2026-11-25.
_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    500: "server_error",
    503: "server_overloaded",
    504: "timeout_error",
    529: "server_overloaded",
}
# Statuses for an error that came inside a 200, by its `code` or `type`, where neither is a status itself.
_STATUS_BY_WORD = {
    "invalid_request_error": 400,
    "invalid_request": 400,
    "context_length_exceeded": 400,
    "tool_use_failed": 400,
    "content_filter": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "server_error": 500,
    "overloaded_error": 503,
    "timeout_error": 504,
}
_WITHOUT_A_STATUS = 502
_TEXT_LIMIT = 1000  # characters of a plain-text body that are worth showing
_MESSAGE_FIELDS = ("message", "msg", "error_msg", "errorMessage", "detail", "description", "title", "error")
_OWN_FIELDS = ("message", "type", "param", "code")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def kind_of(status: int, own: Mapping[int, str] = NOTHING) -> str:
    """OpenAI's type for a status: 429 → "rate_limit_error". `own`: what a backend means by statuses of its own."""
    known = own.get(status) or _KINDS.get(status)
    return known or ("upstream_error" if status >= 500 else "invalid_request_error")


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> BackendFailure:
    """A backend's error reply in neutral terms. Never raises.

    (429, {"retry-after": "17"}, b'{"error": {"message": "slow"}}') → BackendFailure("slow", 429, "rate_limit_error",
    retry_after_s=17.0). The status stays the backend's; under 400 (an error inside a 200) it is told from the body.
    """
    failure = failure_from(read_error_body(body), status)
    failure.retry_after_s = read_retry_after(headers)
    return failure


def failure_from(value: Any, status: int = 0) -> BackendFailure:
    """The failure that a parsed error body, or a chunk with an `error` in it, tells of.

    ({"error": {"code": 502, "message": "busy"}}, 0) → BackendFailure("busy", status=502, code="502"). `dialect_body` is
    the error object in OpenAI's shape: its four fields first, then whatever else the backend told.
    """
    error = _error_object(value)
    code = _word(error.get("code"))
    kind = _word(error.get("type"))
    if status < 400:
        status = _status_inside(error, code, kind)
    message = _message(error) or _by_status(status)
    kind = kind or kind_of(status)
    param = _word(error.get("param"))
    own: dict[str, object] = {"message": message, "type": kind, "param": param, "code": code}
    own.update((name, told) for name, told in error.items() if name not in _OWN_FIELDS)
    return BackendFailure(message, status, kind, code, param, dialect_body=own)


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, by the headers: {"Retry-After": "17"} → 17.0; None where none is told.

    A date is counted from the reply's own `date` header: this room has no clock.
    """
    headers = {name.lower(): text for name, text in headers.items()}
    if (wait_ms := _number(headers.get("retry-after-ms"))) is not None:
        return wait_ms / 1000
    told = headers.get("retry-after")
    if told:
        wait_s = _number(told)
        return wait_s if wait_s is not None else _seconds_until(told, headers.get("date"))
    waits = [_duration(headers[name]) for name in headers if name.startswith("x-ratelimit-reset")]
    if headers.get("x-ratelimit-remaining") == "0" or headers.get("x-ratelimit-remaining-requests") == "0":
        return max((wait for wait in waits if wait is not None), default=None)
    return None


def _error_object(value: Any) -> dict[str, Any]:
    """The object that holds the message, however it was wrapped."""
    if isinstance(value, list):
        return _error_object(value[0]) if value else {}
    if isinstance(value, str):
        return {"message": value}
    if not isinstance(value, dict):
        return {}
    inner = value.get("error")
    if isinstance(inner, dict):
        return inner
    if isinstance(inner, str) and inner:
        # {"error": "Not Found", "message": "no such model"}: the longer word is in `message`.
        return value if isinstance(value.get("message"), str) else {**value, "error": None, "message": inner}
    errors = value.get("errors")
    if isinstance(errors, list) and errors and not value.get("message"):
        return _error_object(errors[0])
    return value


def _message(error: Mapping[str, Any]) -> str:
    for name in _MESSAGE_FIELDS:
        told = error.get(name)
        if isinstance(told, str) and told.strip():
            return told
        if isinstance(told, dict) and (inner := _message(told)):
            return inner
        if isinstance(told, list) and (inner := "; ".join(filter(None, map(_list_item, told)))):
            return inner
    return ""


def _list_item(item: Any) -> str:
    """One fault of FastAPI's list: {"loc": ["body", "n"], "msg": "too big"} → "body.n: too big"."""
    if not isinstance(item, dict):
        return str(item)
    where = ".".join(map(str, item["loc"])) if isinstance(item.get("loc"), list) else ""
    return ": ".join(filter(None, (where, _message(item))))


def _word(value: Any) -> str | None:
    """A code as OpenAI's clients expect it: a string or null. 429 → "429"."""
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _status_inside(error: Mapping[str, Any], code: str | None, kind: str | None) -> int:
    for told in (error.get("status_code"), error.get("raw_status_code"), error.get("status"), code):
        number = _number(str(told)) if isinstance(told, int | str) else None
        if number is not None and 400 <= number < 600:
            return int(number)
    return _STATUS_BY_WORD.get(code or "") or _STATUS_BY_WORD.get(kind or "") or _WITHOUT_A_STATUS


def _by_status(status: int) -> str:
    phrase = HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else ""
    return f"the backend answered with status {status}" + (f" ({phrase})" if phrase else "")


def read_error_body(body: bytes) -> Any:
    """An error's body as a tree; where it is no JSON (a gateway's HTML page), its text. Never raises."""
    try:
        return read_reply(body)
    except ValueError:
        return plain_text(body)


def plain_text(body: bytes) -> str:
    """A body that is no JSON: its text, or "" for a page that a relay made (its mark-up is of no use to an app)."""
    text = body[: 4 * _TEXT_LIMIT].decode("utf-8", "replace").strip()
    is_text = "".join(text.split()).isprintable()
    return text[:_TEXT_LIMIT] if is_text and not text.startswith("<") else ""


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < 10**9 else None


def _seconds_until(date: str, now: str | None) -> float | None:
    try:
        wait = parsedate_to_datetime(date) - parsedate_to_datetime(now or "")
    except (ValueError, TypeError):  # TypeError: one of the two has no zone
        return None
    return max(0.0, wait.total_seconds())


def _duration(text: str) -> float | None:
    """OpenAI's and Groq's spelling of a wait: "6m0.5s" → 360.5. A bare number is a time of day, not a wait."""
    parts = _DURATION.findall(text)
    return sum(float(number) * _SECONDS[unit] for number, unit in parts) if parts else None
