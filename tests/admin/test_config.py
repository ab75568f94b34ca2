"""The editor of the configuration."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from proapi_gateway.config import load_settings_file
from proapi_gateway.settings import Settings
from proapi_gateway.settings_changes import settings_changes
from tests.admin.pages import PASSWORD, FakeGateway, PageClient, admin_app, logged_in
from tests.gateway.config_text import load

TEXT = """providers:
- provider: openai
  api_key: sk-hid-den-openai-key
  model: [gpt-4o]
tokens:
- {api_key: sk-hid-den-token, model: [all]}
server:
  admin_server: true
  password: a long password
"""
_VERSION = re.compile(r'name="version" value="(\w*)"')
_TEXTAREA = re.compile(r"<textarea[^>]*>\n(.*?)</textarea>", re.DOTALL)


@pytest.fixture
def gateway(tmp_path: Path) -> FakeGateway:
    path = tmp_path / "api.yaml"
    path.write_text(TEXT, encoding="utf-8")
    gateway = FakeGateway(settings=load(TEXT), path=path)

    def reload() -> tuple[str, ...]:
        before, gateway.settings = gateway.settings, load_settings_file(path, {})
        return settings_changes(before, gateway.settings)

    gateway.services |= {"reload": reload, "data_folder": lambda: tmp_path / "data"}
    return gateway


@dataclass
class Editor:
    client: PageClient

    def __post_init__(self) -> None:
        page = self.client.get("/admin/config").text
        version, area = _VERSION.search(page), _TEXTAREA.search(page)
        assert version
        assert area
        self.version, self.text = version[1], html.unescape(area[1])

    def check(self, text: str) -> str:
        return self.client.post("/admin/config/check", data={"text": text, "version": self.version}).text

    def save(self, text: str) -> tuple[int, str]:
        data = {"text": text.replace("\n", "\r\n"), "version": self.version}  # as browsers do
        response = self.client.post("/admin/config", data=data)
        return response.status_code, response.text


@pytest.fixture
def editor(gateway: FakeGateway) -> Editor:
    return Editor(logged_in(admin_app(gateway)))


def test_the_file_is_shown_without_its_keys(editor: Editor) -> None:
    shown = re.sub("sk-hid-den-openai-key|sk-hid-den-token|a long password", "‹›", TEXT)
    assert re.sub("‹[^›]*›", "‹›", editor.text) == shown
    assert "hid-den" not in editor.client.get("/admin/config").text


def test_a_text_is_checked_as_it_is_typed(editor: Editor) -> None:
    panel = editor.check(editor.text.replace("model: [gpt-4o]", "modle: [gpt-4o]"))
    assert 'data-fault-line="4"' in panel
    assert "modle" in panel
    assert re.search(r"<button class=\"primary\" disabled>", panel)
    assert "hid-den" not in panel


CHINESE = {"accept-language": "zh-CN"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("model: [gpt-4o]", "modle: [gpt-4o]", ["未知的键 modle", "是否想写 model？", "它所提供的模型列表"]),
        ("provider: openai", "provider: opnai", ["是否想写 openai？（没有专门名称的服务请写", "&#39;opnai&#39;"]),
        ("admin_server: true", "admin_server: maybe", ["应为： true 或 false"]),
        ("admin_server: true", "cache_scope: none", ["以下之一：token, all"]),
        ("[gpt-4o]", "[gpt-4o, 7]", ["模型名称，并加引号"]),
        ("[gpt-4o]", "[gpt-4o", ["不是有效的 YAML（缺少 , 或 ]）"]),
        (
            "[all]",
            "[gpt-5]",
            ["允许使用 “gpt-5”，但没有渠道提供它；是否想写 “gpt-4o”？", "第 6 行", "令牌 token-1：patterns 有变化"],
        ),
        ("admin_server: true", "proxy_auth: a:b", ["server.proxy_auth：有变化"]),
        ("sk-hid-den-openai-key", '"${NO_KEY}"', ["在设置好环境变量之前不会使用：openai (NO_KEY)"]),
    ],
)
def test_what_the_check_finds_is_told_in_the_readers_language(
    editor: Editor, gateway: FakeGateway, old: str, new: str, told: list[str]
) -> None:
    masked = re.sub("sk-hid-den-openai-key", "‹kept-1 sk-h…-key›", old)
    data = {"text": editor.text.replace(masked, new), "version": editor.version}
    assert masked in editor.text
    panel = editor.client.post("/admin/config/check", data=data, headers=CHINESE).text
    for words in told:
        assert words in panel


def test_what_would_change_is_told_before_it_is_saved(editor: Editor, gateway: FakeGateway) -> None:
    panel = html.unescape(editor.check(editor.text.replace("[gpt-4o]", "[gpt-4o, gpt-5]")))
    assert "provider openai: routes changed" in panel
    assert '<span class="removed">-  model: [gpt-4o]' in panel
    assert '<span class="added">+  model: [gpt-4o, gpt-5]' in panel
    assert re.search(r"<button class=\"primary\" >", panel)
    assert gateway.path.read_text(encoding="utf-8") == TEXT


def test_a_save_keeps_the_keys_and_takes_effect(editor: Editor, gateway: FakeGateway) -> None:
    status, page = editor.save(editor.text.replace("[gpt-4o]", "[gpt-4o, gpt-5]"))
    assert status == 200
    assert gateway.path.read_text(encoding="utf-8") == TEXT.replace("[gpt-4o]", "[gpt-4o, gpt-5]")
    assert [route.alias for route in gateway.settings.providers[0].routes] == ["gpt-4o", "gpt-5"]
    assert "provider openai: routes changed" in page
    (backup,) = gateway.path.parent.glob("api.yaml.backup-*")
    assert backup.read_text(encoding="utf-8") == TEXT
    assert backup.name in page
    assert "hid-den" not in page


def test_a_key_is_replaced_by_what_is_written_in_its_place(editor: Editor, gateway: FakeGateway) -> None:
    edited = re.sub("‹kept-1[^›]*›", "sk-a-new-key-of-mine", editor.text)
    assert "sk-a-new-key-of-mine" not in editor.save(edited)[1]
    assert gateway.path.read_text(encoding="utf-8") == TEXT.replace("sk-hid-den-openai-key", "sk-a-new-key-of-mine")


@pytest.mark.parametrize("edit", ["", "providers: [", "‹kept-9›", "providers: []\n", "# x" * 200_000])
def test_a_faulty_text_is_not_saved_and_not_lost(editor: Editor, gateway: FakeGateway, edit: str) -> None:
    status, page = editor.save(edit)
    assert status == 422
    assert gateway.path.read_text(encoding="utf-8") == TEXT
    if edit:
        assert html.escape(edit) in page
    assert not list(gateway.path.parent.glob("api.yaml.backup-*"))


def test_what_somebody_else_saved_meanwhile_is_not_lost(editor: Editor, gateway: FakeGateway) -> None:
    theirs = TEXT.replace("gpt-4o", "theirs")
    gateway.path.write_text(theirs, encoding="utf-8")
    status, page = editor.save(editor.text.replace("gpt-4o", "mine"))
    assert status == 422
    assert "Somebody else" in page
    assert "mine" in page
    assert gateway.path.read_text(encoding="utf-8") == theirs
    assert "Somebody else" in editor.check(editor.text.replace("gpt-4o", "mine"))


def test_a_reload_by_hand_tells_what_changed(editor: Editor, gateway: FakeGateway) -> None:
    gateway.path.write_text(TEXT.replace("gpt-4o", "gpt-5"), encoding="utf-8")
    assert "provider openai: routes changed" in editor.client.post("/admin/config/reload").text
    assert "Nothing changed" in editor.client.post("/admin/config/reload").text
    gateway.path.write_text("providers: 1", encoding="utf-8")
    refused = editor.client.post("/admin/config/reload")
    assert refused.status_code == 422
    assert 'data-go-to-line="1"' in refused.text


def test_a_file_that_cannot_be_written_is_told(editor: Editor, gateway: FakeGateway) -> None:
    folder = gateway.path.parent
    gateway.services["data_folder"] = lambda: folder / "api.yaml"  # no folder at all
    folder.joinpath("api.yaml.backup-20251124-160000").mkdir()
    other = Editor(logged_in(admin_app(gateway)))
    status, page = other.save(other.text.replace("gpt-4o", "gpt-5"))
    assert status == 500
    assert "cannot be written" in page
    assert gateway.path.read_text(encoding="utf-8") == TEXT


def test_a_file_that_is_gone_is_told(editor: Editor, gateway: FakeGateway) -> None:
    gateway.path.unlink()
    page = editor.client.get("/admin/config")
    assert page.status_code == 200
    assert "No such file" in page.text


# -- scripts, as the seed system's were written ----------------------------------------------------------------------
def bearer(client: PageClient) -> dict[str, str]:
    """In place of the cookie and the CSRF token."""
    login = client.post("/admin/login", json={"username": "admin", "password": PASSWORD})
    assert login.json is not None
    client.csrf_token = ""
    client.delete_cookie("proapi_admin")
    return {"authorization": f"Bearer {login.json['data']['token']}"}


def test_a_script_reads_edits_and_saves(editor: Editor, gateway: FakeGateway) -> None:
    client, script = editor.client, bearer(editor.client)
    read = client.get("/admin/config", headers=script).json
    assert read is not None
    assert read["data"]["file_path"] == str(gateway.path)
    assert "hid-den" not in read["data"]["content"]
    edited = read["data"]["content"].replace("[gpt-4o]", "[gpt-4o, gpt-5]")
    saved = client.post("/admin/config", json={"content": edited}, headers=script)
    assert saved.status_code == 200
    assert saved.json is not None
    assert (saved.json["status"], saved.json["changes"]) == (0, ["provider openai: routes changed"])
    assert "set-cookie" not in saved.headers
    assert gateway.path.read_text(encoding="utf-8") == TEXT.replace("[gpt-4o]", "[gpt-4o, gpt-5]")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "An empty file is no configuration."),
        ("providers: [", "api.yaml:2: found what is no YAML"),
        (TEXT.replace("model: [gpt-4o]", "modle: [gpt-4o]"), "did you mean model?"),
        (7, "api.yaml:1: found an integer"),
    ],
)
def test_a_script_is_told_why_nothing_was_saved(
    editor: Editor, gateway: FakeGateway, content: object, told: str
) -> None:
    refused = editor.client.post("/admin/config", json={"content": content}, headers=bearer(editor.client))
    assert refused.status_code == 422
    assert refused.json is not None
    assert refused.json["status"] == 1
    assert told in refused.json["msg"]
    assert gateway.path.read_text(encoding="utf-8") == TEXT


@pytest.mark.parametrize("forged", ["", "x", "eyJwcm9vZiI6ICJ4In0.aSXX.abc"])
def test_a_script_without_a_good_bearer_changes_nothing(editor: Editor, gateway: FakeGateway, forged: str) -> None:
    editor.client.delete_cookie("proapi_admin")
    headers = {"authorization": f"Bearer {forged}"}
    refused = editor.client.post("/admin/config", json={"content": TEXT + "#"}, headers=headers)
    assert (refused.status_code, refused.json) == (401, {"status": 1, "msg": "未登录"})
    assert gateway.path.read_text(encoding="utf-8") == TEXT


def test_a_cookie_alone_changes_nothing(editor: Editor, gateway: FakeGateway) -> None:
    editor.client.csrf_token = ""
    refused = editor.client.post("/admin/config", json={"content": TEXT + "#"})
    assert refused.status_code == 403
    assert refused.json is not None
    assert "Bearer" in refused.json["msg"]
    assert gateway.path.read_text(encoding="utf-8") == TEXT


def test_a_bearer_ends_with_the_password(editor: Editor, gateway: FakeGateway) -> None:
    client, script = editor.client, bearer(editor.client)
    assert client.get("/admin/config", headers=script).status_code == 200
    gateway.settings = load(TEXT.replace("a long password", "another password"))
    assert client.get("/admin/config", headers=script).status_code == 401


class Remote:
    name = "https://config.example/api.yaml"
    editable = None
    poll_s = 60.0

    def text(self) -> str:
        return TEXT

    def read(self) -> Settings:
        return load(TEXT)

    def changed(self) -> bool:
        return False


def test_a_remote_configuration_is_shown_and_not_changed(gateway: FakeGateway) -> None:
    gateway.services["source"] = Remote
    editor = Editor(logged_in(admin_app(gateway)))
    page = editor.client.get("/admin/config").text
    assert "readonly" in page
    assert "config_url" in page
    assert "hid-den" not in page
    assert 'class="primary"' not in page
    assert editor.save(editor.text.replace("gpt-4o", "gpt-5"))[0] == 422
