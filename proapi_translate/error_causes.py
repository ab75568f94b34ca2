"""The causes of a backend's failure that decide what to try next: each vendor's own words for the same few things.

Statuses alone do not tell: a prompt that is too long is a 400 nearly everywhere and a 413 at some, an unknown key is
Google's 400, an unknown model a 404 or a 400.
"""

from __future__ import annotations

import re
from enum import Enum

from .errors import BackendFailure


class Cause(Enum):
    PROMPT_TOO_LONG = "the prompt does not fit the model's context"
    NO_SUCH_MODEL = "the backend does not know the model that it was asked for"
    KEY_REFUSED = "the backend refuses the key, or its account"
    OTHER = "anything else"


CONTEXT_LENGTH_EXCEEDED = "context_length_exceeded"  # OpenAI's code, which apps look for

# From the vendors' pages on errors and from replies that users have reported, read 2026-11-25.
_CAUSE_BY_CODE = {
    CONTEXT_LENGTH_EXCEEDED: Cause.PROMPT_TOO_LONG,  # OpenAI, Azure, Groq, Cerebras, DeepSeek
    "context_window_exceeded": Cause.PROMPT_TOO_LONG,
    "exceed_context_size_error": Cause.PROMPT_TOO_LONG,  # llama.cpp, by its type
    "tokens_limit_reached": Cause.PROMPT_TOO_LONG,  # GitHub Models, 413
    "1261": Cause.PROMPT_TOO_LONG,  # GLM
    "5021": Cause.PROMPT_TOO_LONG,  # Workers AI
    "model_not_found": Cause.NO_SUCH_MODEL,
    "DeploymentNotFound": Cause.NO_SUCH_MODEL,  # Azure
    "invalid_model": Cause.NO_SUCH_MODEL,  # Mistral
    "1211": Cause.NO_SUCH_MODEL,  # GLM
    "5007": Cause.NO_SUCH_MODEL,  # Workers AI
    "invalid_api_key": Cause.KEY_REFUSED,
    "authentication_error": Cause.KEY_REFUSED,
    "insufficient_quota": Cause.KEY_REFUSED,  # OpenAI's 429 for an account without money: waiting does not help
    "billing_error": Cause.KEY_REFUSED,  # Anthropic
}
_KEY_STATUSES = frozenset({401, 402, 403})
_SAYS_WHY = frozenset({400, 404, 413, 422})  # only there are a message's words trusted

_WORDS: tuple[tuple[Cause, re.Pattern[str]], ...] = (
    (
        Cause.PROMPT_TOO_LONG,
        re.compile(
            r"maximum (context|prompt) length"  # OpenAI, vLLM, OpenRouter, Mistral, xAI, Fireworks
            r"|(prompt|input) is too long"  # Anthropic, Bedrock, Fireworks
            r"|exceeds? (the |this model'?s? )?(available )?context (window|size|length|limit)"  # OpenAI, llama.cpp
            r"|context (window|length|limit) exceeds?|exceeded (this|the) model context window"  # MiniMax, Workers AI
            r"|exceeds the maximum number of tokens"  # Gemini
            r"|input token count .* only supports up to"  # Vertex AI
            r"|too many (input )?tokens"  # Cohere, Bedrock
            r"|reduce the length of the (messages|prompt)"  # Groq, Cerebras
            r"|inputs?` (tokens \+ `max_new_tokens` must be <=|must have less than)"  # Together, Hugging Face
            r"|exceeded model token limit"  # Moonshot
            r"|range of input length should be"  # Qwen
            r"|prompt exceeds max length"  # GLM
            r"|length of prompt_tokens .* must be less than"  # SiliconFlow
            r"|exceed max message tokens",  # Doubao
            re.IGNORECASE,
        ),
    ),
    (
        Cause.NO_SUCH_MODEL,
        re.compile(
            r"\bmodel\b.{0,200}(not found|not exist|does not exist|is not supported|not a valid model)"
            r"|not a valid model|invalid model|model identifier is invalid"  # OpenRouter, Mistral, Bedrock
            r"|not found for api version|no endpoints found"  # Gemini, OpenRouter
            r"|^model: ",  # Anthropic: "model: claude-0"
            re.IGNORECASE | re.DOTALL,
        ),
    ),
    (Cause.KEY_REFUSED, re.compile(r"api key (not valid|not found|expired)", re.IGNORECASE)),  # Gemini's 400
)


def cause_of(failure: BackendFailure) -> Cause:
    """What this failure is about.

    BackendFailure("prompt is too long: 210000 tokens > 200000 maximum", 400) → Cause.PROMPT_TOO_LONG
    BackendFailure("slow down", 429) → Cause.OTHER
    """
    for word in (failure.code, failure.kind):
        if cause := _CAUSE_BY_CODE.get(word or ""):
            return cause
    if failure.status in _KEY_STATUSES:
        return Cause.KEY_REFUSED
    if failure.status in _SAYS_WHY:
        for cause, words in _WORDS:
            if words.search(failure.message):
                return cause
    return Cause.OTHER


def name_cause(failure: BackendFailure) -> None:
    """Give a prompt that is too long OpenAI's code for it, unless the backend speaks OpenAI's form and has its own."""
    if cause_of(failure) is not Cause.PROMPT_TOO_LONG:
        return
    own = failure.dialect_body
    if own is not None and failure.code and not failure.code.isdigit():
        return
    failure.code = CONTEXT_LENGTH_EXCEEDED
    if own is not None:
        own["code"] = CONTEXT_LENGTH_EXCEEDED
