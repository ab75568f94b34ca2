"""The benchmarks' own parts: what they translate, how they put load on, what they print."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))

import bench  # noqa: E402
import bench_load  # noqa: E402
import bench_servers  # noqa: E402
import bench_streams  # noqa: E402
import bench_table  # noqa: E402
import bench_translate  # noqa: E402

from proapi_translate import ReplyTranslator  # noqa: E402


@pytest.mark.parametrize("form", bench_streams.FORMATS, ids=lambda form: form.name)
def test_a_made_stream_is_a_whole_answer(form: bench_streams.Format) -> None:
    stream = bench_streams._MADE[form.api]()
    reply = ReplyTranslator(bench_translate._prepare(form, stream, "chat"), "chatcmpl-1", 1764000000)
    reply.start(200, {"content-type": form.content_type})
    out = b"".join(reply.feed(event) for event in stream.events) + reply.finish()
    chunks = [json.loads(line[6:]) for line in out.splitlines() if line.startswith(b"data: {")]
    texts = [choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"]]
    assert "".join(texts) == "".join(bench_streams._WORDS)
    assert (reply.failure, reply.finish_reason) == (None, "stop")


@pytest.mark.parametrize("form", bench_streams.FORMATS, ids=lambda form: form.name)
def test_a_made_stream_is_a_whole_response_too(form: bench_streams.Format) -> None:
    stream = bench_streams._MADE[form.api]()
    reply = ReplyTranslator(bench_translate._prepare(form, stream, "responses"), "resp_1", 1764000000)
    reply.start(200, {"content-type": form.content_type})
    out = b"".join(reply.feed(event) for event in stream.events) + reply.finish()
    events = [json.loads(line[6:]) for line in out.splitlines() if line.startswith(b"data: {")]
    deltas = [event["delta"] for event in events if event["type"] == "response.output_text.delta"]
    assert "".join(deltas) == "".join(bench_streams._WORDS)
    assert (reply.failure, events[-1]["type"]) == (None, "response.completed")


def test_recorded_streams_are_cut_at_their_events() -> None:
    body = b"data: 1\n\ndata: 2\r\n\r\nevent: x\ndata: 3\n\ndata: 4"
    events = list(bench_streams._cut_sse(body))
    assert events == [b"data: 1\n\n", b"data: 2\r\n\r\n", b"event: x\ndata: 3\n\n", b"data: 4"]
    made = bench_streams._MADE["bedrock.converse-stream"]()
    assert tuple(bench_streams._cut_frames(made.body)) == made.events


def test_our_own_load_counts_good_answers() -> None:
    backend = bench_servers.start_backend()
    try:
        for stream in (False, True):
            load = asyncio.run(bench_load._run_own(backend.url, stream=stream, connections=2, seconds=0.2))
            assert load.answers > 2
            assert load.errors == 0
            assert load.per_second > 0
        assert backend.cpu_s() >= 0
        assert backend.memory_mb() > 1
    finally:
        backend.stop()
    assert backend.process.returncode is not None


def test_a_table_lines_up() -> None:
    assert bench_table.format_table(("", "a/s"), [("direct", "9"), ("x", "1,000")]) == "\n".join(
        ["          a/s", "------  -----", "direct      9", "x       1,000"]
    )


def test_usage_faults_exit_2() -> None:
    with pytest.raises(SystemExit) as caught:
        bench.main(["neither"])
    assert caught.value.code == 2


def test_the_script_runs_from_anywhere(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPTS / "bench.py"), "--help"]
    assert (
        "translate"
        in subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60).stdout
    )
