"""One gateway for all clients: OpenAI's own model names, and three vendors behind them that are strict about theirs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.clients import fake_anthropic, fake_deepseek, fake_gemini
from tests.end_to_end.configs import TOKEN
from tests.end_to_end.paced_backend import PacedBackend
from tests.end_to_end.running_proxy import RunningProxy

CONFIG = """
providers:
  - provider: anthropic
    base_url: {anthropic}
    api_key: key-anthropic
    model: [ {claude}: gpt-5, {claude}: gpt-6-sol ]
  - provider: gemini
    base_url: {gemini}/v1beta
    api_key: key-gemini
    model: [ {gemini_model}: gpt-5-mini, {gemini_model}: gpt-5.6-luna, {gemini_embeddings}: text-embedding-3-small ]
  - provider: deepseek
    base_url: {deepseek}
    api_key: key-deepseek
    model: [ {deepseek_model}: gpt-4.1, {deepseek_model}: gpt-5.5, {deepseek_embeddings}: text-embedding-3-large ]
tokens:
  - api_key: {token}
    model: [ all ]
"""


@pytest.fixture(scope="session")
def gateway() -> Iterator[RunningProxy]:
    with ExitStack() as stack:
        fakes = {
            name: stack.enter_context(PacedBackend(answer=answer)).url
            for name, answer in (
                ("anthropic", fake_anthropic.answer),
                ("gemini", fake_gemini.answer),
                ("deepseek", fake_deepseek.answer),
            )
        }
        config = CONFIG.format(
            **fakes,
            claude=fake_anthropic.MODEL,
            gemini_model=fake_gemini.MODEL,
            gemini_embeddings=fake_gemini.EMBEDDING_MODEL,
            deepseek_model=fake_deepseek.MODEL,
            deepseek_embeddings=fake_deepseek.EMBEDDING_MODEL,
            token=TOKEN,
        )
        yield stack.enter_context(RunningProxy(config))
