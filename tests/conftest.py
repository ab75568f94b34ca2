"""For all tests: Hypothesis draws the same examples every time, and no clock decides: the machines are shared."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from hypothesis import HealthCheck, settings

from tests.mariadb_server import running_mariadb
from tests.mariadb_server import why_not as why_no_mariadb
from tests.postgresql_server import running_postgresql
from tests.postgresql_server import why_not as why_no_postgresql
from tests.redis_server import running_redis
from tests.redis_server import why_not as why_no_redis

settings.register_profile(
    "shared machine", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("shared machine")

# httpx gives up after five seconds where nobody says otherwise: too soon for a machine that is busy.
httpx._config.DEFAULT_TIMEOUT_CONFIG.connect = httpx._config.DEFAULT_TIMEOUT_CONFIG.read = 60.0


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis of our own, for all tests that share one: each keeps to keys that no other uses, or empties it."""
    if reason := why_no_redis():
        pytest.skip(reason)
    with running_redis() as url:
        yield url


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a database of our own, for all tests that share one: each empties it first."""
    if reason := why_no_postgresql():
        pytest.skip(reason)
    with running_postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def mariadb() -> Iterator[str]:
    """As `postgresql`."""
    if reason := why_no_mariadb():
        pytest.skip(reason)
    with running_mariadb() as url:
        yield url
