"""The rules of the keys that only some providers take: `account_id`, `PROJECT_ID`, `region`, `api` …"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import partial

from proapi_translate import ProviderKeys

from .config_addresses import read_endpoint
from .config_keys import ApiKeys
from .config_values import NOTHING, Read, ValueReader
from .config_yaml import Node, join_path
from .translatable import say

_INPUT_TYPES = ("search_document", "search_query", "classification", "clustering")
_ONLY_TOGETHER = (
    ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN"),
    ("aws_access_key_id", "aws_secret_access_key"),
)
_EITHER_OR = (("REFRESH_TOKEN", "service_account_file"),)
_LOCATIONS = say("a location such as us-central1 or global, or a list of them that are taken in turn")
_LOCATION = re.compile(r"[a-z][a-z0-9-]*")  # becomes part of a host's name


def read_locations(reader: ValueReader, node: Node) -> str | None:
    """`us-central1, global` and `[us-central1, global]` are both "us-central1,global"."""
    items = node.items() if node.kind == "list" else (node,)
    texts = [text for item in items if (text := reader.read_text(item, _LOCATIONS)) is not None]
    locations = [location for text in texts for location in split_locations(text)]
    if not all(_LOCATION.fullmatch(location) for location in locations):
        reader.fault(node, _LOCATIONS)
        return None
    return ",".join(dict.fromkeys(locations))


def split_locations(text: str) -> tuple[str, ...]:
    """ "us-central1, global" → ("us-central1", "global")."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


# Keys whose value is more than a text.
_READ: Mapping[str, Read] = {"location": read_locations, "token_uri": read_endpoint}


def option_keys(rows: Iterable[ProviderKeys]) -> tuple[str, ...]:
    """The keys that providers with these rows take, each once."""
    return tuple(dict.fromkeys(key for row in rows for key in (*row.required, *row.optional)))


def read_options(reader: ValueReader, entries: Mapping[str, Node], rows: Iterable[ProviderKeys]) -> dict[str, str]:
    """The block's own keys as text: {"account_id": "0123…"}. Numbers stand as they are written (`2024-10-21`, `042`);
    a blank value is as good as none."""
    rows = tuple(rows)
    secret = {key for row in rows for key in row.secret}
    choices = {"api": tuple(dict.fromkeys(api for row in rows for api in row.apis)), "input_type": _INPUT_TYPES}
    read = reader.read_rows(entries, {key: _row(key, key in secret, choices.get(key)) for key in option_keys(rows)})
    return {key: text for key, text in read.items() if text}


def tell_missing_keys(
    reader: ValueReader, block: Node, provider: str, own_keys: ProviderKeys, api_keys: ApiKeys
) -> None:
    """Tells what a block of this provider cannot do without."""
    entries = block.entries()
    needed = [*own_keys.required, *(("base_url",) if own_keys.base_url else ())]
    whole: dict[str, str] = {}  # key → the group that it completes
    for together in _ONLY_TOGETHER:
        if any(reader.is_given(entries.get(key)) for key in together):
            whole |= dict.fromkeys(together, ", ".join(together))
    for one, other in _EITHER_OR:
        if reader.is_given(entries.get(one)) and reader.is_given(entries.get(other)):
            allowed = say("%(one)s or %(other)s, not both", one=one, other=other)
            reader.fault(entries[other], allowed, found=say("a second credential"))
    missing = [key for key in dict.fromkeys((*needed, *whole)) if not reader.is_given(entries.get(key))]
    if own_keys.api_key and not api_keys.is_given and not reader.is_given(entries.get("api_key")):
        # A relay or a local server may want no key: with an address of its own the block stands.
        if not reader.is_given(entries.get("base_url")):
            missing.append("api_key")
        elif "api_key" not in entries:
            reader.warn(block, say("no api_key: requests go out without one"))
    for key in missing:
        line = entries[key].line if key in entries else block.line
        allowed = say("a value: %(provider)s does not work without it", provider=provider)
        if key in whole and key not in needed:
            allowed = say("for %(provider)s all of %(keys)s, or none of them", provider=provider, keys=whole[key])
        reader.findings.fault(line, join_path(block.path, key), NOTHING, allowed)


def _row(key: str, secret: bool, choices: Collection[str] | None) -> Read:
    if choices is not None:
        return partial(ValueReader.read_choice, choices=choices)
    if key in _READ:
        return _READ[key]
    return partial(ValueReader.read_text, secret=secret)
