"""What a reload changed, in lines for the log and the admin. Keys are masked: a `Secret` never shows itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields

from .settings import ProviderSettings, ServerSettings, Settings, TokenSettings

# Addresses that may hold a password.
_HIDDEN = frozenset({"db_path", "cache_url", "state_url"})


def settings_changes(before: Settings, after: Settings) -> tuple[str, ...]:
    """One line for each block, token or key that differs:

    ("provider openai/backup: api_keys, routes changed", "token team-a: added", "server.default_model: '' → 'gpt-4o'")
    """
    return (
        *_members("provider", _numbered(before.providers), _numbered(after.providers)),
        *_members("token", _numbered(before.tokens), _numbered(after.tokens)),
        *_server(before.server, after.server),
        *_intercept(before, after),
    )


def _members(kind: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    for label in dict.fromkeys([*old, *new]):
        if label not in new:
            yield f"{kind} {label}: removed"
        elif label not in old:
            yield f"{kind} {label}: added"
        elif changed := [name for name in _differing(old[label], new[label]) if name != "place"]:
            yield f"{kind} {label}: {', '.join(changed)} changed"


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


def _server(old: ServerSettings, new: ServerSettings) -> Iterator[str]:
    for name in _differing(old, new):
        what = "changed" if name in _HIDDEN else f"{_shown(getattr(old, name))} → {_shown(getattr(new, name))}"
        yield f"server.{name}: {what}"


def _shown(value: object) -> str:
    return repr(dict(value)) if isinstance(value, Mapping) else repr(value)


def _intercept(old: Settings, new: Settings) -> Iterator[str]:
    if old.intercept_hosts != new.intercept_hosts:
        yield f"intercept.hosts: {', '.join(old.intercept_hosts)} → {', '.join(new.intercept_hosts)}"
    if old.limit_ca != new.limit_ca:
        yield f"intercept.limit_ca: {old.limit_ca} → {new.limit_ca}"
