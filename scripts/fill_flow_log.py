"""Fills flow logs with made-up flows, small and large, and measures every query of the admin on both.

    python scripts/fill_flow_log.py [--rows 1000000] [--small 10000] [--folder FOLDER]

Prints one line a query: its time in the small log, in the large one, and how many times as long. Exit code 1 where one
takes more than 200 ms, or more than twice its time in the small log (below 20 ms that is noise, and not counted).
A folder is used again if it holds the logs already.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from proapi_gateway.attempt_record import AttemptRecord
from proapi_gateway.flow_log.database import LogDatabase, open_database
from proapi_gateway.flow_log.flow_ids import FlowIds
from proapi_gateway.flow_log.migrations import migrate
from proapi_gateway.flow_log.page_walk import Filters, Order, Sort
from proapi_gateway.flow_log.queries import FlowQueries
from proapi_gateway.flow_log.records import BodyRecord, FlowRecord, Outcome, Side
from proapi_gateway.flow_log.rows import day_of, rows_of
from proapi_gateway.flow_log.statistics import FlowStatistics
from proapi_gateway.flow_log.storing import store
from proapi_translate import Usage

_LAST_MS = 1_764_072_000_000
_SPAN_MS = 30 * 86_400_000  # all of them within 30 days
_BATCH = 2000
_REPEATS = 7
_LIMIT_MS, _LIMIT_TIMES, _NOISE_MS = 200.0, 2.0, 20.0
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


def measured(database: LogDatabase) -> dict[str, Callable[[], object]]:
    queries, sums = FlowQueries(database), FlowStatistics(database)
    middle_ms, today = _LAST_MS - _SPAN_MS // 2, day_of(_LAST_MS)
    first_day, week = day_of(_LAST_MS - _SPAN_MS), day_of(_LAST_MS - 7 * 86_400_000)
    newest = queries.page(limit=1).flows[0]
    deep = queries.page(Filters(before_ms=middle_ms), limit=50).after
    by_cost = Order(Sort.COST)
    return {
        "first page": lambda: queries.page(),
        "page in the middle": lambda: queries.page(after=deep),
        "oldest first": lambda: queries.page(order=Order(descending=False)),
        "model": lambda: queries.page(Filters(model="gpt-4o")),
        "rare model": lambda: queries.page(Filters(model="qwen")),
        "token and model": lambda: queries.page(Filters(token="team-3", model="o3")),
        "five filters": lambda: queries.page(
            Filters("team-1", "claude", "gemini", 500, "failed", middle_ms - 86_400_000, middle_ms)
        ),
        "filters that never meet": lambda: queries.page(Filters(status=200, outcome="failed")),
        "time": lambda: queries.page(Filters(from_ms=middle_ms, before_ms=middle_ms + 3_600_000)),
        "by cost": lambda: queries.page(order=by_cost),
        "model by duration": lambda: queries.page(Filters(model="gpt-4o"), order=Order(Sort.TOTAL_MS)),
        "rare filter by cost": lambda: queries.page(Filters(token="team-25", status=429), order=by_cost),
        "a day by cost": lambda: queries.page(Filters(from_ms=_LAST_MS - 86_400_000), order=by_cost),
        "common word": lambda: queries.page(Filters(text="weather")),
        "rare word": lambda: queries.page(Filters(text=_RARE_WORD)),
        "two words, Chinese": lambda: queries.page(Filters(text="天气 invoice")),
        "word and model": lambda: queries.page(Filters(text="poem", model="qwen")),
        "word by duration": lambda: queries.page(Filters(text="regex"), order=Order(Sort.TOTAL_MS)),
        "one flow": lambda: queries.flow(newest.id),
        "by request id": lambda: queries.flow_of_request(newest.request_id),
        "what is new": lambda: queries.written_since(_LAST_MS + 1),
        "size": lambda: queries.size(),
        "overview, today": lambda: sums.total(today, today),
        "overview, 30 days": lambda: sums.total(first_day, today),
        "chart by day": lambda: sums.by("day", first_day, today),
        "chart by model, 7 days": lambda: sums.by("model", week, today),
        "chart by token": lambda: sums.by("token", first_day, today),
        "names of models": lambda: sums.names("model"),
    }


def time_of(query: Callable[[], object]) -> float:
    """The best of some, in ms, after a first run that warms the caches: what else the machine does only adds."""
    query()
    times = []
    for _ in range(_REPEATS):
        before = time.perf_counter()
        query()
        times.append((time.perf_counter() - before) * 1000)
    return min(times)


def main() -> int:
    parser = argparse.ArgumentParser(description="fill flow logs and measure the admin's queries")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        times = []
        for count in (arguments.small, arguments.rows):
            database = open_database(f"sqlite:///{folder.resolve()}/flows-{count}.db")
            before = time.perf_counter()
            fill(database, count)
            size_mb = Path(database.path).stat().st_size / 1e6
            print(f"{count} rows: {size_mb:.0f} MB, filled in {time.perf_counter() - before:.0f} s", flush=True)
            writer = open_database(f"sqlite:///{database.path}")  # the log's own connection is open all the time
            with writer.connected():
                times.append({name: time_of(query) for name, query in measured(database).items()})
    is_good = True
    print(f"{'query':26} {'small ms':>9} {'large ms':>9} {'times':>6}")
    for name, small in times[0].items():
        large = times[1][name]
        bad = large > _LIMIT_MS or large > max(_NOISE_MS, _LIMIT_TIMES * small)
        is_good = is_good and not bad
        print(f"{name:26} {small:9.1f} {large:9.1f} {large / small:6.1f}{'  too slow' if bad else ''}")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
