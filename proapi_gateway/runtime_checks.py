"""The runtimes that `proapi doctor` checks: for each, a program that makes one real request through the explicit door.

A check is run as the shell's environment stands. Where it fails it is run again with the one line that should mend it,
and that line is only told when it does.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from .client_trust import Trust
from .java_trust import java_options

# Answered by the gateway itself, without a key, and only where the request has come through it.
PROBE_HOST = "api.openai.com"
PROBE_URL = f"https://{PROBE_HOST}/healthz"
_LIMIT_S = 90.0  # `go run` compiles first

_PYTHON_URLLIB = f"import urllib.request as u; u.urlopen({PROBE_URL!r}, timeout=20).read()"
_PYTHON_HTTPX = f"import httpx; httpx.get({PROBE_URL!r}, timeout=20).raise_for_status()"
_PYTHON_REQUESTS = f"import requests; requests.get({PROBE_URL!r}, timeout=20).raise_for_status()"
# By hand, because Node reads proxy variables from version 24 on only, when told to. Older ones need an agent in
# the app's code, so there it is only checked whom they trust.
_NODE = f"""
if (parseInt(process.versions.node) >= 24 && process.env.NODE_USE_ENV_PROXY !== "1") {{
  console.error("it reads no proxy variables without NODE_USE_ENV_PROXY=1");
  process.exit(1);
}}
const proxy = new URL(process.env.HTTPS_PROXY);
const request = require("http").request({{
  host: proxy.hostname, port: proxy.port, method: "CONNECT", path: "{PROBE_HOST}:443"}});
if (proxy.username) {{
  const login = decodeURIComponent(proxy.username) + ":" + decodeURIComponent(proxy.password);
  request.setHeader("Proxy-Authorization", "Basic " + Buffer.from(login).toString("base64"));
}}
request.on("connect", (reply, socket) => {{
  const secure = require("tls").connect({{socket, servername: "{PROBE_HOST}"}}, () => process.exit(0));
  secure.on("error", fault => {{ console.error(fault.message); process.exit(1); }});
}});
request.on("error", fault => {{ console.error(fault.message); process.exit(1); }});
request.end();
"""
_GO = f"""package main
import ("fmt"; "net/http"; "os")
func main() {{
  reply, fault := http.Get("{PROBE_URL}")
  if fault != nil {{ fmt.Fprintln(os.Stderr, fault); os.Exit(1) }}
  if reply.StatusCode != 200 {{ os.Exit(1) }}
}}
"""
_JAVA = f"""import java.net.*;
public class Probe {{
  public static void main(String[] arguments) throws Exception {{
    var connection = (HttpURLConnection) new URI("{PROBE_URL}").toURL().openConnection();
    if (connection.getResponseCode() != 200) System.exit(1);
  }}
}}
"""
_PASSWORD = "PROAPI_PROBE_PASSWORD"  # by the environment: others see arguments
_JAVA_FRAMES = ("at ", "... ")  # below the last "Caused by: …" of a traceback
_GIT_TRUSTS = ("not found", "not valid: is this a git repository", "info/refs")


@dataclass(frozen=True, slots=True)
class Runtime:
    """`program`: what is looked for. `command`: its arguments, where "{proxy}", "{host}", "{port}" and "{source}" are
    filled in. `needs`: a command that fails where a library is not there. `mend`: variables that make it trust us.
    `with_login`: arguments for a door that wants a user, "{user}" filled in."""

    name: str
    program: str
    command: Sequence[str]
    mend: Callable[[Trust, Mapping[str, str]], Mapping[str, str]]
    with_login: Sequence[str] = ()
    needs: Sequence[str] = ()
    source: tuple[str, str] = ("", "")  # a file's name and text
    passes: Callable[[subprocess.CompletedProcess[str]], bool] = lambda done: done.returncode == 0


def _bundle_as(*names: str) -> Callable[[Trust, Mapping[str, str]], Mapping[str, str]]:
    return lambda trust, _: dict.fromkeys(names, str(trust.bundle))


def _git_reached_us(done: subprocess.CompletedProcess[str]) -> bool:
    return any(mark in done.stderr for mark in _GIT_TRUSTS)  # there is no repository: TLS stood


RUNTIMES = (
    Runtime(
        "openssl",
        "openssl",
        ("s_client", "-brief", "-verify_return_error", "-proxy", "{host}:{port}", "-connect", f"{PROBE_HOST}:443",
         "-servername", PROBE_HOST),
        _bundle_as("SSL_CERT_FILE"),
        with_login=("-proxy_user", "{user}", "-proxy_pass", f"env:{_PASSWORD}"),
    ),
    Runtime("python urllib", "python3", ("-c", _PYTHON_URLLIB), _bundle_as("SSL_CERT_FILE")),
    Runtime(
        "python httpx", "python3", ("-c", _PYTHON_HTTPX), _bundle_as("SSL_CERT_FILE"), needs=("-c", "import httpx")
    ),
    Runtime(
        "python requests",
        "python3",
        ("-c", _PYTHON_REQUESTS),
        _bundle_as("REQUESTS_CA_BUNDLE"),
        needs=("-c", "import requests"),
    ),
    Runtime(
        "node",
        "node",
        ("-e", _NODE),
        lambda trust, _: {"NODE_EXTRA_CA_CERTS": str(trust.ca), "NODE_USE_ENV_PROXY": "1"},
    ),
    Runtime("curl", "curl", ("-sSf", "-o", "/dev/null", PROBE_URL), _bundle_as("CURL_CA_BUNDLE")),
    Runtime("go", "go", ("run", "{source}"), _bundle_as("SSL_CERT_FILE"), source=("probe.go", _GO)),
    Runtime(
        "java",
        "java",
        ("-Dhttps.proxyHost={host}", "-Dhttps.proxyPort={port}", "{source}"),
        lambda trust, environment: {"JAVA_TOOL_OPTIONS": java_options(trust, environment)},
        needs=("--describe-module", "jdk.compiler"),  # it runs a source file only where it can compile
        source=("Probe.java", _JAVA),
    ),
    Runtime(
        "git", "git", ("ls-remote", PROBE_URL), _bundle_as("GIT_SSL_CAINFO"), passes=_git_reached_us
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One runtime's result. `line`: what to add to the shell where it does not trust us, or what went wrong."""

    name: str
    trusts: bool
    line: str = ""


