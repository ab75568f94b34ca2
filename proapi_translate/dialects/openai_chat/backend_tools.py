"""Tools and tool choice in a chat body."""

from __future__ import annotations

from typing import Any

from ...interface import RequestContext
from ...prompt import Prompt, Tool

Native = dict[str, Any]


def write_tools(prompt: Prompt, context: RequestContext) -> list[Native]:
    """Where the client leaves the model only some functions (`allowed_tools`), only those are sent: few backends know
    that field. Raises ClientFault that names a tool which is no function: chat has none that the vendor runs, and those
    who have one all the same (Zhipu's search) each spell it in their own way.
    """
    for hosted in prompt.hosted_tools:
        what = f"no tool of the type {hosted.type!r} can be asked for in {context.profile.backend}'s chat API"
        raise context.losses.refuse("tools", what)
    if any(tool.extra for tool in prompt.tools):
        context.losses.drop("cache_control", "chat has no such mark on a tool")
    allowed = _allowed_names(prompt)
    return [_write_function(tool) for tool in prompt.tools if not allowed or tool.name in allowed]


def write_tool_choice(prompt: Prompt) -> str | Native | None:
    choice = prompt.tool_choice
    if choice is None:
        return None
    if choice.mode != "named":
        return choice.mode
    return {"type": "function", "function": {"name": choice.names[0]}}


def _allowed_names(prompt: Prompt) -> tuple[str, ...]:
    choice = prompt.tool_choice
    return choice.names if choice is not None and choice.mode != "named" else ()


def _write_function(tool: Tool) -> Native:
    function: Native = {"name": tool.name}
    if tool.description:
        function["description"] = tool.description
    if tool.parameters is not None:
        function["parameters"] = tool.parameters
    if tool.strict is not None:
        function["strict"] = tool.strict
    return {"type": "function", "function": function}
