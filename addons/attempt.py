"""What the addons and the HTTP layer tell each other about one attempt at a backend.

An addon attaches an `Attempt` to a flow that is ours, best in `requestheaders`; the layer of `failover_layer.py` then
calls `proapi_attempt` on every addon whenever the attempt is over and nothing of it has reached the client:

    flow.response set,  flow.error None   headers of a reply below 400; or a whole reply from 400 on, its body collected
                                          (up to HELD_LIMIT_BYTES)
    flow.response None, flow.error set    no connection, a TLS or protocol failure, a reply that was cut while it was
                                          collected or buffered, a deadline (`abort_upstream`)

and does as `verdict` says. Without a verdict the attempt stands: the reply travels on through `responseheaders`, the
stream callable and `response`; a failure ends in the `error` hook and a 502.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from mitmproxy import http
from mitmproxy.proxy.commands import StartHook

HELD_LIMIT_BYTES = 256 * 1024


def _nothing(size: int) -> None: ...


def _never() -> bool:
    return False


class Verdict(Enum):
    ACCEPT = auto()
    RETRY = auto()  # drop it, send flow.request, as the hook rewrote it, to its (new) host
    ANSWER = auto()  # drop it, give the client `answer`; hooks: `response`, not `responseheaders`


@dataclass(slots=True)
class Attempt:
    """The state of a flow's attempts, as `flow.attempt`; a plain attribute, so that it is never saved with the flow.

    RETRY of a request whose body was streamed (`flow.request.stream`) is not possible and counts as ACCEPT. ANSWER
    also works in `requestheaders`, `request_grew` and `request`: no backend is asked then, and an upload is not waited
    for.
    """

    number: int = 1
    """Counted up by the layer at each RETRY."""
    verdict: Verdict = Verdict.ACCEPT
    """Reset to ACCEPT before each call of the hook."""
    answer: http.Response | None = None
    answer_stream: AsyncIterator[bytes] | None = None
    """The body of `answer` where it comes piece by piece. An error in it ends the body: catch it inside."""
    unaddressed: bool = False
    """The request is still the client's own, and goes to nobody: a hook that fails must not send it to strangers."""
    hold: bool = False
    """Set with ACCEPT: send nothing yet, call again for each piece of the body (and at its end) until it is cleared,
    or another verdict is given, or `hold_limit_bytes` are held."""
    hold_limit_bytes: int = HELD_LIMIT_BYTES
    """Set with `hold`, for this attempt only."""
    hold_whole: bool = False
    """With `hold`: call again at its end (or at the limit) alone."""
    held: list[bytes] = field(default_factory=list)
    """The body as far as it has come, as the backend sent it (content encoding included); while undecided."""
    ended: bool = False
    """The reply has come to its end."""
    broken: str = ""
    """Why the backend died after the stream had begun; set before the stream callable's final call with b""."""
    client_left: bool = False
    """The client has hung up, or reset its stream: nobody is there for what may still come."""
    drains: Callable[[], bool] = _never
    """Asked when the client leaves after all of its request is upstream. True: the reply is read on to its end, through
    all hooks and the stream callable, and nothing of it is sent. False: the backend is hung up on."""
    piece_came: Callable[[int], object] = _nothing
    """Called with the bytes of each piece of a reply's body as it comes, whatever is done with it."""
    request_grew: Callable[[int], object] = _nothing
    """Called with the bytes of the request's body that have come so far, while it is collected. May give an answer."""
    next_piece: bytes = b""
    """Between the layer and the installer: what `answer_stream` gave last; b"" at its end."""


@dataclass
class AttemptHook(StartHook):  # type: ignore[no-untyped-call]
    """An attempt is over before anything reached the client. May be async."""

    name = "proapi_attempt"
    flow: http.HTTPFlow


@dataclass
class AnswerPieceHook(StartHook):  # type: ignore[no-untyped-call]
    """The layer wants the next piece of `attempt.answer_stream`."""

    name = "proapi_answer_piece"
    flow: http.HTTPFlow


def attempt_of(flow: http.HTTPFlow) -> Attempt | None:
    attempt: Attempt | None = getattr(flow, "attempt", None)
    return attempt


def attach_attempt(flow: http.HTTPFlow) -> Attempt:
    """Make a flow ours. Undoes what the option stream_large_bodies may have set: set `request.stream` after it."""
    attempt = Attempt()
    flow.attempt = attempt  # type: ignore[attr-defined]
    flow.request.stream = False
    return attempt
