"""Prompt → a Converse or ConverseStream body (the two are the same; the address tells them apart)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...interface import RequestContext, Written
from ...losses import report_fields, report_words
from ...prompt import Prompt
from ...repair import safe_id
from .draft import Draft
from .messages import write_messages
from .models import find_model
from .names import MODEL_FIELDS, OWN_FIELDS, SERVICE_TIERS
from .output import write_output
from .reasoning import write_reasoning
from .sampling import write_sampling
from .tools import write_tools

_METADATA_TEXT = re.compile(r"[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}")
_METADATA_LIMIT = 16
_BACKEND = "Bedrock's Converse"
_MARKS = frozenset({"cache_control", "citations"})  # that parts.py has a place for
_WORDS: Mapping[type, str] = {dict: "an object", list: "an array", str: "a string"}


def write_request(prompt: Prompt, context: RequestContext) -> Written:
    """{"messages": [{"role": "user", "content": [{"text": "hi"}]}], "inferenceConfig": {"maxTokens": 9}, …}.

    The model stands in the path, not here. Raises ClientFault for what Bedrock cannot do at all (n, logprobs, files
    by address, audio for a model that cannot hear).
    """
    draft = Draft(prompt, context, find_model(context.model))
    _take_own_fields(draft)
    write_messages(draft)
    write_tools(draft)
    write_output(draft)
    write_reasoning(draft)
    write_sampling(draft)
    _write_rest(draft)
    if draft.model_fields:
        draft.body[MODEL_FIELDS] = draft.model_fields
    names = {safe_id(tool.name): tool.name for tool in prompt.tools if safe_id(tool.name) != tool.name}
    return Written(draft.body, draft.output_tool, names)


def _take_own_fields(draft: Draft) -> None:
    """What a client that knows Bedrock, or the model's vendor, sends by its native name."""
    other = draft.prompt.other
    for name, kind in OWN_FIELDS.items():
        if name in other and not isinstance(other[name], kind):
            raise draft.losses.refuse(name, f"expected {_WORDS[kind]}")
    draft.body |= {name: other[name] for name in OWN_FIELDS if name in other and name != MODEL_FIELDS}
    draft.model_fields |= other.get(MODEL_FIELDS, {})
    draft.model_fields |= {name: other[name] for name in draft.model.own_fields if name in other}
    taken = {*OWN_FIELDS, *draft.model.own_fields, *(("web_search_options",) if draft.model.hosted else ())}
    report_fields(draft.prompt, draft.losses, _BACKEND, {*taken, "metadata", "service_tier"})
    report_words(draft.prompt.turns, draft.losses, _BACKEND, _MARKS)


def _write_rest(draft: Draft) -> None:
    prompt = draft.prompt
    if prompt.metadata:
        _write_metadata(draft)
    tier = SERVICE_TIERS.get(prompt.service_tier)
    if tier:
        draft.body["serviceTier"] = {"type": tier}
    elif prompt.service_tier not in ("", "auto"):
        draft.losses.drop("service_tier", f"Bedrock has no tier {prompt.service_tier!r}")


def _write_metadata(draft: Draft) -> None:
    """OpenAI's metadata labels the stored request, Bedrock's requestMetadata its logged invocation."""
    fitting = {
        key: value
        for key, value in (draft.prompt.metadata or {}).items()
        if key and isinstance(value, str) and _METADATA_TEXT.fullmatch(key) and _METADATA_TEXT.fullmatch(value)
    }
    kept = dict(list(fitting.items())[:_METADATA_LIMIT])
    if len(kept) < len(draft.prompt.metadata or {}):
        draft.losses.drop("metadata", "Bedrock takes 16 pairs of plain text of up to 256 characters")
    if kept:
        draft.body["requestMetadata"] = {**draft.body.get("requestMetadata", {}), **kept}
