"""Signed thoughts in `encrypted_content`: what a client carries to the next turn without looking inside.

A sealed text tells its version, whose signature is in it, and a check of its own content:
"proapi1.anthropic.eyJzIjoiRXFR…}.1f8a09c2" (the third part is base64url of JSON). It is opaque, not secret: whoever has
it was given the thought. What is not ours, or not whole, opens as None and goes nowhere.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from msgspec import Struct

from .json_text import encode, read_reply
from .prompt import Signature, Thinking

MARK = "proapi1."  # how all sealed texts of this version begin
_SHAPE = re.compile(r"proapi1\.(?P<origin>[a-z0-9_-]{1,32})\.(?P<body>[A-Za-z0-9_-]+)\.(?P<check>[0-9a-f]{16})")


class Sealed(Struct, frozen=True):
    """`call_id`: the signature is that tool call's own, not a thought's; "" for a thought."""

    thought: Thinking
    call_id: str = ""


def seal(thought: Thinking, call_id: str = "") -> str:
    """The sealed text of a thought that has a signature, or of a tool call's signature."""
    assert thought.signature is not None
    content = {"s": thought.signature.value, "t": thought.text, "r": thought.redacted, "c": call_id}
    body = base64.urlsafe_b64encode(encode({name: value for name, value in content.items() if value})).decode()
    head = f"{MARK}{thought.signature.origin}.{body.rstrip('=')}"
    return f"{head}.{_check(head)}"


def unseal(text: str) -> Sealed | None:
    """What was sealed; None for another vendor's text, and for one that was cut or changed on the way."""
    found = _SHAPE.fullmatch(text)
    if found is None or _check(text.rpartition(".")[0]) != found["check"]:
        return None
    body = found["body"]
    try:
        content = read_reply(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        signature, thought, call_id = (content.get(name, "") for name in ("s", "t", "c"))
    except (binascii.Error, ValueError, AttributeError):
        return None
    if not isinstance(signature, str) or not isinstance(thought, str) or not isinstance(call_id, str) or not signature:
        return None
    return Sealed(Thinking(thought, Signature(signature, found["origin"]), bool(content.get("r"))), call_id)


def _check(head: str) -> str:
    return hashlib.sha256(head.encode("utf-8", "replace")).hexdigest()[:16]
