"""Chat requests → Messages bodies: the public bug reports by their numbers, and the rules that the API checks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate import ClientFault, Context, Target, translate_request
from proapi_translate.prompt import Signature, Thinking

HI = {"role": "user", "content": "hi"}
TOOL = {"type": "function", "function": {"name": "f", "description": "x", "parameters": {"type": "object"}}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "1"}
SONNET, OLD_HAIKU, NEWEST = "claude-sonnet-4-5", "claude-3-5-haiku-latest", "claude-opus-4-8"
PNG = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}


def write(model: str = SONNET, context: Context | None = None, **fields: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The body that is sent, and what was lost: {"seed": "dropped"}."""
    body = json.dumps({"model": "alias", "messages": [HI], **fields}).encode()
    translation = translate_request("chat", body, Target("anthropic", model), context or Context())
    return json.loads(translation.upstream.body), {loss.field: loss.what for loss in translation.losses}


def messages_of(*messages: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    return list(write(messages=list(messages), **fields)[0]["messages"])


def refused(model: str = SONNET, **fields: Any) -> ClientFault:
    with pytest.raises(ClientFault) as caught:
        write(model, **fields)
    assert caught.value.status == 400
    return caught.value


def test_nothing_is_invented_but_max_tokens() -> None:
    body, losses = write()
    assert body == {
        "model": SONNET,
        "max_tokens": 64_000,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
    }
    assert losses == {}


@pytest.mark.parametrize(
    ("model", "limit"),
    [
        ("claude-3-haiku-20240307", 4096),
        ("claude-3-5-sonnet@20240620", 8192),
        ("claude-3-7-sonnet-latest", 64_000),
        ("claude-opus-4-20250514", 32_000),
        ("claude-opus-4-1-20250805", 32_000),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", 64_000),
        ("claude-sonnet-4-6", 128_000),
        ("claude-fable-5", 128_000),
        ("some-relay-model", 4096),
    ],
)
def test_each_models_own_limit(model: str, limit: int) -> None:
    assert write(model)[0]["max_tokens"] == limit


def test_c029_system_texts_keep_their_order() -> None:
    body, _ = write(
        messages=[
            {"role": "developer", "content": "Be terse."},
            {"role": "system", "content": [{"type": "text", "text": "Use metric."}]},
            HI,
            {"role": "assistant", "content": "hello"},
            {"role": "system", "content": "Now answer in French."},
            {"role": "user", "content": "bye"},
        ]
    )
    assert [block["text"] for block in body["system"]] == ["Be terse.", "Use metric.", "Now answer in French."]
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]


def test_c031_no_blank_text_anywhere() -> None:
    body, _ = write(
        messages=[
            {"role": "system", "content": ""},
            {"role": "user", "content": [{"type": "text", "text": ""}, {"type": "text", "text": "go"}]},
            {"role": "assistant", "content": "", "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "call_1", "content": ""},
            {"role": "assistant", "content": " \n"},
            {"role": "user", "content": "next"},
        ]
    )
    assert "system" not in body
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "go"}]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "call_1", "name": "f", "input": {}}]},
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "call_1"}, {"type": "text", "text": "next"}],
        },
    ]


@pytest.mark.parametrize("model", ["claude-opus-4-6", "claude-3-5-sonnet-latest"])
def test_c032_prefill(model: str) -> None:
    body, _ = write(model, messages=[HI, {"role": "assistant", "content": "{ "}])
    messages = body["messages"]
    assert messages[1] == {"role": "assistant", "content": [{"type": "text", "text": "{"}]}
    assert len(messages) == (3 if model == "claude-opus-4-6" else 2)
    assert messages[-1]["role"] == ("user" if model == "claude-opus-4-6" else "assistant")


def test_c010_a_picture_in_a_result() -> None:
    content = [{"type": "text", "text": "shot:"}, PNG]
    turns = messages_of(
        HI, {"role": "assistant", "tool_calls": [CALL]}, {"role": "tool", "tool_call_id": "call_1", "content": content}
    )
    assert turns[-1]["content"][0]["content"] == [
        {"type": "text", "text": "shot:"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}},
    ]


def test_c025_what_claude_cannot_see_is_refused() -> None:
    bmp = {"type": "image_url", "image_url": {"url": "data:image/bmp;base64,Qk0="}}
    assert refused(messages=[{"role": "user", "content": [bmp]}]).param == "messages.content"


def test_c026_an_address_goes_on_as_an_address() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://img.example.test/a.png?x=1", "detail": "low"}}
    (message,) = messages_of({"role": "user", "content": [image]})
    assert message["content"] == [
        {"type": "image", "source": {"type": "url", "url": "https://img.example.test/a.png?x=1"}}
    ]


