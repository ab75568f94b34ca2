"""What a dialect is: the few callables that each wire format offers, and what they are handed.

`dialects/<format>/__init__.py` builds one `BackendDialect`, one `ClientDialect`, or both, from its own modules
(request.py, response.py, stream.py, error.py, names.py). Nothing else of a dialect is used from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from msgspec import Struct

from .embeddings import DecodeTokens
from .errors import BackendFailure, ProapiError
from .events import Event
from .losses import Losses
from .media import takes_web_address
from .prompt import MediaPart, Prompt, Recall


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What a writer is handed beside the prompt.

    `options`: the provider's own keys from api.yaml. `profile`: the provider row's data for its dialect (a dialect
    defines its own frozen class for it, or takes None). `recall(call_id)`: what was thought before that tool call, for
    clients that cannot carry it; () if nothing is known. `decode_tokens(model, tokens)`: see `translate.Context`.
    """

    model: str
    losses: Losses
    options: Mapping[str, str] = field(default_factory=dict)
    profile: Any = None
    recall: Recall = lambda call_id: ()
    decode_tokens: DecodeTokens | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A written request. `output_tool`: the tool whose input is the answer (json_schema on a backend without it).
    `tool_names`: name sent → the client's name, where a name had to be changed."""

    body: dict[str, Any]
    output_tool: str = ""
    tool_names: Mapping[str, str] = field(default_factory=dict)


class ReplyContext(Struct, frozen=True):
    """What a reader is handed. `reply_id` seeds the ids that a backend does not give, so that equal bytes make equal
    events: call_<reply_id's tail>_<n>. The other two come from `Written`."""

    reply_id: str
    model: str = ""
    output_tool: str = ""
    tool_names: Mapping[str, str] = {}
    profile: Any = None


class StreamReader(Protocol):
    """Reads one backend stream, event by event, into neutral events."""

    def read(self, name: str, data: bytes) -> Iterable[Event]:
        """One framed event; `name` is its SSE `event:` name or the frame's type. Raises BackendFailure for an error
        event, ValueError for data that is no JSON: the caller turns both into a Failure."""

    def end(self) -> Iterable[Event]:
        """The bytes are over. Gives what was held back (a Finish that only the end makes final). A stream that was
        cut gives no Finish: the caller sees its absence."""


class Splitter(Protocol):
    """Cuts bytes into framed events: (name, data). Linear in the bytes; the same events for every cut."""

    def feed(self, data: bytes) -> Iterator[tuple[str, bytes]]: ...
    def finish(self) -> Iterator[tuple[str, bytes]]: ...


@dataclass(frozen=True, slots=True)
class BackendDialect:
    """A wire format that is spoken to a backend.

    write_request(prompt, context) → Written; raises ClientFault for what cannot be served.
    read_body(body, context) → events of a whole reply; raises BackendFailure for an error inside a 200, ValueError for
    no JSON. read_error(status, headers, body) → the failure in neutral terms; never raises.
    splitter() → the framing of a stream. `shows_end_mark`: is [DONE] the format's own end, which its reader is shown?
    To all others relays add it, and it says nothing. takes_address(part, fetches) → can the backend read the address (a
    URL) of this part itself? `fetches`: does this one fetch from the web? If not, the writer is only given its bytes.
    signers: whose signed thoughts it may be handed; those of others are taken out, and reported, before it writes.
    None: its writer decides itself.
    """

    write_request: Callable[[Prompt, RequestContext], Written]
    read_body: Callable[[bytes, ReplyContext], Iterable[Event]]
    stream_reader: Callable[[ReplyContext], StreamReader]
    read_error: Callable[[int, Mapping[str, str], bytes], BackendFailure]
    splitter: Callable[[], Splitter]
    shows_end_mark: bool = False
    takes_address: Callable[[MediaPart, bool], bool] = takes_web_address
    signers: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the client's request decides the form of its reply. `model` is the name that the client asked for."""

    dialect: str
    model: str
    stream: bool = False
    include_usage: bool = False
    body: Mapping[str, Any] = field(default_factory=dict)  # for dialects whose reply repeats the request


class ReplyFacts(Struct, frozen=True):
    """What a client's writer is handed: Asked, and the reply's own id and time (Unix seconds). `keep_thoughts`: is what
    was thought before a tool call to be told to the caller, also where it is unsigned? `is_replay`: the backend's bytes
    are those of an earlier reply, whose own id and time are not to be told again."""

    asked: Asked
    reply_id: str
    created: int
    keep_thoughts: bool = False
    is_replay: bool = False


class StreamWriter(Protocol):
    """Writes neutral events as the client's stream."""

    def write(self, event: Event) -> bytes:
        """The bytes that this event becomes; b"" for none yet."""

    def end(self) -> bytes:
        """The last bytes (usage, end mark), after Finish or Failure."""


@dataclass(frozen=True, slots=True)
class ClientDialect:
    """A wire format that an app speaks to us.

    read_request(body) → Prompt; raises ClientFault. write_body(events, facts) → the whole reply's JSON value.
    write_error(fault) → the error body's JSON value; write_error_event(fault) → its bytes inside a stream.
    spell_out(body, decode_tokens) → the body with text in place of token ids, where the dialect takes such; raises
    ClientFault where they cannot be read.
    final_object(writer) → of a stream that has ended, the object that can be asked for again; only for a dialect whose
    replies can (Responses), whose whole bodies are such objects too.
    """

    read_request: Callable[[Mapping[str, Any]], Prompt]
    write_body: Callable[[Iterable[Event], ReplyFacts], dict[str, Any]]
    stream_writer: Callable[[ReplyFacts], StreamWriter]
    write_error: Callable[[ProapiError], dict[str, Any]]
    write_error_event: Callable[[ProapiError], bytes]
    spell_out: Callable[[dict[str, Any], DecodeTokens | None], dict[str, Any]] = lambda body, decode_tokens: body
    final_object: Callable[[StreamWriter], dict[str, Any] | None] | None = None
