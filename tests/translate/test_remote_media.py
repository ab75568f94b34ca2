"""Addresses of files that a backend cannot read: named, and their bytes put in when they are there."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from proapi_translate import ClientFault, Context, FetchedMedia, MediaNeeded, Target, translate_request
from proapi_translate.media import media_from_bytes

PNG, PDF = b"\x89PNG\r\n\x1a\n....", b"%PDF-1.7 ...."
PNG_TEXT = base64.b64encode(PNG).decode()
A, B = "https://img.example.test/a.png?x=1", "https://img.example.test/b"
GCS = "gs://bucket/a.png"
CLOUD = {"PROJECT_ID": "p", "location": "global", "region": "us-east-1", "account_id": "a"}


def picture(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def translate(
    provider: str, *parts: dict[str, Any], dialect: str = "chat", model: str = "m", **fetched: FetchedMedia
) -> dict[str, Any]:
    content = [{"type": "text", "text": "look"}, *parts]
    body: dict[str, Any] = {"model": "x", "messages": [{"role": "user", "content": content}]}
    if dialect == "responses":
        body = {"model": "x", "input": [{"role": "user", "content": list(parts)}]}
    target = Target(provider, model, credential="k", options=CLOUD)
    media = {{"a": A, "b": B}[name]: value for name, value in fetched.items()}
    translation = translate_request(dialect, json.dumps(body).encode(), target, Context(media=media))
    return json.loads(translation.upstream.body)


@pytest.mark.parametrize("provider", ["gemini", "bedrock", "vertexai_claude", "cloudflare"])
def test_c026_all_addresses_that_must_be_fetched_are_named_at_once(provider: str) -> None:
    with pytest.raises(MediaNeeded) as needed:
        translate(provider, picture(A), picture(B), picture(A))
    assert needed.value.urls == (A, B)
    assert (needed.value.status, needed.value.param) == (400, "messages")
    assert A in needed.value.message


@pytest.mark.parametrize("provider", ["anthropic", "vertexai_gemini", "cohere", "openai", "mistral"])
def test_c026_backends_that_fetch_get_the_address(provider: str) -> None:
    assert A in json.dumps(translate(provider, picture(A)))


def test_c026_bytes_stand_in_with_the_type_that_they_have() -> None:
    lying = FetchedMedia(PNG, "text/html")
    gemini = translate("gemini", picture(A), a=lying)["contents"][0]["parts"]
    assert gemini[1] == {"inlineData": {"mimeType": "image/png", "data": PNG_TEXT}}
    claude = translate("vertexai_claude", picture(A), a=lying)["messages"][0]["content"]
    assert claude[1]["source"] == {"type": "base64", "media_type": "image/png", "data": PNG_TEXT}
    bedrock = translate("bedrock", picture(A), a=lying)["messages"][0]["content"]
    assert bedrock[1] == {"image": {"format": "png", "source": {"bytes": PNG_TEXT}}}


def test_only_what_is_not_there_is_asked_for() -> None:
    with pytest.raises(MediaNeeded) as needed:
        translate("gemini", picture(A), picture(B), a=FetchedMedia(PNG))
    assert needed.value.urls == (B,)


@pytest.mark.parametrize(
    ("fetched", "found"),
    [
        (FetchedMedia(b"<html>404</html>", "text/html; charset=utf-8"), "text/html"),
        (FetchedMedia(b"<html>404</html>", "image/png"), "text/plain"),
        (FetchedMedia(PDF, "image/png"), "application/pdf"),
        (FetchedMedia(b"\x00\x01\xff", "image/png"), "something unknown"),
        (FetchedMedia(b"", "image/png"), "text/plain"),
    ],
)
def test_c026_what_is_no_picture_is_the_clients_fault(fetched: FetchedMedia, found: str) -> None:
    with pytest.raises(ClientFault, match=f"holds {found}, no image") as fault:
        translate("gemini", picture(A), a=fetched)
    assert (fault.value.status, fault.value.code) == (400, "invalid_image_url")
    assert A in fault.value.message
    assert not isinstance(fault.value, MediaNeeded)


@pytest.mark.parametrize(
    ("fetched", "kind"),
    [
        (FetchedMedia(b"a,b", "text/csv; charset=utf-8"), "text/csv"),
        (FetchedMedia(b"{}", "application/json"), "application/json"),
        (FetchedMedia(b"plain", "application/octet-stream"), "text/plain"),
        (FetchedMedia("é".encode(), ""), "text/plain"),
        (FetchedMedia(b"a\0b", "text/plain"), ""),
        (FetchedMedia(b"\xff\xfe", "text/plain"), ""),
        (FetchedMedia(PDF, "text/plain"), "application/pdf"),
    ],
)
def test_types_come_from_the_bytes(fetched: FetchedMedia, kind: str) -> None:
    assert media_from_bytes(fetched).media_type == kind


def test_gs_addresses_go_to_googles_models_and_to_nobody_else() -> None:
    for provider in ("vertexai_gemini", "gemini"):
        part = translate(provider, picture(GCS))["contents"][0]["parts"][1]
        assert part == {"fileData": {"fileUri": GCS, "mimeType": "image/png"}}
    for provider in ("anthropic", "bedrock", "vertexai_claude", "cohere", "cloudflare"):
        with pytest.raises(ClientFault, match="cannot read gs://bucket") as fault:
            translate(provider, picture(GCS))
        assert not isinstance(fault.value, MediaNeeded)


def test_a_file_by_its_address() -> None:
    file = {"type": "input_file", "file_url": B}
    with pytest.raises(MediaNeeded):
        translate("mistral", file, dialect="responses")  # chat completions have no place for it
    with pytest.raises(MediaNeeded):
        translate("cohere", file, dialect="responses")
    sent = translate("mistral", file, dialect="responses", b=FetchedMedia(PDF))
    assert "data:application/pdf;base64," in json.dumps(sent)
    sent = translate("cohere", file, dialect="responses", b=FetchedMedia(b"words"))
    assert sent["documents"][0]["data"]["text"] == "words"


def test_a_chat_file_may_be_an_address() -> None:
    file = {"type": "file", "file": {"filename": "a.pdf", "file_data": B}}
    assert translate("anthropic", file)["messages"][0]["content"][1]["source"] == {"type": "url", "url": B}


def test_pictures_within_a_tools_result() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": [picture(A)]},
    ]
    body = json.dumps({"model": "x", "messages": messages}).encode()
    target = Target("vertexai_claude", "m", options=CLOUD)
    with pytest.raises(MediaNeeded):
        translate_request("chat", body, target)
    filled = translate_request("chat", body, target, Context(media={A: FetchedMedia(PNG)}))
    assert PNG_TEXT in filled.upstream.body.decode()
    assert A not in filled.upstream.body.decode()


def test_long_addresses_are_shown_in_part() -> None:
    with pytest.raises(MediaNeeded) as needed:
        translate("gemini", picture("https://x.test/" + "a" * 9999))
    assert len(needed.value.message) < 400


# ---- Chat bodies that go on as they are.


def pass_on(body: bytes, **fetched: FetchedMedia) -> bytes:
    media = {{"a": A, "b": B}[name]: value for name, value in fetched.items()}
    return translate_request("chat", body, Target("ollama", "m"), Context(media=media)).upstream.body


def test_a_passed_on_body_gets_data_urls_too() -> None:
    parts = [picture(A), {"type": "image_url", "image_url": B}, picture("data:image/png;base64,AAAA")]
    body = json.dumps({"model": "m", "temperature": 0.25, "messages": [{"role": "user", "content": parts}]}).encode()
    with pytest.raises(MediaNeeded) as needed:
        pass_on(body)
    assert needed.value.urls == (A, B)
    sent = json.loads(pass_on(body, a=FetchedMedia(PNG, "text/html"), b=FetchedMedia(b"GIF89a")))
    urls = [part["image_url"]["url"] for part in sent["messages"][0]["content"]]
    assert urls == [
        f"data:image/png;base64,{PNG_TEXT}",
        f"data:image/gif;base64,{base64.b64encode(b'GIF89a').decode()}",
        "data:image/png;base64,AAAA",
    ]
    assert sent["temperature"] == 0.25
    with pytest.raises(ClientFault, match="holds text/plain, no image"):
        pass_on(body, a=FetchedMedia(b"words"), b=FetchedMedia(PNG))


@pytest.mark.parametrize(
    "messages",
    [
        '[{"role":"user","content":"image_url"}]',
        '[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]',
        '[{"role":"user","content":[{"type":"image_url","image_url":{"url":7}},{"image_url":null},3]},4]',
        '{"image_url":1}',
    ],
)
def test_a_passed_on_body_without_addresses_keeps_its_bytes(messages: str) -> None:
    body = f'{{"model":"m","top_p":0.50,"messages":{messages}}}'.encode()
    assert pass_on(body) == body


def test_a_body_that_is_no_json_is_the_clients_fault() -> None:
    with pytest.raises(ClientFault, match="could not parse") as fault:
        pass_on(b'{"model": "m", "image_url"')
    assert not isinstance(fault.value, MediaNeeded)
