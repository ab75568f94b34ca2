"""A chat body → Prompt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from ...fields import Fields
from ...openai_dials import read_dials
from ...openai_output import read_output
from ...prompt import OutputFormat, Prompt, Reasoning, Sampling
from .client_messages import read_messages
from .client_tools import read_tool_choice, read_tools
from .names import MAX_TOKENS_NAMES


def read_request(body: Mapping[str, Any]) -> Prompt:
    """{"model": "m", "messages": [{"role": "user", "content": "hi"}], "seed": 7} → Prompt(model="m", turns=…, …).

    Raises ClientFault (400) that names the field for anything that OpenAI would refuse too. Fields without a neutral
    place end in `Prompt.other`, those of messages and tools too, by their paths ("messages[].audio").
    """
    fields = Fields(body)
    model = fields.required_text("model")
    turns = read_messages(fields)
    tools, hosted_tools = read_tools(fields)
    sampling, spelling = _read_sampling(fields)
    fields.raw("stream_options")  # decides the reply's form (Asked), not the request
    output = _read_output(fields)
    return Prompt(
        model=model,
        turns=turns,
        tools=tools,
        hosted_tools=hosted_tools,
        tool_choice=read_tool_choice(fields, has_tools=bool(tools or hosted_tools)),
        parallel_tool_calls=fields.flag("parallel_tool_calls"),
        output=output,
        reasoning=_read_reasoning(fields),
        sampling=sampling,
        user=fields.text("user"),
        metadata=fields.mapping("metadata"),
        service_tier=fields.text("service_tier"),
        stream=bool(fields.raw("stream")),
        other=fields.rest() | fields.rest_within(),  # last: what is left over is known when all else has been read
        spelling=spelling | _SPELLING | {name: theirs for name, theirs in _OTHER_WORDS if fields.holds(theirs)},
    )


_SPELLING = {"output": "response_format", "reasoning": "reasoning_effort", "thoughts": "messages[].reasoning_details"}
# Neutral name → a client's other word for it, told by its being there.
_OTHER_WORDS = (
    ("reasoning", "reasoning"),
    ("tools", "functions"),
    ("tool_choice", "function_call"),
    ("cache_control", "prompt_cache_breakpoint"),
)


def _read_sampling(fields: Fields) -> tuple[Sampling, dict[str, str]]:
    dials, limit_name = read_dials(fields, MAX_TOKENS_NAMES)
    logprobs, top_logprobs = fields.flag("logprobs"), fields.integer("top_logprobs")
    return replace(dials, logprobs=logprobs, top_logprobs=top_logprobs), {"max_tokens": limit_name}


def _read_output(fields: Fields) -> OutputFormat | None:
    response_format = fields.object("response_format")
    return None if response_format is None else read_output(response_format, "json_schema")


def _read_reasoning(fields: Fields) -> Reasoning | None:
    """`reasoning_effort`, OpenAI's own; or `reasoning` {effort, summary, max_tokens, enabled}, OpenRouter's."""
    effort = fields.text("reasoning_effort")
    if effort:
        return Reasoning(effort)
    inner = fields.object("reasoning") if isinstance(fields.peek("reasoning"), dict) else None
    if inner is None:
        return None
    if inner.flag("enabled") is False:
        return Reasoning("none")
    return Reasoning(inner.text("effort"), inner.text("summary"), inner.integer("max_tokens"))


