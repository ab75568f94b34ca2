"""People who look at flows, in a real browser, while a proxy serves replayed traffic: the live list, filters, the X-ray
with its replay, charts; in both themes, both languages, and on a phone."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from admin.live_flows import MOST_OF_ONE
from tests.end_to_end.admin_browser import (
    IS_TOO_WIDE,
    SCREENS,
    AdminClient,
    admin_server,
    log_in,
    no_complaints,
    open_browser,
)
from tests.end_to_end.configs import AUTHORIZATION, BACKEND_KEY, TOKEN, chat_body, chat_chunk, chat_end, chat_reply
from tests.end_to_end.paced_backend import PacedBackend, ReceivedRequest, Reply
from tests.end_to_end.running_proxy import RunningProxy

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_OWN = "document.title='owned'"
HOSTILE = f'# Hi <script>{_OWN}</script>\n\n<img src=x onerror="{_OWN}"> [go](javascript:1) **ok**'
_BEGUN = {"id": "msg_1", "model": "claude", "role": "assistant", "content": [], "usage": {"input_tokens": 9}}
_CALL = {"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": {}}
CLAUDE = [
    ("message_start", {"message": _BEGUN}),
    ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
    ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "Let me look: "}}),
    ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "**Oslo**."}}),
    ("content_block_stop", {"index": 0}),
    ("content_block_start", {"index": 1, "content_block": _CALL}),
    ("content_block_delta", {"index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"city":"Oslo"}'}}),
    ("content_block_stop", {"index": 1}),
    ("message_delta", {"delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 12}}),
    ("message_stop", {}),
]  # fmt: skip
TOOL = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object", "properties": {}}}}


def answer(request: ReceivedRequest) -> Reply:
    body = request.json()
    said = json.dumps(body)
    if "/messages" in request.path:
        pieces: list[Any] = []
        for name, value in CLAUDE:
            data = json.dumps({"type": name, **value})
            pieces += [f"event: {name}\ndata: {data}\n\n".encode(), 0.5 if "Let me" in data else 0.03]
        return Reply.stream(pieces)
    if "fail" in said:
        return Reply.json({"error": {"message": "overloaded today"}}, status=503)
    if "hostile" in said:
        return Reply.stream([*(chat_chunk(HOSTILE[at : at + 9]) for at in range(0, len(HOSTILE), 9)), chat_end()])
    return Reply.json(chat_reply("a plain answer"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_stays_open(browser: Browser) -> Iterator[None]:
    """Lists that are left open would be live for ever, and the next ones too many: which a console complains of."""
    yield
    for context in browser.contexts:
        context.close()


@pytest.fixture(scope="module")
def proxy(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProxy]:
    """With some traffic behind it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('log')}/log.db"
    with PacedBackend() as backend:
        backend.answer = answer
        config = f"""
providers:
  - {{ provider: openai, base_url: "{backend.url}/v1", api_key: {BACKEND_KEY}, model: [ m ] }}
  - {{ provider: anthropic, base_url: "{backend.url}", api_key: {BACKEND_KEY}, model: [ {{ sonnet-4-5: claude }} ] }}
tokens:
  - {{ api_key: {TOKEN}, name: team-a, model: [ all ] }}
server:
  {admin_server(url).replace(chr(10), chr(10) + "  ")}
"""
        with RunningProxy(config) as running:
            ask(running, "plain words")
            ask(running, "please fail")
            ask(running, "be hostile", stream=True)
            ask(running, "Where is Oslo?", model="claude", stream=True, tools=[TOOL], seed=7)
            with AdminClient(running) as admin:
                ends = time.monotonic() + 60
                while admin.get("/flows/rows").text.count("data-flow") < 4:
                    assert time.monotonic() < ends, "the log does not show the flows"
                    threading.Event().wait(0.1)
            yield running


def ask(proxy: RunningProxy, text: str, **changes: object) -> None:
    asked = chat_body(**{"messages": [{"role": "user", "content": text}], **changes})
    httpx.post(f"{proxy.base_url}/chat/completions", json=asked, headers=AUTHORIZATION, timeout=30, trust_env=False)


def open_flow(page: Page, proxy: RunningProxy, query: str) -> None:
    page.goto(f"{proxy.admin_url}/flows?{query}")
    page.click("tr[data-flow] a")
    page.wait_for_selector("#client_request")


def models(page: Page) -> list[str]:
    return page.locator("tr[data-flow] .what b").all_inner_texts()


