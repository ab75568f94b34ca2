"""The exchange itself, by google-auth, with a token server on loopback."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from proapi_gateway.google_exchange import ExchangeFailure, GoogleCredential, exchange
from proapi_gateway.settings import Secret
from tests.end_to_end.connect_proxy import ConnectProxy
from tests.gateway.fake_token_server import FakeTokenServer, TokenAnswer, refused, service_account

_OF_THE_MACHINE = ("GOOGLE_APPLICATION_CREDENTIALS", "GCE_METADATA_HOST", "GCE_METADATA_IP", "GCE_METADATA_ROOT")


@pytest.fixture
def google() -> Iterator[FakeTokenServer]:
    with FakeTokenServer() as running:
        yield running


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the developer's own: no credentials, no proxy."""
    for name in (*_OF_THE_MACHINE, "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")


def refresh_credential(google: FakeTokenServer) -> GoogleCredential:
    return GoogleCredential("client-id", Secret("client-secret"), Secret("1//refresh-token"), token_uri=google.url)


def test_a_refresh_token(google: FakeTokenServer) -> None:
    google.answers = [TokenAnswer(lifetime_s=1234)]
    token = exchange(refresh_credential(google))
    assert google.asked == [
        {
            "grant_type": "refresh_token",
            "client_id": "client-id",
            "client_secret": "client-secret",
            "refresh_token": "1//refresh-token",
        }
    ]
    assert token.value.reveal() == "ya29.of-1//refresh-token-1"
    assert abs(token.expires_at - time.time() - 1234) < 60


@pytest.mark.parametrize("overridden", [False, True])
def test_a_service_account(google: FakeTokenServer, tmp_path: Path, overridden: bool) -> None:
    file = tmp_path / "key.json"
    file.write_text(service_account("http://127.0.0.1:1/nobody" if overridden else google.url))
    credential = GoogleCredential(service_account_file=str(file), token_uri=google.url if overridden else "")
    assert exchange(credential).value.reveal() == "ya29.of-robot@project.test-1"
    (form,) = google.asked
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"


def test_a_key_file_that_was_replaced_is_read_anew(google: FakeTokenServer, tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    credential = GoogleCredential(service_account_file=str(file))
    for name in ("first", "second"):
        file.write_text(service_account(google.url, name))
        assert f"of-{name}-" in exchange(credential).value.reveal()


def test_application_default_credentials(
    google: FakeTokenServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "adc.json"
    file.write_text(service_account(google.url, "adc"))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    assert exchange(GoogleCredential()).value.reveal() == "ya29.of-adc-1"


def test_the_machines_metadata_server_is_never_asked_through_a_proxy(google: FakeTokenServer) -> None:
    # In a process of its own: google-auth reads these variables when it is imported.
    code = (
        "from proapi_gateway.google_exchange import *\n"
        "print(exchange(GoogleCredential(proxy='http://127.0.0.1:1')).value.reveal())"
    )
    environment = {"GCE_METADATA_HOST": google.authority, "GCE_METADATA_IP": google.authority, "HOME": "/nonexistent"}
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert found.stdout.strip() == "ya29.of-compute-1"


def test_without_any_credential(google: FakeTokenServer) -> None:
    with pytest.raises(ExchangeFailure, match="no CLIENT_ID and REFRESH_TOKEN") as failed:
        exchange(GoogleCredential())
    assert failed.value.refused


@pytest.mark.parametrize(
    ("answer", "said", "lasting"),
    [
        (refused("invalid_grant"), r"refresh token was refused \(invalid_grant: Token has been expired or", 1),
        (refused("invalid_client", "The OAuth client was not found."), r"\(invalid_client: The OAuth client", 1),
        (refused("invalid_grant", "Bad: client-secret, 1//refresh-token"), r"\(invalid_grant: Bad: …, …\)", 1),
        (TokenAnswer(400, body=b"<html>1//refresh-token</html>"), r"refused \(without a reason\)", 1),
        (TokenAnswer(400, body=b'{"you": "1//refresh-token"}'), r"refused \(without a reason\)", 1),
        (TokenAnswer(503, body=b"{}"), r"refused \(without a reason\)", 0),
        (TokenAnswer(200, body=b'{"nothing": "1//refresh-token"}'), r"refused \(without a reason\)", 1),
    ],
)  # fmt: skip
def test_refusals(google: FakeTokenServer, answer: TokenAnswer, said: str, lasting: int) -> None:
    google.answers = [answer]
    with pytest.raises(ExchangeFailure, match=said) as failed:
        exchange(refresh_credential(google))
    assert failed.value.refused is bool(lasting)
    assert "refresh-token" not in str(failed.value)


def test_a_token_address_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = f"http://127.0.0.1:{listener.getsockname()[1]}/token"
    credential = GoogleCredential("i", Secret("s"), Secret("r"), token_uri=nobody)
    for proxy, why in (("", "no connection"), (nobody, "its proxy does not let us through")):
        with pytest.raises(ExchangeFailure, match=f"cannot be reached: {why}") as failed:
            exchange(replace(credential, proxy=proxy))
        assert not failed.value.refused


def test_the_blocks_proxy_is_used_and_its_password_sent(google: FakeTokenServer) -> None:
    # The fake stands in for a proxy: plain HTTP is asked of it with the whole URL.
    credential = replace(refresh_credential(google), token_uri="http://token.test/token")
    proxied = replace(credential, proxy=f"http://user:password@{google.authority}")
    assert exchange(proxied).value
    assert google.paths == ["http://token.test/token"]


def test_an_address_with_tls_is_asked_for_through_a_tunnel_of_the_proxy() -> None:
    with ConnectProxy(refuses=403) as proxy:
        credential = GoogleCredential("i", Secret("s"), Secret("r"), proxy=f"http://user:word@{proxy.address}")
        with pytest.raises(ExchangeFailure, match="its proxy does not let us through"):
            exchange(credential)
    assert proxy.heads[0].startswith("CONNECT oauth2.googleapis.com:443 ")
    assert "Basic dXNlcjp3b3Jk" in proxy.heads[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "service_account_file cannot be read"),
        ("no json 1//secret", "holds no service account's key"),
        ('{"type": "authorized_user", "refresh_token": "1//secret"}', "holds no service account's key"),
        ('{"client_email": "a", "token_uri": "b", "private_key": "1//secret"}', "holds no service account's key"),
        ("[]", "holds no service account's key"),
    ],
)
def test_key_files_that_are_none(tmp_path: Path, content: str | None, said: str) -> None:
    file = tmp_path / "key.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ExchangeFailure, match=said) as failed:
        exchange(GoogleCredential(service_account_file=str(file)))
    assert failed.value.refused
    assert "1//secret" not in str(failed.value) + repr(failed.value.__cause__)


def test_neither_credential_nor_token_is_logged(google: FakeTokenServer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        exchange(refresh_credential(google))
    assert not [secret for secret in ("client-secret", "1//refresh", "ya29") if secret in caplog.text]


def test_google_auth_is_only_imported_when_it_is_needed() -> None:
    code = "import sys, proapi_gateway.gateway; sys.exit('google.auth' in sys.modules or 'urllib3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
