"""A Responses body → Prompt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import ClientFault
from ...fields import Fields
from ...losses import Losses
from ...openai_output import read_output
from ...prompt import OutputFormat, Prompt, Reasoning, Sampling, ToolChoice
from .client_tool_forms import ToolForms
from .client_tools import read_tools
from .client_turns import read_input, wants_summary
from .names import LOGPROBS, REPEATED, SEALED_THOUGHTS, SEARCH_SOURCES, SERVICE_TIERS, SPELLING

# Values of `include` that the reply's writer sees to.
_GIVEN = frozenset({SEALED_THOUGHTS, LOGPROBS, SEARCH_SOURCES})
# Fields whose whole worth is in the reply, or in what is kept of it: the gateway and the reply's writer read them.
_OF_THE_REPLY = ("store", "stream")
# A field's value that asks for nothing that is not done anyway.
_ALREADY_SO: Mapping[str, Any] = {"truncation": "disabled", "background": False, "verbosity": "medium"}
# What would cost the client its earlier turns or its own instructions if it were passed over.
_NOT_KEPT_HERE = {
    "conversation": "conversations are not kept here; send the earlier items in `input`, or use previous_response_id",
    "prompt": "prompt templates are kept by OpenAI alone; send the text itself as `instructions` or `input`",
}


def read_request(body: Mapping[str, Any]) -> Prompt:
    """{"model": "m", "input": "hi", "max_output_tokens": 99} → Prompt(model="m", turns=(user "hi",), …).

    Raises ClientFault (400) that names the field for what OpenAI would refuse too, and for what cannot be had without
    OpenAI. Fields without a neutral place end in `Prompt.other` (those of items and tools by their paths:
    "tools[].defer_loading"), or in `Prompt.lost` where no backend takes them.
    """
    fields, losses = Fields(body), Losses({})
    model = fields.required_text("model")
    _refuse_foreign_state(fields)
    forms = ToolForms(body)
    given = read_input(fields, forms, losses)
    tools = read_tools(fields, given.tools, forms, losses)
    output, verbosity = _read_text_config(fields)
    reasoning = _read_reasoning(fields)
    sampling = _read_sampling(fields, _read_include(fields, losses))
    user, user_field = _read_user(fields)
    tier = fields.text("service_tier")
    metadata = fields.mapping("metadata")
    summary = wants_summary(body)
    parallel = fields.flag("parallel_tool_calls")
    _read_background(fields, losses)
    _read_context_management(fields, losses)
    _read_stream_options(fields, losses)
    fields.pass_over(*_OF_THE_REPLY)
    other = fields.rest() | fields.rest_within() | ({"verbosity": verbosity} if verbosity else {})
    return Prompt(
        model=model,
        turns=given.turns,
        tools=tools.tools,
        hosted_tools=() if summary else tools.hosted,
        # functions stay: the calls of the earlier turns are theirs
        tool_choice=(ToolChoice("none") if tools.tools else None) if summary else tools.choice,
        parallel_tool_calls=parallel,
        output=output,
        reasoning=reasoning,
        sampling=sampling,
        user=user,
        metadata=metadata,
        service_tier=SERVICE_TIERS.get(tier, tier),
        other={name: value for name, value in other.items() if _ALREADY_SO.get(name) != value},
        spelling={**SPELLING, "user": user_field},
        lost=losses.report(),
    )


def _refuse_foreign_state(fields: Fields) -> None:
    previous = fields.raw("previous_response_id")
    if previous is not None:
        # The gateway puts the earlier turns in place of the id before it comes here: it knows this one no more.
        raise ClientFault(
            f"Previous response with id '{previous}' not found.",
            status=404,
            param="previous_response_id",
            code="previous_response_not_found",
        )
    for name, why in _NOT_KEPT_HERE.items():
        if fields.raw(name) is not None:
            raise fields.fault(name, why)


def _read_include(fields: Fields, losses: Losses) -> bool:
    """Are log probabilities wanted? The values that nobody here can give are reported."""
    wanted = fields.items("include")
    for value in wanted:
        if value not in _GIVEN and value not in REPEATED:
            losses.drop("include", f"{value} is only there for OpenAI's own tools")
    return LOGPROBS in wanted


def _read_sampling(fields: Fields, wants_logprobs: bool) -> Sampling:
    top_logprobs = fields.integer("top_logprobs") or None
    max_tokens = fields.integer("max_output_tokens")
    if max_tokens is not None and max_tokens < 1:
        raise fields.fault("max_output_tokens", "must be at least 1")
    return Sampling(
        max_tokens=max_tokens,
        temperature=fields.number_in("temperature", 0, 2),
        top_p=fields.number_in("top_p", 0, 1),
        logprobs=True if wants_logprobs or top_logprobs else None,
        top_logprobs=top_logprobs,
    )


def _read_text_config(fields: Fields) -> tuple[OutputFormat | None, str]:
    """`text`: the answer's form, and its length ("" for none)."""
    text = fields.object("text")
    if text is None:
        return None, ""
    form = text.object("format")
    return None if form is None else read_output(form), text.text("verbosity")


def _read_reasoning(fields: Fields) -> Reasoning | None:
    reasoning = fields.object("reasoning")
    if reasoning is None:
        return None
    effort = reasoning.text("effort")
    summary = reasoning.text("summary") or reasoning.text("generate_summary")
    budget = reasoning.integer("max_tokens")  # OpenRouter's
    return Reasoning(effort, summary, budget) if effort or summary or budget else None


def _read_user(fields: Fields) -> tuple[str, str]:
    """The end user's mark, and the field that it stands in: `safety_identifier`, or `user`, its old name."""
    old, new = fields.text("user"), fields.text("safety_identifier")
    return (new, "safety_identifier") if new else (old, "user")


def _read_background(fields: Fields, losses: Losses) -> None:
    """Whoever asks again for a response that is complete already finds it so."""
    if fields.flag("background"):
        losses.approximate("background", "the reply is made at once: it comes complete, with nothing to wait for")


def _read_context_management(fields: Fields, losses: Losses) -> None:
    """OpenAI's is a list; Anthropic has a field of the same name, an object, which must not get it."""
    if isinstance(fields.peek("context_management"), list):
        fields.pass_over("context_management")
        losses.drop("context_management", "earlier turns are not made shorter here")


def _read_stream_options(fields: Fields, losses: Losses) -> None:
    options = fields.object("stream_options")
    if options is None:
        return
    if options.flag("include_obfuscation"):
        losses.drop("stream_options.include_obfuscation", "events are not padded here")
    options.pass_over("include_usage")  # chat's word, sent by clients that speak both; usage is always told
