"""Images by :predict: the Imagen models, four images a request.

Sources: models.py of google-genai 3.6 (_GenerateImagesParameters_to_vertex),
cloud.google.com/vertex-ai/generative-ai/docs/model-reference/imagen-api, read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import BackendFailure
from ...images import ImageReply, ImageRequest, Picture, nearest_ratio, size_class
from ...interface import ReplyContext, RequestContext
from ...json_text import read_reply
from ...parts import NativeBody, PartedBackend
from .error import read_error
from .images import BLOCKED, write_output_options

MAX_IMAGES = 4
_RATIOS = ("1:1", "3:4", "4:3", "9:16", "16:9")
_CLASSES = ("1K", "2K")
_DEFAULT_CLASS = "1K"


def write_parts(request: ImageRequest, context: RequestContext) -> list[NativeBody]:
    """[{"instances": [{"prompt": "kelp"}], "parameters": {"sampleCount": 2, "aspectRatio": "3:4", …}}, …]."""
    parameters: NativeBody = _write_size(request, context)
    parameters["includeRaiReason"] = True  # else an image that is filtered out is just not there
    if options := write_output_options(request, context):
        parameters["outputOptions"] = options
    return [
        {"instances": [{"prompt": request.prompt}], "parameters": {"sampleCount": count, **parameters}}
        for count in _counts(request.n)
    ]


def _counts(n: int) -> list[int]:
    """10 → [4, 4, 2]."""
    return [min(MAX_IMAGES, n - start) for start in range(0, n, MAX_IMAGES)]


def _write_size(request: ImageRequest, context: RequestContext) -> NativeBody:
    size = request.size
    if size is None:
        return {}
    ratio, name = nearest_ratio(size, _RATIOS), size_class(size, _CLASSES)
    side = 1024 * int(name.removesuffix("K"))
    if (size.width, size.height) != (side, side):
        context.losses.approximate("size", f"Imagen draws in shapes and classes of size: {ratio} and {name}")
    return {"aspectRatio": ratio} | ({"sampleImageSize": name} if name != _DEFAULT_CLASS else {})


def read_part(body: bytes, headers: Mapping[str, str], context: ReplyContext) -> ImageReply:
    """{"predictions": [{"bytesBase64Encoded": "iVBO…", "mimeType": "image/png", "prompt": …}]}.

    Raises BackendFailure (400) where its filters let none of them through.
    """
    reply: dict[str, Any] = read_reply(body)
    predictions: list[dict[str, Any]] = reply.get("predictions") or []
    pictures = tuple(
        Picture(each["bytesBase64Encoded"], each.get("mimeType") or "image/png", str(each.get("prompt") or ""))
        for each in predictions
        if each.get("bytesBase64Encoded")
    )
    if not pictures:
        reasons = [str(each["raiFilteredReason"]) for each in predictions if each.get("raiFilteredReason")]
        message = ": ".join(["The backend made no image", *dict.fromkeys(reasons)])
        raise BackendFailure(message, 400, *BLOCKED)
    return ImageReply(pictures)


BACKEND = PartedBackend(write_parts=write_parts, read_part=read_part, read_error=read_error)
