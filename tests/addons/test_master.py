"""What of the environment concerns mitmproxy."""

from dataclasses import replace
from pathlib import Path

import pytest

from addons.master import main, mitmproxy_options, proxy_remark
from addons.workers import shares_doors
from tests.gateway.sample_settings import block, settings


def test_options_from_the_environment() -> None:
    assert mitmproxy_options({}) == []
    assert mitmproxy_options({"PROAPI_CONFDIR": "/c d", "SSL_CERT_FILE": "/ca.pem"}) == [
        "confdir=/c d",
        "ssl_verify_upstream_trusted_ca=/ca.pem",
    ]


def test_only_a_worker_shares_its_doors() -> None:
    assert not shares_doors({"PROAPI_WORKERS": "3"})
    assert shares_doors({"PROAPI_SHARED_DOORS": "1"})


def test_a_proxy_of_the_environment_that_leads_to_no_backend_is_told() -> None:
    environment = {"https_proxy": "http://127.0.0.1:7890"}
    assert "`proxy: ${https_proxy}` in" in proxy_remark(settings(block(0, "m")), environment)
    assert proxy_remark(settings(replace(block(0, "m"), proxy="http://127.0.0.1:7890")), environment) == ""
    assert proxy_remark(settings(block(0, "m")), {"https_proxy": ""}) == ""


@pytest.mark.parametrize("limit_ca", ["true", "false"])
def test_without_a_ca_it_does_not_start(
    limit_ca: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "api.yaml"
    config.write_text(
        "providers: [{ provider: echo, model: [m] }]\ntokens: [{ api_key: sk-1, model: [all] }]\n"
        f"intercept: {{ limit_ca: {limit_ca} }}\n"
    )
    for name, value in {"CONFIG": config, "CONFDIR": config, "PORT": 0, "PROXY_PORT": 0}.items():
        monkeypatch.setenv(f"PROAPI_{name}", str(value))
    monkeypatch.setattr("addons.master._set_up_log", lambda: None)
    assert main([]) == 1
    assert capsys.readouterr().err.startswith(f"no CA can be read or made in {config} (")