@dataclass(frozen=True, slots=True)
class Checker:
    """`environment`: the shell's, as it stands."""

    trust: Trust
    environment: Mapping[str, str] = field(repr=False)

    def check(self, runtime: Runtime) -> Finding | None:
        """None where the runtime is not on this machine. Blocks for seconds."""
        path = shutil.which(runtime.program, path=self.environment.get("PATH"))
        if path is None or not self._has_what_it_needs(path, runtime):
            return None
        with tempfile.TemporaryDirectory() as folder:
            first = self._run(path, runtime, folder, {})
            if runtime.passes(first):
                return Finding(runtime.name, trusts=True)
            return Finding(runtime.name, trusts=False, line=self._mended(path, runtime, folder) or _last_line(first))

    def _mended(self, path: str, runtime: Runtime, folder: str) -> str:
        """The line that mends it, tried; "" where it does not."""
        variables = runtime.mend(self.trust, self.environment)
        if not runtime.passes(self._run(path, runtime, folder, variables)):
            return ""
        return "export " + " ".join(f"{name}='{value}'" for name, value in variables.items())

    def _has_what_it_needs(self, path: str, runtime: Runtime) -> bool:
        return not runtime.needs or self._call([path, *runtime.needs], {}).returncode == 0

    def _run(
        self, path: str, runtime: Runtime, folder: str, variables: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        name, text = runtime.source
        source = Path(folder) / (name or "none")
        if text:
            source.write_text(text, encoding="utf-8")
        address = urlsplit(self.trust.proxy_url)
        known = {"{host}": address.hostname or "", "{port}": str(address.port), "{source}": str(source)}
        login = () if address.username is None else runtime.with_login
        known["{user}"] = unquote(address.username or "")
        arguments = [_filled(argument, known) for argument in (*runtime.command, *login)]
        return self._call([path, *arguments], {**variables, _PASSWORD: unquote(address.password or "")})

    def _call(self, command: Sequence[str], variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        door = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), self.trust.proxy_url)
        fixed = {"NO_PROXY": "", "no_proxy": "", "GIT_TERMINAL_PROMPT": "0"}
        environment = {**self.environment, **door, **fixed, **variables}
        try:
            return subprocess.run(
                command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                timeout=_LIMIT_S,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, 1, "", f"no end after {_LIMIT_S:g} s")


def _filled(argument: str, known: Mapping[str, str]) -> str:
    for mark, value in known.items():
        argument = argument.replace(mark, value)
    return argument


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line for text in done.stderr.splitlines() if (line := text.strip()) and not line.startswith(_JAVA_FRAMES)]
    return lines[-1] if lines else f"exit status {done.returncode}"
