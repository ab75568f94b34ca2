"""What an OpenAI-compatible backend does not take of a chat request, as data: one `RequestQuirks` a backend.

Only what a backend refuses, or ignores to the answer's harm, is a quirk. `passthrough_request.py` applies them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from . import effort_rules
from .effort_rules import EffortRule

# What models' thoughts are called in the messages of a history, by backend; ours is the first.
REASONING_FIELDS = frozenset({"reasoning_content", "reasoning", "reasoning_details"})
# Marks for the cache on the parts of a content: Anthropic's, and OpenAI's own.
_CLAUDES_MARK = "cache_control"
_CACHE_MARKS = frozenset({_CLAUDES_MARK, "prompt_cache_breakpoint"})


@dataclass(frozen=True, slots=True)
class ThoughtsBack:
    """A backend that wants its thoughts back before a tool call: most clients drop them, so they are remembered.

    `every_turn`: must all assistant turns of the history hold the field, not only those with calls? `unknown`: what
    stands for a thought that is not remembered (another model's call), where a missing one is a 400; None: nothing.
    `details`: do they go back as `reasoning_details`, with their proofs, and not as text?
    """

    every_turn: bool = False
    unknown: str | None = None
    details: bool = False


@dataclass(frozen=True, slots=True)
class RequestQuirks:
    """A backend's deviations from OpenAI's chat request. The plain `RequestQuirks()` has none: all is sent as it came.

    `max_tokens_name`: the only one of max_tokens and max_completion_tokens that is taken ("" = both are).
    `temperature_max`, `temperature_min`: what is beyond is brought to them. `json_schema`: is it a `response_format`?
    `forced_tools`: is any `tool_choice` but "auto" taken? `allowed_tools`: is OpenAI's own form of it, which leaves
    some of the tools? `stream_options`: taken? Where not, usage comes in every stream unasked.
    `refused`: body fields that are refused or mean nothing. `renamed`: OpenAI's name → the backend's. `added`: fields
    that are sent where the client has not set them. `effort`: how reasoning_effort is told.
    `message_refused`, `message_renamed`, `call_refused`, `part_refused`: the same for the fields of messages, of their
    tool calls, and of the parts of their contents.
    `earlier_thoughts`: may assistant turns before the last user message hold reasoning_content? `thoughts_back`: must
    those with tool calls hold it?
    `join_texts`: content lists of nothing but text become one string. `null_content`: may an assistant's be null?
    `alternating`: must the user's messages and the assistant's alternate?
    `short_call_ids`: tool call ids must be nine letters and digits. For bodies that are written here:
    `signed_thoughts`: are `reasoning_details` taken back? `cache_marks`: is Anthropic's `cache_control` taken on parts?
    `origin`: whose are the thoughts that its Responses seal?
    `openai_embeddings`: does its /embeddings take token ids of OpenAI's tokenizers, and `encoding_format: base64`?
    """

    backend: str = "this backend"
    developer_role: bool = True
    max_tokens_name: str = ""
    temperature_max: float | None = None
    temperature_min: float | None = None
    json_schema: bool = True
    forced_tools: bool = True
    allowed_tools: bool = True
    stream_options: bool = True
    refused: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    added: Mapping[str, Any] = field(default_factory=dict)
    effort: EffortRule | None = None
    message_refused: frozenset[str] = frozenset()
    message_renamed: Mapping[str, str] = field(default_factory=dict)
    call_refused: frozenset[str] = frozenset()
    part_refused: frozenset[str] = frozenset()
    earlier_thoughts: bool = True
    thoughts_back: ThoughtsBack | None = None
    join_texts: bool = False
    null_content: bool = True
    alternating: bool = False
    short_call_ids: bool = False
    signed_thoughts: bool = False
    cache_marks: bool = False
    origin: str = "compatible"
    openai_embeddings: bool = False


@dataclass(frozen=True, slots=True)
class ModelRule:
    """Quirks that hold for the models of these name prefixes only; the first rule that fits counts."""

    prefixes: tuple[str, ...]
    quirks: RequestQuirks


def pick_quirks(quirks: RequestQuirks, rules: tuple[ModelRule, ...], model: str) -> RequestQuirks:
    """The quirks of one model: a rule's where one fits, else the backend's own."""
    name = model.lower()
    return next((rule.quirks for rule in rules if name.startswith(rule.prefixes)), quirks)


# All pages read 2026-11-25, and the vendors' own SDKs. "Reported": no page tells it, users do.

# OpenAI refuses what its types do not have ("Unknown parameter: 'messages[2].reasoning'", "…tool_calls[0].index",
# "…content[0].cache_control", reported): what our own replies carry, the number that a call has in a stream, and marks
# that apps set for Claude.
OPENAI = RequestQuirks(
    "OpenAI",
    message_refused=REASONING_FIELDS,
    call_refused=frozenset({"extra_content", "index"}),
    part_refused=frozenset({_CLAUDES_MARK}),
    origin="openai",
    openai_embeddings=True,
)
# platform.openai.com/docs/guides/latest-model (parameter compatibility), /docs/guides/reasoning: the reasoning models
# take only max_completion_tokens; those before GPT-5.1 refuse the sampling dials whatever the effort.
OPENAI_REASONING = replace(OPENAI, max_tokens_name="max_completion_tokens")
OPENAI_NO_SAMPLING = replace(
    OPENAI_REASONING,
    refused=frozenset({"temperature", "top_p", "presence_penalty", "frequency_penalty", "logit_bias"}),
)
OPENAI_RULES = (
    ModelRule(("gpt-5-chat", "gpt-5.", "gpt-6"), OPENAI_REASONING),
    ModelRule(("o1", "o3", "o4", "gpt-5", "codex-"), OPENAI_NO_SAMPLING),
)

# A server of unknown make. Text-only ones ignore content lists and invent an answer; `developer` is OpenAI's alone.
COMPATIBLE = RequestQuirks(developer_role=False, join_texts=True, allowed_tools=False)
# Mostly a relay in front of OpenAI's models: their embeddings are left as they are.
RELAY = replace(COMPATIBLE, openai_embeddings=True)
# openrouter.ai/docs/api-reference/overview: it adapts roles, names and lists to each model, cache marks included.
# …/docs/use-cases/reasoning-tokens: signed thoughts go back in reasoning_details.
# Gemini 3 behind it answers 400 to a call whose proof is gone; Claude goes on, without its thought.
OPENROUTER = RequestQuirks(
    "OpenRouter",
    thoughts_back=ThoughtsBack(details=True),
    signed_thoughts=True,
    cache_marks=True,
    origin="openrouter",
    openai_embeddings=True,
)

# api-docs.deepseek.com/api/create-chat-completion; response_format is text or json_object.
# …/guides/thinking_mode: V4 answers 400 where a turn of the history has lost its thoughts; an empty text is taken
# (github.com/anomalyco/opencode/pull/24146).
DEEPSEEK = replace(
    COMPATIBLE,
    backend="DeepSeek",
    max_tokens_name="max_tokens",
    json_schema=False,
    effort=effort_rules.DEEPSEEK,
    thoughts_back=ThoughtsBack(every_turn=True, unknown=""),
)
# api-docs.deepseek.com/guides/reasoning_model: R1 answers 400 to earlier thoughts, so they go, for these models.
DEEPSEEK_RULES = (
    ModelRule(
        ("deepseek-reasoner", "deepseek-r1"), replace(DEEPSEEK, earlier_thoughts=False, thoughts_back=ThoughtsBack())
    ),
)
# docs.bigmodel.cn/api-reference (chat completions): temperature 0 to 1; response_format text or json_object.
# docs.z.ai/guides/capabilities/thinking-mode: thoughts go back together with tool results. Reported: 400 "Tool choice
# must be auto" to any other (github.com/vectorize-io/hindsight/issues/4246).
GLM = replace(
    COMPATIBLE,
    backend="GLM",
    max_tokens_name="max_tokens",
    forced_tools=False,
    temperature_max=1.0,
    json_schema=False,
    effort=effort_rules.GLM,
    thoughts_back=ThoughtsBack(),
)
GLM_RULES = (
    ModelRule(("glm-5.3", "glm-5.4", "glm-5.5", "glm-6"), replace(GLM, effort=effort_rules.GLM_5_3)),
    ModelRule(("glm-5.2",), replace(GLM, effort=effort_rules.GLM_5_2)),
)
# platform.kimi.ai/docs/api/chat: temperature 0 to 1 (moonshot-v1, Kimi K2). The models that think take no other dials
# than their own (400 "invalid temperature: only 1 is allowed for this model", github.com/nashsu/llm_wiki/issues/173),
# and answer 400 where the thought before a tool call is missing (…/docs/guide/use-kimi-k2-thinking-model); one blank is
# the least that stands for it.
MOONSHOT = replace(COMPATIBLE, backend="Moonshot", temperature_max=1.0)
_KIMI_THINKING = replace(
    MOONSHOT,
    refused=frozenset({"temperature", "top_p", "presence_penalty", "frequency_penalty"}),
    thoughts_back=ThoughtsBack(unknown=" "),
)
MOONSHOT_RULES = (
    ModelRule(("kimi-k2.5", "kimi-k2.6"), replace(_KIMI_THINKING, effort=effort_rules.KIMI_SWITCHED)),
    ModelRule(
        ("kimi-k2-thinking",),
        replace(MOONSHOT, thoughts_back=_KIMI_THINKING.thoughts_back, effort=effort_rules.KIMI_ALWAYS_ON),
    ),
    ModelRule(("kimi-k2.",), replace(_KIMI_THINKING, effort=effort_rules.KIMI_ALWAYS_ON)),
    ModelRule(("kimi-k3", "kimi-k4"), replace(_KIMI_THINKING, effort=effort_rules.KIMI_K3)),
)
# platform.minimax.io/docs/api-reference/text-openai-api: temperature over 0, up to 1.
MINIMAX = replace(COMPATIBLE, backend="MiniMax", temperature_max=1.0, temperature_min=0.01)
# alibabacloud.com/help/en/model-studio/api-compatibility-upgrade-notice: both names of the limit are taken, and differ:
# of the models before Qwen 4, max_tokens leaves the thoughts out.
QWEN = replace(COMPATIBLE, backend="Qwen", effort=effort_rules.QWEN)
QWEN_RULES = (
    ModelRule(("qwen3.8", "qwen3.9", "qwen4", "glm-5", "deepseek-v4"), replace(QWEN, effort=effort_rules.QWEN_3_8)),
)
# github.com/volcengine/volcengine-python-sdk (resources/chat/completions.py): both names of the limit, json_schema.
DOUBAO = replace(COMPATIBLE, backend="Doubao", effort=effort_rules.DOUBAO)
# docs.siliconflow.cn/docs/api/chat-completions-post: max_tokens alone.
SILICONFLOW = replace(COMPATIBLE, backend="SiliconFlow", max_tokens_name="max_tokens")

# console.groq.com/docs/openai: 400 for logit_bias and a message's name. What the `groq` package 1.7 has no field for
# (ChatCompletionAssistantMessageParam), or calls unsupported (store, metadata), is a 400 too: "property
# 'reasoning_content' is unsupported" (github.com/janhq/jan/issues/8136), 'reasoning' (karthink/gptel/issues/774; only
# the models that think take it), 'store' (fanenr/chatbot/issues/21), any other (run-llama/llama_index/issues/14701).
# logprobs and n stay: without them the answer is not what was asked for, so Groq's own refusal is passed on.
GROQ = replace(
    COMPATIBLE,
    backend="Groq",
    refused=frozenset({"logit_bias", "store", "metadata"}),
    message_refused=REASONING_FIELDS | {"name", "annotations", "refusal", "audio"},
    call_refused=frozenset({"extra_content", "index"}),
    part_refused=_CACHE_MARKS,
)
# console.groq.com/docs/reasoning: Qwen's thoughts come inside the answer unless they are asked for apart.
GROQ_RULES = (
    ModelRule(("qwen/",), replace(GROQ, effort=effort_rules.GROQ_QWEN, added={"reasoning_format": "parsed"})),
    ModelRule(("openai/gpt-oss",), replace(GROQ, effort=effort_rules.GROQ_GPT_OSS)),
)
# Every field is checked ("Extra inputs are not permitted", github.com/BerriAI/litellm/issues/30835); the names are
# those of the `mistralai` package 3.7 (ChatCompletionStreamRequest, AssistantMessage …). Tool call ids: "must be a-z,
# A-Z, 0-9, with a length of 9".
MISTRAL = replace(
    COMPATIBLE,
    backend="Mistral",
    max_tokens_name="max_tokens",
    stream_options=False,
    refused=frozenset(
        {
            "user", "store", "logit_bias", "verbosity", "modalities", "audio", "web_search_options", "functions",
            "function_call", "safety_identifier", "prompt_cache_retention", "prompt_cache_options", "moderation",
        }
    ),
    renamed={"seed": "random_seed"},
    message_refused=REASONING_FIELDS | {"name", "refusal", "annotations", "audio", "function_call"},
    call_refused=frozenset({"extra_content"}),
    part_refused=_CACHE_MARKS,
    short_call_ids=True,
    effort=effort_rules.MISTRAL,
)  # fmt: skip
MISTRAL_RULES = (ModelRule(("mistral-large-4",), replace(MISTRAL, effort=effort_rules.MISTRAL_LARGE_4)),)
# inference-docs.cerebras.ai/resources/openai: 400 for the three dials, and for any field that it does not know
# (measured in github.com/proxysoul/Empryo/pull/209); those that it does are in the `cerebras_cloud_sdk` package 1.91
# (MessageAssistantMessageRequest), where a history's thoughts are called `reasoning`.
CEREBRAS = replace(
    COMPATIBLE,
    backend="Cerebras",
    refused=frozenset({"frequency_penalty", "presence_penalty", "logit_bias"}),
    message_refused=frozenset({"reasoning_details", "annotations", "refusal", "audio"}),
    message_renamed={"reasoning_content": "reasoning"},
    call_refused=frozenset({"extra_content"}),
    part_refused=_CACHE_MARKS,
)
# The `perplexityai` package 0.46 (CompletionCreateParamsBase, ChatMessageInput): max_tokens alone, no stream_options,
# no thoughts in messages; usage rides on every chunk (recorded). 400 "user or tool message(s) should alternate with
# assistant message(s)" (github.com/raycast/extensions/issues/23957).
PERPLEXITY = replace(
    COMPATIBLE,
    backend="Perplexity",
    max_tokens_name="max_tokens",
    stream_options=False,
    message_refused=REASONING_FIELDS,
    alternating=True,
)
# docs.x.ai/docs/guides/reasoning: the models that think answer an error to the penalties, and most to an effort.
# `stop` stays: without it the answer is not what was asked for, so xAI's own refusal is passed on.
XAI = replace(
    COMPATIBLE,
    backend="xAI",
    join_texts=False,
    origin="xai",
    refused=frozenset({"presence_penalty", "frequency_penalty"}),
    effort=effort_rules.GROK_4_5,
)
_GROK_WITHOUT_EFFORT = replace(XAI, refused=XAI.refused | {"reasoning_effort"}, effort=None)
XAI_RULES = (
    ModelRule(("grok-4.3",), replace(XAI, effort=effort_rules.GROK_4_3)),
    ModelRule(("grok-4.1", "grok-4.2", "grok-4-", "grok-code"), _GROK_WITHOUT_EFFORT),
    ModelRule(("grok-4.",), XAI),
    ModelRule(("grok-3-mini",), replace(XAI, effort=effort_rules.GROK_3_MINI)),
    ModelRule(("grok-4",), _GROK_WITHOUT_EFFORT),
    ModelRule(("grok-2", "grok-3"), replace(_GROK_WITHOUT_EFFORT, refused=frozenset({"reasoning_effort"}))),
)
# github.com/togethercomputer/together-py (types/chat/completion_create_params.py): max_tokens alone.
TOGETHER = replace(COMPATIBLE, backend="Together", max_tokens_name="max_tokens")
FIREWORKS = replace(COMPATIBLE, backend="Fireworks")
# The `@huggingface/tasks` package (tasks/chat-completion/inference.d.ts): max_tokens alone.
HUGGINGFACE = replace(COMPATIBLE, backend="Hugging Face", max_tokens_name="max_tokens")
# docs.github.com/en/rest/models/inference: a message is a role and a content; OpenAI's models refuse more, see there.
GITHUB = replace(RELAY, backend="GitHub Models", message_refused=REASONING_FIELDS)
# docs.nvidia.com/nim/large-language-models (API reference): mostly vLLM, where both names mean the same; others have
# max_tokens alone (docs.nvidia.com/nim/alpamayo/api-reference).
NVIDIA = replace(COMPATIBLE, backend="NVIDIA", max_tokens_name="max_tokens")
# github.com/ollama/ollama docs/openai.md: max_completion_tokens is not read, and so would be no limit at all.
OLLAMA = replace(COMPATIBLE, backend="Ollama", max_tokens_name="max_tokens")
VLLM = replace(RELAY, backend="vLLM")  # takes token ids, of its own model's tokenizer
# lmstudio.ai/docs/developer/openai-compat/chat-completions: max_tokens alone.
LMSTUDIO = replace(COMPATIBLE, backend="LM Studio", max_tokens_name="max_tokens")
# developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility; content must be a string.
CLOUDFLARE = replace(COMPATIBLE, backend="Workers AI", max_tokens_name="max_tokens", null_content=False)
