from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from proapi_gateway.surface import Endpoint, Kind, ModelIn, ResponseAction, find_endpoint
from proapi_translate import ClientFault


@pytest.mark.parametrize(
    ("method", "target", "kind", "dialect"),
    [
        ("POST", "/v1/chat/completions", Kind.TRANSLATED, "chat"),
        ("POST", "/chat/completions", Kind.TRANSLATED, "chat"),
        ("POST", "/v1/responses", Kind.TRANSLATED, "responses"),
        ("POST", "/v1/completions", Kind.TRANSLATED, "completions"),
        ("POST", "/v1/embeddings", Kind.TRANSLATED, "embeddings"),
        ("POST", "/embeddings", Kind.TRANSLATED, "embeddings"),
        ("POST", "/v1/chat/completions?beta=true", Kind.TRANSLATED, "chat"),
        ("POST", "/v1/chat/completions/", Kind.TRANSLATED, "chat"),
        ("POST", "//v1//chat/completions", Kind.TRANSLATED, "chat"),
        ("POST", "/v1/v1/chat/completions", Kind.TRANSLATED, "chat"),
        ("POST", "/openai/v1/responses", Kind.TRANSLATED, "responses"),
        ("POST", "/openai/responses?api-version=2025-04-01-preview", Kind.TRANSLATED, "responses"),
        ("GET", "/v1/models", Kind.MODELS, ""),
        ("GET", "/models", Kind.MODELS, ""),
        ("HEAD", "/v1/models", Kind.MODELS, ""),
        ("GET", "/v1/models?limit=5", Kind.MODELS, ""),
        ("GET", "/", Kind.ROOT, ""),
        ("GET", "", Kind.ROOT, ""),
        ("HEAD", "/", Kind.ROOT, ""),
        ("GET", "/v1", Kind.ROOT, ""),
        ("GET", "/healthz", Kind.HEALTHZ, ""),
        ("GET", "/reload_config", Kind.RELOAD, ""),
        ("GET", "/admin", Kind.ADMIN, ""),
        ("GET", "/admin/req_logs?page=2", Kind.ADMIN, ""),
        ("POST", "/admin/login", Kind.ADMIN, ""),
        ("GET", "/metrics", Kind.METRICS, ""),
        ("GET", "/readyz", Kind.READYZ, ""),
        ("OPTIONS", "/v1/chat/completions", Kind.PREFLIGHT, ""),
        ("OPTIONS", "/v1/anything", Kind.PREFLIGHT, ""),
    ],
)
def test_our_own_paths_are_known_by_every_spelling(method, target, kind, dialect) -> None:
    assert find_endpoint(method, target) == Endpoint(kind, dialect)


def test_a_backends_own_admin_paths_are_passed_through() -> None:
    assert find_endpoint("GET", "/v1/admin/x").upstream_path == "admin/x"


@pytest.mark.parametrize(
    ("target", "model"),
    [
        ("/v1/models/gpt-4o", "gpt-4o"),
        ("/models/gpt-4o", "gpt-4o"),
        ("/v1/models/Qwen/Qwen2-7B-Instruct", "Qwen/Qwen2-7B-Instruct"),
        ("/v1/models/Qwen%2FQwen2-7B-Instruct", "Qwen/Qwen2-7B-Instruct"),
        ("/v1/models/org/model:free?x=1", "org/model:free"),
        ("/v1/models/%E9%80%9A%E4%B9%89", "通义"),
        ("/v1/models/models", "models"),
        ("/v1/models/deployments/x", "deployments/x"),
    ],
)
def test_the_id_of_a_model_may_hold_anything(target: str, model: str) -> None:
    assert find_endpoint("GET", target) == Endpoint(Kind.MODEL, model=model)


@pytest.mark.parametrize(
    ("target", "dialect", "model"),
    [
        ("/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21", "chat", "gpt-4o"),
        ("/openai/deployments/my%2Fdep/embeddings?api-version=2024-10-21", "embeddings", "my/dep"),
        ("/openai/deployments/d/completions", "completions", "d"),
        ("/v1/engines/text-davinci-003/completions", "completions", "text-davinci-003"),
    ],
)
def test_azure_and_old_clients_name_the_model_in_the_url(target: str, dialect: str, model: str) -> None:
    assert find_endpoint("POST", target) == Endpoint(Kind.TRANSLATED, dialect, model, ModelIn.URL)


