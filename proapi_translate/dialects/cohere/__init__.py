"""Cohere's v2 chat.

Sources: the types of the `cohere` package 7.3 (v2/raw_client.py, types/), docs.cohere.com/v2/reference/chat and
/v2/reference/chat-stream, read 2026-11-25.
"""

from __future__ import annotations

from functools import partial

from ...interface import BackendDialect
from ...sse import SseReader
from .error import read_error
from .messages import takes_address
from .request import write_request
from .response import read_body
from .stream import ChatStreamReader

BACKEND = BackendDialect(
    write_request=write_request,
    read_body=read_body,
    stream_reader=ChatStreamReader,
    read_error=read_error,
    splitter=partial(SseReader, comments=True),
    takes_address=takes_address,
    signers=frozenset(),
)
