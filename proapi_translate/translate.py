"""The way out: a client's request to a backend's.

    translation = translate_request("chat", body, target)      # where it goes, and what is lost on the way

The reply's way back is in reply_translator.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
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
from .errors import ClientFault
from .interface import Asked, ReplyContext, RequestContext
from .json_text import encode, parse_object, peek_request, replace_top_level
from .losses import Loss, Losses, respell
from .passthrough_embeddings import prepare_embeddings
from .passthrough_request import ask_for_usage, prepare
from .passthrough_seals import take_out_thoughts
from .providers.echo import ECHO_URL
from .providers.row import Operation, Provider
from .providers.table import provider_of
from .remote_media import put_media_in, put_pictures_in
from .target import Target
from .thoughts import keep_signed_by
from .translation import JSON_TYPE, NO_CONTEXT, SSE_TYPE, Context, Translation, UpstreamRequest, is_passthrough

_ASKED_FOR_USAGE = frozenset({"completions"})  # streams tell it only if asked; chat's own lane sees to itself


def translate_request(dialect: str, body: bytes, target: Target, context: Context = NO_CONTEXT) -> Translation:
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
        prompt = keep_signed_by(backend.signers, prompt, losses, context.recall)
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
        "content-type": JSON_TYPE,
        "accept": SSE_TYPE if operation.streaming else JSON_TYPE,
        "accept-encoding": "identity",
        **provider.static_headers,
        **provider.headers(target),
        **{name.lower(): value for name, value in target.headers.items()},
    }
    if provider.sign is not None:
        headers |= provider.sign("POST", url, headers, body, target, context.now)
    return UpstreamRequest("POST", url, headers, body)


def answer_locally(translation: Translation) -> bytes | None:
    """The backend's reply where the provider answers by itself (echo: what was sent is what comes back); else None."""
    return translation.upstream.body if translation.upstream.url == ECHO_URL else None
