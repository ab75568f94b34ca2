"""What an app's environment needs to go through the explicit door and to trust it: the exports of `proapi env`.

The bundle holds the system's roots AND our CA: most of these variables replace a program's list of CAs, so with our CA
alone every other host would fail.
"""

from __future__ import annotations

import base64
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from .default_addresses import CONFDIR, HOST, PROXY_PORT
from .url_hosts import reachable_host, url_host
from .whole_files import write_whole

_CA_NAME = "mitmproxy-ca-cert.pem"
_BUNDLE_NAME = "proapi-bundle.pem"
PUBLIC = 0o644  # certificates are for everybody

# Where systems keep their roots, as one file. https://go.dev/src/crypto/x509/root_linux.go (read 2026-11-25) has the
# same list; macOS and Windows keep them elsewhere, and there certifi's are taken.
_SYSTEM_ROOTS = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)

# What the runtimes read. Node adds to its own list; the others replace theirs.
_ADDS_OUR_CA = ("NODE_EXTRA_CA_CERTS",)
_TAKES_BUNDLE = (
    "SSL_CERT_FILE",  # OpenSSL, Python's ssl, httpx, Go on Linux, Ruby, Rust's native roots
    "REQUESTS_CA_BUNDLE",  # requests, which otherwise takes certifi's
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",
    "PIP_CERT",
    "DENO_CERT",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
)
# Programs differ in which they read.
PROXY_FOR_HTTPS = ("HTTPS_PROXY", "https_proxy")
PROXY_FOR_ALL = ("ALL_PROXY", "all_proxy")
_PROXY_FOR_HTTP = ("HTTP_PROXY", "http_proxy")
_NO_PROXY = "localhost,127.0.0.1,::1"


class TrustFault(Exception):
    """The variables cannot be made. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Trust:
    """How to reach the explicit door and to trust it. `proxy_url` has a user and password where the door wants them."""

    proxy_url: str = field(repr=False)
    ca: Path
    bundle: Path

    def variables(self) -> dict[str, str]:
        """{"HTTPS_PROXY": "http://127.0.0.1:8080", "SSL_CERT_FILE": "…/proapi-bundle.pem", …}"""
        return {
            **dict.fromkeys(PROXY_FOR_HTTPS + _PROXY_FOR_HTTP, self.proxy_url),
            "NO_PROXY": _NO_PROXY,
            "no_proxy": _NO_PROXY,
            **dict.fromkeys(_TAKES_BUNDLE, str(self.bundle)),
            **dict.fromkeys(_ADDS_OUR_CA, str(self.ca)),
            "NODE_USE_ENV_PROXY": "1",  # Node from 24 on; older ones read no proxy variable by themselves
        }


def trust_of(environment: Mapping[str, str]) -> Trust:
    """As the gateway's own variables say (PROAPI_HOST, PROAPI_PROXY_PORT, PROAPI_CONFDIR), and PROAPI_PROXY_AUTH.

    Nothing is read or made.
    """
    host = url_host(reachable_host(environment.get("PROAPI_HOST") or HOST))
    port = environment.get("PROAPI_PROXY_PORT") or PROXY_PORT
    confdir = Path(environment.get("PROAPI_CONFDIR") or CONFDIR).expanduser().absolute()
    user, colon, password = environment.get("PROAPI_PROXY_AUTH", "").partition(":")
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if colon else ""
    return trust_in(confdir, f"http://{login}{host}:{port}")


def trust_in(confdir: Path, proxy_url: str = "") -> Trust:
    """The files of that folder."""
    return Trust(proxy_url, confdir / _CA_NAME, confdir / _BUNDLE_NAME)


def proxy_authorization(proxy_url: str) -> str:
    """The header line that its user and password make, `Proxy-Authorization: Basic bWU6c2VjcmV0`; "" without them."""
    address = urlsplit(proxy_url)
    if address.username is None:
        return ""
    login = f"{unquote(address.username)}:{unquote(address.password or '')}"
    return f"Proxy-Authorization: Basic {base64.b64encode(login.encode()).decode()}\r\n"


def write_bundle(trust: Trust, environment: Mapping[str, str]) -> None:
    """Makes or renews the bundle. Raises TrustFault where our CA is not there yet, or the folder cannot be written."""
    try:
        ours = trust.ca.read_bytes()
    except FileNotFoundError:
        message = f"there is no CA at {trust.ca}: start scripts/run_proxy.sh once, or set PROAPI_CONFDIR as it has it"
        raise TrustFault(message) from None
    except OSError as error:
        message = f"{trust.ca} cannot be read ({error.strerror}): set PROAPI_CONFDIR to the gateway's PROAPI_TRUST_DIR"
        raise TrustFault(message) from None
    wanted = _roots(environment, trust.bundle).rstrip(b"\n") + b"\n" + ours
    try:
        if not trust.bundle.exists() or trust.bundle.read_bytes() != wanted:
            write_whole(trust.bundle, wanted, PUBLIC)  # programs that run read it
    except OSError as error:
        raise TrustFault(f"{trust.bundle} cannot be written ({error.strerror})") from None


def _roots(environment: Mapping[str, str], bundle: Path) -> bytes:
    """The roots that this machine trusts: the user's own choice first."""
    chosen = environment.get("SSL_CERT_FILE", "")
    compiled_in = ssl.get_default_verify_paths().openssl_cafile
    for path in (chosen, compiled_in, *_SYSTEM_ROOTS):
        if path and Path(path).absolute() != bundle and os.path.isfile(path) and os.path.getsize(path):
            return Path(path).read_bytes()
    import certifi

    return Path(certifi.where()).read_bytes()
