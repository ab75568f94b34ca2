"""The error tree: split by whose fault it is, so that each reader knows what to do next.

    ProapiError
    ├── ClientFault      the request cannot be served as it stands; answered with its status, never retried
    │   └── MediaNeeded  … until somebody has fetched what it refers to
    ├── BackendFailure   the backend refused, failed or broke off; the next candidate may be tried
    └── OwnFault         a bug or a broken promise of ours; answered with 500, logged with its traceback
"""

from __future__ import annotations

from dataclasses import dataclass, field


class ProapiError(Exception):
    """Root of all faults that reach a client. `str(error)` is the message that the client may read."""


@dataclass(eq=False)
class ClientFault(ProapiError):
    """The client's request is at fault.

    ClientFault("temperature: 3 is above 2", param="temperature") is OpenAI's 400 invalid_request_error.
    """

    message: str
    status: int = 400
    type: str = "invalid_request_error"
    param: str | None = None
    code: str | None = None
    retry_after_s: float | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message


@dataclass(eq=False)
class MediaNeeded(ClientFault):
    """The backend cannot read these addresses itself. Whoever may fetch them does, and translates again with
    `Context.media`; else it is answered as it stands."""

    urls: tuple[str, ...] = ()


@dataclass(eq=False)
class BackendFailure(ProapiError):
    """The backend's fault, in neutral terms.

    `status` is the HTTP status for the client (the backend's own where it sent one, 502, 503 or 504 where it sent
    none). `kind` becomes `error.type`; `code` and `param` are the backend's own words where it has them.
    `dialect_body`: the backend's own error object when it already is OpenAI's shape: passed on unchanged.
    """

    message: str
    status: int = 502
    kind: str = "upstream_error"
    code: str | None = None
    param: str | None = None
    retry_after_s: float | None = None
    dialect_body: dict[str, object] | None = None

    def __str__(self) -> str:
        return self.message


class OwnFault(ProapiError):
    """We broke a promise of ours."""
