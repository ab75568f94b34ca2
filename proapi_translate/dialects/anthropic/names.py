"""Anthropic's words and limits, as data.

Sources, read 2026-11-25: platform.claude.com/docs/en/about-claude/models/overview (limits),
…/build-with-claude/thinking (which thinking setting a model takes), …/build-with-claude/structured-outputs,
…/api/handling-stop-reasons, and the `anthropic` package's types.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from types import MappingProxyType

from ...events import FinishReason

ORIGIN = "anthropic"

# pause_turn: a server tool's turn is not over; OpenAI has no such word, and the client's next request continues it.
FINISH_REASONS: MappingProxyType[str, FinishReason] = MappingProxyType(
    {
        "end_turn": "stop",
        "stop_sequence": "stop",
        "pause_turn": "stop",
        "tool_use": "tool_calls",
        "max_tokens": "length",
        "model_context_window_exceeded": "length",
        "refusal": "content_filter",
    }
)
# Unlike every other backend's (events.UNKNOWN_FINISH): a turn that Claude ended for a new reason is a whole one
# (handling-stop-reasons: what cuts a turn has words of its own, above).
UNKNOWN_STOP: FinishReason = "stop"

# Of a JSON schema, what constrained decoding answers 400 to (…/build-with-claude/structured-outputs, JSON schema
# limitations, and `transform_schema` of the `anthropic` package).
REFUSED_KEYWORDS = frozenset(
    {
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
        "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
    }
)  # fmt: skip
# What all strict schemas of one request may hold together (same page, schema complexity limits).
MAX_STRICT_TOOLS = 20
MAX_OPTIONAL = 24  # properties that are not required
MAX_UNIONS = 16  # properties of several types
IMAGE_TYPES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})

SERVICE_TIERS = MappingProxyType({"auto": "auto", "default": "standard_only"})
SERVED_TIERS = MappingProxyType({"standard": "default", "priority": "priority"})  # what usage says → OpenAI's word

# Anthropic's own fields, which a client that knows its backend may send beside OpenAI's.
NATIVE_FIELDS = frozenset(
    ("thinking", "output_config", "cache_control", "container", "context_management", "mcp_servers", "inference_geo")
)

# What a part may carry beside its content (the `extra` of our own parts).
NATIVE_MARKS = frozenset(("cache_control", "citations", "context", "title"))

# Tools that Anthropic runs itself carry a dated type; a client may name one as it stands.
SERVER_TOOL = re.compile(
    r"(web_search|web_fetch|code_execution|bash|text_editor|computer|memory|tool_search_tool_\w+|mcp_toolset|advisor)(_\d{8})?$"
)
# OpenAI's names for what Anthropic has too → the type that is sent, with its fixed name.
OPENAI_HOSTED_TOOLS = MappingProxyType(
    {
        "web_search": ("web_search_20250305", "web_search"),
        "web_search_preview": ("web_search_20250305", "web_search"),
    }
)

# Budgets of thought tokens for an effort, for the models that count; 1024 is the least that the API takes.
MIN_BUDGET = 1024
BUDGETS = MappingProxyType({"minimal": 1024, "low": 2048, "medium": 8192, "high": 24576, "xhigh": 32768, "max": 32768})


@dataclass(frozen=True, slots=True)
class ModelTraits:
    """What a generation of Claude takes.

    `thinking`: "none"; "budget" (type enabled, budget_tokens); "adaptive" (type adaptive, effort). `thinking_off`: the
    type that switches thinking off; "" where nothing does. `efforts`: the values of output_config.effort. `sampling`:
    takes temperature, top_p and top_k at all. `prefill`: the last message may be the assistant's. `native_schema`:
    output_config.format, and strict tools. `forced_tools`: can it be made to call a tool (tool_choice any, tool)?
    """

    max_output_tokens: int
    thinking: str = "none"
    thinking_off: str = "disabled"
    efforts: tuple[str, ...] = ()
    sampling: bool = True
    prefill: bool = True
    native_schema: bool = False
    forced_tools: bool = True


_EFFORTS_4_6 = ("low", "medium", "high", "max")
_EFFORTS_4_7 = ("low", "medium", "high", "xhigh", "max")
_ADAPTIVE = ModelTraits(
    128_000, "adaptive", efforts=_EFFORTS_4_7, sampling=False, prefill=False, native_schema=True
)
_ALWAYS_ADAPTIVE = replace(_ADAPTIVE, thinking_off="")
# …/models/{opus-5-5,sonnet-5-5,fable-5-1,haiku-5-5}/migration-guide: Haiku 5.5 keeps the rules of 4.7.
_NEVER_FORCED = replace(_ALWAYS_ADAPTIVE, forced_tools=False)

# (family, least version) → traits; of a family the row with the greatest version that is not above the model's wins.
_TRAITS: tuple[tuple[str, tuple[int, int], ModelTraits], ...] = (
    ("opus", (3, 0), ModelTraits(4096)),
    ("opus", (4, 0), ModelTraits(32_000, "budget")),
    ("opus", (4, 1), ModelTraits(32_000, "budget", native_schema=True)),
    ("opus", (4, 5), ModelTraits(64_000, "budget", native_schema=True)),
    ("opus", (4, 6), ModelTraits(128_000, "adaptive", efforts=_EFFORTS_4_6, prefill=False, native_schema=True)),
    ("opus", (4, 7), _ADAPTIVE),
    ("opus", (5, 5), _NEVER_FORCED),
    ("sonnet", (3, 0), ModelTraits(4096)),
    ("sonnet", (3, 5), ModelTraits(8192)),
    ("sonnet", (3, 7), ModelTraits(64_000, "budget")),
    ("sonnet", (4, 0), ModelTraits(64_000, "budget")),
    ("sonnet", (4, 5), ModelTraits(64_000, "budget", native_schema=True)),
    ("sonnet", (4, 6), ModelTraits(128_000, "adaptive", efforts=_EFFORTS_4_6, prefill=False, native_schema=True)),
    ("sonnet", (4, 7), _ADAPTIVE),
    ("sonnet", (5, 5), replace(_NEVER_FORCED, thinking_off="between_tools")),
    ("haiku", (3, 0), ModelTraits(4096)),
    ("haiku", (3, 5), ModelTraits(8192)),
    ("haiku", (4, 5), ModelTraits(64_000, "budget", native_schema=True)),
    ("haiku", (5, 0), _ADAPTIVE),
    ("fable", (5, 0), _ALWAYS_ADAPTIVE),
    ("fable", (5, 1), _NEVER_FORCED),
    ("mythos", (0, 0), _ALWAYS_ADAPTIVE),
    ("mythos", (5, 1), _NEVER_FORCED),
)
# Instant and Claude 2, and names that tell no generation: the least that every model takes.
_UNKNOWN = ModelTraits(4096)

_NEW_NAME = re.compile(r"claude-(?P<family>[a-z]+)-(?P<major>\d{1,2})(?:[-.](?P<minor>\d{1,2}))?(?!\d)")
_OLD_NAME = re.compile(r"claude-(?P<major>\d)(?:[-.](?P<minor>\d))?-(?P<family>[a-z]+)")
_BARE_NAME = re.compile(r"claude-(?P<family>mythos|fable)")


def traits_of(model: str) -> ModelTraits:
    """Traits by name, in every vendor's spelling: "claude-sonnet-4-5-20250929", "claude-3-5-haiku@20241022",
    "us.anthropic.claude-opus-4-6-v1:0"."""
    match = _NEW_NAME.search(model) or _OLD_NAME.search(model) or _BARE_NAME.search(model)
    if match is None:
        return _UNKNOWN
    found = match.groupdict()
    version = (int(found.get("major") or 0), int(found.get("minor") or 0))
    rows = [traits for family, least, traits in _TRAITS if family == found["family"] and least <= version]
    return rows[-1] if rows else _UNKNOWN
