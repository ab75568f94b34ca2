"""The openai SDK's older completions in front of backends that have no such API, through the running proxy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.configs import TOKEN
from tests.end_to_end.running_proxy import RunningProxy
from tests.end_to_end.test_each_backend import TABLE, Backend, Rack, check_request

openai = pytest.importorskip("openai", reason="the openai package is not installed here")

# Those that answer /v1/completions themselves: their own replies pass through.
OF_THEIR_OWN = {"openai", "openrouter", "azure", "azure-2024-10-21", "ollama", "vllm"}
ROWS = [row for row in TABLE if row.name not in OF_THEIR_OWN]


@pytest.fixture(scope="module")
def rack() -> Iterator[tuple[Rack, Any]]:
    rack = Rack()
    with rack.backend, RunningProxy(rack.config()) as proxy:
        yield rack, openai.OpenAI(base_url=proxy.base_url, api_key=TOKEN, max_retries=0)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_whole(rack: tuple[Rack, Any], row: Backend) -> None:
    rack[0].stream = False
    raw = rack[1].completions.with_raw_response.create(
        model=f"by-{row.name}", prompt=["hi"], max_tokens=20, suffix="!", echo=True
    )
    completion = raw.parse()
    check_request(rack[0].backend.requests[-1], row, stream=False)
    assert b"hi" in rack[0].backend.requests[-1].body
    (choice,) = completion.choices
    assert (completion.object, completion.model) == ("text_completion", f"by-{row.name}")
    assert (choice.text, choice.finish_reason) == ("hiné", "stop")
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (3, 2)
    assert completion.id.startswith("cmpl-")
    assert raw.headers["x-proapi-lossy"] == "suffix"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_streamed(rack: tuple[Rack, Any], row: Backend) -> None:
    rack[0].stream = True
    options = {"include_usage": True}
    chunks = list(
        rack[1].completions.create(model=f"by-{row.name}", prompt="hi", stream=True, stream_options=options)
    )
    check_request(rack[0].backend.requests[-1], row, stream=True)
    choices = [choice for chunk in chunks for choice in chunk.choices]
    assert {(chunk.object, chunk.model) for chunk in chunks} == {("text_completion", f"by-{row.name}")}
    assert "".join(choice.text for choice in choices) == "né"
    assert [choice.finish_reason for choice in choices if choice.finish_reason] == ["stop"]
    assert (chunks[-1].choices, chunks[-1].usage.completion_tokens) == ([], 2)


def test_several_prompts_are_refused_with_the_reason(rack: tuple[Rack, Any]) -> None:
    with pytest.raises(openai.BadRequestError, match="one prompt at a time") as caught:
        rack[1].completions.create(model="by-anthropic", prompt=["a", "b"])
    assert caught.value.param == "prompt"
