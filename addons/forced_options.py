"""The options of mitmproxy that must have one value for us to work, whatever a config file or command line says."""

from __future__ import annotations

import logging
from collections.abc import Set as AbstractSet

from mitmproxy import ctx
from mitmproxy.utils import human

from .untyped_mitmproxy import set_options

logger = logging.getLogger(__name__)


class ForcedOptions:
    """`body_limit_bytes` is what `body_size_limit` said before it was taken over; 0: no limit."""

    def __init__(self) -> None:
        self.body_limit_bytes = 0

    def configure(self, updated: AbstractSet[str]) -> None:
        # "eager" would look up and contact api.openai.com, which many of our users cannot reach, before every request
        if ctx.options.connection_strategy != "lazy":
            set_options(ctx.options, connection_strategy="lazy")
        # A body that mitmproxy begins to stream in its middle would go out untranslated.
        if ctx.options.stream_large_bodies:
            logger.warning("stream_large_bodies is off: bodies of LLM hosts are translated, all others stream anyway")
            set_options(ctx.options, stream_large_bodies=None)
        # mitmproxy's own refusal has no JSON; ours has.
        if ctx.options.body_size_limit:
            self.body_limit_bytes = human.parse_size(ctx.options.body_size_limit) or 0
            set_options(ctx.options, body_size_limit=None)
