"""Google's generateContent and streamGenerateContent: the Gemini API and Vertex AI speak it alike.

Sources: types.py of google-genai 3.6 and https://ai.google.dev/api/generate-content, read 2026-11-25.
"""

from __future__ import annotations

from ...interface import BackendDialect
from .error import read_error
from .media_parts import takes_address
from .names import ORIGIN
from .request import write_request
from .response import read_body
from .splitter import StreamSplitter
from .stream import GeminiStreamReader

BACKEND = BackendDialect(
    write_request=write_request,
    read_body=read_body,
    stream_reader=GeminiStreamReader,
    read_error=read_error,
    splitter=StreamSplitter,
    takes_address=takes_address,
    signers=frozenset({ORIGIN}),
)
