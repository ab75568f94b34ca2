"""The searches that a backend's vendor makes itself, as a Responses client is told of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from proapi_translate import ClientFault, ReplyTranslator, translate_request
from tests.translate.dialects.bedrock.wire import frame
from tests.translate.responses_contract import check_failed_stream, check_response, check_stream

from .lanes import MODEL, losses, sent, streamed, target, translate, whole

SEARCH = {"tools": [{"type": "web_search"}]}
WITH_SOURCES = {**SEARCH, "include": ["web_search_call.action.sources"]}
QUERY, PAGE, TEXT = "ruby releases", "https://ruby.example/r", "Ruby 4 is out."
NOVA = "us.amazon.nova-2-lite-v1:0"


def sse(*events: dict[str, Any], named: bool = False) -> bytes:
    return b"".join(
        (b"event: %s\n" % event["type"].encode() if named else b"") + b"data: %s\n\n" % json.dumps(event).encode()
        for event in events
    )


def claude_block(index: int, block: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    start = {"type": "content_block_start", "index": index, "content_block": block}
    told = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
    return [start, *told, {"type": "content_block_stop", "index": index}]


def claude_search(index: int, call_id: str, found: Any) -> list[dict[str, Any]]:
    asked = {"type": "server_tool_use", "id": call_id, "name": "web_search", "input": {}}
    pieces = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", '{"query": "ruby', ' releases"}')]
    blocks = claude_block(index, asked, *pieces)
    result = {"type": "web_search_tool_result", "tool_use_id": call_id, "content": found}
    return blocks + (claude_block(index + 1, result) if found is not None else [])


def claude_stream(*blocks: dict[str, Any], stop_reason: str = "end_turn") -> bytes:
    start = {"type": "message_start", "message": {"id": "msg_1", "model": "claude", "usage": {"input_tokens": 9}}}
    end = {"type": "message_delta", "delta": {"stop_reason": stop_reason}, "usage": {"output_tokens": 5}}
    return sse(start, *blocks, end, {"type": "message_stop"}, named=True)


FOUND = [{"type": "web_search_result", "url": PAGE, "title": "R", "encrypted_content": "E"}]
CITED = {"type": "web_search_result_location", "url": PAGE, "title": "R", "cited_text": "out"}
CLAUDE_TEXT = claude_block(
    7,
    {"type": "text", "text": ""},
    {"type": "text_delta", "text": TEXT},
    {"type": "citations_delta", "citation": CITED},
)
GROUNDING = {
    "webSearchQueries": [QUERY],
    "groundingChunks": [{"web": {"uri": PAGE, "title": "R"}}],
    "groundingSupports": [{"segment": {"endIndex": len(TEXT)}, "groundingChunkIndices": [0]}],
}


def gemini(text: str, **more: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, **more}]}


def nova_frames() -> bytes:
    use = {"toolUseId": "s", "name": "nova_grounding", "type": "server_tool_use"}
    result = {"toolUseId": "s", "type": "nova_grounding_result", "status": "success"}
    asked = [json.dumps({"query": QUERY})[:9], json.dumps({"query": QUERY})[9:]]
    cited = {"location": {"web": {"url": PAGE, "domain": "ruby.example"}}, "title": "R"}
    return b"".join(
        (
            frame("messageStart", {"role": "assistant"}),
            frame("contentBlockStart", {"contentBlockIndex": 0, "start": {"toolUse": use}}),
            *(frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"toolUse": {"input": x}}}) for x in asked),
            frame("contentBlockStop", {"contentBlockIndex": 0}),
            frame("contentBlockStart", {"contentBlockIndex": 1, "start": {"toolResult": result}}),
            frame("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolResult": [{"text": "[HIDDEN]"}]}}),
            frame("contentBlockStop", {"contentBlockIndex": 1}),
            frame("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"text": TEXT}}),
            frame("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"citation": cited}}),
            frame("contentBlockStop", {"contentBlockIndex": 2}),
            frame("messageStop", {"stopReason": "end_turn"}),
        )
    )


NOVA_WHOLE = {
    "output": {
        "message": {
            "content": [
                {"toolUse": {"toolUseId": "s", "name": "nova_grounding", "input": {"query": QUERY},
                             "type": "server_tool_use"}},
                {"toolResult": {"toolUseId": "s", "type": "nova_grounding_result", "status": "success"}},
                {"text": TEXT},
                {"citationsContent": {"citations": [{"location": {"web": {"url": PAGE}}, "title": "R"}]}},
            ]
        }
    },
    "stopReason": "end_turn",
}  # fmt: skip
CLAUDE_WHOLE = {
    "type": "message",
    "content": [
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": QUERY}},
        {"type": "web_search_tool_result", "tool_use_id": "s", "content": FOUND},
        {"type": "text", "text": TEXT, "citations": [CITED]},
    ],
    "stop_reason": "end_turn",
}


@dataclass(frozen=True)
class Case:
    """`order`: of the items. Google's grounding comes at a stream's end."""

    provider: str
    model: str
    stream: bytes
    whole: dict[str, Any]
    streamed_order: tuple[str, ...] = ("web_search_call", "message")
    sources: tuple[str, ...] = (PAGE,)
    cited_from: int = 0


CASES = [
    Case("anthropic", "", claude_stream(*claude_search(0, "s", FOUND), *CLAUDE_TEXT), CLAUDE_WHOLE),
    Case(
        "gemini", "", sse(gemini(TEXT[:4]), gemini(TEXT[4:], finishReason="STOP", groundingMetadata=GROUNDING)),
        gemini(TEXT, finishReason="STOP", groundingMetadata=GROUNDING), ("message", "web_search_call"),
    ),
    Case("bedrock", NOVA, nova_frames(), NOVA_WHOLE, sources=(), cited_from=len(TEXT)),
]  # fmt: skip
each_backend = pytest.mark.parametrize("case", CASES, ids=lambda case: case.provider)


def check_output(output: list[dict[str, Any]], case: Case, *, with_sources: bool) -> None:
    search = next(item for item in output if item["type"] == "web_search_call")
    sources = {"sources": [{"type": "url", "url": url} for url in case.sources]} if with_sources else {}
    assert search["status"] == "completed"
    assert search["id"].startswith("ws_")
    assert search["action"] == {"type": "search", "query": QUERY, "queries": [QUERY], **sources}
    (part,) = next(item for item in output if item["type"] == "message")["content"]
    assert part["text"] == TEXT
    (citation,) = part["annotations"]
    assert citation == {
        "type": "url_citation", "url": PAGE, "title": "R", "start_index": case.cited_from, "end_index": len(TEXT),
    }  # fmt: skip


@each_backend
@pytest.mark.parametrize("with_sources", [False, True])
def test_a_stream_tells_the_search_and_what_it_cites(case: Case, with_sources: bool) -> None:
    body = WITH_SOURCES if with_sources else SEARCH
    stream, reply = streamed(case.stream, body, case.provider, case.model)
    events = check_stream(stream, model=MODEL)
    output = events[-1]["response"]["output"]
    assert tuple(item["type"] for item in output) == case.streamed_order
    check_output(output, case, with_sources=with_sources)
    assert reply.response_object is not None
    assert reply.response_object["output"] == output


@each_backend
def test_a_whole_reply_tells_it_before_the_answer(case: Case) -> None:
    response, _ = whole(json.dumps(case.whole).encode(), WITH_SOURCES, case.provider, case.model)
    check_response(response, model=MODEL)
    assert [item["type"] for item in response["output"]] == ["web_search_call", "message"]
    check_output(response["output"], case, with_sources=True)


@each_backend
def test_a_chat_client_gets_the_citations_alone(case: Case) -> None:
    asked = json.dumps({"model": MODEL, "messages": [{"role": "user", "content": "hi"}], "stream": True}).encode()
    reply = ReplyTranslator(translate_request("chat", asked, target(case.provider, case.model)), "chatcmpl-1", 1)
    reply.start(200, {})
    stream = reply.feed(case.stream) + reply.finish()
    chunks = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith(b"data: {")]
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    assert "".join(delta.get("content") or "" for delta in deltas) == TEXT
    assert [note["url_citation"]["url"] for delta in deltas for note in delta.get("annotations", ())] == [PAGE]


def searches(stream: bytes) -> list[dict[str, Any]]:
    events = check_stream(stream, model=MODEL)
    return [item for item in events[-1]["response"]["output"] if item["type"] == "web_search_call"]


def test_a_search_is_told_while_it_runs() -> None:
    reply = ReplyTranslator(translate({**SEARCH, "stream": True}), "resp_1", 1)
    reply.start(200, {})
    begun, result = claude_search(0, "s", FOUND)[:-2], claude_search(0, "s", FOUND)[-2:]
    start = {"type": "message_start", "message": {"id": "m", "model": "claude", "usage": {}}}
    told = reply.feed(sse(start, *begun, named=True))
    assert b"response.web_search_call.searching" in told
    assert b"response.web_search_call.completed" not in told
    assert b"response.web_search_call.completed" in reply.feed(sse(*result, named=True))


def test_two_searches_with_words_between_them() -> None:
    words = claude_block(2, {"type": "text", "text": ""}, {"type": "text_delta", "text": "And "})
    stream = claude_stream(*claude_search(0, "a", FOUND), *words, *claude_search(3, "b", []), *CLAUDE_TEXT)
    out, _ = streamed(stream, WITH_SOURCES)
    output = check_stream(out, model=MODEL)[-1]["response"]["output"]
    assert [item["type"] for item in output] == ["web_search_call", "message", "web_search_call", "message"]
    assert output[2]["action"]["sources"] == []
    (annotation,) = output[3]["content"][0]["annotations"]
    assert (annotation["start_index"], annotation["end_index"]) == (0, len(TEXT))  # of its own message


@pytest.mark.parametrize(
    ("found", "stop_reason"),
    [
        ({"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}, "end_turn"),
        (None, "pause_turn"),  # its result never comes
        (None, "max_tokens"),
    ],
)
def test_a_search_without_results_has_failed(found: Any, stop_reason: str) -> None:
    stream, _ = streamed(claude_stream(*claude_search(0, "s", found), stop_reason=stop_reason), SEARCH)
    assert [search["status"] for search in searches(stream)] == ["failed"]


def test_a_stream_that_dies_in_a_search_keeps_it_as_failed() -> None:
    cut = claude_stream(*claude_search(0, "s", None)).split(b"event: message_delta")[0]
    stream, _ = streamed(cut, SEARCH, broken="gone")
    last = check_failed_stream(stream)[-1]["response"]
    assert [(item["type"], item["status"]) for item in last["output"]] == [("web_search_call", "failed")]


@pytest.mark.parametrize("given", ['{"query": ', '{"query": 5}', "[1]", ""])
def test_garbled_words_of_a_search_do_no_harm(given: str) -> None:
    asked = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    blocks = claude_block(0, asked, {"type": "input_json_delta", "partial_json": given})
    result = claude_block(1, {"type": "web_search_tool_result", "tool_use_id": "s", "content": [5, {"url": 5}]})
    stream, _ = streamed(claude_stream(*blocks, *result, *CLAUDE_TEXT), WITH_SOURCES)
    assert searches(stream)[0]["action"] == {"type": "search", "sources": []}


def test_a_result_that_nobody_asked_for_is_passed_over() -> None:
    result = claude_block(0, {"type": "web_search_tool_result", "tool_use_id": "x", "content": FOUND})
    stream, _ = streamed(claude_stream(*result, *CLAUDE_TEXT), SEARCH)
    assert searches(stream) == []


@pytest.mark.parametrize("words", [{}, {"webSearchQueries": None}, {"webSearchQueries": [None, ""]}])
def test_googles_pages_without_words_are_a_search_as_well(words: dict[str, Any]) -> None:
    grounding = {"groundingChunks": GROUNDING["groundingChunks"], **words}
    reply = gemini(TEXT, finishReason="STOP", groundingMetadata=grounding)
    response, _ = whole(json.dumps(reply).encode(), WITH_SOURCES, "gemini")
    action = response["output"][0]["action"]
    assert action == {"type": "search", "sources": [{"type": "url", "url": PAGE}]}


def test_what_was_asked_for_is_not_told_as_lost() -> None:
    assert losses(WITH_SOURCES) == {}
    assert losses({**SEARCH, "include": ["file_search_call.results"]}) == {"include": "dropped"}


@pytest.mark.parametrize("provider", ["gemini", "bedrock"])
def test_a_search_that_cannot_be_forced_is_told_and_done_all_the_same(provider: str) -> None:
    body = {**SEARCH, "tool_choice": {"type": "web_search_preview"}}
    model = NOVA if provider == "bedrock" else ""
    assert losses(body, provider, model) == {"tool_choice": "approximated"}
    assert "googleSearch" in json.dumps(sent(body, provider, model)) or "nova_grounding" in json.dumps(
        sent(body, provider, model)
    )


def test_google_is_offered_no_search_where_none_may_be_made() -> None:
    assert "tools" not in sent({**SEARCH, "tool_choice": "none"}, "gemini")


def test_novas_search_takes_no_settings() -> None:
    body = {"tools": [{"type": "web_search", "search_context_size": "low", "filters": {"allowed_domains": ["a.b"]}}]}
    assert losses(body, "bedrock", NOVA) == {
        "tools.web_search.search_context_size": "dropped", "tools.web_search.filters": "dropped",
    }  # fmt: skip


FUNCTION = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}


@pytest.mark.parametrize(
    ("provider", "tools", "choice", "config"),
    [
        ("gemini", [*SEARCH["tools"], FUNCTION], None, {"includeServerSideToolInvocations": True}),
        ("gemini", [*SEARCH["tools"], FUNCTION], "auto", {"includeServerSideToolInvocations": True}),
        ("gemini", SEARCH["tools"], None, None),
        ("gemini", [FUNCTION], "auto", {"functionCallingConfig": {"mode": "AUTO"}}),
        ("vertexai_gemini", [*SEARCH["tools"], FUNCTION], None, None),  # has no such field
    ],
)
def test_googles_tools_beside_functions(provider: str, tools: Any, choice: Any, config: Any) -> None:
    body = {"tools": tools, **({"tool_choice": choice} if choice else {})}
    assert sent(body, provider, "gemini-3-flash-preview").get("toolConfig") == config


@pytest.mark.parametrize("provider", ["cohere", "cloudflare", "deepseek", "bedrock"])
def test_a_backend_without_a_search_refuses_it_by_name(provider: str) -> None:
    models = {"cloudflare": "@cf/meta/llama-3.1-8b-instruct", "bedrock": "us.anthropic.claude-haiku-4-5-20251001-v1:0"}
    with pytest.raises(ClientFault, match="web_search") as caught:
        translate(SEARCH, provider, models.get(provider, ""))
    assert (caught.value.status, caught.value.param) == (400, "tools")
