"""OpenAI's older completions, /v1/completions, for apps that speak it to backends without such an API.

One rule: the prompt is what a user says to the chat model, and what it answers is the text. Source: the types of the
`openai` package (types/completion*.py), read 2026-11-25.
"""

from __future__ import annotations

from ...interface import ClientDialect
from ...openai_error import write_error, write_error_event
from .prompt_text import spell_out
from .request import read_request
from .response import write_body
from .stream import CompletionStreamWriter

CLIENT = ClientDialect(
    read_request=read_request,
    write_body=write_body,
    stream_writer=CompletionStreamWriter,
    write_error=write_error,
    write_error_event=write_error_event,
    spell_out=spell_out,
)
