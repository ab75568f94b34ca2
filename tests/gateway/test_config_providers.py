import pytest

from proapi_gateway.settings import KeySource, ProviderSettings, Route, Timeouts
from proapi_translate.providers.anthropic import VERTEX_CLAUDE_LOCATION
from proapi_translate.providers.google import VERTEX_GEMINI_LOCATIONS

from .config_text import GOOD_TOKENS, faults_of, load, load_block, with_block

MODEL = "\nmodel: [m]\n"


def openai(lines: str) -> str:
    return f"provider: openai\n{lines}{MODEL}"


def plain_keys(block: ProviderSettings) -> list[str]:
    return [key.reveal() for key in block.api_keys]


def test_defaults() -> None:
    assert load_block(f"provider: echo{MODEL}") == ProviderSettings(
        place=0, provider="echo", key_source=KeySource.NONE, routes=(Route("m", "m"),)
    )


def test_every_common_key() -> None:
    block = load_block(
        openai(
            """
            name: backup
            base_url: https://relay.example:8443/v1//
            api_key: sk-1
            timeout: { connect: 1, first_byte: 2.5, total: 4 }
            headers: { X-Extra: 1, x-flag: true-ish, authorization: "Bearer x" }
            proxy: http://user:pw@127.0.0.1:7890
            strict: yes
            retry_in_doubt: off
            api: responses
            """.replace("\n            ", "\n")
        )
    )
    assert block.label == "openai/backup"
    assert block.base_url == "https://relay.example:8443/v1"
    assert block.timeouts == Timeouts(connect=1, first_byte=2.5, idle=120, total=4)
    assert dict(block.headers) == {"X-Extra": "1", "x-flag": "true-ish", "authorization": "Bearer x"}
    assert block.proxy == "http://user:pw@127.0.0.1:7890"
    assert (block.strict, block.retry_in_doubt) == (True, False)
    assert dict(block.options) == {"api": "responses"}
    assert (block.key_source, plain_keys(block)) == (KeySource.CONFIGURED, ["sk-1"])


@pytest.mark.parametrize(
    ("provider", "api"),
    [("xai", "responses"), ("vllm", "chat"), ("azure", "responses"), ("cloudflare", "run"), ("cloudflare", "openai")],
)
def test_each_provider_takes_the_apis_that_it_has(provider: str, api: str) -> None:
    own = "account_id: a" if provider == "cloudflare" else "base_url: https://h/v1"
    block = load_block(f"provider: {provider}\napi_key: k\n{own}\napi: {api}{MODEL}")
    assert block.options["api"] == api


def test_keys_without_a_value_keep_their_default() -> None:
    lines = "name:\nbase_url: ''\ntimeout:\nheaders:\nproxy: ''\nstrict:\nbalance:\napi:\napi_key: sk-1"
    assert load_block(openai(lines)) == load_block(openai("api_key: sk-1"))


def test_places_tell_blocks_apart() -> None:
    block = "- {provider: openai, name: a, api_key: sk-1, model: [m]}\n"
    settings = load(f"providers:\n{block}{block}{GOOD_TOKENS}")
    assert [provider.place for provider in settings.providers] == [0, 1]


@pytest.mark.parametrize(
    ("block", "options", "secrets", "source"),
    [
        ("provider: cloudflare\napi_key: k\naccount_id: 0123", {"account_id": "0123"}, {}, KeySource.CONFIGURED),
        (
            "provider: azure\napi_key: k\nbase_url: https://x\napi_version: 2024-10-21",
            {"api_version": "2024-10-21"},
            {},
            KeySource.CONFIGURED,
        ),
        (
            "provider: vertexai_claude\nPROJECT_ID: 42\nlocation: global\n"
            "CLIENT_ID: c\nCLIENT_SECRET: s\nREFRESH_TOKEN: r",
            {"PROJECT_ID": "42", "CLIENT_ID": "c", "location": "global"},
            {"CLIENT_SECRET": "s", "REFRESH_TOKEN": "r"},
            KeySource.EXCHANGED,
        ),
        (
            "provider: vertexai_gemini\nPROJECT_ID: p\nservice_account_file: k.json\nlocation: ''",
            {"PROJECT_ID": "p", "service_account_file": "k.json"},
            {},
            KeySource.EXCHANGED,
        ),
        (  # a relay that takes a key of its own
            "provider: vertexai_gemini\nPROJECT_ID: p\napi_key: k\ntoken_uri: https://x/token?a=b",
            {"PROJECT_ID": "p", "token_uri": "https://x/token?a=b"},
            {},
            KeySource.CONFIGURED,
        ),
        (
            "provider: bedrock\nregion: r\naws_access_key_id: a\naws_secret_access_key: b\naws_session_token: ${T:-}",
            {"region": "r", "aws_access_key_id": "a"},
            {"aws_secret_access_key": "b"},
            KeySource.CONFIGURED,
        ),
    ],
)
def test_own_keys_of_a_provider(
    block: str, options: dict[str, str], secrets: dict[str, str], source: KeySource
) -> None:
    settings = load_block(block + MODEL)
    assert dict(settings.options) == options
    assert {key: secret.reveal() for key, secret in settings.secret_options.items()} == secrets
    assert settings.key_source is source
    assert settings.unavailable == ""


