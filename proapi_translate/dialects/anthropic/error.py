"""Anthropic's errors in neutral terms: {"type": "error", "error": {"type", "message"}, "request_id"}.

Source: https://platform.claude.com/docs/en/api/errors, read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ...error_bodies import read_error as read_any_error
from ...errors import BackendFailure

# The status that goes with a type, for an error that comes inside a stream, where no status is.
STATUS_BY_TYPE = MappingProxyType(
    {
        "invalid_request_error": 400,
        "authentication_error": 401,
        "billing_error": 402,
        "permission_error": 403,
        "not_found_error": 404,
        "request_too_large": 413,
        "rate_limit_error": 429,
        "api_error": 500,
        "timeout_error": 504,
        "overloaded_error": 529,
    }
)


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> BackendFailure:
    """Status and message stay the backend's own; a body that is no JSON (a gateway's HTML page) gives neither away."""
    failure = read_any_error(status, headers, body)
    failure.code = failure.code or failure.kind
    failure.dialect_body = None  # not OpenAI's shape: nothing of it is passed on as it stands
    return failure
