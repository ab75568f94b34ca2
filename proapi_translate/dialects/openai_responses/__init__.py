"""OpenAI's Responses API, /v1/responses: what today's official SDKs and coding agents speak to us.

Source: the types of the `openai` package (types/responses), read 2026-11-25.
"""

from __future__ import annotations

from typing import Any

from ...interface import ClientDialect, StreamWriter
from ...openai_error import write_error
from .client_request import read_request
from .client_stream import ResponseStreamWriter, write_body, write_error_event


def _final_object(writer: StreamWriter) -> dict[str, Any] | None:
    assert isinstance(writer, ResponseStreamWriter)
    return writer.response_object


CLIENT = ClientDialect(
    read_request=read_request,
    write_body=write_body,
    stream_writer=ResponseStreamWriter,
    write_error=write_error,
    write_error_event=write_error_event,
    final_object=_final_object,
)
