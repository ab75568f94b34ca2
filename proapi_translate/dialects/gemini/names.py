"""Google's words and ours: finish reasons, dials, roles, limits.

Sources: types.py of google-genai 3.6 (FinishReason, BlockedReason, GenerationConfig, ServiceTier) and
https://ai.google.dev/api/generate-content, read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...events import FinishReason

ORIGIN = "google"  # of thought signatures
USER, MODEL = "user", "model"

# For histories that another model made: Gemini 3 takes this in place of a signature.
# https://ai.google.dev/gemini-api/docs/thought-signatures (FAQ), read 2026-11-25.
DUMMY_SIGNATURE = "skip_thought_signature_validator"

FINISH_REASONS: Mapping[str, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "CONTINUATION": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "LANGUAGE": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "ESCALATION": "content_filter",
    "PUP_LIMITED_DISABLED": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
    "OTHER": "content_filter",
}

# The turn failed: an error, unless a whole call came before it (then the caller can go on with that).
FAILED_TURNS = frozenset({
    "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MISSING_THOUGHT_SIGNATURE",
    "MALFORMED_RESPONSE", "NO_IMAGE", "IMAGE_OTHER",
})  # fmt: skip

# Neutral dial → GenerationConfig's field. The rest of the dials has no place.
DIALS: Mapping[str, str] = {
    "max_tokens": "maxOutputTokens",
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "stop": "stopSequences",
    "seed": "seed",
    "n": "candidateCount",
    "frequency_penalty": "frequencyPenalty",
    "presence_penalty": "presencePenalty",
    "logprobs": "responseLogprobs",
    "top_logprobs": "logprobs",
}
MAX_STOPS = 5
MAX_CANDIDATES = 8
SEED_MODULUS = 2**31  # seed is an int32

SERVICE_TIERS: Mapping[str, str] = {
    "auto": "", "default": "standard", "flex": "flex", "priority": "priority", "fast": "priority",
}  # fmt: skip

# OpenAI's effort → tokens, as Google's own OpenAI surface maps them
# (https://ai.google.dev/gemini-api/docs/openai, read 2026-11-25).
EFFORT_BUDGETS: Mapping[str, int] = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
