"""What an OpenAI-compatible backend does not take of a chat request, as data: one `RequestQuirks` a backend.

Only what a backend refuses, or ignores to the answer's harm, is a quirk. `passthrough_request.py` applies them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

# What models' thoughts are called in the messages of a history, by backend; ours is the first.
REASONING_FIELDS = frozenset({"reasoning_content", "reasoning", "reasoning_details"})


@dataclass(frozen=True, slots=True)
class RequestQuirks:
    """A backend's deviations from OpenAI's chat request. The plain `RequestQuirks()` has none: all is sent as it came.

    `max_tokens_name`: the only one of max_tokens and max_completion_tokens that is taken ("" = both are).
    `temperature_max`: higher ones are lowered to it. `json_schema`: is it a `response_format`?
    `stream_options`: taken? Where not, usage comes in every stream unasked.
    `refused`: body fields that are refused or mean nothing. `renamed`: OpenAI's name → the backend's.
    `message_refused`, `message_renamed`, `call_refused`: the same for the fields of messages and of their tool calls.
    `earlier_thoughts`: may assistant turns before the last user message hold reasoning_content?
    `join_texts`: content lists of nothing but text become one string. `null_content`: may an assistant's be null?
    `short_call_ids`: tool call ids must be nine letters and digits. For bodies that are written here:
    `signed_thoughts`: are `reasoning_details` taken back? `cache_marks`: is Anthropic's `cache_control` taken on parts?
    `origin`: whose are the thoughts that its Responses seal?
    `openai_embeddings`: does its /embeddings take token ids of OpenAI's tokenizers, and `encoding_format: base64`?
    """

    backend: str = "this backend"
    developer_role: bool = True
    max_tokens_name: str = ""
    temperature_max: float | None = None
    json_schema: bool = True
    stream_options: bool = True
    refused: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    message_refused: frozenset[str] = frozenset()
    message_renamed: Mapping[str, str] = field(default_factory=dict)
    call_refused: frozenset[str] = frozenset()
    earlier_thoughts: bool = True
    join_texts: bool = False
    null_content: bool = True
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


# All pages read 2026-11-25. Where no page is named: none tells it, and the refusal was reported by users.

# OpenAI answers 400 "Unknown parameter: messages[1].reasoning_content" to what our own replies carry.
OPENAI = RequestQuirks(
    "OpenAI",
    message_refused=REASONING_FIELDS,
    call_refused=frozenset({"extra_content"}),
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
COMPATIBLE = RequestQuirks(developer_role=False, join_texts=True)
# Mostly a relay in front of OpenAI's models: their embeddings are left as they are.
RELAY = replace(COMPATIBLE, openai_embeddings=True)
# openrouter.ai/docs/api-reference/overview: it adapts roles, names and lists to each model, cache marks included.
# …/docs/use-cases/reasoning-tokens: signed thoughts go back in reasoning_details.
OPENROUTER = RequestQuirks(
    "OpenRouter", signed_thoughts=True, cache_marks=True, origin="openrouter", openai_embeddings=True
)

# api-docs.deepseek.com/api/create-chat-completion; response_format is text or json_object.
DEEPSEEK = replace(COMPATIBLE, backend="DeepSeek", max_tokens_name="max_tokens", json_schema=False)
# api-docs.deepseek.com/guides/reasoning_model: R1 answers 400 to earlier thoughts. …/guides/thinking_mode: V4 answers
# 400 where the thoughts before a tool call are missing. So they stay, but for the models of this list.
DEEPSEEK_RULES = (
    ModelRule(("deepseek-reasoner", "deepseek-r1"), replace(DEEPSEEK, earlier_thoughts=False)),
)
# docs.bigmodel.cn/api-reference (chat completions): temperature 0 to 1; response_format text or json_object.
GLM = replace(COMPATIBLE, backend="GLM", max_tokens_name="max_tokens", temperature_max=1.0, json_schema=False)
# platform.kimi.ai/docs/api/chat: temperature 0 to 1.
MOONSHOT = replace(COMPATIBLE, backend="Moonshot", temperature_max=1.0)
# platform.minimax.io/docs/api-reference/text-openai-api: temperature up to 1.
MINIMAX = replace(COMPATIBLE, backend="MiniMax", temperature_max=1.0)
QWEN = replace(COMPATIBLE, backend="Qwen", max_tokens_name="max_tokens")
DOUBAO = replace(COMPATIBLE, backend="Doubao")
SILICONFLOW = replace(COMPATIBLE, backend="SiliconFlow", max_tokens_name="max_tokens")

# console.groq.com/docs/openai: 400 for logit_bias and a message's name; "property 'reasoning_content' is unsupported".
# logprobs and n stay: without them the answer is not what was asked for, so Groq's own refusal is passed on.
GROQ = replace(
    COMPATIBLE,
    backend="Groq",
    refused=frozenset({"logit_bias", "store", "metadata"}),
    message_refused=REASONING_FIELDS | {"name", "annotations", "refusal", "audio"},
    call_refused=frozenset({"extra_content"}),
)
# Every field is checked ("Extra inputs are not permitted"); the names are those of the `mistralai` package 3.7
# (ChatCompletionStreamRequest, AssistantMessage …). Tool call ids: "must be a-z, A-Z, 0-9, with a length of 9".
MISTRAL = replace(
    COMPATIBLE,
    backend="Mistral",
    max_tokens_name="max_tokens",
    stream_options=False,
    refused=frozenset(
        {
            "user", "store", "logit_bias", "verbosity", "modalities", "audio", "web_search_options", "functions",
            "function_call", "safety_identifier", "prompt_cache_retention",
        }
    ),
    renamed={"seed": "random_seed"},
    message_refused=REASONING_FIELDS | {"name", "refusal", "annotations", "audio", "function_call"},
    call_refused=frozenset({"extra_content"}),
    short_call_ids=True,
)  # fmt: skip
# inference-docs.cerebras.ai/resources/openai: 400 for the three dials; a history's thoughts are called `reasoning`,
# "property 'messages.2.assistant.reasoning_content' is unsupported".
CEREBRAS = replace(
    COMPATIBLE,
    backend="Cerebras",
    refused=frozenset({"frequency_penalty", "presence_penalty", "logit_bias"}),
    message_refused=frozenset({"reasoning_details", "annotations", "refusal", "audio"}),
    message_renamed={"reasoning_content": "reasoning"},
    call_refused=frozenset({"extra_content"}),
)
# docs.perplexity.ai/api-reference/chat-completions-post: no stream_options; usage rides on every chunk (recorded).
PERPLEXITY = replace(
    COMPATIBLE,
    backend="Perplexity",
    max_tokens_name="max_tokens",
    stream_options=False,
    message_refused=REASONING_FIELDS,
)
XAI = replace(COMPATIBLE, backend="xAI", join_texts=False, origin="xai")
TOGETHER = replace(COMPATIBLE, backend="Together", max_tokens_name="max_tokens")
FIREWORKS = replace(COMPATIBLE, backend="Fireworks")
HUGGINGFACE = replace(COMPATIBLE, backend="Hugging Face", max_tokens_name="max_tokens")
GITHUB = replace(RELAY, backend="GitHub Models", message_refused=REASONING_FIELDS)
NVIDIA = replace(COMPATIBLE, backend="NVIDIA", max_tokens_name="max_tokens")
# github.com/ollama/ollama docs/openai.md: max_completion_tokens is not read, and so would be no limit at all.
OLLAMA = replace(COMPATIBLE, backend="Ollama", max_tokens_name="max_tokens")
VLLM = replace(RELAY, backend="vLLM")  # takes token ids, of its own model's tokenizer
LMSTUDIO = replace(COMPATIBLE, backend="LM Studio", max_tokens_name="max_tokens")
# developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility; content must be a string.
CLOUDFLARE = replace(COMPATIBLE, backend="Workers AI", max_tokens_name="max_tokens", null_content=False)
