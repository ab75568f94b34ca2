"""Google's addresses and headers."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.providers.google import GEMINI, PROVIDERS, VERTEX_GEMINI_LOCATIONS, VERTEXAI_GEMINI, vertex_url
from proapi_translate.providers.row import Operation
from proapi_translate.target import Target

BODY, STREAM = Operation("gemini", streaming=False), Operation("gemini", streaming=True)
GOOGLE = "https://generativelanguage.googleapis.com"
MODEL = "gemini-2.5-pro"
PATH = f"models/{MODEL}:generateContent"


def vertex(**options: Any) -> Target:
    base_url = options.pop("base_url", "")
    return Target("vertexai_gemini", MODEL, base_url, "ya29.token", {"PROJECT_ID": "proj-1", **options})


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("", f"{GOOGLE}/v1beta/{PATH}"),
        (f"{GOOGLE}/v1beta", f"{GOOGLE}/v1beta/{PATH}"),
        (f"{GOOGLE}/v1beta/", f"{GOOGLE}/v1beta/{PATH}"),
        (f"{GOOGLE}/v1beta/models/", f"{GOOGLE}/v1beta/{PATH}"),
        (GOOGLE, f"{GOOGLE}/v1beta/{PATH}"),
        (f"{GOOGLE}/v1", f"{GOOGLE}/v1/{PATH}"),
        ("http://127.0.0.1:9000/", f"http://127.0.0.1:9000/v1beta/{PATH}"),
        ("https://relay.test/google/v1alpha", f"https://relay.test/google/v1alpha/{PATH}"),
        # Vertex in express mode: a key, no project
        (
            "https://aiplatform.googleapis.com/v1/publishers/google",
            f"https://aiplatform.googleapis.com/v1/publishers/google/{PATH}",
        ),
    ],
)
def test_gemini_addresses(base_url: str, expected: str) -> None:
    assert GEMINI.url(Target("gemini", MODEL, base_url), BODY) == expected


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("models/gemini-2.5-pro", "models/gemini-2.5-pro"),
        ("tunedModels/mine-1", "tunedModels/mine-1"),
        ("a b?c:d#e", "models/a%20b%3Fc%3Ad%23e"),
    ],
)
def test_models_in_addresses(model: str, path: str) -> None:
    assert GEMINI.url(Target("gemini", model), BODY) == f"{GOOGLE}/v1beta/{path}:generateContent"


def test_streams_are_asked_for_as_server_sent_events() -> None:
    assert (
        GEMINI.url(Target("gemini", MODEL), STREAM) == f"{GOOGLE}/v1beta/models/{MODEL}:streamGenerateContent?alt=sse"
    )
    assert VERTEXAI_GEMINI.url(vertex(), STREAM).endswith(f"/models/{MODEL}:streamGenerateContent?alt=sse")


def test_c074_the_key_is_in_its_header_and_nowhere_else() -> None:
    target = Target("gemini", MODEL, credential="AIza-key")
    assert GEMINI.headers(target) == {"x-goog-api-key": "AIza-key"}
    assert "AIza" not in GEMINI.url(target, BODY)
    assert VERTEXAI_GEMINI.headers(vertex()) == {"authorization": "Bearer ya29.token"}
    assert "ya29" not in VERTEXAI_GEMINI.url(vertex(), BODY)


@pytest.mark.parametrize(
    ("location", "host", "written"),
    [
        ("", "us-central1-aiplatform.googleapis.com", "us-central1"),
        ("europe-west4", "europe-west4-aiplatform.googleapis.com", "europe-west4"),
        ("global", "aiplatform.googleapis.com", "global"),
        ("eu", "aiplatform.eu.rep.googleapis.com", "eu"),
        ("us-east4, us-west1", "us-east4-aiplatform.googleapis.com", "us-east4"),
    ],
)
def test_vertex_locations(location: str, host: str, written: str) -> None:
    expected = f"https://{host}/v1/projects/proj-1/locations/{written}/publishers/google/{PATH}"
    assert VERTEXAI_GEMINI.url(vertex(location=location), BODY) == expected


@pytest.mark.parametrize(
    ("base_url", "start"),
    [
        ("http://127.0.0.1:9/", "http://127.0.0.1:9/v1/projects"),
        ("https://relay.test/v1beta1", "https://relay.test/v1beta1/projects"),
    ],
)
def test_vertex_base_url(base_url: str, start: str) -> None:
    assert VERTEXAI_GEMINI.url(vertex(base_url=base_url), BODY).startswith(
        f"{start}/proj-1/locations/us-central1/publishers/google"
    )


def test_other_publishers() -> None:
    target = Target(
        "vertexai_claude", "claude-3-5-sonnet@20240620", options={"PROJECT_ID": "example.com:p", "location": "us-east5"}
    )
    assert vertex_url(target, "anthropic", "rawPredict") == (
        "https://us-east5-aiplatform.googleapis.com/v1/projects/example.com:p/locations/us-east5"
        "/publishers/anthropic/models/claude-3-5-sonnet@20240620:rawPredict"
    )


def test_rows() -> None:
    assert [row.name for row in PROVIDERS][:2] == ["gemini", "vertexai_gemini"]
    assert VERTEX_GEMINI_LOCATIONS[0] == "us-central1"
    assert len(VERTEX_GEMINI_LOCATIONS) == 6
    assert "REFRESH_TOKEN" in VERTEXAI_GEMINI.keys.secret
    assert not VERTEXAI_GEMINI.keys.api_key