@pytest.mark.parametrize(
    ("block", "locations"),
    [
        ("provider: vertexai_gemini", VERTEX_GEMINI_LOCATIONS),
        ("provider: vertexai_gemini\nlocation: ''", VERTEX_GEMINI_LOCATIONS),
        ("provider: vertexai_gemini\nlocation: global", ("global",)),
        ("provider: vertexai_gemini\nlocation: us-east4, global,", ("us-east4", "global")),
        ("provider: vertexai_claude", (VERTEX_CLAUDE_LOCATION,)),
        ("provider: vertexai_claude\nlocation: [us-east5, 'europe-west1, global', us-east5]",
         ("us-east5", "europe-west1", "global")),
        ("provider: bedrock\nregion: eu-west-1", ()),
    ],
)  # fmt: skip
def test_locations(block: str, locations: tuple[str, ...]) -> None:
    project = "\nPROJECT_ID: p" if "vertex" in block else ""
    assert load_block(block + project + MODEL).locations == locations


@pytest.mark.parametrize(
    ("block", "source", "keys"),
    [
        (openai("api_key: sk-1"), KeySource.CONFIGURED, ["sk-1"]),
        (openai("api_key: [sk-1, sk-2]"), KeySource.CONFIGURED, ["sk-1", "sk-2"]),
        (openai("api_key: [sk-1, sk-1]"), KeySource.CONFIGURED, ["sk-1"]),
        (openai("api_key: ' sk-1 '"), KeySource.CONFIGURED, ["sk-1"]),
        (openai("api_key: '123456'"), KeySource.CONFIGURED, ["123456"]),
        (openai("api_key: ${DIGITS}"), KeySource.CONFIGURED, ["123456"]),
        (openai("api_key: passthrough"), KeySource.CLIENT, []),
        (openai("base_url: http://127.0.0.1:1/v1"), KeySource.NONE, []),
        (openai("base_url: http://127.0.0.1:1/v1\napi_key:"), KeySource.NONE, []),
        (openai("base_url: http://127.0.0.1:1/v1\napi_key: ${NONE:-}"), KeySource.NONE, []),
        (f"provider: ollama{MODEL}", KeySource.NONE, []),
        (f"provider: ollama\napi_key: k{MODEL}", KeySource.CONFIGURED, ["k"]),
    ],
)
def test_key_sources(block: str, source: KeySource, keys: list[str]) -> None:
    settings = load_block(block, {"DIGITS": "123456\n"})
    assert (settings.key_source, plain_keys(settings)) == (source, keys)
    assert settings.unavailable == ""


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (openai("api_key: ${A_KEY}"), "not set in the environment: A_KEY"),
        (openai("api_key: ['${A_KEY}', '${B_KEY}']"), "not set in the environment: A_KEY, B_KEY"),
        (openai("api_key: k\nbase_url: ${WHERE}"), "not set in the environment: WHERE"),
        (openai("api_key: k\nheaders: {x: '${H}'}"), "not set in the environment: H"),
        (openai("api_key: k\ntimeout: {idle: '${T}'}"), "not set in the environment: T"),
        (f"provider: cloudflare\napi_key: k\naccount_id: ${{ID}}{MODEL}", "not set in the environment: ID"),
        (f"provider: azure\napi_key: ${{K}}\nbase_url: ${{U}}{MODEL}", "not set in the environment: U, K"),
        (openai("api_key: 请填写"), "its api_key holds characters that no HTTP header can carry"),
        (openai('api_key: "a\\nb"'), "its api_key holds characters that no HTTP header can carry"),
        (
            f"provider: vertexai_gemini\nPROJECT_ID: 填\nCLIENT_ID: 填\nCLIENT_SECRET: 填\nREFRESH_TOKEN: 填{MODEL}",
            "its CLIENT_SECRET, REFRESH_TOKEN holds characters that no HTTP header can carry",
        ),
    ],
)
def test_a_block_that_cannot_be_used_says_why(block: str, reason: str) -> None:
    settings = load(with_block(block))
    assert settings.providers[0].unavailable == reason
    assert settings.providers[0].routes == (Route("m", "m"),)
    assert len(settings.warnings) == 1


