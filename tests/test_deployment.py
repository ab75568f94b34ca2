"""The container files: linted, held against the published schemas, and the entrypoint run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from proapi_gateway.config import load_settings

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = [ROOT / "docker-compose.yml", *sorted((ROOT / "deploy").glob("compose.*.yaml"))]
KUBERNETES = ROOT / "deploy" / "kubernetes-sidecar.yaml"
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
ENTRYPOINT = ROOT / "deploy" / "entrypoint.sh"
USER = 10001

each_compose = pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)


def documents(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


# -- the image -------------------------------------------------------------------------------------------------------
def test_the_dockerfile_is_clean() -> None:
    hadolint = shutil.which("hadolint") or str(Path(sys.executable).with_name("hadolint"))
    if not Path(hadolint).exists():
        pytest.skip("hadolint is not installed")
    command = [hadolint, "--no-color", str(ROOT / "Dockerfile")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_what_it_copies_is_there_and_reaches_the_build() -> None:
    let_in = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE):
        *sources, _ = [word for word in line.split() if not word.startswith("--")]
        for source in sources:
            assert (ROOT / source).exists(), source
            assert source in let_in, source


def test_the_packages_of_setup_py_are_all_copied() -> None:
    packages = re.search(r"include=\[(.*?)\]", (ROOT / "setup.py").read_text())
    assert packages is not None
    for name in re.findall(r'"(\w+)\*"', packages[1]):
        assert f"COPY {name} {name}" in DOCKERFILE


@pytest.mark.parametrize("server", ["postgresql", "mysql", "redis"])
def test_what_a_url_in_api_yaml_needs_is_installed(server: str) -> None:
    installed = re.search(r"pip install .* \"\.\[(.*)\]\"", DOCKERFILE)
    extras = re.findall(r'^        "(\w+)": \[', (ROOT / "setup.py").read_text(), re.MULTILINE)
    assert installed is not None
    assert server in installed[1].split(",")
    assert server in extras


def test_its_health_check_asks_the_gateway() -> None:
    script = re.search(r'"-c", "(import .*?)"\]', DOCKERFILE)
    assert script is not None
    command = [sys.executable, "-c", script[1].replace('\\"', '"')]
    done = subprocess.run(command, env={"PROAPI_PORT": "1"}, capture_output=True, check=False)
    assert b"Connection refused" in done.stderr


# -- the entrypoint --------------------------------------------------------------------------------------------------
def enter(home: Path, *command: str, user: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    become = [] if user == 0 else ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    return subprocess.run(
        [*become, str(ENTRYPOINT), *command],
        env={"PATH": os.environ["PATH"], "PROAPI_HOME": str(home), **environment},
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip


@pytest.fixture
def home() -> Iterator[Path]:
    """/app of a container. Not pytest's own folder, which is for root only."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("a container's beginning needs root and setpriv")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o755)
        (folder / "api.yaml").write_text("x")
        (folder / "api.yaml").chmod(0o644)
        yield folder


def test_a_folder_of_roots_is_given_to_our_user(home: Path) -> None:
    done = enter(home, "sh", "-c", "id -u; touch $PROAPI_HOME/data/x")
    assert (done.stdout, done.stderr) == (f"{USER}\n", "")
    assert (home / "data").stat().st_uid == USER


def test_a_folder_of_somebodys_is_left_to_them(home: Path) -> None:
    (home / "data").mkdir()
    os.chown(home / "data", 1234, 1235)
    assert enter(home, "sh", "-c", "id -u; id -g").stdout == "1234\n1235\n"


def test_a_user_that_was_chosen_is_kept(home: Path) -> None:
    assert enter(home, "id", "-u", user=4321).stdout == "4321\n"


def test_no_right_of_roots_is_left(home: Path) -> None:
    done = enter(home, "sh", "-c", "grep -E 'CapEff|CapPrm|CapInh|NoNewPrivs' /proc/self/status")
    assert re.findall(r"\S+$", done.stdout, re.MULTILINE) == ["0000000000000000"] * 3 + ["1"]


def test_without_a_configuration_the_example_answers(home: Path) -> None:
    (home / "api.yaml").unlink()
    done = enter(home, "sh", "-c", "echo $PROAPI_CONFIG")
    assert done.stdout == f"{home}/api.yaml.example\n"
    assert "the example answers" in done.stderr
    assert enter(home, "sh", "-c", "echo $PROAPI_CONFIG", config_url="http://h/").stdout == "\n"


def test_what_cannot_be_read_is_told(home: Path) -> None:
    (home / "api.yaml").chmod(0o600)
    done = enter(home, "true")
    assert (done.returncode, "may not read" in done.stderr) == (1, True)
    (home / "api.yaml").unlink()
    (home / "api.yaml").mkdir()
    assert "is a folder" in enter(home, "true").stderr


# -- compose ---------------------------------------------------------------------------------------------------------
@each_compose
def test_compose_files_are_what_the_specification_says(path: Path) -> None:
    compose_spec = pytest.importorskip("compose_spec", reason="compose-spec is not installed")
    assert "proapi" in compose_spec.PyCompose.from_yaml(path.read_text(encoding="utf-8")).service_names()


@each_compose
def test_what_compose_files_name_is_there(path: Path) -> None:
    (document,) = documents(path)
    for name, service in document["services"].items():
        build = service.get("build", {})
        context, target = (build, "") if isinstance(build, str) else (build.get("context", ""), build.get("target", ""))
        assert not context or (path.parent / context / "Dockerfile").exists()
        assert not target or f" AS {target}\n" in DOCKERFILE
        for dependency in service.get("depends_on", {}):
            assert dependency in document["services"], name
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source.startswith(".") or source in document["volumes"], name


@each_compose
def test_no_app_sees_the_key_of_the_ca(path: Path) -> None:
    (document,) = documents(path)
    gateway = document["services"]["proapi"]
    app = document["services"].get("app", {})
    shared = {volume.partition(":")[0] for volume in app.get("volumes", [])}
    mounts = dict(volume.split(":")[:2] for volume in gateway["volumes"])
    for name in shared:
        assert mounts[name] == gateway["environment"]["PROAPI_TRUST_DIR"]


def test_the_seeds_compose_file_has_its_ports_and_folders() -> None:
    (document,) = documents(ROOT / "docker-compose.yml")
    service = document["services"]["proapi"]
    assert "8000:8000" in service["ports"]
    assert service["volumes"] == ["./api.yaml:/app/api.yaml", "./data:/app/data"]


# -- kubernetes ------------------------------------------------------------------------------------------------------
def test_the_manifest_holds_against_the_published_schemas() -> None:
    kubernetes_validate = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    for document in documents(KUBERNETES):
        kubernetes_validate.validate(document, "1.31", strict=True)


def test_its_configuration_loads_without_remarks() -> None:
    config = documents(KUBERNETES)[0]["data"]["api.yaml"]
    environment = {"DEEPSEEK_API_KEY": "sk-1234567890", "TEAM_KEY": "sk-0987654321"}
    assert load_settings(config, file="api.yaml", environment=environment).warnings == ()


def test_the_redirects_exempt_user_is_the_gateways() -> None:
    gateway, redirect = documents(KUBERNETES)[1]["spec"]["template"]["spec"]["initContainers"]
    assert gateway["securityContext"]["runAsUser"] == USER
    assert f'"--user", "{USER}"' in DOCKERFILE
    assert redirect["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["NET_ADMIN"]}
    assert {"name": "PROAPI_TRANSPARENT_PORT", "value": "8443"} in gateway["env"]  # transparent.sh's own default
