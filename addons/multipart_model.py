"""The `model` field of a multipart/form-data body: read and renamed without parsing the rest of it."""

from __future__ import annotations

import re

# The part's head may hold other headers; its name is quoted, or not, in any case (RFC 7578 §4.2).
_MODEL_PART = re.compile(
    rb"(?:^|\r\n)--[^\r\n]*\r\n(?:[^\r\n]+\r\n)*?"
    rb"content-disposition:[^\r\n]*;[ \t]*name=\"?model\"?[ \t]*(?:;[^\r\n]*)?\r\n"
    rb"(?:[^\r\n]+\r\n)*\r\n([^\r\n]*)\r\n--",
    re.IGNORECASE,
)
_FIRST_DELIMITER = re.compile(rb"(--[^\r\n]+)\r\n")


def read_multipart_model(body: bytes) -> str:
    """The value of the part named "model"; "" if there is none."""
    found = _MODEL_PART.search(body)
    return found[1].decode("utf-8", "replace").strip() if found else ""


def rename_multipart_model(body: bytes, model: str) -> bytes:
    """The same body with another model, or with one if it has none; as it is if it is no form."""
    found = _MODEL_PART.search(body)
    if found:
        return body[: found.start(1)] + model.encode() + body[found.end(1) :]
    delimiter = _FIRST_DELIMITER.match(body)
    if delimiter is None:
        return body
    part = b'%s\r\nContent-Disposition: form-data; name="model"\r\n\r\n%s\r\n'
    return part % (delimiter[1], model.encode()) + body
