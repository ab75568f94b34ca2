"""The exchange: all that we know of one request of a client, from its headers to the last byte of its reply.

Kept beside the flow as a plain attribute, never in `flow.metadata`: mitmproxy saves that with the flow, secrets
included.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass, field

from mitmproxy import http

from proapi_gateway.attempt_record import AttemptRecord
from proapi_gateway.candidates import Candidate
from proapi_gateway.clients import Client
from proapi_gateway.earlier_turns import EarlierTurns
from proapi_gateway.failover import Outcome, Step, rank
from proapi_gateway.gateway import Snapshot
from proapi_gateway.health import Use
from proapi_gateway.limits import Permit
from proapi_gateway.reply_cache.cache import Found
from proapi_gateway.reply_cache.cache_control import ALL_ALLOWED, CacheControl
from proapi_gateway.reply_cache.entries import ReplyTape
from proapi_gateway.settings import NO_SECRET, Secret
from proapi_gateway.surface import Endpoint, Kind
from proapi_translate import BackendFailure, ClientFault, FetchedMedia, ReplyHead, ReplyTranslator, Translation

from .deadlines import Expired, ReplyClock
from .doors import Door
from .flow_tape import Tape
from .response_keeping import ResponseKeeper
from .secret_redaction import secrets_of_headers
from .stream_adapter import StreamAdapter

# Put the request to `sent.candidate`: rewrite the flow, or answer it. May await what must be there first (an access
# token); whatever of the flow it rewrites, it rewrites after that. Raises ClientFault where the request cannot be
# served, BackendFailure or Overdue where what it awaited did not come.
Send = Callable[[http.HTTPFlow, "Exchange", "Sent"], Awaitable[None]]

_NOT_KNOWN_YET = Endpoint(Kind.ROOT)
_ERRORS_SPEAK_CHAT = "chat"  # all of OpenAI's APIs have one form of error
# How OpenAI's own ids begin, by API. https://platform.openai.com/docs/api-reference, read 2026-11-25.
_REPLY_PREFIXES = {"chat": "chatcmpl-", "completions": "cmpl-", "responses": "resp_", "compaction": "resp_"}
# Of these a client may ask for the time after which to come back.
_HAVE_A_TIME = frozenset({429, 503, 529})
CACHE_HIT, CACHE_MISS = "hit", "miss"


@dataclass(slots=True, eq=False)
class Sent:
    """What is at a backend now: the attempt that runs. `head` is there once the reply's headers are."""

    candidate: Candidate
    began_s: float = 0.0  # on the event loop's clock
    use: Use | None = None  # of its backend, as the health counts it
    ended: bool = False  # it is in the exchange's history
    native: bool = False  # it speaks the client's dialect itself
    translation: Translation | None = None  # None: a path that is passed through as it is
    reply: ReplyTranslator | None = None
    head: ReplyHead | None = None
    adapter: StreamAdapter | None = None  # of a reply that streams
    access_token: Secret = NO_SECRET  # a short-lived one, got for this candidate's credential
    pieces_read: int = 0  # of those that are held back while it is not clear that the reply is no error
    part_due: int = 0  # the part of the request that is to be sent now, its forerunner's reply being kept; 0 for none
    whole: bytes | None = None  # the client's body, of a reply that came whole and is no error
    found: Found | None = None  # the place in the cache for a reply that may be kept
    tape: ReplyTape | None = None  # of such a reply


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """An attempt that failed before the client had anything of it. `response`: the backend's error reply, its body
    whole; None where there was none, or where the error came inside a 200."""

    sent: Sent
    outcome: Outcome
    failure: BackendFailure
    response: http.Response | None = None


@dataclass(slots=True, eq=False)
class Failures:
    """What is kept of an exchange's failed attempts: the one that says most, and the shortest Retry-After of all."""

    best: FailedAttempt | None = None
    soonest_s: float | None = None

    def add(self, failed: FailedAttempt) -> None:
        if self.best is None or rank(failed.outcome) < rank(self.best.outcome):
            self.best = failed
        told_s = failed.outcome.retry_after_s
        if told_s is not None and (self.soonest_s is None or told_s < self.soonest_s):
            self.soonest_s = told_s

    @property
    def retry_after_s(self) -> float | None:
        """For the client, who gets `best`; None: that one's own, if it has any."""
        status = self.best.outcome.status if self.best else None
        return self.soonest_s if status in _HAVE_A_TIME else None


