"""Fixtures of the end-to-end tests: a paced backend, and a factory of running proxies, all stopped at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.end_to_end.paced_backend import PacedBackend
from tests.end_to_end.running_proxy import RunningProxy


@pytest.fixture
def backend() -> Iterator[PacedBackend]:
    with PacedBackend() as running:
        yield running


@pytest.fixture
def start_proxy() -> Iterator[Callable[..., RunningProxy]]:
    """`start_proxy(config, **options)` starts one and hands it back ready; see `RunningProxy`."""
    started: list[RunningProxy] = []

    def start(config: str, **options: object) -> RunningProxy:
        proxy = RunningProxy(config, **options)  # type: ignore[arg-type]
        started.append(proxy.start())
        return proxy

    yield start
    for proxy in started:
        proxy.__exit__()