@pytest.mark.parametrize(
    ("keys", "used", "remark"),
    [
        ("['${A}', '${B}']", ["sk-b"], "the pool goes without A: not set"),
        ("[sk-1, 请填写]", ["sk-1"], "one key holds characters that no HTTP header can carry"),
        ("[sk-1, sk-1]", ["sk-1"], "in the pool already"),
    ],
)
def test_of_a_pool_the_keys_that_are_there_are_used(keys: str, used: list[str], remark: str) -> None:
    settings = load(with_block(openai(f"api_key: {keys}")), {"B": "sk-b"})
    assert plain_keys(settings.providers[0]) == used
    assert settings.providers[0].unavailable == ""
    assert remark in str(settings.warnings[0])


@pytest.mark.parametrize(
    ("block", "path", "found", "allowed"),
    [
        (f"name: x{MODEL}", ".provider", "nothing", "one of openai, "),
        (f"provider:{MODEL}", ".provider", "nothing", "`provider: openai` with its base_url"),
        (f"provider: opnai{MODEL}", ".provider", "'opnai'", "did you mean openai? (a service without a name"),
        (f"provider: OpenAI{MODEL}", ".provider", "'OpenAI'", "did you mean openai?"),
        (f"provider: zzzz{MODEL}", ".provider", "'zzzz'", "one of openai, "),
        (f"provider: [openai]{MODEL}", ".provider", "a list", "one of"),
        (f"provider: ${{NONE}}{MODEL}", ".provider", "the variable NONE, which is not set", "${NONE:-default}"),
        (f"provider: merlin\napi_key: x{MODEL}", ".provider", "'merlin'", "not supported any more"),
        ("provider: echo", ".model", "nothing", "a list of the models it serves"),
        ("provider: echo\nmodel:", ".model", "nothing", "a list of the models it serves"),
        (f"provider: openai{MODEL}", ".api_key", "nothing", "openai does not work without it"),
        (openai("api_key: ''"), ".api_key", "nothing", "openai does not work without it"),
        (openai("api_key: 123456"), ".api_key", "an integer (not shown)", "in quotes"),
        (openai("api_key: 1.5"), ".api_key", "a number (not shown)", "in quotes"),
        (openai("api_key: true"), ".api_key", "true or false (not shown)", "in quotes"),
        (openai("api_key: {a: b}"), ".api_key", "a mapping", "a key as text"),
        (openai("api_key: [[k]]"), ".api_key[0]", "a list", "a key as text"),
        (openai("api_key: [5]"), ".api_key[0]", "an integer (not shown)", "in quotes"),
        (openai("api_key: [k, passthrough]"), ".api_key[1]", "'passthrough'", "stands alone"),
        (openai("api_key: k\nbase-url: x"), ".base-url", "the unknown key base-url", "did you mean base_url?"),
        (openai("api_key: k\nzzz: x"), ".zzz", "the unknown key zzz", "the keys of a block of openai: provider, "),
        (openai("api_key: k\naccount_id: x"), ".account_id", "the unknown key account_id", "keys of a block of openai"),
        (openai("api_key: k\napi: chats"), ".api", "'chats'", "one of chat, responses"),
        (openai("api_key: k\napi: run"), ".api", "'run'", "one of chat, responses"),
        (f"provider: cloudflare\napi_key: k\naccount_id: a\napi: chat{MODEL}", ".api", "'chat'", "one of run, openai"),
        (openai("api_key: k\nstrict: 'true'"), ".strict", "'true'", "without quotes"),
        (openai("api_key: k\nstrict: 1"), ".strict", "1", "true or false"),
        (openai("api_key: k\nname: [a]"), ".name", "a list", "text"),
        (openai("api_key: k\ntimeout: 5"), ".timeout", "5", "{ connect: 10,"),
        (openai("api_key: k\ntimeout: {idel: 5}"), ".timeout.idel", "the unknown key idel", "did you mean idle?"),
        (openai("api_key: k\ntimeout: {idle: 0}"), ".timeout.idle", "0", "seconds, more than 0"),
        (openai("api_key: k\ntimeout: {idle: 5s}"), ".timeout.idle", "'5s'", "seconds, more than 0"),
        (openai("api_key: k\nheaders: [x]"), ".headers", "a list", "a mapping of header names"),
        (openai("api_key: k\nheaders: {Host: x}"), ".headers.Host", "'Host'", "none of connection"),
        (openai("api_key: k\nheaders: {a b: x}"), '.headers["a b"]', "'a b'", "a header's name"),
        (openai("api_key: k\nheaders: {a: 値}"), ".headers.a", "text (not shown)", "printable ASCII"),
        (openai("api_key: k\nheaders: {a: }"), ".headers.a", "nothing", "a header's value"),
        (openai("api_key: k\nproxy: socks5://h:1"), ".proxy", "text (not shown)", "http://host:port"),
        (openai("api_key: k\nbase_url: relay.example"), ".base_url", "'relay.example'", "http:// or https://"),
        (openai("api_key: k\nbase_url: ftp://x"), ".base_url", "'ftp://x'", "http:// or https://"),
        (openai("api_key: k\nbase_url: https://"), ".base_url", "'https://'", "http:// or https://"),
        (openai("api_key: k\nbase_url: https://x:99999"), ".base_url", "'https://x:99999'", "http:// or https://"),
        (openai("api_key: k\nbase_url: https://x?key=1"), ".base_url", "text (not shown)", "http:// or https://"),
        (openai("api_key: k\nbase_url: https://u:p@x"), ".base_url", "text (not shown)", "http:// or https://"),
        (openai("api_key: k\nbase_url: https://x/chat/completions"), ".base_url", "'https", "without /chat"),
        (openai("api_key: k\nbase_url: https://x/v1/responses/"), ".base_url", "'https", "without /responses"),
        (f"provider: azure\napi_key: k{MODEL}", ".base_url", "nothing", "azure does not work without it"),
        (f"provider: cloudflare\napi_key: k{MODEL}", ".account_id", "nothing", "cloudflare does not work without it"),
        (f"provider: bedrock\nregion: r\naws_access_key_id: a{MODEL}", ".aws_secret_access_key", "nothing", "bedrock"),
        ("5", "", "an integer (not shown)", "a mapping that begins with `provider:`"),
        ("sk-misplaced", "", "text (not shown)", "a mapping that begins with `provider:`"),
        (openai("api_key: k\nbase_url: 'https://${'"), ".base_url", "a ${ that opens no variable", "$$ for a plain"),
    ],
)
def test_faults(block: str, path: str, found: str, allowed: str) -> None:
    (fault,) = faults_of(with_block(block))
    assert f": providers[0]{path}: found {found}" in fault
    assert allowed in fault.partition("; allowed: ")[2]


