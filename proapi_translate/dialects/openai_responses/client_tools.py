"""The tools of a Responses body, and which of them may or must be called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from ...fields import Fields
from ...json_text import encode
from ...losses import Losses
from ...openai_functions import read_function
from ...prompt import HostedTool, Tool, ToolChoice
from .client_tool_forms import ToolForms
from .names import CUSTOM, CUSTOM_INPUT, FUNCTION, TOOL_SEARCH, WEB_SEARCH, WEB_SEARCH_NAMES

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


def read_tools(fields: Fields, brought: Iterable[Fields], forms: ToolForms, losses: Losses) -> ToolSet:
    """{"tools": [{"type": "function", "name": "f", "parameters": {…}}], "tool_choice": "required"} →
    ToolSet((Tool("f", …),), (), ToolChoice("required")).

    `brought`: tools that stand in the input; they are offered from the start. A custom tool, and the client's own
    search for tools, become functions: their calls are turned back by `forms`. Hosted tools go on to the writer, which
    knows what its backend has. Raises ClientFault for a choice of a tool that is not there.
    """
    tools: dict[str, Tool] = {}
    hosted: list[HostedTool] = []
    loaded = tuple(_flat(brought))
    for _, item in loaded:
        item.pass_over("defer_loading")  # what stands in the input is there
    for namespace, item in (*_flat(fields.objects("tools")), *loaded):
        kind = item.required_text("type")
        read = _READERS.get(kind)
        if read is None:
            hosted.append(HostedTool(_hosted_name(kind), {"type": kind} | item.take_rest()))
        elif (tool := read(item, losses)) is not None:
            name = forms.name_of(tool.name, namespace)
            tools.setdefault(name, replace(tool, name=name))  # loaded twice, a tool is still one
    return _choose(fields, tuple(tools.values()), tuple(hosted), forms)


def _flat(items: Iterable[Fields]) -> Iterator[tuple[str, Fields]]:
    """The tools, each with its namespace ("" for none): those of a namespace in its place."""
    for item in items:
        if item.text("type") == "namespace":
            item.pass_over("description")  # it groups the tools for the client
            namespace = item.text("name")
            yield from ((namespace, inner) for inner in item.objects("tools"))
        else:
            yield "", item


def _read_function(item: Fields, _losses: Losses) -> Tool:
    nested = item.object("function")  # chat's form, sent by clients that speak both
    return read_function(nested or item, item.raw("cache_control"))


def _read_custom(item: Fields, losses: Losses) -> Tool:
    name, description = item.required_text("name"), item.text("description")
    losses.approximate("tools", f"the custom tool {name} is offered as a function with one text argument")
    form = item.object("format")
    if form is not None and form.text("type") == "grammar":
        grammar = encode({"syntax": form.text("syntax"), "definition": form.text("definition")}).decode()
        description = f"{description}\n\nThe input must follow this grammar: {grammar}".strip()
    return Tool(name, description, _CUSTOM_PARAMETERS)


def _read_search(item: Fields, losses: Losses) -> Tool | None:
    """The client's own search is a function like others. OpenAI's only spares the model tools that it may not need."""
    execution, description, parameters = item.text("execution"), item.text("description"), item.mapping("parameters")
    if execution == "client":
        return Tool(TOOL_SEARCH, description, parameters)
    losses.approximate("tools", "the tools that a search would load are all offered at once")
    return None


_READERS: Mapping[str, Callable[[Fields, Losses], Tool | None]] = {
    FUNCTION: _read_function,
    CUSTOM: _read_custom,
    TOOL_SEARCH: _read_search,
}


def _hosted_name(kind: str) -> str:
    return WEB_SEARCH if kind in WEB_SEARCH_NAMES else kind


def _choose(
    fields: Fields, tools: tuple[Tool, ...], hosted: tuple[HostedTool, ...], forms: ToolForms
) -> ToolSet:
    choice = fields.raw("tool_choice")
    if choice is None:
        return ToolSet(tools, hosted, None)
    if choice in ("auto", "none", "required"):
        return ToolSet(tools, hosted, ToolChoice(choice))
    if not isinstance(choice, dict):
        raise fields.fault("tool_choice", 'expected "auto", "none", "required" or an object')
    wide = Fields(choice, "tool_choice")
    if wide.text("type") == "allowed_tools":
        return _read_allowed(wide.object("allowed_tools") or wide, tools, hosted, forms)
    name = _chosen_name(wide, forms)
    if name not in _names(tools, hosted):
        raise fields.fault("tool_choice", f"there is no tool {name!r} in tools")
    return ToolSet(tools, hosted, ToolChoice("named", (name,)))


def _read_allowed(
    wide: Fields, tools: tuple[Tool, ...], hosted: tuple[HostedTool, ...], forms: ToolForms
) -> ToolSet:
    """Only the tools that are allowed are offered at all: every backend can do that."""
    allowed = {_chosen_name(tool, forms) for tool in wide.objects("tools")}
    missing = sorted(allowed - _names(tools, hosted))
    if missing:
        raise wide.fault("tools", f"there is no tool {missing[0]!r} in tools")
    mode = ToolChoice("required" if wide.text("mode") == "required" else "auto")
    left = tuple(tool for tool in tools if tool.name in allowed)
    return ToolSet(left, tuple(tool for tool in hosted if tool.type in allowed), mode)


def _chosen_name(choice: Fields, forms: ToolForms) -> str:
    """{"type": "function", "name": "f"} → "f"; {"type": "web_search_preview"} → "web_search"."""
    nested = choice.object("function")
    named = nested or choice
    name = named.text("name") or _hosted_name(choice.required_text("type"))
    return forms.name_of(name, choice.text("namespace"))


def _names(tools: tuple[Tool, ...], hosted: tuple[HostedTool, ...]) -> set[str]:
    return {tool.name for tool in tools} | {tool.type for tool in hosted}
