"""Which hosts are opened."""

import pytest

from addons.intercepted_hosts import InterceptedHosts

HOSTS = InterceptedHosts(["api.openai.com", "LLM.local", "fe80::1"])


@pytest.mark.parametrize(
    ("host", "opened"),
    [
        ("api.openai.com", True),
        ("API.OpenAI.com", True),
        ("api.openai.com.", True),
        ("llm.local", True),
        ("[fe80::1]", True),
        ("eu.api.openai.com", False),
        ("api.openai.com.evil.example", False),
        ("openai.com", False),
        (None, False),
        ("", False),
    ],
)
def test_only_listed_hosts_are_opened(host: str | None, opened: bool) -> None:
    assert HOSTS.opens(host) is opened
