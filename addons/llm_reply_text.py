"""The text of a reply, as people read it: what was thought, said and called, how it ended, and what it cost.

    reply_text("chat", b'data: {"choices": [{"delta": {"content": "Hel"}}]}\\n\\n…') ==
        "finished: stop\\ntokens: 7 in, 2 out\\n\\n── text ──\\nHello"
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from proapi_translate import ReadPart, ReadReply, ReplyReader, Usage

from .llm_request_text import compact_json, heading


def reply_text(dialect: str, body: bytes) -> str:
    """Of a client's reply in a READABLE dialect, streamed or whole. What is no reply is told as a failure."""
    reader = ReplyReader(dialect)
    reader.feed(body)
    reader.finish()
    reply = reader.reply
    several = len({part.choice for part in reply.parts}) > 1
    sections = ["\n".join(_facts(reply))]
    sections += [heading(_title(part, several), _text_of(part)) for part in reply.parts]
    return "\n\n".join(filter(None, sections))


def _facts(reply: ReadReply) -> Iterator[str]:
    if reply.failure:
        yield f"failed: {reply.failure}"
    if reply.finish_reasons:
        yield f"finished: {', '.join(reply.finish_reasons[choice] for choice in sorted(reply.finish_reasons))}"
    if reply.usage is not None:
        yield f"tokens: {usage_words(reply.usage)}"


def usage_words(usage: Usage) -> str:
    """usage_words(Usage(120, 45, cached_tokens=100)) == "120 in (100 cached), 45 out" """
    cached = f" ({usage.cached_tokens} cached)" if usage.cached_tokens else ""
    thought = f" ({usage.reasoning_tokens} reasoning)" if usage.reasoning_tokens else ""
    return f"{usage.prompt_tokens} in{cached}, {usage.completion_tokens} out{thought}"


def _title(part: ReadPart, several: bool) -> str:
    words = [part.kind.replace("_", " "), part.name, f"({part.id})" if part.id else ""]
    words.append(f"of choice {part.choice}" if several else "")
    return " ".join(filter(None, words))


def _text_of(part: ReadPart) -> str:
    text = _indented_json(part.text) if part.kind == "tool_call" else part.text
    cited = [f"[{number}] {_citation(body)}" for number, body in enumerate(part.annotations, 1)]
    return "\n".join([text, *cited])


def _citation(annotation: object) -> str:
    inner = annotation.get("url_citation", annotation) if isinstance(annotation, dict) else annotation
    if isinstance(inner, dict) and isinstance(inner.get("url"), str):
        return " ".join(filter(None, (str(inner.get("title") or ""), inner["url"])))
    return compact_json(annotation)


def _indented_json(text: str) -> str:
    """Arguments may be cut short, or be no JSON at all (custom tools): then they stay as they are."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text
