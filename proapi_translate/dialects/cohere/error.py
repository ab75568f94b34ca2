"""Cohere's errors in neutral terms: {"id": "…", "message": "model 'x' not found …"}, with the HTTP status.

Source: docs.cohere.com/v2/reference/errors, read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...error_bodies import kind_of, read_error_body, read_retry_after
from ...errors import BackendFailure

_OWN_KINDS = {402: "insufficient_quota"}
# Cohere's own statuses → those that OpenAI's clients know: an invalid token, and a client that has hung up.
_STATUSES = {498: 401, 499: 502}


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> BackendFailure:
    """(404, {}, b'{"message": "model \\'x\\' not found"}') → BackendFailure("model 'x' not found", 404,
    "not_found_error"). Never raises."""
    status = _STATUSES.get(status, status)
    kind = kind_of(status, _OWN_KINDS)
    message = _message(body) or f"Cohere answered with status {status}."
    return BackendFailure(message, status, kind, retry_after_s=read_retry_after(headers))


def _message(body: bytes) -> str:
    value = read_error_body(body)
    if isinstance(value, str):
        return value
    fields: dict[str, Any] = value if isinstance(value, dict) else {}
    told = fields.get("message") or fields.get("error") or fields.get("detail")
    inner = told.get("message") if isinstance(told, dict) else told
    return inner if isinstance(inner, str) else ""


