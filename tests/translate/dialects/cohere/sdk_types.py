"""Judges requests by the types of the `cohere` package, unknown fields forbidden."""

from __future__ import annotations

import inspect
import types
import typing
from typing import Any

import pytest

pytest.importorskip("cohere", reason="the cohere package is not installed here")

from cohere.types.chat_messages import ChatMessages
from cohere.types.citation_options import CitationOptions
from cohere.types.document import Document
from cohere.types.response_format_v2 import ResponseFormatV2
from cohere.types.thinking import Thinking
from cohere.types.tool_v2 import ToolV2
from cohere.v2.raw_client import RawV2Client
from pydantic import BaseModel

_TYPES: dict[str, Any] = {
    "messages": ChatMessages,
    "tools": list[ToolV2],
    "documents": list[Document | str],
    "citation_options": CitationOptions,
    "response_format": ResponseFormatV2,
    "thinking": Thinking,
    "model": str,
    "stream": bool,
    "max_tokens": int,
    "seed": int,
    "k": int,
    "priority": int,
    "stop_sequences": list[str],
    "strict_tools": bool,
    "logprobs": bool,
    "safety_mode": typing.Literal["CONTEXTUAL", "STRICT", "OFF"],
    "tool_choice": typing.Literal["REQUIRED", "NONE"],
    **dict.fromkeys(("temperature", "p", "frequency_penalty", "presence_penalty"), float),
}
FIELDS = set(inspect.signature(RawV2Client.chat).parameters) - {"self", "request_options"} | {"stream"}


def faults_of(body: dict[str, Any]) -> list[str]:
    """What the SDK's types do not know or allow: ["messages[0]: …"]; [] for a good request."""
    faults = [f"{name}: unknown field" for name in body.keys() - FIELDS]
    return faults + [fault for name in body.keys() & FIELDS for fault in _check(body[name], _TYPES[name], name)]


def _check(value: Any, kind: Any, path: str) -> list[str]:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any or kind is object:
        return []
    if origin is typing.Annotated:
        return _check(value, arguments[0], path)
    if origin in (typing.Union, types.UnionType):
        return _check_union(value, arguments, path)
    if origin is typing.Literal:
        return [] if value in arguments else [f"{path}: {value!r} is none of {arguments}"]
    if origin is dict:
        return [] if isinstance(value, dict) else [f"{path}: no object"]
    if origin is not None and issubclass(origin, typing.Sequence | list):
        if not isinstance(value, list):
            return [f"{path}: no list"]
        return [fault for n, item in enumerate(value) for fault in _check(item, arguments[0], f"{path}[{n}]")]
    if inspect.isclass(kind) and issubclass(kind, BaseModel):
        return _check_model(value, kind, path)
    good = isinstance(value, int | float) if kind is float else isinstance(value, kind)
    return [] if good and (kind is bool or not isinstance(value, bool)) else [f"{path}: {value!r} is no {kind}"]


def _check_union(value: Any, kinds: tuple[Any, ...], path: str) -> list[str]:
    # `Literal | Any` is how the SDK keeps enumerations open: what is written must be of the known ones.
    closed = [kind for kind in kinds if kind not in (Any, type(None))]
    tries = [_check(value, kind, path) for kind in closed]
    if any(not faults for faults in tries) or (value is None and type(None) in kinds):
        return []
    return min(tries, key=len)


def _check_model(value: Any, kind: type[BaseModel], path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: no object"]
    hints = typing.get_type_hints(kind, include_extras=True)
    fields = kind.model_fields
    faults = [f"{path}.{name}: unknown field" for name in value.keys() - fields.keys()]
    faults += [f"{path}.{name}: missing" for name, field in fields.items() if field.is_required() and name not in value]
    for name in value.keys() & fields.keys():
        faults += _check(value[name], hints[name], f"{path}.{name}")
    for name in ("type", "role"):  # the SDK tells its union's members apart by these
        default = fields[name].default if name in fields and not fields[name].is_required() else None
        if default is not None and value.get(name, default) != default:
            faults.append(f"{path}.{name}: {value[name]!r}")
    return faults
