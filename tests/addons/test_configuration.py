"""api.yaml as the script finds it."""

import logging
from pathlib import Path

import pytest
from mitmproxy.test import taddons

from addons.configuration import Configuration, config_path
from proapi_translate import OwnFault
from tests.addons.exchanges import CONFIG, settings


def test_the_path_is_the_contracts() -> None:
    assert config_path({}) == "api.yaml"
    assert config_path({"PROAPI_CONFIG": ""}) == "api.yaml"
    assert config_path({"PROAPI_CONFIG": "/x/y.yaml"}) == "/x/y.yaml"


def test_the_option_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(CONFIG + "intercept:\n  hosts: [ llm.example ]\n")
    configuration = Configuration()
    with taddons.context(configuration) as tctx:
        tctx.configure(configuration, proapi_config=str(file))
        assert configuration.gateway().snapshot.settings.providers[0].provider == "openai"
        assert configuration.hosts().opens("llm.example")
        assert configuration.hosts().opens("api.openai.com")


def test_a_bad_file_is_told_fault_by_fault_and_leaves_what_there_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("providers: 1\ntokens: 2\nsever: {}\n")
    configuration = Configuration(settings=settings())
    before = configuration.gateway().snapshot
    with taddons.context(configuration) as tctx, caplog.at_level(logging.ERROR):
        tctx.configure(configuration, proapi_config=str(bad))
    assert len([record for record in caplog.records if "bad.yaml" in record.message]) >= 3
    assert configuration.gateway().snapshot is before


def test_flows_that_have_started_keep_their_settings() -> None:
    configuration = Configuration(settings=settings())
    before = configuration.gateway().snapshot
    configuration.use(settings(CONFIG.replace("[ m ]", "[ other ]")))
    assert "m" in before.router.members
    assert "m" not in configuration.gateway().snapshot.router.members


def test_a_request_before_any_configuration_is_our_fault() -> None:
    with pytest.raises(OwnFault):
        Configuration().gateway()