def test_c028_sound_is_refused() -> None:
    audio = {"type": "input_audio", "input_audio": {"data": "UklGRgAA", "format": "wav"}}
    assert "input_audio" in str(refused(messages=[{"role": "user", "content": [audio]}]))


def test_documents() -> None:
    pdf = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0x"}}
    text = {"type": "file", "file": {"filename": "a.txt", "file_data": "data:text/plain;base64,aGk="}}
    (message,) = messages_of({"role": "user", "content": [pdf, text]})
    pdf_source = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0x"}
    text_source = {"type": "text", "media_type": "text/plain", "data": "hi"}
    assert message["content"] == [
        {"type": "document", "source": pdf_source, "title": "a.pdf"},
        {"type": "document", "source": text_source, "title": "a.txt"},
    ]


@pytest.mark.parametrize(
    ("model", "given", "sent", "lost"),
    [
        ("claude-opus-4-1", {"temperature": 0.4, "top_p": 0.9}, {"temperature": 0.4}, {"top_p": "dropped"}),
        (SONNET, {"temperature": 1.7}, {"temperature": 1}, {"temperature": "approximated"}),
        (NEWEST, {"temperature": 0.4, "top_p": 0.9}, {}, {"temperature": "dropped", "top_p": "dropped"}),
        (
            OLD_HAIKU,
            {"frequency_penalty": 0.5, "presence_penalty": 0.1, "seed": 3, "logit_bias": {"1": 5}},
            {},
            dict.fromkeys(("frequency_penalty", "presence_penalty", "seed", "logit_bias"), "dropped"),
        ),
        (SONNET, {"stop": ["X", " "], "top_k": 4}, {"stop_sequences": ["X"], "top_k": 4}, {"stop": "dropped"}),
        (SONNET, {"user": "u-1"}, {"metadata": {"user_id": "u-1"}}, {}),
        (SONNET, {"max_completion_tokens": 9}, {"max_tokens": 9}, {}),
        (SONNET, {"service_tier": "flex", "store": True}, {}, {"service_tier": "dropped", "store": "dropped"}),
    ],
)
def test_c035_dials(model: str, given: dict[str, Any], sent: dict[str, Any], lost: dict[str, str]) -> None:
    body, losses = write(model, **given)
    assert {name: value for name, value in body.items() if name not in {"model", "messages", "max_tokens"}} == {
        name: value for name, value in sent.items() if name != "max_tokens"
    }
    assert body["max_tokens"] == sent.get("max_tokens", body["max_tokens"])
    assert losses == lost


@pytest.mark.parametrize(("field", "value"), [("n", 3), ("logprobs", True)])
def test_c037_what_cannot_be_had_is_refused(field: str, value: Any) -> None:
    assert refused(**{field: value}).param == field


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", {"type": "auto"}),
        ("none", {"type": "none"}),
        ("required", {"type": "any"}),
        ({"type": "function", "function": {"name": "f"}}, {"type": "tool", "name": "f"}),
    ],
)
def test_tool_choice(choice: Any, sent: dict[str, Any]) -> None:
    assert write(tools=[TOOL], tool_choice=choice)[0]["tool_choice"] == sent


@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-sonnet-5-5@20260928", "claude-fable-5-1"])
def test_the_newest_models_cannot_be_made_to_call_a_tool(model: str) -> None:
    body, losses = write(model, tools=[TOOL], tool_choice="required", reasoning_effort="high")
    assert (body["tool_choice"], body["thinking"]["type"]) == ({"type": "auto"}, "adaptive")
    assert losses == {"tool_choice": "approximated"}
    named = {"type": "function", "function": {"name": "f"}}
    assert refused(model, tools=[TOOL], tool_choice=named).param == "tool_choice"
    assert write("claude-opus-5", tools=[TOOL], tool_choice=named)[0]["tool_choice"] == {"type": "tool", "name": "f"}


def test_a_custom_tools_call_is_told_as_a_functions() -> None:
    call = {"id": "c", "type": "custom", "custom": {"name": "sh", "input": "ls"}}
    turns = messages_of(HI, {"role": "assistant", "tool_calls": [call]}, {**RESULT, "tool_call_id": "c"})
    assert turns[1]["content"] == [{"type": "tool_use", "id": "c", "name": "sh", "input": {"input": "ls"}}]


