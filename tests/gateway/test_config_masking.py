"""An api.yaml without its secrets, and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proapi_gateway.config_masking import UnknownKept, mask_secrets

ROOT = Path(__file__).resolve().parents[2]

SECRET_TEXTS = [
    "providers: [{provider: openai, api_key: HID-den-key}]",
    "a:\n  api_key: HID-den-key # the first\n  model: [m]",
    'api_key: "HID-den-key"',
    "api_key: [ HID-den-key, '${KEY_B}', \"HID-another\" ]",
    "api_key:\n- HID-den-key\n- HID-another\n",
    "api_key: &shared HID-den-key\nb: {api_key: *shared}",
    "password: HID",
    "jwt_secret_key: HID-den\nproxy_auth: user:HID-den",
    "REFRESH_TOKEN: HID-den\nCLIENT_SECRET: HID-den\naws_secret_access_key: HID",
    "apikey: HID-den",
    "headers: { x-extra: HID-den, authorization: Bearer HID-den }",
    "db_path: postgresql://user:HID-den@host/db\nstate_url: redis://:HID-den@h:1",
    "# api_key: HID-den-key\nb: 1",
    "b: 1  # my token = HID-den-key",
    "description: 'sk-HIDabcdefghijkl'",
    "private_key: |\n  HID-den\n  HID-den\nb: 1\n",
    "providers: [ {api_key: HID-den",  # no YAML
    "password: 'HID-den\nb: 1",
    "\tapi_key: HID-den",
]


@pytest.mark.parametrize("text", SECRET_TEXTS)
def test_no_secret_is_shown_and_all_come_back(text: str) -> None:
    masked = mask_secrets(text)
    assert "HID" not in masked.text.replace("‹kept-1 HID-…", "‹kept-1 …")
    assert masked.text.count("\n") == text.count("\n") or "|" in text
    assert masked.restore(masked.text) == text


@pytest.mark.parametrize(
    "text",
    [
        "api_key: passthrough",
        "tokens: [{api_key: all, model: [all]}]",
        'api_key: "${OPENAI_API_KEY}"',
        "api_key: [ '${A}', '${B:-x}' ]",
        "model: [ text-key-1, my-token-model: alias ]\nbalance: [ secret: 2 ]",
        "base_url: https://api.example/v1",
        "password: ''",
        "limits: {rpm: 60}",
        "",
    ],
)
def test_what_is_no_secret_is_shown(text: str) -> None:
    assert mask_secrets(text).text == text


def test_the_label_is_the_mask_that_all_pages_show() -> None:
    assert mask_secrets("api_key: sk-abcdefghijkl # x").text == "api_key: ‹kept-1 sk-a…ijkl› # x"
    assert mask_secrets('api_key: "sk-abcdefghijkl"').text == "api_key: ‹kept-1 sk-a…ijkl›"
    assert mask_secrets("password: short").text == "password: ‹kept-1 …›"


def test_an_edited_text_gets_the_kept_ones_back_wherever_they_went() -> None:
    masked = mask_secrets("a: {api_key: one-one-one}\nb: {api_key: two-two-two}\n")
    edited = "b: {api_key: [‹kept-2 renamed by hand›, new]}\nc: ‹kept-1›"
    assert masked.restore(edited) == "b: {api_key: [two-two-two, new]}\nc: one-one-one"


def test_a_placeholder_of_nothing_is_told() -> None:
    with pytest.raises(UnknownKept, match="kept-2"):
        mask_secrets("api_key: one").restore("api_key: ‹kept-2 x›")


def test_the_example_comes_back_as_it_is() -> None:
    text = (ROOT / "api.yaml.example").read_text(encoding="utf-8")
    masked = mask_secrets(text)
    assert "sk-proapi-example" not in masked.text
    assert masked.restore(masked.text) == text


@given(st.text(alphabet="ab:- \n#\"'[]{}&*|>\t\u4e2d\U0001f600k,", max_size=60), st.sampled_from(SECRET_TEXTS))
def test_any_text_comes_back(around: str, secret: str) -> None:
    for text in (around + secret, secret + "\n" + around):
        masked = mask_secrets(text)
        assert masked.restore(masked.text) == text