@pytest.mark.parametrize(
    ("method", "target", "model_in", "model", "upstream_path"),
    [
        ("POST", "/v1/images/generations", ModelIn.JSON, "", "images/generations"),
        ("POST", "/v1/images/edits", ModelIn.MULTIPART, "", "images/edits"),
        ("POST", "/v1/audio/speech", ModelIn.JSON, "", "audio/speech"),
        ("POST", "/v1/audio/transcriptions", ModelIn.MULTIPART, "", "audio/transcriptions"),
        ("POST", "/audio/transcriptions/", ModelIn.MULTIPART, "", "audio/transcriptions"),
        ("POST", "/v1/moderations", ModelIn.JSON, "", "moderations"),
        ("POST", "/v1/rerank", ModelIn.JSON, "", "rerank"),
        ("POST", "/v1/videos", ModelIn.MULTIPART, "", "videos"),
        ("GET", "/v1/videos", ModelIn.NOWHERE, "", "videos"),  # a list has no body
        ("POST", "/v1/files", ModelIn.NOWHERE, "", "files"),
        ("GET", "/v1/files?purpose=batch&limit=2", ModelIn.NOWHERE, "", "files?purpose=batch&limit=2"),
        ("GET", "/v1/files/f-1/content", ModelIn.NOWHERE, "", "files/f-1/content"),
        ("GET", "/v1/files/a%20b", ModelIn.NOWHERE, "", "files/a%20b"),
        ("DELETE", "/v1/v1/files/f-1", ModelIn.NOWHERE, "", "files/f-1"),
        ("POST", "/openai/v1/batches", ModelIn.NOWHERE, "", "batches"),
        ("POST", "/v1/uploads/u-1/parts", ModelIn.NOWHERE, "", "uploads/u-1/parts"),
        ("POST", "/v1/fine_tuning/jobs", ModelIn.NOWHERE, "", "fine_tuning/jobs"),
        ("POST", "/v1/assistants", ModelIn.NOWHERE, "", "assistants"),
        ("POST", "/v1/threads/t/runs", ModelIn.NOWHERE, "", "threads/t/runs"),
        ("GET", "/vector_stores", ModelIn.NOWHERE, "", "vector_stores"),
        ("POST", "/v1/responses/input_tokens", ModelIn.JSON, "", "responses/input_tokens"),
        ("GET", "/v1/chat/completions/c-1/messages", ModelIn.NOWHERE, "", "chat/completions/c-1/messages"),
        ("GET", "/v1/realtime?model=gpt-realtime&x=1", ModelIn.URL, "gpt-realtime", "realtime?model=gpt-realtime&x=1"),
        ("GET", "/v1/realtime?intent=transcription", ModelIn.NOWHERE, "", "realtime?intent=transcription"),
        ("GET", "/openai/realtime?api-version=1&deployment=m", ModelIn.URL, "m", "realtime?model=m"),
        ("GET", "/openai/realtime?deployment=m&api-version=1&x=1", ModelIn.URL, "m", "realtime?model=m&x=1"),
        ("GET", "/openai/files?api-version=1", ModelIn.NOWHERE, "", "files"),
        ("POST", "/v1/realtime/client_secrets", ModelIn.SESSION, "", "realtime/client_secrets"),
        ("POST", "/v1/realtime/sessions", ModelIn.JSON, "", "realtime/sessions"),
        ("POST", "/v1/realtime/calls", ModelIn.NOWHERE, "", "realtime/calls"),
        ("POST", "/v1/something/new", ModelIn.NOWHERE, "", "something/new"),
        ("POST", "/openai/deployments/w/audio/transcriptions", ModelIn.MULTIPART, "w", "audio/transcriptions"),
        ("POST", "/openai/deployments/i/images/generations", ModelIn.JSON, "i", "images/generations"),
    ],
)
def test_other_paths_say_where_their_model_is(method, target, model_in, model, upstream_path) -> None:
    expected = Endpoint(Kind.PASSTHROUGH, model=model, model_in=model_in, upstream_path=upstream_path)
    found = find_endpoint(method, target)
    assert replace(found, dialect="", repeatable=True) == expected


@pytest.mark.parametrize(
    ("method", "target", "repeatable"),
    [
        ("POST", "/v1/chat/completions", True),
        ("POST", "/v1/responses", True),
        ("POST", "/v1/embeddings", True),
        ("POST", "/v1/audio/speech", True),
        ("POST", "/openai/deployments/w/audio/transcriptions", True),
        ("POST", "/v1/moderations", True),
        ("GET", "/v1/files", True),
        ("POST", "/v1/files", False),
        ("POST", "/v1/images/generations", False),
        ("POST", "/v1/images/edits", False),
        ("POST", "/openai/deployments/i/images/generations", False),
        ("POST", "/v1/batches", False),
        ("POST", "/v1/fine_tuning/jobs", False),
        ("POST", "/v1/videos", False),
        ("POST", "/v1/something/new", False),
    ],
)
def test_what_makes_something_must_not_be_made_twice(method: str, target: str, repeatable: bool) -> None:
    assert find_endpoint(method, target).repeatable is repeatable


def test_images_can_be_made_by_a_translation_too() -> None:
    assert find_endpoint("POST", "/v1/images/generations").dialect == "images"
    others = (("POST", "/v1/images/edits"), ("GET", "/v1/images/generations"), ("POST", "/v1/moderations"))
    assert {find_endpoint(method, target).dialect for method, target in others} == {""}


