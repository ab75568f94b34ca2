"""Amazon Bedrock's Converse and ConverseStream: one wire format for every model behind Bedrock.

Claude's own format on InvokeModel is not spoken here: Converse carries all that it can say for chat clients. Bedrock's
OpenAI-compatible address (bedrock-mantle) is no dialect either: it is an OpenAI-compatible provider with a `base_url`.
"""

from __future__ import annotations

from ...eventstream import EventStreamSplitter
from ...interface import BackendDialect
from ...media import takes_no_address
from .error import read_error
from .models import SIGNERS
from .request import write_request
from .response import read_body
from .stream import StreamReader

BACKEND = BackendDialect(
    write_request=write_request,
    read_body=read_body,
    stream_reader=StreamReader,
    read_error=read_error,
    splitter=EventStreamSplitter,
    takes_address=takes_no_address,
    signers=SIGNERS,
)
