"""Pictures, documents and sound → inlineData or fileData.

Gemini takes bytes, the address of a file that Google holds (Files API, Cloud Storage, YouTube), and on Vertex AI any
public https address, if it is told the type. Whoever hands in the prompt has put the bytes in place of other addresses.
Source: https://ai.google.dev/gemini-api/docs/file-input-methods and /image-understanding, read 2026-11-25, and recorded
requests to Vertex AI.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ...losses import Losses
from ...prompt import Audio, File, Image, Media

_ACCEPTED = re.compile(r"image/(png|jpeg|webp|heic|heif)|audio/.+|video/.+|text/.+|application/pdf")
_AS_TEXT = frozenset({"application/json", "application/xml", "application/javascript", "application/x-yaml"})
_GOOGLE_FILES = re.compile(r"gs://.+|https://generativelanguage\.googleapis\.com/v\w+/files/[\w-]+")
_YOUTUBE = re.compile(r"https?://(www\.|m\.)?(youtube\.com/(watch|shorts|live)|youtu\.be/).*")
_FILE_NAME = re.compile(r"files/[\w-]+")
_FILES_ADDRESS = "https://generativelanguage.googleapis.com/v1beta/"

_TYPE_BY_EXTENSION: Mapping[str, str] = {
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp", "heic": "image/heic",
    "heif": "image/heif", "pdf": "application/pdf", "txt": "text/plain", "md": "text/markdown", "csv": "text/csv",
    "html": "text/html", "xml": "text/xml", "json": "application/json", "wav": "audio/wav", "mp3": "audio/mpeg",
    "flac": "audio/flac", "ogg": "audio/ogg", "m4a": "audio/mp4", "aac": "audio/aac", "mp4": "video/mp4",
    "mov": "video/quicktime", "webm": "video/webm", "mpeg": "video/mpeg",
}  # fmt: skip


def write_media(part: Image | File | Audio, losses: Losses) -> dict[str, Any]:
    """Image(Media("base64", "iVBO…", "image/png")) → {"inlineData": {"mimeType": "image/png", "data": "iVBO…"}}.

    Raises ClientFault (param messages) for an address that it cannot read, and for a type that it refuses.
    """
    if isinstance(part, File) and part.filename:
        losses.drop("messages[].content[].file.filename", "Gemini's API takes no names of files")
    media = part.media
    if media.source == "base64":
        return {"inlineData": {"mimeType": _media_type(part, losses), "data": media.data}}
    return {"fileData": _write_reference(part, media, losses)}


def takes_address(part: Image | File | Audio, fetches: bool) -> bool:
    """Google's own files always; an address of the web only where its name tells the type, which must be sent."""
    address = part.media.data
    if _GOOGLE_FILES.fullmatch(address) or _YOUTUBE.fullmatch(address):
        return True
    return fetches and address[:8].lower() == "https://" and bool(_type_by_name(part, address))


def _write_reference(part: Image | File | Audio, media: Media, losses: Losses) -> dict[str, Any]:
    if _YOUTUBE.fullmatch(media.data):
        return {"fileUri": media.data, "mimeType": "video/mp4"}
    address = _FILES_ADDRESS + media.data if _FILE_NAME.fullmatch(media.data) else media.data
    if not _GOOGLE_FILES.fullmatch(address) and not takes_address(part, fetches=True):
        raise losses.refuse("messages", f"Gemini takes the bytes of a file, not its address: {_short(media.data)}")
    reference = {"fileUri": address}
    if media_type := media.media_type or _type_by_name(part, address):
        reference["mimeType"] = media_type
    return reference


def _media_type(part: Image | File | Audio, losses: Losses) -> str:
    label = part.media.media_type
    if isinstance(part, Audio) and not label:
        label = f"audio/{part.format}"
    label = label or _type_by_name(part, "")
    if label in _AS_TEXT:
        return "text/plain"
    if not _ACCEPTED.fullmatch(label):
        raise losses.refuse("messages", f"Gemini takes no media of the type {label or 'unknown'!r}")
    return label


def _type_by_name(part: Image | File | Audio, address: str) -> str:
    name = part.filename if isinstance(part, File) and part.filename else urlsplit(address).path
    return _TYPE_BY_EXTENSION.get(name.rpartition(".")[2].lower(), "")


def _short(address: str) -> str:
    return address if len(address) <= 200 else address[:200] + "…"
