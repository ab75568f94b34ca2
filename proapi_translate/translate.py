"""The two halves of the translator: a client's request to a backend's, and the backend's reply back.

    translation = translate_request("chat", body, target)      # where it goes, and what is lost on the way
    reply = ReplyTranslator(translation.asked, target, reply_id="chatcmpl-…", created=1764000000)
    head = reply.start(200, headers)
    reply.feed(piece) …, reply.finish()                         # head.streaming: as the pieces come
    reply.whole(body)                                           # else: once, with all of it
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any

import msgspec

from .dialects import (
    BACKENDS,
    CLIENTS,
    PARTED_BACKENDS,
    PARTED_CLIENTS,
    backend_dialect,
    client_dialect,
    parted_backend,
    parted_client,
)
from .embeddings import DecodeTokens
from .error_bodies import read_error as read_openai_error
from .error_causes import name_cause
from .errors import BackendFailure, ClientFault, ProapiError
from .events import Usage
from .interface import Asked, ReplyContext, ReplyFacts, RequestContext
from .json_text import encode, parse_object, peek_request, replace_top_level
from .losses import Loss, Losses, respell
from .media import FetchedMedia
from .openai_error import write_error
from .parts import PartedReply
from .passthrough import PassthroughReply, passthrough_reply
from .passthrough_embeddings import prepare_embeddings
from .passthrough_request import ask_for_usage, prepare
from .passthrough_seals import take_out_thoughts
from .prompt import Thinking
from .providers.echo import ECHO_URL
from .providers.openai_quirks import RequestQuirks
from .providers.row import Operation, Provider
from .providers.table import provider_of
from .remote_media import put_media_in, put_pictures_in
from .target import Target
from .thoughts import keep_signed_by
from .translated_reply import TranslatedReply

_JSON = "application/json"
_ASKED_FOR_USAGE = frozenset({"completions"})  # streams tell it only if asked; chat's own lane sees to itself
_SSE = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Context:
    """What the pure library must be told. `now`: Unix seconds, for signatures. `recall(call_id)`: thoughts that went
    before a tool call in an earlier reply (`ReplyTranslator.thoughts_by_call`). `decode_tokens(model, tokens)`: the
    text of token ids that a client made for the model that it asks for; ClientFault if it cannot; None: nobody can.
    `media`: what the addresses hold that a MediaNeeded named."""

    now: float = 0.0
    recall: Callable[[str], tuple[Thinking, ...]] = lambda call_id: ()
    decode_tokens: DecodeTokens | None = None
    media: Mapping[str, FetchedMedia] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """What is sent. The headers are complete: none of the client's own goes on."""

    method: str
    url: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Translation:
    """A translated request. `asked` and `target` are what its reply's translator is made from.

    `later_bodies`: a request that goes in parts (parts.py) has more of them after `upstream`; `upstream_part` makes
    the request of each when its turn comes. `request`: its neutral form.
    """

    upstream: UpstreamRequest
    losses: tuple[Loss, ...]
    streaming: bool
    asked: Asked
    target: Target
    backend: str  # the backend's dialect
    reply_context: ReplyContext
    later_bodies: tuple[bytes, ...] = field(default=(), repr=False)
    request: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RenderedError:
    """An error as the client gets it."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class ReplyHead:
    """Status and headers for the client. `streaming`: give the pieces to `feed` as they come; else all to `whole`."""

    status: int
    headers: dict[str, str]
    streaming: bool


def translate_request(dialect: str, body: bytes, target: Target, context: Context = Context()) -> Translation:
    """A client's body for one backend.

    translate_request("chat", b'{"model": "gpt-4o", "messages": […]}', Target("anthropic", "claude-sonnet-4-5", …))
    Raises MediaNeeded where the backend cannot fetch a file that the request names (remote_media.py).
    Raises ClientFault: bad JSON, a field of the wrong type, something that this backend cannot do at all, or, where
    the target is strict, anything that would be lost.
    """
    provider = provider_of(target)
    backend = backend_of(provider, dialect, target)
    peeked = peek_request(dialect, body)
    operation = Operation(backend, peeked.stream)
    request: Any = None
    later: tuple[bytes, ...] = ()
    asked = Asked(dialect, peeked.model, peeked.stream, peeked.include_usage)
    reply_context = ReplyContext("")
    if is_passthrough(dialect, backend):
        if dialect in PARTED_CLIENTS:
            asked = replace(asked, body=parse_object(body))
        sent, losses = _pass_request(asked, body, provider, target, context)
    elif dialect in PARTED_CLIENTS:
        request, (sent, *later_bodies), losses = _write_parts(asked, parse_object(body), backend, target, context)
        later = tuple(later_bodies)
        reply_context = ReplyContext("", target.model)
    else:
        tree = client_dialect(dialect).spell_out(parse_object(body), context.decode_tokens)
        asked = replace(asked, body=tree)
        sent, losses, reply_context = _write_request(asked, provider, target, operation, context)
    # What was only renamed means the same to the backend: strict refuses what is lost.
    if target.strict and (lost := tuple(loss for loss in losses if loss.what != "renamed")):
        raise _refuse(lost, target)
    upstream = _address(provider, target, operation, sent, context)
    return Translation(upstream, losses, peeked.stream, asked, target, backend, reply_context, later, request)


def upstream_part(translation: Translation, number: int, now: float) -> UpstreamRequest:
    """The request of a later part: number 1 is the one after `translation.upstream`. `now`: Unix seconds."""
    target = translation.target
    operation = Operation(translation.backend, translation.streaming)
    body = translation.later_bodies[number - 1]
    return _address(provider_of(target), target, operation, body, Context(now=now))


def backend_of(provider: Provider, dialect: str, target: Target) -> str:
    """The format that this provider is spoken to in for a client's dialect. Raises ClientFault where it has none."""
    backend = provider.dialects_of(target).get(dialect, "")
    translated = (dialect in CLIENTS and backend in BACKENDS) or (
        dialect in PARTED_CLIENTS and backend in PARTED_BACKENDS
    )
    if not is_passthrough(dialect, backend) and not translated:
        what = f"The provider {provider.name!r} cannot serve this API ({dialect})."
        raise ClientFault(what, status=404, code="unsupported_api")
    return backend


