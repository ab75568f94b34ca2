"""The shapes of a reply: of each object only the fields that are read here; all others are passed over.

Source: types.py of google-genai 3.6 (GenerateContentResponse), read 2026-11-25. Any field may be missing or null.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct

from ...json_text import encode, read_reply

NULL = Raw(b"null")


class Wire(Struct, rename="camel", gc=False):
    """Without the garbage collector's book-keeping: what was read from JSON never holds itself."""


class PartialArg(Wire):
    """A piece of one argument: PartialArg("$.recipe.steps[0]", string_value="Stir", will_continue=True)."""

    json_path: str = ""
    string_value: str | None = None
    number_value: Any = None
    bool_value: bool | None = None
    null_value: Any = UNSET  # its value is null itself
    will_continue: bool | None = None


class FunctionCall(Wire):
    """`args` keeps its bytes: numbers stay as they were written."""

    id: str | None = None
    name: str | None = None
    args: Raw = NULL
    partial_args: list[PartialArg] | None = None
    will_continue: bool | None = None


class InlineData(Wire):
    mime_type: str | None = None
    data: str | None = None


class Part(Wire):
    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: FunctionCall | None = None
    inline_data: InlineData | None = None


class Content(Wire):
    parts: list[Part] | None = None


class Source(Wire):
    uri: str | None = None
    title: str | None = None


class GroundingChunk(Wire):
    web: Source | None = None
    maps: Source | None = None
    retrieved_context: dict[str, Any] | None = None


class Segment(Wire):
    """`start_index` and `end_index` count bytes of the part's UTF-8 text."""

    part_index: int | None = None
    start_index: int | None = None
    end_index: int | None = None
    text: str | None = None


class GroundingSupport(Wire):
    segment: Segment | None = None
    grounding_chunk_indices: list[int] | None = None


class GroundingMetadata(Wire):
    web_search_queries: list[str | None] | None = None
    grounding_chunks: list[GroundingChunk] | None = None
    grounding_supports: list[GroundingSupport] | None = None


class TokenProbability(Wire):
    token: str | None = None
    log_probability: float | None = None


class TopCandidates(Wire):
    candidates: list[TokenProbability] | None = None


class LogprobsResult(Wire):
    chosen_candidates: list[TokenProbability] | None = None
    top_candidates: list[TopCandidates] | None = None


class Candidate(Wire):
    index: int | None = None
    content: Content | None = None
    finish_reason: str | None = None
    finish_message: str | None = None
    grounding_metadata: GroundingMetadata | None = None
    logprobs_result: LogprobsResult | None = None


class ModalityCount(Wire):
    modality: str | None = None
    token_count: int | None = None


class UsageMetadata(Wire):
    prompt_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    cached_content_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    total_token_count: int | None = None
    prompt_tokens_details: list[ModalityCount] | None = None
    candidates_tokens_details: list[ModalityCount] | None = None


class PromptFeedback(Wire):
    block_reason: str | None = None
    block_reason_message: str | None = None


class Reply(Wire):
    """One event of a stream, or a whole body: both have this form."""

    candidates: list[Candidate] | None = None
    prompt_feedback: PromptFeedback | None = None
    usage_metadata: UsageMetadata | None = None
    model_version: str | None = None
    response_id: str | None = None
    error: Any = None


_decode = msgspec.json.Decoder(Reply).decode


def read_wire(data: bytes) -> Reply:
    """Raises ValueError for what is no JSON or not of this form."""
    try:
        return _decode(data)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Once more by the lenient reader: NaN, a byte-order mark, bytes that are no UTF-8.
        return _decode(encode(read_reply(data)))
    except RecursionError:
        raise ValueError("nested too deeply") from None
