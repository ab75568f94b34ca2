"""Prompt → a body for Workers AI's native ai/run. The model stands in the path, not here."""

from __future__ import annotations

from typing import Any

from ...interface import RequestContext, Written
from ...losses import Losses, report_fields, report_words
from ...prompt import OutputFormat, Prompt, Sampling, Tool
from .messages import write_messages
from .names import DIALS, NATIVE_FIELDS

Native = dict[str, Any]
_BACKEND = "Workers AI's native API"


def write_request(prompt: Prompt, context: RequestContext) -> Written:
    """Prompt(turns=(user "go",)) → {"messages": [{"role": "user", "content": "go"}]}.

    Raises ClientFault for what it cannot do at all: several choices, log probabilities, sound, files, a tool that is
    not there.
    """
    losses = context.losses
    body: Native = {"messages": write_messages(prompt.turns, losses)}
    body |= _write_tools(prompt, losses)
    body |= _write_dials(prompt.sampling, losses)
    if prompt.output is not None:
        body["response_format"] = _write_output(prompt.output, losses)
    body |= {name: value for name, value in prompt.other.items() if name in NATIVE_FIELDS}
    if prompt.stream:
        body["stream"] = True
    if prompt.reasoning is not None:
        losses.drop("reasoning", f"{_BACKEND} has no such setting")
    report_fields(prompt, losses, _BACKEND, taken=NATIVE_FIELDS)
    report_words(prompt.turns, losses, _BACKEND)
    return Written(body)


def _write_output(output: OutputFormat, losses: Losses) -> Native:
    """Its json_schema is the bare schema, without OpenAI's name and strictness."""
    if output.strict:
        # developers.cloudflare.com/workers-ai/features/json-mode, read 2026-11-25.
        losses.drop("response_format.json_schema.strict", f"{_BACKEND} does not promise to keep to the schema")
    schema = {"json_schema": output.described_schema()} if output.schema else {}
    return {"type": output.kind} | schema


def _write_tools(prompt: Prompt, losses: Losses) -> Native:
    """{"tools": […], "tool_choice": "required"}. A named tool is offered alone and required: it has no other way."""
    for hosted in prompt.hosted_tools:
        raise losses.refuse("tools", f"Workers AI runs no tool of the type {hosted.type!r}")
    choice = prompt.tool_choice
    names = choice.names if choice is not None else ()
    unknown = set(names) - {tool.name for tool in prompt.tools}
    if unknown:
        raise losses.refuse("tool_choice", f"no such tool: {', '.join(sorted(unknown))}")
    tools = [_write_tool(tool, losses) for tool in prompt.tools if not names or tool.name in names]
    if prompt.parallel_tool_calls is False:
        losses.drop("parallel_tool_calls", "Workers AI has no such setting")
    if not tools:
        return {}
    mode = choice.mode if choice is not None else None
    said = {"tool_choice": "required" if mode == "named" else mode} if mode else {}
    return {"tools": tools} | said


def _write_tool(tool: Tool, losses: Losses) -> Native:
    if tool.strict:
        losses.drop("tools.strict", "Workers AI does not check tool calls against their schema")
    function = {
        "name": tool.name,
        "description": tool.description,  # required by its schema, as parameters are
        "parameters": dict(tool.parameters) if tool.parameters else {"type": "object", "properties": {}},
    }
    return {"type": "function", "function": function}


def _write_dials(sampling: Sampling, losses: Losses) -> Native:
    dials: Native = {}
    for name, value in sampling.given().items():
        if name in DIALS:
            dials[name] = value
        elif name == "n" and value > 1:
            raise losses.refuse("n", "Workers AI gives one answer a request")
        elif name == "logprobs" and value:
            raise losses.refuse("logprobs", "Workers AI's native API tells no log probabilities")
        elif name not in ("n", "logprobs"):
            losses.drop(name, "Workers AI's native API has no such setting")
    return dials
