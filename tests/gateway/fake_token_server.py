"""Google's token address, and its metadata server, as one small server on loopback.

    with FakeTokenServer() as google:
        google.url                                   # the token_uri
        google.answers = [refused("invalid_grant")]  # the last one serves all further requests
    google.asked → [{"grant_type": "refresh_token", "refresh_token": "…", …}, …]

An access token is "ya29.of-" and the refresh token (or the service account's name), "-" and a number.
"""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    status: int = 200
    lifetime_s: float = 3600
    body: bytes = b""  # in place of a token


def refused(error: str, description: str = "Token has been expired or revoked.", status: int = 400) -> TokenAnswer:
    return TokenAnswer(status, body=json.dumps({"error": error, "error_description": description}).encode())


class FakeTokenServer:
    def __init__(self, *answers: TokenAnswer) -> None:
        self.answers = list(answers) or [TokenAnswer()]
        self.asked: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.was_asked = threading.Event()
        self.answer_when: threading.Event | None = None
        """If set, each answer waits for it."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.authority = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.authority}/token"

    def __enter__(self) -> FakeTokenServer:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, form: dict[str, str]) -> TokenAnswer:
        self.asked.append(form)
        self.was_asked.set()
        if self.answer_when is not None:
            self.answer_when.wait(20)
        planned = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if planned.body:
            return planned
        token = {
            "access_token": f"ya29.of-{_owner(form)}-{len(self.asked)}",
            "expires_in": planned.lifetime_s,
            "token_type": "Bearer",
        }
        return TokenAnswer(planned.status, body=json.dumps(token).encode())

    def _handler(fake) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["content-length"]))
                fake.paths.append(self.path)
                self._reply(fake.answer(dict(parse_qsl(sent.decode()))))

            def do_GET(self) -> None:
                """The metadata server: its account, its project, its token."""
                fake.paths.append(self.path)
                if "/token" in self.path:
                    self._reply(fake.answer({"metadata": "compute"}))
                elif "recursive" in self.path:
                    self._reply(TokenAnswer(body=b'{"email": "robot@p.test", "scopes": ["s"], "aliases": []}'))
                else:
                    self._reply(TokenAnswer(body=b"computeMetadata/"), "text/plain")

            def _reply(self, answer: TokenAnswer, kind: str = "application/json") -> None:
                self.send_response(answer.status)
                self.send_header("content-type", kind)
                self.send_header("metadata-flavor", "Google")
                self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


def _owner(form: dict[str, str]) -> str:
    if "assertion" in form:
        claims = form["assertion"].split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(claims + "=="))["iss"])
    return form.get("refresh_token") or form["metadata"]


def service_account(token_uri: str, name: str = "robot@project.test") -> str:
    """The text of a service account's key file, with a key of its own."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    info = {
        "type": "service_account",
        "project_id": "project",
        "private_key_id": "1",
        "private_key": pem.decode(),
        "client_email": name,
        "client_id": "1",
        "token_uri": token_uri,
    }
    return json.dumps(info)
