"""The public bug reports that concern Gemini, each by its id (../shared/cases.jsonl)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from proapi_translate.dialects.gemini import BACKEND
from proapi_translate.dialects.gemini.names import DUMMY_SIGNATURE
from proapi_translate.dialects.openai_chat import CLIENT as CHAT
from proapi_translate.errors import ClientFault
from proapi_translate.reply_translator import ReplyTranslator
from proapi_translate.target import Target
from proapi_translate.translate import translate_request
from tests.translate.recorded import case_input, needs_cases

from .wire import (
    FLASH_25,
    PRO_3,
    USER,
    answered,
    body_of,
    call,
    function,
    piece,
    sse,
    text,
    to_chat_body,
    to_chat_stream,
)

chat = pytest.importorskip("tests.translate.chat_contract", reason="the openai package is not installed here")
pytestmark = needs_cases

PARSED_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def chunks_of(data: bytes, size: int = 0, **asked: Any) -> list[dict[str, Any]]:
    pieces = [data[start : start + size] for start in range(0, len(data), size)] if size else [data]
    stream = to_chat_stream(pieces, **asked)
    return list(chat.check_chat_stream(stream, model="gpt-4o", include_usage=asked.get("include_usage", False)))


def message_of(body: dict[str, Any], choice: int = 0) -> dict[str, Any]:
    return dict(to_chat_body(body)["choices"][choice]["message"])


def schema_nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    inner = [
        *node.get("properties", {}).values(),
        *node.get("anyOf", ()),
        *([node["items"]] if "items" in node else ()),
    ]
    return [node, *(deeper for child in inner for deeper in schema_nodes(child))]


def declaration_of(tool: dict[str, Any]) -> dict[str, Any]:
    return dict(body_of({"tools": [tool]})["tools"][0]["functionDeclarations"][0])


def test_c002e_a_call_without_args_has_an_empty_object() -> None:
    part = case_input("C002")["variant_e_gemini_part"]
    chunks = chunks_of(sse(piece(part, finish="STOP")))
    assert [arguments for _, _, arguments in chat.calls_of(chunks)] == ["{}"]
    (whole,) = message_of(piece(part, finish="STOP"))["tool_calls"]
    assert whole["function"]["arguments"] == "{}"


def test_c004_calls_without_an_id_get_one_each() -> None:
    case = case_input("C004")
    chunks = chunks_of(case["upstream_sse"].encode())
    calls = chat.calls_of(chunks)
    assert [(name, json.loads(arguments)) for _, name, arguments in calls] == [
        ("roll", {"sides": 6}),
        ("roll", {"sides": 20}),
    ]
    ids = [call_id for call_id, _, _ in calls]
    assert len(set(ids)) == 2
    assert all(PARSED_ID.fullmatch(call_id) for call_id in ids)
    assert chat.finish_reasons(chunks) == ["tool_calls"]
    history = answered(*(call(call_id, name, arguments) for call_id, name, arguments in calls), results=["3", "17"])
    results = body_of({"messages": history})["contents"][2]["parts"]
    assert [part["functionResponse"]["name"] for part in results] == ["roll", "roll"]
    assert (
        message_of(piece({"functionCall": {"name": "f", "id": "own_1"}}, finish="STOP"))["tool_calls"][0]["id"]
        == "own_1"
    )


def test_c007_parallel_results_stand_in_one_content() -> None:
    contents = body_of(case_input("C007")["client_request"])["contents"]
    assert [content["role"] for content in contents] == ["user", "model", "user"]
    assert [part["functionCall"]["name"] for part in contents[1]["parts"]] == ["price", "stock"]
    responses = [part["functionResponse"] for part in contents[2]["parts"]]
    assert [response["name"] for response in responses] == ["price", "stock"]
    assert [response["response"] for response in responses] == [{"result": "4"}, {"left": 0}]


def test_c008_a_response_is_an_object() -> None:
    given = case_input("C008")["tool_message_contents"]
    answers = ("17 C", [3, 1, 2], "", "", "null")
    wanted: list[Any] = [{"result": answer} for answer in answers]
    wanted.insert(2, {"ok": True})
    for content, response in zip(given, wanted, strict=True):
        parts = body_of({"messages": answered(call("call_1", "probe"), results=[content])})["contents"][2]["parts"]
        assert parts == [{"functionResponse": {"name": "probe", "response": response}}]


def test_c010_pictures_of_results_are_pictures() -> None:
    message = case_input("C010")["tool_message"]
    for model in (FLASH_25, PRO_3):
        history = answered(call("call_1", "capture"), results=[message["content"]])
        parts = body_of({"messages": history}, model)["contents"][2]["parts"]
        response = parts[0]["functionResponse"]
        (picture,) = response.get("parts") or parts[1:]
        assert response["response"] == {"result": "shot:"}
        assert picture == {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}


@pytest.mark.parametrize("streamed", [False, True])
def test_c013_signatures_come_and_go(streamed: bool) -> None:
    upstream = case_input("C013")["turn1_upstream"]
    if streamed:
        deltas = [
            c["delta"] for chunk in chunks_of(sse(upstream)) for c in chunk["choices"] if "tool_calls" in c["delta"]
        ]
        calls: dict[int, dict[str, Any]] = {}
        for told in (told for delta in deltas for told in delta["tool_calls"]):
            seen = calls.setdefault(told["index"], {"function": {"name": "", "arguments": ""}})
            for key in ("name", "arguments"):
                seen["function"][key] += told.get("function", {}).get(key) or ""
            seen.update({key: told[key] for key in ("id", "type", "extra_content") if told.get(key)})
        message: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": list(calls.values())}
    else:
        message = message_of(upstream)
    first, second = message["tool_calls"]
    assert first["extra_content"]["google"]["thought_signature"] == "U0lHLW9haw=="
    assert not second.get("extra_content")
    results = [{"role": "tool", "tool_call_id": one["id"], "content": "x"} for one in message["tool_calls"]]
    parts = body_of({"messages": [USER, message, *results]}, PRO_3)["contents"][1]["parts"]
    assert [part.get("thoughtSignature") for part in parts] == ["U0lHLW9haw==", None]


def test_c014_foreign_histories_get_the_dummy() -> None:
    request = case_input("C014")["client_request"]
    models = [content["parts"] for content in body_of(request, PRO_3)["contents"] if content["role"] == "model"]
    signatures = [[part.get("thoughtSignature") for part in parts] for parts in models]
    assert signatures == [[DUMMY_SIGNATURE, None], [DUMMY_SIGNATURE]]


def test_c019_keywords_that_gemini_refuses_go() -> None:
    parameters = declaration_of(function("f", parameters=case_input("C019")["client_tool_parameters"]))["parameters"]
    refused = {
        "$schema", "$id", "additionalProperties", "propertyNames", "patternProperties", "exclusiveMinimum",
        "exclusiveMaximum", "contentEncoding", "$comment",
    }  # fmt: skip
    assert not any(refused & set(node) for node in schema_nodes(parameters))
    assert set(parameters["properties"]) == {"when", "mail", "n", "tags"}
    formats = {name: node.get("format") for name, node in parameters["properties"].items()}
    assert formats == {"when": "date-time", "mail": None, "n": "int32", "tags": None}
    refusal = {"error": {"code": 400, "message": "Unknown name", "status": "INVALID_ARGUMENT"}}
    assert BACKEND.read_error(400, {}, json.dumps(refusal).encode()).status == 400


def test_c020_names_are_not_keywords() -> None:
    parameters = declaration_of(function("f", parameters=case_input("C020")["client_tool_parameters"]))["parameters"]
    names = {"title", "default", "pattern", "format", "properties", "additionalProperties"}
    assert set(parameters["properties"]) == names
    assert "$ref" in parameters["properties"]["properties"]["properties"]
    assert parameters["required"] == ["title", "default", "pattern"]
    assert all(isinstance(node, dict) for node in parameters["properties"].values())


def test_c022_tools_without_parameters() -> None:
    now, ping, cfg = map(declaration_of, case_input("C022")["client_tools"])
    assert now == {"name": "now", "description": "x"}
    assert ping == {"name": "ping"}
    assert cfg["parameters"]["properties"]["opts"] == {"type": "object"}


@pytest.mark.parametrize("number", range(5))
def test_c025_the_bytes_tell_the_type(number: int) -> None:
    url = case_input("C025")["image_urls"][number]
    content = [{"type": "image_url", "image_url": {"url": url}}]
    kind = ["image/webp", "image/jpeg", "image/png", "image/png", None][number]
    if kind is None:
        with pytest.raises(ClientFault) as caught:
            body_of({"messages": [{"role": "user", "content": content}]})
        assert (caught.value.status, caught.value.param) == (400, "messages")
    else:
        (part,) = body_of({"messages": [{"role": "user", "content": content}]})["contents"][0]["parts"]
        assert part == {"inlineData": {"mimeType": kind, "data": url.partition("base64,")[2]}}


def test_c026_an_address_is_refused_by_name() -> None:
    part = case_input("C026")["part"]
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": [part]}]}).encode()
    with pytest.raises(ClientFault) as caught:
        translate_request("chat", body, Target("gemini", "gemini-2.5-flash"))
    assert part["image_url"]["url"] in caught.value.message
    assert caught.value.status == 400


def test_c028_sound() -> None:
    parts = body_of({"messages": [{"role": "user", "content": case_input("C028")["parts"]}]})["contents"][0]["parts"]
    assert [part["inlineData"] for part in parts] == [
        {"mimeType": "audio/wav", "data": "UklGRgAA"}, {"mimeType": "audio/mpeg", "data": "SUQzBAA="},
    ]  # fmt: skip


def test_c029_system_words_wherever_they_stand() -> None:
    body = body_of({"messages": case_input("C029")["client_messages"]})
    texts = [part["text"] for part in body["systemInstruction"]["parts"]]
    assert texts == ["Be terse.", "Use metric.", "Now answer in French."]
    assert [content["role"] for content in body["contents"]] == ["user", "model", "user"]


def test_c037_choices_and_probabilities() -> None:
    case = case_input("C037")
    assert body_of({"n": 3})["generationConfig"] == {"candidateCount": 3}
    choices = to_chat_body(case["gemini_reply_n"])["choices"]
    told = [(choice["index"], choice["message"]["content"], choice["finish_reason"]) for choice in choices]
    assert told == [(0, "a", "stop"), (1, "b", "length"), (2, "c", "stop")]
    config = body_of({"logprobs": True, "top_logprobs": 2})["generationConfig"]
    assert config == {"responseLogprobs": True, "logprobs": 2}
    (token,) = to_chat_body(case["gemini_reply_logprobs"])["choices"][0]["logprobs"]["content"]
    assert (token["token"], token["logprob"], token["bytes"]) == ("Hi", -0.1, [72, 105])
    assert [top["token"] for top in token["top_logprobs"]] == ["Hi", "Yo"]


@pytest.mark.parametrize("asked", [True, False])
def test_c038_usage_only_when_asked_for(asked: bool) -> None:
    counted = {**piece(text("ok"), finish="STOP"), "usageMetadata": {"promptTokenCount": 13, "candidatesTokenCount": 5}}
    last = chunks_of(sse(counted), include_usage=asked)[-1]
    assert bool(last["choices"]) is not asked
    if asked:
        assert {key: last["usage"][key] for key in ("prompt_tokens", "completion_tokens", "total_tokens")} == {
            "prompt_tokens": 13, "completion_tokens": 5, "total_tokens": 18,
        }  # fmt: skip


def test_c040_usage_by_openais_rules() -> None:
    counts = case_input("C040")["upstream_usage"]
    early = {**piece(text("a")), "usageMetadata": {"promptTokenCount": 30, "totalTokenCount": 30}}
    vertex = {**piece(text("a")), "usageMetadata": {"trafficType": "ON_DEMAND"}}
    final = {**piece(text("b"), finish="STOP"), "usageMetadata": counts}
    usages = [to_chat_body(final)["usage"]]
    usages += [chunks_of(sse(opening, final), include_usage=True)[-1]["usage"] for opening in (early, vertex)]
    for usage in usages:
        assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (35, 100, 135)
        assert usage["completion_tokens_details"]["reasoning_tokens"] == 88
        assert usage["prompt_tokens_details"]["cached_tokens"] == 10
    blocked = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 4}}
    assert to_chat_body(blocked)["usage"]["completion_tokens"] == 0


@pytest.mark.parametrize(
    ("variant", "content", "finish"), [("a", "", "tool_calls"), ("b", "x", "length"), ("c", "one two", "stop")]
)
def test_c041_one_finish_reason_at_the_end(variant: str, content: str, finish: str) -> None:
    chunks = chunks_of(case_input("C041")[variant].encode())
    assert chat.joined(chunks, "content") == content
    assert chat.finish_reasons(chunks) == [finish]
    assert chunks[-1]["choices"][0]["finish_reason"] == finish


def test_c043_a_malformed_call_is_an_error() -> None:
    case = case_input("C043")
    stream = to_chat_stream([case["a"].encode()])
    values = chat.check_failed_stream(stream)
    assert "MALFORMED_FUNCTION_CALL" in values[-1]["error"]["message"]
    assert (chat.joined(values[:-1], "content"), chat.finish_reasons(values[:-1])) == ("", [])
    asked = json.dumps({"model": "asked", "messages": [USER]}).encode()
    reply = ReplyTranslator(translate_request("chat", asked, Target("gemini", FLASH_25)), "chatcmpl-1", 7)
    error = json.loads(reply.whole(case["a"].removeprefix("data: ").encode()))["error"]
    assert (reply.status, set(error)) == (502, {"message", "type", "param", "code"})
    chunks = chunks_of(case["b"].encode())
    assert chat.joined(chunks, "content") == ""
    assert [(name, json.loads(arguments)) for _, name, arguments in chat.calls_of(chunks)] == [("go", {"n": 1})]
    assert chat.finish_reasons(chunks) == ["tool_calls"]


@pytest.mark.parametrize(
    "name", ["a_crlf_split_between_cr_and_lf_hex", "b_bare_cr_hex", "c_no_space_and_two_data_lines_hex"]
)
def test_c050_line_ends(name: str) -> None:
    pieces = [bytes.fromhex(digits) for digits in case_input("C050")[name]]
    streams = [to_chat_stream(pieces), to_chat_stream(bytes([byte]) for byte in b"".join(pieces))]
    assert streams[0] == streams[1]
    chunks = chat.check_chat_stream(streams[0], model="gpt-4o", include_usage=False)
    assert chat.joined(chunks, "content") == "AB"
    assert chat.finish_reasons(chunks) == ["stop"]


def test_c052_a_character_cut_in_two() -> None:
    data = sse(piece(text("Größe 渋谷 🚲")), piece({"functionCall": {"name": "f", "args": {"q": "🚲"}}}, finish="STOP"))
    for size in (0, 1, 3):
        chunks = chunks_of(data, size)
        assert chat.joined(chunks, "content") == "Größe 渋谷 🚲"
        assert json.loads(chat.calls_of(chunks)[0][2]) == {"q": "🚲"}


@pytest.mark.parametrize("name", ["a_gemini_no_done_no_blank_line", "b_single_newline"])
def test_c053_no_last_blank_line(name: str) -> None:
    chunks = chunks_of(case_input("C053")[name].encode())
    assert chat.joined(chunks, "content") == "AB"
    assert chat.finish_reasons(chunks) == ["stop"]


def test_c070_foreign_thoughts_are_left_out() -> None:
    details = [{"type": "reasoning.encrypted", "data": "gAAAA", "format": "openai-responses-v1"}]
    message = {"role": "assistant", "content": None, "reasoning_details": details, "tool_calls": [call("c", "f")]}
    parts = body_of({"messages": [USER, message]}, PRO_3)["contents"][1]["parts"]
    assert "gAAAA" not in json.dumps(parts)
    assert len(parts) == 1
    assert CHAT.read_request({"model": "m", "messages": [USER, message]}).turns[1].parts  # it was there