def test_one_call_at_a_time() -> None:
    body, _ = write(tools=[TOOL], parallel_tool_calls=False)
    assert body["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}


def test_a_hosted_tool_that_claude_has_not_is_named() -> None:
    assert "file_search" in str(refused(tools=[{"type": "file_search"}]))
    body, _ = write(tools=[{"type": "web_search_20260209", "name": "web_search"}])
    assert body["tools"] == [{"type": "web_search_20260209", "name": "web_search"}]


def test_c034_a_forced_tool_wins_over_thinking() -> None:
    fields = {"reasoning_effort": "low", "temperature": 0.3, "top_k": 5, "tools": [TOOL], "tool_choice": "required"}
    body, losses = write(**fields, max_tokens=6000)
    assert "thinking" not in body
    assert (body["temperature"], body["tool_choice"], losses) == (0.3, {"type": "any"}, {"reasoning_effort": "dropped"})


def test_c034_thinking_that_does_not_fit_is_left_out() -> None:
    body, losses = write(reasoning_effort="low", max_tokens=600, temperature=0.3)
    assert "thinking" not in body
    assert (body["max_tokens"], body["temperature"], losses) == (600, 0.3, {"reasoning_effort": "dropped"})


def test_thinking_with_a_budget_pushes_the_dials_out() -> None:
    body, losses = write(reasoning_effort="medium", max_tokens=6000, temperature=0.3, top_k=5)
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 3000}
    assert losses == {"temperature": "dropped", "top_k": "dropped"}
    assert not {"temperature", "top_k"} & set(body)


@pytest.mark.parametrize(
    ("model", "effort", "sent", "lost"),
    [
        ("claude-opus-4-6", "xhigh", "high", {"reasoning_effort": "approximated"}),
        (NEWEST, "xhigh", "xhigh", {}),
        (NEWEST, "minimal", "low", {"reasoning_effort": "approximated"}),
    ],
)
def test_adaptive_thinking_takes_an_effort(model: str, effort: str, sent: str, lost: dict[str, str]) -> None:
    body, losses = write(model, reasoning_effort=effort)
    assert (body["thinking"]["type"], body["output_config"], losses) == ("adaptive", {"effort": sent}, lost)


@pytest.mark.parametrize(
    ("model", "sent"),
    [
        (SONNET, {"type": "disabled"}),
        ("claude-haiku-5-5", {"type": "disabled"}),
        ("claude-sonnet-5-5", {"type": "between_tools"}),
        ("claude-opus-5-5", None),
        ("claude-fable-5", None),
    ],
)
def test_no_thinking_where_it_can_be_switched_off(model: str, sent: dict[str, Any] | None) -> None:
    assert write(model, reasoning_effort="none")[0].get("thinking") == sent


def test_c016_thinking_is_left_out_where_the_last_thought_is_unknown() -> None:
    history = [HI, {"role": "assistant", "tool_calls": [CALL]}, RESULT]
    body, losses = write(messages=history, tools=[TOOL], reasoning_effort="medium", max_tokens=6000)
    assert "thinking" not in body
    assert losses == {"reasoning_effort": "dropped"}


def test_c016_a_remembered_thought_goes_first() -> None:
    thought = Thinking("use the scale", Signature("c2ln", "anthropic"))
    foreign = Thinking("", Signature("U0lH", "google"))
    context = Context(recall={"call_1": (thought, foreign)}.get)  # type: ignore[arg-type]
    history = [HI, {"role": "assistant", "tool_calls": [CALL]}, RESULT]
    body, _ = write(messages=history, tools=[TOOL], reasoning_effort="medium", max_tokens=6000, context=context)
    assert body["thinking"]["type"] == "enabled"
    assert body["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "use the scale", "signature": "c2ln"},
        {"type": "tool_use", "id": "call_1", "name": "f", "input": {}},
    ]


def test_another_vendors_signature_is_never_sent() -> None:
    detail = {"type": "reasoning.text", "text": "x", "signature": "U0lH", "format": "google-gemini-v1"}
    turns = messages_of(HI, {"role": "assistant", "content": "a", "reasoning_details": [detail]}, HI)
    assert turns[1]["content"] == [{"type": "text", "text": "a"}]


SCHEMA = {"type": "object", "properties": {"sub": {"type": "object", "properties": {"k": {"type": "string"}}}}}
FORMAT = {"type": "json_schema", "json_schema": {"name": "pick", "strict": True, "schema": SCHEMA}}


def test_c023_structured_output_by_the_models_own_means() -> None:
    body, losses = write(response_format=FORMAT)
    sent = body["output_config"]["format"]
    assert sent["type"] == "json_schema"
    assert sent["schema"]["additionalProperties"] is False
    assert sent["schema"]["properties"]["sub"]["additionalProperties"] is False
    assert losses == {}


