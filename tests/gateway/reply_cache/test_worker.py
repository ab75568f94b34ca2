"""One piece of work after the other, a bounded number waiting, and an end."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import Any

import pytest

from proapi_gateway.reply_cache.worker import Worker


def result(future: Future[Any] | None) -> Any:
    assert future is not None
    return future.result(10)


def test_in_order_and_faults_belong_to_who_waits() -> None:
    worker, done = Worker("w", 10, lambda: done.append("end")), []  # type: ignore[var-annotated]
    futures = [worker.submit(lambda number=number: done.append(number)) for number in range(3)]  # type: ignore[misc]
    with pytest.raises(ZeroDivisionError):
        result(worker.submit(lambda: 1 // 0))
    assert result(worker.submit(lambda: "well")) == "well"
    assert all(future is not None for future in futures)
    assert worker.close(10)
    assert done == [0, 1, 2, "end"]


def test_no_more_than_may_wait() -> None:
    gate, began = threading.Event(), threading.Event()
    worker = Worker("w", 2, lambda: None)

    def hang() -> None:
        began.set()
        assert gate.wait(10)

    hanging = worker.submit(hang)
    assert began.wait(10)
    waiting = [worker.submit(lambda: "done") for _ in range(3)]
    assert waiting[2] is None
    assert waiting[1] is not None
    assert waiting[1].cancel()
    assert not worker.close(0.01)
    gate.set()
    assert result(hanging) is None
    assert result(waiting[0]) == "done"
    assert worker.close(10)


def test_closed_before_it_began() -> None:
    worker = Worker("w", 2, lambda: None)
    assert worker.close(0)
    assert worker.submit(lambda: None) is None
    assert worker.close(0)
