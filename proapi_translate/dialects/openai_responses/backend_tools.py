"""Tools and tool choice in a Responses body."""

from __future__ import annotations

from typing import Any

from ...losses import Losses
from ...prompt import HostedTool, Prompt, Tool

Native = dict[str, Any]


def write_tools(prompt: Prompt, losses: Losses) -> list[Native]:
    """Functions, custom tools, and those that the vendor runs itself: Responses has them under their own types."""
    if any(tool.extra for tool in prompt.tools):
        losses.drop("cache_control", "the Responses API has no such mark: it caches by itself")
    tools = [_write_function(tool) for tool in prompt.tools] + [_write_hosted(tool) for tool in prompt.hosted_tools]
    search = prompt.other.get("web_search_options")
    if isinstance(search, dict):
        tools.append(_write_search(search))
    return tools


def write_tool_choice(prompt: Prompt) -> str | Native | None:
    choice = prompt.tool_choice
    if choice is None:
        return None
    if choice.mode == "named":
        return _name_tool(prompt, choice.names[0])
    if choice.names:
        return {"type": "allowed_tools", "mode": choice.mode, "tools": [_name_tool(prompt, n) for n in choice.names]}
    return choice.mode


def _name_tool(prompt: Prompt, name: str) -> Native:
    is_function = any(tool.name == name for tool in prompt.tools) or not prompt.hosted_tools
    return {"type": "function" if is_function else "custom", "name": name}


def _write_function(tool: Tool) -> Native:
    """`strict` is always said: Responses takes what is not said for true, chat for false."""
    function: Native = {"type": "function", "name": tool.name}
    if tool.description:
        function["description"] = tool.description
    function["parameters"] = tool.parameters if tool.parameters is not None else {"type": "object", "properties": {}}
    return function | {"strict": bool(tool.strict)}


def _write_hosted(tool: HostedTool) -> Native:
    inner = tool.body.get(tool.type)
    if not isinstance(inner, dict):
        return dict(tool.body)
    # Chat nests what Responses has beside the type: {"type": "custom", "custom": {…}}; and a grammar once more.
    flat: Native = {"type": tool.type} | inner
    form = flat.get("format")
    if isinstance(form, dict) and isinstance(form.get("grammar"), dict):
        flat["format"] = {"type": form["type"]} | form["grammar"]
    return flat


def _write_search(options: Native) -> Native:
    """Chat's web_search_options → the tool; chat nests the user's place under "approximate"."""
    tool: Native = {"type": "web_search"} | options
    location = options.get("user_location")
    if isinstance(location, dict):
        tool["user_location"] = {"type": "approximate"} | dict(location.get("approximate") or location)
    return tool
