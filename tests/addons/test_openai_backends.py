"""Who speaks OpenAI's API, and where."""

import pytest

from addons.openai_backends import openai_address, speaks_openai
from proapi_translate import Target


@pytest.mark.parametrize(
    ("provider", "speaks"),
    [
        *(("openai", True), ("deepseek", True), ("vllm", True), ("azure", True)),
        *(("anthropic", False), ("echo", False), ("nonesuch", False)),
    ],
)
def test_who_speaks_it(provider: str, speaks: bool) -> None:
    assert speaks_openai(provider) is speaks


def test_where_a_path_is() -> None:
    url, headers = openai_address(Target("openai", "m", credential="k", headers={"X-Extra": "1"}), "files?x=1")
    assert url == "https://api.openai.com/v1/files?x=1"
    assert headers["authorization"] == "Bearer k"
    assert headers["x-extra"] == "1"
    assert openai_address(Target("openai", "m", base_url="http://h/v1/"), "files")[0] == "http://h/v1/files"
    azure = Target("azure", "d", base_url="https://r.openai.azure.com", credential="k")
    assert openai_address(azure, "realtime?model=d") == (
        "https://r.openai.azure.com/openai/v1/realtime?model=d",
        {"api-key": "k"},
    )
