"""The exchange of a Google credential for an access token, by google-auth. It blocks: `google_tokens.py` calls it in a
thread of its own.

Sources: https://google-auth.readthedocs.io, https://developers.google.com/identity/protocols/oauth2, read 2026-11-25.
"""

from __future__ import annotations

import re
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Any

from .settings import NO_SECRET, ProviderSettings, Secret

if TYPE_CHECKING:
    from urllib3 import PoolManager

# google-auth and urllib3 are imported where they are used: only who has a Vertex block waits for them.
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_TOKEN_URI = "https://oauth2.googleapis.com/token"
_CONNECT_S, _READ_S = 5.0, 10.0
_LIFETIME_IF_NOT_TOLD_S = 300.0
_OAUTH_ERROR = re.compile(r"[\w.-]{1,60}(: .{1,200})?", re.ASCII | re.DOTALL)
_SHORTEST_SECRET = 4


@dataclass(frozen=True, slots=True)
class GoogleCredential:
    """Whose access tokens they are: a refresh token's, a service account's, or, with neither, those that the machine
    itself offers (application default credentials)."""

    client_id: str = ""
    client_secret: Secret = NO_SECRET
    refresh_token: Secret = NO_SECRET
    service_account_file: str = ""
    token_uri: str = ""
    proxy: str = field(default="", repr=False)  # may hold a password

    @property
    def kind(self) -> str:
        if self.refresh_token:
            return "refresh token"
        return "service account" if self.service_account_file else "machine's own credential"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """`expires_at`: Unix seconds."""

    value: Secret
    expires_at: float


@dataclass(eq=False)
class ExchangeFailure(Exception):
    """No token. `why` holds no secret; `refused`: not for lack of a connection, so that it will not soon be better."""

    why: str
    refused: bool

    def __str__(self) -> str:
        return self.why


def credential_of(provider: ProviderSettings) -> GoogleCredential:
    """What a block of api.yaml says of its credential."""
    options, secrets = provider.options, provider.secret_options
    return GoogleCredential(
        client_id=options.get("CLIENT_ID", ""),
        client_secret=secrets.get("CLIENT_SECRET", NO_SECRET),
        refresh_token=secrets.get("REFRESH_TOKEN", NO_SECRET),
        service_account_file=options.get("service_account_file", ""),
        token_uri=options.get("token_uri", ""),
        proxy=provider.proxy,
    )


def exchange(credential: GoogleCredential) -> AccessToken:
    """A new access token. Raises ExchangeFailure. Files are read anew each time: a replaced key file is noticed."""
    from google.auth import exceptions
    from google.auth.compute_engine import Credentials as ComputeEngineCredentials
    from google.auth.transport.urllib3 import Request

    try:
        credentials = _load(credential)
        # The metadata server is a neighbour of the machine's: no proxy knows it.
        proxy = "" if isinstance(credentials, ComputeEngineCredentials) else credential.proxy
        with closing(_Connections(proxy)) as connections:
            credentials.refresh(Request(connections.pool))  # type: ignore[no-untyped-call]
    except exceptions.TransportError as error:
        raise ExchangeFailure(f"the token address cannot be reached: {_name_cause(error)}", refused=False) from None
    except exceptions.RefreshError as error:
        said = _say(error, credential)
        raise ExchangeFailure(f"the {credential.kind} was refused ({said})", refused=not error.retryable) from None
    except exceptions.DefaultCredentialsError:
        what = "no CLIENT_ID and REFRESH_TOKEN, no service_account_file, and no credential of the machine's own"
        raise ExchangeFailure(f"there is {what}", refused=True) from None
    if not credentials.token:
        raise ExchangeFailure("the token address gave no token", refused=True)
    expiry = credentials.expiry
    expires_at = expiry.replace(tzinfo=UTC).timestamp() if expiry else time.time() + _LIFETIME_IF_NOT_TOLD_S
    return AccessToken(Secret(credentials.token), expires_at)


def _load(credential: GoogleCredential) -> Any:
    import google.auth
    from google.oauth2.credentials import Credentials

    if credential.refresh_token:
        return Credentials(  # type: ignore[no-untyped-call]
            token=None,
            refresh_token=credential.refresh_token.reveal(),
            client_id=credential.client_id,
            client_secret=credential.client_secret.reveal(),
            token_uri=credential.token_uri or _TOKEN_URI,
        )
    if credential.service_account_file:
        return _load_service_account(credential)
    credentials, _ = google.auth.default(scopes=[_SCOPE])
    return credentials


def _load_service_account(credential: GoogleCredential) -> Any:
    import json

    from google.oauth2.service_account import Credentials

    try:
        with open(credential.service_account_file, encoding="utf-8") as file:
            info = dict(json.load(file))
        if credential.token_uri:
            info["token_uri"] = credential.token_uri
        return Credentials.from_service_account_info(info, scopes=[_SCOPE])  # type: ignore[no-untyped-call]
    except OSError as error:
        raise ExchangeFailure(f"service_account_file cannot be read ({error.strerror})", refused=True) from None
    except (ValueError, TypeError, KeyError):  # their words may be the key's
        raise ExchangeFailure("service_account_file holds no service account's key", refused=True) from None


class _Connections:
    """urllib3's, through the block's proxy if it has one, and never through one of the environment."""

    def __init__(self, proxy: str) -> None:
        import certifi
        import urllib3

        settings: dict[str, Any] = {
            "ca_certs": certifi.where(),
            "timeout": urllib3.Timeout(connect=_CONNECT_S, read=_READ_S),
            "retries": False,
        }
        self.pool: PoolManager
        if proxy:
            auth = urllib3.util.parse_url(proxy).auth
            headers = urllib3.make_headers(proxy_basic_auth=auth) if auth else None
            self.pool = urllib3.ProxyManager(proxy, proxy_headers=headers, **settings)
        else:
            self.pool = urllib3.PoolManager(**settings)

    def close(self) -> None:
        self.pool.clear()


def _say(error: Exception, credential: GoogleCredential) -> str:
    """OAuth's own words, "invalid_grant: Token has been expired or revoked."; whatever else came is not shown."""
    said = str(error.args[0]) if error.args else ""
    if not _OAUTH_ERROR.fullmatch(said):
        return "without a reason"
    for secret in (credential.client_secret, credential.refresh_token):
        if len(secret) >= _SHORTEST_SECRET:
            said = said.replace(secret.reveal(), "…")
    return said


def _name_cause(error: BaseException) -> str:
    """What kept the connection from being made. The error's own text names addresses of the inside."""
    from urllib3 import exceptions

    words: tuple[tuple[type[BaseException], str], ...] = (
        (exceptions.ProxyError, "its proxy does not let us through"),
        (exceptions.NameResolutionError, "its name is not known"),
        (exceptions.NewConnectionError, "no connection"),  # a kind of TimeoutError, for urllib3
        (exceptions.SSLError, "the TLS handshake failed"),
        (exceptions.TimeoutError, "it does not answer"),
    )
    causes = error.args[:1] if isinstance(error.args[0] if error.args else None, BaseException) else ()
    for cause in (*causes, error.__cause__):
        for kind, word in words:
            if isinstance(cause, kind):
                return word
    return "no connection"
