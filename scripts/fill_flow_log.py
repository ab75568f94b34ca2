"""Fills flow logs with made-up flows, small and large, and measures every page of the admin on both.

    python scripts/fill_flow_log.py [--rows 1000000] [--small 10000] [--folder FOLDER] [--repeats 15]

Prints one line a page: its time in the small log, in the large one, and how many times as long. Exit code 1 where one
takes more than 200 ms, or more than twice its time in the small log. A folder is used again if it holds the logs.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from decimal import Decimal
from functools import partial
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from flask.testing import FlaskClient

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from admin import create_app
from proapi_gateway.admin_services import AdminServices
from proapi_gateway.attempt_record import AttemptRecord
from proapi_gateway.config import load_settings
from proapi_gateway.config_source import FileSource
from proapi_gateway.flow_log.database import LogDatabase, open_database
from proapi_gateway.flow_log.flow_ids import FlowIds
from proapi_gateway.flow_log.log import FlowLog, LogStats
from proapi_gateway.flow_log.migrations import migrate
from proapi_gateway.flow_log.page_walk import Filters
from proapi_gateway.flow_log.queries import FlowQueries
from proapi_gateway.flow_log.records import BodyRecord, FlowRecord, Outcome, Side
from proapi_gateway.flow_log.rows import rows_of
from proapi_gateway.flow_log.storing import store
from proapi_gateway.trial_client import TrialReply
from proapi_translate import Usage

_LAST_MS = 1_764_072_000_000
_SPAN_MS = 30 * 86_400_000  # all of them within 30 days
_BATCH = 2000
_LIMIT_MS, _LIMIT_TIMES = 200.0, 2.0
_PASSWORD = "of these logs alone"
_CONFIG = f"""\
providers: [ {{ provider: echo, model: [ m ] }} ]
tokens: [ {{ api_key: sk-1, model: [ all ] }} ]
server: {{ admin_server: true, password: {_PASSWORD} }}
"""
_MODELS = ("gpt-4o", "gpt-4o-mini", "claude", "gemini", "o3", "deepseek-chat", "qwen", "glm-4-flash")
_PROVIDERS = ("openai", "anthropic", "gemini", "deepseek")
_WORDS = ("weather", "invoice", "translate", "poem", "summary", "bug", "天气", "翻译", "合同", "python", "regex")
_RARE_WORD = "zugzwang"


class NoCosts:
    def cost(self, provider: str, model: str, usage: Usage) -> Decimal | None:
        return Decimal(usage.prompt_tokens) / 1_000_000


def make_record(place: int, count: int, chance: random.Random) -> FlowRecord:
    failed = chance.random() < 0.05
    provider = chance.choice(_PROVIDERS)
    member = f"{provider}/main"
    words = " ".join(chance.choices(_WORDS, k=12)) + (f" {_RARE_WORD}" if place % 3000 == 0 else "")
    asked = f'{{"model":"m","messages":[{{"role":"user","content":"{words} {place}"}}]}}'.encode()
    answered = f'{{"choices":[{{"message":{{"content":"{" ".join(chance.choices(_WORDS, k=20))}"}}}}]}}'.encode()
    model = _MODELS[min(int(chance.expovariate(0.7)), len(_MODELS) - 1)]
    return FlowRecord(
        request_id=f"req_{place:032x}",
        started_ms=_LAST_MS - _SPAN_MS + place * _SPAN_MS // count,
        total_ms=int(chance.lognormvariate(7, 1)),
        outcome=Outcome.FAILED if failed else Outcome.OK,
        status=chance.choice((429, 500, 503)) if failed else 200,
        door="base_url",
        client_address="127.0.0.1",
        client_program="OpenAI/Python 2.0",
        token=f"team-{min(int(chance.expovariate(0.2)), 40)}",
        method="POST",
        path="/v1/chat/completions",
        dialect="chat",
        model=model,
        provider=provider,
        member=member,
        backend_model=model,
        attempts=(AttemptRecord(member, model, 0, "sk-a…wxyz", 500 if failed else 200, "", 300),),
        error="the backend failed" if failed else "",
        stream=True,
        first_token_ms=int(chance.lognormvariate(6, 0.7)),
        usage=Usage(chance.randrange(20, 4000), chance.randrange(1, 900)),
        finish_reason="stop",
        bodies=(
            BodyRecord(Side.CLIENT_REQUEST, asked, len(asked)),
            BodyRecord(Side.CLIENT_REPLY, answered, len(answered)),
        ),
    )


def fill(database: LogDatabase, count: int) -> None:
    """Up to `count` rows; nothing where they are there already."""
    chance = random.Random(count)
    ids = FlowIds(chance.randrange)
    with database.connected():
        migrate(database, _LAST_MS)
        there = FlowQueries(database).size()[0]
        for first in range(there, count, _BATCH):
            places = range(first, min(first + _BATCH, count))
            records = [make_record(place, count, chance) for place in places]
            store(database, [rows_of(each, ids.make(each.started_ms), NoCosts()) for each in records], _LAST_MS)


def pages_of(database: LogDatabase) -> Mapping[str, str]:
    """Their addresses, by what is shown."""
    queries, middle_ms = FlowQueries(database), _LAST_MS - _SPAN_MS // 2
    newest = queries.page(limit=1).flows[0]
    middle = queries.page(Filters(before_ms=middle_ms), limit=50).after
    five = f"token=team-1&model=claude&provider=gemini&status=500&outcome=failed&from={middle_ms}"
    lists = {
        "newest first": "",
        "a page in the middle": f"after={middle}",
        "oldest first": "up=1",
        "model": "model=gpt-4o",
        "rare model": "model=qwen",
        "token and model": "token=team-3&model=o3",
        "five filters": five,
        "filters that never meet": "status=200&outcome=failed",
        "a day": f"from={middle_ms}&before={middle_ms + 86_400_000}",
        "by cost": "sort=cost",
        "model by duration": "model=gpt-4o&sort=total",
        "rare filter by cost": "token=team-25&status=429&sort=cost",
        "a day by cost": f"from={_LAST_MS - 86_400_000}&sort=cost",
        "common word": "text=weather",
        "rare word": f"text={_RARE_WORD}",
        "two words, Chinese": "text=天气+invoice",
        "word and model": "text=poem&model=qwen",
        "word by duration": "text=regex&sort=total",
    }
    return {
        **{f"flows: {name}": f"/admin/flows?{query}" for name, query in lists.items()},
        "flows: what is new": "/admin/flows/rows",
        "one flow": f"/admin/flows/{newest.id}",
        "one flow, exported": f"/admin/flows/{newest.id}/export.har",
        "overview, today": "/admin/overview?days=1",
        "overview, 7 days": "/admin/overview?days=7",
        "overview, 30 days": "/admin/overview?days=30",
        "tokens, 30 days": "/admin/tokens?days=30",
        "one token's models": "/admin/tokens/models?token=team-3&days=30",
    }


def logged_in(database: LogDatabase) -> FlaskClient:
    # all that the pages know of a log
    log = cast(FlowLog, SimpleNamespace(database=database, stats=LogStats()))
    settings = load_settings(_CONFIG, file="api.yaml", environment={})
    services = AdminServices(
        settings=lambda: settings,
        source=lambda: FileSource("api.yaml", {}),
        reload=lambda: (),
        health=lambda: (),
        health_of=lambda candidates: (),
        limits=lambda: (),
        send_trial=lambda trial, kind: TrialReply(200, 1, ""),
        flow_log=lambda: log,
        reply_cache=lambda: None,
        session_key=lambda: b"k" * 32,
        clock=lambda: _LAST_MS / 1000,
    )
    client = create_app(services).test_client()
    client.post("/admin/login", json={"username": "admin", "password": _PASSWORD})
    return client


def times_of(loads: Sequence[Callable[[], object]], repeats: int) -> list[float]:
    """Of each the best of some, in ms, in turns: what else the machine does only adds, and meets all of them."""
    best = [float("inf")] * len(loads)
    for _ in range(repeats):
        for place, load in enumerate(loads):
            before = time.perf_counter()
            load()
            best[place] = min(best[place], (time.perf_counter() - before) * 1000)
    return best


def load_page(client: FlaskClient, address: str) -> None:
    with client.get(address) as response:
        if response.status_code != HTTPStatus.OK or not response.data:
            raise SystemExit(f"{address}: {response.status}")


def main() -> int:
    parser = argparse.ArgumentParser(description="fill flow logs and measure the admin's pages")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--repeats", type=int, default=15, help="of each page; the best counts")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as open_all_the_time:
        folder = arguments.folder or Path(temporary)
        databases = []
        for count in (arguments.small, arguments.rows):
            database = open_database(f"sqlite:///{folder.resolve()}/flows-{count}.db")
            before = time.perf_counter()
            fill(database, count)
            size_mb = Path(database.path).stat().st_size / 1e6
            print(f"{count} rows: {size_mb:.0f} MB, filled in {time.perf_counter() - before:.0f} s", flush=True)
            open_all_the_time.enter_context(open_database(f"sqlite:///{database.path}").connected())  # as the log's
            databases.append(database)
        return measure(databases, arguments.repeats)


def measure(databases: Sequence[LogDatabase], repeats: int) -> int:
    clients, pages = [logged_in(each) for each in databases], [pages_of(each) for each in databases]
    is_good = True
    print(f"{'page':34} {'small ms':>9} {'large ms':>9} {'times':>6}")
    for name in pages[0]:
        small, large = times_of(
            [partial(load_page, client, of[name]) for client, of in zip(clients, pages, strict=True)], repeats
        )
        bad = large > _LIMIT_MS or large > _LIMIT_TIMES * small
        is_good = is_good and not bad
        print(f"{name:34} {small:9.1f} {large:9.1f} {large / small:6.1f}{'  too slow' if bad else ''}", flush=True)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
