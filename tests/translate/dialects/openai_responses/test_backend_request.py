"""Prompt → Responses body: what each kind of request becomes, held against the SDK's own type."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate import ClientFault, Context, Signature, Target, Thinking, translate_request

HI = {"role": "user", "content": "hi"}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "1"}
SEALED = Thinking("plan", Signature("gAAA", "openai"), redacted=True)
GRAMMAR = {"syntax": "lark", "definition": "start: /a/"}


def write(
    *messages: dict[str, Any],
    model: str = "gpt-4.1",
    provider: str = "openai",
    recall: dict[str, tuple[Thinking, ...]] | None = None,
    **fields: Any,
) -> tuple[dict[str, Any], dict[str, str]]:
    """(the body sent, what was lost by field), held against the SDK's type."""
    body = json.dumps({"model": "asked", "messages": list(messages) or [HI], **fields}).encode()
    target = Target(provider, model, credential="k", options={"api": "responses"})
    known = recall or {}
    translation = translate_request("chat", body, target, Context(recall=lambda call_id: known.get(call_id, ())))
    assert translation.upstream.url.endswith("/v1/responses")
    sent: dict[str, Any] = json.loads(translation.upstream.body)
    _check_type(sent)
    return sent, {loss.field: loss.what for loss in translation.losses}


def _check_type(sent: dict[str, Any]) -> None:
    params = pytest.importorskip("openai.types.responses.response_create_params", reason="no openai package here")
    from tests.translate.openai_params import check_params

    # The type asks for a thought's id; the API looks it up among stored items, so it must be left out (recorded).
    items = [{"id": "rs_1", **item} if item.get("type") == "reasoning" else item for item in sent["input"]]
    kind = "ResponseCreateParamsStreaming" if sent.get("stream") else "ResponseCreateParamsNonStreaming"
    check_params(getattr(params, kind), {**sent, "input": items})


def refused(*messages: dict[str, Any], **fields: Any) -> ClientFault:
    with pytest.raises(ClientFault) as caught:
        write(*messages, **fields)
    return caught.value


def test_the_plainest_request() -> None:
    assert write()[0] == {"model": "gpt-4.1", "input": [HI], "store": False}
    assert write(stream=True, stream_options={"include_usage": True})[0]["stream"] is True
    assert write(store=True)[0]["store"] is True


def test_roles_stay_where_they_stand() -> None:
    developer = {"role": "developer", "content": "d"}
    body, losses = write({"role": "system", "content": "s"}, HI, {"role": "assistant", "content": "a"}, developer)
    assert [(item["role"], item["content"]) for item in body["input"]] == [
        ("system", "s"), ("user", "hi"), ("assistant", "a"), ("developer", "d"),
    ]  # fmt: skip
    assert losses == {}


def test_what_a_user_sends() -> None:
    content = [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://h/a.png"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERi0="}},
        {"type": "file", "file": {"file_id": "file-1"}},
    ]
    (item,) = write({"role": "user", "content": content})[0]["input"]
    assert item["content"] == [
        {"type": "input_text", "text": "look"},
        {"type": "input_image", "detail": "low", "image_url": "data:image/png;base64,iVBORw0KGgo="},
        {"type": "input_image", "detail": "auto", "image_url": "https://h/a.png"},
        {"type": "input_file", "filename": "file", "file_data": "data:application/pdf;base64,JVBERi0="},
        {"type": "input_file", "file_id": "file-1"},
    ]


def test_sound_is_refused() -> None:
    audio = {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}
    assert refused({"role": "user", "content": [audio]}).param == "input_audio"
    assert refused(modalities=["text", "audio"]).param == "modalities"
    assert write(modalities=["text"])[1] == {}


