"""The rules of one block of `providers:`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from proapi_translate import ProviderKeys

from .config_addresses import read_base_url, read_proxy
from .config_faults import nearest
from .config_headers import is_sendable, read_headers
from .config_keys import ApiKeys, read_api_keys
from .config_models import read_routes
from .config_options import option_keys, read_options, split_locations, tell_missing_keys
from .config_values import NOTHING, Read, ValueReader, did_you_mean, one_of
from .config_yaml import Node, join_path
from .known_providers import KnownProviders
from .settings import KeySource, ProviderSettings, Route, Secret, Timeouts
from .translatable import Translatable, say, verbatim

_GONE = {"merlin": say("no block: it spoke a website's private interface and is not supported any more")}
_OPENAI_HINT = say("a service without a name of its own is `provider: openai` with its base_url")


def read_seconds(reader: ValueReader, node: Node) -> float | None:
    return reader.read_number(node, say("seconds, more than 0"), above=0)


TIMEOUT_KEYS: Mapping[str, Read] = dict.fromkeys(("connect", "first_byte", "idle", "total"), read_seconds)


def read_timeouts(reader: ValueReader, node: Node) -> Timeouts | None:
    if node.kind != "mapping":
        reader.fault(node, say("a mapping, in seconds: { connect: 10, first_byte: 60, idle: 60, total: 600 }"))
        return None
    return Timeouts(**reader.read_fields(node, TIMEOUT_KEYS, verbatim("timeout")))


_FIELD_KEYS: Mapping[str, Read] = {
    "name": ValueReader.read_text,
    "base_url": read_base_url,
    "timeout": read_timeouts,
    "headers": read_headers,
    "proxy": read_proxy,
    "strict": ValueReader.read_flag,
    "retry_in_doubt": ValueReader.read_flag,
}
_FIELDS = {"timeout": "timeouts"}  # where ProviderSettings' field has another name than the key
COMMON_KEYS = ("provider", "api_key", "model", "balance", *_FIELD_KEYS)


def read_provider(reader: ValueReader, node: Node, place: int, known: KnownProviders) -> ProviderSettings | None:
    """One block. None, with its faults told, if it is no mapping or its provider is not known.

    A block whose `${VAR}` is not set is read like any other; its `unavailable` says which variable it waits for.
    """
    if node.kind != "mapping":
        reader.fault(node, say("a mapping that begins with `provider:`"), secret=True)
        return None
    entries = node.entries()
    provider = _read_provider_name(reader, node, entries.get("provider"), known)
    own_keys = known.get(provider)
    rows = (own_keys,) if own_keys else tuple(known.values())
    what = say("a block of %(provider)s", provider=provider or "providers")
    reader.tell_unknown_keys(entries, (*COMMON_KEYS, *option_keys(rows)), what)
    noting = reader.noting_unset()
    fields = noting.read_rows(entries, _FIELD_KEYS)
    options = read_options(noting, entries, rows)
    api_keys = read_api_keys(noting, entries.get("api_key"))
    routes = _read_routes(reader, node, entries)
    if own_keys is None:
        return None
    tell_missing_keys(reader, node, provider, own_keys, api_keys)
    secret_options = {key: Secret(text) for key, text in options.items() if key in own_keys.secret}
    unset = tuple(dict.fromkeys((*(noting.unset or ()), *api_keys.unset)))
    settings = ProviderSettings(
        place=place,
        provider=provider,
        key_source=_choose_key_source(own_keys, api_keys),
        api_keys=api_keys.keys,
        options=MappingProxyType({key: text for key, text in options.items() if key not in own_keys.secret}),
        secret_options=MappingProxyType(secret_options),
        locations=split_locations(options.get("location", "")) or own_keys.locations,
        routes=routes,
        unavailable=_find_hindrance(unset, api_keys, secret_options),
        **{_FIELDS.get(key, key): value for key, value in fields.items()},
    )
    _remark_on_hindrance(reader, node, settings, unset)
    return settings


def _read_provider_name(reader: ValueReader, block: Node, node: Node | None, known: KnownProviders) -> str:
    allowed = say("%(advice)s (%(hint)s)", advice=one_of(known), hint=_OPENAI_HINT)
    if node is None or node.kind == "null":
        reader.findings.fault(block.line, join_path(block.path, "provider"), NOTHING, allowed)
        return ""
    name = reader.read_word(node, allowed) or ""
    if not name or name in known:
        return name
    match = nearest(name, known)
    advice = say("%(advice)s (%(hint)s)", advice=did_you_mean(match), hint=_OPENAI_HINT) if match else allowed
    reader.fault(node, _GONE.get(name, advice))
    return ""


def _read_routes(reader: ValueReader, block: Node, entries: Mapping[str, Node]) -> tuple[Route, ...]:
    model = entries.get("model")
    if model is None or not reader.is_given(model):
        allowed = say("a list of the models it serves")
        reader.findings.fault(block.line, join_path(block.path, "model"), NOTHING, allowed)
        return ()
    return read_routes(reader, model, entries.get("balance"))


def _choose_key_source(own_keys: ProviderKeys, api_keys: ApiKeys) -> KeySource:
    """A provider with secrets among its own keys (Vertex, Bedrock) has its credential from those, or from what the
    machine offers in their place."""
    if api_keys.from_client:
        return KeySource.CLIENT
    if own_keys.exchanged and not api_keys.is_given:
        return KeySource.EXCHANGED
    return KeySource.CONFIGURED if api_keys.is_given or own_keys.secret else KeySource.NONE


def _find_hindrance(unset: tuple[str, ...], api_keys: ApiKeys, secret_options: Mapping[str, Secret]) -> Translatable:
    """Why the block cannot be used; "" where it can."""
    if unset:
        return say("not set in the environment: %(names)s", names=", ".join(unset))
    unsendable = ["api_key"] if api_keys.unsendable else []
    unsendable += [key for key, secret in secret_options.items() if not is_sendable(secret.reveal())]
    if not unsendable:
        return verbatim("")
    return say("its %(keys)s holds characters that no HTTP header can carry", keys=", ".join(unsendable))


def _remark_on_hindrance(reader: ValueReader, block: Node, settings: ProviderSettings, unset: tuple[str, ...]) -> None:
    if unset:
        reader.findings.waiting.append(f"{settings.label} ({', '.join(unset)})")
    elif settings.unavailable:
        why = settings.unavailable
        remark = say("%(block)s is not used: %(why)s; is it a placeholder?", block=settings.label, why=why)
        reader.warn(block, remark)
