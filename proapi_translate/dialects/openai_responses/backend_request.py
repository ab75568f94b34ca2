"""Prompt → a Responses body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...interface import RequestContext, Written
from ...losses import Losses
from ...prompt import OutputFormat, Prompt, Reasoning
from .backend_items import write_items
from .backend_names import (
    LOGPROBS,
    MIN_OUTPUT_TOKENS,
    NATIVE_FIELDS,
    SEALED_THOUGHTS,
    SHARED_FIELDS,
    is_reasoning_model,
)
from .backend_tools import write_tool_choice, write_tools

_SCHEMA_NAME = "answer"  # one is required
_DIALS = ("temperature", "top_p", "top_logprobs")
_READ_ELSEWHERE = frozenset({"store", "verbosity", "web_search_options", "modalities"})


def write_request(prompt: Prompt, context: RequestContext) -> Written:
    """Prompt(model=…, turns=(user "hi",)) → {"model", "input": [{"role": "user", "content": "hi"}], "store": false, …}.

    Nothing is stored at the backend unless the client says so: the conversation comes whole each time, its thoughts in
    `encrypted_content`. `context.profile` is the row's `RequestQuirks`. Raises ClientFault for several choices and for
    sound.
    """
    losses = context.losses
    _refuse_impossible(prompt, losses)
    body: dict[str, Any] = {"model": context.model, "input": write_items(prompt.turns, context)}
    if tools := write_tools(prompt, losses):
        body["tools"] = tools
        if (choice := write_tool_choice(prompt)) is not None:
            body["tool_choice"] = choice
        if prompt.parallel_tool_calls is not None:
            body["parallel_tool_calls"] = prompt.parallel_tool_calls
    _write_sampling(body, prompt, context)
    _write_text(body, prompt)
    if reasoning := _write_reasoning(prompt.reasoning, context):
        body["reasoning"] = reasoning
    body["store"] = prompt.other.get("store") is True
    if include := _include(prompt, context.model):
        body["include"] = include
    _write_rest(body, prompt, losses)
    if prompt.stream:
        body["stream"] = True
    return Written(body)


def _refuse_impossible(prompt: Prompt, losses: Losses) -> None:
    if (prompt.sampling.n or 1) > 1:
        raise losses.refuse("n", "the Responses API gives one answer per request")
    modalities = prompt.other.get("modalities")
    if isinstance(modalities, list) and "audio" in modalities:
        raise losses.refuse("modalities", "the Responses API does not answer in sound")


def _write_sampling(body: dict[str, Any], prompt: Prompt, context: RequestContext) -> None:
    losses, profile, dials = context.losses, context.profile, prompt.sampling.given()
    if (limit := dials.pop("max_tokens", None)) is not None:
        if limit < MIN_OUTPUT_TOKENS:
            losses.approximate("max_tokens", f"the Responses API takes no limit under {MIN_OUTPUT_TOKENS}")
        body["max_output_tokens"] = max(limit, MIN_OUTPUT_TOKENS)
    for name in ("n", "logprobs"):  # n is one; logprobs are asked for by `include`
        dials.pop(name, None)
    for name, value in dials.items():
        if name not in _DIALS:
            losses.drop(name, "the Responses API has no such setting")
        elif name not in profile.refused:
            body[name] = value
        elif value != 1:
            losses.drop(name, f"{profile.backend} does not take it")


def _write_text(body: dict[str, Any], prompt: Prompt) -> None:
    """{"text": {"format": {"type": "json_schema", "name", "schema", …}, "verbosity": "low"}}."""
    text: dict[str, Any] = {}
    if prompt.output is not None:
        text["format"] = _write_format(prompt.output)
    if verbosity := prompt.other.get("verbosity"):
        text["verbosity"] = verbosity
    if text:
        body["text"] = text


def _write_format(output: OutputFormat) -> Mapping[str, Any]:
    if output.kind == "json_object":
        return {"type": "json_object"}
    form: dict[str, Any] = {"type": "json_schema", "name": output.name or _SCHEMA_NAME}
    if output.description:
        form["description"] = output.description
    # As with tools: what is not said is true here, and false in chat.
    return form | {"schema": output.schema or {"type": "object"}, "strict": bool(output.strict)}


def _write_reasoning(reasoning: Reasoning | None, context: RequestContext) -> dict[str, Any]:
    """A summary only where the client asks for one: OpenAI refuses it to organisations that are not verified."""
    if reasoning is None:
        return {}
    if reasoning.budget_tokens is not None:
        context.losses.drop("reasoning", "the Responses API counts no thought tokens: say an effort")
    fields = {"effort": _fit_effort(reasoning.effort, context), "summary": reasoning.summary}
    return {name: value for name, value in fields.items() if value}


def _fit_effort(effort: str, context: RequestContext) -> str:
    """The effort in the backend's own word; "" where its model takes none."""
    profile, losses = context.profile, context.losses
    if effort and "reasoning_effort" in profile.refused:
        losses.drop("reasoning", f"{profile.backend} takes no effort for this model")
        return ""
    word: str = profile.effort.words.get(effort, effort) if profile.effort is not None else effort
    if word != effort:
        losses.approximate("reasoning", f"{profile.backend} knows no {effort!r} here: {word!r} is sent")
    return word


def _include(prompt: Prompt, model: str) -> list[str]:
    thinks = is_reasoning_model(model) or (prompt.reasoning is not None and prompt.reasoning.effort not in ("", "none"))
    wanted = {SEALED_THOUGHTS: thinks, LOGPROBS: bool(prompt.sampling.logprobs or prompt.sampling.top_logprobs)}
    return [name for name, is_wanted in wanted.items() if is_wanted]


def _write_rest(body: dict[str, Any], prompt: Prompt, losses: Losses) -> None:
    given = {"user": prompt.user, "metadata": prompt.metadata, "service_tier": prompt.service_tier}
    body.update({name: value for name, value in given.items() if value})
    for name, value in prompt.other.items():
        if name in SHARED_FIELDS or name in NATIVE_FIELDS:
            body[name] = value
        elif name not in _READ_ELSEWHERE:
            losses.drop(name, "the Responses API has no such setting")
