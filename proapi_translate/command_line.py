"""The three commands: what would be sent, what a whole reply becomes, what a stream becomes."""

from __future__ import annotations

import argparse
import base64
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, NoReturn
from urllib.parse import urlsplit

from .errors import ClientFault
from .json_text import encode, peek_request, read_reply, replace_top_level
from .providers.table import provider_keys
from .rendered_error import render_error
from .reply_translator import ReplyTranslator
from .target import Target
from .translate import translate_request
from .translation import Context

_CLIENT_NAMES = ("chat", "responses", "completions", "embeddings", "images", "messages")
_ID_PREFIXES = {
    "chat": "chatcmpl-", "responses": "resp_", "completions": "cmpl-", "embeddings": "embd-", "images": "img-",
    "messages": "msg_",
}  # fmt: skip
_USAGE_FAULT = 2
# What only a request's address and signature are made of: a reply is read without it.
_STAND_INS = {"account_id": "unused", "region": "unused"}
# What stands in for the client's body where --request does not give it.
_MINIMAL_FIELDS: dict[str, dict[str, Any]] = {
    "chat": {"messages": [{"role": "user", "content": "."}]},
    "responses": {"input": "."},
    "completions": {"prompt": "."},
    "embeddings": {"input": "."},
    "images": {"prompt": "."},
    "messages": {"max_tokens": 1, "messages": [{"role": "user", "content": "."}]},
}


class _UsageFault(Exception):
    pass


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _UsageFault(message)


def main(arguments: Sequence[str], stdin: BinaryIO, stdout: BinaryIO) -> int:
    """Run one command; the exit status."""
    try:
        options = _parser().parse_args([_utf8(text) for text in arguments])
        target = _target(options)
        return int(options.run(options, target, stdin, stdout))
    except (_UsageFault, ClientFault, OSError) as fault:  # ClientFault: a wrong option, an API that nobody serves there
        print(f"proapi_translate: {fault}", file=sys.stderr)
        return _USAGE_FAULT


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m proapi_translate", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    for name, run in (("request", _request), ("response", _response), ("stream", _stream)):
        command = commands.add_parser(name)
        command.set_defaults(run=run)
        command.add_argument("--client", required=True, choices=_CLIENT_NAMES)
        command.add_argument("--provider", required=True)
        command.add_argument("--model", required=True)
        command.add_argument("--option", action="append", default=[], metavar="K=V")
        command.add_argument("--base-url", type=_base_url, default="")
        command.add_argument("--request", type=Path)
        command.add_argument("--id", default="")
        command.add_argument("--created", type=int)
        command.add_argument("--status", type=_status, default=200)
        command.add_argument("--header", action="append", default=[], metavar="K: V")
        command.add_argument("--split", type=int, default=0)
        command.add_argument("--strict", action="store_true")
    return parser


def _utf8(text: str) -> str:
    """Raises _UsageFault for bytes that are no text: they would have no form in an address or in JSON."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _UsageFault(f"an argument is not UTF-8: {text!r}") from None
    return text


def _base_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that do not close, a port out of range
        whole = False
    if text and not whole:
        raise argparse.ArgumentTypeError(f"expected http://HOST[:PORT][/PATH], found {text!r}")
    return text.rstrip("/")


def _status(text: str) -> int:
    if not (text.isdecimal() and 100 <= int(text) <= 599):
        raise argparse.ArgumentTypeError(f"expected 100 to 599, found {text!r}")
    return int(text)


def _target(options: argparse.Namespace) -> Target:
    pairs = dict(_cut(text, "=") for text in options.option)
    if not options.base_url and options.provider not in provider_keys():
        raise _UsageFault(f"{options.provider!r} is no provider with an address of its own: give --base-url")
    api_key = pairs.pop("api_key", "")
    credential = pairs.pop("access_token", "") or api_key
    if options.run is not _request:
        pairs = _STAND_INS | pairs
        credential = credential or "unused"
    return Target(
        options.provider,
        options.model,
        base_url=options.base_url,
        credential=credential,
        options=pairs,
        strict=options.strict,
    )


def _cut(text: str, mark: str) -> tuple[str, str]:
    name, found, value = text.partition(mark)
    if not found or not name:
        raise _UsageFault(f"expected NAME{mark}VALUE, found {text!r}")
    return name.strip(), value.strip()


def _request(options: argparse.Namespace, target: Target, stdin: BinaryIO, stdout: BinaryIO) -> int:
    try:
        now = float(options.created) if options.created is not None else time.time()
        translation = translate_request(options.client, stdin.read(), target, Context(now=now))
    except ClientFault as fault:
        if fault.status >= 500:  # not the request's fault, but an option's
            raise
        error = render_error(fault)
        _print(stdout, {"status": error.status, "body": read_reply(error.body)})
        return 1
    upstream = translation.upstream
    told = {
        "method": upstream.method,
        "url": upstream.url,
        "headers": upstream.headers,
        "body": _json_or_base64(upstream.body),
        "warnings": [{"field": loss.field, "what": loss.what, "why": loss.why} for loss in translation.losses],
    }
    if translation.later_bodies:  # a request that goes in parts: what follows, one after the other
        told["later_bodies"] = [_json_or_base64(body) for body in translation.later_bodies]
    _print(stdout, told)
    return 0


def _response(options: argparse.Namespace, target: Target, stdin: BinaryIO, stdout: BinaryIO) -> int:
    reply = _reply(options, target, stream=False)
    head = reply.start(options.status, dict(_cut(text, ":") for text in options.header))
    body = reply.whole(stdin.read())
    _print(stdout, {"status": reply.status, "headers": head.headers | reply.headers, "body": _json_or_base64(body)})
    return 0


def _stream(options: argparse.Namespace, target: Target, stdin: BinaryIO, stdout: BinaryIO) -> int:
    reply = _reply(options, target, stream=True)
    reply.start(options.status, dict(_cut(text, ":") for text in options.header))
    data = stdin.read()
    step = options.split if options.split > 0 else max(len(data), 1)
    for start in range(0, len(data), step):
        stdout.write(reply.feed(data[start : start + step]))
    stdout.write(reply.finish())
    stdout.flush()
    return 0


def _reply(options: argparse.Namespace, target: Target, *, stream: bool) -> ReplyTranslator:
    """The reply's translator, from the client's own body (--request) or from one that asks for nothing special."""
    minimal = encode({"model": options.model, **_MINIMAL_FIELDS[options.client]})
    body = options.request.read_bytes() if options.request else minimal
    created = options.created if options.created is not None else int(time.time())
    reply_id = options.id or f"{_ID_PREFIXES[options.client]}{created:x}"
    try:
        translation = translate_request(options.client, _as_asked(body, options, stream=stream), target)
    except ClientFault:
        # The request could not have been served; its reply is read all the same.
        translation = translate_request(options.client, _as_asked(minimal, options, stream=stream), target)
    return ReplyTranslator(translation, reply_id, created)


def _as_asked(body: bytes, options: argparse.Namespace, *, stream: bool) -> bytes:
    """Here --model is the name that the client asked for, and the command says whether it asked for a stream."""
    changes: dict[str, Any] = {"model": options.model}
    if peek_request(options.client, replace_top_level(body, changes)).stream != stream:
        changes["stream"] = stream
    return replace_top_level(body, changes)


def _json_or_base64(body: bytes) -> Any:
    try:
        return read_reply(body)
    except ValueError:
        return {"base64": base64.b64encode(body).decode()}


def _print(stdout: BinaryIO, value: Any) -> None:
    stdout.write(encode(value) + b"\n")
    stdout.flush()
