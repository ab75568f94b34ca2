"""Prompt → a chat body for an OpenAI-compatible backend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...interface import RequestContext, Written
from ...losses import Losses
from ...passthrough_request import fit_written
from ...prompt import OutputFormat, Prompt, Reasoning
from .backend_messages import write_messages
from .backend_tools import write_tool_choice, write_tools
from .names import FIELDS_OF_CHAT, VENDOR_FIELDS

_SCHEMA_NAME = "answer"  # OpenAI wants one
# Neutral name of a dial → the body's. The limit's own name is the backend's choice.
_DIALS = (
    "temperature", "top_p", "top_k", "seed", "n", "frequency_penalty", "presence_penalty", "logit_bias", "logprobs",
    "top_logprobs",
)  # fmt: skip
# A client that counts thought tokens → the effort that is nearest.
_EFFORTS = ((1024, "minimal"), (4096, "low"), (16384, "medium"))
# What the rules for a passed-through body call a field → its neutral name, for the loss report.
_NEUTRAL = {"response_format": "output", "reasoning_effort": "reasoning", "max_completion_tokens": "max_tokens"}


def write_request(prompt: Prompt, context: RequestContext) -> Written:
    """Prompt(model=…, turns=(user "hi",)) → {"model", "messages": [{"role": "user", "content": "hi"}], …}.

    `context.profile` is the row's `RequestQuirks`, applied by the same rules as to a body that is passed through. The
    body's values come as JSON texts (msgspec.Raw). Raises ClientFault for tools that this backend's chat has not.
    """
    quirks = context.profile
    body: dict[str, Any] = {"model": context.model, "messages": write_messages(prompt.turns, context)}
    if tools := write_tools(prompt, context):
        body["tools"] = tools
        if choice := write_tool_choice(prompt):
            body["tool_choice"] = choice
        if prompt.parallel_tool_calls is not None:
            body["parallel_tool_calls"] = prompt.parallel_tool_calls
    _write_sampling(body, prompt, quirks.max_tokens_name or "max_tokens")
    if prompt.output is not None:
        body["response_format"] = _write_output(prompt.output)
    if prompt.reasoning is not None and (effort := _write_effort(prompt.reasoning, context.losses)):
        body["reasoning_effort"] = effort
    _write_rest(body, prompt, context.losses)
    fitting = Losses({name: prompt.spelling.get(neutral, neutral) for name, neutral in _NEUTRAL.items()})
    fitted = fit_written(body, quirks, fitting, prompt.stream, context.recall)
    for loss in fitting.report():
        if loss.what != "renamed":  # in a body of another dialect than the client's, every name is new
            context.losses.add(loss.field, loss.what, loss.why)
    return Written(fitted)


def _write_sampling(body: dict[str, Any], prompt: Prompt, max_tokens_name: str) -> None:
    sampling = prompt.sampling
    if sampling.max_tokens is not None:
        body[max_tokens_name] = sampling.max_tokens
    if sampling.stop:
        body["stop"] = list(sampling.stop)
    for name in _DIALS:
        if (value := getattr(sampling, name)) is not None:
            body[name] = value


def _write_output(output: OutputFormat) -> Mapping[str, Any]:
    if output.kind == "json_object":
        return {"type": "json_object"}
    schema: dict[str, Any] = {"name": output.name or _SCHEMA_NAME}
    if output.description:
        schema["description"] = output.description
    schema["schema"] = output.schema or {"type": "object"}
    if output.strict is not None:
        schema["strict"] = output.strict
    return {"type": "json_schema", "json_schema": schema}


def _write_effort(reasoning: Reasoning, losses: Losses) -> str:
    if reasoning.effort or reasoning.budget_tokens is None:
        return reasoning.effort
    effort = next((effort for limit, effort in _EFFORTS if reasoning.budget_tokens <= limit), "high")
    losses.approximate("reasoning", f"chat completions count no thought tokens: the effort {effort!r} is asked for")
    return effort


def _write_rest(body: dict[str, Any], prompt: Prompt, losses: Losses) -> None:
    if prompt.user:
        body["user"] = prompt.user
    if prompt.service_tier:
        body["service_tier"] = prompt.service_tier
    if prompt.metadata:
        losses.drop("metadata", "chat completions keep it only with what they store")
    for name, value in prompt.other.items():
        if name in FIELDS_OF_CHAT or name in VENDOR_FIELDS:
            body[name] = value
        else:
            losses.drop(name, "chat completions have no such setting")
