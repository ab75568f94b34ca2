"""What api.yaml says, as frozen values: the only form in which settings travel.

`config.py` reads the file into these; everything else receives them by constructor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from types import MappingProxyType

from .config_faults import Remark


class Secret(str):
    """A string that never shows itself: `repr` and `format` mask it; `reveal()` gives the plain value.

    Secret("sk-abcdefghijkl") prints as "sk-a…ijkl" (short ones as "…").
    """

    __slots__ = ()

    def reveal(self) -> str:
        return str.__str__(self)

    def masked(self) -> str:
        plain = self.reveal()
        return f"{plain[:4]}…{plain[-4:]}" if len(plain) >= 12 else "…"

    def __repr__(self) -> str:
        return f"Secret({self.masked()})"

    def __str__(self) -> str:
        return self.masked()

    def __format__(self, spec: str) -> str:
        return format(self.masked(), spec)


NO_SECRET = Secret("")


class KeySource(Enum):
    """Where a backend's key comes from."""

    CONFIGURED = "configured"
    CLIENT = "passthrough"  # the client's own bearer goes on to this backend, because the file says so
    EXCHANGED = "exchanged"  # an access token, got in exchange for the block's own keys: Vertex AI
    NONE = "none"  # no key at all: local servers


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `connect`: until the connection (with TLS) stands; `first_byte`: from the request's end to the reply's
    headers; `idle`: between two pieces of a reply; `total`: from our first attempt to the reply's end."""

    connect: float = 10.0
    first_byte: float = 120.0
    idle: float = 120.0
    total: float = 900.0


@dataclass(frozen=True, slots=True)
class Route:
    """One entry of a provider's `model:` list: clients ask `alias`, the backend gets `upstream`."""

    alias: str
    upstream: str
    weight: float = 1.0  # from `balance`; 0 takes the member out


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """One block of `providers:`. `place` (0-based position in the list) is its identity, never `name`."""

    place: int
    provider: str
    name: str = ""
    base_url: str = ""
    key_source: KeySource = KeySource.CONFIGURED
    api_keys: tuple[Secret, ...] = ()
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # account_id, PROJECT_ID, region …
    secret_options: Mapping[str, Secret] = field(default_factory=lambda: MappingProxyType({}))  # REFRESH_TOKEN …
    locations: tuple[str, ...] = ()  # where requests go in turn; () for a provider without locations
    routes: tuple[Route, ...] = ()
    timeouts: Timeouts = Timeouts()
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    proxy: str = ""
    strict: bool = False
    retry_in_doubt: bool = True
    unavailable: str = ""  # why this block cannot be used (an unset environment variable); "" where it can

    @property
    def label(self) -> str:
        """What people read: "deepseek", or "openai/backup" when the block has a name."""
        return f"{self.provider}/{self.name}" if self.name else self.provider


@dataclass(frozen=True, slots=True)
class Limits:
    """0 = no limit."""

    rpm: int = 0
    tpm: int = 0
    concurrent: int = 0


@dataclass(frozen=True, slots=True)
class Budget:
    usd: float
    per: str  # "day" or "month"


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """One entry of `tokens:`: who may call, and what. `patterns`: exact names, "all", or globs ("gpt-4*")."""

    place: int
    api_key: Secret
    patterns: tuple[str, ...]
    name: str = ""
    strict: bool = False
    limits: Limits = Limits()
    budget: Budget | None = None

    @property
    def label(self) -> str:
        return self.name or f"token-{self.place + 1}"


@dataclass(frozen=True, slots=True)
class Retention:
    days: int = 30
    rows: int = 1_000_000
    bytes: int = 2_000_000_000


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """US dollars for a million tokens. None: as `input`."""

    input: Decimal
    output: Decimal
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ServerSettings:
    default_model: str = ""
    debug: bool = False
    admin_server: bool = False
    db_cache: bool = False
    save_log_file: bool = False
    db_path: str = "sqlite:///./data/request_log.db"
    username: str = "admin"
    password: Secret = NO_SECRET
    jwt_secret_key: Secret = NO_SECRET
    strategy: str = "weighted"
    fallback: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    context_fallback: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    on_disconnect: str = "cancel"
    max_open_requests: int = 1000  # of one process; 0: any number
    max_body_bytes: int = 104_857_600  # of a request that is read whole; 0: any size
    proxy_auth: Secret = NO_SECRET
    fetch_media: bool = False
    passthrough_provider: str = ""
    log_bodies: str = "full"
    log_body_bytes: int = 1_048_576
    retention: Retention = Retention()
    prices: Mapping[str, ModelPrice] = field(default_factory=lambda: MappingProxyType({}))  # by backend model
    cache_scope: str = "token"
    cache_seconds: int = 86_400
    cache_bytes: int = 256 * 1024 * 1024
    cache_tools: bool = False
    cache_url: Secret = NO_SECRET
    state_url: Secret = NO_SECRET


@dataclass(frozen=True, slots=True)
class Settings:
    """All of api.yaml. A reload makes a new one and swaps one reference; a flow keeps the one it started with."""

    providers: tuple[ProviderSettings, ...]
    tokens: tuple[TokenSettings, ...]
    server: ServerSettings = ServerSettings()
    intercept_hosts: tuple[str, ...] = ("api.openai.com",)
    limit_ca: bool = False  # a CA that can vouch for these hosts only
    warnings: tuple[Remark, ...] = ()  # loud remarks of the loader: the literal token "all", a name never matched …