def can_translate(dialect: str, target: Target) -> bool:
    """Can a client's request of this dialect be put into the backend's own form? False also where it passes through,
    and where the configuration is at fault."""
    try:
        return not is_passthrough(dialect, backend_of(provider_of(target), dialect, target))
    except ClientFault:
        return False


def passes_through(dialect: str, target: Target) -> bool:
    """Does this target speak the client's dialect itself, so that a request goes to it as it is?"""
    return is_passthrough(dialect, provider_of(target).dialects_of(target).get(dialect, ""))


def is_passthrough(dialect: str, backend: str) -> bool:
    """Do client and backend speak the same format?"""
    return backend == f"openai_{dialect}"


def _pass_request(
    asked: Asked, body: bytes, provider: Provider, target: Target, context: Context
) -> tuple[bytes, tuple[Loss, ...]]:
    if asked.dialect == "embeddings":
        return prepare_embeddings(body, target.model, provider.profile_of(target), context.decode_tokens), ()
    if asked.dialect != "chat":
        changes, losses = take_out_thoughts(body)
        if asked.dialect in _ASKED_FOR_USAGE and asked.stream:
            changes = {**changes, **ask_for_usage(body, provider.profile_of(target))}
        return replace_top_level(body, {"model": target.model, **changes}), losses
    if not provider.fetches_media:
        body = put_pictures_in(body, context.media, provider.name)
    return prepare(body, target.model, provider.profile_of(target), asked.stream, context.recall)


def _write_parts(
    asked: Asked, tree: Mapping[str, Any], backend: str, target: Target, context: Context
) -> tuple[Any, list[bytes], tuple[Loss, ...]]:
    """The neutral request, the bodies of its parts, and what is lost."""
    losses = Losses({})
    request_context = RequestContext(target.model, losses, target.options, decode_tokens=context.decode_tokens)
    request = parted_client(asked.dialect).read_request(tree, request_context)
    bodies = parted_backend(backend).write_parts(request, request_context)
    return request, [encode(body) for body in bodies], losses.report()


