"""Neutral events → a whole text completion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...events import Event, Finish, FinishReason, PartStart, Start, TextDelta, Usage
from ...interface import ReplyFacts
from ...openai_usage import usage_object
from .prompt_text import echoed_text

OBJECT = "text_completion"
# The parts whose text is the answer. Thoughts are not: an app would show them, or go on from them.
SPOKEN = frozenset({"text", "refusal"})
# This API has no word for tool calls; nobody can offer it tools.
FINISH_REASONS: Mapping[FinishReason, str] = {
    "stop": "stop",
    "tool_calls": "stop",
    "length": "length",
    "content_filter": "content_filter",
}


@dataclass(slots=True)
class _Choice:
    text: list[str] = field(default_factory=list)
    finish_reason: str = FINISH_REASONS["stop"]


def write_body(events: Iterable[Event], facts: ReplyFacts) -> dict[str, Any]:
    """A whole reply: {"id", "object": "text_completion", "created", "model", "choices": [{"text", …}], "usage"}."""
    start, usage = Start(), Usage()
    echoed = echoed_text(facts.asked.body)
    choices: dict[int, _Choice] = {}
    spoken: dict[int, list[str]] = {}  # part → the pieces of its choice's text
    for event in events:
        if isinstance(event, TextDelta):
            if event.part in spoken:
                spoken[event.part].append(event.text)
        elif isinstance(event, PartStart):
            choice = choices.setdefault(event.choice, _Choice([echoed]))
            if event.kind in SPOKEN:
                spoken[event.part] = choice.text
        elif isinstance(event, Finish):
            choices.setdefault(event.choice, _Choice([echoed])).finish_reason = FINISH_REASONS[event.reason]
        elif isinstance(event, Usage):
            usage = event
        elif isinstance(event, Start):
            start = event
    return {
        "id": facts.reply_id,
        "object": OBJECT,
        "created": facts.created,
        "model": facts.asked.model,
        "choices": [
            {"text": "".join(choice.text), "index": index, "logprobs": None, "finish_reason": choice.finish_reason}
            for index, choice in sorted(choices.items())
        ],
        "usage": usage_object(usage),
        "system_fingerprint": start.system_fingerprint or None,
    }
