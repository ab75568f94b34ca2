"""Neutral replies → a client's images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import BackendFailure
from ...events import Usage
from ...images import ImageReply, ImageRequest, Picture
from ...interface import ReplyFacts

_FORMATS = {"image/png": "png", "image/jpeg": "jpeg", "image/webp": "webp", "image/gif": "gif"}


def keep_part(request: ImageRequest, reply: ImageReply) -> ImageReply:
    """Nothing is to be done early: the images are text already."""
    return reply


def write_body(request: ImageRequest, replies: Sequence[ImageReply], facts: ReplyFacts) -> dict[str, Any]:
    """{"created": 7, "data": [{"b64_json": "iVBO…"}], "output_format": "png", "usage": {…}}.

    A backend may make fewer images than were asked for (its filters); none at all is a BackendFailure.
    """
    pictures = [picture for reply in replies for picture in reply.pictures]
    if not pictures:
        raise BackendFailure("The backend made no image.", code="no_image")
    body: dict[str, Any] = {
        "created": facts.created,
        "data": [_write_picture(picture, as_url=request.as_url) for picture in pictures],
    }
    if pictures[0].media_type in _FORMATS:
        body["output_format"] = _FORMATS[pictures[0].media_type]
    usage = sum_usage(replies)
    return body if usage is None else {**body, "usage": _write_usage(usage)}


def sum_usage(replies: Sequence[ImageReply]) -> Usage | None:
    """The tokens of all parts; None if a backend did not tell."""
    told = [reply.usage for reply in replies if reply.usage is not None]
    if not told or len(told) < len(replies):
        return None
    prompt, completion = sum(each.prompt_tokens for each in told), sum(each.completion_tokens for each in told)
    return Usage(prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion)


def _write_picture(picture: Picture, *, as_url: bool) -> dict[str, str]:
    image = {"url": f"data:{picture.media_type};base64,{picture.data}"} if as_url else {"b64_json": picture.data}
    return image | ({"revised_prompt": picture.revised_prompt} if picture.revised_prompt else {})


def _write_usage(usage: Usage) -> dict[str, Any]:
    """The prompt is nothing but text."""
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {"text_tokens": usage.prompt_tokens, "image_tokens": 0},
        "output_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }
