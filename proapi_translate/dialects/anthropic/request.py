"""Prompt → a Messages body."""

from __future__ import annotations

from typing import Any

from ...interface import RequestContext, Written
from ...json_schema import close_objects
from ...losses import Losses, report_fields, report_words
from ...prompt import OutputFormat, Prompt, Sampling, Text, Turn
from ...repair import drop_blank, hoist_system, merge_turns, with_distinct_ids
from .blocks import write_blocks, write_system
from .names import NATIVE_FIELDS, NATIVE_MARKS, REFUSED_KEYWORDS, SERVICE_TIERS, ModelTraits, traits_of
from .thinking import Thought, settle_thinking
from .tools import forces_a_tool, write_tool_choice, write_tools

_JSON_ONLY = "Answer with one JSON object only: no words before or after it, no code fence."
_CONTINUE = "Continue."
_OUTPUT_TOOL = "structured_output"


def write_request(prompt: Prompt, context: RequestContext) -> Written:
    """Prompt(model=…, turns=(user "hi",)) → {"model", "max_tokens", "messages": [{"role": "user", …}], …}.

    `max_tokens` is required by the API: where the client set none, it is the model's own limit. Raises ClientFault
    for what Claude cannot do at all: several choices, log probabilities, sound.
    """
    losses, traits = context.losses, traits_of(context.model)
    _refuse_impossible(prompt, losses)
    system, turns = hoist_system(prompt.turns)
    turns = with_distinct_ids(_settle_ends(merge_turns(drop_blanks(turns)), traits, losses), context.recall)
    max_tokens = prompt.sampling.max_tokens or traits.max_output_tokens
    body: dict[str, Any] = {"model": context.model, "max_tokens": max_tokens}
    tools = write_tools(prompt, context)
    output_tool = _write_output(body, prompt.output, tools, traits, losses)
    native = {name: value for name, value in prompt.other.items() if name in NATIVE_FIELDS}
    forced = bool(output_tool) or (forces_a_tool(prompt) and traits.forced_tools)
    thought = settle_thinking(prompt, turns, context, max_tokens, forced=forced)
    if blocks := write_system(system + _json_instruction(prompt.output)):
        body["system"] = blocks
    messages = [{"role": turn.role, "content": write_blocks(turn, context)} for turn in turns]
    body["messages"] = [message for message in messages if message["content"]]
    if tools:
        body["tools"] = tools
    if choice := write_tool_choice(prompt, output_tool, context, has_tools=bool(tools)):
        body["tool_choice"] = choice
    _write_thinking(body, thought)
    body.update(_sampling(prompt.sampling, traits, thought, losses))
    _write_rest(body, prompt, losses)
    body.update(native)
    if prompt.stream:
        body["stream"] = True
    return Written(body, output_tool)


def drop_blanks(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    return tuple(Turn(turn.role, drop_blank(turn.parts), turn.name) for turn in turns)


def _refuse_impossible(prompt: Prompt, losses: Losses) -> None:
    if (prompt.sampling.n or 1) > 1:
        raise losses.refuse("n", "Claude gives one choice per request")
    if prompt.sampling.logprobs or prompt.sampling.top_logprobs:
        raise losses.refuse("logprobs", "Claude does not tell log probabilities")


def _settle_ends(turns: tuple[Turn, ...], traits: ModelTraits, losses: Losses) -> tuple[Turn, ...]:
    """The first message must be the user's; the last one too where the model takes no prefill."""
    from_user = _user_turn(_CONTINUE)
    if not turns or turns[0].role != "user":
        losses.approximate("messages", "Claude's first message must be the user's: one was put before it")
        turns = (from_user, *turns)
    if turns[-1].role == "assistant" and not traits.prefill:
        losses.approximate("messages", "this model does not continue the assistant's message: it is asked to go on")
        turns = (*turns, from_user)
    return turns


def _user_turn(text: str) -> Turn:
    return Turn("user", (Text(text),))


def _json_instruction(output: OutputFormat | None) -> tuple[Any, ...]:
    return (Text(_JSON_ONLY),) if output is not None and output.kind == "json_object" else ()


def _write_output(
    body: dict[str, Any], output: OutputFormat | None, tools: list[dict[str, Any]], traits: ModelTraits, losses: Losses
) -> str:
    """The answer's form by the model's own means; else by a tool whose input is the answer. Gives that tool's name."""
    if output is None or output.schema is None:
        if output is not None:
            losses.approximate("output", "Claude has no JSON mode: it is asked for JSON in the system text")
        return ""
    if traits.native_schema:
        schema, told = close_objects(output.described_schema(), "response_format", REFUSED_KEYWORDS)
        if told:
            losses.approximate("output", f"Claude does not enforce {', '.join(sorted(told))}: told in the description")
        body["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
        return ""
    name = output.name or _OUTPUT_TOOL
    description = output.description or "Gives the answer in its required form."
    tools.append({"name": name, "description": description, "input_schema": dict(output.schema)})
    losses.approximate("output", "this model has no structured output: a tool's input takes its place")
    return name


def _write_thinking(body: dict[str, Any], thought: Thought) -> None:
    if thought.thinking:
        body["thinking"] = thought.thinking
    if thought.effort:
        body.setdefault("output_config", {})["effort"] = thought.effort


def _sampling(sampling: Sampling, traits: ModelTraits, thought: Thought, losses: Losses) -> dict[str, Any]:
    """The dials that this model takes in this request; the others are reported."""
    dials: dict[str, Any] = {}
    for name in sampling.given():
        if name not in _DIALS_HERE:
            losses.drop(name, "Claude has no such setting")
    stop = [text for text in sampling.stop if text.strip()]
    if len(stop) < len(sampling.stop):
        losses.drop("stop", "Claude takes no stop sequence of white space only")
    if stop:
        dials["stop_sequences"] = stop
    wanted = {name: getattr(sampling, name) for name in ("temperature", "top_p", "top_k")}
    given = {name: value for name, value in wanted.items() if value is not None}
    if not traits.sampling or thought.is_on:
        why = "this model takes no sampling settings" if not traits.sampling else "not taken together with thinking"
        for name, value in given.items():
            if not (name == "temperature" and value == 1):
                losses.drop(name, why)
        return dials
    if "temperature" in given and "top_p" in given:
        losses.drop("top_p", "Claude takes temperature or top_p, not both")
        del given["top_p"]
    if given.get("temperature", 0) > 1:
        losses.approximate("temperature", "Claude's highest temperature is 1")
        given["temperature"] = 1
    return dials | given


_DIALS_HERE = frozenset({"max_tokens", "temperature", "top_p", "top_k", "stop", "n", "logprobs", "top_logprobs"})


def _write_rest(body: dict[str, Any], prompt: Prompt, losses: Losses) -> None:
    if prompt.user:
        body["metadata"] = {"user_id": prompt.user}
    if prompt.metadata:
        losses.drop("metadata", "Claude keeps no metadata but a user id")
    if prompt.service_tier:
        tier = SERVICE_TIERS.get(prompt.service_tier)
        if tier:
            body["service_tier"] = tier
        else:
            losses.drop("service_tier", "Claude has no such tier")
    report_fields(prompt, losses, "Claude", _FIELDS)
    report_words(prompt.turns, losses, "Claude", NATIVE_MARKS)


_FIELDS = NATIVE_FIELDS | {"user", "metadata", "service_tier", "web_search_options"}
