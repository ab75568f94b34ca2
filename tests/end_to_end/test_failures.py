"""Every fault is told in OpenAI's form, with the right status; another backend is tried where one may do."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.addons.fake_backends import refused_port
from tests.end_to_end.configs import (
    AUTHORIZATION,
    BACKEND_KEY,
    TOKEN,
    chat_body,
    chat_chunk,
    chat_end,
    chat_reply,
    one_backend,
    several_backends,
)
from tests.end_to_end.paced_backend import CUT, PacedBackend, Reply
from tests.end_to_end.running_proxy import RunningProxy
from tests.end_to_end.throwaway_ca import ThrowawayCa

Start = Callable[..., RunningProxy]


def ask(proxy: RunningProxy, **changes: object) -> httpx.Response:
    url = f"{proxy.base_url}/chat/completions"
    return httpx.post(url, json=chat_body(**changes), headers=AUTHORIZATION, timeout=20)


def assert_is_openai_error(reply: httpx.Response, status: int) -> dict[str, object]:
    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/json"), reply.text
    error = reply.json()["error"]
    assert set(error) >= {"message", "type", "param", "code"}
    assert error["message"]
    assert reply.headers["x-request-id"].startswith("req_")
    assert TOKEN not in reply.text
    assert BACKEND_KEY not in reply.text
    return error


# -- the client's own faults -----------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def idle_proxy() -> Iterator[RunningProxy]:
    with RunningProxy(one_backend("http://127.0.0.1:9")) as running:
        yield running


CLIENT_FAULTS = {
    "no key": ("POST", "/v1/chat/completions", {}, b"{}", 401, "invalid_api_key"),
    "wrong key": ("POST", "/v1/chat/completions", {"authorization": "Bearer no"}, b"{}", 401, "invalid_api_key"),
    "bad JSON": ("POST", "/v1/chat/completions", AUTHORIZATION, b'{"model": ', 400, None),
    "no model": ("POST", "/v1/chat/completions", AUTHORIZATION, b'{"messages": []}', 400, None),
    "broken gzip": ("POST", "/v1/chat/completions", {**AUTHORIZATION, "content-encoding": "gzip"}, b"x", 400, None),
    "wrong method": ("PUT", "/v1/chat/completions", AUTHORIZATION, b"{}", 405, None),
    "unknown path": ("POST", "/v1/chat/completion", AUTHORIZATION, b"{}", 404, None),
    "unknown model's entry": ("GET", "/v1/models/none", AUTHORIZATION, b"", 404, "model_not_found"),
}


@pytest.mark.parametrize("case", CLIENT_FAULTS)
def test_faults_of_the_client(idle_proxy: RunningProxy, case: str) -> None:
    method, path, headers, body, status, code = CLIENT_FAULTS[case]
    reply = httpx.request(method, f"http://127.0.0.1:{idle_proxy.port}{path}", headers=headers, content=body)
    error = assert_is_openai_error(reply, status)
    assert code is None or error["code"] == code


@pytest.mark.parametrize("first_lines", ["GET / HTTP/9.9", "rubbish", "GET / HTTP/1.1\r\na b: c"])
def test_what_is_no_http_request_gets_no_html(idle_proxy: RunningProxy, first_lines: str) -> None:
    with socket.create_connection(("127.0.0.1", idle_proxy.port), timeout=10) as connection:
        connection.sendall(f"{first_lines}\r\n\r\n".encode())
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b"html" not in received.lower()


# -- the backend's faults --------------------------------------------------------------------------------------------
def test_a_backend_that_is_down(idle_proxy: RunningProxy) -> None:
    error = assert_is_openai_error(ask(idle_proxy), 502)
    assert error["code"] == "unreachable"


def test_a_backend_whose_name_is_not_known(start_proxy: Start) -> None:
    error = assert_is_openai_error(ask(start_proxy(one_backend("http://does-not-exist.invalid"))), 502)
    assert error["code"] == "dns_failure"


def test_a_certificate_that_nobody_vouches_for(start_proxy: Start, tmp_path: Path) -> None:
    with PacedBackend(tls=ThrowawayCa(tmp_path).server_context("localhost")) as backend:
        error = assert_is_openai_error(ask(start_proxy(one_backend(backend.url))), 502)
    assert error["code"] == "tls_failure"
    assert backend.requests == []


def test_a_private_authority_can_be_trusted(start_proxy: Start, tmp_path: Path) -> None:
    ca = ThrowawayCa(tmp_path)
    with PacedBackend(tls=ca.server_context("localhost")) as backend:
        backend.script(Reply.json(chat_reply()))
        proxy = start_proxy(one_backend(backend.url), environment={"SSL_CERT_FILE": str(ca.path)})
        assert ask(proxy).status_code == 200
        assert backend.requests[0].server_name == "localhost"


@pytest.mark.parametrize(
    ("status", "headers"),
    [(400, {}), (401, {}), (429, {"retry-after": "7"}), (500, {}), (529, {}), (404, {})],
)
def test_a_backends_own_error_keeps_its_status_and_words(
    start_proxy: Start, backend: PacedBackend, status: int, headers: dict[str, str]
) -> None:
    said = {"error": {"message": f"no, {BACKEND_KEY}", "type": "t", "param": "p", "code": "c", "more": 1}}
    backend.script(Reply.json(said, *headers.items(), ("set-cookie", "a=b"), ("server", "nginx"), status=status))
    reply = ask(start_proxy(one_backend(backend.url)))
    error = assert_is_openai_error(reply, status)
    assert (error["type"], error["param"], error["code"], error["more"]) == ("t", "p", "c", 1)
    assert error["message"] == "no, [key]"
    assert reply.headers.get("retry-after") == headers.get("retry-after")
    assert not {"set-cookie", "server"} & set(reply.headers)


@pytest.mark.parametrize("stream", [False, True])
def test_an_error_that_is_a_page_becomes_an_error_object(
    start_proxy: Start, backend: PacedBackend, stream: bool
) -> None:
    backend.script(Reply([b"<html>Bad gateway</html>"], 502, [("content-type", "text/html")], "known"))
    assert_is_openai_error(ask(start_proxy(one_backend(backend.url)), stream=stream), 502)


TIMEOUTS = {
    "first_byte": [30.0],
    "idle": [b"data: {}\n\n", 30.0],
    "total": [piece for _ in range(60) for piece in (chat_chunk("x"), 0.1)],
}


@pytest.mark.parametrize("which", TIMEOUTS)
def test_each_deadline_is_named_when_it_runs_out(start_proxy: Start, backend: PacedBackend, which: str) -> None:
    pieces = TIMEOUTS[which]
    waits = which == "first_byte"
    backend.script(Reply.stream([] if waits else pieces) if not waits else Reply(before_headers=pieces))
    proxy = start_proxy(one_backend(backend.url, extra=f"timeout: {{ {which}: 0.5 }}"))
    reply = ask(proxy, stream=True)
    assert f"timeout: {which}" in reply.text
    if waits:
        assert_is_openai_error(reply, 504)
    else:
        assert '"error"' in reply.text
        assert "finish_reason\":\"stop" not in reply.text.replace(" ", "")


def test_a_backend_that_does_not_accept_runs_into_the_connect_deadline(start_proxy: Start) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        fill = [socket.socket() for _ in range(4)]  # the queue of a listener that nobody accepts from
        for each in fill:
            each.setblocking(False)
            each.connect_ex(address)
        proxy = start_proxy(one_backend(f"http://127.0.0.1:{address[1]}", extra="timeout: { connect: 0.5 }"))
        error = assert_is_openai_error(ask(proxy), 504)
        for each in fill:
            each.close()
    assert "timeout: connect" in str(error["message"])


# -- another backend -------------------------------------------------------------------------------------------------
FIRST_FAILS = {
    "refused": None,
    "429": Reply.json({"error": {"message": "slow down"}}, status=429),
    "500": Reply.json({"error": {"message": "oops"}}, status=500),
    "a refused key": Reply.json({"error": {"message": "bad key", "code": "invalid_api_key"}}, status=401),
    "no such model": Reply.json({"error": {"message": "what?", "code": "model_not_found"}}, status=404),
    "200 that is an error": Reply.json({"error": {"message": "overloaded", "type": "overloaded_error"}}),
    "200 that is garbage": Reply([b"<html>"], 200, length="close"),
    "503 with a page": Reply([b"<html>"], 503, length="close"),
    "dies before its headers": Reply(before_headers=[CUT]),
    "mute": Reply(before_headers=[30.0]),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("failure", FIRST_FAILS)
def test_the_next_backend_is_tried(start_proxy: Start, backend: PacedBackend, failure: str, stream: bool) -> None:
    with PacedBackend() as first:
        reply = FIRST_FAILS[failure]
        url = f"http://127.0.0.1:{refused_port()}" if reply is None else first.url
        if reply is not None:
            first.script(reply)
        backend.script(Reply.stream([chat_chunk("hello"), chat_end()]) if stream else Reply.json(chat_reply()))
        proxy = start_proxy(several_backends((url, "timeout: { first_byte: 0.5 }"), (backend.url, "")))
        answer = ask(proxy, stream=stream)
    assert answer.status_code == 200, answer.text
    assert "hello" in answer.text
    assert answer.headers["x-proapi-attempts"] == "2"
    assert answer.headers["x-proapi-provider"] == "openai/b1"


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_fault_of_the_request_is_not_tried_elsewhere(
    start_proxy: Start, backend: PacedBackend, status: int
) -> None:
    with PacedBackend() as first:
        first.script(Reply.json({"error": {"message": "bad"}}, status=status))
        answer = ask(start_proxy(several_backends((first.url, ""), (backend.url, ""))))
    assert (answer.status_code, backend.requests) == (status, [])


ERROR_EVENT = b'data: {"error": {"message": "overloaded", "type": "overloaded_error", "param": null, "code": null}}\n\n'


def test_a_stream_that_opens_with_an_error_is_tried_elsewhere(start_proxy: Start, backend: PacedBackend) -> None:
    backend.script(Reply.stream([chat_chunk("hello"), chat_end()]))
    with PacedBackend() as first:
        first.script(Reply.stream([ERROR_EVENT[:20], ERROR_EVENT[20:]]))
        answer = ask(start_proxy(several_backends((first.url, ""), (backend.url, ""))), stream=True)
    assert (answer.status_code, answer.headers["x-proapi-attempts"]) == (200, "2")
    assert "hello" in answer.text
    assert "overloaded" not in answer.text


def test_a_stream_that_is_nothing_but_an_error_has_its_status(start_proxy: Start, backend: PacedBackend) -> None:
    backend.script(Reply.stream([ERROR_EVENT]))
    error = assert_is_openai_error(ask(start_proxy(one_backend(backend.url)), stream=True), 503)
    assert error["message"] == "overloaded"


def test_when_all_fail_the_one_that_says_most_speaks(start_proxy: Start, backend: PacedBackend) -> None:
    """A limit says more than no connection and than a key of ours that is refused; the shortest wait is told."""
    with PacedBackend() as first, PacedBackend() as last:
        first.script(Reply.json({"error": {"message": "slow down"}}, ("retry-after", "90"), status=429))
        backend.script(Reply.json({"error": {"message": "slow too"}}, ("retry-after-ms", "29500"), status=429))
        last.script(Reply.json({"error": {"message": "bad key"}}, status=401))
        dead = f"http://127.0.0.1:{refused_port()}"
        urls = [dead, first.url, backend.url, last.url]
        answer = ask(start_proxy(several_backends(*((url, "") for url in urls))))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
    assert "retry-after-ms" not in answer.headers
    assert answer.json()["error"]["message"] == "slow down"
    assert answer.headers["x-proapi-attempts"] == "4"
    assert answer.headers["x-proapi-provider"] == "openai/b1"


def test_a_short_retry_after_is_waited_for_when_nobody_else_is_left(start_proxy: Start, backend: PacedBackend) -> None:
    backend.script(Reply.json({"error": {"message": "slow down"}}, ("retry-after", "1"), status=429))
    backend.script(Reply.json(chat_reply()))
    started = time.monotonic()
    answer = ask(start_proxy(one_backend(backend.url)))
    assert (answer.status_code, answer.headers["x-proapi-attempts"]) == (200, "2")
    assert time.monotonic() - started >= 1


def test_a_prompt_that_is_too_long_goes_to_its_context_fallback(start_proxy: Start, backend: PacedBackend) -> None:
    too_long = {"error": {"message": "This model's maximum context length is 8 tokens.", "code": None}}
    with PacedBackend() as longer:
        backend.script(Reply.json(too_long, status=400))
        longer.script(Reply.json(chat_reply("long")))
        proxy = start_proxy(
            f"""