def test_a_vertex_block_has_one_credential() -> None:
    both = "CLIENT_ID: c\nCLIENT_SECRET: s\nREFRESH_TOKEN: r\nservice_account_file: k.json"
    (fault,) = faults_of(with_block(f"provider: vertexai_gemini\nPROJECT_ID: p\n{both}{MODEL}"))
    assert "REFRESH_TOKEN or service_account_file, not both" in fault


@pytest.mark.parametrize("location", ["evil.test/", "[us-east5, a.b]", "{a: b}", "US EAST"])
def test_a_location_that_is_none(location: str) -> None:
    (fault,) = faults_of(with_block(f"provider: vertexai_gemini\nPROJECT_ID: p\nlocation: {location}{MODEL}"))
    assert "providers[0].location" in fault
    assert "such as us-central1" in fault


def test_a_vertex_block_needs_all_of_a_refresh_credential() -> None:
    faults = faults_of(with_block(f"provider: vertexai_claude\nPROJECT_ID: p\nCLIENT_ID: c{MODEL}"))
    assert all("all of CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, or none" in fault for fault in faults)
    assert [fault.split(": ")[1] for fault in faults] == ["providers[0].CLIENT_SECRET", "providers[0].REFRESH_TOKEN"]


def test_a_relay_without_a_key_is_remarked_on_unless_the_file_says_so() -> None:
    relay = "base_url: https://relay.example/v1"
    assert "no api_key" in str(load(with_block(openai(relay))).warnings[0])
    assert load(with_block(openai(f"{relay}\napi_key:"))).warnings == ()
