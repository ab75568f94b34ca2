from __future__ import annotations

import pytest

from proapi_gateway.models import ModelList
from proapi_gateway.routing import members_by_alias
from proapi_gateway.settings import Route
from proapi_translate import ClientFault

from .sample_settings import block, client, settings

CREATED = 1_764_000_000
MODELS = ModelList(
    members_by_alias(
        settings(
            block(0, "gpt-4o", Route("qwen2-7b", "Qwen/Qwen2"), Route("gpt-3.5-turbo", "Qwen/Qwen2")),
            block(1, "gpt-4o-mini", "claude", provider="anthropic", name="work"),
            block(2, "gpt-4o", "org/model:free", provider="deepseek", unavailable="KEY is not set"),
        )
    ),
    CREATED,
)


def _ids(*patterns: str) -> list[object]:
    page = MODELS.page(client(*patterns))
    assert page["object"] == "list"
    return [entry["id"] for entry in page["data"]]


@pytest.mark.parametrize(
    ("patterns", "ids"),
    [
        (("all",), ["gpt-4o", "qwen2-7b", "gpt-3.5-turbo", "gpt-4o-mini", "claude", "org/model:free"]),
        (("*",), ["gpt-4o", "qwen2-7b", "gpt-3.5-turbo", "gpt-4o-mini", "claude", "org/model:free"]),
        (("gpt-4*",), ["gpt-4o", "gpt-4o-mini"]),
        (("claude", "gpt-4o"), ["gpt-4o", "claude"]),
        (("gpt-4o", "gpt-*"), ["gpt-4o", "gpt-3.5-turbo", "gpt-4o-mini"]),
        (("*/*:free",), ["org/model:free"]),
        (("Qwen/Qwen2", "unknown"), []),
    ],
)
def test_the_page_lists_all_that_the_token_may_use_once_in_the_files_order(patterns, ids) -> None:
    assert _ids(*patterns) == ids


def test_c073_entries_are_openais_whatever_the_backend_is() -> None:
    """A list of ours, not the vendors' own: no page of theirs is asked for, so none can be missing or fail."""
    google = block(0, Route("models/gemini-2.5-flash", "models/gemini-2.5-flash"), provider="gemini", name="")
    claude = block(1, "claude-sonnet-4-5", Route("alias", "claude-opus-4-6"), provider="anthropic", name="")
    models = ModelList(members_by_alias(settings(google, claude)), CREATED)
    page = models.page(client())
    assert page["object"] == "list"
    assert [entry["id"] for entry in page["data"]] == ["models/gemini-2.5-flash", "claude-sonnet-4-5", "alias"]
    for entry in page["data"]:
        assert {key: type(value) for key, value in entry.items()} == {
            "id": str, "object": str, "created": int, "owned_by": str,
        }  # fmt: skip
        assert models.entry(entry["id"], client()) == entry
    with pytest.raises(ClientFault) as caught:
        models.entry("claude-opus-4-6", client())
    assert (caught.value.status, caught.value.code) == (404, "model_not_found")


def test_an_entry_is_whole() -> None:
    assert MODELS.entry("claude", client()) == {
        "id": "claude",
        "object": "model",
        "created": CREATED,
        "owned_by": "anthropic/work",
    }


def test_a_name_that_different_backends_serve_is_owned_by_proapi() -> None:
    assert MODELS.entry("gpt-4o", client())["owned_by"] == "proapi"


@pytest.mark.parametrize(
    ("model", "pattern"), [("absent", "all"), ("claude", "gpt-*"), ("Qwen/Qwen2", "all"), ("", "all")]
)
def test_an_unknown_or_forbidden_id_is_a_404(model: str, pattern: str) -> None:
    with pytest.raises(ClientFault) as caught:
        MODELS.entry(model, client(pattern))
    assert (caught.value.status, caught.value.code) == (404, "model_not_found")
