"""The headers of a WebSocket's handshake: what of the client's goes to the backend, and what of the backend's comes
back.

The handshake is the client's own, end to end: its key, its extensions, and the subprotocols but for those that carry
what is not the backend's to see. A browser cannot set headers, so OpenAI lets it put its key into a subprotocol:

    sec-websocket-protocol: realtime, openai-insecure-api-key.sk-…, openai-organization.org-…, openai-beta.realtime-v1

Source: https://platform.openai.com/docs/guides/realtime-websocket, read 2026-11-25; RFC 6455 §4.
"""

from __future__ import annotations

from collections.abc import Mapping

from mitmproxy import http

SUBPROTOCOLS = "sec-websocket-protocol"
_KEY_PREFIX = "openai-insecure-api-key."
# The client's account: they belong to its key, and go where that goes, which is nowhere.
_ACCOUNT_PREFIXES = (_KEY_PREFIX, "openai-organization.", "openai-project.")
_OF_REQUEST = (SUBPROTOCOLS, "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions")
_OF_REPLY = (SUBPROTOCOLS, "sec-websocket-accept", "sec-websocket-extensions")
_UPGRADE = {"connection": "Upgrade", "upgrade": "websocket"}


def split_subprotocols(header: str) -> tuple[str, str]:
    """What may go on, and the key among it: "realtime, openai-insecure-api-key.sk-1" → ("realtime", "sk-1")."""
    names = [name.strip() for name in header.split(",")]
    keys = [name.removeprefix(_KEY_PREFIX) for name in names if name.startswith(_KEY_PREFIX)]
    kept = [name for name in names if name and not name.startswith(_ACCOUNT_PREFIXES)]
    return ", ".join(kept), keys[0] if keys else ""


def asks_for_websocket(headers: http.Headers) -> bool:
    return str(headers.get("upgrade", "")).lower() == "websocket"


def upgrade_request_headers(headers: http.Headers) -> dict[str, str]:
    """What the backend is asked; {} where the client asks for no WebSocket."""
    return _UPGRADE | _chosen(headers, _OF_REQUEST) if asks_for_websocket(headers) else {}


def upgrade_reply_headers(headers: http.Headers) -> dict[str, str]:
    """What the client is told with the backend's 101."""
    return _UPGRADE | _chosen(headers, _OF_REPLY)


def forget_handshake(request: http.Request) -> None:
    """After the backend's 101 nobody needs the request that was sent: a flow that is saved holds no key.

    Without its version mitmproxy does not take the flow for a WebSocket of its own, which it saves at its end only.
    """
    request.headers = http.Headers(host=request.headers.get("host", ""))


def _chosen(headers: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: headers[name] for name in names if headers.get(name)}
