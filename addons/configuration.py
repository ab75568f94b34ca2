"""The configuration: api.yaml read at the start, and the gateway that is made of it."""

from __future__ import annotations

import logging
import os
import random
import time
import uuid
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet

from mitmproxy import ctx
from mitmproxy.addonmanager import Loader

from proapi_gateway.config import ConfigFaults
from proapi_gateway.config_source import ConfigSource, config_source
from proapi_gateway.gateway import Gateway
from proapi_gateway.health import Health
from proapi_gateway.limits import Limiter
from proapi_gateway.settings import Settings
from proapi_gateway.shared_limits import SharedLimits
from proapi_translate import OwnFault

from .intercepted_hosts import InterceptedHosts
from .openai_backends import speaks_openai
from .workers import shares_doors

logger = logging.getLogger(__name__)

DEFAULT_CONFIG = "api.yaml"


def config_path(environment: Mapping[str, str]) -> str:
    return environment.get("PROAPI_CONFIG") or DEFAULT_CONFIG


class Configuration:
    """Holds the gateway. Our own master hands it its settings; under mitmdump or mitmweb it reads the file itself,
    named by the option `proapi_config` (or else by PROAPI_CONFIG)."""

    def __init__(self, source: ConfigSource | None = None, settings: Settings | None = None) -> None:
        """`settings`: what has been read from `source` already."""
        self._gateway: Gateway | None = None
        self._hosts = InterceptedHosts(())
        self._source = source
        self._path = ""
        self._users: list[Callable[[Settings], None]] = []
        if settings is not None:
            self.use(settings)

    # Methods: mitmproxy reads every property of an addon while it loads it.
    def gateway(self) -> Gateway:
        """The gateway in force."""
        if self._gateway is None:
            raise OwnFault("a request before there is a configuration")
        return self._gateway

    def source(self) -> ConfigSource:
        """Where the settings in force come from."""
        if self._source is None:
            raise OwnFault("no configuration has been named")
        return self._source

    def path(self) -> str:
        """Of api.yaml, as it is named: beside it is what belongs to it."""
        return ctx.options.proapi_config or config_path(os.environ)

    def hosts(self) -> InterceptedHosts:
        return self._hosts

    def use(self, settings: Settings) -> None:
        """Put settings in force. Flows that have started keep theirs."""
        if self._gateway is None:
            health = Health(time.monotonic, random.random)
            limits = SharedLimits(Limiter(time.monotonic, time.time), process=uuid.uuid4().hex)
            several = shares_doors(os.environ)
            self._gateway = Gateway(settings, time.time, speaks_openai, health, limits, several_workers=several)
        else:
            self._gateway.swap(settings)
        self._hosts = InterceptedHosts(settings.intercept_hosts)
        for warning in settings.warnings:
            logger.warning("%s", warning)
        for tell in self._users:
            tell(settings)

    def on_use(self, tell: Callable[[Settings], None]) -> None:
        """From now on `tell` is called, on the event loop, with all settings that are put in force."""
        self._users.append(tell)

    # -- hooks -------------------------------------------------------------------------------------------------------
    def load(self, loader: Loader) -> None:
        loader.add_option("proapi_config", str, "", "proapi: path of api.yaml (default: $PROAPI_CONFIG, or api.yaml)")

    def configure(self, updated: AbstractSet[str]) -> None:
        path = self.path()
        if path == self._path or (self._gateway is not None and not ctx.options.proapi_config):
            return
        self._path = path
        source = config_source(path, os.environ)
        try:
            self.use(source.read())
            self._source = source
        except ConfigFaults as faults:
            # While mitmproxy starts, an error in the log ends it with 1: nothing runs on a bad file.
            for fault in faults.faults:
                logger.error("%s", fault)
