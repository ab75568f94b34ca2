from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from proapi_gateway import cli

from .config_text import GOOD_PROVIDERS, GOOD_TOKENS

ROOT = Path(__file__).resolve().parents[2]
GOOD = GOOD_PROVIDERS + GOOD_TOKENS


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """api.yaml of the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROAPI_CONFIG", raising=False)
    path = tmp_path / "api.yaml"
    path.write_text(GOOD)
    return path


@pytest.mark.usefixtures("config")
class TestCheck:
    def test_a_good_file(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["check"]) == 0
        assert capsys.readouterr().out == (
            "api.yaml: good. 1 provider blocks (0 not usable now); model names: 1; tokens: 1\n"
        )

    def test_remarks_do_not_fail_it(self, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
        config.write_text(GOOD + "server: {default_model: gone}\n")
        assert cli.main(["check", "api.yaml"]) == 0
        remark = "warning: api.yaml:5: server.default_model: no provider serves 'gone'\n"
        assert capsys.readouterr().out.startswith(remark)

    def test_every_fault_is_printed(self, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
        config.write_text("providers: []\ntokens: []\n")
        assert cli.main(["check"]) == 1
        lines = capsys.readouterr().out.splitlines()
        assert [line.partition(" found")[0] for line in lines[:2]] == ["api.yaml:1: providers:", "api.yaml:2: tokens:"]
        assert lines[2:] == ["api.yaml: 2 faults"]

    def test_a_missing_file_is_a_fault(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["check", "gone.yaml"]) == 1
        assert capsys.readouterr().out.endswith("gone.yaml: 1 fault\n")

    def test_the_file_and_its_variables_come_from_the_environment(
        self, config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        config.rename(config.with_name("other.yaml"))
        config.with_name("other.yaml").write_text(GOOD.replace("sk-1", "'${A_TOKEN}'"))
        monkeypatch.setenv("PROAPI_CONFIG", "other.yaml")
        monkeypatch.setenv("A_TOKEN", "sk-x")
        assert cli.main(["check"]) == 0
        assert "other.yaml: good" in capsys.readouterr().out


@pytest.mark.parametrize("argv", [[], ["nothing"], ["check", "a", "b"], ["check", "--what"]])
def test_a_usage_fault_is_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(argv) == 2
    assert capsys.readouterr().err.startswith("usage: proapi")


def test_help_is_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(command.name in shown for command in cli.COMMANDS)


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt(), 130), (ZeroDivisionError("sk-secret"), 1)])
def test_no_traceback(
    error: BaseException, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> int:
        raise error

    monkeypatch.setattr(cli, "COMMANDS", (cli.Command("check", "", cli.add_check_arguments, fail),))
    assert cli.main(["check"]) == status
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert "sk-secret" not in told


def test_a_reader_that_leaves_early_is_no_traceback(config: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "proapi_gateway.cli", "check", str(config)],
            cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, timeout=30, check=False,
        )  # fmt: skip
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_terminal_without_unicode_is_served(config: Path) -> None:
    config.write_text("providers: []\ntokens: []\n")
    done = subprocess.run(
        [sys.executable, "-m", "proapi_gateway.cli", "check", str(config)],
        cwd=ROOT, env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"`- provider: \\u2026`" in done.stdout
