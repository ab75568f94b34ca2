"""OpenAI's chat completions, /v1/chat/completions: what most apps speak to us, and most backends speak to apps.

client_*.py read an app's request and write its reply; backend_*.py write a backend's request and read its reply. Where
both sides speak it nothing is translated: see passthrough/.
Source: the types of the `openai` package (types/chat), read 2026-11-25.
"""

from __future__ import annotations

from functools import partial

from ...error_bodies import read_error
from ...interface import BackendDialect, ClientDialect
from ...openai_error import write_error, write_error_event
from ...sse import SseReader
from .backend_body import read_body
from .backend_messages import takes_address
from .backend_request import write_request
from .backend_stream import ChatStreamReader
from .client_body import write_body
from .client_request import read_request
from .client_stream import ChatStreamWriter

CLIENT = ClientDialect(
    read_request=read_request,
    write_body=write_body,
    stream_writer=ChatStreamWriter,
    write_error=write_error,
    write_error_event=write_error_event,
)
BACKEND = BackendDialect(
    write_request=write_request,
    read_body=read_body,
    stream_reader=ChatStreamReader,
    read_error=read_error,
    splitter=partial(SseReader, comments=True),
    shows_end_mark=True,
    takes_address=takes_address,
)
