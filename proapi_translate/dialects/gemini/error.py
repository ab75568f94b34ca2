"""Google's errors in neutral terms.

{"error": {"code": 429, "message": "…", "status": "RESOURCE_EXHAUSTED", "details": [{"@type": "…RetryInfo",
"retryDelay": "34s"}]}}; the same inside an array (a stream without alt=sse); {"error": "invalid_grant",
"error_description": "…"} (tokens); HTML from whatever stands in front.
Source: https://cloud.google.com/apis/design/errors and https://ai.google.dev/gemini-api/docs/troubleshooting, read
2026-11-25.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ...error_bodies import kind_of, read_error_body, read_retry_after
from ...errors import BackendFailure

_WITHOUT_STATUS = 502
_OWN_KINDS: Mapping[int, str] = {499: "upstream_error"}
_AUTHENTICATION = "authentication_error"

# Google has one word for most faults (INVALID_ARGUMENT); its message tells what OpenAI has a code for.
_CODE_BY_MESSAGE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"exceeds the maximum number of tokens", re.I), "context_length_exceeded"),
    (re.compile(r"is not found for API version|Publisher Model .* (was )?not found", re.I), "model_not_found"),
    (re.compile(r"API key (not valid|not found|expired)", re.I), "invalid_api_key"),
)
_DELAY = re.compile(r"(\d+(?:\.\d+)?)s")


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> BackendFailure:
    """(400, {}, b'{"error": {"message": "API key not valid. …", "status": "INVALID_ARGUMENT"}}')
    → BackendFailure("API key not valid. …", 400, "authentication_error", "invalid_api_key"). Never raises."""
    failure = failure_from(read_error_body(body), status)
    told_s = read_retry_after(headers)
    if told_s is not None:
        failure.retry_after_s = told_s
    return failure


def failure_from(value: Any, status: int = 0) -> BackendFailure:
    """A parsed error: the body, or the text that came in its place. A `status` under 400 gives way to the body's."""
    error = _error_object(value)
    message = _word(error.get("message")) or _word(error.get("error_description")) or _word(error.get("error"))
    told = error.get("code")
    if status < 400:
        status = told if isinstance(told, int) and 400 <= told < 600 else _WITHOUT_STATUS
    own_code = next((code for pattern, code in _CODE_BY_MESSAGE if pattern.search(message)), "")
    kind = kind_of(status, _OWN_KINDS)
    return BackendFailure(
        message=message or f"the backend answered with status {status}",
        status=status,
        kind=_AUTHENTICATION if own_code == "invalid_api_key" else kind,  # Google says 400 for a bad key
        code=own_code or _word(error.get("status")) or None,
        retry_after_s=_retry_after(error.get("details")),
    )


def _error_object(value: Any) -> dict[str, Any]:
    if isinstance(value, list):
        return _error_object(value[0]) if value else {}
    if isinstance(value, str):
        return {"message": value}
    if not isinstance(value, dict):
        return {}
    inner = value.get("error")
    return inner if isinstance(inner, dict) else value


def _retry_after(details: Any) -> float | None:
    """RetryInfo's delay in seconds: [{"@type": "…RetryInfo", "retryDelay": "34.5s"}] → 34.5."""
    items: Iterable[Any] = details if isinstance(details, list) else ()
    delays = (_DELAY.fullmatch(_word(item.get("retryDelay"))) for item in items if isinstance(item, dict))
    return next((float(delay.group(1)) for delay in delays if delay), None)


def _word(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""

