"""Pictures, documents and sound on the wire: data URLs, base64, and what the bytes really are.

Labels lie (a WebP called image/png is common), and backends refuse a wrong label: the type is read from the bytes.
"""

from __future__ import annotations

import base64
import re

from msgspec import Struct

from .errors import ClientFault
from .prompt import Media, MediaPart

# First bytes → media type. Sources: the formats' own specifications; RIFF and ISO-BMFF carry their kind further on.
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xfa", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
)
_RIFF_KINDS = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_FTYP_BRANDS = {
    b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heif", b"avif": "image/avif",
    b"isom": "video/mp4", b"mp42": "video/mp4", b"M4A ": "audio/mp4",
}  # fmt: skip
_SPELLINGS = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "audio/x-wav": "audio/wav",
    "audio/mp3": "audio/mpeg",
}
_BASE64 = re.compile(r"[A-Za-z0-9+/]*+={0,2}")
_WEB_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
# Cloud Storage's, which Google's own models read.
_ADDRESS = re.compile(r"(https?|gs)://", re.IGNORECASE)
_TEXTS = re.compile(r"text/.+|application/(json|xml|yaml|x-yaml|javascript|x-ndjson)|.+\+(json|xml)")
_HEAD_CHARS = 64  # base64 characters that are enough to tell a type


def sniff_type(head: bytes) -> str:
    """The media type by the first bytes: sniff_type(b"GIF89a…") == "image/gif"; "" if unknown."""
    if head[:4] == b"RIFF":
        return _RIFF_KINDS.get(head[8:12], "")
    if head[4:8] == b"ftyp":
        return _FTYP_BRANDS.get(head[8:12], "")
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), "")


class FetchedMedia(Struct, frozen=True):
    """What an address gave. `label`: the media type that its server told, "" for none."""

    data: bytes
    label: str = ""


def media_from_bytes(fetched: FetchedMedia) -> Media:
    """FetchedMedia(b"\\x89PNG…", "image/jpeg") → Media("base64", "iVBO…", "image/png").

    A server's label is believed only for text, which has no first bytes to tell it by. Unknown bytes have no type.
    """
    label = fetched.label.partition(";")[0].strip().lower()
    kind = sniff_type(fetched.data[:_HEAD_CHARS])
    if not kind and _is_text(fetched.data):
        kind = label if _TEXTS.fullmatch(label) else "text/plain"
    return Media("base64", base64.b64encode(fetched.data).decode(), kind)


def _is_text(data: bytes) -> bool:
    try:
        return "\0" not in data.decode()
    except UnicodeDecodeError:
        return False


def is_web_address(address: str) -> bool:
    """Can it be fetched by anybody? "https://…" can, "gs://…" cannot."""
    return _WEB_ADDRESS.match(address) is not None


def takes_web_address(part: MediaPart, fetches: bool) -> bool:
    """The rule of most formats: where the backend fetches files itself, the address will do."""
    return fetches and is_web_address(part.media.data)


def takes_no_address(part: MediaPart, fetches: bool) -> bool:
    return False


def media_from_base64(data: str, label: str, field: str) -> Media:
    """Base64 text with the label that the client gave it. A type found from the bytes wins over the label.

    Line ends and blanks within, as `base64` and MIME put them there, are taken out: not every backend does so. Raises
    ClientFault (param `field`) for text that is not base64, to its end: half a picture is a backend's odd 400.
    """
    text = data if _is_base64(data) else "".join(data.split())
    if not text or not _is_base64(text):
        raise ClientFault(f"{field}: the data is not valid base64", param=field)
    label = label.partition(";")[0].strip().lower()
    head = base64.b64decode(text[:_HEAD_CHARS])
    return Media("base64", text, sniff_type(head) or _SPELLINGS.get(label, label))


def _is_base64(text: str) -> bool:
    return len(text) % 4 == 0 and _BASE64.fullmatch(text) is not None


def media_from_url(url: str, field: str) -> Media:
    """A data URL or an address: "data:image/png;base64,iVBO…" → Media("base64", "iVBO…", "image/png").

    An address is http(s), or gs:// of Cloud Storage. Raises ClientFault (param `field`) for any other, and for a data
    URL without base64.
    """
    if url[:5].lower() == "data:":
        label, comma, data = url[5:].partition(",")
        if not comma or label.rpartition(";")[2].strip().lower() != "base64":
            raise ClientFault(f"{field}: a data URL must hold base64 data (data:<type>;base64,<data>)", param=field)
        return media_from_base64(data, label, field)
    if _ADDRESS.match(url):
        return Media("url", url)
    raise ClientFault(f"{field}: expected a data URL, or an http(s) or gs:// address", param=field)


def write_url(media: Media, unknown_type: str = "") -> str:
    """The way back, for bytes and addresses: Media("base64", "iVBO…", "image/png") → "data:image/png;base64,iVBO…".
    `unknown_type` stands where the bytes told none."""
    return media.data if media.source == "url" else f"data:{media.media_type or unknown_type};base64,{media.data}"
