"""Content-Encoding undone piece by piece, at every cut."""

import base64
import gzip
import json
import tracemalloc
import zlib

import brotli
import pytest

from addons.content_decoders import PIECE_LIMIT_BYTES, DecodingFault, decode_whole, decoder_for
from tests.translate.recorded import case_input, needs_cases

TEXT = b"data: {\"n\": 1}\n\n" * 40 + "é".encode()


def zstd_packer():
    try:
        from backports import zstd
    except ImportError:
        zstandard = pytest.importorskip("zstandard")
        return zstandard.ZstdCompressor().compressobj(), lambda p: p.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    return zstd.ZstdCompressor(), lambda p: p.flush(zstd.ZstdCompressor.FLUSH_BLOCK)


def zstd_frame(data: bytes) -> bytes:
    packer, _ = zstd_packer()
    return packer.compress(data) + packer.flush()


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


ENCODED = {
    "": TEXT,
    "identity": TEXT,
    "gzip": gzip.compress(TEXT),
    "X-GZIP": gzip.compress(TEXT[:300]) + gzip.compress(TEXT[300:]),  # two members
    "deflate": zlib.compress(TEXT),
    " Deflate ": raw_deflate(TEXT),
    "br": brotli.compress(TEXT),
    "zstd": zstd_frame(TEXT[:100]) + zstd_frame(TEXT[100:]),  # two frames
    "gzip, br": brotli.compress(gzip.compress(TEXT)),
}


@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_C055_each_encoding_is_undone_at_every_cut(encoding: str, size: int) -> None:
    decoder = decoder_for(encoding)
    data = ENCODED[encoding]
    pieces = [decoder.decode(data[start : start + size]) for start in range(0, len(data), size)]
    assert b"".join(pieces) + decoder.flush() == TEXT
    assert decode_whole(encoding, data, len(TEXT)) == TEXT


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_C055_what_is_flushed_by_the_backend_comes_out_at_once(encoding: str) -> None:
    packers = {
        "gzip": (zlib.compressobj(wbits=16 + zlib.MAX_WBITS), lambda p: p.flush(zlib.Z_SYNC_FLUSH)),
        "deflate": (zlib.compressobj(), lambda p: p.flush(zlib.Z_SYNC_FLUSH)),
        "br": (brotli.Compressor(), lambda p: p.flush()),
        "zstd": zstd_packer(),
    }
    packer, flush = packers[encoding]
    feed = packer.process if encoding == "br" else packer.compress
    assert decoder_for(encoding).decode(feed(b"data: 1\n\n") + flush(packer)) == b"data: 1\n\n"


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate"])
def test_other_bytes_are_a_fault_of_ours_to_name(encoding: str) -> None:
    decoder = decoder_for(encoding)
    with pytest.raises(DecodingFault, match=encoding):
        decoder.decode(b"\xffdata: not compressed at all\n\n" * 20)


@needs_cases
def test_C055_the_reports_own_bytes() -> None:
    case = case_input("C055")
    pieces = [bytes.fromhex(digits) for digits in case["a_stream_gzip_chunks_hex"]]
    decoder = decoder_for(case["a_headers"]["content-encoding"])
    decoded = [decoder.decode(piece) for piece in pieces]
    assert b"\n\n" in decoded[1]  # before the last piece
    assert b"".join(decoded).endswith(b"data: [DONE]\n\n")
    for name, encoding in (("b_json_brotli_base64", "br"), ("c_json_zstd_base64", "zstd")):
        body = json.loads(decode_whole(encoding, base64.b64decode(case[name]), 10_000))
        assert body["content"][0]["text"] == "br ok"


def test_C055_an_unknown_encoding_is_named() -> None:
    with pytest.raises(DecodingFault, match="sdch"):
        decoder_for("sdch")


def test_a_bomb_stops_at_the_limit() -> None:
    with pytest.raises(DecodingFault, match="1000"):
        decode_whole("gzip", gzip.compress(b"0" * 10_000_000), 1000)


ZEROS = b"0" * 20_000_000
BOMBS = {
    "gzip": gzip.compress(ZEROS),
    "deflate": zlib.compress(ZEROS),
    "br": brotli.compress(ZEROS),
    "zstd": zstd_frame(ZEROS),
    "gzip, gzip": gzip.compress(gzip.compress(ZEROS)),
    "zstd, br": brotli.compress(zstd_frame(ZEROS)),
}


@pytest.mark.parametrize("encoding", BOMBS)
def test_a_bomb_does_not_burst(encoding: str) -> None:
    """Of a whole body, and of a piece of a stream; what it unpacks to is never all in memory."""
    tracemalloc.start()
    with pytest.raises(DecodingFault, match="more than 1000 bytes"):
        decode_whole(encoding, BOMBS[encoding], 1000)
    with pytest.raises(DecodingFault, match="more than 1000 bytes"):
        decoder_for(encoding, 1000).decode(BOMBS[encoding])
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < len(ZEROS) or "br" in encoding  # brotli says nothing of its output before it is made


def test_a_stream_may_be_longer_than_what_a_piece_may_unpack_to() -> None:
    packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    decoder = decoder_for("gzip", 1000)
    for _ in range(5):
        piece = packer.compress(b"0" * 900) + packer.flush(zlib.Z_SYNC_FLUSH)
        assert len(decoder.decode(piece)) == 900


def test_what_packs_a_hundredfold_is_stopped_early() -> None:
    bomb = gzip.compress(b"0" * (PIECE_LIMIT_BYTES + 1))
    with pytest.raises(DecodingFault, match=f"more than {PIECE_LIMIT_BYTES} bytes"):
        decode_whole("gzip", bomb, 10 * PIECE_LIMIT_BYTES)
    assert len(decode_whole("gzip", gzip.compress(b"0" * PIECE_LIMIT_BYTES), 10 * PIECE_LIMIT_BYTES)) > 1000
    assert len(decode_whole("", b"0" * (PIECE_LIMIT_BYTES + 1), 10 * PIECE_LIMIT_BYTES)) == PIECE_LIMIT_BYTES + 1


def test_nobody_packs_more_than_three_times() -> None:
    with pytest.raises(DecodingFault, match="4 encodings"):
        decoder_for("gzip, gzip, gzip, gzip")
