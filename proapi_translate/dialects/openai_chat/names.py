"""Chat completions' own words beside the neutral ones."""

from __future__ import annotations

# How thoughts with signatures ride in a chat message: `reasoning_details`, as OpenRouter documents it
# (openrouter.ai/docs/use-cases/reasoning-tokens, read 2026-11-25). Our origin → its `format`.
DETAIL_FORMATS = {"anthropic": "anthropic-claude-v1", "google": "google-gemini-v1", "openai": "openai-responses-v1"}
DETAIL_ORIGINS = {value: key for key, value in DETAIL_FORMATS.items()}

# A Gemini signature on a tool call rides as Google's own OpenAI surface has it
# (ai.google.dev/gemini-api/docs/thought-signatures, read 2026-11-25).
GOOGLE = "google"

# The neutral name of a dial → the name that a chat client may also have used for it.
MAX_TOKENS_NAMES = ("max_completion_tokens", "max_tokens")
