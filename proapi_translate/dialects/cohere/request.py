"""Prompt → a Cohere v2 chat body."""

from __future__ import annotations

from typing import Any

from ...interface import RequestContext, Written
from ...losses import DETAIL, Losses, report_fields, report_words
from ...prompt import Prompt, Sampling
from .messages import write_messages
from .names import DIALS, EFFORT_BUDGETS, NATIVE_FIELDS, RANGES, STOP_SEQUENCES_MAX, thinks
from .tools import add_output_tool, write_tools

Native = dict[str, Any]
_BACKEND = "Cohere"


def write_request(prompt: Prompt, context: RequestContext) -> Written:
    """Prompt(turns=(user "go",), sampling=Sampling(top_p=0.5)) → {"model", "messages": […], "p": 0.5}.

    Raises ClientFault for what Cohere cannot do at all: several choices, sound, files that are not text, a tool that
    is not there.
    """
    losses = context.losses
    messages, documents = write_messages(prompt.turns, context)
    tool_fields = write_tools(prompt, losses)
    output_tool = _write_output(prompt, tool_fields, losses)
    body: Native = {"model": context.model, "messages": messages} | tool_fields
    body |= _write_dials(prompt.sampling, losses)
    thinking = _write_thinking(prompt, context)
    if thinking:
        body["thinking"] = thinking
    body |= {name: value for name, value in prompt.other.items() if name in NATIVE_FIELDS}
    if documents:
        body["documents"] = [*body.get("documents", ()), *documents]
    if prompt.stream:
        body["stream"] = True
    report_fields(prompt, losses, _BACKEND, taken=NATIVE_FIELDS)
    report_words(prompt.turns, losses, _BACKEND, taken=(DETAIL,))
    return Written(body, output_tool)


def _write_dials(sampling: Sampling, losses: Losses) -> Native:
    dials: Native = {}
    for name, value in sampling.given().items():
        field = DIALS.get(name)
        if field is not None:
            dials[field] = _fit(name, value, losses)
        elif name == "n" and value > 1:
            raise losses.refuse("n", "Cohere gives one answer a request")
        elif name != "n":
            losses.drop(name, "Cohere has no such setting")
    return dials


def _fit(name: str, value: Any, losses: Losses) -> Any:
    """The nearest legal value."""
    if name == "stop":
        if len(value) > STOP_SEQUENCES_MAX:
            losses.approximate("stop", f"Cohere takes {STOP_SEQUENCES_MAX} stop sequences: the first ones are sent")
        return list(value[:STOP_SEQUENCES_MAX])
    low, high = RANGES.get(name, (value, value))
    if not low <= value <= high:
        losses.approximate(name, f"Cohere takes {low:g} to {high:g}")
    return min(max(value, low), high)


def _write_thinking(prompt: Prompt, context: RequestContext) -> Native:
    reasoning = prompt.reasoning
    if reasoning is None:
        return {}
    off = reasoning.effort == "none" or reasoning.budget_tokens == 0
    if not thinks(context.model):
        if not off:
            context.losses.drop("reasoning", f"{context.model} does not think")
        return {}
    if off:
        return {"type": "disabled"}
    budget = reasoning.budget_tokens or EFFORT_BUDGETS.get(reasoning.effort)
    return {"type": "enabled"} | ({"token_budget": budget} if budget else {})


def _write_output(prompt: Prompt, tool_fields: Native, losses: Losses) -> str:
    """Puts response_format, or the tool that stands in for it, into `tool_fields`; gives that tool's name."""
    output = prompt.output
    if output is None:
        return ""
    if not tool_fields.get("tools"):
        schema = {"json_schema": output.described_schema()} if output.schema else {}
        tool_fields["response_format"] = {"type": "json_object"} | schema
    elif tool_fields.get("tool_choice") == "REQUIRED":
        losses.approximate("output", "Cohere takes no response_format beside tools, and here one must be called anyway")
    elif output.schema:
        losses.approximate("output", "Cohere takes no response_format beside tools: a tool's input takes its place")
        return add_output_tool(tool_fields, output)
    else:
        losses.drop("output", "Cohere takes no response_format beside tools")
    return ""
