"""mitmproxy's limit for silent clients follows the longest that a backend may take."""

import pytest
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.proxy import server
from mitmproxy.test import taddons

from addons.client_patience import ClientPatience, longest_silence_s
from tests.addons.exchanges import CONFIG, gateway

SLOW = CONFIG.replace("    model: [ m ]", "    timeout: { total: 7200 }\n    model: [ m ]", 1)


def test_the_longest_total_counts() -> None:
    assert longest_silence_s(gateway(SLOW)) == 7260
    assert longest_silence_s(gateway()) == 960


def test_it_is_put_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "TCP_TIMEOUT", 600, raising=False)  # mitmproxy 11
    patience = ClientPatience(lambda: gateway(SLOW))
    with taddons.context(Proxyserver(), patience) as tctx:
        patience.running()
        in_force = tctx.options.tcp_timeout if "tcp_timeout" in tctx.options else server.TCP_TIMEOUT
        assert in_force == 7260
