"""api.yaml to frozen `Settings`: the door to the rules in the `config_…` modules beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path

from .config_cross_check import cross_check
from .config_faults import ConfigFaults, Fault, Findings
from .config_providers import read_provider
from .config_server import read_intercept, read_server
from .config_tokens import read_token, tell_double_tokens
from .config_values import NOTHING, ValueReader, describe
from .config_yaml import Node, parse_yaml
from .known_providers import KnownProviders, known_providers
from .settings import ProviderSettings, Settings, TokenSettings
from .translatable import Translatable, say, verbatim

__all__ = ["ConfigFaults", "Fault", "load_settings", "load_settings_file"]

SECTIONS = ("providers", "tokens", "server", "intercept")
_ANCHOR_PREFIX = "x-"  # such sections are the person's own: a place for YAML anchors


def load_settings(
    text: str, *, file: str, environment: Mapping[str, str], known: KnownProviders | None = None
) -> Settings:
    """Reads api.yaml's text.

    `file` is the name that faults and warnings show; `environment` fills `${VAR}`; `known` are the providers that may
    be named (the translator's own, if it is not given). Raises `ConfigFaults` with every fault of the file: the caller
    shows them and does not start, or keeps the settings that it has.
    """
    findings = Findings(file)
    reader = ValueReader(findings, environment)
    top = parse_yaml(text, findings)
    if top.kind != "mapping":
        allowed = say("a mapping with the sections %(sections)s", sections=", ".join(SECTIONS))
        findings.fail(top.line, describe(top, secret=True), allowed)
    entries = top.entries()
    own_sections = {key: node for key, node in entries.items() if not key.startswith(_ANCHOR_PREFIX)}
    reader.tell_unknown_keys(own_sections, SECTIONS, verbatim(file))
    intercept_hosts, limit_ca = read_intercept(reader, entries.get("intercept"))
    settings = Settings(
        providers=_read_providers(reader, top, known_providers() if known is None else known),
        tokens=_read_tokens(reader, top),
        server=read_server(reader, entries.get("server")),
        intercept_hosts=intercept_hosts,
        limit_ca=limit_ca,
    )
    cross_check(reader, top, settings)
    findings.raise_faults()
    return replace(settings, warnings=findings.remarks())


def load_settings_file(
    path: str | PathLike[str], environment: Mapping[str, str], known: KnownProviders | None = None
) -> Settings:
    """`load_settings` of a file. One that cannot be read is a fault like any other."""
    file = fspath(path)
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        found = say("no file to read (%(why)s)", why=error.strerror)
        Findings(file).fail(0, found, say("the path of an api.yaml"))
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        Findings(file).fail(line, say("bytes that are no UTF-8"), say("a file saved as UTF-8"))
    return load_settings(text, file=file, environment=environment, known=known)


def _read_providers(reader: ValueReader, top: Node, known: KnownProviders) -> tuple[ProviderSettings, ...]:
    nodes = _read_section(reader, top, "providers", say("a list of blocks, each `- provider: …`"))
    blocks = (read_provider(reader, node, place, known) for place, node in enumerate(nodes))
    return tuple(block for block in blocks if block)


def _read_tokens(reader: ValueReader, top: Node) -> tuple[TokenSettings, ...]:
    nodes = _read_section(reader, top, "tokens", say("a list of tokens, each `- api_key: …`"))
    tokens = tuple(token for place, node in enumerate(nodes) if (token := read_token(reader, node, place)))
    tell_double_tokens(reader, nodes, tokens)
    return tokens


def _read_section(reader: ValueReader, top: Node, key: str, allowed: Translatable) -> tuple[Node, ...]:
    """The members of a list that must hold one at least."""
    node = top.entries().get(key)
    if node is None or node.kind == "null" or (node.kind == "list" and not node.items()):
        reader.findings.fault(node.line if node else 0, key, NOTHING, allowed)
        return ()
    return reader.read_items(node, allowed, secret=True)
