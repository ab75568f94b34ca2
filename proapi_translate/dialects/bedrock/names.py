"""Converse's own words beside the neutral ones.

Sources: the service model that botocore 1.44.8 carries (bedrock-runtime 2023-09-30), and
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html, read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...events import FinishReason

# StopReason → OpenAI's.
FINISH_REASONS: Mapping[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "refusal": "content_filter",  # Claude's own word, which the service model does not list
}
# These end an answer that cannot be used: a failure, not a finish.
FAILED_STOPS = frozenset({"malformed_model_output", "malformed_tool_use"})

# Exception → (the service model's status, OpenAI's error type). The same names, first letter small, end a stream.
EXCEPTIONS: Mapping[str, tuple[int, str]] = {
    "accessDeniedException": (403, "permission_error"),
    "expiredTokenException": (403, "authentication_error"),
    "incompleteSignatureException": (403, "authentication_error"),
    "internalServerException": (500, "server_error"),
    "invalidSignatureException": (403, "authentication_error"),
    "missingAuthenticationTokenException": (403, "authentication_error"),
    "modelErrorException": (424, "upstream_error"),
    "modelNotReadyException": (429, "rate_limit_error"),
    "modelStreamErrorException": (424, "upstream_error"),
    "modelTimeoutException": (408, "timeout_error"),
    "resourceNotFoundException": (404, "not_found_error"),
    "serviceQuotaExceededException": (400, "rate_limit_error"),
    "serviceUnavailableException": (503, "server_overloaded"),
    "throttlingException": (429, "rate_limit_error"),
    "unrecognizedClientException": (403, "authentication_error"),
    "validationException": (400, "invalid_request_error"),
}
# Words of a ValidationException that mean OpenAI's context_length_exceeded: what a fallback for long prompts looks for.
TOO_LONG = ("input is too long", "prompt is too long", "exceed context limit", "maximum context length")

# Media type → Converse's `format`.
IMAGE_FORMATS: Mapping[str, str] = {
    "image/png": "png", "image/jpeg": "jpeg", "image/gif": "gif", "image/webp": "webp",
}  # fmt: skip
DOCUMENT_FORMATS: Mapping[str, str] = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/html": "html",
    "text/plain": "txt",
    "text/markdown": "md",
    "text/x-markdown": "md",
    "application/json": "txt",
}
DOCUMENT_SUFFIXES = frozenset({"pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"})
VIDEO_FORMATS: Mapping[str, str] = {
    "video/mp4": "mp4", "video/quicktime": "mov", "video/x-matroska": "mkv", "video/webm": "webm",
    "video/x-flv": "flv", "video/mpeg": "mpeg", "video/x-ms-wmv": "wmv", "video/3gpp": "three_gp",
}  # fmt: skip
AUDIO_FORMATS: Mapping[str, str] = {
    "audio/mpeg": "mp3", "audio/wav": "wav", "audio/flac": "flac", "audio/ogg": "ogg", "audio/mp4": "m4a",
    "audio/aac": "aac",
}  # fmt: skip

# OpenAI's service_tier → Converse's serviceTier; "auto" is the absence of it.
SERVICE_TIERS: Mapping[str, str] = {
    "default": "default", "flex": "flex", "priority": "priority", "fast": "priority", "reserved": "reserved",
}  # fmt: skip

# Converse's own top-level fields and their types: a client that knows them may send them by name, and they go as they
# are; "additionalModelRequestFields" joins what we write there.
MODEL_FIELDS = "additionalModelRequestFields"
OWN_FIELDS: Mapping[str, type] = {
    "guardrailConfig": dict,
    "performanceConfig": dict,
    "additionalModelResponseFieldPaths": list,
    "requestMetadata": dict,
    "promptVariables": dict,
    "projectIdentifier": str,
    MODEL_FIELDS: dict,
}
