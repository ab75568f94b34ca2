"""OpenAI's chat completions, /v1/chat/completions: what most apps speak to us.

Source: the types of the `openai` package (types/chat), read 2026-11-25.
"""

from __future__ import annotations

from ...interface import ClientDialect
from ...openai_error import write_error
from .client_request import read_request
from .client_body import write_body
from .client_stream import ChatStreamWriter, write_error_event

CLIENT = ClientDialect(
    read_request=read_request,
    write_body=write_body,
    stream_writer=ChatStreamWriter,
    write_error=write_error,
    write_error_event=write_error_event,
)
