"""Each vendor's words for what decides the next attempt."""

import json

import pytest

from proapi_translate import (
    BackendFailure,
    Cause,
    Context,
    ReplyTranslator,
    Target,
    cause_of,
    read_error,
    translate_request,
)

TOO_LONG = {
    "openai": "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    "openai responses": "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "anthropic": "prompt is too long: 210000 tokens > 200000 maximum",
    "anthropic, with the reply": "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
    "gemini": "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    "vertex": "The input token count is 9000 but the model only supports up to 8192.",
    "cohere": "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 8000.",
    "bedrock": "Input is too long for requested model.",
    "bedrock titan": "Too many input tokens. Max input tokens: 8192, request input token count: 9000",
    "workers ai": "The estimated number of input tokens (9) exceeded this model context window limit.",
    "mistral": "Prompt contains 40000 tokens, too large for model with 32768 maximum context length",
    "groq": "Please reduce the length of the messages or completion.",
    "together": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000",
    "fireworks": "The prompt is too long: 300000, model maximum context length: 131071",
    "moonshot": "Invalid request: Your request exceeded model token limit: 8192",
    "qwen": "Range of input length should be [1, 30720]",
    "glm": "Prompt exceeds max length",
    "xai": "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    "llama.cpp": "the request exceeds the available context size, try increasing it",
    "siliconflow": "length of prompt_tokens (9000) must be less than max_seq_len (8192).",
    "minimax": "invalid params, context window exceeds limit",
}
NO_SUCH_MODEL = {
    "openai": "The model `gpt-9` does not exist or you do not have access to it.",
    "anthropic": "model: claude-0",
    "cohere": "model 'x' not found, make sure the correct model ID was used",
    "gemini": "models/x is not found for API version v1beta, or is not supported for generateContent.",
    "openrouter": "x/y is not a valid model ID",
    "bedrock": "The provided model identifier is invalid.",
    "deepseek": "Model Not Exist",
    "ollama": "model 'x' not found",
}


@pytest.mark.parametrize("vendor", TOO_LONG)
@pytest.mark.parametrize("status", [400, 413])
def test_a_prompt_that_is_too_long(vendor: str, status: int) -> None:
    assert cause_of(BackendFailure(TOO_LONG[vendor], status)) is Cause.PROMPT_TOO_LONG


@pytest.mark.parametrize("vendor", NO_SUCH_MODEL)
def test_a_model_that_the_backend_does_not_have(vendor: str) -> None:
    assert cause_of(BackendFailure(NO_SUCH_MODEL[vendor], 404)) is Cause.NO_SUCH_MODEL


@pytest.mark.parametrize(
    ("status", "code", "cause"),
    [
        (401, None, Cause.KEY_REFUSED),
        (402, None, Cause.KEY_REFUSED),
        (403, None, Cause.KEY_REFUSED),
        (400, "invalid_api_key", Cause.KEY_REFUSED),  # Gemini
        (429, "insufficient_quota", Cause.KEY_REFUSED),
        (429, "rate_limit_exceeded", Cause.OTHER),
        (413, "tokens_limit_reached", Cause.PROMPT_TOO_LONG),
        (400, "context_length_exceeded", Cause.PROMPT_TOO_LONG),
        (404, "DeploymentNotFound", Cause.NO_SUCH_MODEL),
        (404, None, Cause.OTHER),
        (400, None, Cause.OTHER),
        (500, None, Cause.OTHER),
    ],
)
def test_codes_and_statuses(status: int, code: str | None, cause: Cause) -> None:
    assert cause_of(BackendFailure("no", status, code=code)) is cause


@pytest.mark.parametrize(
    "message",
    [
        "max_tokens: 100000 > 8192, which is the maximum allowed number of output tokens",
        "temperature: must be at most 2",
        "Unsupported parameter: 'max_tokens' is not supported with this model.",
        "messages: text content blocks must be non-empty",
        "Invalid 'input': string too long.",
    ],
)
def test_another_fault_of_the_request_is_none_of_them(message: str) -> None:
    assert cause_of(BackendFailure(message, 400)) is Cause.OTHER


def test_words_of_a_server_that_is_down_are_not_read() -> None:
    assert cause_of(BackendFailure("model not found in cache, retrying", 503)) is Cause.OTHER


@pytest.mark.parametrize(
    ("provider", "said", "code"),
    [
        ("anthropic", {"type": "error", "error": {"type": "invalid_request_error", "message": TOO_LONG["anthropic"]}},
         "context_length_exceeded"),
        ("cohere", {"message": TOO_LONG["cohere"]}, "context_length_exceeded"),
        ("vllm", {"object": "error", "message": TOO_LONG["openai"], "code": 400}, "context_length_exceeded"),
        ("openai", {"error": {"message": TOO_LONG["openai"], "code": "its_own"}}, "its_own"),
    ],
)  # fmt: skip
def test_a_client_reads_openais_code(provider: str, said: dict, code: str) -> None:
    target = Target(provider, "up", base_url="http://b.test/v1", credential="k")
    body = b'{"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}'
    reply = ReplyTranslator(translate_request("chat", body, target, Context()), "chatcmpl-1", 1)
    reply.start(400, {})
    assert json.loads(reply.whole(json.dumps(said).encode()))["error"]["code"] == code


def test_an_error_that_nobody_translates_is_read_the_same() -> None:
    failure = read_error(404, {}, json.dumps({"error": {"message": NO_SUCH_MODEL["openai"]}}).encode())
    assert cause_of(failure) is Cause.NO_SUCH_MODEL
