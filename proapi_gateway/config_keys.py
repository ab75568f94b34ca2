"""The rules of a provider block's `api_key:`: one key, a pool of them, or the client's own."""

from __future__ import annotations

from dataclasses import dataclass

from .config_headers import is_sendable
from .config_values import EMPTY_LIST, ValueReader, in_quotes
from .config_yaml import Node
from .settings import Secret
from .translatable import say

_PASSTHROUGH = "passthrough"  # the word of contract.md: the client's own bearer goes on
_ONE_KEY = say("a key as text")
_KEYS = say("a key as text, or a list of them")


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """What `api_key:` says. `unset`: variables without a value; `unsendable`: some key cannot travel in a header."""

    keys: tuple[Secret, ...] = ()
    from_client: bool = False
    unset: tuple[str, ...] = ()
    unsendable: bool = False

    @property
    def is_given(self) -> bool:
        """Says the file anything about the key, be it one that cannot be used now?"""
        return bool(self.keys or self.from_client or self.unset or self.unsendable)


def read_api_keys(reader: ValueReader, node: Node | None) -> ApiKeys:
    """`"${KEY_A}"`, `["${KEY_A}", "${KEY_B}"]` or `passthrough`. Of a pool, the keys that are there are used."""
    if node is None or node.kind == "null":
        return ApiKeys()
    noting = reader.noting_unset()
    if node.kind == "list":
        if not node.items():
            reader.fault(node, _KEYS, found=EMPTY_LIST)
        texts = _read_pool(noting, node)
    else:
        texts = [_read_key(noting, node)]
        if texts == [_PASSTHROUGH]:
            return ApiKeys(from_client=True)
    given = [text for text in dict.fromkeys(texts) if text]
    sendable = [text for text in given if is_sendable(text)]
    unset = tuple(dict.fromkeys(noting.unset or ()))
    if sendable and unset:
        reader.warn(node, say("the pool goes without %(names)s: not set", names=", ".join(unset)))
    if sendable and len(sendable) < len(given):
        remark = say("one key holds characters that no HTTP header can carry (a placeholder?) and is not used")
        reader.warn(node, remark)
    return ApiKeys(
        keys=tuple(Secret(text) for text in sendable),
        unset=() if sendable else unset,
        unsendable=not sendable and bool(given),
    )


def _read_pool(reader: ValueReader, node: Node) -> list[str]:
    texts = [_read_key(reader, item) for item in node.items()]
    for place, text in enumerate(texts):
        if text == _PASSTHROUGH:
            reader.fault(node.items()[place], say("keys; `%(word)s` stands alone, without a list", word=_PASSTHROUGH))
        elif text and text in texts[:place]:
            reader.warn(node.items()[place], say("this key is in the pool already and counts once"))
    return texts


def _read_key(reader: ValueReader, node: Node) -> str:
    if node.kind in ("int", "float"):
        reader.fault(node, in_quotes(_KEYS), secret=True)
        return ""
    return reader.read_text(node, _ONE_KEY, secret=True) or ""
