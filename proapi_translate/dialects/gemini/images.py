"""Images by generateContent: the Gemini models that draw, one image a request.

Sources: models.py and types.py of google-genai 3.6 (ImageConfig), https://ai.google.dev/gemini-api/docs/image-generation
(shapes, sizes), read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...errors import BackendFailure
from ...events import Usage
from ...images import ImageReply, ImageRequest, Picture, nearest_ratio, size_class
from ...interface import ReplyContext, RequestContext
from ...json_text import read_reply
from ...parts import NativeBody, PartedBackend
from .error import read_error
from .names import FINISH_REASONS

_RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
_CLASSES = ("1K", "2K", "4K")
_DEFAULT_CLASS = "1K"
_ONE_CLASS = ("gemini-2.",)  # models that draw in 1K only, and refuse the field
_MIME_TYPES = {"png": "image/png", "jpeg": "image/jpeg"}
BLOCKED = ("image_generation_user_error", "moderation_blocked")  # OpenAI's own type and code
_TEXT_LIMIT = 500  # characters of what the model said instead of drawing

Options = Callable[[ImageRequest, RequestContext], NativeBody]


def _write_parts(write_options: Options, request: ImageRequest, context: RequestContext) -> list[NativeBody]:
    """[{"contents": […], "generationConfig": {"responseModalities": ["IMAGE"], "imageConfig": {…}}}], n times."""
    config: NativeBody = {"responseModalities": ["IMAGE"]}
    if image_config := _write_size(request, context) | write_options(request, context):
        config["imageConfig"] = image_config
    body = {"contents": [{"role": "user", "parts": [{"text": request.prompt}]}], "generationConfig": config}
    return [body] * request.n


def _write_size(request: ImageRequest, context: RequestContext) -> NativeBody:
    size = request.size
    if size is None:
        return {}
    ratio = nearest_ratio(size, _RATIOS)
    name = _DEFAULT_CLASS if context.model.startswith(_ONE_CLASS) else size_class(size, _CLASSES)
    side = 1024 * int(name.removesuffix("K"))
    if (size.width, size.height) != (side, side):
        context.losses.approximate("size", f"the backend draws in shapes and classes of size: {ratio} and {name}")
    return {"aspectRatio": ratio} | ({"imageSize": name} if name != _DEFAULT_CLASS else {})


def _options_of_gemini(request: ImageRequest, context: RequestContext) -> NativeBody:
    """The Gemini API chooses the file's format by itself: PNG."""
    if request.output_format not in ("", "png"):
        context.losses.drop("output_format", "the Gemini API gives PNG")
    if request.compression is not None:
        context.losses.drop("output_compression", "the Gemini API gives PNG")
    return {}


def _options_of_vertex(request: ImageRequest, context: RequestContext) -> NativeBody:
    options = write_output_options(request, context)
    return {"imageOutputOptions": options} if options else {}


def write_output_options(request: ImageRequest, context: RequestContext) -> NativeBody:
    """{"mimeType": "image/jpeg", "compressionQuality": 80}, of which only what was asked for."""
    options: NativeBody = {}
    if request.output_format in _MIME_TYPES:
        options["mimeType"] = _MIME_TYPES[request.output_format]
    elif request.output_format:
        context.losses.drop("output_format", f"the backend makes {' and '.join(_MIME_TYPES)} only")
    if request.compression is not None and request.output_format == "jpeg":
        options["compressionQuality"] = request.compression
    elif request.compression is not None:
        context.losses.drop("output_compression", "only JPEG has it here")
    return options


def read_part(body: bytes, headers: Mapping[str, str], context: ReplyContext) -> ImageReply:
    """{"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": "iVBO…"}}]}}]}.

    Raises BackendFailure where it did not draw: 400 for a prompt or an image that its filters do not let through.
    """
    reply: dict[str, Any] = read_reply(body)
    candidate: dict[str, Any] = next(iter(reply.get("candidates") or ()), {})
    parts = (candidate.get("content") or {}).get("parts") or []
    drawn = [part["inlineData"] for part in parts if part.get("inlineData") and not part.get("thought")]
    if not drawn:
        raise _nothing_drawn(reply, candidate, parts)
    picture = Picture(drawn[0]["data"], drawn[0].get("mimeType") or "image/png")
    return ImageReply((picture,), _read_usage(reply.get("usageMetadata")), str(reply.get("modelVersion") or ""))


def _nothing_drawn(reply: Mapping[str, Any], candidate: Mapping[str, Any], parts: list[Any]) -> BackendFailure:
    feedback = reply.get("promptFeedback") or {}
    reason = feedback.get("blockReason") or candidate.get("finishReason") or ""
    said = feedback.get("blockReasonMessage") or candidate.get("finishMessage") or ""
    said = said or "".join(str(part.get("text") or "") for part in parts if not part.get("thought"))
    message = ": ".join(filter(None, ("The backend made no image", str(reason), str(said)[:_TEXT_LIMIT])))
    if feedback.get("blockReason") or FINISH_REASONS.get(reason) == "content_filter":
        return BackendFailure(message, 400, *BLOCKED)
    return BackendFailure(message, code="no_image")


def _read_usage(counts: Mapping[str, Any] | None) -> Usage | None:
    if not counts:
        return None
    drawn = (counts.get("candidatesTokenCount") or 0) + (counts.get("thoughtsTokenCount") or 0)
    return Usage(prompt_tokens=counts.get("promptTokenCount") or 0, completion_tokens=drawn)


GEMINI = PartedBackend(
    write_parts=lambda request, context: _write_parts(_options_of_gemini, request, context),
    read_part=read_part,
    read_error=read_error,
)
VERTEX = PartedBackend(
    write_parts=lambda request, context: _write_parts(_options_of_vertex, request, context),
    read_part=read_part,
    read_error=read_error,
)
