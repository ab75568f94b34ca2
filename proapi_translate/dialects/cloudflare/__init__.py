"""Cloudflare's Workers AI by its native address, ai/run: the reply rides in Cloudflare's own envelope.

(Its OpenAI-compatible address, ai/v1, is OpenAI's chat at another place: providers/cloudflare.py.)
Sources: the types of the `cloudflare` package 5.9 (types/ai/), developers.cloudflare.com/workers-ai, read 2026-11-25.
"""

from __future__ import annotations

from ...interface import BackendDialect
from ...media import takes_no_address
from .error import read_error
from .request import write_request
from .response import read_body
from .splitter import RunSplitter
from .stream import RunReader

BACKEND = BackendDialect(
    write_request=write_request,
    read_body=read_body,
    stream_reader=RunReader,
    read_error=read_error,
    splitter=RunSplitter,
    takes_address=takes_no_address,  # the models' published schemas: data URLs alone
    signers=frozenset(),
)
