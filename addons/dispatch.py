"""The dispatch of a request to its candidates, one after the other, until one gives a reply or none is left."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable

from mitmproxy import http

from proapi_gateway.failover import Outcome, try_in_turn
from proapi_gateway.routing import Candidate
from proapi_translate import BackendFailure, ClientFault, OwnFault, ProapiError

from .access_tokens import notice_refusal
from .answers import Answers
from .attempt import Attempt, Verdict, attempt_of
from .attempt_history import end_attempt
from .deadlines import Expired, Loop, Overdue, ReplyClock, await_within
from .error_replies import ErrorReplies
from .exchange import Exchange, Send, Sent, exchange_of
from .loops import LoopGuard, loop_failure
from .reply_opening import open_reply
from .request_parts import put_next_part
from .upstream_failures import describe_failure

logger = logging.getLogger(__name__)

_FIRST_ERROR_STATUS = 400
_NOBODY_REPLIED = Outcome(status=None)


class Dispatch:
    """`loop()`: the event loop; `abort(flow, why)` ends the upstream connection of a flow in transit."""

    def __init__(
        self,
        answers: Answers,
        error_replies: ErrorReplies,
        loops: LoopGuard,
        loop: Callable[[], Loop],
        abort: Callable[[http.HTTPFlow, str], object],
    ) -> None:
        self._answers = answers
        self._error_replies = error_replies
        self._loops = loops
        self._loop = loop
        self._abort = abort

    async def start(self, flow: http.HTTPFlow, exchange: Exchange, candidates: Iterable[Candidate], send: Send) -> None:
        """Put the request to the first candidate that can take it. Raises ProapiError when none can."""
        exchange.plan = try_in_turn(candidates)
        exchange.send = send
        exchange.clock = ReplyClock(self._loop(), lambda expired: self._expire(flow, exchange, expired))
        await self._try(flow, exchange, next(exchange.plan, None))

    async def proapi_attempt(self, flow: http.HTTPFlow) -> None:
        """An attempt is over, or its reply begins, and the client has seen nothing yet: does it stand?"""
        exchange, attempt = exchange_of(flow), attempt_of(flow)
        if exchange is None or attempt is None or exchange.sent is None or exchange.clock is None:
            return
        try:
            if flow.response is not None and flow.response.status_code < _FIRST_ERROR_STATUS:
                if (failure := open_reply(flow, exchange, attempt)) is not None:
                    await self._try_another(flow, exchange, attempt, failure, Outcome(status=failure.status))
                elif exchange.sent.part_due:
                    attempt.verdict = Verdict.RETRY
                    put_next_part(flow, exchange, exchange.sent)
                    self._begin_clock(flow, exchange)
                return
            await self._try_another(flow, exchange, attempt, *self._judge(flow, exchange))
        except ProapiError as fault:
            self._answers.give_fault(flow, exchange, fault)
        except Exception:  # wide: mitmproxy would only log it and let the attempt stand as it is
            logger.exception("%s: the next attempt failed", exchange.id)
            self._answers.give_fault(flow, exchange, OwnFault("the next attempt failed"))

    # -- one attempt after the other ---------------------------------------------------------------------------------
    async def _try_another(
        self,
        flow: http.HTTPFlow,
        exchange: Exchange,
        attempt: Attempt,
        failure: BackendFailure | None,
        outcome: Outcome,
    ) -> None:
        if exchange.clock is not None:
            exchange.clock.stop()
        notice_refusal(exchange, outcome.status)
        logger.warning("%s: %s", exchange.id, failure or f"{exchange.label} replied {outcome.status}")
        end_attempt(exchange, self._loop().time(), outcome.status, str(failure or f"status {outcome.status}"))
        try:
            candidate = exchange.plan.send(outcome) if exchange.plan is not None else None
        except StopIteration:
            candidate = None
        if candidate is not None:
            attempt.verdict = Verdict.RETRY
            await self._try(flow, exchange, candidate)
        elif failure is not None:
            raise failure
        elif flow.response is not None:
            self._error_replies.give(flow, exchange, flow.response)

    def _judge(self, flow: http.HTTPFlow, exchange: Exchange) -> tuple[BackendFailure | None, Outcome]:
        if flow.response is not None:
            return None, Outcome(status=flow.response.status_code)
        text = flow.error.msg if flow.error else ""
        logger.info("%s: %s: %s", exchange.id, exchange.label, text)
        if self._loops.take_loop(flow.request.host, flow.request.port):
            return loop_failure(f"the connection to {flow.request.host} comes back to this gateway"), _NOBODY_REPLIED
        failure, in_doubt = describe_failure(exchange.label, text, exchange.expired)
        return failure, Outcome(status=None, in_doubt=in_doubt)

    async def _try(self, flow: http.HTTPFlow, exchange: Exchange, candidate: Candidate | None) -> None:
        """Put it to this candidate, or to the first one after it that can take such a request at all."""
        first: ProapiError | None = None
        while candidate is not None:
            try:
                await self._put(flow, exchange, candidate)
            except (ClientFault, BackendFailure) as fault:
                first = first or fault
                if isinstance(fault, BackendFailure):
                    end_attempt(exchange, self._loop().time(), None, str(fault))
                candidate = _next_elsewhere(exchange, candidate)
            else:
                return
        raise first or OwnFault("no candidate")

    async def _put(self, flow: http.HTTPFlow, exchange: Exchange, candidate: Candidate) -> None:
        if exchange.send is None or exchange.clock is None:
            raise OwnFault("an exchange that was not started")
        before, exchange.sent = exchange.sent, Sent(candidate, self._loop().time())
        exchange.attempts += 1
        exchange.expired = None
        timeouts = candidate.provider.timeouts
        try:
            async with await_within(exchange.clock.total_left_s(timeouts), Expired("total", timeouts.total)):
                await exchange.send(flow, exchange, exchange.sent)
        except ClientFault:  # not an attempt: nothing has been sent
            exchange.sent = before
            exchange.attempts -= 1
            raise
        except Overdue as overdue:
            failure, _ = describe_failure(exchange.label, "", overdue.expired)
            raise failure from overdue
        if not exchange.answered:
            self._loops.check(flow.request.host, flow.request.port)
            self._begin_clock(flow, exchange)

    def _begin_clock(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        if exchange.clock is not None and exchange.sent is not None:
            exchange.clock.begin_attempt(
                exchange.sent.candidate.provider.timeouts,
                lambda: connected_for_s(flow, time.time()),
                uploads=bool(flow.request.stream),
            )

    def _expire(self, flow: http.HTTPFlow, exchange: Exchange, expired: Expired) -> None:
        exchange.expired = expired
        self._abort(flow, str(expired))


def _next_elsewhere(exchange: Exchange, refused: Candidate) -> Candidate | None:
    """The next candidate of another block: what one key's request cannot be, no other key's of the block can."""
    if exchange.plan is None:
        return None
    try:
        while (candidate := exchange.plan.send(_NOBODY_REPLIED)).provider.place == refused.provider.place:
            pass
    except StopIteration:
        return None
    return candidate


def connected_for_s(flow: http.HTTPFlow, now: float) -> float | None:
    """For how many seconds the connection of the running attempt has stood; None while it does not."""
    server = flow.server_conn
    if not server.connected or server.address != (flow.request.host, flow.request.port):
        return None  # still the last attempt's connection, or none
    since = server.timestamp_tls_setup if flow.request.scheme == "https" else server.timestamp_tcp_setup
    if since is not None:
        return now - since
    # through a proxy's tunnel plain HTTP has no time of its own
    return None if flow.request.scheme == "https" else math.inf
