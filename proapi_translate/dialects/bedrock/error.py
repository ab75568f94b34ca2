"""Bedrock's errors: an HTTP error's body and headers, and the exception frames of a stream.

A body is {"message": "…"} ("Message" from the gateway in front), the exception's name rides in `x-amzn-errortype`
("ValidationException:http://internal…") or in `__type` ("com.amazon…#ThrottlingException").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...error_bodies import kind_of, read_error_body, read_retry_after
from ...errors import BackendFailure
from ...eventstream import ERROR, EXCEPTION, FAULT
from ...json_text import read_reply
from .names import EXCEPTIONS, TOO_LONG


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> BackendFailure:
    """An error reply in neutral terms; never raises.

    (429, {"x-amzn-errortype": "ThrottlingException"}, b'{"message": "slow"}') → BackendFailure("slow", 429,
    "rate_limit_error", "ThrottlingException").
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    value = read_error_body(body)
    told = {"message": value} if isinstance(value, str) else value
    failure = failure_from(told, status, lowered.get("x-amzn-errortype", ""))
    failure.retry_after_s = read_retry_after(headers)
    return failure


def failure_from(value: Any, status: int, exception: str) -> BackendFailure:
    """The failure that an error body tells of. `status` counts where the body came with one (400 and up)."""
    fields = value if isinstance(value, dict) else {}
    exception = _bare_name(exception or fields.get("__type") or "")
    message = _text(fields, "message") or _text(fields, "Message") or _text(fields, "originalMessage")
    return _make_failure(message, status, exception)


def failure_of_frame(name: str, data: bytes) -> BackendFailure:
    """The failure of a frame that is no event: ("exception:throttlingException", b'{"message": "slow"}') → 429."""
    try:
        value = read_reply(data)
    except ValueError:
        value = {}
    fields = value if isinstance(value, dict) else {}
    message = _text(fields, "message") or _text(fields, "originalMessage")
    if name == FAULT:
        return BackendFailure(f"the backend's stream is damaged: {message}", 502, code="bad_upstream_reply")
    exception = _bare_name(name.removeprefix(EXCEPTION).removeprefix(ERROR))
    status, _ = EXCEPTIONS.get(_small(exception), (0, ""))
    original = fields.get("originalStatusCode")
    if isinstance(original, int) and 400 <= original < 600:
        status = original  # what the model itself answered says more than Bedrock's 424
    return _make_failure(message, status or 502, exception)


def _make_failure(message: str, status: int, exception: str) -> BackendFailure:
    _, kind = EXCEPTIONS.get(_small(exception), (0, ""))
    code: str | None = exception or None
    if any(words in message.lower() for words in TOO_LONG):
        code = "context_length_exceeded"
    if not kind:
        kind = kind_of(status)
    return BackendFailure(message or _unsaid(status, exception), status, kind, code)


def _unsaid(status: int, exception: str) -> str:
    return f"Bedrock answered with {exception or f'status {status}'} and no message"


def _bare_name(exception: Any) -> str:
    """"com.amazon.coral#ValidationException:http://…" → "ValidationException"."""
    return exception.rpartition("#")[2].partition(":")[0].strip() if isinstance(exception, str) else ""


def _small(exception: str) -> str:
    return exception[:1].lower() + exception[1:]


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value.strip() if isinstance(value, str) else ""