def _write_request(
    asked: Asked, provider: Provider, target: Target, operation: Operation, context: Context
) -> tuple[bytes, tuple[Loss, ...], ReplyContext]:
    prompt = client_dialect(asked.dialect).read_request(asked.body)
    prompt = msgspec.structs.replace(prompt, stream=asked.stream)
    losses = Losses(prompt.spelling)
    for loss in prompt.lost:
        losses.add(loss.field, loss.what, loss.why)
    backend = backend_dialect(operation.dialect)
    if backend.signers is not None:
        prompt = keep_signed_by(backend.signers, prompt, losses)
    profile = provider.profile_of(target)
    request_context = RequestContext(target.model, losses, target.options, profile, context.recall)
    try:
        fetches = provider.fetches_media
        prompt = put_media_in(prompt, lambda part: backend.takes_address(part, fetches), context.media, provider.name)
        written = backend.write_request(prompt, request_context)
    except ClientFault as fault:
        raise respell(fault, prompt.spelling) from fault.__cause__
    if provider.adjust is not None:
        provider.adjust(written.body, target, operation)
    reply_context = ReplyContext("", target.model, written.output_tool, written.tool_names, profile)
    return encode(written.body), losses.report(), reply_context


def _refuse(losses: tuple[Loss, ...], target: Target) -> ClientFault:
    named = "; ".join(f"{loss.field}: {loss.why}" for loss in losses)
    return ClientFault(f"{target.provider} cannot take all of this request ({named})", param=losses[0].field)


def _address(
    provider: Provider, target: Target, operation: Operation, body: bytes, context: Context
) -> UpstreamRequest:
    url = provider.url(target, operation)
    headers = {
        "content-type": _JSON,
        "accept": _SSE if operation.streaming else _JSON,
        "accept-encoding": "identity",
        **provider.static_headers,
        **provider.headers(target),
        **{name.lower(): value for name, value in target.headers.items()},
    }
    if provider.sign is not None:
        headers |= provider.sign("POST", url, headers, body, target, context.now)
    return UpstreamRequest("POST", url, headers, body)


