"""The bill of one reply, in nano-dollars, for the budget of the token that asked."""

from __future__ import annotations

import logging

from proapi_translate import Usage

from .prices import Prices
from .spending import NANO

logger = logging.getLogger(__name__)

_FIRST = Usage(prompt_tokens=1, completion_tokens=1)  # the first price takes fifty times as long as all others


class Billing:
    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._told: set[tuple[str, str]] = set()

    def load(self) -> None:
        """Ahead of time, in a thread: takes half a second."""
        self._prices.load()
        self._prices.cost("openai", "gpt-4o", _FIRST)

    def nano(self, provider: str, model: str, usage: Usage) -> int:
        """0 where nobody knows the price, which is told once for each model. `provider` and `model`: the backend's."""
        cost = self._prices.cost(provider, model, usage)
        if cost is not None:
            return int(cost * NANO)
        if (provider, model) not in self._told:
            self._told.add((provider, model))
            logger.warning("the price of %s (%s) is not known: no budget counts it; see server.prices", model, provider)
        return 0
