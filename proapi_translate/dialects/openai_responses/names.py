"""The Responses API's own words beside the neutral ones.

Source: types/responses of the `openai` package 3.57 (response_create_params.py, response.py, tool_param.py), read
2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping

# The client's word for what a loss or a refusal is about.
SPELLING: Mapping[str, str] = {
    "max_tokens": "max_output_tokens",
    "output": "text.format",
    "response_format": "text.format",
    "verbosity": "text.verbosity",
    "messages": "input",
    "thoughts": "input.reasoning",
    "reasoning_content": "input.reasoning",
    "messages[].reasoning_content": "input.reasoning",
    "messages[].name": "input[].name",
    "messages[].content": "input[].content",
    "messages[].content[].file.filename": "input[].content[].filename",
    "messages[].content[].image_url.detail": "input[].content[].detail",
    "logprobs": "top_logprobs",
    "cache_control": "prompt_cache_breakpoint",
}

# Values of `include` that decide the form of the reply.
SEALED_THOUGHTS = "reasoning.encrypted_content"
LOGPROBS = "message.output_text.logprobs"
SEARCH_SOURCES = "web_search_call.action.sources"
# Those that only repeat what the client has sent itself: nothing is lost without them.
REPEATED = frozenset({"message.input_image.image_url", "computer_call_output.output.image_url"})

# The one hosted tool that other vendors have too, in its several spellings.
WEB_SEARCH = "web_search"
WEB_SEARCH_NAMES = frozenset(
    {WEB_SEARCH, "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11"}
)

# A custom tool takes free text: to the model it is a function with this one argument.
CUSTOM_INPUT = "input"

# The kinds of tools that are functions to the model.
FUNCTION = "function"
CUSTOM = "custom"
TOOL_SEARCH = "tool_search"
# The end of an input of which a summary is wanted, and the item that such a summary is.
COMPACTION_TRIGGER = "compaction_trigger"
COMPACTION = "compaction"

# Items that bring tools along, to be called from then on.
ADDITIONAL_TOOLS = "additional_tools"
TOOL_SEARCH_OUTPUT = "tool_search_output"
TOOL_BRINGERS = frozenset({ADDITIONAL_TOOLS, TOOL_SEARCH_OUTPUT})

# Items that tell what a hosted tool did: only its own vendor can read them, and the message after them has the result.
HOSTED_CALLS = frozenset(
    {
        "web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call", "mcp_list_tools",
        "mcp_call", "mcp_approval_request", "mcp_approval_response",
    }
)  # fmt: skip

SERVICE_TIERS: Mapping[str, str] = {"fast": "priority"}  # two words for one tier
# The words for a tier that the SDK's types know; what else a backend says of itself (Groq: on_demand) is none of them.
SERVED_TIERS = frozenset({"auto", "default", "flex", "scale", "priority", "ultrafast"})

# The words of a failed response's error that an app can act on, by the status that tells the same.
ERROR_CODES: Mapping[int, str] = {400: "invalid_prompt", 429: "rate_limit_exceeded"}
OTHER_ERROR = "server_error"

INCOMPLETE_REASONS: Mapping[str, str] = {"length": "max_output_tokens", "content_filter": "content_filter"}
