"""One candidate's parts: texts, thoughts, calls, pictures, and how a turn ends."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.errors import BackendFailure
from proapi_translate.events import Annotation, LogProbs, PartEnd, PartStart, SignatureDelta, TextDelta
from proapi_translate.prompt import Signature

from .wire import context, finishes, part_texts, piece, read_body, read_pieces, read_stream, sse, text

OURS = Signature("U0lH", "google")


def called(name: str | None = None, args: Any = None, **fields: Any) -> dict[str, Any]:
    call = {key: value for key, value in {"name": name, "args": args}.items() if value is not None}
    return {"functionCall": {**call, **fields}}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([text("a"), text("b")], [("text", "ab")]),
        (
            [text("hm", thought=True), text("a"), text("so", thought=True), text("b")],
            [("thinking", "hm"), ("text", "a"), ("thinking", "so"), ("text", "b")],
        ),
        ([text(""), text("a"), text("", thought=True)], [("text", "a")]),
        ([text("a"), called("f", {"x": 1}), text("b")], [("text", "a"), ("tool_call", '{"x":1}'), ("text", "b")]),
        ([called("f", {}), called("f")], [("tool_call", ""), ("tool_call", "")]),
        # What Google ran itself is no part of the answer.
        ([{"executableCode": {"code": "1+1"}}, {"codeExecutionResult": {"output": "2"}}, text("2")], [("text", "2")]),
        ([{"toolCall": {"id": "x"}, "thoughtSignature": "UQ=="}, {"toolResponse": {}}, text("2")], [("text", "2")]),
        (
            [{"inlineData": {"mimeType": "image/png", "data": "iVBO"}}],
            [("text", "![image](data:image/png;base64,iVBO)")],
        ),
        (
            [text("see"), {"inlineData": {"mimeType": "image/png", "data": "iVBO"}}],
            [("text", "see\n\n![image](data:image/png;base64,iVBO)")],
        ),
        ([{"inlineData": {"mimeType": "image/png", "data": "iVBO"}, "thought": True}], []),
        ([{"inlineData": {"mimeType": "audio/L16", "data": "AA=="}}, {"inlineData": {}}, {}], []),
    ],
)
def test_parts(parts: list[dict[str, Any]], expected: list[tuple[str, str]]) -> None:
    assert part_texts(read_body(piece(*parts, finish="STOP"))) == expected
    assert part_texts(read_stream(*(piece(part) for part in parts), piece(finish="STOP"))) == expected


def test_numbers_stay_as_they_were_written() -> None:
    args = b'{"n": 1.50, "big": 123456789012345678901}'
    body = b'{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":%s}}]}}]}' % args
    assert part_texts(read_pieces([b"data: " + body + b"\n\n"])) == [
        ("tool_call", '{"n":1.50,"big":123456789012345678901}')
    ]


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([None, None], ["call_abc123_0", "call_abc123_1"]),
        (["dv8-sz_1", None], ["dv8-sz_1", "call_abc123_1"]),
        (["a", "a"], ["a", "call_abc123_1"]),
        (["a b", ""], ["call_abc123_0", "call_abc123_1"]),
        (["x" * 65], ["call_abc123_0"]),
    ],
)
def test_call_ids(ids: list[str | None], expected: list[str]) -> None:
    parts = [called("f", id=call_id) for call_id in ids]
    events = read_body(piece(*parts, finish="STOP"))
    assert [event.id for event in events if isinstance(event, PartStart)] == expected


def test_changed_names_are_changed_back() -> None:
    (start,) = [e for e in read_body(piece(called("_2fa")), tool_names={"_2fa": "2fa"}) if isinstance(e, PartStart)]
    assert start.name == "2fa"


def test_a_call_that_comes_in_pieces() -> None:
    events = read_stream(
        piece(called("cook", willContinue=True) | {"thoughtSignature": "U0lH"}),
        piece(
            called(partialArgs=[{"jsonPath": "$.s[0]", "stringValue": "Stir", "willContinue": True}], willContinue=True)
        ),
        piece(called(willContinue=True)),
        piece(
            called(
                partialArgs=[{"jsonPath": "$.s[0]", "stringValue": ""}, {"jsonPath": "$.n", "nullValue": None}],
                willContinue=True,
            )
        ),
        piece(called(), finish="STOP"),
    )
    assert [event for event in events if isinstance(event, PartStart)] == [
        PartStart(0, "tool_call", 0, "call_abc123_0", "cook")
    ]
    assert SignatureDelta(0, OURS) in events
    assert [event.text for event in events if isinstance(event, TextDelta)] == ['{"s":["Stir', '"],"n":null', "}"]
    assert finishes(events) == [(0, "tool_calls")]


def test_calls_in_pieces_one_after_the_other() -> None:
    first = {"jsonPath": "$.a", "numberValue": 1}
    events = read_stream(
        piece(called("f", willContinue=True, partialArgs=[first])),
        piece(called("g", {"b": 2})),
        piece(called(), finish="STOP"),
    )
    assert part_texts(events) == [("tool_call", '{"a":1}'), ("tool_call", '{"b":2}')]
    assert sum(isinstance(event, PartEnd) for event in events) == 2


def test_signatures_of_calls_and_thoughts() -> None:
    events = read_body(
        piece(text("hm", thought=True, thoughtSignature="U0lH"), called("f") | {"thoughtSignature": "U0lH"})
    )
    assert [event for event in events if isinstance(event, SignatureDelta)] == [
        SignatureDelta(0, OURS),
        SignatureDelta(1, OURS),
    ]
    events = read_body(piece(text("", thought=True, thoughtSignature="U0lH")))
    assert events[1:4] == [PartStart(0, "thinking"), SignatureDelta(0, OURS, redacted=True), PartEnd(0)]


def test_a_texts_signature_stands_in_a_thought_without_words() -> None:
    events = read_stream(piece(text("a")), piece(text("b")), piece(text("", thoughtSignature="U0lH"), finish="STOP"))
    assert part_texts(events) == [("text", "ab"), ("thinking", "")]
    # The text stays open: a source may still be told for it.
    ends = [event.part for event in events if isinstance(event, PartEnd)]
    assert ends == [1, 0]
    assert SignatureDelta(1, OURS, redacted=True) in events


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("MODEL_ARMOR", "content_filter"),
        ("OTHER", "content_filter"),
        ("SOMETHING_NEW", "length"),
        ("FINISH_REASON_UNSPECIFIED", "length"),
    ],
)
def test_finish_reasons(reason: str, finish: str) -> None:
    events = read_stream(piece(text("a"), finish=reason))
    assert finishes(events) == [(0, finish)]
    assert getattr(events[-1], "raw", "") == reason


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("STOP", "tool_calls"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("UNEXPECTED_TOOL_CALL", "tool_calls"),
    ],
)
def test_finish_reasons_after_a_call(reason: str, finish: str) -> None:
    assert finishes(read_stream(piece(called("f")), piece(finish=reason))) == [(0, finish)]


@pytest.mark.parametrize(
    "reason", ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE", "NO_IMAGE"]
)
def test_a_failed_turn(reason: str) -> None:
    with pytest.raises(BackendFailure, match=reason) as caught:
        read_stream(piece(text("a")), piece(finish=reason, finishMessage="go(1"))
    assert (caught.value.status, caught.value.message[-4:]) == (502, "go(1")


GROUNDED = {
    "groundingChunks": [{"web": {"uri": "https://a.test", "title": "A"}}],
    "groundingSupports": [{"segment": {"startIndex": 3, "endIndex": 5}, "groundingChunkIndices": [0]}],
}


def test_sources_are_told_once() -> None:
    events = read_stream(
        piece(text("ä ")),
        piece(text("bc"), groundingMetadata=GROUNDED),
        piece(text("", thoughtSignature="U0lH"), finish="STOP", groundingMetadata=GROUNDED),
    )
    cited = {"url": "https://a.test", "title": "A", "start_index": 2, "end_index": 4}
    assert [event for event in events if isinstance(event, Annotation)] == [
        Annotation(0, {"type": "url_citation", "url_citation": cited})
    ]


def test_sources_of_a_later_part() -> None:
    support = {"segment": {"partIndex": 2, "endIndex": 2}, "groundingChunkIndices": [0]}
    grounding = {**GROUNDED, "groundingSupports": [support]}
    events = read_body(piece(text("é"), text("hm", thought=True), text("bc"), groundingMetadata=grounding))
    (annotation,) = [event for event in events if isinstance(event, Annotation)]
    assert annotation.part == 2
    assert (annotation.body["url_citation"]["start_index"], annotation.body["url_citation"]["end_index"]) == (1, 3)


def test_sources_and_probabilities_without_a_text_are_left_out() -> None:
    logprobs = {"chosenCandidates": [{"token": "x", "logProbability": -1}]}
    events = read_body(piece(called("f"), groundingMetadata=GROUNDED, logprobsResult=logprobs))
    assert not [event for event in events if isinstance(event, Annotation | LogProbs)]
    (told,) = [event for event in read_body(piece(text("x"), logprobsResult=logprobs)) if isinstance(event, LogProbs)]
    assert told.content[0]["token"] == "x"


@pytest.mark.parametrize("reply_id", ["resp_9f", "chatcmpl-9f", "9f", "a-b_9f"])
def test_call_ids_come_from_the_replys_id(reply_id: str) -> None:
    body = sse(piece(called("f"), finish="STOP"))
    (start,) = [e for e in read_pieces([body], context().__class__(reply_id)) if isinstance(e, PartStart)]
    assert start.id == "call_9f_0"
