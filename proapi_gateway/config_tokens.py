"""The rules of `tokens:`: who may call, and what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from .config_headers import is_sendable
from .config_values import NOTHING, Read, ValueReader
from .config_yaml import Node, join_path
from .settings import Budget, Limits, Secret, TokenSettings
from .translatable import say, verbatim

_TOKEN_KEY = say("the key that clients send, as text")
_EVERYBODY = "all"
_NO_LIMIT = say("a list: `model: [all]`, or one line for each name, such as `- gpt-4*`")
_PATTERN = say("a model name, `all`, or a pattern such as `gpt-4*`")
LIMIT_KEYS: Mapping[str, Read] = dict.fromkeys(("rpm", "tpm", "concurrent"), ValueReader.read_count)
BUDGET_KEYS: Mapping[str, Read] = {
    "usd": partial(ValueReader.read_number, allowed=say("dollars, more than 0"), above=0),
    "per": partial(ValueReader.read_choice, choices=("day", "month")),
}


def read_token_key(reader: ValueReader, node: Node) -> Secret | None:
    text = reader.read_word(node, _TOKEN_KEY, secret=True)
    return None if text is None else Secret(text)


def read_patterns(reader: ValueReader, node: Node) -> tuple[str, ...]:
    """Names, `all`, or globs, as they stand."""
    items = reader.read_items(node, _NO_LIMIT)
    names = (reader.read_word(item, _PATTERN) for item in items)
    return tuple(name for name in names if name)


def read_limits(reader: ValueReader, node: Node) -> Limits:
    return Limits(**reader.read_fields(node, LIMIT_KEYS, verbatim("limits")))


def read_budget(reader: ValueReader, node: Node) -> Budget | None:
    fields = reader.read_fields(node, BUDGET_KEYS, verbatim("budget"))
    missing = [key for key in BUDGET_KEYS if not reader.is_given(node.entries().get(key))]
    for key in missing if node.kind == "mapping" else ():
        reader.findings.fault(node.line, join_path(node.path, key), NOTHING, say("both: { usd: 20, per: month }"))
    return Budget(**fields) if len(fields) == len(BUDGET_KEYS) else None


_FIELD_KEYS: Mapping[str, Read] = {
    "api_key": read_token_key,
    "name": ValueReader.read_text,
    "strict": ValueReader.read_flag,
    "limits": read_limits,
    "budget": read_budget,
}
TOKEN_KEYS = (*_FIELD_KEYS, "model")


def read_token(reader: ValueReader, node: Node, place: int) -> TokenSettings | None:
    """One token; None, with its faults told, if it has no usable key."""
    if node.kind != "mapping":
        reader.fault(node, say("a mapping with `api_key:` and `model:`"), secret=True)
        return None
    entries = node.entries()
    reader.tell_unknown_keys(entries, TOKEN_KEYS, say("a token"))
    fields = reader.read_rows(entries, _FIELD_KEYS)
    model = entries.get("model")
    patterns = read_patterns(reader, model) if model and model.kind != "null" else ()
    if not reader.is_given(model) or (model and model.kind == "list" and not model.items()):
        remark = say("this token has no `model:` list and may use nothing; `model: [all]` permits everything")
        reader.warn(node, remark)
    if "api_key" not in fields:
        if "api_key" not in entries or entries["api_key"].kind == "null":
            reader.findings.fault(node.line, join_path(node.path, "api_key"), NOTHING, _TOKEN_KEY)
        return None
    key: Secret = fields["api_key"]
    if key.reveal() == _EVERYBODY:
        reader.warn(entries["api_key"], say("the token `all`: WHOEVER reaches this gateway may use it, with any key"))
    elif not is_sendable(key.reveal()):
        reader.warn(entries["api_key"], say("no client can send this key: a header carries printable ASCII only"))
    return TokenSettings(place=place, patterns=patterns, **fields)


def tell_double_tokens(reader: ValueReader, nodes: Sequence[Node], tokens: Sequence[TokenSettings]) -> None:
    """A key that two tokens share would have the permissions of one of them: which, the file does not say."""
    first: dict[str, TokenSettings] = {}
    for token in tokens:
        plain = token.api_key.reveal()
        if plain in first:
            node, earlier = nodes[token.place], nodes[first[plain].place]
            found = say("the key of %(path)s (line %(line)s) again", path=earlier.path, line=earlier.line)
            allowed = say("a key of its own for each token")
            reader.findings.fault(node.line, join_path(node.path, "api_key"), found, allowed)
        first.setdefault(plain, token)