def test_a_request_appears_without_a_reload(browser: Browser, proxy: RunningProxy) -> None:
    page = log_in(browser, proxy)
    with no_complaints(page):
        page.goto(f"{proxy.admin_url}/flows?model=m")
        page.wait_for_selector(".live.on")
        page.evaluate("window.sameDocument = true")
        before = page.locator("tr[data-flow]").count()
        page.locator("tr[data-flow] input").first.check()
        ticked = page.locator("tr[data-flow] input:checked").input_value()
        ask(proxy, "something new")
        page.wait_for_selector(f"tr[data-flow] >> nth={before}")
        assert page.evaluate("window.sameDocument")
        assert page.locator("tr[data-flow]").first.get_attribute("class") == "fresh"
        assert page.locator("tr[data-flow] input:checked").input_value() == ticked
        ask(proxy, "for another list", model="claude", stream=True)
        ask(proxy, "the last one")
        page.wait_for_selector(f"tr[data-flow] >> nth={before + 1}")
        assert set(models(page)) == {"m"}


def test_a_lost_connection_comes_back(browser: Browser, proxy: RunningProxy) -> None:
    page = log_in(browser, proxy)
    page.route("**/admin/flows/live", lambda route: route.abort())
    page.goto(f"{proxy.admin_url}/flows")
    page.wait_for_selector(".live.off")
    page.unroute("**/admin/flows/live")
    page.wait_for_selector(".live.on")


def test_any_number_of_tabs_may_show_the_list(browser: Browser, proxy: RunningProxy) -> None:
    """A browser has six connections to one host: lists that hold them all would let no page load any more."""
    first = log_in(browser, proxy)
    pages = [first, *(first.context.new_page() for _ in range(7))]
    for page in pages:
        page.goto(f"{proxy.admin_url}/flows")
        page.wait_for_selector(".live.on, .live.off")
    assert sum(page.locator(".live.on").count() for page in pages) <= MOST_OF_ONE


def test_a_list_that_nobody_sees_listens_to_nothing(browser: Browser, proxy: RunningProxy) -> None:
    page = log_in(browser, proxy)
    page.goto(f"{proxy.admin_url}/flows")
    page.wait_for_selector(".live.on")
    turn = """hidden => {
        Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
        document.dispatchEvent(new Event('visibilitychange'));
    }"""
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/flows/live")):
        page.evaluate(turn, True)
    with page.expect_request("**/flows/live"):
        page.evaluate(turn, False)


def test_filters_as_people_set_them(browser: Browser, proxy: RunningProxy) -> None:
    from playwright.sync_api import expect  # not at the top: without it these tests skip

    page = log_in(browser, proxy, timezone_id="Asia/Shanghai")
    # no word on complaints: pages are turned here faster than the server may see that their live lists are left
    page.goto(f"{proxy.admin_url}/flows")
    page.select_option("[name=outcome]", "failed")
    page.click("text=Filter")
    page.wait_for_url("**outcome=failed")
    assert models(page) == ["m"]
    assert page.locator(".error-line").inner_text() == "overloaded today"
    page.click("#filters >> text=All")
    page.wait_for_url("**/admin/flows")
    page.fill("[name=text]", "Oslo")
    page.press("[name=text]", "Enter")
    page.wait_for_url("**text=Oslo")
    assert set(models(page)) == {"claude"}
    shown = page.locator("tr[data-flow] time").last.inner_text()
    page.goto(f"{proxy.admin_url}/flows")
    # as it is shown, in the reader's own time zone
    for name, when, some in (
        ("from", shown, True),
        ("before", shown, False),
        ("from", "2100-01-01 00:00:00", False),
    ):
        page.goto(f"{proxy.admin_url}/flows?text=Where")
        page.fill(f"[name={name}]", when.replace(" ", "T"))
        page.click("text=Filter")
        page.wait_for_url(f"**{name}=*")
        assert bool(models(page)) == some, (name, when)
        # the page's script fills it in from the address, once it runs
        expect(page.locator(f"[name={name}]")).not_to_have_value("")
        assert page.input_value(f"[name={name}]").startswith(when.replace(" ", "T").removesuffix(":00"))
    page.goto(f"{proxy.admin_url}/flows")
    page.click("th >> text=Total")
    page.wait_for_url("**sort=total")
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("Total")