providers:
  - {{ provider: openai, base_url: "{backend.url}/v1", api_key: k, model: [ m ] }}
  - {{ provider: openai, name: big, base_url: "{longer.url}/v1", api_key: k, model: [ big ] }}
tokens:
  - {{ api_key: {TOKEN}, model: [ m ] }}
server:
  fallback: {{ m: [ ] }}
  context_fallback: {{ m: [ big ] }}
"""
        )
        answer = ask(proxy)
    assert (answer.status_code, answer.headers["x-proapi-provider"]) == (200, "openai/big")
    assert (answer.json()["model"], answer.json()["choices"][0]["message"]["content"]) == ("m", "long")


def test_without_a_context_fallback_a_client_can_tell_that_its_prompt_is_too_long(
    start_proxy: Start, backend: PacedBackend
) -> None:
    backend.script(Reply.json({"error": {"message": "maximum context length is 8 tokens", "code": 400}}, status=400))
    error = assert_is_openai_error(ask(start_proxy(one_backend(backend.url))), 400)
    assert error["code"] == "context_length_exceeded"


def test_after_the_first_byte_nobody_else_is_tried(start_proxy: Start, backend: PacedBackend) -> None:
    gate = threading.Event()
    with PacedBackend() as first:
        first.script(Reply.stream([chat_chunk("half"), gate, CUT]))
        proxy = start_proxy(several_backends((first.url, ""), (backend.url, "")))
        with httpx.stream(
            "POST", f"{proxy.base_url}/chat/completions", json=chat_body(stream=True), headers=AUTHORIZATION
        ) as reply:
            pieces = reply.iter_text()
            text = next(pieces)
            gate.set()
            text += "".join(pieces)
    assert '"error"' in text
    assert backend.requests == []
