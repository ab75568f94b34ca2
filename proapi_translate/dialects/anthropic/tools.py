"""Tools and tool choice in Anthropic's words."""

from __future__ import annotations

from typing import Any

from ...errors import ClientFault
from ...interface import RequestContext
from ...losses import Losses
from ...prompt import HostedTool, Prompt, Tool
from .names import OPENAI_HOSTED_TOOLS, ORIGIN, SERVER_TOOL, traits_of
from .strict_tools import strict_schemas

_SEARCH_SETTINGS = frozenset({"type", "user_location", "filters"})
_CHOICES = {"auto": "auto", "none": "none", "required": "any"}


def write_tools(prompt: Prompt, context: RequestContext) -> list[dict[str, Any]]:
    """Functions, then the tools that Anthropic runs itself. Raises ClientFault that names a tool which it has not."""
    offered, output_schema = _offered(prompt), prompt.output.schema if prompt.output is not None else None
    strict = strict_schemas(offered, output_schema, traits_of(context.model), context.losses)
    tools = [_write_tool(tool, strict.get(tool.name)) for tool in offered]
    tools += [_write_hosted(tool, "tools.web_search", context.losses) for tool in prompt.hosted_tools]
    options = prompt.other.get("web_search_options")
    if isinstance(options, dict):
        tools.append(_write_hosted(HostedTool("web_search", options), "web_search_options", context.losses))
    return tools


def _offered(prompt: Prompt) -> tuple[Tool, ...]:
    """All tools, or those that `allowed_tools` leaves."""
    choice = prompt.tool_choice
    if choice is None or choice.mode == "named" or not choice.names:
        return prompt.tools
    return tuple(tool for tool in prompt.tools if tool.name in choice.names)


def _write_tool(tool: Tool, strict_schema: dict[str, Any] | None) -> dict[str, Any]:
    written: dict[str, Any] = {"name": tool.name}
    if tool.description:
        written["description"] = tool.description
    if strict_schema is not None:
        written |= {"input_schema": strict_schema, "strict": True}
    else:
        written["input_schema"] = {"type": "object", "properties": {}} | dict(tool.parameters or {})
    return written | dict(tool.extra.get(ORIGIN, {}))


def _write_hosted(tool: HostedTool, path: str, losses: Losses) -> dict[str, Any]:
    ours = OPENAI_HOSTED_TOOLS.get(tool.type)
    if ours is not None:
        kind, name = ours
        for setting in [name for name in tool.body if name not in _SEARCH_SETTINGS]:
            losses.drop(f"{path}.{setting}", "Claude's search has no such setting")
        return {"type": kind, "name": name} | _web_search_options(tool)
    if SERVER_TOOL.match(tool.type):
        return dict(tool.body)
    raise ClientFault(f"tools: Claude has no tool of the type {tool.type!r}", param="tools")


def _web_search_options(tool: HostedTool) -> dict[str, Any]:
    options: dict[str, Any] = {}
    location = tool.body.get("user_location")
    if isinstance(location, dict):
        # Chat nests the place under "approximate"; Responses and Anthropic have it flat.
        options["user_location"] = {"type": "approximate"} | dict(location.get("approximate") or location)
    filters = tool.body.get("filters")
    if isinstance(filters, dict) and filters.get("allowed_domains"):
        options["allowed_domains"] = filters["allowed_domains"]
    return options


def forces_a_tool(prompt: Prompt) -> bool:
    return prompt.tool_choice is not None and prompt.tool_choice.mode in {"required", "named"}


def write_tool_choice(
    prompt: Prompt, output_tool: str, context: RequestContext, *, has_tools: bool
) -> dict[str, Any]:
    """{"type": "auto" | "any" | "none" | "tool", …}; {} where nothing needs to be said.

    Raises ClientFault for a named tool where the model cannot be made to call one.
    """
    choice = prompt.tool_choice
    if not has_tools:
        return {}
    if output_tool:
        written: dict[str, Any] = {"type": "any"} if prompt.tools else {"type": "tool", "name": output_tool}
    elif choice is None:
        written = {}
    elif forces_a_tool(prompt) and not traits_of(context.model).forced_tools:
        if choice.mode == "named":
            raise context.losses.refuse("tool_choice", "this model cannot be made to call a tool")
        context.losses.approximate("tool_choice", "this model cannot be made to call a tool: it may")
        written = {"type": "auto"}
    elif choice.mode == "named":
        written = {"type": "tool", "name": choice.names[0]}
    else:
        written = {"type": _CHOICES[choice.mode]}
    if prompt.parallel_tool_calls is False and written.get("type") != "none":
        written = (written or {"type": "auto"}) | {"disable_parallel_tool_use": True}
    return written
