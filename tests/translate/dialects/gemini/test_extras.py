"""Fields without a neutral place: Google's own go on, the rest is told."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.errors import ClientFault

from .wire import body_of, function, told, write_chat

SAFETY = [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]


@pytest.mark.parametrize(
    ("fields", "added"),
    [
        ({"safety_settings": SAFETY}, {"safetySettings": SAFETY}),
        ({"safetySettings": SAFETY}, {"safetySettings": SAFETY}),
        ({"cached_content": "cachedContents/a"}, {"cachedContent": "cachedContents/a"}),
        ({"cachedContent": "cachedContents/a"}, {"cachedContent": "cachedContents/a"}),
        ({"labels": {"a": "b"}}, {"labels": {"a": "b"}}),
        ({"extra_body": {"google": {"cached_content": "cachedContents/a"}}}, {"cachedContent": "cachedContents/a"}),
        (
            {"google": {"thinking_config": {"include_thoughts": True}}},
            {"generationConfig": {"thinkingConfig": {"includeThoughts": True}}},
        ),
        (
            {"media_resolution": "MEDIA_RESOLUTION_LOW"},
            {"generationConfig": {"mediaResolution": "MEDIA_RESOLUTION_LOW"}},
        ),
        ({"modalities": ["text", "image"]}, {"generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}}),
        ({"modalities": ["text"]}, {}),
        ({"modalities": []}, {}),
        ({"store": False}, {}),
        ({"verbosity": "medium"}, {}),
        ({"service_tier": "auto"}, {}),
        ({"service_tier": "default"}, {"serviceTier": "standard"}),
        ({"service_tier": "flex"}, {"serviceTier": "flex"}),
        ({"web_search_options": {}}, {"tools": [{"googleSearch": {}}]}),
    ],
)
def test_googles_own(fields: dict[str, Any], added: dict[str, Any]) -> None:
    written, losses = write_chat(fields)
    assert {name: value for name, value in written.body.items() if name != "contents"} == added
    assert losses == ()


@pytest.mark.parametrize(
    ("fields", "losses"),
    [
        ({"user": "u"}, [("user", "dropped")]),
        ({"metadata": {"a": "b"}}, [("metadata", "dropped")]),
        ({"store": True}, [("store", "dropped")]),
        ({"service_tier": "scale"}, [("service_tier", "dropped")]),
        ({"verbosity": "low"}, [("verbosity", "dropped")]),
        ({"prediction": {"type": "content", "content": "x"}}, [("prediction", "dropped")]),
        ({"thinking": {"type": "enabled"}}, [("thinking", "dropped")]),
        (
            {"extra_body": {"google": {"thought_tag_marker": "x"}}},
            [("extra_body.google.thought_tag_marker", "dropped")],
        ),
        ({"web_search_options": {"search_context_size": "low"}}, [("web_search_options", "approximated")]),
    ],
)
def test_what_is_lost_is_told(fields: dict[str, Any], losses: list[Any]) -> None:
    assert told(write_chat(fields)[1]) == losses


def test_wrappers_are_not_followed_without_end() -> None:
    nested: dict[str, Any] = {"safety_settings": SAFETY}
    for _ in range(500):
        nested = {"google": nested}
    written, losses = write_chat(nested)
    assert "safetySettings" not in written.body
    assert told(losses) == [("google.google.google", "dropped")]


def test_search_stands_beside_the_functions() -> None:
    tools = body_of({"web_search_options": {}, "tools": [function("f")]})["tools"]
    assert tools == [{"functionDeclarations": [{"name": "f"}]}, {"googleSearch": {}}]


def test_answers_in_sound_are_refused() -> None:
    with pytest.raises(ClientFault) as caught:
        body_of({"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}})
    assert caught.value.param == "modalities"