def test_calls_and_results() -> None:
    custom = {"id": "c2", "type": "custom", "custom": {"name": "p", "input": "free"}}
    body, _ = write(
        HI,
        {"role": "assistant", "content": "wait", "tool_calls": [CALL, custom]},
        RESULT,
        {"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": text} for text in "ab"]},
    )
    assert body["input"][1:] == [
        {"role": "assistant", "content": "wait"},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a":1}'},
        {"type": "custom_tool_call", "call_id": "c2", "name": "p", "input": "free"},
        {"type": "function_call_output", "call_id": "c1", "output": "1"},
        {
            "type": "custom_tool_call_output",
            "call_id": "c2",
            "output": [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}],
        },
    ]


THOUGHT = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "plan"}], "encrypted_content": "gAAA"}


def test_a_remembered_thought_goes_before_its_call() -> None:
    turns = (HI, {"role": "assistant", "content": None, "tool_calls": [CALL, CALL | {"id": "c2"}]}, RESULT)
    known = {"c1": (SEALED,), "c2": (SEALED, Thinking("more", Signature("gBBB", "openai")))}
    kinds = [item.get("type") or item["role"] for item in write(*turns, recall=known)[0]["input"]]
    assert kinds == ["user", "reasoning", "function_call", "reasoning", "function_call", "function_call_output"]
    assert write(*turns, recall=known)[0]["input"][1] == THOUGHT


def test_a_thought_that_the_client_hands_back_is_the_one_that_counts() -> None:
    detail = {"type": "reasoning.encrypted", "data": "gCCC", "format": "openai-responses-v1"}
    turns = (HI, {"role": "assistant", "content": "a", "reasoning_details": [detail], "tool_calls": [CALL]}, RESULT)
    items = write(*turns, recall={"c1": (SEALED,)})[0]["input"]
    assert [item["encrypted_content"] for item in items if item.get("type") == "reasoning"] == ["gCCC"]
    assert items[1] == {"type": "reasoning", "summary": [], "encrypted_content": "gCCC"}


def test_thoughts_of_others_stay_here() -> None:
    turns = (HI, {"role": "assistant", "content": None, "tool_calls": [CALL]}, RESULT)
    foreign = (Thinking("x", Signature("s", "anthropic")), Thinking("unsigned"))
    body, losses = write(*turns, recall={"c1": foreign})
    assert "reasoning" not in str(body["input"])
    assert losses == {}  # the client did not send them
    detail = {"type": "reasoning.text", "text": "x", "signature": "s", "format": "anthropic-claude-v1"}
    body, losses = write(HI, {"role": "assistant", "content": "a", "reasoning_details": [detail]}, HI)
    assert "reasoning" not in str(body["input"])
    assert losses == {"messages[].reasoning_details": "dropped"}


def test_tools_say_whether_they_are_strict() -> None:
    function = {"name": "f", "description": "d", "parameters": {"type": "object", "properties": {}}}
    tools = [
        {"type": "function", "function": function},
        {"type": "function", "function": {"name": "g", "strict": True}},
        {"type": "custom", "custom": {"name": "p", "format": {"type": "grammar", "grammar": GRAMMAR}}},
        {"type": "web_search", "search_context_size": "low"},
    ]
    body, losses = write(tools=tools, parallel_tool_calls=False)
    assert body["tools"] == [
        {"type": "function", **function, "strict": False},
        {"type": "function", "name": "g", "parameters": {"type": "object", "properties": {}}, "strict": True},
        {"type": "custom", "name": "p", "format": {"type": "grammar", **GRAMMAR}},
        {"type": "web_search", "search_context_size": "low"},
    ]
    assert body["parallel_tool_calls"] is False
    assert losses == {}


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("none", "none"),
        ("required", "required"),
        ({"type": "function", "function": {"name": "f"}}, {"type": "function", "name": "f"}),
        ({"type": "custom", "custom": {"name": "p"}}, {"type": "custom", "name": "p"}),
        (
            {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]},
            },
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]},
        ),
    ],
)
def test_tool_choices(choice: Any, sent: Any) -> None:
    tools = [{"type": "function", "function": {"name": "f"}}, {"type": "custom", "custom": {"name": "p"}}]
    assert write(tools=tools, tool_choice=choice)[0]["tool_choice"] == sent


