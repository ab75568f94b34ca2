"""The dispatch of a request to its candidates, one after the other, until one gives a reply or none is left."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from mitmproxy import http

from proapi_gateway.candidates import Candidate
from proapi_gateway.failover import PASSED_OVER, Outcome, Step, try_in_turn
from proapi_gateway.surface import Kind
from proapi_gateway.token_estimate import estimate_tokens
from proapi_translate import BackendFailure, ClientFault, OwnFault, ProapiError

from .access_tokens import notice_refusal
from .answers import Answers
from .attempt import Attempt, Verdict, attempt_of
from .attempt_ends import end_failed, outcome_of
from .deadlines import Expired, Loop, Overdue, ReplyClock, await_within
from .error_replies import ErrorReplies
from .exchange import Exchange, FailedAttempt, Send, Sent, exchange_of
from .loops import LoopGuard, loop_failure
from .reply_opening import open_reply
from .request_parts import put_next_part
from .secret_redaction import scrub_text
from .slow_readers import read_again_at
from .upstream_failures import describe_failure

logger = logging.getLogger(__name__)

_FIRST_ERROR_STATUS = 400


class Dispatch:
    """`loop()`: the event loop; `abort(flow, why)` ends the upstream connection of a flow in transit."""

    def __init__(
        self,
        answers: Answers,
        error_replies: ErrorReplies,
        loops: LoopGuard,
        loop: Callable[[], Loop],
        abort: Callable[[http.HTTPFlow, str], object],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._answers = answers
        self._error_replies = error_replies
        self._loops = loops
        self._loop = loop
        self._abort = abort
        self._sleep = sleep

    async def start(self, flow: http.HTTPFlow, exchange: Exchange, candidates: Iterable[Candidate], send: Send) -> None:
        """Put the request to the first candidate that can take it. Raises ProapiError when none can, and where its
        token's limits are reached."""
        await _admit(exchange)
        clock = ReplyClock(self._loop(), lambda expired: self._expire(flow, exchange, expired))
        exchange.clock, exchange.send = clock, send
        if (attempt := attempt_of(flow)) is not None:
            attempt.piece_came = clock.piece_came
        exchange.plan = try_in_turn(
            candidates,
            longer=partial(
                exchange.snapshot.router.context_candidates, exchange.model, streaming=exchange.wants_stream
            ),
            repeatable=exchange.endpoint.repeatable,
            has_time=lambda step: clock.total_left_s(step.candidate.provider.timeouts) > step.after_s,
        )
        await self._try(flow, exchange, next(exchange.plan, None))

    async def proapi_attempt(self, flow: http.HTTPFlow) -> None:
        """An attempt is over, or its reply begins, and the client has seen nothing yet: does it stand?"""
        exchange, attempt = exchange_of(flow), attempt_of(flow)
        if exchange is None or attempt is None or exchange.sent is None or exchange.clock is None:
            return
        try:
            failed = self._judge(flow, exchange, exchange.sent, attempt)
            if failed is None:
                self._go_on(flow, exchange, exchange.sent, attempt)
                return
            step = self._after(flow, exchange, failed)
            if step is not None:
                attempt.verdict = Verdict.RETRY
            await self._try(flow, exchange, step)
        except ProapiError as fault:
            self._answers.give_fault(flow, exchange, fault)
        except Exception:  # wide: mitmproxy would only log it and let the attempt stand as it is
            logger.exception("%s: the next attempt failed", exchange.id)
            self._answers.give_fault(flow, exchange, OwnFault("the next attempt failed"))

    def _go_on(self, flow: http.HTTPFlow, exchange: Exchange, sent: Sent, attempt: Attempt) -> None:
        """It stands, or is held on, or was one part of several: then the next part goes to the same backend."""
        if sent.part_due:
            attempt.verdict = Verdict.RETRY
            put_next_part(flow, exchange, sent)
            self._begin_clock(flow, exchange)

    # -- what became of an attempt -----------------------------------------------------------------------------------
    def _judge(self, flow: http.HTTPFlow, exchange: Exchange, sent: Sent, attempt: Attempt) -> FailedAttempt | None:
        """None: it has not failed, or not yet."""
        response = flow.response
        if response is None:
            return self._without_reply(flow, exchange, sent)
        if response.status_code < _FIRST_ERROR_STATUS:
            failure = open_reply(flow, exchange, attempt, self._loop().time())
            return FailedAttempt(sent, outcome_of(failure), failure) if failure is not None else None
        failure = self._error_replies.read(exchange, sent, response)
        return FailedAttempt(sent, outcome_of(failure), failure, response)

    def _without_reply(self, flow: http.HTTPFlow, exchange: Exchange, sent: Sent) -> FailedAttempt:
        text = flow.error.msg if flow.error else ""
        logger.info("%s: %s: %s", exchange.id, exchange.label, text)
        if self._loops.take_loop(flow.request.host, flow.request.port):
            failure = loop_failure(f"the connection to {flow.request.host} comes back to this gateway")
            return FailedAttempt(sent, Outcome(), failure)
        failure, in_doubt = describe_failure(exchange.label, text, exchange.expired)
        return FailedAttempt(sent, Outcome(in_doubt=in_doubt), failure)

    def _after(self, flow: http.HTTPFlow, exchange: Exchange, failed: FailedAttempt) -> Step | None:
        """What to do next; None: nobody is left to try."""
        if exchange.clock is not None:
            exchange.clock.stop()
        notice_refusal(exchange, failed.outcome.status)
        # Some backends repeat in their error the key that they refuse.
        logger.warning("%s: %s: %s", exchange.id, exchange.label, scrub_text(str(failed.failure), exchange.secrets))
        end_failed(exchange, failed, self._loop().time())
        exchange.failures.add(failed)
        attempt = attempt_of(flow)
        # A body that was streamed on is gone: nobody else can get it. Of a client that left nobody asks any more.
        return None if flow.request.stream or (attempt and attempt.client_left) else _advance(exchange, failed.outcome)

    # -- one attempt after the other ---------------------------------------------------------------------------------
    async def _try(self, flow: http.HTTPFlow, exchange: Exchange, step: Step | None) -> None:
        """Put it to this candidate, or to the first one after it that can take such a request at all."""
        refusal: ClientFault | None = None
        while step is not None:
            if step.after_s:
                await self._sleep(step.after_s)
            sent = Sent(step.candidate, self._loop().time())
            try:
                await self._put(flow, exchange, sent)
            except ClientFault as fault:
                refusal = refusal or fault
                step = _advance(exchange, PASSED_OVER)
            except BackendFailure as failure:
                step = self._after(flow, exchange, FailedAttempt(sent, _outcome_before_sending(failure), failure))
            else:
                return
        self._give_up(flow, exchange, refusal)

    def _give_up(self, flow: http.HTTPFlow, exchange: Exchange, refusal: ClientFault | None) -> None:
        """Nobody is left: the client gets the failure that says most, or why nobody could be asked at all."""
        best = exchange.failures.best
        if best is None:
            raise refusal or OwnFault("no candidate")
        exchange.sent = best.sent
        retry_after_s = exchange.failures.retry_after_s
        if best.response is not None:
            self._error_replies.give(flow, exchange, best.response, retry_after_s)
            return
        if retry_after_s is not None:
            best.failure.retry_after_s = retry_after_s
        raise best.failure

    async def _put(self, flow: http.HTTPFlow, exchange: Exchange, sent: Sent) -> None:
        if exchange.send is None or exchange.clock is None:
            raise OwnFault("an exchange that was not started")
        before, exchange.sent = exchange.sent, sent
        sent.use = exchange.snapshot.health.begin(sent.candidate, streaming=exchange.wants_stream)
        exchange.attempts += 1
        exchange.expired = None
        timeouts = sent.candidate.provider.timeouts
        try:
            async with await_within(exchange.clock.total_left_s(timeouts), Expired("total", timeouts.total)):
                await exchange.send(flow, exchange, sent)
        except ClientFault:  # not an attempt: nothing has been sent
            sent.use.end(PASSED_OVER)
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
                lambda: read_again_at(flow),
                uploads=bool(flow.request.stream),
            )

    def _expire(self, flow: http.HTTPFlow, exchange: Exchange, expired: Expired) -> None:
        exchange.expired = expired
        self._abort(flow, str(expired))


async def _admit(exchange: Exchange) -> None:
    """Raises ClientFault (429)."""
    if exchange.client is not None:
        is_read = exchange.endpoint.kind is Kind.TRANSLATED
        estimate = partial(estimate_tokens, exchange.body) if is_read else _no_tokens
        exchange.permit = await exchange.snapshot.shared_limits.admit(exchange.client.token, estimate)


def _no_tokens() -> int:
    """What is passed on unread (pictures, sound, files) is counted by nobody."""
    return 0


def _advance(exchange: Exchange, outcome: Outcome) -> Step | None:
    try:
        return exchange.plan.send(outcome) if exchange.plan is not None else None
    except StopIteration:
        return None


def _outcome_before_sending(failure: BackendFailure) -> Outcome:
    """Of what had to be there first (an access token), and of a loop: the backend itself was not asked."""
    told = outcome_of(failure)
    return told if failure.status < 500 else Outcome(retry_after_s=told.retry_after_s, not_ready=True)


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
