"""`proapi import-seed`: a seed system's rows, with its own tables as they were."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from proapi_gateway import cli
from proapi_gateway.flow_log.database import open_database
from proapi_gateway.flow_log.page_walk import Filters
from proapi_gateway.flow_log.queries import FlowQueries
from proapi_gateway.flow_log.records import Side

KNOWN, UNKNOWN = "sk-known-key-of-a-caller", "sk-unknown-key-of-a-caller"
CONFIG = f"""
providers: [ {{ provider: echo, model: [ m ] }} ]
tokens: [ {{ api_key: {KNOWN}, name: team-a, model: [ all ] }} ]
server: {{ db_path: "sqlite:///./data/request_log.db", retention: {{ days: 0 }} }}
"""
COLUMNS = (
    "id INTEGER PRIMARY KEY, time DATETIME, req_id VARCHAR(36), service_provider VARCHAR(50), token VARCHAR(100), "
    "model VARCHAR(50), prompt INTEGER, completion INTEGER, quota FLOAT, uri VARCHAR(255), request_data TEXT, "
    "response_data TEXT, api_status VARCHAR(10), api_error TEXT, status VARCHAR(20), created_at DATETIME, "
    "md5 VARCHAR(32)"
)


@pytest.fixture
def seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory with an api.yaml, and its ./data/request_log.db with two rows."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROAPI_CONFIG", raising=False)
    (tmp_path / "api.yaml").write_text(CONFIG)
    path = tmp_path / "data" / "request_log.db"
    path.parent.mkdir()
    asked = {"model": "glm-4", "stream": True, "messages": [{"role": "user", "content": f"my key is {UNKNOWN}"}]}
    told = {"full_message_content": "Hello there", "model": "gpt-4o", "tool_calls": []}
    rows = [
        (1, "2024-11-01 20:00:00", "a" * 16, "glm_main", KNOWN, "gpt-4o", 10, 5, 0, "/v1/chat/completions",
         json.dumps(asked), json.dumps(told), "200", "", "completed", "2024-11-01 12:00:00.5", "x"),
        (2, "2024-11-01 20:00:01", "b" * 16, "glm_main", UNKNOWN, "gpt-4o", 0, 0, 0, "/v1/chat/completions",
         json.dumps(asked), "", None, None, "completed", "2024-11-01 12:00:01", "y"),
        (3, None, "c" * 16, "", KNOWN, "gpt-4o", 0, 0, 0, "", "", "", None, None, "completed", None, "z"),
    ]  # fmt: skip
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE req_logs ({COLUMNS})")
        connection.executemany(f"INSERT INTO req_logs VALUES ({', '.join('?' * 17)})", rows)
    return path


def test_its_rows_become_flows(seed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = list(sqlite3.connect(seed).execute("SELECT * FROM req_logs"))
    assert cli.main(["import-seed"]) == 0
    assert capsys.readouterr().out == "2 rows imported, 1 left out\n"
    assert list(sqlite3.connect(seed).execute("SELECT * FROM req_logs")) == before
    queries = FlowQueries(open_database(f"sqlite:///{seed}"))
    failed, good = queries.page().flows
    assert (good.token, good.status, good.outcome, good.stream) == ("team-a", 200, "ok", True)
    assert (good.model, good.backend_model, good.member) == ("gpt-4o", "glm-4", "glm_main")
    assert (good.started_ms, good.prompt_tokens, good.completion_tokens) == (1_730_462_400_500, 10, 5)
    assert (failed.token, failed.outcome, failed.started_ms) == ("sk-u…ller", "failed", 1_730_462_401_000)
    bodies = queries.flow(failed.id).bodies  # type: ignore[union-attr]
    assert UNKNOWN.encode() not in bodies[Side.CLIENT_REQUEST].data
    assert [flow.id for flow in queries.page(Filters(text="Hello")).flows] == [good.id]


def test_twice_adds_nothing(seed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["import-seed"])
    assert cli.main(["import-seed", f"sqlite:///{seed}"]) == 0
    assert capsys.readouterr().out.endswith("0 rows imported, 3 left out\n")
    assert FlowQueries(open_database(f"sqlite:///{seed}")).size()[0] == 2


def test_another_file_is_only_read(seed: Path, tmp_path: Path) -> None:
    elsewhere = seed.rename(tmp_path / "old.db")
    content = elsewhere.read_bytes()
    assert cli.main(["import-seed", "sqlite:///./old.db"]) == 0
    assert elsewhere.read_bytes() == content
    assert FlowQueries(open_database(f"sqlite:///{seed}")).size()[0] == 2


@pytest.mark.usefixtures("seed")
@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("sqlite:///./none.db", "there is no file ./none.db"),
        ("sqlite:///./empty.db", "has no table req_logs"),
        ("sqlite:///./api.yaml", "DatabaseError"),
        ("oracle://x", "a database of the kind 'oracle'"),
    ],
)
def test_what_cannot_be(url: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sqlite3.connect(tmp_path / "empty.db").execute("CREATE TABLE t (x)")
    assert cli.main(["import-seed", url]) == 1
    assert why in capsys.readouterr().err
