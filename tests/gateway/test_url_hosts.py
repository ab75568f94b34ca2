"""Hosts in URLs."""

import pytest

from proapi_gateway.url_hosts import reachable_host, url_host


@pytest.mark.parametrize(
    ("host", "written"), [("::1", "[::1]"), ("127.0.0.1", "127.0.0.1"), ("h.example", "h.example"), ("", "")]
)
def test_only_ipv6_needs_brackets(host: str, written: str) -> None:
    assert url_host(host) == written


@pytest.mark.parametrize(
    ("listening", "host"),
    [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("", "127.0.0.1"), ("10.0.0.7", "10.0.0.7"), ("localhost", "localhost")],
)
def test_every_interface_is_reached_at_loopback(listening: str, host: str) -> None:
    assert reachable_host(listening) == host
