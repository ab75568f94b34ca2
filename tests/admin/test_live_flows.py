"""The live list's news: who listens gets them, nobody costs anything, and no more listen than there may."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from admin.live_flows import MOST_LISTENERS, MOST_OF_ONE, LiveFlows
from tests.admin.flow_pages import pages_over
from tests.admin.flows import NOW_MS, DiskLog, record
from tests.admin.pages import Clock


def live_over(log: Any, clock: Callable[[], float] = lambda: NOW_MS / 1000) -> LiveFlows:
    return LiveFlows(lambda: log, clock)


def asking() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "proapi-live-flows"]


def test_who_listens_is_told_of_what_is_new(tmp_path: Path) -> None:
    log = DiskLog(tmp_path)
    live = live_over(log)
    with live.listen("a") as first, live.listen("b") as second:
        assert first is not None
        assert second is not None
        log.add(record(0), record(1), written_ms=NOW_MS + 5)
        assert first.wait(10) == 2
        assert second.wait(10) == 2
        log.add(record(2), written_ms=NOW_MS - 500)  # another process, whose clock is behind
        assert first.wait(10) == 1
        assert first.wait(0.01) == 0


def test_a_flood_is_followed(tmp_path: Path) -> None:
    log = DiskLog(tmp_path)
    clock = Clock(NOW_MS / 1000)
    with live_over(log, clock).listen("a") as news:
        assert news is not None
        clock.now += 60
        log.add(*(record(place) for place in range(450)), written_ms=NOW_MS + 1)
        assert news.wait(10) == 200
        log.add(record(1000), written_ms=NOW_MS + 60_000)
        assert news.wait(10) == 1


def test_no_more_listen_than_there_may(tmp_path: Path) -> None:
    live = live_over(DiskLog(tmp_path))
    with ExitStack() as stack:
        assert all(stack.enter_context(live.listen(str(place))) for place in range(MOST_LISTENERS))
        assert stack.enter_context(live.listen("another")) is None
    with live.listen("another") as again:
        assert again is not None


def test_one_browser_keeps_connections_for_its_other_pages(tmp_path: Path) -> None:
    live = live_over(DiskLog(tmp_path))
    with ExitStack() as stack:
        assert all(stack.enter_context(live.listen("one")) for _ in range(MOST_OF_ONE))
        assert stack.enter_context(live.listen("one")) is None
        assert stack.enter_context(live.listen("another")) is not None
    with live.listen("one") as again:
        assert again is not None


def test_nobody_costs_anything(tmp_path: Path) -> None:
    live = live_over(DiskLog(tmp_path))
    for earlier in asking():  # those of other tests end by themselves
        earlier.join(10)
    assert not asking()
    with live.listen("a"):
        (thread,) = asking()
    thread.join(10)
    assert not thread.is_alive()


def test_a_log_that_cannot_be_read_ends_nothing(tmp_path: Path) -> None:
    log = DiskLog(tmp_path)
    holder = SimpleNamespace(log=None)
    live = LiveFlows(lambda: holder.log, lambda: NOW_MS / 1000)
    with live.listen("a") as news:
        assert news is not None
        assert news.wait(1.2) == 0
        holder.log = log
        log.add(record(0), written_ms=NOW_MS)
        assert news.wait(10) == 1


def test_the_stream_of_events(tmp_path: Path) -> None:
    client, log = pages_over(tmp_path)
    answer = client.get("/admin/flows/live", buffered=False)
    assert answer.mimetype == "text/event-stream"
    events = iter(answer.response)
    assert next(events) == b"retry: 3000\n\n"
    log.add(record(0), written_ms=NOW_MS + 2000)
    assert next(events) == b'event: flows\ndata: {"new": 1}\n\n'
    answer.close()


def test_too_many_streams_are_told_to_come_later(tmp_path: Path) -> None:
    client, _ = pages_over(tmp_path)
    open_ones = [client.get("/admin/flows/live", buffered=False) for _ in range(MOST_OF_ONE)]
    for each in open_ones:
        next(iter(each.response))
    refused = client.get("/admin/flows/live")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "15")
    for each in open_ones:
        each.close()
    accepted = client.get("/admin/flows/live", buffered=False)
    assert accepted.status_code == 200
    accepted.close()
