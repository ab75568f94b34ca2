"""Secrets cut out of whatever others see: the flow log and saved flows, the program's log, and a backend's own words.

Three things are hidden: the keys that this flow is known to have used, wherever they stand (also as JSON or a URL
writes them; some backends repeat the key that they refuse); in what is kept also the values of headers whose names say
that they are secret, and the same in a URL's query.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import quote

import msgspec

from proapi_gateway.settings import Secret

HIDDEN = "[hidden]"
_KEY = b"[key]"
_SHORTEST = 8  # shorter "keys" (of local servers) are words that may stand in any text
_SHORTEST_HEADER_WORD = 16
_SECRET_NAME = re.compile(
    r"auth|cookie|credential|password|secret|signature|token$|(?:^|[-_])key$|^key$|^sig$", re.IGNORECASE
)
_WORDS = re.compile(r"[\s,;=]+")
_SAME_IN_ALL_FORMS = re.compile(r"[\w.~-]*", re.ASCII)
_QUERY_PAIR = re.compile(r"([?&])([^=&]+)=([^&]*)")


class Redaction:
    """`redact` replaces each secret by `mask`; None: by as many asterisks, so that a stream's offsets stay right."""

    def __init__(self, secrets: Iterable[Secret], mask: bytes | None = None) -> None:
        plain = {secret.reveal() for secret in secrets}
        forms = sorted({form for text in plain for form in _forms(text)}, key=len, reverse=True)
        self._masks = {form: b"*" * len(form) if mask is None else mask for form in forms}

    def redact(self, data: bytes) -> bytes:
        for form, mask in self._masks.items():
            data = data.replace(form, mask)
        return data

    def redact_head(self, head: Mapping[str, object]) -> str:
        """The head as JSON: the keys may stand in any header, and in a URL's path."""
        return self.redact(msgspec.json.encode(head)).decode()

    def redact_text(self, text: str) -> str:
        return self.redact(text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")


def scrub(text: bytes, secrets: Iterable[Secret]) -> bytes:
    """What goes to a client: scrub(b"Incorrect key sk-abc…", …) == b"Incorrect key [key]"."""
    return Redaction(secrets, _KEY).redact(text)


def scrub_text(text: str, secrets: Iterable[Secret]) -> str:
    """As `scrub`, for what goes into the program's log."""
    return scrub(text.encode("utf-8", "replace"), secrets).decode("utf-8", "replace")


@lru_cache(maxsize=1000)  # the same few names, several dozen times in each flow
def is_secret_name(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


def hide_headers(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """hide_headers([("X-Api-Key", "k"), ("Accept", "*/*")]) == [["X-Api-Key", "[hidden]"], ["Accept", "*/*"]]"""
    return [[name, HIDDEN if is_secret_name(name) else value] for name, value in pairs]


def secrets_of_headers(pairs: Iterable[tuple[str, str]]) -> list[Secret]:
    """What must not be found elsewhere either: of "Bearer ya29.a0Af…" the second word."""
    hidden = [value for name, value in pairs if is_secret_name(name)]
    words = [word for value in hidden for word in _WORDS.split(value) if len(word) >= _SHORTEST_HEADER_WORD]
    return [Secret(word) for word in words if any(character.isdigit() for character in word)]


def hide_query(url: str) -> str:
    """hide_query("/v1beta/x?alt=sse&key=AIza…") == "/v1beta/x?alt=sse&key=[hidden]" """
    return _QUERY_PAIR.sub(_hide_pair, url)


def _hide_pair(pair: re.Match[str]) -> str:
    mark, name, value = pair.groups()
    return f"{mark}{name}={HIDDEN if _SECRET_NAME.search(name) else value}"


def _forms(text: str) -> Iterable[bytes]:
    if len(text) < _SHORTEST:
        return
    if _SAME_IN_ALL_FORMS.fullmatch(text):
        yield text.encode()
        return
    in_ascii, in_json = (json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False))
    for form in (text, in_json, in_ascii, in_ascii.replace("/", "\\/"), quote(text, safe="", errors="surrogatepass")):
        yield form.encode("utf-8", "surrogatepass")
