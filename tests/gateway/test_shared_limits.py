"""Where the settings name no Redis that can be used, a process counts by itself."""

from __future__ import annotations

import asyncio
import sys

import pytest

from proapi_gateway.limits import Limiter
from proapi_gateway.settings import Limits, Secret, ServerSettings, Settings, TokenSettings
from proapi_gateway.shared_limits import SharedLimits
from proapi_translate import ClientFault

TOKEN = TokenSettings(0, Secret("sk-of-a-team"), ("all",), name="team", limits=Limits(rpm=1))


def in_force(url: str) -> SharedLimits:
    limits = SharedLimits(Limiter(lambda: 1.0, lambda: 1.0), "this")
    limits.use(Settings(providers=(), tokens=(TOKEN,), server=ServerSettings(state_url=Secret(url))))
    return limits


def check_it_counts(limits: SharedLimits) -> None:
    async def ask_twice() -> None:
        assert await limits.admit(TOKEN, lambda: 0) is not None
        with pytest.raises(ClientFault):
            await limits.admit(TOKEN, lambda: 0)
        await limits.close()

    asyncio.run(ask_twice())


def test_without_one() -> None:
    check_it_counts(in_force(""))


def test_without_the_package_it_is_told_what_to_install(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    for module in ("redis_clients", "redis_counts"):
        monkeypatch.delitem(sys.modules, f"proapi_gateway.{module}", raising=False)
    check_it_counts(in_force("redis://:pass-word@h"))
    assert "pip install redis" in caplog.text
    assert "pass-word" not in caplog.text


def test_with_a_url_that_cannot_be_read(caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("redis")
    check_it_counts(in_force("redis://:pass-word@h/0?max_connections=x"))
    assert "server.state_url: " in caplog.text
    assert "pass-word" not in caplog.text
