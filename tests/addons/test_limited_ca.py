"""A CA that can vouch for our hosts only: what OpenSSL makes of it."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from mitmproxy.certs import CertStore

from addons.ca_folder import CaFault
from addons.limited_ca import ca_remark, ensure_limited_ca

NOW = datetime.datetime.now(datetime.UTC)
HOSTS = ("api.openai.com", "llm.example")


def handshake(confdir: Path, host: str, tmp_path: Path) -> None:
    """A client that trusts the CA meets a server with mitmproxy's certificate for this host. Raises ssl.SSLError."""
    store = CertStore.from_store(confdir, "mitmproxy", 2048)
    entry = store.get_cert(host, [x509.DNSName(host)])
    leaf = tmp_path / "leaf.pem"
    chain = (confdir / "mitmproxy-ca.pem").read_bytes()
    key = chain[: chain.index(b"-----BEGIN CERTIFICATE")]
    leaf.write_bytes(key + entry.cert.to_pem())
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(leaf)
    client_context = ssl.create_default_context(cafile=str(confdir / "mitmproxy-ca-cert.pem"))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=host)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    client.getpeercert()


def test_it_vouches_for_our_hosts_and_no_other(tmp_path: Path) -> None:
    confdir = tmp_path / "conf"
    assert ensure_limited_ca(confdir, HOSTS, NOW) == ""
    handshake(confdir, "api.openai.com", tmp_path)
    handshake(confdir, "eu.llm.example", tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        handshake(confdir, "bank.example", tmp_path)


def test_its_key_is_for_its_owner_only(tmp_path: Path) -> None:
    ensure_limited_ca(tmp_path / "conf", HOSTS, NOW)
    assert (tmp_path / "conf" / "mitmproxy-ca.pem").stat().st_mode & 0o777 == 0o600


def test_one_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    ensure_limited_ca(tmp_path, HOSTS, NOW)
    made = (tmp_path / "mitmproxy-ca.pem").read_bytes()
    assert ensure_limited_ca(tmp_path, HOSTS, NOW) == ""
    assert "cannot vouch for new.example" in ensure_limited_ca(tmp_path, (*HOSTS, "new.example"), NOW)
    assert (tmp_path / "mitmproxy-ca.pem").read_bytes() == made


def test_mitmproxys_own_is_told(tmp_path: Path) -> None:
    CertStore.create_store(tmp_path, "mitmproxy", 2048)
    assert "every host" in ensure_limited_ca(tmp_path, HOSTS, NOW)


def test_one_that_cannot_be_used_is_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(CaFault, match=r"limit_ca: .*mitmproxy-ca.pem cannot be read \(No such file"):
        ca_remark(tmp_path, HOSTS)  # deleted, as the remark advises, and not restarted yet
    (tmp_path / "mitmproxy-ca.pem").write_text("half a file")
    with pytest.raises(CaFault, match="holds no certificate"):
        ensure_limited_ca(tmp_path, HOSTS, NOW)
    with pytest.raises(CaFault, match="no CA can be made in"):
        ensure_limited_ca(tmp_path / "mitmproxy-ca.pem" / "conf", HOSTS, NOW)