def test_what_is_ticked_is_deleted_after_a_question(browser: Browser, proxy: RunningProxy) -> None:
    ask(proxy, "to be deleted zugzwang")
    page = log_in(browser, proxy)
    questions: list[str] = []
    page.goto(f"{proxy.admin_url}/flows?text=zugzwang")
    page.wait_for_selector("tr[data-flow]")
    page.check("tr[data-flow] input")
    page.once("dialog", lambda dialog: (questions.append(dialog.message), dialog.dismiss()))
    page.click("text=Delete ticked")
    page.once("dialog", lambda dialog: (questions.append(dialog.message), dialog.accept()))
    page.click("text=Delete ticked")
    page.wait_for_selector("text=1 flow was deleted.")
    assert questions == ["Delete the ticked flows for ever?"] * 2
    assert page.locator("tr[data-flow]").count() == 0


_NOTE_PIECES = """() => {
    window.pieces = [];
    const note = (changes) => pieces.push(...changes.flatMap((change) => [...change.addedNodes]));
    new MutationObserver(note).observe(document.querySelector(".part.text .said"), {childList: true});
}"""
_PIECES = "pieces.filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join('')"


def test_the_xray_of_a_translated_stream(browser: Browser, proxy: RunningProxy) -> None:
    page = log_in(browser, proxy)
    with no_complaints(page):
        open_flow(page, proxy, "text=Where")
        assert page.locator(".part.text .said").inner_text() == "Let me look: Oslo."
        assert page.locator(".part.text strong").inner_text() == "Oslo"
        assert "look_up" in page.inner_text(".part.tool_call")
        assert '"city": "Oslo"' in page.inner_text(".part.tool_call pre")
        assert "seed was left out" in page.inner_text(".losses").replace("\n", " ")
        assert '"seed": 7' in " ".join(page.locator("#client_request .alone").all_inner_texts())
        assert '"Where is Oslo?"' in " ".join(page.locator("#sent_request .moved").all_inner_texts())
        steps = page.locator(".timeline tbody tr")
        assert steps.count() >= 8
        assert "content_block_delta" in page.inner_text(".timeline")
        assert "chat.completion.chunk" in page.inner_text(".timeline")
        page.evaluate(_NOTE_PIECES)  # each stands for moments only
        page.click(".replay button")
        page.wait_for_selector(".part.text strong")  # it ends with the message as it was
        assert page.evaluate(_PIECES).strip() == "Let me look: **Oslo**."
        assert page.inner_text(".replay button") == "Replay"


def test_hostile_answers_stay_text(browser: Browser, proxy: RunningProxy) -> None:
    page = log_in(browser, proxy)
    with no_complaints(page):
        open_flow(page, proxy, "text=hostile")
        assert "<script>document.title='owned'</script>" in page.inner_text(".part .said")
        assert page.locator(".part strong").inner_text() == "ok"
        assert page.locator(".part a, .part img, .part script").count() == 0
        page.click(".replay button") if page.locator(".replay").count() else None
        assert "owned" not in page.title()


def test_charts_are_drawn_in_both_themes(browser: Browser, proxy: RunningProxy) -> None:
    painted = """() => [...document.querySelectorAll('.chart canvas')].map((canvas) => {
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        return data.some((value, index) => index % 4 === 3 && value > 0);
    })"""
    for scheme in ("light", "dark"):
        page = log_in(browser, proxy, color_scheme=scheme)
        with no_complaints(page):
            for days in (1, 7, 30):
                page.goto(f"{proxy.admin_url}/overview?days={days}")
                page.wait_for_selector(".chart canvas")
                assert page.evaluate(painted) == [True] * 4
            assert page.locator(".bars tbody tr").count() >= 4
            page.click(".bars >> text=claude >> nth=0")
            page.wait_for_url("**/admin/flows?model=claude")


@pytest.mark.parametrize("context", SCREENS.values(), ids=SCREENS)
def test_every_page_fits(browser: Browser, proxy: RunningProxy, context: dict[str, Any]) -> None:
    page = log_in(browser, proxy, **context)
    with no_complaints(page):
        page.goto(f"{proxy.admin_url}/overview")
        assert not page.evaluate(IS_TOO_WIDE)
        assert page.locator("h1").inner_text() == ("概览" if context["locale"] == "zh-CN" else "Overview")
        page.goto(f"{proxy.admin_url}/flows?text=Where")
        assert not page.evaluate(IS_TOO_WIDE)
        page.click("tr[data-flow] a")
        page.wait_for_selector("#timeline")
        assert not page.evaluate(IS_TOO_WIDE)
        is_dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 20, 26)"
        assert is_dark == (context.get("color_scheme") == "dark")
