"""`proapi env`, `run` and `doctor` beside a running gateway, with the programs of this machine."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.end_to_end.configs import TOKEN
from tests.end_to_end.running_proxy import PROJECT_ROOT, RunningProxy

CONFIG = f"providers:\n- {{provider: echo, model: [m]}}\ntokens:\n- {{api_key: {TOKEN}, model: [all]}}\n"
# Some program of the machine's that makes an HTTPS request, told of nothing but its environment.
ASK = ("curl", "-sS", "https://api.openai.com/healthz")
ANSWER = '{"status":"ok"}'
_FOREIGN = re.compile(r"(?i)(http|https|all|no)_proxy|.*CERT.*|.*CA_BUNDLE|GIT_SSL.*|JAVA_TOOL_OPTIONS|PROAPI_.*")

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")


@pytest.fixture(scope="module")
def proxy() -> Iterator[RunningProxy]:
    with RunningProxy(CONFIG) as running:
        yield running


class Shell:
    """A shell without any of the variables that matter here, beside the gateway's own."""

    def __init__(self, proxy: RunningProxy) -> None:
        self.proxy_url = f"http://127.0.0.1:{proxy.proxy_port}"
        own = {name: value for name, value in os.environ.items() if not _FOREIGN.fullmatch(name)}
        self.environment = own | {"PROAPI_PROXY_PORT": str(proxy.proxy_port), "PROAPI_CONFDIR": str(proxy.confdir)}

    def proapi(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.run([sys.executable, "-m", "proapi_gateway.cli", *arguments], **variables)

    def run(self, command: Sequence[str], **variables: str) -> subprocess.CompletedProcess[str]:
        environment = self.environment | variables
        return subprocess.run(
            command, cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, timeout=110, check=False
        )


@pytest.fixture
def shell(proxy: RunningProxy) -> Shell:
    return Shell(proxy)


@needs_curl
def test_the_exports_do_what_a_shell_needs(shell: Shell) -> None:
    assert shell.run(ASK).returncode != 0
    done = shell.run(["sh", "-c", f'eval "$({sys.executable} -m proapi_gateway.cli env)" && {" ".join(ASK)}'])
    assert done.stdout == ANSWER, done.stderr


def test_before_the_first_start_there_is_nothing_to_trust(shell: Shell, tmp_path: Path) -> None:
    for command in (["env"], ["run", "--", "true"], ["doctor"]):
        done = shell.proapi(*command, PROAPI_CONFDIR=str(tmp_path))
        assert done.returncode == 1
        assert "start scripts/run_proxy.sh" in done.stderr
        assert done.stdout == ""


def test_a_gateway_that_does_not_run_is_told(shell: Shell) -> None:
    done = shell.proapi("run", "--", "true", PROAPI_PROXY_PORT="1")
    assert done.returncode == 1
    assert "nothing listens at http://127.0.0.1:1" in done.stderr


@needs_curl
def test_run_starts_one_program(shell: Shell) -> None:
    assert shell.proapi("run", "--", *ASK).stdout == ANSWER
    assert shell.proapi("run", *ASK).stdout == ANSWER


@needs_curl
def test_another_proxy_of_the_shell_is_replaced(shell: Shell) -> None:
    other = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"), "socks5://127.0.0.1:1")
    assert shell.proapi("run", "sh", "-c", "echo $ALL_PROXY", **other).stdout.strip() == shell.proxy_url
    assert shell.proapi("run", "sh", "-c", "echo $ALL_PROXY").stdout.strip() == ""
    assert shell.proapi("run", *ASK, **other).stdout == ANSWER


@pytest.mark.parametrize(
    ("command", "status"), [("exit 7", 7), ("kill -TERM $$", -signal.SIGTERM), ("exit 0", 0)]
)
def test_the_exit_status_is_the_programs(shell: Shell, command: str, status: int) -> None:
    assert shell.proapi("run", "--", "sh", "-c", command).returncode == status


def test_what_cannot_be_started_has_the_status_that_a_shell_gives(shell: Shell, tmp_path: Path) -> None:
    assert shell.proapi("run", "--", "no-such-program").returncode == 127
    assert shell.proapi("run", "--", str(tmp_path)).returncode == 126
    done = shell.proapi("run")
    assert done.returncode == 2
    assert "no command" in done.stderr


# -- in a namespace of its own ---------------------------------------------------------------------------------------
@pytest.fixture
def isolated(shell: Shell) -> Shell:
    if not sys.platform.startswith("linux"):
        pytest.skip("network namespaces are Linux's")
    tried = shell.proapi("run", "--isolate", "--", "true")
    if "does not let us make a network namespace" in tried.stderr:
        pytest.skip(f"this kernel gives us no network namespace: {tried.stderr.strip()}")
    assert tried.returncode == 0, tried.stderr
    return shell


IGNORES_PROXIES = ("env", *(f"--unset={name}" for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")))


@needs_curl
def test_a_program_that_ignores_proxies_is_caught(isolated: Shell) -> None:
    done = isolated.proapi("run", "--isolate", "--", *IGNORES_PROXIES, *ASK)
    assert done.stdout == ANSWER, done.stderr


@needs_curl
def test_and_one_that_does_not(isolated: Shell) -> None:
    assert isolated.proapi("run", "--isolate", "--", *ASK).stdout == ANSWER


@needs_curl
def test_there_is_no_other_way_out(isolated: Shell) -> None:
    done = isolated.proapi("run", "--isolate", "--", *IGNORES_PROXIES, "curl", "-sS", "-m5", "http://192.0.2.1:8123/")
    assert done.returncode == 7  # curl: failed to connect


@pytest.mark.parametrize(("command", "status"), [("exit 7", 7), ("kill -KILL $$", 128 + signal.SIGKILL)])
def test_the_isolated_programs_exit_status(isolated: Shell, command: str, status: int) -> None:
    assert isolated.proapi("run", "--isolate", "--", "sh", "-c", command).returncode == status


def test_an_isolated_program_is_ended_with_us(isolated: Shell) -> None:
    run = [sys.executable, "-m", "proapi_gateway.cli", "run", "--isolate", "--"]
    command = [*run, "sh", "-c", "echo on; exec sleep 60"]
    with subprocess.Popen(command, cwd=PROJECT_ROOT, env=isolated.environment, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"on\n"
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 128 + signal.SIGTERM


# -- a door with a password --------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def guarded() -> Iterator[Shell]:
    with RunningProxy(CONFIG + 'server: {proxy_auth: "me:p@ss"}\n') as running:
        yield Shell(running)


@pytest.mark.parametrize("given", [{}, {"PROAPI_PROXY_AUTH": "me:wrong"}])
@pytest.mark.parametrize("command", [("run", *ASK), ("doctor",)])
def test_a_door_that_asks_for_a_password_is_told(guarded: Shell, command: Sequence[str], given: dict[str, str]) -> None:
    done = guarded.proapi(*command, **given)
    assert done.returncode == 1
    assert "export PROAPI_PROXY_AUTH=user:password" in done.stderr
    assert "wrong" not in done.stderr


@needs_curl
def test_a_program_is_given_the_doors_password(guarded: Shell) -> None:
    assert guarded.proapi("run", *ASK, PROAPI_PROXY_AUTH="me:p@ss").stdout == ANSWER


@needs_curl
@pytest.mark.usefixtures("isolated")
def test_an_isolated_program_that_knows_no_proxy_gets_through_too(guarded: Shell) -> None:
    done = guarded.proapi("run", "--isolate", "--", *IGNORES_PROXIES, *ASK, PROAPI_PROXY_AUTH="me:p@ss")
    assert done.stdout == ANSWER, done.stderr


def test_doctor_gets_through_a_door_with_a_password(guarded: Shell, tmp_path: Path) -> None:
    names = [name for name in ("openssl", "curl", "node", "git") if shutil.which(name)]
    for name in names:
        (tmp_path / name).symlink_to(shutil.which(name) or "")
    told = guarded.proapi("doctor", PATH=str(tmp_path), PROAPI_PROXY_AUTH="me:p@ss").stdout.splitlines()
    assert [line.split()[:2] for line in told if not line.startswith("this shell")] == [
        [name, "export"] for name in ("openssl", "node", "curl", "git") if name in names
    ]


# -- doctor ----------------------------------------------------------------------------------------------------------
def test_doctor_tells_the_line_that_each_runtime_lacks_and_the_lines_are_right(shell: Shell, tmp_path: Path) -> None:
    names = [name for name in ("openssl", "curl", "node", "git") if shutil.which(name)]
    if not names:
        pytest.skip("none of the runtimes is on this machine")
    for name in names:
        (tmp_path / name).symlink_to(shutil.which(name) or "")
    before = shell.proapi("doctor", PATH=str(tmp_path))
    assert before.returncode == 1
    lines = [line for line in before.stdout.splitlines() if not line.startswith("this shell")]
    assert sorted(line.split()[0] for line in lines) == sorted(names)
    assert all("export " in line for line in lines), before.stdout
    exported = dict(part.split("=", 1) for line in lines for part in line.split("export ")[1].replace("'", "").split())
    after = shell.proapi("doctor", PATH=str(tmp_path), **exported)
    assert after.returncode == 0, after.stdout
    assert all(line.endswith(" ok") for line in after.stdout.splitlines() if not line.startswith("this shell"))


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({}, "export HTTPS_PROXY={url}    # not set; set here for the checks"),
        ({"HTTPS_PROXY": "http://127.0.0.1:1"}, "export HTTPS_PROXY={url}    # another proxy; set here for the checks"),
        (
            {"HTTPS_PROXY": "{url}", "https_proxy": "me:secret@proxy.example:1"},
            "export HTTPS_PROXY={url} https_proxy={url}    # another proxy; set here for the checks",
        ),
        ({"https_proxy": "http://me:secret@localhost:{port}/"}, ""),
        ({"HTTPS_PROXY": "{url}", "https_proxy": "127.0.0.1:{port}"}, ""),
    ],
)
def test_doctor_tells_where_the_shells_proxy_leads(
    shell: Shell, tmp_path: Path, variables: dict[str, str], told: str
) -> None:
    known = {"url": shell.proxy_url, "port": shell.proxy_url.rpartition(":")[2]}
    given = {name: value.format(**known) for name, value in variables.items()}
    done = shell.proapi("doctor", PATH=str(tmp_path), **given)
    assert done.stdout.strip().removeprefix("this shell").strip() == told.format(**known), done.stderr


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not on this machine")
def test_doctor_tells_that_a_new_node_reads_no_proxy_variables_by_itself(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "node").symlink_to(shutil.which("node") or "")
    new = tmp_path / "new.js"
    new.write_text("Object.defineProperty(process.versions, 'node', {value: '24.1.0'});")
    trusts = {"NODE_EXTRA_CA_CERTS": f"{shell.environment['PROAPI_CONFDIR']}/mitmproxy-ca-cert.pem"}
    told = shell.proapi("doctor", PATH=str(tmp_path), NODE_OPTIONS=f"--require={new}", **trusts)
    assert told.returncode == 1
    assert "NODE_USE_ENV_PROXY='1'" in told.stdout


def test_doctor_tells_the_cause_of_a_java_traceback(shell: Shell, tmp_path: Path) -> None:
    cause = "Caused by: unable to find valid certification path to requested target"
    traceback = f"{cause}\\n\\tat x.y(Z.java:1)\\n\\t... 30 more\\n"
    (tmp_path / "java").write_text(
        f"""#!/bin/sh\n[ "$1" = --describe-module ] && exit\nprintf '{traceback}' >&2\nexit 1\n"""
    )
    (tmp_path / "java").chmod(0o755)
    assert cause in shell.proapi("doctor", PATH=str(tmp_path)).stdout


def test_doctor_checks_pythons_libraries(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (tmp_path / "python3").chmod(0o755)
    told = shell.proapi("doctor", PATH=f"{tmp_path}:/nonexistent").stdout
    assert "python urllib" in told
    assert "export SSL_CERT_FILE=" in told