def test_limits_that_claude_refuses_are_told_in_words() -> None:
    limited = {"type": "integer", "minimum": 0, "description": "How many."}
    rows = {"type": "array", "items": limited, "minItems": 1, "maxItems": 3}
    schema = {"type": "object", "properties": {"minimum": {"type": "string"}, "rows": rows}, "required": ["rows"]}
    body, losses = write(response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": schema}})
    sent = body["output_config"]["format"]["schema"]["properties"]
    assert sent["minimum"] == {"type": "string"}  # a property's name is no keyword
    assert sent["rows"] == {
        "type": "array",
        "items": {"type": "integer", "description": "How many. (minimum: 0)"},
        "minItems": 1,
        "description": "maxItems: 3",
    }
    assert losses == {"response_format": "approximated"}


def test_c023_structured_output_by_a_tool_where_there_is_no_other() -> None:
    body, losses = write(OLD_HAIKU, response_format=FORMAT)
    (tool,) = body["tools"]
    assert (tool["name"], tool["input_schema"]) == ("pick", SCHEMA)
    assert body["tool_choice"] == {"type": "tool", "name": "pick"}
    assert losses == {"response_format": "approximated"}


def test_json_mode_is_asked_for_in_words() -> None:
    body, losses = write(response_format={"type": "json_object"})
    assert "JSON" in body["system"]
    assert losses == {"response_format": "approximated"}


def test_ids_of_other_backends_are_made_valid_on_both_sides() -> None:
    call = CALL | {"id": "functions.f:0"}
    turns = messages_of(
        HI,
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "functions.f:0", "content": "1"},
    )
    assert turns[1]["content"][0]["id"] == turns[2]["content"][0]["tool_use_id"] == "functions_f_0"


def test_cache_marks_stay_where_they_were() -> None:
    mark = {"type": "ephemeral"}
    marked = {"role": "user", "content": [{"type": "text", "text": "a", "cache_control": mark}]}
    body, _ = write(messages=[{**marked, "role": "system"}, marked])
    assert body["system"] == body["messages"][0]["content"] == [{"type": "text", "text": "a", "cache_control": mark}]


def test_arguments_that_a_model_broke_off_go_in_whole() -> None:
    broken = CALL | {"function": {"name": "f", "arguments": '{"a":'}}
    messages = messages_of(HI, {"role": "assistant", "tool_calls": [broken]}, RESULT)
    assert messages[1]["content"][0]["input"] == {"input": '{"a":'}


def test_calls_counted_anew_in_each_turn_get_ids_of_their_own() -> None:
    turn = {"role": "assistant", "tool_calls": [CALL]}
    messages = messages_of(HI, turn, RESULT, turn, RESULT, HI)
    blocks = [message["content"][0] for message in messages]
    assert [block["id"] for block in blocks if block["type"] == "tool_use"] == ["call_1", "call_1_1"]
    answered = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
    assert answered == ["call_1", "call_1_1"]


def test_a_call_that_gets_another_id_keeps_its_thought() -> None:
    thought = Thinking("hm", Signature("c2ln", "anthropic"))
    turn = {"role": "assistant", "tool_calls": [CALL]}
    context = Context(recall={"call_1": (thought,)}.get)  # type: ignore[arg-type]
    body, losses = write(context=context, messages=[HI, turn, RESULT, turn, RESULT], reasoning_effort="high")
    assert [block["type"] for block in body["messages"][3]["content"]] == ["thinking", "tool_use"]
    assert (body["thinking"]["type"], losses) == ("enabled", {})


def test_no_thinking_where_the_answers_beginning_is_given() -> None:
    body, losses = write(messages=[HI, {"role": "assistant", "content": "{"}], reasoning_effort="high")
    assert body["messages"][-1]["role"] == "assistant"
    assert ("thinking" in body, losses) == (False, {"reasoning_effort": "dropped"})


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"messages": [{"role": "system", "content": "s"}, HI], "stop": "X", "stream": True},
        {"messages": [HI, {"role": "assistant", "content": "a", "tool_calls": [CALL]}, RESULT], "tools": [TOOL]},
        {"messages": [{"role": "user", "content": [PNG]}], "reasoning_effort": "high"},
        {"response_format": FORMAT, "tools": [TOOL], "tool_choice": "required", "parallel_tool_calls": False},
        {"web_search_options": {"user_location": {"approximate": {"country": "DE"}}}, "user": "u"},
    ],
)
@pytest.mark.parametrize("model", [SONNET, OLD_HAIKU, NEWEST])
def test_what_is_sent_is_of_the_sdks_type(model: str, fields: dict[str, Any]) -> None:
    params = pytest.importorskip("anthropic.types.message_create_params", reason="the anthropic package is not here")
    pydantic = pytest.importorskip("pydantic", reason="pydantic is not here")
    body, _ = write(model, **fields)
    kind = params.MessageCreateParamsStreaming if body.get("stream") else params.MessageCreateParamsNonStreaming
    forbid = pydantic.ConfigDict(extra="forbid")
    kind.__pydantic_config__ = forbid
    pydantic.TypeAdapter(kind).validate_python(body)
