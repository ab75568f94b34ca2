"""A fault as the client gets it: the whole answer, or an event within a stream that has begun."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from .dialects import client_dialect
from .errors import ClientFault, ProapiError
from .json_text import encode
from .openai_error import write_error
from .translation import JSON_TYPE


@dataclass(frozen=True, slots=True)
class RenderedError:
    """An error as the client gets it."""

    status: int
    headers: dict[str, str]
    body: bytes


def render_error(fault: ProapiError, request_id: str = "") -> RenderedError:
    """A fault that has no backend's reply, as the client's whole answer (all of OpenAI's APIs share one shape)."""
    headers = {"content-type": JSON_TYPE}
    if isinstance(fault, ClientFault):
        headers |= fault.headers
    retry_after_s = getattr(fault, "retry_after_s", None)
    if retry_after_s is not None:
        headers["retry-after"] = str(ceil(retry_after_s))
    if request_id:
        headers["x-request-id"] = request_id
    return RenderedError(getattr(fault, "status", 500), headers, encode(write_error(fault)))


def render_error_event(dialect: str, fault: ProapiError) -> bytes:
    """A fault inside a stream that has begun, in the client's form."""
    return client_dialect(dialect).write_error_event(fault)
