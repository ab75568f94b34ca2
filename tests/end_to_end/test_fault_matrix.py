"""Faults × the client's protocol × whole and stream × doors × the backend's protocol: each with its exact outcome.

All cases of one backend protocol run at once through one gateway. Those of the transparent door have a gateway and a
machine of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.addons.fake_backends import Exchange, FakeBackend, black_hole, refused_port
from tests.addons.in_process_proxy import H2OnlyContext
from tests.end_to_end.configs import AUTHORIZATION, TOKEN, chat_body
from tests.end_to_end.fault_table import FAULTS, PATIENCE_S, Fault, Outcome
from tests.end_to_end.network_namespaces import NOWHERE, CannotBuild, LoneMachine
from tests.end_to_end.running_proxy import RunningProxy, free_port
from tests.end_to_end.throwaway_ca import ThrowawayCa

DOORS = ("base_url", "explicit")
_AT_ONCE = 24
_LONGEST_S = 30.0
UNREACHABLE = {"refused": Outcome(502, "unreachable"), "a black hole": Outcome(504, "timeout")}


@dataclass(frozen=True, slots=True)
class Case:
    """`helped`: a good backend stands behind the one with the fault."""

    fault: str
    door: str
    h2: bool
    stream: bool
    helped: bool

    @property
    def model(self) -> str:
        """One of its own, at backends with a key of its own: no other case's failures are counted to them."""
        protocol, shape = "h2" if self.h2 else "h1", "stream" if self.stream else "whole"
        name = f"{self.fault}/{self.door}/{protocol}/{shape}{'/helped' * self.helped}"
        return name.replace(" ", "-").replace(",", "")


def cases(faults: Mapping[str, Fault | Outcome], doors: Sequence[str], h2_alone: bool) -> list[Case]:
    """`h2_alone`: the backends speak nothing else; mitmproxy offers them what the client speaks."""
    both = (False, True)
    return [
        Case(fault, door, h2, stream, helped)
        for fault in faults
        for door in doors
        for h2 in ((True,) if h2_alone else both)
        for stream in both
        for helped in both
    ]


def expected(case: Case) -> Outcome:
    row = FAULTS.get(case.fault)
    alone = UNREACHABLE[case.fault] if row is None else row.stream if case.stream else row.whole
    if not case.helped or alone.after or (row is not None and not row.helped and alone.status < 500):
        return alone
    return Outcome()


def attempts(case: Case) -> str:
    row = FAULTS.get(case.fault)
    alone = UNREACHABLE[case.fault] if row is None else row.stream if case.stream else row.whole
    return "2" if case.helped and not alone.is_good and expected(case).is_good else "1"


def api_yaml(made: list[Case], urls: Mapping[str, str], good: str) -> str:
    timeout = f"timeout: {{ connect: {PATIENCE_S}, first_byte: {PATIENCE_S}, idle: {PATIENCE_S} }}"

    def block(name: str, url: str, model: str) -> str:
        where = f'name: "{name}", base_url: "{url}/v1", api_key: "sk-{name}"'
        return f'  - {{ provider: openai, {where}, {timeout}, model: [ {{ up: "{model}" }} ] }}'

    blocks = []
    for case in made:
        blocks.append(block(f"{case.model} 1", urls[case.fault], case.model))
        if case.helped:
            blocks.append(block(f"{case.model} 2", good, case.model))
    return "\n".join(["providers:", *blocks, f"tokens: [ {{ api_key: {TOKEN}, model: [ all ] }} ]"])


@contextlib.asynccontextmanager
async def backends(faults: Mapping[str, Fault], ca: ThrowawayCa | None) -> AsyncIterator[dict[str, str]]:
    """{fault: the address of the backend that has it}. `ca`: they speak HTTP/2."""
    async with contextlib.AsyncExitStack() as stack:
        urls = {}
        for name, fault in faults.items():

            async def script(exchange: Exchange, fault: Fault = fault) -> None:
                await fault.script(exchange, b'"stream":true' in exchange.request.body)  # type: ignore[misc]

            tls = ca.server_context("localhost") if ca else None
            server = await stack.enter_async_context(FakeBackend(script, tls=tls, h2=ca is not None))
            urls[name] = f"https://localhost:{server.port}" if ca else f"http://127.0.0.1:{server.port}"
        if ca is None:
            hole = await stack.enter_async_context(black_hole())
            urls |= {"refused": f"http://127.0.0.1:{refused_port()}", "a black hole": f"http://127.0.0.1:{hole}"}
        yield urls


