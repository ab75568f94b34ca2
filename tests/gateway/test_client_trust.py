"""What an app's environment needs."""

from pathlib import Path

import pytest

from proapi_gateway.client_trust import TrustFault, trust_of, write_bundle


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"PROAPI_PROXY_PORT": "9"}, "http://127.0.0.1:9"),
        ({"PROAPI_HOST": "10.0.0.1"}, "http://10.0.0.1:8080"),
        ({"PROAPI_HOST": "0.0.0.0"}, "http://127.0.0.1:8080"),  # what listens everywhere is reached here
        ({"PROAPI_HOST": "::"}, "http://[::1]:8080"),
    ],
)
def test_the_door_is_where_the_gateways_variables_say(environment: dict[str, str], url: str) -> None:
    assert trust_of(environment).proxy_url == url


def test_the_bundle_has_the_machines_roots_and_ours(tmp_path: Path) -> None:
    roots, ca = tmp_path / "roots.pem", tmp_path / "mitmproxy-ca-cert.pem"
    roots.write_text("ROOTS\n\n")
    ca.write_text("OURS\n")
    environment = {"PROAPI_CONFDIR": str(tmp_path), "SSL_CERT_FILE": str(roots)}
    trust = trust_of(environment)
    write_bundle(trust, environment)
    assert trust.bundle.read_text() == "ROOTS\nOURS\n"
    made = trust.bundle.stat().st_ino
    write_bundle(trust, {**environment, "SSL_CERT_FILE": str(roots)})
    assert trust.bundle.stat().st_ino == made  # left alone while it is right
    ca.write_text("NEW\n")
    write_bundle(trust, environment)
    assert trust.bundle.read_text() == "ROOTS\nNEW\n"


def test_in_a_shell_that_has_the_exports_it_does_not_grow(tmp_path: Path) -> None:
    (tmp_path / "mitmproxy-ca-cert.pem").write_text("OURS\n")
    environment = {"PROAPI_CONFDIR": str(tmp_path)}
    trust = trust_of(environment)
    write_bundle(trust, environment)
    first = trust.bundle.read_text()
    assert first.count("BEGIN CERTIFICATE") > 50  # this machine's own, or certifi's
    write_bundle(trust, environment | trust.variables())
    assert trust.bundle.read_text() == first


def test_without_a_ca_it_says_what_to_do(tmp_path: Path) -> None:
    environment = {"PROAPI_CONFDIR": str(tmp_path)}
    with pytest.raises(TrustFault, match="start scripts/run_proxy"):
        write_bundle(trust_of(environment), environment)


def test_a_ca_that_cannot_be_read_is_not_told_as_absent(tmp_path: Path) -> None:
    (tmp_path / "mitmproxy-ca-cert.pem").mkdir()
    environment = {"PROAPI_CONFDIR": str(tmp_path)}
    with pytest.raises(TrustFault, match=r"cannot be read .*: set PROAPI_CONFDIR to the gateway's PROAPI_TRUST_DIR"):
        write_bundle(trust_of(environment), environment)
