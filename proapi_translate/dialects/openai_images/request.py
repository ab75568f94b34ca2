"""A client's request for images → the neutral one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...fields import Fields
from ...images import MAX_IMAGES, ImageRequest, Size
from ...interface import RequestContext

_SIZE = re.compile(r"([1-9]\d{0,4})x([1-9]\d{0,4})")
# What a field may say without asking for anything: OpenAI's own defaults.
_DEFAULTS = {"background": "auto", "moderation": "auto", "quality": "auto"}
_FORMS = {"": False, "b64_json": False, "url": True}
_URL_LOSS = "the address is a data: URL that holds the image itself"
_NO_SETTING = "this backend's images have no such setting"


def read_request(body: Mapping[str, Any], context: RequestContext) -> ImageRequest:
    """{"prompt": "kelp", "n": 2, "size": "1536x1024"} → ImageRequest("kelp", 2, Size(1536, 1024)).

    Raises ClientFault (400): no prompt, a stream (there are no partial images to give), a value that is none.
    """
    fields = Fields(body)
    fields.raw("model")
    if fields.raw("stream") is True:
        raise fields.fault("stream", "this backend's images come whole, never as a stream")
    form = fields.text("response_format")
    if form not in _FORMS:
        raise fields.fault("response_format", "expected b64_json or url")
    if _FORMS[form]:
        context.losses.approximate("response_format", _URL_LOSS)
    request = ImageRequest(
        prompt=fields.required_text("prompt"),
        n=_read_count(fields),
        size=_read_size(fields),
        output_format=fields.text("output_format"),
        compression=fields.integer("output_compression"),
        as_url=_FORMS[form],
    )
    for name, value in fields.rest().items():
        if value != _DEFAULTS.get(name):
            context.losses.drop(name, _NO_SETTING)
    return request


def _read_count(fields: Fields) -> int:
    count = fields.integer("n")
    if count is not None and not 1 <= count <= MAX_IMAGES:
        raise fields.fault("n", f"expected 1 to {MAX_IMAGES}")
    return count or 1


def _read_size(fields: Fields) -> Size | None:
    text = fields.text("size")
    if text in ("", "auto"):
        return None
    found = _SIZE.fullmatch(text)
    if found is None:
        raise fields.fault("size", "expected auto, or WIDTHxHEIGHT such as 1024x1024")
    return Size(int(found[1]), int(found[2]))
