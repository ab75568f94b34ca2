"""Messages on the passed-through lane: mended for the backends that refuse or misread them, else untouched."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate import Target, translate_request
from proapi_translate.passthrough_request import prepare
from proapi_translate.providers import openai_quirks as known
from proapi_translate.providers.openai_quirks import RequestQuirks, pick_quirks
from tests.translate.recorded import case_input, needs_cases

CALL = {"id": "call_abcdef", "type": "function", "function": {"name": "f", "arguments": "{}"}}
MARK = {"mode": "explicit"}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": value}


def mend(messages: Any, quirks: RequestQuirks) -> tuple[Any, dict[str, str]]:
    """(the messages sent, what was lost by field)."""
    body = json.dumps({"model": "m", "messages": messages}).encode()
    sent, losses = prepare(body, "m", quirks, False)
    return json.loads(sent)["messages"], {loss.field: loss.what for loss in losses}


@needs_cases
@pytest.mark.parametrize("provider", ["deepseek", "glm", "siliconflow", "ollama"])
def test_C029_the_developer_is_called_system(provider: str) -> None:
    given = case_input("C029")["client_messages"]
    body = json.dumps({"model": "asked", "messages": given}).encode()
    sent = json.loads(translate_request("chat", body, Target(provider, "m")).upstream.body)["messages"]
    assert [message["role"] for message in sent] == ["system", "system", "user", "assistant", "system", "user"]
    assert [message["content"] for message in sent] == [
        "Be terse.", "Use metric.", "hi", "hello", "Now answer in French.", "bye",
    ]  # fmt: skip


def test_C029_openai_itself_knows_the_developer() -> None:
    messages = [{"role": "developer", "content": [text("a")]}]
    assert mend(messages, known.OPENAI) == (messages, {})


@needs_cases
def test_C010_lists_of_text_are_joined_and_pictures_are_never_told_as_text() -> None:
    given = case_input("C010")["tool_message"]
    [text_only] = mend([given | {"content": [text("shot:"), text("ok")]}], known.VLLM)[0]
    assert text_only["content"] == "shot:\nok"
    [with_image] = mend([given], known.VLLM)[0]
    assert with_image == given


@pytest.mark.parametrize(
    ("content", "joined"),
    [
        ("plain", "plain"),
        ([text("a")], "a"),
        ([], ""),
        ([text("a"), IMAGE], [text("a"), IMAGE]),
        ([{"type": "text"}, text("b")], [{"type": "text"}, text("b")]),
        (None, None),
    ],
)
def test_joining(content: Any, joined: Any) -> None:
    messages = [{"role": "user", "content": content}, {"role": "user", "content": [text("x")]}]
    assert mend(messages, known.COMPATIBLE)[0][0]["content"] == joined
    assert mend(messages, known.OPENROUTER)[0] == messages


def test_marks_on_joined_texts_are_reported() -> None:
    marked = text("a") | {"cache_control": {"type": "ephemeral"}}
    assert mend([{"role": "user", "content": [marked]}], known.VLLM)[1] == {
        "messages[].content[].cache_control": "dropped"
    }


@needs_cases
@pytest.mark.parametrize(
    ("provider", "model", "kept"),
    [
        ("deepseek", "deepseek-v4-pro", "look up clock"),
        # R1's rule is about turns before the last user message; this one is after it.
        ("deepseek", "deepseek-reasoner", "look up clock"),
        ("openai", "gpt-4o", None),
        ("mistral", "mistral-large-latest", None),
        ("groq", "llama-3.3-70b-versatile", None),
    ],
)
def test_C017_thoughts_go_back_only_to_who_takes_them(provider: str, model: str, kept: str | None) -> None:
    body = json.dumps({"model": "asked", "messages": case_input("C017")["client_messages"]}).encode()
    translation = translate_request("chat", body, Target(provider, model))
    assistant = json.loads(translation.upstream.body)["messages"][1]
    assert assistant.get("reasoning_content") == kept
    assert [loss.field for loss in translation.losses] == ([] if kept else ["messages[].reasoning_content"])


@needs_cases
@pytest.mark.parametrize(("model", "kept"), [("deepseek-v4-pro", True), ("deepseek-reasoner", False)])
def test_C017_r1_refuses_thoughts_before_the_last_user_message(model: str, kept: bool) -> None:
    messages = [*case_input("C017")["client_messages"], {"role": "user", "content": "and now?"}]
    quirks = pick_quirks(known.DEEPSEEK, known.DEEPSEEK_RULES, model)
    sent, losses = mend(messages, quirks)
    assert ("reasoning_content" in sent[1]) == kept
    assert losses == ({} if kept else {"messages[].reasoning_content": "dropped"})
    assert sent[1]["tool_calls"] == messages[1]["tool_calls"]


def test_cerebras_calls_thoughts_by_another_name() -> None:
    sent, losses = mend([{"role": "assistant", "content": "x", "reasoning_content": "hm"}], known.CEREBRAS)
    assert sent == [{"role": "assistant", "content": "x", "reasoning": "hm"}]
    assert losses == {}


def test_what_strict_backends_refuse_in_a_message() -> None:
    echoed = {"role": "assistant", "content": "x", "refusal": None, "annotations": [], "reasoning_details": [{"a": 1}]}
    sent, losses = mend([{"role": "user", "content": "u", "name": "bob"}, echoed], known.MISTRAL)
    assert sent == [{"role": "user", "content": "u"}, {"role": "assistant", "content": "x"}]
    # What was empty is no loss.
    assert losses == {"messages[].name": "dropped", "messages[].reasoning_details": "dropped"}


def test_mistrals_call_ids_have_nine_letters_and_still_match() -> None:
    messages = [
        {"role": "assistant", "content": "", "tool_calls": [CALL, CALL | {"id": "wVug6SNgl"}]},
        {"role": "tool", "tool_call_id": "call_abcdef", "content": "1"},
        {"role": "tool", "tool_call_id": "wVug6SNgl", "content": "2"},
    ]
    sent, losses = mend(messages, known.MISTRAL)
    made = sent[0]["tool_calls"][0]["id"]
    assert len(made) == 9
    assert made.isalnum()
    assert sent[0]["tool_calls"][1]["id"] == "wVug6SNgl"
    assert [message["tool_call_id"] for message in sent[1:]] == [made, "wVug6SNgl"]
    assert mend(messages, known.MISTRAL)[0] == sent
    assert losses == {}


@pytest.mark.parametrize(
    ("quirks", "kept"),
    [(known.OPENAI, {"prompt_cache_breakpoint": MARK}), (known.MISTRAL, {}), (known.GROQ, {}), (known.CEREBRAS, {})],
)
def test_marks_for_the_cache_do_not_reach_who_refuses_them(quirks: RequestQuirks, kept: dict[str, Any]) -> None:
    marks = {"cache_control": {"type": "ephemeral"}, "prompt_cache_breakpoint": MARK}
    sent, losses = mend([{"role": "user", "content": [text("a") | marks, IMAGE]}], quirks)
    assert sent == [{"role": "user", "content": [text("a") | kept, IMAGE]}]
    assert losses == {f"messages[].content[].{name}": "dropped" for name in marks if name not in kept}
    assert mend([{"role": "user", "content": [text("a") | marks, IMAGE]}], known.OPENROUTER)[1] == {}


def test_neighbours_become_one_where_roles_must_alternate() -> None:
    def said(role: str, content: Any) -> dict[str, Any]:
        return {"role": role, "content": content}

    calls = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    given = [
        said("system", "s"), said("system", "t"), said("user", "a"), said("user", "b"), said("assistant", "c"),
        calls, said("user", "d"), said("user", [IMAGE]), said("user", None),
    ]  # fmt: skip
    sent, losses = mend(given, known.PERPLEXITY)
    assert sent == [
        said("system", "s"), said("system", "t"), said("user", "a\n\nb"), said("assistant", "c"), calls,
        said("user", [text("d"), IMAGE]),
    ]  # fmt: skip
    assert losses == {}
    assert mend(given, known.VLLM)[0] == given
    misshapen = [said("user", 5), said("user", {}), {"role": "user"}, said("user", "a")]
    assert mend(misshapen, known.PERPLEXITY)[0] == misshapen


def test_a_calls_number_in_a_stream_is_no_loss() -> None:
    history = [{"role": "assistant", "content": "", "tool_calls": [{"index": 0} | CALL]}]
    assert mend(history, known.OPENAI) == ([{"role": "assistant", "content": "", "tool_calls": [CALL]}], {})
    assert mend(history, known.VLLM) == (history, {})


def test_signatures_of_another_vendor_do_not_reach_a_strict_one() -> None:
    signed = CALL | {"extra_content": {"google": {"thought_signature": "s"}}}
    sent, losses = mend([{"role": "assistant", "content": "", "tool_calls": [signed]}], known.OPENAI)
    assert sent[0]["tool_calls"] == [CALL]
    assert losses == {"messages[].tool_calls[].extra_content": "dropped"}


@pytest.mark.parametrize(
    "message", [{"role": "assistant", "content": None}, {"role": "assistant", "tool_calls": [CALL]}]
)
def test_C077_workers_ai_gets_content_that_is_a_string(message: dict[str, Any]) -> None:
    assert mend([message], known.CLOUDFLARE)[0] == [message | {"content": ""}]


@pytest.mark.parametrize(
    "messages",
    [
        "none",
        [1],
        {"a": 1},
        None,
        [{"role": "developer", "content": {"text": "a"}}],
        [{"role": "tool", "tool_call_id": 7, "content": "text"}],
        [{"role": "assistant", "tool_calls": ["x"], "content": "x"}],
    ],
)
def test_odd_messages_are_left_to_the_backend(messages: Any) -> None:
    sent, _ = mend(messages, known.MISTRAL)
    assert sent == messages or sent == [{"role": "system", "content": {"text": "a"}}]


def test_messages_keep_their_bytes_where_no_rule_applies() -> None:
    user = b'{"role":"user" , "content":"\\u00e9 \\"developer\\""}'
    body = b'{"model":"m","messages":[%s,{"role":"developer","content":"d"}]}' % user
    sent, _ = prepare(body, "m", known.DEEPSEEK, False)
    same_values = user.replace(b" , ", b",")
    assert sent == b'{"model":"m","messages":[%s,{"role":"system","content":"d"}]}' % same_values
