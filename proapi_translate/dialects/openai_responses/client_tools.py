"""The tools of a Responses body, and which of them may or must be called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...fields import Fields
from ...json_text import encode
from ...losses import Losses
from ...prompt import HostedTool, Tool, ToolChoice
from .names import CUSTOM_INPUT, WEB_SEARCH, WEB_SEARCH_NAMES

_CUSTOM_PARAMETERS: Mapping[str, Any] = {
    "type": "object",
    "properties": {CUSTOM_INPUT: {"type": "string", "description": "The whole input, as plain text."}},
    "required": [CUSTOM_INPUT],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class ToolSet:
    """What may be called: functions (custom tools among them) and the vendor's own, after `tool_choice` has narrowed
    them down."""

    tools: tuple[Tool, ...]
    hosted: tuple[HostedTool, ...]
    choice: ToolChoice | None


@dataclass(slots=True)
class ToolForms:
    """How the client spells the calls of its tools: the names of custom ones; function name → its namespace."""

    custom: set[str] = field(default_factory=set)
    namespaces: dict[str, str] = field(default_factory=dict)


def read_tools(fields: Fields, losses: Losses) -> ToolSet:
    """{"tools": [{"type": "function", "name": "f", "parameters": {…}}], "tool_choice": "required"} →
    ToolSet((Tool("f", …),), (), ToolChoice("required")).

    A custom tool becomes a function with one text argument: its reply is turned back (`ToolForms`). Hosted tools go on
    to the writer, which knows what its backend has. Raises ClientFault for a choice of a tool that is not there.
    """
    tools: list[Tool] = []
    hosted: list[HostedTool] = []
    for item in _flat(fields.objects("tools")):
        kind = item.required_text("type")
        if kind == "function":
            tools.append(_read_function(item))
        elif kind == "custom":
            tools.append(_read_custom(item, losses))
        else:
            hosted.append(HostedTool(_hosted_name(kind), {"type": kind} | item.take_rest()))
    return _choose(fields, tuple(tools), tuple(hosted))


def read_tool_forms(body: Mapping[str, Any]) -> ToolForms:
    """The forms that the tools of a body were declared in. Never raises: the body has been read before."""
    forms = ToolForms()
    for tool in _dicts(body.get("tools")):
        if tool.get("type") == "custom":
            forms.custom.add(str(tool.get("name")))
        elif tool.get("type") == "namespace":
            inner = list(_dicts(tool.get("tools")))
            forms.namespaces.update({str(one.get("name")): str(tool.get("name")) for one in inner})
            forms.custom.update(str(one.get("name")) for one in inner if one.get("type") == "custom")
    return forms


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


def _flat(items: Iterator[Fields]) -> Iterator[Fields]:
    """The tools, those of a namespace in its place."""
    for item in items:
        if item.text("type") == "namespace":
            item.pass_over("name", "description")  # they group the tools for the client
            yield from item.objects("tools")
        else:
            yield item


def _read_function(item: Fields) -> Tool:
    nested = item.object("function")  # chat's form, sent by clients that speak both
    function = nested or item
    cache_mark = item.raw("cache_control")
    return Tool(
        name=function.required_text("name"),
        description=function.text("description"),
        parameters=function.mapping("parameters"),
        strict=function.flag("strict"),
        extra={"anthropic": {"cache_control": cache_mark}} if cache_mark else {},
    )


def _read_custom(item: Fields, losses: Losses) -> Tool:
    name, description = item.required_text("name"), item.text("description")
    losses.approximate("tools", f"the custom tool {name} is offered as a function with one text argument")
    form = item.object("format")
    if form is not None and form.text("type") == "grammar":
        grammar = encode({"syntax": form.text("syntax"), "definition": form.text("definition")}).decode()
        description = f"{description}\n\nThe input must follow this grammar: {grammar}".strip()
    return Tool(name, description, _CUSTOM_PARAMETERS)


def _hosted_name(kind: str) -> str:
    return WEB_SEARCH if kind in WEB_SEARCH_NAMES else kind


def _choose(fields: Fields, tools: tuple[Tool, ...], hosted: tuple[HostedTool, ...]) -> ToolSet:
    choice = fields.raw("tool_choice")
    if choice is None:
        return ToolSet(tools, hosted, None)
    if choice in ("auto", "none", "required"):
        return ToolSet(tools, hosted, ToolChoice(choice))
    if not isinstance(choice, dict):
        raise fields.fault("tool_choice", 'expected "auto", "none", "required" or an object')
    wide = Fields(choice, "tool_choice")
    if wide.text("type") == "allowed_tools":
        return _read_allowed(wide.object("allowed_tools") or wide, tools, hosted)
    name = _chosen_name(wide)
    if name not in _names(tools, hosted):
        raise fields.fault("tool_choice", f"there is no tool {name!r} in tools")
    return ToolSet(tools, hosted, ToolChoice("named", (name,)))


def _read_allowed(wide: Fields, tools: tuple[Tool, ...], hosted: tuple[HostedTool, ...]) -> ToolSet:
    """Only the tools that are allowed are offered at all: every backend can do that."""
    allowed = {_chosen_name(tool) for tool in wide.objects("tools")}
    missing = sorted(allowed - _names(tools, hosted))
    if missing:
        raise wide.fault("tools", f"there is no tool {missing[0]!r} in tools")
    mode = ToolChoice("required" if wide.text("mode") == "required" else "auto")
    left = tuple(tool for tool in tools if tool.name in allowed)
    return ToolSet(left, tuple(tool for tool in hosted if tool.type in allowed), mode)


def _chosen_name(choice: Fields) -> str:
    """{"type": "function", "name": "f"} → "f"; {"type": "web_search_preview"} → "web_search"."""
    nested = choice.object("function")
    named = nested or choice
    return named.text("name") or _hosted_name(choice.required_text("type"))


def _names(tools: tuple[Tool, ...], hosted: tuple[HostedTool, ...]) -> set[str]:
    return {tool.name for tool in tools} | {tool.type for tool in hosted}
