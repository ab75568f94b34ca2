"""The numbers that docs/ tells, in both languages, are those of the code."""

from __future__ import annotations

import pytest

from addons import client_departures, draining, head_limits, inspected_flows, slow_readers, web_flow_list
from admin import live_flows
from proapi_gateway import failover, response_store, thought_memory
from proapi_gateway.flow_log import flow_queue, search_text
from proapi_gateway.media_fetcher import FetchLimits
from proapi_gateway.settings import Retention, ServerSettings, Timeouts
from tests.shown_blocks import text_of

_KB, _MB = 1024, 1024 * 1024
_FETCH, _KEPT, _TIMES = FetchLimits(), response_store.StoreLimits(), Timeouts()
_DAY_S = 86_400

# (page, what it says in English, what it says in Chinese)
TOLD = (
    ("api-yaml.md", f"up to {failover.ATTEMPT_BUDGET} attempts", f"最多尝试 {failover.ATTEMPT_BUDGET} 次"),
    (
        "api-yaml.md",
        f"`Retry-After` of {failover.LONGEST_WAIT_S:g} seconds or less",
        f"不超过 {failover.LONGEST_WAIT_S:g} 秒的 `Retry-After`",
    ),
    ("api-yaml.md", f"up to {_FETCH.addresses}\naddresses", f"最多 {_FETCH.addresses} 个地址"),
    (
        "api-yaml.md",
        f"{_FETCH.bytes // _MB} MB a request, within {_FETCH.seconds:g} seconds",
        f"共 {_FETCH.bytes // _MB} MB，限 {_FETCH.seconds:g} 秒",
    ),
    (
        "api-yaml.md",
        f"{client_departures.DRAIN_LIMIT_S / 60:g} minutes and {client_departures.DRAIN_LIMIT_BYTES // _MB} MB",
        f"{client_departures.DRAIN_LIMIT_S / 60:g} 分钟、{client_departures.DRAIN_LIMIT_BYTES // _MB} MB",
    ),
    (
        "api-yaml.md",
        f"| {_TIMES.connect:g}, {_TIMES.first_byte:g}, {_TIMES.idle:g}, {_TIMES.total:g} |",
        f"| {_TIMES.connect:g}、{_TIMES.first_byte:g}、{_TIMES.idle:g}、{_TIMES.total:g} |",
    ),
    (
        "api-yaml.md",
        f"| {Retention().days}, {Retention().rows}, {Retention().bytes} |",
        f"| {Retention().days}、{Retention().rows}、{Retention().bytes} |",
    ),
    ("api-yaml.md", f"| {ServerSettings().max_open_requests} |", f"| {ServerSettings().max_open_requests} |"),
    ("api-yaml.md", f"| {ServerSettings().max_body_bytes} |", f"| {ServerSettings().max_body_bytes} |"),
    (
        "troubleshooting.md",
        f"the last {thought_memory.DEFAULT_CALLS:,} calls",
        f"最近 {thought_memory.DEFAULT_CALLS:,} 次调用",
    ),
    (
        "troubleshooting.md",
        f"the last {web_flow_list.DEFAULT_LIMIT} requests",
        f"最近 {web_flow_list.DEFAULT_LIMIT} 个请求",
    ),
    ("inspection.md", f"`{inspected_flows._DEFAULT_KEPT_BYTES}`", f"`{inspected_flows._DEFAULT_KEPT_BYTES}`"),
    (
        "security.md",
        f"{head_limits.HEAD_LIMIT_BYTES // _KB} KB and {head_limits.HEAD_LIMIT_FIELDS} lines",
        f"{head_limits.HEAD_LIMIT_BYTES // _KB} KB、{head_limits.HEAD_LIMIT_FIELDS} 行",
    ),
    (
        "security.md",
        f"ahead of an answer to {head_limits.AHEAD_LIMIT_BYTES // _MB} MB",
        f"抢先发来的内容最多 {head_limits.AHEAD_LIMIT_BYTES // _MB} MB",
    ),
    ("security.md", f"some {slow_readers.LIMIT_BYTES // _MB} MB", f"约 {slow_readers.LIMIT_BYTES // _MB} MB"),
    (
        "flow-log.md",
        f"{flow_queue.MAX_RECORDS:,} rows or\n{flow_queue.MAX_BYTES // _MB} MB",
        f"{flow_queue.MAX_RECORDS:,} 行或 {flow_queue.MAX_BYTES // _MB} MB",
    ),
    (
        "flow-log.md",
        f"up to {search_text.LIMIT_CHARACTERS:,} characters",
        f"最多 {search_text.LIMIT_CHARACTERS:,} 个字符",
    ),
    ("flow-log.md", f"until {_KEPT.age_s / _DAY_S:g} days after", f"之后保留 {_KEPT.age_s / _DAY_S:g} 天"),
    ("deployment.md", f"for {draining.DEFAULT_LIMIT_S:g} seconds", f"最多 {draining.DEFAULT_LIMIT_S:g} 秒"),
)


@pytest.mark.parametrize(("page", "english", "chinese"), TOLD)
def test_pages_tell_the_codes_numbers(page: str, english: str, chinese: str) -> None:
    assert " ".join(english.split()) in " ".join(text_of(f"docs/{page}").split())
    assert chinese in text_of(f"docs/zh/{page}").replace("\n", "")


def test_the_readmes_tell_the_codes_numbers() -> None:
    entries, size = f"{_KEPT.entries:,}", f"{_KEPT.size_bytes // _MB} MB"
    assert f"up to {entries} of them and {size}" in text_of("README.md")
    assert f"最多 {entries} 个、{size}" in text_of("README_CN.md")


def test_the_admin_tells_how_many_may_watch() -> None:
    assert live_flows.MOST_LISTENERS == 8
    assert "Eight lists are live at once" in text_of("docs/admin.md")
    assert "同时可以有八个实时列表" in text_of("docs/zh/admin.md")
