"""What bytes are, whatever their label says."""

from __future__ import annotations

import pytest

from proapi_translate.errors import ClientFault
from proapi_translate.media import media_from_url, sniff_type, write_url
from proapi_translate.prompt import Media

WEBP = "UklGRhoAAABXRUJQVlA4TA0AAAA="


@pytest.mark.parametrize(
    ("url", "media"),
    [
        ("data:image/png;base64,UklGRhoAAABXRUJQVlA4TA0AAAA=", Media("base64", WEBP, "image/webp")),
        ("data:image/jpg;base64,/9j/4AAQSkZJRg==", Media("base64", "/9j/4AAQSkZJRg==", "image/jpeg")),
        ("data:image/png;charset=utf-8;base64,iVBORw0KGgo=", Media("base64", "iVBORw0KGgo=", "image/png")),
        ("data:;base64,iVBORw0KGgo=", Media("base64", "iVBORw0KGgo=", "image/png")),
        ("DATA:image/gif;BASE64,R0lGODlh", Media("base64", "R0lGODlh", "image/gif")),
        ("data:application/x-odd;base64,AAAA", Media("base64", "AAAA", "application/x-odd")),
        ("data:image/png;base64,iVBO\r\nRw0K\n Ggo=\n", Media("base64", "iVBORw0KGgo=", "image/png")),
        ("https://img.example.test/a.png?x=1", Media("url", "https://img.example.test/a.png?x=1")),
    ],
)
def test_c025_types_come_from_the_bytes(url: str, media: Media) -> None:
    assert media_from_url(url, "f") == media


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xf3\x44\xc4", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"RIFF\0\0\0\0WAVE", "audio/wav"),
        (b"\0\0\0\x18ftypM4A ", "audio/mp4"),
        (b"hello", ""),
    ],
)
def test_sound_by_its_first_bytes(head: bytes, kind: str) -> None:
    assert sniff_type(head) == kind


@pytest.mark.parametrize(
    "url",
    [
        "data:image/png,raw",
        "data:image/png;base64,!!!!",
        "data:image/png;base64,iVBORw0KGg",  # cut
        "data:image/png;base64,",
        f"data:image/png;base64,{'iVBO' * 40}!!!!",  # broken far behind what tells the type
        f"data:image/png;base64,iVBORw=={'iVBO' * 40}",
        "ftp://h/a.png",
        "a.png",
        "",
    ],
)
def test_what_is_neither_is_the_clients_fault(url: str) -> None:
    with pytest.raises(ClientFault) as caught:
        media_from_url(url, "messages[0].content[0].image_url.url")
    assert caught.value.param == "messages[0].content[0].image_url.url"


@pytest.mark.parametrize(
    ("media", "url"),
    [
        (Media("base64", "AAAA", "image/png"), "data:image/png;base64,AAAA"),
        (Media("base64", "AAAA"), "data:application/pdf;base64,AAAA"),
        (Media("url", "https://h/a"), "https://h/a"),
    ],
)
def test_the_way_back(media: Media, url: str) -> None:
    assert write_url(media, "application/pdf") == url
