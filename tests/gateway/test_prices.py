"""What replies cost: by the shipped prices, and by those of api.yaml."""

from __future__ import annotations

from decimal import Decimal

import pytest

from proapi_gateway.prices import Prices
from proapi_gateway.settings import ModelPrice
from proapi_translate import Usage

from .config_text import faults_of, load, with_server

SHIPPED = Prices({})
OWN = Prices(
    {
        "plain": ModelPrice(Decimal("2"), Decimal("10")),
        "cached": ModelPrice(Decimal("2"), Decimal("10"), Decimal("0.5"), Decimal("2.5")),
        "gpt-4o": ModelPrice(Decimal(0), Decimal(0)),
    }
)


@pytest.mark.parametrize(
    ("provider", "model", "usage", "usd"),
    [
        # a million tokens of gpt-4o: 2.50 in, 1.25 cached, 10 out
        ("openai", "gpt-4o", Usage(1000, 100), "0.0035"),
        ("openai", "gpt-4o", Usage(1000, 100, cached_tokens=400), "0.0030"),
        # reasoning is part of the completion, and costs no more than that
        ("openai", "o3", Usage(1000, 100), "0.0028"),
        ("openai", "o3", Usage(1000, 100, reasoning_tokens=80), "0.0028"),
        # claude: 3 in, 0.30 read from its cache, 3.75 written to it, 15 out
        ("anthropic", "claude-sonnet-4-5", Usage(1000, 100, cached_tokens=400, cache_write_tokens=200), "0.00357"),
        ("vertexai_claude", "claude-sonnet-4-5", Usage(1000, 100, cached_tokens=400), "0.00342"),
        ("openai", "gpt-4o", Usage(), "0"),
        ("openai", "gpt-4o", Usage(100, 0, cached_tokens=500), "0.000125"),  # more cached than there was
    ],
)
def test_shipped_prices(provider: str, model: str, usage: Usage, usd: str) -> None:
    assert SHIPPED.cost(provider, model, usage) == Decimal(usd)


@pytest.mark.parametrize(
    ("provider", "model"), [("openai", "no-such-model"), ("ollama", "gpt-4o"), ("echo", "gpt-4o"), ("openai", "")]
)
def test_what_nobody_knows_has_no_price(provider: str, model: str) -> None:
    for _ in range(2):  # the second time it is remembered
        assert SHIPPED.cost(provider, model, Usage(1000, 100)) is None


@pytest.mark.parametrize(
    ("model", "usage", "usd"),
    [
        ("plain", Usage(1_000_000, 1_000_000), "12"),
        ("plain", Usage(1_000_000, 0, cached_tokens=500_000), "2"),
        ("cached", Usage(1_000_000, 0, cached_tokens=500_000, cache_write_tokens=250_000), "1.375"),
        ("cached", Usage(10, 0, cached_tokens=50), "0.000005"),
        ("gpt-4o", Usage(1000, 1000), "0"),
    ],
)
def test_own_prices_come_first(model: str, usage: Usage, usd: str) -> None:
    assert OWN.cost("openai", model, usage) == Decimal(usd)


def test_they_are_read_from_the_file() -> None:
    rows = "my/model:free: { input: 0.15, output: 0.6, cached_input: 0 }, other: { input: 1, output: 2 }"
    assert load(with_server(f"prices: {{ {rows} }}")).server.prices == {
        "my/model:free": ModelPrice(Decimal("0.15"), Decimal("0.6"), Decimal(0)),
        "other": ModelPrice(Decimal(1), Decimal(2)),
    }


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("prices: { m: { input: 1 } }", "server.prices.m"),
        ("prices: { m: { input: -1, output: 2 } }", "server.prices.m.input"),
        ("prices: { m: { input: 1, output: 2, per: month } }", "server.prices.m.per"),
        ("prices: { m: 5 }", "server.prices.m"),
        ("prices: [ m ]", "server.prices"),
    ],
)
def test_faults_name_their_place(line: str, place: str) -> None:
    assert any(f"{place}: " in fault for fault in faults_of(with_server(line)))
