"""The model of a form, read and renamed in place."""

import httpx
import pytest

from addons.multipart_model import read_multipart_model, rename_multipart_model

FILE = b'\x00\r\ncontent-disposition: form-data; name="model-file"\r\n\r\nnot it\r\n' + b"x" * 1000


def form(fields: dict[str, str]) -> bytes:
    return httpx.Request("POST", "http://x/", data=fields, files={"file": ("a.wav", FILE)}).read()


@pytest.mark.parametrize("fields", [{"model": "whisper"}, {"language": "de", "model": "whisper", "prompt": "model"}])
def test_the_model_is_read_and_renamed(fields: dict[str, str]) -> None:
    body = form(fields)
    assert read_multipart_model(body) == "whisper"
    boundary = body.split(b"\r\n")[0]
    renamed = rename_multipart_model(body, "whisper-large-v3")
    assert read_multipart_model(renamed) == "whisper-large-v3"
    assert renamed.count(boundary) == body.count(boundary)
    assert FILE in renamed
    assert len(renamed) == len(body) + len("-large-v3")


def test_a_form_without_a_model_gets_one() -> None:
    body = form({"purpose": "batch"})
    assert read_multipart_model(body) == ""
    named = rename_multipart_model(body, "whisper")
    assert read_multipart_model(named) == "whisper"
    assert named.endswith(body)


@pytest.mark.parametrize("body", [b"", b"--", b"{}", b"no form\r\n--b\r\n"])
def test_what_is_no_form_stays_as_it_is(body: bytes) -> None:
    assert (read_multipart_model(body), rename_multipart_model(body, "x")) == ("", body)


@pytest.mark.parametrize(
    "part",
    [
        b"--b\r\nContent-Disposition: form-data; name=model\r\n\r\nm1\r\n--b--\r\n",
        b"--b\r\nContent-Type: text/plain\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nm1\r\n--b--\r\n",
        b"--b\r\nContent-Disposition: form-data; name=\"model\"\r\nContent-Type: text/plain\r\n\r\nm1\r\n--b--\r\n",
    ],
)
def test_every_spelling_of_the_part_is_found(part: bytes) -> None:
    assert read_multipart_model(part) == "m1"