@pytest.mark.parametrize(
    ("method", "target", "allow"),
    [
        ("GET", "/v1/chat/completions", "POST, OPTIONS"),
        ("HEAD", "/v1/embeddings", "POST, OPTIONS"),
        ("DELETE", "/v1/responses", "POST, OPTIONS"),
        ("GET", "/openai/deployments/d/chat/completions", "POST, OPTIONS"),
        ("POST", "/v1/models", "GET, HEAD, OPTIONS"),
        ("DELETE", "/v1/models/gpt-4o", "GET, HEAD, OPTIONS"),
        ("POST", "/", "GET, HEAD, OPTIONS"),
        ("POST", "/healthz", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_wrong_method_on_a_path_of_ours_is_a_405(method: str, target: str, allow: str) -> None:
    with pytest.raises(ClientFault) as caught:
        find_endpoint(method, target)
    fault = caught.value
    assert (fault.status, fault.type, fault.code) == (405, "invalid_request_error", "method_not_supported")
    assert fault.headers == {"allow": allow}
    assert method in fault.message


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/foo"),
        ("POST", "/foo/v1/chat/completions"),
        ("GET", "/favicon.ico"),
        ("POST", "/v1/chat"),
        ("POST", "/v1/chat/completion"),
        ("POST", "/v1/embeddings/x"),
        ("POST", "/v1/completions/x"),
        ("POST", "/v1/Chat/Completions/../x"),
        ("GET", "/v1/files/../../admin"),
        ("GET", "/v1/files/%2e%2e/%2E%2E/admin"),
        ("GET", "/v1/files/..%2f..%2fadmin"),
        ("GET", "/v1/files/..%5cadmin"),
        ("GET", "/v1/files/."),
        ("GET", "/v1/models/.."),
        ("POST", "/v1/../v1/chat/completions"),
        ("POST", "/v1%2Fchat/completions"),
        ("GET", "/\udcff"),
    ],
)
def test_a_path_that_nobody_serves_is_a_404(method: str, target: str) -> None:
    with pytest.raises(ClientFault) as caught:
        find_endpoint(method, target)
    fault = caught.value
    assert (fault.status, fault.type, fault.code) == (404, "invalid_request_error", "unknown_url")
    assert fault.message.startswith(f"Unknown request URL: {method} /")
    msgspec.json.encode(fault.message)


@pytest.mark.parametrize(
    ("method", "target"),
    [("POST", "/v1/messages"), ("POST", "/messages"), ("POST", "/v1/messages/count_tokens?beta=true")],
)
def test_anthropics_own_api_is_named_and_what_is_served_in_its_place(method: str, target: str) -> None:
    with pytest.raises(ClientFault) as caught:
        find_endpoint(method, target)
    fault = caught.value
    assert (fault.status, fault.code) == (404, "unknown_url")
    assert "Anthropic's Messages API" in fault.message
    assert "/v1/chat/completions" in fault.message
    assert "beta" not in fault.message


def test_a_fault_does_not_repeat_the_query_which_may_hold_a_key() -> None:
    with pytest.raises(ClientFault) as caught:
        find_endpoint("GET", "/foo?key=sk-secret")
    assert "sk-secret" not in caught.value.message


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", "/v1/responses/resp_1", ResponseAction.RETRIEVE),
        ("HEAD", "/v1/responses/resp_1", ResponseAction.RETRIEVE),
        ("GET", "/v1/responses/resp_1?stream=true", ResponseAction.RETRIEVE),
        ("DELETE", "/responses/resp_1/", ResponseAction.DELETE),
        ("POST", "/v1/responses/resp_1/cancel", ResponseAction.CANCEL),
        ("GET", "/v1/responses/resp%5f1/input_items?limit=2", ResponseAction.INPUT_ITEMS),
    ],
)
def test_stored_responses(method: str, path: str, action: ResponseAction) -> None:
    found = find_endpoint(method, path)
    assert (found.kind, found.response_id, found.action) == (Kind.STORED_RESPONSE, "resp_1", action)
    assert found.upstream_path == path.removeprefix("/v1/").strip("/")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/responses/input_tokens"), ("POST", "/v1/responses/resp_1"), ("GET", "/v1/responses/resp_1/what")],
)
def test_other_paths_below_responses_are_passed_through(method: str, path: str) -> None:
    assert find_endpoint(method, path).kind is Kind.PASSTHROUGH


def test_bytes_that_are_no_utf8_are_percent_encoded() -> None:
    assert find_endpoint("GET", "/v1/files/\udcff?x=\udc80").upstream_path == "files/%FF?x=%80"
    assert find_endpoint("GET", "/v1/responses/\udcff").response_id.encode()
    assert find_endpoint("GET", "/v1/realtime?model=\udcff").model.encode()
    assert find_endpoint("GET", "/v1/files/值").upstream_path == "files/值"
