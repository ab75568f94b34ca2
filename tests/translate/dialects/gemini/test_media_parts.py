"""Pictures, documents and sound: bytes go in, addresses only of files that Google holds."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.dialects.gemini.media_parts import takes_address, write_media
from proapi_translate.errors import ClientFault
from proapi_translate.losses import Losses
from proapi_translate.prompt import Audio, File, Image, Media

FILES = "https://generativelanguage.googleapis.com/v1beta/files/abc-1"


def write(part: Image | File | Audio) -> dict[str, Any]:
    return write_media(part, Losses({}))


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        (Image(Media("base64", "AA==", "image/png")), "image/png"),
        (Image(Media("base64", "AA==", "video/mp4")), "video/mp4"),
        (File(Media("base64", "AA==", "application/pdf"), "a.pdf"), "application/pdf"),
        (File(Media("base64", "AA=="), "notes.md"), "text/markdown"),
        (File(Media("base64", "AA==", "application/json"), "a.json"), "text/plain"),
        (Audio(Media("base64", "AA==", "audio/wav"), "wav"), "audio/wav"),
        (Audio(Media("base64", "AA=="), "mp3"), "audio/mp3"),
    ],
)
def test_bytes(part: Image | File | Audio, kind: str) -> None:
    assert write(part) == {"inlineData": {"mimeType": kind, "data": "AA=="}}


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        (Image(Media("base64", "AA==", "image/bmp")), "image/bmp"),
        (Image(Media("base64", "AA==", "image/gif")), "image/gif"),
        (File(Media("base64", "AA=="), "data"), "unknown"),
        (File(Media("base64", "AA==", "application/zip"), "a.zip"), "application/zip"),
    ],
)
def test_types_that_gemini_refuses(part: Image | File | Audio, kind: str) -> None:
    with pytest.raises(ClientFault, match=kind) as caught:
        write(part)
    assert (caught.value.status, caught.value.param) == (400, "messages")


@pytest.mark.parametrize(
    ("part", "sent"),
    [
        (Image(Media("url", FILES)), {"fileUri": FILES}),
        (Image(Media("url", "gs://bucket/a.png")), {"fileUri": "gs://bucket/a.png", "mimeType": "image/png"}),
        (File(Media("file_id", "files/abc-1"), "a.pdf"), {"fileUri": FILES, "mimeType": "application/pdf"}),
        (File(Media("url", FILES, "audio/wav")), {"fileUri": FILES, "mimeType": "audio/wav"}),
        (Image(Media("url", "https://www.youtube.com/watch?v=1")),
         {"fileUri": "https://www.youtube.com/watch?v=1", "mimeType": "video/mp4"}),
        (File(Media("url", "https://youtu.be/1")), {"fileUri": "https://youtu.be/1", "mimeType": "video/mp4"}),
    ],
)  # fmt: skip
def test_files_that_google_holds(part: Image | File, sent: dict[str, Any]) -> None:
    assert write(part) == {"fileData": sent}


@pytest.mark.parametrize(
    ("address", "kind", "fetches", "taken"),
    [
        ("https://img.example.test/a.png?x=1.pdf", "image/png", True, True),
        ("https://img.example.test/a.png", "image/png", False, False),
        ("https://img.example.test/a", "", True, False),
        ("http://img.example.test/a.png", "", True, False),
        ("gs://bucket/a", "", False, True),
        (FILES, "", False, True),
        ("https://youtu.be/1", "video/mp4", False, True),
    ],
)
def test_which_addresses_gemini_reads_itself(address: str, kind: str, fetches: bool, taken: bool) -> None:
    part = Image(Media("url", address))
    assert takes_address(part, fetches) is taken
    if taken:
        assert write(part)["fileData"] == {"fileUri": address} | ({"mimeType": kind} if kind else {})


@pytest.mark.parametrize(
    "media",
    [
        Media("url", "https://img.example.test/unnamed?x=1"),
        Media("url", "http://img.example.test/a.png"),
        Media("file_id", "file-abc"),
        Media("url", "https://youtube.com.evil.test/watch"),
    ],
)
def test_other_addresses_are_refused_by_name(media: Media) -> None:
    with pytest.raises(ClientFault) as caught:
        write(Image(media))
    assert media.data in caught.value.message
    assert caught.value.param == "messages"


def test_a_long_address_is_shown_in_part() -> None:
    with pytest.raises(ClientFault) as caught:
        write(Image(Media("url", "https://x.test/" + "a" * 9999)))
    assert len(caught.value.message) < 300


def test_a_files_name_is_told_as_lost() -> None:
    losses = Losses({})
    write_media(File(Media("base64", "AA==", "application/pdf"), "a.pdf"), losses)
    assert [loss.field for loss in losses.report()] == ["messages[].content[].file.filename"]
