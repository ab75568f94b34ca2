"""Wire formats in and out: any client dialect to any backend, and the reply back, whole or chunk by chunk.

Pure: no socket, no file, no clock. The two halves are `translate_request` and `ReplyTranslator` (translate.py,
reply_translator.py).
"""

from __future__ import annotations

from .embeddings import holds_tokens
from .error_bodies import read_error
from .error_causes import Cause, cause_of
from .errors import BackendFailure, ClientFault, MediaNeeded, OwnFault, ProapiError
from .events import Usage
from .json_text import PeekedRequest, peek_request
from .losses import Loss
from .media import FetchedMedia
from .prompt import Signature, Thinking
from .providers.row import ProviderKeys
from .providers.table import provider_keys
from .rendered_error import RenderedError, render_error, render_error_event
from .reply_reading import EVENT_STREAM, READABLE, ReadPart, ReadReply, ReplyReader, event_splitter
from .reply_translator import ReplyHead, ReplyListener, ReplyTranslator
from .responses_input import responses_input_items
from .target import Target
from .translate import answer_locally, can_translate, passes_through, translate_request, upstream_part
from .translation import Context, Translation, UpstreamRequest

__all__ = [
    "EVENT_STREAM",
    "READABLE",
    "BackendFailure",
    "Cause",
    "ClientFault",
    "Context",
    "FetchedMedia",
    "Loss",
    "MediaNeeded",
    "OwnFault",
    "PeekedRequest",
    "ProapiError",
    "ProviderKeys",
    "ReadPart",
    "ReadReply",
    "RenderedError",
    "ReplyHead",
    "ReplyListener",
    "ReplyReader",
    "ReplyTranslator",
    "Signature",
    "Target",
    "Thinking",
    "Translation",
    "UpstreamRequest",
    "Usage",
    "answer_locally",
    "can_translate",
    "cause_of",
    "event_splitter",
    "holds_tokens",
    "passes_through",
    "peek_request",
    "provider_keys",
    "read_error",
    "render_error",
    "render_error_event",
    "responses_input_items",
    "translate_request",
    "upstream_part",
]
