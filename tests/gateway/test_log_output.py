"""Where the log goes."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from proapi_gateway.log_output import LogFile, log_formatter

TEXT = log_formatter("")


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.INFO)
    yield logging.getLogger("proapi.test")
    root.setLevel(before)


def record(message: str, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("proapi.flows", logging.INFO, "f", 1, message, (), None)
    made.__dict__.update(extra)
    made.created, made.msecs = 1764072000.5, 500.0
    return made


def test_text_is_the_time_the_level_and_the_words() -> None:
    assert log_formatter("").format(record("words")).endswith(" INFO words")


def test_json_is_one_object_a_line() -> None:
    line = log_formatter("json").format(record("two\nlines ü", fields=lambda: {"status": 200}))
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "2025-11-25T12:00:00.500Z", "level": "INFO", "logger": "proapi.flows", "message": "two\nlines ü",
        "status": 200,
    }  # fmt: skip


def test_what_only_json_shows_is_made_for_json_alone() -> None:
    asked: list[str] = []
    made = record("words", fields=lambda: {"asked": str(asked.append("once"))})
    log_formatter("").format(made)
    assert not asked
    log_formatter("json").format(made)
    assert asked == ["once"]


def test_a_traceback_stays_on_its_line() -> None:
    try:
        raise ValueError("x")
    except ValueError as error:
        made = record("failed", exc_info=(ValueError, error, error.__traceback__))
    line = json.loads(log_formatter("json").format(made))
    assert "ValueError: x" in line["traceback"]


def test_the_file_has_warnings_and_errors_for_its_owner(tmp_path: Path, logger: logging.Logger) -> None:
    path = tmp_path / "logs" / "app.log"
    file = LogFile(path, TEXT)
    logger.info("nothing special")
    logger.warning("look at %s", "this")
    logger.error("and this")
    file.close()
    logger.error("too late")
    lines = [line.split(" ", 2)[2] for line in path.read_text().splitlines()]
    assert lines == ["WARNING look at this", "ERROR and this"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_it_goes_on_where_it_was_and_begins_anew_when_it_is_full(tmp_path: Path, logger: logging.Logger) -> None:
    path = tmp_path / "app.log"
    path.write_text("before\n")
    file = LogFile(path, TEXT)
    for _ in range(6):
        logger.error("x" * 1_000_000)
    file.close()
    assert path.with_name("app.log.1").read_text().startswith("before\n")
    assert path.stat().st_size < 5 * 1024 * 1024
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(OSError, match="logs"):
        LogFile(tmp_path / "logs" / "app.log", TEXT)


def test_what_a_client_sends_makes_no_line_of_its_own(tmp_path: Path) -> None:
    assert TEXT.format(record("a\r\nERROR all is lost\x1b[31m\u2028b")).endswith(
        r"INFO a\x0d\x0aERROR all is lost\x1b[31m\x2028b"
    )
    file = LogFile(tmp_path / "log", TEXT)
    try:
        raise ValueError("why")
    except ValueError:
        logging.getLogger("x").exception("one\ntwo %s", "three")
    file.close()
    first, *traceback = (tmp_path / "log").read_text().splitlines()
    assert first.endswith(r"ERROR one\x0atwo three")
    assert traceback[0].startswith("Traceback")
    assert traceback[-1] == "ValueError: why"
