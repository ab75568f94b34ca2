"""Options that have one value, whatever is set."""

import logging

import pytest
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.test import taddons

from addons.forced_options import ForcedOptions


def test_options_that_would_break_us_are_put_right() -> None:
    forced = ForcedOptions()
    with taddons.context(Proxyserver(), forced) as tctx:
        tctx.configure(forced, connection_strategy="eager", stream_large_bodies="1m", body_size_limit="10k")
        assert tctx.options.connection_strategy == "lazy"
        assert tctx.options.stream_large_bodies is None
        assert tctx.options.body_size_limit is None
        assert forced.body_limit_bytes == 10 * 1024


def test_taking_stream_large_bodies_away_is_told(caplog: pytest.LogCaptureFixture) -> None:
    forced = ForcedOptions()
    with taddons.context(Proxyserver(), forced) as tctx, caplog.at_level(logging.WARNING):
        tctx.configure(forced, stream_large_bodies="1m")
    assert "stream_large_bodies" in caplog.text