class ReplyTranslator:
    """One attempt's reply, on its way back. Not thread-safe; it holds no more than one event of a stream.

    After the end: `status`, `headers` (to add to the head's: Retry-After), `usage`, `finish_reason`, `reply_model`,
    `failure` (a BackendFailure; None for a good reply).
    """

    def __init__(self, translation: Translation, reply_id: str, created: int) -> None:
        asked = translation.asked
        keep_thoughts = _wants_thoughts_back(translation.target)
        facts = ReplyFacts(asked, reply_id, created, keep_thoughts)
        self._asked = asked
        self._backend = translation.backend
        self._lane: PassthroughReply | TranslatedReply | PartedReply
        self._parts = 1 + len(translation.later_bodies)
        if is_passthrough(asked.dialect, self._backend):
            self._lane = passthrough_reply(asked, reply_id, created, keep_thoughts=keep_thoughts)
        elif asked.dialect in PARTED_CLIENTS:
            self._lane = PartedReply(
                parted_backend(self._backend),
                parted_client(asked.dialect),
                translation.request,
                translation.reply_context,
                facts,
            )
        else:
            self._lane = TranslatedReply(
                backend_dialect(self._backend),
                client_dialect(asked.dialect),
                replace(translation.reply_context, reply_id=reply_id),
                facts,
            )
        self._backend_headers: Mapping[str, str] = {}
        self._failure: BackendFailure | None = None
        self.status = 200

    def start(self, status: int, headers: Mapping[str, str]) -> ReplyHead:
        """The backend's head. An error status means `whole`, with the error body."""
        self.status = status
        self._backend_headers = {name.lower(): value for name, value in headers.items()}
        if isinstance(self._lane, PartedReply):
            self._lane.headers = self._backend_headers
        streaming = self._asked.stream and status < 400
        return ReplyHead(status, {"content-type": f"{_SSE}; charset=utf-8" if streaming else _JSON}, streaming)

    def feed(self, data: bytes) -> bytes:
        """The client's bytes that these bytes make; b"" for none yet. Never raises for what a backend sends."""
        return self._lane.feed(data)

    def finish(self, broken: str = "") -> bytes:
        """The client's last bytes. `broken`: why the backend broke off; "" where its body ended well."""
        return self._lane.finish(broken)

    def whole(self, body: bytes) -> bytes:
        """The client's whole body. `status` may have changed: an error inside a 200 gets the status it deserves."""
        try:
            if self.status >= 400:
                raise self.read_error(body)
            return self._lane.whole(body)
        except BackendFailure as failure:
            name_cause(failure)
            self._failure = failure
            self.status = failure.status
            return encode(write_error(failure))

    @property
    def next_part(self) -> int:
        """The number of the part that must be sent after the reply that comes now; 0: this one is the last.

        A whole reply with a next part goes to `keep_part` instead of `whole`, then `start` begins that part's reply.
        """
        done = self._lane.kept + 1 if isinstance(self._lane, PartedReply) else 1
        return done if done < self._parts else 0

    def keep_part(self, body: bytes) -> None:
        """The reply of a part that is not the last. Raises BackendFailure for one that is none."""
        if isinstance(self._lane, PartedReply):
            self._lane.keep_part(body)

    def read_error(self, body: bytes) -> BackendFailure:
        """An error body in neutral terms, without answering it: failover decides by it."""
        return _error_reader(self._backend)(self.status, self._backend_headers, body)

    @property
    def headers(self) -> dict[str, str]:
        """What the failure adds to the reply's head: {"retry-after": "17"}."""
        failure = self.failure
        if failure is None or failure.retry_after_s is None:
            return {}
        return {"retry-after": str(ceil(failure.retry_after_s))}

    @property
    def opened(self) -> bool:
        """Has the client been given anything that cannot be taken back? Until then a failed attempt can be replaced."""
        return self._lane.opened

    @property
    def failure(self) -> BackendFailure | None:
        return self._failure or self._lane.failure

    @property
    def usage(self) -> Usage | None:
        return self._lane.usage

    @property
    def thoughts_by_call(self) -> Mapping[str, tuple[Thinking, ...]]:
        """What must go back with each of this reply's tool calls (thoughts.py): to be kept, for `Context.recall`."""
        return {} if isinstance(self._lane, PartedReply) else self._lane.thoughts_by_call

    @property
    def response_object(self) -> dict[str, Any] | None:
        """The final `response` object that a Responses client got, whole or at its stream's end; failed ones too.

        None for all other dialects, before the end, and where the client got a plain error.
        """
        return self._lane.response_object

    @property
    def finish_reason(self) -> str:
        return self._lane.finish_reason

    @property
    def reply_model(self) -> str:
        """The model that the backend says it used."""
        return self._lane.reply_model


def render_error(fault: ProapiError, request_id: str = "") -> RenderedError:
    """A fault that has no backend's reply, as the client's whole answer (all of OpenAI's APIs share one shape)."""
    headers = {"content-type": _JSON}
    if isinstance(fault, ClientFault):
        headers |= fault.headers
    retry_after_s = getattr(fault, "retry_after_s", None)
    if retry_after_s is not None:
        headers["retry-after"] = str(ceil(retry_after_s))
    if request_id:
        headers["x-request-id"] = request_id
    return RenderedError(getattr(fault, "status", 500), headers, encode(write_error(fault)))


def render_error_event(dialect: str, fault: ProapiError) -> bytes:
    """A fault inside a stream that has begun, in the client's form."""
    return client_dialect(dialect).write_error_event(fault)


def answer_locally(translation: Translation) -> bytes | None:
    """The backend's reply where the provider answers by itself (echo: what was sent is what comes back); else None."""
    return translation.upstream.body if translation.upstream.url == ECHO_URL else None


def _wants_thoughts_back(target: Target) -> bool:
    """Are unsigned thoughts, too, to be kept for this backend's next turn?"""
    profile = provider_of(target).profile_of(target)
    return isinstance(profile, RequestQuirks) and profile.thoughts_back is not None


def _error_reader(backend: str) -> Callable[[int, Mapping[str, str], bytes], BackendFailure]:
    # All of OpenAI's APIs share one error form, also those that only pass through and have no dialect of their own.
    if backend.startswith("openai_"):
        return read_openai_error
    return (parted_backend if backend in PARTED_BACKENDS else backend_dialect)(backend).read_error
