"""Judges requests by the parameter types of the `openai` and `anthropic` packages, unknown fields forbidden."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping
from typing import Any

import pydantic
from typing_extensions import is_typeddict

_FORBID = pydantic.ConfigDict(extra="forbid", arbitrary_types_allowed=True)  # open files, in Anthropic's types


def check_params(kind: Any, body: Mapping[str, Any]) -> None:
    """Raises pydantic.ValidationError for what the SDK's type does not allow."""
    _forbid_unknown(kind, set())
    adapter = pydantic.TypeAdapter(kind)
    _exhaust(adapter.validate_python(body))  # what is read only now needs the adapter's schemas alive


def _forbid_unknown(kind: Any, seen: set[int]) -> None:
    if id(kind) in seen:
        return
    seen.add(id(kind))
    if is_typeddict(kind):
        kind.__pydantic_config__ = _FORBID
        for hint in typing.get_type_hints(kind, include_extras=True).values():
            _forbid_unknown(hint, seen)
    for argument in typing.get_args(kind):
        _forbid_unknown(argument, seen)


def _exhaust(value: Any) -> None:
    """An Iterable is checked only as far as it is read."""
    if isinstance(value, Mapping):
        for item in value.values():
            _exhaust(item)
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        for item in value:
            _exhaust(item)
