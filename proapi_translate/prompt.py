"""The neutral request: what a client asks for, in no vendor's words.

A client dialect reads its body into a `Prompt`; a backend dialect writes its own body from it. What chat completions
cannot say (thinking with signatures, cache marks, typed tool results) has its place here, so nothing is lost between
two formats that both know it. Field names follow OpenAI's chat API where it has one.

Every value is frozen; `extra` holds what only one dialect knows, under that dialect's name, so that a round trip
within one family is exact: Text("hi", extra={"anthropic": {"cache_control": {"type": "ephemeral"}}}).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from .losses import Loss

Role = Literal["system", "developer", "user", "assistant", "tool"]
NOTHING: Mapping[str, Any] = {}


class Signature(Struct, frozen=True):
    """Proof that a model made a thought: opaque, and valid only with its maker.

    Signature("EqQBCg…", origin="anthropic"). A writer sends it only to the origin's own family.
    """

    value: str
    origin: str


class Media(Struct, frozen=True):
    """Bytes or where they are. `source`: "base64" (`data` is base64 text), "url", or "file_id".

    Media("base64", "iVBORw0…", "image/png"). `media_type` is what the bytes are, not what a label said; "" = unknown.
    """

    source: Literal["base64", "url", "file_id"]
    data: str
    media_type: str = ""


class Text(Struct, frozen=True):
    text: str
    extra: Mapping[str, Any] = NOTHING


class Image(Struct, frozen=True):
    media: Media
    detail: str = ""
    extra: Mapping[str, Any] = NOTHING


class File(Struct, frozen=True):
    """A document (PDF, text …) with the name that the client gave it."""

    media: Media
    filename: str = ""
    extra: Mapping[str, Any] = NOTHING


class Audio(Struct, frozen=True):
    """`format` as OpenAI names it: "wav", "mp3"."""

    media: Media
    format: str
    extra: Mapping[str, Any] = NOTHING


class Thinking(Struct, frozen=True):
    """A model's earlier thought, to be handed back. `redacted`: the text is hidden, the signature holds its data."""

    text: str
    signature: Signature | None = None
    redacted: bool = False


Recall = Callable[[str], tuple[Thinking, ...]]  # a call's id → what was thought before it


class Refusal(Struct, frozen=True):
    text: str


class ToolCall(Struct, frozen=True):
    """A call that the model made. `arguments` is JSON text, "{}" where there are none.

    `thoughts`: what was thought just before it, remembered by call id for clients that cannot carry it.
    """

    id: str
    name: str
    arguments: str = "{}"
    signature: Signature | None = None
    kind: Literal["function", "custom"] = "function"
    thoughts: tuple[Thinking, ...] = ()
    extra: Mapping[str, Any] = NOTHING


class ToolResult(Struct, frozen=True):
    """What a call gave. `name` is the called tool's, found by the call's id ("" if no such call is in the history)."""

    call_id: str
    parts: tuple[Text | Image | File, ...]
    name: str = ""
    is_error: bool = False
    extra: Mapping[str, Any] = NOTHING


MediaPart = Image | File | Audio
Part = Text | Image | File | Audio | Thinking | Refusal | ToolCall | ToolResult


class Turn(Struct, frozen=True):
    """One message. Tool results are turns of their own (`role` "tool"), one a result, as chat has them."""

    role: Role
    parts: tuple[Part, ...]
    name: str = ""


class Tool(Struct, frozen=True):
    """A function that the model may call. `parameters` None: the client gave none."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] | None = None
    strict: bool | None = None
    extra: Mapping[str, Any] = NOTHING


class HostedTool(Struct, frozen=True):
    """A tool that the vendor runs itself: HostedTool("web_search", {"type": "web_search", …})."""

    type: str
    body: Mapping[str, Any]


class ToolChoice(Struct, frozen=True):
    """`mode` "named": the one tool in `names` must be called; "auto" or "required" with `names`: only among those."""

    mode: Literal["auto", "none", "required", "named"]
    names: tuple[str, ...] = ()


class OutputFormat(Struct, frozen=True):
    """The form that the answer must have. `schema` only for "json_schema"."""

    kind: Literal["json_object", "json_schema"]
    schema: Mapping[str, Any] | None = None
    name: str = ""
    description: str = ""
    strict: bool | None = None

    def described_schema(self) -> dict[str, Any]:
        """The schema with the description in it, for backends that take no other; {} where there is no schema."""
        schema = dict(self.schema or {})
        if schema and self.description:
            schema.setdefault("description", self.description)
        return schema


class Reasoning(Struct, frozen=True):
    """`effort` as OpenAI says it: none, minimal, low, medium, high, xhigh. `budget_tokens`: a client that counts."""

    effort: str = ""
    summary: str = ""
    budget_tokens: int | None = None


class Sampling(Struct, frozen=True, omit_defaults=True):
    """The dials. None: the client did not set it, and so nothing is sent."""

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    n: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logit_bias: Mapping[str, float] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None

    def given(self) -> dict[str, Any]:
        """The dials that were set, by name: {"temperature": 0.2, "stop": ("X",)}."""
        return {
            name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not None and value != ()
        }


class Prompt(Struct, frozen=True):
    """A whole request.

    `other`: the client's fields that have no neutral place, by the client's own names; a writer takes those that its
    dialect knows and reports the rest. `spelling`: neutral name → the client's name, where they differ
    ({"max_tokens": "max_completion_tokens"}), so that reports speak the client's words. `lost`: what is lost whichever
    backend it goes to, in the client's words.
    """

    model: str
    turns: tuple[Turn, ...]
    tools: tuple[Tool, ...] = ()
    hosted_tools: tuple[HostedTool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    output: OutputFormat | None = None
    reasoning: Reasoning | None = None
    sampling: Sampling = Sampling()
    user: str = ""
    metadata: Mapping[str, Any] | None = None
    service_tier: str = ""
    stream: bool = False
    other: Mapping[str, Any] = NOTHING
    spelling: Mapping[str, str] = NOTHING
    lost: tuple[Loss, ...] = ()
