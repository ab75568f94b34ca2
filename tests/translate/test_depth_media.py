"""Depth: pictures by their bytes and by address, PDFs, text files, sound."""

from __future__ import annotations

import pytest

from .depth import REFUSED, Body, Table, expected_of, rows, walk

BASE: Body = {}
TABLE: Table = {
    "a picture under a wrong label": (
        {"messages": [{"role": "user", "content": [{"type": "image_url",
         "image_url": {"url": "data:image/jpeg;base64,iVBORw0KGgo="}}]}]},
        {
            "claude claude4.8 vertex_claude": (
                {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "base64",
                 "media_type": "image/png", "data": "iVBORw0KGgo="}}]}]},
                "",
            ),
            "gemini gemini3 vertex_gemini": (
                {"contents": [{"role": "user", "parts": [{"inlineData": {"mimeType": "image/png",
                 "data": "iVBORw0KGgo="}}]}]},
                "",
            ),
            "cohere cloudflare": (
                {"messages": [{"role": "user", "content": [{"type": "image_url",
                 "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}]}]},
                "",
            ),
            "bedrock_claude nova": (
                {"messages": [{"role": "user", "content": [{"image": {"format": "png",
                 "source": {"bytes": "iVBORw0KGgo="}}}]}]},
                "",
            ),
            "azure mistral deepseek": (
                {"messages": [{"role": "user", "content": [{"type": "image_url",
                 "image_url": {"url": "data:image/jpeg;base64,iVBORw0KGgo="}}]}]},
                "",
            ),
            "responses": (
                {"input": [{"role": "user", "content": [{"type": "input_image", "detail": "auto",
                 "image_url": "data:image/png;base64,iVBORw0KGgo="}]}]},
                "",
            ),
        },
    ),
    "an address": (
        {"messages": [{"role": "user", "content": [{"type": "image_url",
         "image_url": {"url": "https://x.test/a.png"}}]}]},
        {
            "claude claude4.8": (
                {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url",
                 "url": "https://x.test/a.png"}}]}]},
                "",
            ),
            "vertex_claude gemini gemini3 cloudflare bedrock_claude nova": (REFUSED, "messages"),
            "vertex_gemini": (
                {"contents": [{"role": "user", "parts": [{"fileData": {"fileUri": "https://x.test/a.png",
                 "mimeType": "image/png"}}]}]},
                "",
            ),
            "cohere azure mistral deepseek": (
                {"messages": [{"role": "user", "content": [{"type": "image_url",
                 "image_url": {"url": "https://x.test/a.png"}}]}]},
                "",
            ),
            "responses": (
                {"input": [{"role": "user", "content": [{"type": "input_image", "detail": "auto",
                 "image_url": "https://x.test/a.png"}]}]},
                "",
            ),
        },
    ),
    "a PDF": (
        {"messages": [{"role": "user", "content": [{"type": "file", "file": {"filename": "a.pdf",
         "file_data": "data:application/pdf;base64,JVBERi0xLjQK"}}]}]},
        {
            "claude claude4.8 vertex_claude": (
                {"messages": [{"role": "user", "content": [{"type": "document", "source": {"type": "base64",
                 "media_type": "application/pdf", "data": "JVBERi0xLjQK"}, "title": "a.pdf"}]}]},
                "",
            ),
            "gemini gemini3 vertex_gemini": (
                {"contents": [{"role": "user", "parts": [{"inlineData": {"mimeType": "application/pdf",
                 "data": "JVBERi0xLjQK"}}]}]},
                "messages[].content[].file.filename dropped",
            ),
            "cohere cloudflare": (REFUSED, "file"),
            "bedrock_claude nova": (
                {"messages": [{"role": "user", "content": [{"document": {"name": "a", "format": "pdf",
                 "source": {"bytes": "JVBERi0xLjQK"}}}, {"text": "The document is attached."}]}]},
                "messages approximated",
            ),
            "azure mistral deepseek": (
                {"messages": [{"role": "user", "content": [{"type": "file", "file": {"filename": "a.pdf",
                 "file_data": "data:application/pdf;base64,JVBERi0xLjQK"}}]}]},
                "",
            ),
            "responses": (
                {"input": [{"role": "user", "content": [{"type": "input_file", "filename": "a.pdf",
                 "file_data": "data:application/pdf;base64,JVBERi0xLjQK"}]}]},
                "",
            ),
        },
    ),
    "a text file": (
        {"messages": [{"role": "user", "content": [{"type": "file", "file": {"filename": "a.txt",
         "file_data": "data:text/plain;base64,aGVsbG8="}}]}]},
        {
            "claude claude4.8 vertex_claude": (
                {"messages": [{"role": "user", "content": [{"type": "document", "source": {"type": "text",
                 "media_type": "text/plain", "data": "hello"}, "title": "a.txt"}]}]},
                "",
            ),
            "gemini gemini3 vertex_gemini": (
                {"contents": [{"role": "user", "parts": [{"inlineData": {"mimeType": "text/plain",
                 "data": "aGVsbG8="}}]}]},
                "messages[].content[].file.filename dropped",
            ),
            "cohere": (
                {"messages": [{"role": "user", "content": "The document is attached."}],
                 "documents": [{"id": "file:0", "data": {"title": "a.txt", "text": "hello"}}]},
                "file approximated",
            ),
            "cloudflare": (REFUSED, "file"),
            "bedrock_claude nova": (
                {"messages": [{"role": "user", "content": [{"document": {"name": "a", "format": "txt",
                 "source": {"bytes": "aGVsbG8="}}}, {"text": "The document is attached."}]}]},
                "messages approximated",
            ),
            "azure mistral deepseek": (
                {"messages": [{"role": "user", "content": [{"type": "file", "file": {"filename": "a.txt",
                 "file_data": "data:text/plain;base64,aGVsbG8="}}]}]},
                "",
            ),
            "responses": (
                {"input": [{"role": "user", "content": [{"type": "input_file", "filename": "a.txt",
                 "file_data": "data:text/plain;base64,aGVsbG8="}]}]},
                "",
            ),
        },
    ),
    "sound": (
        {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "UklGRgAAAABXQVZF",
         "format": "wav"}}]}]},
        {
            "claude claude4.8 vertex_claude": (REFUSED, "messages.content"),
            "gemini gemini3 vertex_gemini": (
                {"contents": [{"role": "user", "parts": [{"inlineData": {"mimeType": "audio/wav",
                 "data": "UklGRgAAAABXQVZF"}}]}]},
                "",
            ),
            "cohere cloudflare bedrock_claude nova responses": (REFUSED, "input_audio"),
            "azure mistral deepseek": (
                {"messages": [{"role": "user", "content": [{"type": "input_audio",
                 "input_audio": {"data": "UklGRgAAAABXQVZF", "format": "wav"}}]}]},
                "",
            ),
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("word", "backend"), list(rows(TABLE)))
def test_each_word_at_each_backend(word: str, backend: str) -> None:
    assert walk(backend, TABLE[word][0], BASE) == expected_of(TABLE, word, backend)
