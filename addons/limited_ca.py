"""A CA of our own that can only vouch for the hosts that we open (X.509 name constraints, RFC 5280, 4.2.1.10).

mitmproxy's own CA can vouch for every host: who steals its key can pose as any bank to whoever trusts it. With
`intercept.limit_ca: true` the first start makes this one instead, in the same files, so that mitmproxy uses it.
Certificates for bare IP addresses stay possible: mitmproxy names the address too in those of the transparent door.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from proapi_gateway.whole_files import write_whole

from .ca_folder import KEY_AND_CERT, CaFault

if TYPE_CHECKING:  # a tenth of a second, for a file that is made once
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import Certificate

_CERT, _CERT_FOR_ANDROID = "mitmproxy-ca-cert.pem", "mitmproxy-ca-cert.cer"
_NAME = "proapi"
_KEY_BITS = 2048
_VALID = datetime.timedelta(days=3650)  # as mitmproxy's own
_BEFORE = datetime.timedelta(days=2)  # clocks differ


def ensure_limited_ca(confdir: Path, hosts: Iterable[str], now: datetime.datetime) -> str:
    """Makes the CA where there is none. Returns `ca_remark` of one that is there. Raises CaFault."""
    wanted = tuple(hosts)
    if (confdir / KEY_AND_CERT).exists():
        return ca_remark(confdir, wanted)
    try:
        _write(confdir, wanted, now)
    except OSError as error:
        raise CaFault(f"limit_ca: no CA can be made in {confdir} ({error.strerror})") from None
    return ""


def ca_remark(confdir: Path, hosts: Iterable[str]) -> str:
    """What the CA that is there is not made for; "" for a good one. It is never replaced by itself, as apps trust it
    already. Raises CaFault."""
    remedy = f"delete mitmproxy-ca* in {confdir} and restart for one that"
    covered = _covered_hosts(confdir / KEY_AND_CERT)
    if covered is None:
        return f"limit_ca: the CA in use can vouch for every host; {remedy} cannot"
    missing = ", ".join(host for host in hosts if host not in covered)
    return f"limit_ca: the CA in use cannot vouch for {missing}; {remedy} can" if missing else ""


def _covered_hosts(path: Path) -> frozenset[str] | None:
    """What an existing CA may vouch for; None: everything."""
    from cryptography import x509

    try:
        certificate = x509.load_pem_x509_certificate(_certificate_in(path.read_bytes()))
    except OSError as error:
        raise CaFault(f"limit_ca: {path} cannot be read ({error.strerror})") from None
    except ValueError:
        raise CaFault(f"limit_ca: {path} holds no certificate") from None
    try:
        limits = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return None
    return frozenset(str(name.value) for name in limits.permitted_subtrees or ())


def _certificate_in(pem: bytes) -> bytes:
    return pem[pem.index(b"-----BEGIN CERTIFICATE-----") :]


def _write(confdir: Path, hosts: Iterable[str], now: datetime.datetime) -> None:
    from cryptography.hazmat.primitives import serialization

    key, certificate = _make(hosts, now)
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    confdir.mkdir(parents=True, exist_ok=True)
    write_whole(confdir / KEY_AND_CERT, key_pem + pem)
    for name in (_CERT, _CERT_FOR_ANDROID):
        (confdir / name).write_bytes(pem)


def _make(hosts: Iterable[str], now: datetime.datetime) -> tuple[RSAPrivateKey, Certificate]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    named = (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
    name = x509.Name([x509.NameAttribute(kind, _NAME) for kind in named])
    permitted = [x509.DNSName(host) for host in hosts]
    only_signing = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "encipher_only", "decipher_only"),
        False,
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .subject_name(name)
        .issuer_name(name)
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + _VALID)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **only_signing), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return key, builder.sign(key, hashes.SHA256())
