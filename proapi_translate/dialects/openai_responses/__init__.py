"""OpenAI's Responses API, /v1/responses: what today's official SDKs and coding agents speak to us.

client_*.py are an app's side, backend_*.py that of a backend which is spoken to in it.
Source: the types of the `openai` package (types/responses), read 2026-11-25.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ...error_bodies import read_error
from ...interface import BackendDialect, ClientDialect, StreamWriter
from ...openai_error import write_error
from ...sse import SseReader
from .backend_body import read_body
from .backend_request import write_request
from .backend_stream import ResponseStreamReader
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
BACKEND = BackendDialect(
    write_request=write_request,
    read_body=read_body,
    stream_reader=ResponseStreamReader,
    read_error=read_error,
    splitter=partial(SseReader, comments=True),
)
