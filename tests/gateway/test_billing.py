"""What a budget counts: known prices to the nano-dollar, unknown ones not at all, with one line in the log."""

from __future__ import annotations

import logging
from decimal import Decimal

import pytest

from proapi_gateway.billing import Billing
from proapi_gateway.prices import Prices
from proapi_gateway.settings import ModelPrice
from proapi_translate import Usage

USAGE = Usage(prompt_tokens=1000, completion_tokens=10)


def test_a_price_of_api_yaml_in_nano_dollars() -> None:
    billing = Billing(Prices({"m": ModelPrice(Decimal("1.5"), Decimal("6"))}))
    assert billing.nano("openai", "m", USAGE) == 1000 * 1_500 + 10 * 6_000


def test_a_price_of_the_library_after_it_was_loaded_ahead_of_time() -> None:
    billing = Billing(Prices({}))
    billing.load()
    assert billing.nano("openai", "gpt-4o", USAGE) > 0


def test_unknown_prices_are_told_once_for_each_model(caplog: pytest.LogCaptureFixture) -> None:
    billing = Billing(Prices({}))
    with caplog.at_level(logging.WARNING):
        told = [billing.nano("vllm", model, USAGE) for model in ("a", "b", "a", "b")]
    assert told == [0, 0, 0, 0]
    assert [record.getMessage() for record in caplog.records] == [
        "the price of a (vllm) is not known: no budget counts it; see server.prices",
        "the price of b (vllm) is not known: no budget counts it; see server.prices",
    ]
