"""What chat completions and Responses write alike within a message, read from both."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate import ClientFault, Target, translate_request
from proapi_translate.dialects import client_dialect
from proapi_translate.prompt import Prompt

WAV = {"data": "UklGRhoAAABXQVZF", "format": "wav"}
MARK = {"mode": "explicit"}
HOUR = {"anthropic": {"cache_control": {"type": "ephemeral", "ttl": "1h"}}}


def read(dialect: str, part: dict[str, Any]) -> Prompt:
    return client_dialect(dialect).read_request(body(dialect, part))


def body(dialect: str, part: dict[str, Any]) -> dict[str, Any]:
    said = [{"role": "user", "content": [part]}]
    return {"model": "m", **({"messages": said} if dialect == "chat" else {"input": said})}


def paths(dialect: str) -> tuple[str, str]:
    """(of the first part, of any part)"""
    return (
        ("messages[0].content[0]", "messages[].content[]")
        if dialect == "chat"
        else ("input[0].content[0]", "input[].content[]")
    )


@pytest.mark.parametrize("dialect", ["chat", "responses"])
class TestBoth:
    def test_sound_is_what_its_bytes_say_and_keeps_its_mark(self, dialect: str) -> None:
        sound = {"type": "input_audio", "input_audio": WAV | {"format": "mp3"}, "prompt_cache_breakpoint": MARK}
        (part,) = read(dialect, sound).turns[0].parts
        assert (part.media.media_type, part.format, part.extra) == ("audio/wav", "mp3", HOUR)  # type: ignore[union-attr]

    @pytest.mark.parametrize(
        ("audio", "field"),
        [
            (WAV | {"data": "UklGR"}, "data"),
            (WAV | {"data": f"{'UklG' * 30}?"}, "data"),
            (WAV | {"data": ""}, "data"),
            (WAV | {"format": "ogg"}, "format"),
        ],
    )
    def test_broken_sound_is_the_clients_fault(self, dialect: str, audio: dict[str, Any], field: str) -> None:
        with pytest.raises(ClientFault) as caught:
            read(dialect, {"type": "input_audio", "input_audio": audio})
        assert (caught.value.status, caught.value.param) == (400, f"{paths(dialect)[0]}.input_audio.{field}")

    @pytest.mark.parametrize("data", ["JVBERi0xLjQK", "data:application/pdf;base64,JVBERi0xLjQK", "https://h/a.pdf"])
    def test_a_files_data_has_three_forms(self, dialect: str, data: str) -> None:
        told = {"filename": "a.pdf", "file_data": data}
        file = {"type": "file", "file": told} if dialect == "chat" else {"type": "input_file", **told}
        (part,) = read(dialect, file).turns[0].parts
        assert part.media.data == (data if "//" in data else "JVBERi0xLjQK")  # type: ignore[union-attr]

    @pytest.mark.parametrize(
        ("mark", "lost"),
        [
            (MARK, {}),
            (MARK | {"ttl": "30m"}, {}),
            (MARK | {"ttl": "12h"}, {"prompt_cache_breakpoint.ttl": "12h"}),  # no other vendor keeps so long
        ],
    )
    def test_openais_cache_marks_become_anthropics(
        self, dialect: str, mark: dict[str, Any], lost: dict[str, Any]
    ) -> None:
        text = {"type": "text", "text": "a", "prompt_cache_breakpoint": mark}
        prompt = read(dialect, text)
        assert prompt.turns[0].parts[0].extra == HOUR  # type: ignore[union-attr]
        assert prompt.other == {f"{paths(dialect)[1]}.{name}": value for name, value in lost.items()}

    def test_a_mark_without_a_place_is_reported(self, dialect: str) -> None:
        part = {"type": "refusal", "refusal": "no", "prompt_cache_breakpoint": MARK}
        said = body(dialect, part)
        said["messages" if dialect == "chat" else "input"][0]["role"] = "assistant"
        translation = translate_request(
            dialect, json.dumps(said).encode(), Target("anthropic", "claude-x", credential="k")
        )
        assert any("prompt_cache_breakpoint" in loss.field for loss in translation.losses)
