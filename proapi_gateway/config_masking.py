"""The text of an api.yaml without its secrets, for a page that shows it, and the way back when it has been edited.

    masked = mask_secrets('api_key: sk-abcdefghijkl')
    masked.text == 'api_key: ‹kept-1 sk-a…ijkl›'
    masked.restore('api_key: [‹kept-1 sk-a…ijkl›, sk-new]') == 'api_key: [sk-abcdefghijkl, sk-new]'

What is hidden too much does no harm, as all of it comes back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeGuard

import yaml
from yaml.nodes import MappingNode, ScalarNode, SequenceNode
from yaml.nodes import Node as YamlNode

from .settings import Secret

_Span = tuple[int, int]

_SECRET_KEY = re.compile(r"key|secret|token|passw|auth", re.IGNORECASE)
_HEADERS = "headers"  # any of a block's own headers may carry a key
_NAMES_ONLY = frozenset({"model", "balance", "fallback", "context_fallback", "prices"})  # of models: no secrets below
_NO_SECRETS = frozenset({"", "passthrough", "all", "null", "~", "true", "false"})
_VARIABLE = re.compile(r"(?<!\$)\$\{")  # the secret is in the environment, not in the file
_URL_WITH_PASSWORD = re.compile(r"://[^/\s@]+@")
# In comments, and in what is no YAML at the moment: `api_key: …`, and what vendors' keys look like.
_KEY_AND_VALUE = re.compile(
    r"""[\w-]*(?:key|secret|token|passw|auth)[\w-]*["']?[ \t]*[:=][ \t]*"""
    r"""(?P<value>\[[^\]\n]*\]|"[^"\n]*"|'[^'\n]*'|[^\s#,]+)""",
    re.IGNORECASE,
)
_LOOKS_LIKE_A_KEY = re.compile(r"\b(?P<value>(?:sk|pk|rk|xai|gsk|hf|ghp|pplx|r8|AIza|ya29|AKIA)[-_A-Za-z0-9.]{12,})")
_COMMENT = re.compile(r"(?:^|[ \t])#.*$", re.MULTILINE)
_KEPT = re.compile(r"‹kept-(\d+)[^›\n]*›")


class UnknownKept(ValueError):
    """A placeholder that stands for nothing: its number is none of this text's."""


@dataclass(frozen=True, slots=True)
class MaskedText:
    """`hidden`: what stands behind the placeholders, in their order."""

    text: str
    hidden: tuple[Secret, ...]

    def restore(self, edited: str) -> str:
        """The edited text with the secrets back in their places. Raises UnknownKept."""

        def reveal(match: re.Match[str]) -> str:
            number = int(match[1]) - 1
            if not 0 <= number < len(self.hidden):
                raise UnknownKept(match[0])
            return self.hidden[number].reveal()

        return _KEPT.sub(reveal, edited)


def mask_secrets(text: str) -> MaskedText:
    pieces: list[str] = []
    hidden: list[Secret] = []
    shown_to = 0
    for start, end in _without_overlaps([*_spans_of_nodes(text), *_spans_of_looks(text)]):
        secret = Secret(text[start:end])
        hidden.append(secret)
        pieces += [text[shown_to:start], f"‹kept-{len(hidden)} {_label(secret)}›"]
        shown_to = end
    return MaskedText("".join([*pieces, text[shown_to:]]), tuple(hidden))


def _label(secret: Secret) -> str:
    masked = Secret(secret.reveal().strip("\"'")).masked()
    return re.sub(r"[›\s]", "", masked)


def _without_overlaps(spans: Iterable[_Span]) -> list[_Span]:
    found: list[_Span] = []
    for start, end in sorted(set(spans), key=lambda span: (span[0], -span[1])):
        if not found or start >= found[-1][1]:
            found.append((start, end))
    return found


def _spans_of_looks(text: str) -> Iterator[_Span]:
    for match in _LOOKS_LIKE_A_KEY.finditer(text):
        yield match.span("value")
    for comment in _COMMENT.finditer(text):
        for match in _KEY_AND_VALUE.finditer(text, *comment.span()):
            yield from _span_of_value(match)


def _span_of_value(match: re.Match[str]) -> Iterator[_Span]:
    value = match["value"]
    if value.strip("\"'[] ") not in _NO_SECRETS and not _VARIABLE.search(value):
        yield match.span("value")


def _spans_of_nodes(text: str) -> Iterator[_Span]:
    try:
        top = yaml.compose(text, Loader=yaml.SafeLoader)  # the pure parser: its marks count characters, for certain
    except (yaml.YAMLError, RecursionError):
        for match in _KEY_AND_VALUE.finditer(text):
            yield from _span_of_value(match)
        return
    for node in _secret_nodes(top, set()) if top is not None else ():
        start, end = node.start_mark.index, node.end_mark.index
        yield start, start + len(text[start:end].rstrip())


def _secret_nodes(node: YamlNode, seen: set[int]) -> Iterator[ScalarNode]:
    """Each distinct node once: anchors may make the tree a graph, even one with circles."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, ScalarNode) and _URL_WITH_PASSWORD.search(node.value) and _is_secret(node):
        yield node
    elif isinstance(node, SequenceNode):
        for child in node.value:
            yield from _secret_nodes(child, seen)
    elif isinstance(node, MappingNode):
        for key, child in node.value:
            yield from _secrets_of_pair(str(key.value), child, seen)


def _secrets_of_pair(key: str, child: YamlNode, seen: set[int]) -> Iterator[ScalarNode]:
    if key in _NAMES_ONLY:
        return
    if key == _HEADERS and isinstance(child, MappingNode):
        yield from filter(_is_secret, (value for _, value in child.value))
    elif _SECRET_KEY.search(key):
        yield from filter(_is_secret, child.value if isinstance(child, SequenceNode) else [child])
    yield from _secret_nodes(child, seen)


def _is_secret(node: YamlNode) -> TypeGuard[ScalarNode]:
    if not isinstance(node, ScalarNode):
        return False
    return node.value.lower() not in _NO_SECRETS and not _VARIABLE.search(node.value)
