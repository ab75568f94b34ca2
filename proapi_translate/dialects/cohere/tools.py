"""Tools, and which of them must be called, in Cohere's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...losses import Losses
from ...prompt import OutputFormat, Prompt, Tool

Native = dict[str, Any]

# "auto" is said by saying nothing; a named tool by offering it alone.
_CHOICES: Mapping[str, str | None] = {"auto": None, "none": "NONE", "required": "REQUIRED", "named": "REQUIRED"}
_NO_PARAMETERS: Native = {"type": "object", "properties": {}}
_OUTPUT_NAME = "answer_in_the_required_form"


def write_tools(prompt: Prompt, losses: Losses) -> Native:
    """{"tools": […], "tool_choice": "REQUIRED", "strict_tools": true}, of which only what is needed.

    Raises ClientFault for a tool that is to be called and is not there, and for tools that the vendor would run.
    """
    for hosted in prompt.hosted_tools:
        raise losses.refuse("tools", f"Cohere runs no tool of the type {hosted.type!r}")
    tools = _offered(prompt, losses)
    fields: Native = {"tools": [_write_tool(tool) for tool in tools]} if tools else {}
    mode = prompt.tool_choice.mode if prompt.tool_choice is not None else "auto"
    choice = _CHOICES[mode]
    if choice and tools:
        fields["tool_choice"] = choice
    elif mode in ("required", "named"):
        raise losses.refuse("tool_choice", "there are no tools to choose from")
    if _are_strict(tools, losses):
        fields["strict_tools"] = True
    if prompt.parallel_tool_calls is False:
        losses.drop("parallel_tool_calls", "Cohere may call several tools at once")
    return fields


def _offered(prompt: Prompt, losses: Losses) -> Sequence[Tool]:
    names = prompt.tool_choice.names if prompt.tool_choice is not None else ()
    unknown = set(names) - {tool.name for tool in prompt.tools}
    if unknown:
        raise losses.refuse("tool_choice", f"no such tool: {', '.join(sorted(unknown))}")
    return [tool for tool in prompt.tools if tool.name in names] if names else prompt.tools


def _write_tool(tool: Tool) -> Native:
    function: Native = {"name": tool.name}
    if tool.description:
        function["description"] = tool.description
    # Required by Cohere; a tool without arguments has an empty object's.
    function["parameters"] = dict(tool.parameters) if tool.parameters else dict(_NO_PARAMETERS)
    return {"type": "function", "function": function}


def _are_strict(tools: Sequence[Tool], losses: Losses) -> bool:
    """strict_tools holds for all tools of a request, and each must then have a required parameter.

    docs.cohere.com/docs/tool-use-parameter-types, read 2026-11-25.
    """
    strict = [tool for tool in tools if tool.strict]
    if not strict:
        return False
    if not all((tool.parameters or {}).get("required") for tool in tools):
        losses.drop("tools.strict", "Cohere checks tools strictly only if each has a required parameter")
        return False
    if len(strict) < len(tools):
        losses.approximate("tools.strict", "Cohere checks all tools of a request strictly, or none")
    return True


def add_output_tool(fields: Native, output: OutputFormat) -> str:
    """A tool whose input is the answer, among `fields`' other tools; gives its name.

    Cohere takes no response_format beside tools. The model must then call: one of the client's tools, or this one.
    """
    if fields.get("tool_choice") == "NONE":
        fields["tools"] = []
    output_tool = Tool(
        name=_OUTPUT_NAME,
        description=output.description or "Gives the final answer. Call it once no other tool is needed any more.",
        parameters=output.schema or {"type": "object"},
    )
    fields["tools"] = [*fields["tools"], _write_tool(output_tool)]
    fields["tool_choice"] = "REQUIRED"
    return _OUTPUT_NAME
