"""Chat completions' own words beside the neutral ones."""

from __future__ import annotations

# A Gemini signature on a tool call rides as Google's own OpenAI surface has it
# (ai.google.dev/gemini-api/docs/thought-signatures, read 2026-11-25).
GOOGLE = "google"

# The neutral name of a dial → the name that a chat client may also have used for it.
MAX_TOKENS_NAMES = ("max_completion_tokens", "max_tokens")

# Fields of a chat body without a neutral place, which a client's other API has by the same name
# (types/chat/completion_create_params.py of the `openai` package, read 2026-11-25).
FIELDS_OF_CHAT = frozenset(
    {
        "prompt_cache_key", "prompt_cache_retention", "safety_identifier", "verbosity", "prediction", "modalities",
        "audio", "web_search_options",
    }
)  # fmt: skip
# What OpenAI-compatible backends know beside OpenAI's own: vLLM and SGLang (dials, templates), DeepSeek, GLM and Doubao
# (thinking), Qwen and SiliconFlow (enable_thinking), OpenRouter (provider, plugins …), Mistral. Their own API pages.
VENDOR_FIELDS = frozenset(
    {
        "min_p", "top_a", "repetition_penalty", "min_tokens", "ignore_eos", "stop_token_ids", "skip_special_tokens",
        "guided_json", "guided_regex", "guided_choice", "guided_grammar", "structured_outputs", "chat_template_kwargs",
        "thinking", "thinking_budget", "enable_thinking", "enable_search", "search_parameters", "provider", "plugins",
        "models", "transforms", "route", "safe_prompt", "reasoning_format", "keep_alive", "extra_body",
    }
)  # fmt: skip
