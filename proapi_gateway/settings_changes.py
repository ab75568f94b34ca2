"""What a reload changed, in lines for the log and the admin. Keys are masked: a `Secret` never shows itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields

from .settings import ProviderSettings, ServerSettings, Settings, TokenSettings
from .translatable import Translatable, say, verbatim

# Passwords, and addresses that may hold one: of these not even a part is told.
_HIDDEN = frozenset({"password", "jwt_secret_key", "proxy_auth", "db_path", "cache_url", "state_url"})


def settings_changes(before: Settings, after: Settings) -> tuple[Translatable, ...]:
    """One line for each block, token or key that differs:

    ("provider openai/backup: api_keys, routes changed", "token team-a: added", "server.default_model: '' → 'gpt-4o'")
    """
    return (
        *_members(say("provider"), _numbered(before.providers), _numbered(after.providers)),
        *_members(say("token"), _numbered(before.tokens), _numbered(after.tokens)),
        *_server(before.server, after.server),
        *_intercept(before, after),
    )


def _members(kind: Translatable, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[Translatable]:
    for label in dict.fromkeys([*old, *new]):
        if label not in new:
            yield say("%(kind)s %(name)s: removed", kind=kind, name=label)
        elif label not in old:
            yield say("%(kind)s %(name)s: added", kind=kind, name=label)
        elif changed := [name for name in _differing(old[label], new[label]) if name != "place"]:
            yield say("%(kind)s %(name)s: %(keys)s changed", kind=kind, name=label, keys=", ".join(changed))


def _numbered(members: Iterable[ProviderSettings] | Iterable[TokenSettings]) -> Mapping[str, object]:
    """By label; of equal ones the second is "openai (2)"."""
    found: dict[str, object] = {}
    counts: dict[str, int] = {}
    for member in members:
        label = member.label
        counts[label] = counts.get(label, 0) + 1
        found[label if counts[label] == 1 else f"{label} ({counts[label]})"] = member
    return found


def _differing(old: object, new: object) -> list[str]:
    names = [each.name for each in fields(old)]  # type: ignore[arg-type]
    return [name for name in names if getattr(old, name) != getattr(new, name)]


def _server(old: ServerSettings, new: ServerSettings) -> Iterator[Translatable]:
    for name in _differing(old, new):
        if name in _HIDDEN:
            yield say("%(key)s: changed", key=f"server.{name}")
        else:
            yield verbatim(f"server.{name}: {_shown(getattr(old, name))} → {_shown(getattr(new, name))}")


def _shown(value: object) -> str:
    return repr(dict(value)) if isinstance(value, Mapping) else repr(value)


def _intercept(old: Settings, new: Settings) -> Iterator[Translatable]:
    if old.intercept_hosts != new.intercept_hosts:
        yield verbatim(f"intercept.hosts: {', '.join(old.intercept_hosts)} → {', '.join(new.intercept_hosts)}")
    if old.limit_ca != new.limit_ca:
        yield verbatim(f"intercept.limit_ca: {old.limit_ca} → {new.limit_ca}")
