"""Parts → content blocks: media by their bytes, results of every shape, cache points."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from proapi_translate.errors import ClientFault

from .wire import CLAUDE, NOVA, lost_fields, write_chat

PNG = "iVBORw0KGgo="
LLAMA_3 = "meta.llama3-70b-instruct-v1:0"


def image(url: str, **fields: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, **fields}}


def file(name: str, data: str) -> dict[str, Any]:
    return {"type": "file", "file": {"filename": name, "file_data": data}}


def blocks_of(*parts: dict[str, Any], model: str = CLAUDE) -> list[dict[str, Any]]:
    text = {"type": "text", "text": "see"}
    written, _ = write_chat({"messages": [{"role": "user", "content": [text, *parts]}]}, model)
    found: list[dict[str, Any]] = written.body["messages"][0]["content"][1:]
    return found


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("data:image/png;base64,UklGRhoAAABXRUJQVlA4TA0AAAA=", "webp"),
        ("data:image/jpg;base64,/9j/4AAQSkZJRg==", "jpeg"),
        ("data:image/png;charset=utf-8;base64,iVBORw0KGgo=", "png"),
        ("data:;base64,iVBORw0KGgo=", "png"),
        ("data:image/gif;base64,R0lGODlhAQABAA==", "gif"),
    ],
)
def test_pictures_by_what_they_are(url: str, kind: str) -> None:
    assert blocks_of(image(url)) == [{"image": {"format": kind, "source": {"bytes": url.rpartition(",")[2]}}}]


@pytest.mark.parametrize(
    ("part", "word"),
    [
        (image("data:image/bmp;base64,Qk0="), "image/bmp"),
        (image("https://img.example.test/a.png?x=1"), "https://img.example.test/a.png"),
        ({"type": "file", "file": {"file_id": "file-1"}}, "file-1"),
        (file("a.zip", "data:application/zip;base64,UEsDBA=="), "application/zip"),
        ({"type": "input_audio", "input_audio": {"data": "UklGRgAA", "format": "wav"}}, "input_audio"),
    ],
)
def test_what_bedrock_cannot_take_is_refused_by_name(part: dict[str, Any], word: str) -> None:
    with pytest.raises(ClientFault, match=word.replace("?", ".")) as caught:
        blocks_of(part)
    assert caught.value.status == 400
    assert caught.value.param in ("messages", "input_audio")


def test_sound_for_models_that_hear() -> None:
    part = {"type": "input_audio", "input_audio": {"data": "UklGRgAA", "format": "wav"}}
    block = {"audio": {"format": "wav", "source": {"bytes": "UklGRgAA"}}}
    assert blocks_of(part, model="mistral.voxtral-small-2507") == [block]


def test_detail_is_reported_and_not_sent() -> None:
    content = [{"type": "text", "text": "see"}, image(f"data:;base64,{PNG}", detail="low")]
    written, losses = write_chat({"messages": [{"role": "user", "content": content}]})
    assert "detail" not in str(written.body)
    assert lost_fields(losses) == ["messages[].content[].image_url.detail"]


@pytest.mark.parametrize(
    ("name", "url", "block"),
    [
        ("q1.pdf", "data:application/pdf;base64,JVBERi0=", {"document": {"name": "q1", "format": "pdf"}}),
        ("a.csv", "data:text/csv;base64,YSxi", {"document": {"name": "a", "format": "csv"}}),
        ("notes.md", "data:application/octet-stream;base64,IyBh", {"document": {"name": "notes", "format": "md"}}),
        ("", "data:text/plain;base64,YQ==", {"document": {"name": "document", "format": "txt"}}),
        ("a.json", "data:application/json;base64,e30=", {"document": {"name": "a", "format": "txt"}}),
        ("v.mp4", "data:video/mp4;base64,AAAAGGZ0eXBpc29t", {"video": {"format": "mp4"}}),
        ("p.png", f"data:image/png;base64,{PNG}", {"image": {"format": "png"}}),
    ],
)
def test_files_by_type_and_by_name(name: str, url: str, block: dict[str, dict[str, Any]]) -> None:
    ((kind, inner),) = block.items()
    assert blocks_of(file(name, url)) == [{kind: {**inner, "source": {"bytes": url.rpartition(",")[2]}}}]


class TestToolResults:
    CALL: ClassVar[dict[str, Any]] = {"id": "c|1", "type": "function", "function": {"name": "f", "arguments": "{}"}}

    def result_of(self, content: Any, model: str = CLAUDE) -> dict[str, Any]:
        chat = [
            {"role": "user", "content": "go"},
            {"role": "assistant", "content": None, "tool_calls": [self.CALL]},
            {"role": "tool", "tool_call_id": "c|1", "content": content},
        ]
        written, _ = write_chat({"messages": chat}, model)
        assert written.body["messages"][1]["content"][0]["toolUse"]["toolUseId"] == "c_1"
        found: dict[str, Any] = written.body["messages"][2]["content"][0]["toolResult"]
        return found

    @pytest.mark.parametrize(
        ("content", "blocks"),
        [
            ("3", [{"text": "3"}]),
            ("", []),
            (" \n", []),
            (
                [{"type": "text", "text": "shot:"}, {"type": "image_url", "image_url": {"url": f"data:;base64,{PNG}"}}],
                [{"text": "shot:"}, {"image": {"format": "png", "source": {"bytes": PNG}}}],
            ),
        ],
    )
    def test_every_shape(self, content: Any, blocks: list[dict[str, Any]]) -> None:
        assert self.result_of(content) == {"toolUseId": "c_1", "content": blocks}


@pytest.mark.parametrize(
    ("arguments", "value"),
    [('{"a": 1}', {"a": 1}), ("", {}), ("[1]", {"input": "[1]"}), ("{broken", {"input": "{broken"})],
)
def test_arguments_are_always_an_object(arguments: str, value: dict[str, Any]) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}
    chat = [{"role": "user", "content": "go"}, {"role": "assistant", "content": None, "tool_calls": [call]}]
    written, _ = write_chat({"messages": chat})
    assert written.body["messages"][1]["content"] == [{"toolUse": {"toolUseId": "c", "name": "f", "input": value}}]


def test_a_call_without_a_name_is_the_clients_fault() -> None:
    call = {"id": "c", "type": "function", "function": {"arguments": "{}"}}
    chat = [{"role": "user", "content": "go"}, {"role": "assistant", "content": None, "tool_calls": [call]}]
    with pytest.raises(ClientFault, match="no name") as caught:
        write_chat({"messages": chat})
    assert caught.value.param == "messages"


class TestCachePoints:
    MARK: ClassVar[dict[str, Any]] = {"type": "ephemeral"}

    def body(self, model: str, **mark: str) -> tuple[dict[str, Any], list[str]]:
        marked = {"cache_control": {**self.MARK, **mark}}
        text = {"type": "text", "text": "long"}
        tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}, **marked}
        chat = [
            {"role": "system", "content": [{**text, **marked}]},
            {"role": "user", "content": [{**text, **marked}, text]},
        ]
        written, losses = write_chat({"messages": chat, "tools": [tool]}, model)
        return written.body, lost_fields(losses)

    def test_claude_takes_them_everywhere(self) -> None:
        body, lost = self.body(CLAUDE, ttl="1h")
        point = {"cachePoint": {"type": "default", "ttl": "1h"}}
        assert body["system"] == [{"text": "long"}, point]
        assert body["messages"][0]["content"] == [{"text": "long"}, point, {"text": "long"}]
        assert body["toolConfig"]["tools"][1] == point
        assert lost == []

    def test_nova_takes_none_among_its_tools(self) -> None:
        body, lost = self.body(NOVA)
        assert body["system"][1] == {"cachePoint": {"type": "default"}}
        assert [next(iter(tool)) for tool in body["toolConfig"]["tools"]] == ["toolSpec"]
        assert lost == ["cache_control"]

    def test_others_take_none(self) -> None:
        body, lost = self.body(LLAMA_3)
        assert "cachePoint" not in str(body)
        assert lost == ["cache_control"]
