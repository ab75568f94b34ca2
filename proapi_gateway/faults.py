"""The faults that the gateway finds by itself, with the status, type and code that OpenAI uses for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from proapi_translate import BackendFailure, ClientFault

_QUOTED_CHARACTERS = 200


def quote(text: str) -> str:
    """A client's own words as they may stand in a message: printable, encodable and short.

    quote("gpt-5\\udcff") == "gpt-5?": undecodable bytes of a header or path arrive as lone surrogates, which no JSON
    writer takes, and control characters would break a log line.
    """
    short = text if len(text) <= _QUOTED_CHARACTERS else text[:_QUOTED_CHARACTERS] + "…"
    return "".join(character if character.isprintable() else "?" for character in short)


def unauthorized(message: str) -> ClientFault:
    return ClientFault(message, status=401, code="invalid_api_key", headers={"www-authenticate": "Bearer"})


def model_not_found(model: str) -> ClientFault:
    """One answer for "unknown" and "not allowed": it must not tell a token which other models exist."""
    message = f"The model `{quote(model)}` does not exist or you do not have access to it."
    return ClientFault(message, status=404, param="model", code="model_not_found")


def nothing_available(model: str, reasons: Iterable[str]) -> BackendFailure:
    """`reasons`: one for each member, as people mend them: "openai/backup: not set in the environment: KEY_A"."""
    message = f"No backend can serve the model `{quote(model)}`: {'; '.join(reasons)}."
    return BackendFailure(message, status=503, kind="service_unavailable", code="no_backend_available")


def no_passthrough(message: str) -> ClientFault:
    return ClientFault(message, status=404, code="no_passthrough_provider")


def previous_response_not_found(response_id: str) -> ClientFault:
    message = f"Previous response with id '{quote(response_id)}' not found."
    return ClientFault(message, status=404, param="previous_response_id", code="previous_response_not_found")


def response_not_found(response_id: str) -> ClientFault:
    return ClientFault(f"Response with id '{quote(response_id)}' not found.", status=404)


def unknown_url(method: str, path: str) -> ClientFault:
    message = f"Unknown request URL: {quote(method)} {quote(path)}. This gateway serves OpenAI's paths, under /v1."
    return ClientFault(message, status=404, code="unknown_url")


def foreign_api(path: str, whose: str) -> ClientFault:
    message = (
        f"{quote(path)} is {whose}, which this gateway does not serve to apps: it serves OpenAI's API, "
        "for instance /v1/chat/completions, for every model."
    )
    return ClientFault(message, status=404, code="unknown_url")


def only_over_http(path: str) -> ClientFault:
    """OpenAI's own tools try /v1/responses as a WebSocket first; at this status they go on over HTTP at once."""
    message = f"{quote(path)} is served over HTTP here, not as a WebSocket."
    return ClientFault(message, status=426, code="websocket_not_supported")


def wrong_method(method: str, path: str, allowed: Iterable[str]) -> ClientFault:
    """`allowed` goes into the `allow` header, which RFC 9110 §15.5.6 asks for."""
    allow = ", ".join(allowed)
    message = f"The method {quote(method)} is not allowed on {quote(path)}; allowed: {allow}."
    return ClientFault(message, status=405, code="method_not_supported", headers={"allow": allow})


def rate_limited(token: str, what: str, told: str, wait_s: float, headers: Mapping[str, str]) -> ClientFault:
    """A limit of `what` ("requests", "tokens") a minute. `told`: "Limit 60, Used 60, Requested 1".

    Type and code as OpenAI's: https://platform.openai.com/docs/guides/rate-limits, read 2026-11-25.
    """
    short = f"{what} per min ({what[0].upper()}PM)"
    message = f"Rate limit reached for {quote(token)} on {short}: {told}. Please try again in {wait_s:.3f}s."
    return _limited(message, what, "rate_limit_exceeded", wait_s, headers)


def too_many_at_once(token: str, limit: int, wait_s: float, headers: Mapping[str, str]) -> ClientFault:
    message = f"Rate limit reached for {quote(token)} on concurrent requests: Limit {limit}. Please try again shortly."
    return _limited(message, "requests", "rate_limit_exceeded", wait_s, headers)


def budget_spent(token: str, usd: float, per: str, wait_s: float) -> ClientFault:
    """Unlike a rate, it will not be there again in a moment: OpenAI's SDKs are told not to try."""
    message = f"You exceeded your current quota: {quote(token)} has spent its budget of ${usd:g} per {per}."
    return _limited(message, "insufficient_quota", "insufficient_quota", wait_s, {"x-should-retry": "false"})


def _limited(message: str, kind: str, code: str, wait_s: float, headers: Mapping[str, str]) -> ClientFault:
    return ClientFault(message, status=429, type=kind, code=code, retry_after_s=wait_s, headers=dict(headers))
