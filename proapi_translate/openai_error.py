"""The error object of every OpenAI API: {"error": {"message", "type", "param", "code"}}, all four keys, always.

Source: https://platform.openai.com/docs/guides/error-codes, read 2026-11-25.
"""

from __future__ import annotations

from typing import Any

from .errors import BackendFailure, ClientFault, ProapiError
from .json_text import encode
from .sse import write_event

DONE = b"data: [DONE]\n\n"  # the end of a stream of chunks, also of one that failed

_OWN_FAULT_MESSAGE = "The gateway failed to handle this request."


def error_object(fault: ProapiError) -> dict[str, Any]:
    """The inner object. A backend that already spoke OpenAI's shape keeps its own words and further keys."""
    if isinstance(fault, ClientFault):
        return {"message": fault.message, "type": fault.type, "param": fault.param, "code": fault.code}
    if isinstance(fault, BackendFailure):
        ours = {"message": fault.message, "type": fault.kind, "param": fault.param, "code": fault.code}
        return ours | {name: value for name, value in (fault.dialect_body or {}).items() if value is not None}
    return {"message": _OWN_FAULT_MESSAGE, "type": "server_error", "param": None, "code": None}


def write_error(fault: ProapiError) -> dict[str, Any]:
    return {"error": error_object(fault)}


def write_error_event(fault: ProapiError) -> bytes:
    """An error inside a stream of chunks, as OpenAI's SDKs read it: data: {"error": {…}}."""
    return write_event(encode(write_error(fault)))
