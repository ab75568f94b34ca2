"""Where the configuration comes from: api.yaml on disk, or an address (`config_url`) with a copy on disk behind it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from .config import load_settings, load_settings_file
from .config_faults import ConfigFaults, Findings
from .remote_config import Document, Fetch, RemoteConfig, RemoteFault, fetch_over_http
from .settings import Secret, Settings
from .translatable import say

logger = logging.getLogger(__name__)

_URL_VARIABLE, _KEY_VARIABLE = "config_url", "secret_key"  # the seed system's names
_COPY = Path("data") / "last_good_config.json"


class ConfigSource(Protocol):
    """All of it blocks (files, network): to be called in a thread, but for the first `read` before anything runs."""

    @property
    def name(self) -> str:
        """As people know it: the path, or the address without its secrets."""

    @property
    def editable(self) -> Path | None:
        """The file that a person may edit; None for a remote configuration, where no local edit would count."""

    @property
    def poll_s(self) -> float:
        """How often `changed` is worth asking."""

    def text(self) -> str:
        """What stands there, decrypted. Raises OSError, ValueError or RemoteFault."""

    def read(self) -> Settings:
        """The settings as they are now. Raises ConfigFaults."""

    def changed(self) -> bool:
        """Is there something new since the last `read`? True once for each save, when the file has come to rest."""


class FileSource:
    """api.yaml. Looked at by name and content, not by events of the file system: so it sees renames, in-place writes,
    the swapped symlinks of Kubernetes, and folders that send no events (network and container mounts)."""

    def __init__(self, path: str, environment: Mapping[str, str]) -> None:
        self._path = Path(path)
        self._environment = environment
        self._seen: object = None  # the file's state when its content was last looked at
        self._unsettled: object = None
        self._digest = b""  # of what was last read
        self.name = path
        self.editable = self._path
        self.poll_s = 0.5

    def text(self) -> str:
        return self._path.read_text(encoding="utf-8-sig")

    def read(self) -> Settings:
        self._seen = self._state()
        self._digest = self._content_digest()
        return load_settings_file(self._path, self._environment)

    def changed(self) -> bool:
        state = self._state()
        if state is None or state == self._seen:  # None: between the two halves of a save
            self._unsettled = None
            return False
        if state != self._unsettled:  # a writer may be at it: let it finish
            self._unsettled = state
            return False
        self._seen = state
        return self._content_digest() != self._digest

    def _state(self) -> object:
        try:
            stat = self._path.stat()  # through symlinks
        except OSError:
            return None
        return stat.st_ino, stat.st_dev, stat.st_size, stat.st_mtime_ns

    def _content_digest(self) -> bytes:
        try:
            return hashlib.sha256(self._path.read_bytes()).digest()
        except OSError:
            return b""


class RemoteSource:
    """An address. When it is down, or what stands there is no good, the last good copy is read, and without one the
    local api.yaml, as in the seed system; never in silence."""

    editable = None
    poll_s = 60.0

    def __init__(self, remote: RemoteConfig, local: Path, environment: Mapping[str, str]) -> None:
        self._remote = remote
        self._local = local
        self._environment = environment
        self._document: Document | None = None  # the last one got, good or not
        self._started = False
        self.name = remote.shown

    def text(self) -> str:
        """Of the document that was got last, or else of the copy: nothing is fetched."""
        document = self._document or self._remote.last_good()
        return self._remote.read(document) if document is not None else ""

    def read(self) -> Settings:
        """After the first time there are settings in force: then a fault is raised, and nothing is read instead."""
        first, self._started = not self._started, True
        try:
            settings = self._read_remote()
        except ConfigFaults as faults:
            if not first:
                raise
            return self._read_instead(faults)
        return settings

    def changed(self) -> bool:
        before = self._document
        try:
            document = self._remote.get(before.etag if before else "")
        except RemoteFault as fault:
            logger.warning("the configuration at %s cannot be read: %s; the one in force goes on", self.name, fault)
            return False
        return document is not None and (before is None or document.text != before.text)

    def _read_remote(self) -> Settings:
        try:
            document = self._remote.get()
            self._document = document
            if document is None:
                raise RemoteFault("the server says it has not changed, but was not asked that")
            settings = self._load(document)
        except RemoteFault as fault:
            raise _no_configuration(self.name, fault) from None
        try:
            self._remote.keep(document)
        except OSError as error:
            logger.warning("no copy of the remote configuration could be kept (%s)", error)
        return settings

    def _load(self, document: Document) -> Settings:
        return load_settings(self._remote.read(document), file=self.name, environment=self._environment)

    def _read_instead(self, faults: ConfigFaults) -> Settings:
        kept = self._remote.last_good()
        if kept is not None:
            try:
                settings = self._load(kept)
            except RemoteFault as fault:
                raise _no_configuration(self.name, fault) from None
            _tell(faults, f"the last good copy of {self.name} is used")
            return settings
        if self._local.exists():
            _tell(faults, f"there is no copy of {self.name}: {self._local} is used instead")
            return load_settings_file(self._local, self._environment)
        raise faults


def config_source(path: str, environment: Mapping[str, str], fetch: Fetch = fetch_over_http) -> ConfigSource:
    """The source that the environment names: `config_url` (with `secret_key`) if it is set, else the file `path`."""
    url = environment.get(_URL_VARIABLE, "").strip()
    if not url:
        return FileSource(path, environment)
    local = Path(path)
    secret_key = Secret(environment.get(_KEY_VARIABLE, ""))
    return RemoteSource(RemoteConfig(Secret(url), secret_key, local.parent / _COPY, fetch), local, environment)


def _tell(faults: ConfigFaults, instead: str) -> None:
    for fault in faults.faults:
        logger.error("%s", fault)
    logger.warning("%s", instead)


def _no_configuration(name: str, fault: RemoteFault) -> ConfigFaults:
    findings = Findings(name)
    found = say("no configuration (%(why)s)", why=fault)
    findings.fault(0, "", found, say("the text of an api.yaml at config_url"))
    return ConfigFaults(findings.faults)
