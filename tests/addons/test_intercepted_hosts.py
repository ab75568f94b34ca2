"""Which hosts are opened, by name and port."""

import pytest

from addons.intercepted_hosts import InterceptedHosts

HOSTS = InterceptedHosts(["api.openai.com", "llm.local:8443", "[::1]:9000", "fe80::1", "llm.local:9443"])


@pytest.mark.parametrize(
    ("host", "port", "opened"),
    [
        ("api.openai.com", 443, True),
        ("API.OpenAI.com", 80, True),
        ("api.openai.com.", 443, True),
        ("api.openai.com", 8443, False),
        ("eu.api.openai.com", 443, False),
        ("api.openai.com.evil.example", 443, False),
        ("openai.com", 443, False),
        ("llm.local", 8443, True),
        ("llm.local", 9443, True),
        ("llm.local", 443, False),
        ("::1", 9000, True),
        ("fe80::1", 443, True),
        (None, 443, False),
        ("", 443, False),
    ],
)
def test_only_listed_hosts_are_opened(host: str | None, port: int, opened: bool) -> None:
    assert HOSTS.opens(host, port) is opened


def test_a_host_is_known_whatever_its_port() -> None:
    assert "LLM.local" in HOSTS
    assert "example.org" not in HOSTS
