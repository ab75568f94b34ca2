"""The commands that mitmproxy's and mitmweb's command lines get: proapi.reload, proapi.health, proapi.stats."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence  # mitmproxy reads the types of a command when it runs

from proapi_gateway.gateway import Gateway
from proapi_gateway.health import HealthState

from .open_exchanges import OpenExchanges
from .recording_log import RecordingLog
from .traffic_counts import TrafficCounts
from .untyped_mitmproxy import command_named


class GatewayCommands:
    """`gateway()`: the gateway in force; `begin_reload()`: the log tells how it ends."""

    def __init__(
        self,
        gateway: Callable[[], Gateway],
        begin_reload: Callable[[], None],
        open_exchanges: OpenExchanges,
        recording_log: RecordingLog,
        counts: TrafficCounts,
    ) -> None:
        self._gateway = gateway
        self._begin_reload = begin_reload
        self._open_exchanges = open_exchanges
        self._recording_log = recording_log
        self._counts = counts

    @command_named("proapi.reload")
    def reload(self) -> None:
        """Read api.yaml again. The log tells what changed, or why the old settings go on."""
        self._begin_reload()

    @command_named("proapi.health")
    def health(self) -> Sequence[str]:
        """Each backend and key that has been used: healthy, cooling down, or on trial."""
        return [_health_line(state) for state in self._gateway().snapshot.health.states()] or ["none has been used yet"]

    @command_named("proapi.stats")
    def stats(self) -> Sequence[str]:
        """What is configured, open and done since the start."""
        return list(self._stat_lines())

    def _stat_lines(self) -> Iterator[str]:
        here = self._gateway().snapshot
        blocks, names, tokens = len(here.settings.providers), len(here.router.members), len(here.settings.tokens)
        yield f"settings: {blocks} blocks, {names} models, {tokens} tokens"
        yield f"open requests: {len(self._open_exchanges)}"
        log = self._recording_log.log()
        if log is not None:
            yield f"flow log: {log.stats.written} rows written, {log.stats.queued} queued, {log.stats.lost} lost"
        yield from self._counts.lines()


def _health_line(state: HealthState) -> str:
    """ "openai/backup (key sk-a…wxyz): cooling for 3.9 s, it fails, 2 open requests" """
    facts = [f"{state.state} for {state.cools_for_s:.1f} s" if state.cools_for_s else state.state]
    facts += [state.why] if state.why else []
    facts += [f"{state.open_requests} open requests"] if state.open_requests else []
    return f"{state.provider}{f' (key {state.key})' if state.key else ''}: {', '.join(facts)}"
