"""Tools and which of them must be called → Converse's toolConfig."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...prompt import HostedTool, Tool, ToolChoice
from ...repair import safe_id
from .draft import Draft
from .messages import called_names, holds_tool_blocks
from .output import OUTPUT_TOOL, close_schema, needs_output_tool
from .parts import Block, PartWriter

_AUTO = ToolChoice("auto")
# Of a hosted tool's settings; a container is where OpenAI runs code.
_WITHOUT_LOSS = frozenset({"type", "container"})
_STUB: Mapping[str, Any] = {"type": "object"}


def write_tools(draft: Draft) -> None:
    """Fill body["toolConfig"]. Needs body["messages"]: a history with tool blocks must not go without a toolConfig."""
    choice = _choice_of_functions(draft)
    tools = _offered(draft.prompt.tools, choice, draft)
    specs = _write_specs(tools, draft) + _write_hosted(draft.prompt.hosted_tools, choice, draft)
    if needs_output_tool(draft):
        specs.append(_output_spec(draft))
        draft.output_tool = OUTPUT_TOOL
        choice = ToolChoice("named", (OUTPUT_TOOL,)) if len(specs) == 1 else ToolChoice("required")
    if not specs and holds_tool_blocks(draft.body["messages"]):
        specs = [_spec(name, _STUB) for name in called_names(draft.body["messages"])]
        choice = _AUTO
    if not specs:
        return
    draft.body["toolConfig"] = config = {"tools": specs}
    written = _write_choice(choice, config, draft)
    _write_parallel(written, config, draft)


def _choice_of_functions(draft: Draft) -> ToolChoice:
    """The choice, without a demand for one of the vendor's own tools."""
    choice = draft.prompt.tool_choice or _AUTO
    if choice.mode == "named" and choice.names[0] in {tool.type for tool in draft.prompt.hosted_tools}:
        draft.losses.approximate("tool_choice", "this model cannot be made to use the vendor's own tools: it may")
        return _AUTO
    return choice


def _offered(tools: Sequence[Tool], choice: ToolChoice, draft: Draft) -> Sequence[Tool]:
    """The tools that the choice leaves. "none" is not to be said in Converse: what is not offered is not called."""
    if choice.mode == "none":
        if tools and holds_tool_blocks(draft.body["messages"]):
            draft.losses.approximate("tool_choice", "the history's tools must stay defined: the model may call them")
            return tools
        return ()
    unknown = set(choice.names) - {tool.name for tool in tools}
    if unknown:
        raise draft.losses.refuse("tool_choice", f"no such tool: {', '.join(sorted(unknown))}")
    narrowed = choice.mode != "named" or "tool" not in draft.model.forced
    return [tool for tool in tools if tool.name in choice.names] if choice.names and narrowed else tools


def _write_specs(tools: Sequence[Tool], draft: Draft) -> list[Block]:
    writer = PartWriter(draft.model, draft.losses)
    specs: list[Block] = []
    for tool in tools:
        schema: Mapping[str, Any] = {"type": "object"} | dict(tool.parameters or {})
        strict = bool(tool.strict) and draft.model.json_schema
        if tool.strict and not strict:
            draft.losses.drop("tools.strict", "this model does not enforce a tool's schema")
        spec = _spec(safe_id(tool.name), close_schema(schema, "tools.strict", draft.losses) if strict else schema)
        if tool.description:
            spec["toolSpec"]["description"] = tool.description
        if strict:
            spec["toolSpec"]["strict"] = True
        specs += [spec, *writer.cache_point([tool], "tools")]
    return specs


def _spec(name: str, schema: Mapping[str, Any]) -> Block:
    return {"toolSpec": {"name": name, "inputSchema": {"json": dict(schema)}}}


def _output_spec(draft: Draft) -> Block:
    output = draft.prompt.output
    assert output is not None
    spec = _spec(OUTPUT_TOOL, {"type": "object"} | dict(output.schema or {}))
    spec["toolSpec"]["description"] = output.description or "Give the answer in this form."
    return spec


def _write_hosted(tools: Sequence[HostedTool], choice: ToolChoice, draft: Draft) -> list[Block]:
    specs: list[Block] = []
    for tool in tools:
        name = draft.model.hosted.get(tool.type.partition("_preview")[0])
        if name is None:
            raise draft.losses.refuse("tools", f"this model has no tool of the type {tool.type!r}")
        for setting in [name for name in tool.body if name not in _WITHOUT_LOSS]:
            draft.losses.drop(f"tools.{tool.type}.{setting}", "this model's own tools take no settings")
        if choice.mode != "none":
            specs.append({"systemTool": {"name": name}})
    if "web_search_options" in draft.prompt.other and (search := draft.model.hosted.get("web_search")):
        specs.append({"systemTool": {"name": search}})
    return specs


def _write_choice(choice: ToolChoice, config: Block, draft: Draft) -> Mapping[str, Any]:
    """Write the choice; "auto" is what Converse does without one. Gives it in Claude's words, for _write_parallel."""
    if choice.mode == "named":
        return _write_named(choice.names[0], config, draft)
    if choice.mode == "required":
        if "any" in draft.model.forced:
            config["toolChoice"] = {"any": {}}
            return {"type": "any"}
        draft.losses.approximate("tool_choice", "this model cannot be made to call a tool: it may")
    elif draft.prompt.tool_choice is not None and choice.mode == "auto" and draft.model.forced:
        config["toolChoice"] = {"auto": {}}
    return {"type": "auto"}


def _write_named(name: str, config: Block, draft: Draft) -> Mapping[str, Any]:
    if "tool" in draft.model.forced:
        config["toolChoice"] = {"tool": {"name": safe_id(name)}}
        return {"type": "tool", "name": safe_id(name)}
    if "any" in draft.model.forced:  # `_offered` left only this one
        config["toolChoice"] = {"any": {}}
        return {"type": "any"}
    raise draft.losses.refuse("tool_choice", "this model cannot be made to call a tool")


def _write_parallel(choice: Mapping[str, Any], config: Block, draft: Draft) -> None:
    """One call at a time is Claude's own field; it then says the whole choice, as two that differ are refused."""
    if draft.prompt.parallel_tool_calls is not False:
        return
    if not draft.model.one_call:
        draft.losses.drop("parallel_tool_calls", "this model cannot be held to one call at a time")
        return
    config.pop("toolChoice", None)
    draft.model_fields["tool_choice"] = {**choice, "disable_parallel_tool_use": True}
