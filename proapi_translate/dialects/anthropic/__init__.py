"""Anthropic's Messages API: Claude, at Anthropic and on Vertex.

Sources: the types of the `anthropic` package (types/message_create_params.py, types/raw_*_event.py) and
https://platform.claude.com/docs/en/api/messages, read 2026-11-25.
"""

from __future__ import annotations

from functools import partial

from ...interface import BackendDialect
from ...sse import SseReader
from .error import read_error
from .names import ORIGIN
from .request import write_request
from .response import read_body
from .stream import MessageStreamReader

BACKEND = BackendDialect(
    write_request=write_request,
    read_body=read_body,
    stream_reader=MessageStreamReader,
    read_error=read_error,
    splitter=partial(SseReader, comments=True),
    signers=frozenset({ORIGIN}),
)
