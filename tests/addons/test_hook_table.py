"""The lean master's addon manager: the same calls in the same order as mitmproxy's own, found once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from mitmproxy.addonmanager import AddonManager, Loader
from mitmproxy.exceptions import AddonHalt
from mitmproxy.hooks import UpdateHook
from mitmproxy.options import Options

from addons.hook_table import HookTable


class Taker:
    """Notes its calls; then halts, fails, or does nothing more."""

    def __init__(self, name: str, calls: list[str], then: Callable[[], object] = lambda: None) -> None:
        self.name = name
        self._calls = calls
        self._then = then

    def update(self, flows: Any) -> None:
        self._calls.append(self.name)
        self._then()


class AsyncTaker(Taker):
    async def update(self, flows: Any) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        super().update(flows)


class Bystander:
    """Takes no hook; has an addon of its own that does."""

    def __init__(self, *addons: object) -> None:
        self.addons = addons


def halt() -> None:
    raise AddonHalt


def fail() -> None:
    raise ValueError("a bug")


def a_master() -> Any:
    """As much of a master as an addon manager uses; a whole one would stay in the log's handlers."""
    return SimpleNamespace(options=Options(), commands=SimpleNamespace(collect_commands=lambda addon: None))


async def run(kind: type[AddonManager], build: Callable[[list[str]], list[object]]) -> list[str]:
    calls: list[str] = []
    manager = kind(a_master())  # type: ignore[no-untyped-call]
    manager.add(*build(calls))  # type: ignore[no-untyped-call]
    await manager.trigger_event(UpdateHook([]))
    late = Taker("late", calls)
    manager.add(late)  # type: ignore[no-untyped-call]
    await manager.trigger_event(UpdateHook([]))
    manager.remove(late)  # type: ignore[no-untyped-call]
    await manager.trigger_event(UpdateHook([]))
    return calls


@pytest.mark.parametrize(
    ("build", "calls"),
    [
        (lambda calls: [Taker("a", calls), AsyncTaker("b", calls)], ["a", "b", "a", "b", "late", "a", "b"]),
        (
            lambda calls: [Bystander(Taker("inner", calls)), Taker("b", calls)],
            ["inner", "b", "inner", "b", "late", "inner", "b"],
        ),
        (lambda calls: [Taker("a", calls, halt), Taker("b", calls)], ["a", "a", "a"]),
        (lambda calls: [Taker("a", calls, fail), Taker("b", calls)], ["a", "b", "a", "b", "late", "a", "b"]),
    ],
    ids=["sync and async", "addons of addons", "halt", "a fault"],
)
def test_it_calls_what_mitmproxys_own_calls(build: Callable[[list[str]], list[object]], calls: list[str]) -> None:
    assert asyncio.run(run(HookTable, build)) == asyncio.run(run(AddonManager, build)) == calls


def test_the_takers_are_found_once() -> None:
    class Counting(HookTable):
        searches = 0

        def _find_takers(self, event: Any) -> Any:
            Counting.searches += 1
            return super()._find_takers(event)

    async def trigger() -> None:
        manager = Counting(a_master())
        for _ in range(5):
            await manager.trigger_event(UpdateHook([]))

    asyncio.run(trigger())
    assert Counting.searches == 1


class Late:
    """Comes while the master runs, with an end that is a coroutine."""

    def __init__(self, calls: list[str]) -> None:
        self._calls = calls

    def load(self, loader: Loader) -> None:
        loader.add_option("late_option", str, "", "")

    def configure(self, updated: set[str]) -> None:
        self._calls.append(f"configured {'late_option' in updated}")

    async def running(self) -> None:
        self._calls.append("running")

    async def done(self) -> None:
        self._calls.append("done")

    def update(self, flows: object) -> None:
        self._calls.append("update")


def test_one_that_comes_while_the_master_runs_gets_what_it_missed_and_can_leave_and_come_again() -> None:
    calls: list[str] = []

    async def come_and_go() -> None:
        manager = HookTable(a_master())
        await manager.trigger_event(UpdateHook([]))
        for _ in range(2):
            late = Late(calls)
            await manager.add_while_running(late)
            await manager.trigger_event(UpdateHook([]))
            assert manager.get("late") is late  # type: ignore[no-untyped-call]
            await manager.remove_while_running(Late(calls), late)  # the first of which was never there
            await manager.trigger_event(UpdateHook([]))
            assert manager.get("late") is None  # type: ignore[no-untyped-call]

    asyncio.run(come_and_go())
    assert calls == ["configured True", "running", "update", "done"] * 2
