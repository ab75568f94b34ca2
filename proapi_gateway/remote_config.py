"""A configuration at an address (`config_url`): fetched over HTTP, decrypted, and kept on disk for when it is down."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from .config_encryption import DecryptionFault, decrypt
from .settings import Secret
from .url_hosts import url_host
from .whole_files import write_whole

TIMEOUT_S = 10.0
_LIMIT_BYTES = 4 * 1024 * 1024
_PIECE_BYTES = 64 * 1024
_NOT_MODIFIED = 304


class RemoteFault(Exception):
    """There is no configuration to be had. The message is for people, and shows neither the key nor the URL's query."""


@dataclass(frozen=True, slots=True)
class Document:
    """What stands at the address. `text`: as it came (encrypted or not); `etag`: "" where the server gives none."""

    url: str
    text: str
    etag: str = ""


# fetch(url, etag): the document, or None where it is the one of that etag. Raises RemoteFault.
Fetch = Callable[[str, str], Document | None]


@dataclass(frozen=True, slots=True)
class RemoteConfig:
    """One address. `copy`: the file that holds the last good document; `secret_key`: "" for plain text."""

    url: Secret
    secret_key: Secret
    copy: Path
    fetch: Fetch

    @property
    def shown(self) -> str:
        """The address as people may see it: without user, password and query, which may be the key to it."""
        try:
            parts = urlsplit(self.url.reveal())
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            return "config_url"
        return f"{parts.scheme}://{url_host(parts.hostname or '')}{port}{parts.path}"

    def get(self, etag: str = "") -> Document | None:
        """The document there; None where it is still that of `etag`. Raises RemoteFault."""
        return self.fetch(self.url.reveal(), etag)

    def read(self, document: Document) -> str:
        """A document's plain text. Raises RemoteFault where secret_key does not open it."""
        if not self.secret_key:
            return document.text
        try:
            return decrypt(document.text, self.secret_key.reveal())
        except DecryptionFault as fault:
            raise RemoteFault(f"what stands at {self.shown} cannot be decrypted with secret_key: {fault}") from None

    def keep(self, document: Document) -> None:
        """Write the last good document, readable by its owner only, whole or not at all. Raises OSError."""
        self.copy.parent.mkdir(parents=True, exist_ok=True)
        kept = {"url": document.url, "etag": document.etag, "text": document.text}
        write_whole(self.copy, json.dumps(kept).encode())

    def last_good(self) -> Document | None:
        """The document that was kept; None where there is none of this address."""
        try:
            kept = json.loads(self.copy.read_text(encoding="utf-8"))
            document = Document(str(kept["url"]), str(kept["text"]), str(kept["etag"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return document if document.url == self.url.reveal() else None


def fetch_over_http(url: str, etag: str, timeout_s: float = TIMEOUT_S) -> Document | None:
    """GET, as `Fetch` says. Redirects are followed, but never from https to http; proxies are those of HTTP(S)_PROXY.
    `timeout_s` holds for each wait, and for the body as a whole."""
    if not url.startswith(("http://", "https://")):
        raise RemoteFault("config_url is no http or https address")
    headers = {"user-agent": "proapi", "cache-control": "no-cache"}
    if etag:
        headers["if-none-match"] = etag
    try:
        request = urllib.request.Request(url, headers=headers)
        with urllib.request.build_opener(_Redirects).open(request, timeout=timeout_s) as reply:
            data = _read_body(reply, time.monotonic() + timeout_s)
            found = Document(url, "", reply.headers.get("etag", ""))
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == _NOT_MODIFIED and etag:
            return None
        raise RemoteFault(f"the server replied {error.code} {error.reason}") from None
    except urllib.error.URLError as error:
        raise RemoteFault(f"no reply: {error.reason}") from None
    except (OSError, HTTPException, ValueError) as error:
        raise RemoteFault(f"no reply: {error or type(error).__name__}") from None
    try:
        return replace(found, text=data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise RemoteFault("the reply is no UTF-8 text") from None


def _read_body(reply: HTTPResponse, until: float) -> bytes:
    data = bytearray()
    while piece := reply.read1(_PIECE_BYTES):
        data += piece
        if len(data) > _LIMIT_BYTES:
            raise RemoteFault(f"the reply is larger than {_LIMIT_BYTES} bytes")
        if time.monotonic() > until:
            raise TimeoutError("it trickles, and took too long")
    if reply.length:
        raise RemoteFault("the reply was cut")
    return bytes(data)


class _Redirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        if urlsplit(req.full_url).scheme == "https" and urlsplit(newurl).scheme != "https":
            raise RemoteFault("the server redirects from https to http: refused")
        return super().redirect_request(req, fp, code, msg, headers, newurl)