def client_of(proxy: RunningProxy, door: str, h2: bool) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=_AT_ONCE)
    verify = H2OnlyContext() if h2 else False
    made = partial(
        httpx.AsyncClient, http1=not h2, http2=h2, trust_env=False, timeout=_LONGEST_S, limits=limits, verify=verify
    )
    if door == "explicit":
        return made(proxy=proxy.proxy_url, base_url="https://api.openai.com")
    if door == "transparent":
        return made(base_url=f"https://{NOWHERE}", headers={"host": "api.openai.com"})
    return made(base_url=f"http{'s' if h2 else ''}://127.0.0.1:{proxy.port}")


async def what_came(client: httpx.AsyncClient, case: Case) -> str:
    """What is wrong with the answer to a case; "" for nothing."""
    wanted, began = expected(case), time.monotonic()
    body = chat_body(model=case.model, stream=case.stream)
    named = {"sni_hostname": "api.openai.com"} if case.door == "transparent" else {}
    # raises at a cut body
    answer = await client.post("/v1/chat/completions", json=body, headers=AUTHORIZATION, extensions=named)
    took_s = time.monotonic() - began
    got = answer.status_code, _code(answer, case.stream), answer.headers.get("x-proapi-attempts")
    if got != (wanted.status, wanted.code, attempts(case)):
        return f"{got} in place of {(wanted.status, wanted.code, attempts(case))}: {answer.text[-100:]!r}"
    if wanted.is_good and ("hello" if not case.stream else "[DONE]") not in answer.text:
        return f"not whole: {answer.text[-100:]!r}"
    if wanted.after and wanted.after not in answer.text:
        return f"without {wanted.after!r}: {answer.text[-100:]!r}"
    if not wanted.is_good and '"finish_reason":"stop"' in answer.text.replace(" ", ""):
        return f"it looks complete: {answer.text[-100:]!r}"
    return f"{took_s:.1f} s" if took_s > 4 * PATIENCE_S else ""


def _code(answer: httpx.Response, stream: bool) -> str | None:
    """Of the error, be it the whole body or the last event but [DONE]; "no error" where there is none in a stream."""
    if answer.status_code != 200:
        code: str | None = answer.json()["error"]["code"]
        return code
    errors = [json.loads(line[6:])["error"] for line in answer.text.splitlines() if line.startswith('data: {"error"')]
    return errors[-1]["code"] if errors else None


async def run_matrix(
    faults: Mapping[str, Fault], doors: Sequence[str], ca: ThrowawayCa | None, **environment: str
) -> dict[str, str]:
    """{case: what is wrong with its answer}; `environment`: the gateway's."""
    every = cases(faults if ca else {**faults, **UNREACHABLE}, doors, h2_alone=ca is not None)
    async with backends(faults, ca) as urls:
        config = api_yaml(every, urls, urls["none"])
        if ca:
            environment["SSL_CERT_FILE"] = str(ca.path)
        proxy = await asyncio.to_thread(RunningProxy(config, environment=environment).start)
        try:
            return await _put_all(proxy, every, doors)
        finally:
            await asyncio.to_thread(proxy.__exit__)
            assert "Traceback" not in proxy.output, proxy.output


async def _put_all(proxy: RunningProxy, every: list[Case], doors: Sequence[str]) -> dict[str, str]:
    wrong: dict[str, str] = {}
    at_once = asyncio.Semaphore(_AT_ONCE)
    async with contextlib.AsyncExitStack() as stack:
        clients = {
            (door, h2): await stack.enter_async_context(client_of(proxy, door, h2))
            for door in doors
            for h2 in (False, True)
        }

        async def put(case: Case) -> None:
            async with at_once:
                try:
                    fault = await what_came(clients[case.door, case.h2], case)
                except httpx.HTTPError as error:
                    fault = repr(error)
            if fault:
                wrong[case.model] = fault

        await asyncio.gather(*(put(case) for case in every))
    return wrong


@pytest.mark.parametrize("h2", [False, True], ids=["HTTP/1.1 backends", "HTTP/2 backends"])
def test_each_fault_has_its_outcome(h2: bool, tmp_path: Path) -> None:
    faults = {name: fault for name, fault in FAULTS.items() if fault.h2 or not h2}
    wrong = asyncio.run(run_matrix(faults, DOORS, ThrowawayCa(tmp_path) if h2 else None))
    assert not wrong, _list(wrong)


def test_each_fault_has_its_outcome_behind_the_transparent_door() -> None:
    door = free_port()
    with contextlib.ExitStack() as stack:
        try:
            machine = stack.enter_context(LoneMachine.build())
            machine.redirect(NOWHERE, door)
        except CannotBuild as reason:
            pytest.skip(f"no machine of its own here: {reason}")
        matrix = partial(run_matrix, FAULTS, ["transparent"], None, PROAPI_TRANSPARENT_PORT=str(door))
        wrong = machine.within(lambda: asyncio.run(matrix()))
    assert not wrong, _list(wrong)


def _list(wrong: Mapping[str, str]) -> str:
    return "\n".join(f"{case}: {what}" for case, what in sorted(wrong.items()))
