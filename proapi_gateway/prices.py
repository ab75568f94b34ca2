"""What a reply costs: the prices of `genai-prices`, whose data ships with it, and those that api.yaml sets itself.

    prices = Prices({"my-model": ModelPrice(input=Decimal("1.5"), output=Decimal("6"))})
    prices.cost("openai", "gpt-4o", Usage(prompt_tokens=1000, completion_tokens=100, cached_tokens=400))

The first call loads the library: a fifth of a second, not for the event loop (`load` does it ahead of time, in a
thread).
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from proapi_translate import Usage

from .settings import ModelPrice

logger = logging.getLogger(__name__)

_PER_TOKENS = Decimal(1_000_000)

# Our providers → the library's ids, as in genai-prices 0.2.3. Those that are not here (relays, local servers) have the
# prices that api.yaml gives them, and no others.
_LIBRARY_IDS = {
    "anthropic": "anthropic",
    "azure": "azure",
    "bedrock": "aws",
    "cerebras": "cerebras",
    "cloudflare": "cloudflare",
    "cohere": "cohere",
    "deepseek": "deepseek",
    "fireworks": "fireworks",
    "gemini": "google",
    "glm": "zhipuai",
    "groq": "groq",
    "minimax": "minimax",
    "mistral": "mistral",
    "moonshot": "moonshotai",
    "openai": "openai",
    "openrouter": "openrouter",
    "perplexity": "perplexity",
    "together": "together",
    "vertexai_claude": "google",
    "vertexai_gemini": "google",
    "xai": "x-ai",
    "zhipu": "zhipuai",
}


class Prices:
    """`own`: by the backend's name of a model; they win over the library's."""

    def __init__(self, own: Mapping[str, ModelPrice]) -> None:
        self._own = own
        self._library: Any = None  # the module, False where it is not installed
        self._unknown: set[tuple[str, str]] = set()  # a search through all prices, once for each

    def load(self) -> None:
        """Import the library."""
        if self._library is None:
            try:
                import genai_prices
            except ImportError:
                logger.warning("genai-prices is not installed: only `server.prices` tells what a reply costs")
                self._library = False
            else:
                self._library = genai_prices

    def cost(self, provider: str, model: str, usage: Usage) -> Decimal | None:
        """US dollars. None: nobody knows the price. `provider`: as in api.yaml; `model`: the backend's name for it."""
        price = self._own.get(model)
        if price is not None:
            return _own_cost(price, usage)
        library_id = _LIBRARY_IDS.get(provider)
        if library_id is None or (library_id, model) in self._unknown:
            return None
        self.load()
        return self._library_cost(library_id, model, usage) if self._library else None

    def _library_cost(self, library_id: str, model: str, usage: Usage) -> Decimal | None:
        # By its rules the parts are within the whole, as by OpenAI's; it refuses counts that are not.
        counts = {
            "input_tokens": usage.prompt_tokens,
            "cache_read_tokens": min(usage.cached_tokens, usage.prompt_tokens),
            "cache_write_tokens": min(usage.cache_write_tokens, max(usage.prompt_tokens - usage.cached_tokens, 0)),
            "output_tokens": usage.completion_tokens,
            "input_audio_tokens": usage.audio_prompt_tokens,
            "output_audio_tokens": usage.audio_completion_tokens,
        }
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about units that a model has no price for
                told = self._library.Usage(**{name: count for name, count in counts.items() if count})
                total: Decimal = self._library.calc_price(told, model, provider_id=library_id).total_price
        except LookupError:
            self._unknown.add((library_id, model))
            return None
        except ValueError:
            return None  # counts that contradict each other
        return total


def _own_cost(price: ModelPrice, usage: Usage) -> Decimal:
    cached = min(usage.cached_tokens, usage.prompt_tokens)
    written = min(usage.cache_write_tokens, usage.prompt_tokens - cached)
    plain = usage.prompt_tokens - cached - written
    cached_price = price.input if price.cached_input is None else price.cached_input
    write_price = price.input if price.cache_write is None else price.cache_write
    total = plain * price.input + cached * cached_price + written * write_price
    return (total + usage.completion_tokens * price.output) / _PER_TOKENS
