"""A Gemini 3 on loopback that takes nothing that Google's API would refuse, and answers by scripted_model.py.

The first call of each step carries a signature, which must be there when its result comes; results stand in the order
of their calls, in one turn (ai.google.dev/gemini-api/docs/thought-signatures and …/function-calling, read 2026-11-25).
"""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

from tests.clients.scripted_model import Call, Move, RefusedError, Seen, in_pieces, must, next_move, sign
from tests.end_to_end.paced_backend import ReceivedRequest, Reply

MODEL = "gemini-3-flash-preview"
EMBEDDING_MODEL = "gemini-embedding-001"
_FIELDS = {"contents", "tools", "toolConfig", "systemInstruction", "generationConfig", "safetySettings"}
_SCHEMA_WORDS = {
    "type", "format", "title", "description", "nullable", "enum", "items", "properties", "required", "anyOf",
    "propertyOrdering", "minItems", "maxItems", "minimum", "maximum", "minLength", "maxLength", "pattern", "default",
}  # fmt: skip
_USAGE = {"promptTokenCount": 11, "candidatesTokenCount": 5, "thoughtsTokenCount": 2, "totalTokenCount": 18}


def answer(request: ReceivedRequest) -> Reply:
    try:
        must(request.headers.get("x-goog-api-key") == "key-gemini", "API key not valid. Please pass a valid API key.")
        path, _, query = request.path.partition("?")
        model, _, verb = path.removeprefix("/v1beta/models/").partition(":")
        return _VERBS[model, verb](request.json(), query)
    except RefusedError as refused:
        error = {"code": 400, "message": str(refused), "status": "INVALID_ARGUMENT"}
        return Reply.json({"error": error}, status=400)


def _generate(body: dict[str, Any], _query: str) -> Reply:
    return Reply.json(_reply(_write(next_move(_read(body))), "STOP"))


def _stream(body: dict[str, Any], query: str) -> Reply:
    must(query == "alt=sse", f"query {query}")
    parts = [piece for part in _write(next_move(_read(body))) for piece in _in_pieces(part)]
    chunks = [_reply([part]) for part in parts] + [_reply([{"text": ""}], "STOP")]
    return Reply.stream([b"data: %s\r\n\r\n" % json.dumps(chunk).encode() for chunk in chunks])


def _embed(body: dict[str, Any], _query: str) -> Reply:
    texts = [part["content"]["parts"][0]["text"] for part in body["requests"]]
    return Reply.json({"embeddings": [{"values": vector_of(text)} for text in texts]})


def vector_of(text: str) -> list[float]:
    """A small vector that tells its text, exact in 32 bits: "hi" → [2.0, 0.5, -0.25]."""
    return [float(len(text)), 0.5, -0.25]


def as_base64(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


_VERBS = {
    (MODEL, "generateContent"): _generate,
    (MODEL, "streamGenerateContent"): _stream,
    (EMBEDDING_MODEL, "batchEmbedContents"): _embed,
    (EMBEDDING_MODEL, "embedContent"): lambda body, _query: Reply.json(
        {"embedding": {"values": vector_of(body["content"]["parts"][0]["text"])}}
    ),
}


def _read(body: dict[str, Any]) -> Seen:
    must(set(body) <= _FIELDS, f"Unknown name: {set(body) - _FIELDS}: Cannot find field.")
    declared = [function for tool in body.get("tools", []) for function in tool.get("functionDeclarations", [])]
    for function in declared:
        _check_schema(function.get("parameters", {}))
    config = body.get("generationConfig", {})
    structured = config.get("responseMimeType") == "application/json"
    if structured:
        schema = config.get("responseJsonSchema") or config["responseSchema"]
        must(set(schema["properties"]) == {"city", "degrees"}, f"unexpected schema {schema}")
    calls, results = _read_contents(body["contents"])
    return Seen(tuple(function["name"] for function in declared), calls, results, structured)


def _check_schema(schema: dict[str, Any]) -> None:
    must(set(schema) <= _SCHEMA_WORDS, f"Unknown name in schema: {set(schema) - _SCHEMA_WORDS}")
    for child in (*schema.get("properties", {}).values(), *schema.get("anyOf", ())):
        _check_schema(child)
    if "items" in schema:
        _check_schema(schema["items"])


def _read_contents(contents: list[dict[str, Any]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names called, and the results; every part in its place."""
    must(contents, "contents are required")
    calls: list[str] = []
    results: list[str] = []
    waiting: list[tuple[str, str]] = []
    role = ""
    for content in contents:
        before, role, parts = role, content["role"], content["parts"]
        must(parts, "contents.parts must not be empty.")
        if role == "user":
            answers = [part["functionResponse"] for part in parts if "functionResponse" in part]
            given = [(answer.get("id", ""), answer["name"]) for answer in answers]
            must(given == waiting, "the number of function response parts must equal that of the function call parts")
            waiting = []
            results += [_result_text(answer["response"]) for answer in answers]
        else:
            must(role == "model", f"Please use a valid role: user, model; not {role}")
            made = [part for part in parts if "functionCall" in part]
            must(not made or before == "user", "a function call turn comes after a user turn or a function response")
            _check_signature(made)
            waiting = [(part["functionCall"].get("id", ""), part["functionCall"]["name"]) for part in made]
            calls += [part["functionCall"]["name"] for part in made]
    must(not waiting, "a function call must be followed by its function response")
    return tuple(calls), tuple(results)


def _result_text(response: dict[str, Any]) -> str:
    (value,) = response.values()
    return value if isinstance(value, str) else json.dumps(value)


def _check_signature(made: list[dict[str, Any]]) -> None:
    """Only the first of calls that are made at once is signed, and it must be."""
    for place, part in enumerate(made):
        signature = part.get("thoughtSignature")
        must(signature or place, f"Function call {part['functionCall']['name']} is missing a thought_signature")
        if signature:
            must(signature == _signature_of(part["functionCall"]["name"]), "Thought signature is not valid")


def _signature_of(name: str) -> str:
    return base64.b64encode(sign(name).encode()).decode()


def _write(move: Move) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = [{"text": move.thought, "thought": True}]
    if move.text:
        parts.append({"text": move.text})
    return parts + [_call_part(call, first=not place) for place, call in enumerate(move.calls)]


def _call_part(call: Call, *, first: bool) -> dict[str, Any]:
    part: dict[str, Any] = {"functionCall": {"name": call.name, "args": call.arguments, "id": call.id}}
    return {**part, "thoughtSignature": _signature_of(call.name)} if first else part


def _in_pieces(part: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**part, "text": piece} for piece in in_pieces(part["text"])] if "text" in part else [part]


def _reply(parts: list[dict[str, Any]], finish_reason: str | None = None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if finish_reason:
        candidate["finishReason"] = finish_reason
    return {"candidates": [candidate], "usageMetadata": _USAGE, "modelVersion": MODEL, "responseId": "r1"}
