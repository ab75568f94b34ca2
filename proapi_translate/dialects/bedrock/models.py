"""What each model behind Converse takes: quirks as data, chosen by the model's id.

Sources, read 2026-11-25: docs.aws.amazon.com/bedrock/latest/userguide (structured-output, prompt-caching,
conversation-inference-supported-models-features, claude-messages-adaptive-thinking, the models' own parameter pages),
and platform.claude.com/docs/en/models (the migration guides of 4.6 to 5.5) for what each Claude refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

Thinking = Literal["none", "budget", "adaptive", "effort_field", "nova", "qwen"]
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """One row. The defaults are those of a model that nothing is known about (an opaque profile ARN).

    `origin`: whose signatures it makes and takes. `thinking`: how effort is written. `thinking_off`: what switches
    thinking off; None where it is off unless asked for, or cannot be. `efforts`: the words it knows, weakest first.
    `sampling`: are temperature and top_p taken both, only one of them, or none? `top_k`: its place in
    additionalModelRequestFields. `dials`: further neutral dials → their name there. `forced`: the tool choices beside
    "auto". `one_call`: can it be told to call one tool at a time? `json_schema`: is a schema enforced natively?
    `blank_stops`: may a stop sequence be white space? `cache_points`: where they may stand. `alone`: must tool results
    stand alone in their message? `hosted`: OpenAI's hosted tool → the model's system tool. `own_fields`: request fields
    of the model's vendor that a client may send by name.
    """

    origin: str = "bedrock"
    thinking: Thinking = "none"
    thinking_off: Mapping[str, Any] | None = None
    always_thinks: bool = False
    hides_thoughts: bool = False
    efforts: tuple[str, ...] = ("low", "medium", "high")
    sampling: Literal["both", "one", "none"] = "both"
    top_k: Path = ()
    dials: tuple[str, ...] = ()
    forced: tuple[str, ...] = ("any", "tool")
    one_call: bool = False
    json_schema: bool = False
    blank_stops: bool = True
    prefill: bool = False
    starts_with_assistant: bool = False
    system: bool = True
    cache_points: frozenset[str] = frozenset()
    result_status: bool = True
    alone: bool = False
    audio: bool = False
    hosted: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    own_fields: tuple[str, ...] = ()


SIGNERS = frozenset({"anthropic", "bedrock"})  # each model takes its own origin's only
_EVERYWHERE = frozenset({"system", "messages", "tools"})
_CLAUDE_3 = Model(
    origin="anthropic",
    top_k=("top_k",),
    one_call=True,
    blank_stops=False,
    prefill=True,
    starts_with_assistant=True,
    cache_points=_EVERYWHERE,
    own_fields=("thinking", "output_config", "anthropic_beta"),
)
_CLAUDE_4 = replace(_CLAUDE_3, thinking="budget")
_CLAUDE_4_1 = replace(_CLAUDE_4, sampling="one")
_CLAUDE_4_5 = replace(_CLAUDE_4_1, json_schema=True)
_CLAUDE_4_6 = replace(_CLAUDE_4_5, thinking="adaptive", prefill=False, efforts=("low", "medium", "high", "max"))
_CLAUDE_4_7 = replace(
    _CLAUDE_4_6,
    sampling="none",
    top_k=(),
    json_schema=False,
    hides_thoughts=True,
    efforts=("low", "medium", "high", "xhigh", "max"),
)
_CLAUDE_5 = replace(_CLAUDE_4_7, thinking_off={"type": "disabled"})
# No forced tool: a schema can then only be asked for natively.
_CLAUDE_5_5 = replace(_CLAUDE_4_7, always_thinks=True, forced=(), json_schema=True)

_NOVA = Model(top_k=("inferenceConfig", "topK"), prefill=True, cache_points=frozenset({"system", "messages"}))
_NOVA_2 = replace(
    _NOVA,
    thinking="nova",
    thinking_off={"type": "disabled"},
    hosted={"web_search": "nova_grounding", "code_interpreter": "nova_code_interpreter"},
    own_fields=("reasoningConfig",),
)
_OPEN_WEIGHTS = Model(json_schema=True)
_OPENAI = replace(
    _OPEN_WEIGHTS, thinking="effort_field", dials=("seed", "frequency_penalty", "presence_penalty", "logit_bias")
)
_LLAMA = Model(forced=(), alone=True)
_MISTRAL = Model(forced=("any",), alone=True)
_WRITER = Model(forced=(), alone=True, result_status=False)
_COHERE_R = Model(forced=(), top_k=("k",), dials=("seed", "frequency_penalty", "presence_penalty"))
_TITAN = Model(forced=(), system=False)

# A part of the model's id → its row. The first that is found counts: what is longer stands before what it begins with.
_ROWS: tuple[tuple[str, Model], ...] = (
    ("claude-sonnet-5-5", replace(_CLAUDE_5_5, always_thinks=False, thinking_off={"type": "between_tools"})),
    ("claude-opus-5-5", _CLAUDE_5_5),
    ("claude-haiku-5-5", _CLAUDE_5_5),
    ("claude-fable-", _CLAUDE_5_5),
    ("claude-mythos-", _CLAUDE_5_5),
    ("claude-opus-5", _CLAUDE_5),
    ("claude-sonnet-5", _CLAUDE_5),
    ("claude-opus-4-8", _CLAUDE_4_7),
    ("claude-opus-4-7", _CLAUDE_4_7),
    ("claude-opus-4-6", _CLAUDE_4_6),
    ("claude-sonnet-4-6", _CLAUDE_4_6),
    ("claude-opus-4-5", _CLAUDE_4_5),
    ("claude-sonnet-4-5", _CLAUDE_4_5),
    ("claude-haiku-4-5", _CLAUDE_4_5),
    ("claude-opus-4-1", _CLAUDE_4_1),
    ("claude-opus-4", _CLAUDE_4),
    ("claude-sonnet-4", _CLAUDE_4),
    ("claude-3-7", _CLAUDE_4),
    ("claude-3", _CLAUDE_3),
    ("claude-v2", replace(_CLAUDE_3, cache_points=frozenset())),
    ("claude-instant", replace(_CLAUDE_3, cache_points=frozenset())),
    ("claude", _CLAUDE_5_5),  # newer than this table: the strictest rules so far
    ("nova-2-omni", replace(_NOVA_2, audio=True)),
    ("nova-2", _NOVA_2),
    ("nova-premier", replace(_NOVA, hosted={"web_search": "nova_grounding"})),
    ("amazon.nova", _NOVA),
    ("amazon.titan", _TITAN),
    ("openai.gpt-oss", _OPENAI),
    ("openai.", replace(_OPENAI, json_schema=False)),
    ("moonshot", replace(_OPEN_WEIGHTS, thinking="effort_field", starts_with_assistant=True)),
    ("minimax.", _OPEN_WEIGHTS),
    ("nvidia.", _OPEN_WEIGHTS),
    ("zai.", replace(_OPEN_WEIGHTS, starts_with_assistant=True)),
    ("google.gemma", _OPEN_WEIGHTS),
    ("qwen.", replace(_OPEN_WEIGHTS, thinking="qwen", efforts=("low", "high"), starts_with_assistant=True)),
    ("deepseek.r1", Model(forced=())),
    ("deepseek.", Model(json_schema=True)),
    ("meta.llama", _LLAMA),
    ("mistral.voxtral", replace(_MISTRAL, json_schema=True, audio=True)),
    ("mistral.ministral-3", replace(_MISTRAL, json_schema=True)),
    ("mistral.magistral", replace(_MISTRAL, json_schema=True)),
    ("mistral.mistral-large-3", replace(_MISTRAL, json_schema=True)),
    ("mistral.mistral-7b", replace(_MISTRAL, system=False)),
    ("mistral.mixtral", replace(_MISTRAL, system=False)),
    ("mistral.", _MISTRAL),
    ("cohere.command-r", _COHERE_R),
    ("cohere.command", replace(_COHERE_R, system=False)),
    ("ai21.jamba", Model(forced=(), dials=("frequency_penalty", "presence_penalty"))),
    ("writer.", _WRITER),
)
_UNKNOWN = Model()


def find_model(model_id: str) -> Model:
    """The row of a model id, profile id or ARN: find_model("us.anthropic.claude-sonnet-4-6").thinking == "adaptive"."""
    model_id = model_id.lower()
    return next((row for part, row in _ROWS if part in model_id), _UNKNOWN)
