"""The pure library on streams: each fed event by event, as a network brings them; beside LiteLLM if it is there."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bench_streams import FORMATS, RECORDINGS, Format, Stream, load_streams
from bench_table import format_table

from proapi_translate import ReplyTranslator, Target, Translation, translate_request

# What each client asks with, by its dialect.
_BODIES = {
    "chat": {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], "stream": True},
    "completions": {"model": "gpt-4o", "prompt": "hi", "stream": True},
    "responses": {"model": "gpt-4o", "input": "hi", "stream": True, "store": False},
}
_LEAST_SECONDS = 0.2  # of one measurement of ours: below it the clock and the machine's other work count too much


class LiteLlm:
    """The other library's process: one question, one answer."""

    def __init__(self, python: str) -> None:
        worker = Path(__file__).with_name("bench_litellm.py")
        self._process = subprocess.Popen(
            [python, str(worker)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.skipped = 0

    def seconds(self, form: Format, streams: Sequence[Stream]) -> tuple[float, int]:
        """(seconds, events) of all streams that it can read, once each."""
        seconds, events = 0.0, 0
        for stream in streams:
            answer = self._ask(form.litellm + stream.model, form.content_type, stream.body)
            if "error" in answer:
                self.skipped += 1
            else:
                seconds += answer["seconds"]
                events += len(stream.events)
        return seconds, events

    def _ask(self, model: str, content_type: str, body: bytes) -> dict[str, float]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"model": model, "content_type": content_type, "body": base64.b64encode(body).decode()}
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        answer: dict[str, float] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


def run_translate(rounds: int, litellm_python: str, client: str = "chat") -> int:
    other = LiteLlm(litellm_python) if litellm_python and client == "chat" else None
    rows = [_measure(form, load_streams(form), rounds, other, client) for form in FORMATS]
    head = ("stream", "streams", "events", "µs/event", "µs/reply", "MB/s", "LiteLLM µs/event", "times faster")
    print(format_table(head, rows))
    source = "recorded" if RECORDINGS.is_dir() else "made"
    python = sys.version.split()[0]
    print(f"\n{source} streams, {rounds} rounds, medians of processor time; Python {python}; one event a piece")
    print("µs/reply: to begin and end a reply, however long; it weighs most where the streams are short (gemini's)")
    if other is not None:
        other.close()
        if other.skipped:
            print(f"LiteLLM could not read {other.skipped // (rounds + 1)} of the streams: left out of its numbers")
    return 0


def _measure(
    form: Format, streams: Sequence[Stream], rounds: int, other: LiteLlm | None, client: str
) -> tuple[str, ...]:
    events = sum(len(stream.events) for stream in streams)
    size = sum(len(stream.body) for stream in streams)
    prepared = [(_prepare(form, stream, client), stream) for stream in streams]
    compared = other if form.litellm else None
    if compared is not None:
        compared.seconds(form, streams)  # warm: its first calls load half of it
    repeats = max(1, round(_LEAST_SECONDS / _translate_all(prepared)))
    empty = [(translation, Stream(stream.model, ())) for translation, stream in prepared]
    ours, theirs, ends = [], [], []
    for _ in range(rounds):  # interleaved: both meet the same load of the machine
        ours.append(sum(_translate_all(prepared) for _ in range(repeats)) / repeats)
        ends.append(sum(_translate_all(empty) for _ in range(repeats)) / repeats)
        if compared is not None:
            seconds, count = compared.seconds(form, streams)
            theirs.append(seconds / count * 1e6 if count else 0.0)
    per_event = median(ours) / events * 1e6
    their_event = median(theirs) if theirs else 0.0
    compared_cells = (f"{their_event:.0f}", f"{their_event / per_event:.0f}") if their_event else ("–", "–")
    speed = size / median(ours) / 1e6
    per_reply = median(ends) / len(streams) * 1e6
    counts = (form.name, str(len(streams)), str(events))
    return (*counts, f"{per_event:.1f}", f"{per_reply:.1f}", f"{speed:.1f}", *compared_cells)


def _prepare(form: Format, stream: Stream, client: str) -> Translation:
    options = form.options | ({"api": "chat"} if form.base_url else {})  # its streams are chat's, whoever asks
    credential = "" if form.options else "none"
    target = Target(form.provider, stream.model, form.base_url, credential=credential, options=options)
    return translate_request(client, json.dumps(_BODIES[client]).encode(), target)


def _translate_all(prepared: Sequence[tuple[Translation, Stream]]) -> float:
    """Processor seconds for all streams, from the head of each reply to its end mark.

    The thread's own time on both sides: on a shared machine the wall clock measures the neighbours too.
    """
    start = time.thread_time()
    for translation, stream in prepared:
        reply = ReplyTranslator(translation, "chatcmpl-bench", 1764000000)
        reply.start(200, {"content-type": "text/event-stream"})
        for event in stream.events:
            reply.feed(event)
        reply.finish()
    return time.thread_time() - start
