"""The comment on a flow in mitmproxy's pages: the way it took, each attempt, and what was lost."""

from __future__ import annotations

from collections.abc import Iterator

from proapi_gateway.attempt_record import AttemptRecord

from .exchange import Exchange
from .llm_reply_text import usage_words


def flow_comment(exchange: Exchange) -> str:
    """The first line stands for all of it; without secrets. mitmweb shows it as one paragraph, hence the bullets:

    gpt-4o → openai/backup gpt-4o-2024, attempt 2, lossy: seed
    • attempt 1: openai gpt-4o-2024 (key sk-a…wxyz): 429 after 312 ms: slow down
    • attempt 2: openai/backup gpt-4o-2024 (key sk-b…wxyz): 200 after 2100 ms
    • seed dropped: Claude has no such setting
    • tokens: 120 in, 45 out
    """
    text = "\n• ".join([_summary(exchange), *_details(exchange)])
    return text.encode("utf-8", "replace").decode()  # half a character in a client's model could not be saved


def _summary(exchange: Exchange) -> str:
    what = exchange.model or exchange.endpoint.dialect or exchange.endpoint.kind.value
    sent = exchange.sent
    if sent is None:
        return f"{what}, answered by proapi itself"
    facts = [f"{what} → {exchange.label} {sent.candidate.route.upstream}".rstrip()]
    if exchange.attempts > 1:
        facts.append(f"attempt {exchange.attempts}")
    if sent.translation is not None and sent.translation.losses:
        lost = dict.fromkeys(loss.field for loss in sent.translation.losses)
        facts.append(f"lossy: {' '.join(lost)}")
    return ", ".join(facts)


def _details(exchange: Exchange) -> Iterator[str]:
    for number, attempt in enumerate(exchange.history, 1):
        yield f"attempt {number}: {_attempt(attempt)}"
    sent = exchange.sent
    if sent is not None and sent.translation is not None:
        for loss in sent.translation.losses:
            yield f"{loss.field} {loss.what}: {loss.why}"
    if sent is not None and sent.reply is not None and sent.reply.usage is not None:
        yield f"tokens: {usage_words(sent.reply.usage)}"


def _attempt(attempt: AttemptRecord) -> str:
    key = f" (key {attempt.key})" if attempt.key else ""
    came = f"{attempt.status} after {attempt.took_ms} ms" if attempt.status else f"no reply after {attempt.took_ms} ms"
    model = f" {attempt.model}" if attempt.model else ""  # files and the like have none
    return f"{attempt.provider}{model}{key}: {came}{f': {attempt.fault}' if attempt.fault else ''}"
