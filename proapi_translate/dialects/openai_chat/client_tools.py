"""The tools of a chat body, and which of them must be called; today's form and the old `functions`."""

from __future__ import annotations

from ...fields import Fields
from ...openai_functions import read_function
from ...prompt import HostedTool, Tool, ToolChoice


def read_tools(fields: Fields) -> tuple[tuple[Tool, ...], tuple[HostedTool, ...]]:
    """Function tools, and all others (custom ones too) as they came."""
    tools: list[Tool] = []
    hosted: list[HostedTool] = []
    for item in fields.objects("tools"):
        kind = item.required_text("type")
        function = item.object("function") if kind == "function" else None
        if function is not None:
            tools.append(read_function(function, item.raw("cache_control")))
        elif kind == "function":
            raise item.fault("function", "is required")
        else:
            hosted.append(HostedTool(kind, {"type": kind} | item.take_rest()))
    tools += [read_function(function) for function in fields.objects("functions")]
    return tuple(tools), tuple(hosted)


def read_tool_choice(fields: Fields, *, has_tools: bool) -> ToolChoice | None:
    """"auto" | "none" | "required" | {"type": "function", "function": {"name"}} | {"type": "allowed_tools", …}.

    Raises ClientFault, as OpenAI does, for a call that must be made where there is nothing to call.
    """
    choice = _read_choice(fields)
    if choice is not None and choice.mode in ("required", "named") and not has_tools:
        given = "tool_choice" if fields.holds("tool_choice") else "function_call"
        raise fields.fault(given, f"there is no tool {', '.join(map(repr, choice.names)) or 'to call'} in tools")
    return choice


def _read_choice(fields: Fields) -> ToolChoice | None:
    choice = fields.raw("tool_choice")
    if choice is None:
        return _read_function_call(fields)
    if choice in ("auto", "none", "required"):
        return ToolChoice(choice)
    if choice == "any":  # Mistral's word, sent by clients that switch between the two
        return ToolChoice("required")
    wide = fields.object("tool_choice") if isinstance(choice, dict) else None
    if wide is None:
        raise fields.fault("tool_choice", 'expected "auto", "none", "required" or an object')
    kind = wide.text("type")
    if kind == "allowed_tools":
        return _read_allowed(wide)
    named = wide.object("function" if kind != "custom" else "custom")
    if named is None:
        raise wide.fault("function", "is required")
    return ToolChoice("named", (named.required_text("name"),))


def _read_allowed(wide: Fields) -> ToolChoice:
    allowed = wide.object("allowed_tools") or wide
    names = []
    for tool in allowed.objects("tools"):
        tool.pass_over("type")
        function = tool.object("function")
        names.append((function or tool).required_text("name"))
    return ToolChoice("required" if allowed.text("mode") == "required" else "auto", tuple(names))


def _read_function_call(fields: Fields) -> ToolChoice | None:
    choice = fields.raw("function_call")
    if choice in ("auto", "none"):
        return ToolChoice(choice)
    named = fields.object("function_call") if isinstance(choice, dict) else None
    return ToolChoice("named", (named.required_text("name"),)) if named is not None else None
