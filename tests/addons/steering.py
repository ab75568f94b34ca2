"""The test addon that steers the failover layer: targets one after the other, and a log of the hooks.

    Steering(Target(port), Target(port, tls=True))
    .log → ["request", "attempt 1: 429", "attempt 2: 200", "responseheaders 200", "response 200"]
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass

from mitmproxy import ctx, http
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from addons.attempt import Attempt, Verdict, attach_attempt, attempt_of
from addons.failover_layer import FailoverInstaller, abort_upstream
from tests.addons.in_process_proxy import InProcessProxy


@dataclass(frozen=True, slots=True)
class Target:
    port: int
    tls: bool = False
    h2: bool = False
    """Asks for HTTP/2 whatever the client speaks; mitmproxy mirrors the client's offer."""
    deadline_s: float | None = None
    """The attempt is aborted after it, with the words "too slow"."""


class Steering:
    """`decide(flow, attempt)` may return None: the rule then decides. Try the next target, else say what failed."""

    def __init__(self, *targets: Target, decide: Callable[[http.HTTPFlow, Attempt], object] | None = None) -> None:
        self.targets = list(targets)
        self.decide = decide
        self.log: list[str] = []
        self.flows: list[http.HTTPFlow] = []
        self.bodies: list[bytes | None] = []
        self.hold_hook: asyncio.Event | None = None
        """If set, `proapi_attempt` waits for it."""
        self.in_hook = asyncio.Event()
        self.attaches = True
        self.drop_length = False
        """Streams lose their content-length, as those that are translated do."""

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        self.flows.append(flow)
        if self.attaches:
            attach_attempt(flow)

    def request(self, flow: http.HTTPFlow) -> None:
        self.log.append("request")
        self.route(flow)

    def route(self, flow: http.HTTPFlow) -> None:
        attempt = attempt_of(flow) or Attempt()
        target = self.targets[min(attempt.number - (attempt.verdict is not Verdict.RETRY), len(self.targets) - 1)]
        flow.request.scheme = "https" if target.tls else "http"
        flow.request.host = "localhost" if target.tls else "127.0.0.1"
        flow.request.port = target.port
        if target.deadline_s is not None:
            later = asyncio.get_running_loop().call_later
            flow.deadline = later(  # type: ignore[attr-defined]
                target.deadline_s, abort_upstream, ctx.master, flow, "too slow"
            )

    def server_connect(self, data: ServerConnectionHookData) -> None:
        if any(target.h2 and data.server.address == ("localhost", target.port) for target in self.targets):
            data.server.alpn_offers = [b"h2"]

    async def proapi_attempt(self, flow: http.HTTPFlow) -> None:
        attempt = attempt_of(flow)
        assert attempt
        outcome = f"error {flow.error.msg}" if flow.error else str(flow.response and flow.response.status_code)
        self.log.append(f"attempt {attempt.number}: {outcome}")
        assert (flow.error is None) is (flow.response is not None)
        if hasattr(flow, "deadline"):
            flow.deadline.cancel()
        self.in_hook.set()
        if self.hold_hook:
            await self.hold_hook.wait()
        if self.decide is None or self.decide(flow, attempt) is None:
            self._follow_rule(flow, attempt)

    def _follow_rule(self, flow: http.HTTPFlow, attempt: Attempt) -> None:
        failed = flow.error is not None or (flow.response is not None and flow.response.status_code >= 400)
        if failed and attempt.number < len(self.targets):
            attempt.verdict = Verdict.RETRY
            self.route(flow)
        elif flow.error:
            answer(attempt, 503, {"error": {"message": flow.error.msg}})

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        assert flow.response
        self.log.append(f"responseheaders {flow.response.status_code}")
        if "event-stream" in flow.response.headers.get("content-type", ""):
            flow.response.stream = self._adapter(flow)
            if self.drop_length:
                flow.response.headers.pop("content-length", None)
                flow.response.headers["transfer-encoding"] = "chunked"
            if flow.request.is_http10:
                flow.response.headers.pop("transfer-encoding", None)

    def _adapter(self, flow: http.HTTPFlow) -> Callable[[bytes], bytes | Iterable[bytes]]:
        attempt = attempt_of(flow)
        assert attempt

        def adapt(data: bytes) -> bytes | Iterable[bytes]:
            if data:
                return data
            return [f"broken: {attempt.broken}".encode()] if attempt.broken else []

        return adapt

    def response(self, flow: http.HTTPFlow) -> None:
        assert flow.response
        self.bodies.append(flow.response.raw_content)
        self.log.append(f"response {flow.response.status_code}")

    def error(self, flow: http.HTTPFlow) -> None:
        assert flow.error
        self.log.append(f"error {flow.error.msg}")


def answer(attempt: Attempt, status: int, value: object) -> None:
    attempt.verdict = Verdict.ANSWER
    attempt.answer = http.Response.make(status, json.dumps(value), {"content-type": "application/json"})


@contextlib.asynccontextmanager
async def steered(
    *targets: Target | int,
    decide: Callable[[http.HTTPFlow, Attempt], object] | None = None,
    installed: bool = True,
    **settings: object,
) -> AsyncIterator[tuple[Steering, InProcessProxy]]:
    """A running proxy with its steering; a bare port is a plain target. `installed=False`: mitmproxy as it is."""
    steering = Steering(*(Target(item) if isinstance(item, int) else item for item in targets), decide=decide)
    installer = [FailoverInstaller()] if installed else []
    async with InProcessProxy(*installer, steering, **settings) as proxy:  # type: ignore[arg-type]
        yield steering, proxy

