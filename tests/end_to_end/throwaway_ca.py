"""A certificate authority that lives for one test run: gives a backend a certificate and the proxy a file to trust.

    ca = ThrowawayCa(folder)
    PacedBackend(tls=ca.server_context("localhost"))
    RunningProxy(config, arguments=["--set", f"ssl_verify_upstream_trusted_ca={ca.path}"])
"""

from __future__ import annotations

import ssl
from pathlib import Path

from mitmproxy.certs import CertStore


class ThrowawayCa:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._store = CertStore.from_store(folder, "throwaway", 2048)
        self.path = folder / "throwaway-ca-cert.pem"

    def server_context(self, *names: str) -> ssl.SSLContext:
        """A server's context with a certificate for `names`, signed by this authority."""
        from cryptography import x509

        entry = self._store.get_cert(names[0], [x509.DNSName(name) for name in names])
        file = self._folder / f"{names[0]}.pem"
        key = entry.privatekey.private_bytes(*_pem_without_password())
        file.write_bytes(key + entry.cert.to_pem())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _pem_without_password() -> tuple[object, object, object]:
    from cryptography.hazmat.primitives import serialization

    pem, plain = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    return pem, plain, serialization.NoEncryption()
