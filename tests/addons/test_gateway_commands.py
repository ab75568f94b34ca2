"""The commands, as mitmproxy's command line calls them."""

from __future__ import annotations

from types import SimpleNamespace

from mitmproxy.command import CommandManager

from addons.gateway_commands import GatewayCommands
from addons.open_exchanges import OpenExchanges
from addons.recording_log import RecordingLog
from addons.traffic_counts import TrafficCounts
from proapi_gateway.failover import Outcome
from proapi_gateway.flow_log.log import LogStats
from proapi_gateway.flow_summary import FlowSummary

from . import exchanges


class Commands:
    def __init__(self) -> None:
        self.gateway = exchanges.gateway()
        self.reloads = 0
        self.open = OpenExchanges()
        self.log = RecordingLog(lambda: self.gateway)
        self.counts = TrafficCounts()
        self.addon = GatewayCommands(lambda: self.gateway, self.reload, self.open, self.log, self.counts)

    def reload(self) -> None:
        self.reloads += 1

    def call(self, name: str) -> object:
        manager = CommandManager(None)  # type: ignore[no-untyped-call]
        manager.collect_commands(self.addon)  # type: ignore[no-untyped-call]
        result: object = manager.call_strings(name, [])
        return result


def test_reload() -> None:
    commands = Commands()
    assert commands.call("proapi.reload") is None
    assert commands.reloads == 1


def test_health() -> None:
    commands = Commands()
    assert commands.call("proapi.health") == ["none has been used yet"]
    snapshot = commands.gateway.snapshot
    (candidate,) = snapshot.router.candidates("m", snapshot.clients.identify(f"Bearer {exchanges.TOKEN}"))
    use = snapshot.health.begin(candidate)
    assert commands.call("proapi.health") == ["openai (key sk-t…kend): healthy, 1 open requests"]
    use.end(Outcome(429, retry_after_s=30.0))
    assert commands.call("proapi.health") == ["openai (key sk-t…kend): cooling for 30.0 s, its limit is reached"]


def test_stats() -> None:
    commands = Commands()
    commands.open.begin(object())
    commands.counts.add(FlowSummary("req_1", "base_url", "chat", 200, 12, provider="openai", backend_model="m"))
    expected = ["settings: 1 blocks, 1 models, 1 tokens", "open requests: 1", "openai m: 1 requests"]
    assert commands.call("proapi.stats") == expected
    commands.log.log = lambda: SimpleNamespace(stats=LogStats(3, 2, 1))  # type: ignore[assignment,method-assign,return-value]
    assert commands.call("proapi.stats") == [*expected[:2], "flow log: 3 rows written, 1 queued, 2 lost", expected[2]]
