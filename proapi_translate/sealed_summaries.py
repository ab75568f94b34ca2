"""Summaries that take the place of earlier turns (the Responses API's compaction), in `encrypted_content`.

OpenAI's model writes one when the input ends with a `compaction_trigger`, and only OpenAI can read it again. Here any
model writes it as plain words; sealed, the client carries it as it would carry OpenAI's:
"proapi1.summary.VXNlciB3YW50cw.1f8a09c2…" (the third part is base64url of the text). Opaque, not secret.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from .sealed_thoughts import MARK

_HEAD = f"{MARK}summary."
_SHAPE = re.compile(re.escape(_HEAD) + r"(?P<body>[A-Za-z0-9_-]*)\.(?P<check>[0-9a-f]{16})")
_WORDS = "Earlier turns of this conversation were replaced by this summary, which you wrote of them:\n\n"


def seal_summary(text: str) -> str:
    body = base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")
    return f"{_HEAD}{body}.{_check(body)}"


def unseal_summary(sealed: str) -> str | None:
    """The words that a model is told in place of the turns; None for another vendor's, and for what came garbled."""
    found = _SHAPE.fullmatch(sealed)
    if found is None or _check(found["body"]) != found["check"]:
        return None
    body = found["body"]
    try:
        return _WORDS + base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode("utf-8", "surrogatepass")
    except (binascii.Error, ValueError):
        return None


def _check(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:16]