@dataclass(slots=True, eq=False)
class Exchange:
    """One request and its reply. `started_s` is on the event loop's clock, `created` in Unix seconds."""

    id: str
    door: Door
    method: str
    snapshot: Snapshot  # the settings that it started with, to its end
    started_s: float
    created: int
    endpoint: Endpoint = _NOT_KNOWN_YET
    client: Client | None = None
    credentials: Secret = NO_SECRET  # the Authorization header of a request that no token is asked for
    origin: str = ""  # a browser's; its reply gets the CORS headers
    keeps_alive: bool = True  # False: an HTTP/1.0 client, to which no chunk may go
    hops: int = 0  # how many of our own doors it has come through
    body: bytes = field(default=b"", repr=False)
    body_limit_bytes: int = 0  # 0: any size
    earlier: EarlierTurns | None = None  # what a request of /v1/responses stands on
    keeper: ResponseKeeper | None = None  # of its reply
    home: Candidate | None = None  # the one that can serve this path, where it is known before the routing
    media: dict[str, FetchedMedia] = field(default_factory=dict, repr=False)  # what its addresses hold
    media_fault: ClientFault | None = None  # why they could not be fetched
    forwarded: Mapping[str, str] = field(default_factory=dict)  # headers of the client's that may go on as they are
    model: str = ""  # as the client asked
    wants_stream: bool = False
    permit: Permit | None = None  # of a token with limits, once it may go to a backend
    plan: Generator[Step, Outcome, None] | None = None
    send: Send | None = None  # how this kind of request is put to a candidate
    attempts: int = 0
    first_piece_s: float | None = None  # of a stream, on the event loop's clock
    failures: Failures = field(default_factory=Failures)
    history: list[AttemptRecord] = field(default_factory=list)  # one for each attempt that is over
    sent: Sent | None = None
    clock: ReplyClock | None = None
    expired: Expired | None = None  # the deadline that ended the attempt that ran
    answered: bool = False  # the answer is our own: no backend's reply is awaited any more
    tape: Tape | None = None  # what the flow log keeps of it; None: nothing
    cache: str = ""  # CACHE_HIT or CACHE_MISS where there is a cache
    cache_control: CacheControl = ALL_ALLOWED  # the client's

    def keep_response(self, *, whole: bool = False) -> None:
        """For the turns that will stand on it, once the reply has told all of it; `whole`: it came in one piece."""
        sent = self.sent
        if self.keeper is not None and sent is not None and sent.reply is not None:
            self.keeper.look(sent.reply, sent.candidate, native=sent.native, whole=whole)

    @property
    def dialect(self) -> str:
        return self.endpoint.dialect or _ERRORS_SPEAK_CHAT

    @property
    def is_cache_hit(self) -> bool:
        """No backend was asked in the end: nothing was sent, and nothing spent."""
        return self.cache == CACHE_HIT

    @property
    def reply_id(self) -> str:
        return _REPLY_PREFIXES.get(self.dialect, "") + self.id.removeprefix("req_")

    @property
    def client_key(self) -> Secret:
        return self.client.bearer if self.client is not None else Secret("")

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What neither a reply nor a log may show: the candidate's credentials, and the client's key."""
        if self.sent is None:
            return (self.client_key,)
        candidate = self.sent.candidate
        of_block = candidate.provider.secret_options.values()
        in_headers = secrets_of_headers(candidate.provider.headers.items())
        return (candidate.api_key, self.sent.access_token, *of_block, *in_headers, self.client_key)

    @property
    def label(self) -> str:
        """Who is being tried, as people read it: "openai/backup"."""
        return self.sent.candidate.provider.label if self.sent else ""


def attach_exchange(flow: http.HTTPFlow, exchange: Exchange) -> None:
    flow.exchange = exchange  # type: ignore[attr-defined]


def exchange_of(flow: http.HTTPFlow) -> Exchange | None:
    """The flow's exchange; None: it is not for us, and no hook of ours may touch it."""
    exchange: Exchange | None = getattr(flow, "exchange", None)
    return exchange
