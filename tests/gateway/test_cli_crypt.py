"""`proapi crypt`, as a shell runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def crypt(*arguments: str, text: str, key: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "secret_key"}
    if key is not None:
        environment["secret_key"] = key
    command = [sys.executable, "-m", "proapi_gateway.cli", "crypt", *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, env=environment, timeout=60)


def test_there_and_back() -> None:
    for options in ([], ["--ecb"]):
        sealed = crypt("encrypt", *options, text="a: 值\n", key="k")
        assert sealed.returncode == 0
        assert "a:" not in sealed.stdout
        back = crypt("decrypt", "--key", "k", text=sealed.stdout)
        assert (back.returncode, back.stdout) == (0, "a: 值\n")


def test_the_seeds_vector() -> None:
    assert crypt("encrypt", "--ecb", "--key", "666666", text="123").stdout == "xjWq4K5Bl4J5nOkPd6a5uA==\n"
    assert crypt("decrypt", text="xjWq4K5Bl4J5nOkPd6a5uA==", key="666666").stdout == "123"


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "api.yaml"
    path.write_text("a: 值\n", encoding="utf-8")
    sealed = crypt("encrypt", str(path), text="not read", key="k").stdout
    assert crypt("decrypt", "-", text=sealed, key="k").stdout == "a: 值\n"


@pytest.mark.parametrize(
    ("arguments", "text", "key", "status", "told"),
    [
        (["encrypt"], "a", None, 2, "no key"),
        (["decrypt"], "a: 1", "k", 1, "no base64"),
        ([], "a", "k", 2, "usage"),
        (["turn"], "a", "k", 2, "usage"),
        (["encrypt", "no-such-file"], "a", "k", 1, "no-such-file cannot be read: No such file"),
    ],
)
def test_faults_are_one_line(arguments: list[str], text: str, key: str | None, status: int, told: str) -> None:
    done = crypt(*arguments, text=text, key=key)
    assert done.returncode == status
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