def test_a_web_search() -> None:
    options = {"user_location": {"type": "approximate", "approximate": {"country": "DE"}}, "search_context_size": "low"}
    assert write(web_search_options=options)[0]["tools"] == [
        {
            "type": "web_search",
            "user_location": {"type": "approximate", "country": "DE"},
            "search_context_size": "low",
        }
    ]


def test_the_form_of_the_answer() -> None:
    schema = {"type": "object", "properties": {}}
    form = {"type": "json_schema", "json_schema": {"name": "s", "description": "d", "schema": schema}}
    assert write(response_format=form, verbosity="low")[0]["text"] == {
        "format": {"type": "json_schema", "name": "s", "description": "d", "schema": schema, "strict": False},
        "verbosity": "low",
    }
    assert write(response_format={"type": "json_object"})[0]["text"] == {"format": {"type": "json_object"}}


@pytest.mark.parametrize(
    ("model", "fields", "include"),
    [
        ("gpt-4.1", {}, None),
        ("gpt-5.1", {}, ["reasoning.encrypted_content"]),
        ("openai/o4-mini", {}, ["reasoning.encrypted_content"]),
        ("gpt-5-chat-latest", {}, None),
        ("my-deployment", {"reasoning_effort": "low"}, ["reasoning.encrypted_content"]),
        ("gpt-4.1", {"logprobs": True, "top_logprobs": 2}, ["message.output_text.logprobs"]),
    ],
)
def test_what_is_to_be_included(model: str, fields: dict[str, Any], include: list[str] | None) -> None:
    assert write(model=model, **fields)[0].get("include") == include


def test_cache_marks_are_reported() -> None:
    marked = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}
    tool = {"type": "function", "function": {"name": "f"}, "cache_control": {"type": "ephemeral"}}
    for fields in ({"messages": [{"role": "user", "content": [marked]}]}, {"messages": [HI], "tools": [tool]}):
        messages: Any = fields.pop("messages")
        assert write(*messages, **fields)[1] == {"cache_control": "dropped"}


def test_effort_and_summary() -> None:
    assert write(model="gpt-5.1", reasoning_effort="high")[0]["reasoning"] == {"effort": "high"}
    asked = {"effort": "high", "summary": "auto"}
    assert write(model="gpt-5.1", reasoning=asked)[0]["reasoning"] == asked


@pytest.mark.parametrize(
    ("model", "effort", "sent", "losses"),
    [
        ("grok-4.3", "xhigh", {"effort": "high"}, {"reasoning_effort": "approximated"}),
        ("grok-4.3", "low", {"effort": "low"}, {}),
        ("grok-4", "low", None, {"reasoning_effort": "dropped"}),
    ],
)
def test_a_backends_own_words(model: str, effort: str, sent: Any, losses: dict[str, str]) -> None:
    developer = {"role": "developer", "content": "d"}
    body, lost = write(developer, HI, model=model, provider="xai", reasoning_effort=effort)
    assert (body.get("reasoning"), lost) == (sent, losses)
    assert body["input"][0] == {"role": "system", "content": "d"}


def test_dials() -> None:
    body, losses = write(temperature=0.5, top_p=0.9, max_completion_tokens=100, user="u", service_tier="flex", n=1)
    assert (body["temperature"], body["top_p"], body["max_output_tokens"]) == (0.5, 0.9, 100)
    assert (body["user"], body["service_tier"]) == ("u", "flex")
    assert losses == {}
    odd: dict[str, Any] = {"logit_bias": {"1": 1}, "prediction": {"type": "content"}, "metadata": {"a": "b"}}
    body, losses = write(max_tokens=1, seed=3, stop="X", **odd)
    assert (body["max_output_tokens"], body["metadata"]) == (16, {"a": "b"})
    assert losses == {
        "max_tokens": "approximated", "seed": "dropped", "stop": "dropped", "logit_bias": "dropped",
        "prediction": "dropped",
    }  # fmt: skip
    assert write(model="o4-mini", temperature=0.5, top_p=1)[1] == {"temperature": "dropped"}
    assert refused(n=2).param == "n"
