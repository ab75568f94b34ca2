"""Tools and tool choice in a chat body."""

from __future__ import annotations

from typing import Any

from ...interface import RequestContext
from ...losses import Losses
from ...prompt import HostedTool, Prompt, Tool

Native = dict[str, Any]


def write_tools(prompt: Prompt, context: RequestContext) -> list[Native]:
    """Functions, then custom tools where the backend has them.

    Where the client leaves the model only some tools (`allowed_tools`), only those are sent: few backends know that
    field. Raises ClientFault that names a tool which a chat backend has not: those that OpenAI's other APIs run.
    """
    allowed = _allowed_names(prompt)
    tools = [_write_function(tool) for tool in prompt.tools if not allowed or tool.name in allowed]
    hosted = [_write_custom(tool, context) for tool in prompt.hosted_tools]
    return tools + [tool for tool in hosted if not allowed or tool["custom"].get("name") in allowed]


def write_tool_choice(prompt: Prompt) -> str | Native | None:
    choice = prompt.tool_choice
    if choice is None:
        return None
    if choice.mode != "named":
        return choice.mode
    name = choice.names[0]
    kind = "function" if any(tool.name == name for tool in prompt.tools) or not prompt.hosted_tools else "custom"
    return {"type": kind, kind: {"name": name}}


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


def _write_custom(tool: HostedTool, context: RequestContext) -> Native:
    if tool.type != "custom" or not context.profile.custom_tools:
        losses: Losses = context.losses
        raise losses.refuse("tools", f"{context.profile.backend} has no tool of the type {tool.type!r} in its chat API")
    inner = tool.body.get("custom")
    if isinstance(inner, dict):
        return {"type": "custom", "custom": inner}
    # The Responses API has the tool's fields beside its type, and a grammar's beside the format's.
    custom = {name: value for name, value in tool.body.items() if name != "type"}
    form = custom.get("format")
    if isinstance(form, dict) and form.get("type") == "grammar" and "grammar" not in form:
        grammar = {name: value for name, value in form.items() if name != "type"}
        custom["format"] = {"type": "grammar", "grammar": grammar}
    return {"type": "custom", "custom": custom}
