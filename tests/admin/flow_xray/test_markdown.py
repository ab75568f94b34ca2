"""What a model says is laid out, and never runs, loads or leads anywhere that it should not."""

from __future__ import annotations

import re
import time

import pytest

from admin.flow_xray.markdown import render_markdown

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "hi <b onclick='x()'>there</b>",
    "<!-- --!><svg/onload=alert(1)>",
    "[click](javascript:alert(1))",
    "[click](JaVaScRiPt:alert(1))",
    "[click](&#106;avascript:alert(1))",
    "[click](java\nscript:alert(1))",
    "[click](\x01javascript:alert(1))",
    "[click](data:text/html;base64,PHNjcmlwdD4=)",
    "[click](vbscript:x)",
    "[click](//elsewhere.example/x)",
    "[click](/admin/logout)",
    "<javascript:alert(1)>",
    "![pixel](https://tracker.example/x.png)",
    "[ref]\n\n[ref]: javascript:alert(1)",
    '[a](https://good.example/"onmouseover="x)',
    '[a](https://good.example "t\\" onmouseover=\\"x")',
    "```<script>\n</code></pre><script>alert(1)</script>\n```",
    "`</code><script>alert(1)</script>`",
    "| a | <script>x</script> |\n|---|---|\n| <img onerror=x> | b |",
    '# <a href="javascript:x">h</a>',
    "&lt;script&gt;x&lt;/script&gt;",
    "\ud800<script>\udfff",
    "a\0b<script>",
]
_TAG = re.compile(r"<[^>]*>")
_ALLOWED = re.compile(
    r"</?(?:p|strong|em|s|ul|ol|li|h[1-6]|pre|code|blockquote|table|thead|tbody|tr|th|td|a)>|<(?:br|hr) />|"
    r'<a href="(?:https?|mailto):[^"<>]*" target="_blank" rel="noopener noreferrer nofollow">'
)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_comes_through(text: str) -> None:
    for told in (text, f"# T\n\n> {text}\n\n- {text}\n"):
        html = str(render_markdown(told))
        html.encode()
        for tag in _TAG.findall(html):
            assert _ALLOWED.fullmatch(tag), (tag, html)


def test_what_models_write_is_laid_out() -> None:
    html = render_markdown(
        "# T\n\n**b** `c` [l](https://x.example/?a=1&b=2)\n\n- 一\n\n```py\na < b\n```\n\n|a|\n|-|\n|1|"
    )
    for part in ("<h1>T</h1>", "<strong>b</strong>", "<code>c</code>", "<li>一</li>", "a &lt; b", "<td>1</td>"):
        assert part in html
    assert 'href="https://x.example/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer nofollow"' in html


@pytest.mark.parametrize(
    "text",
    ["[" * 50_000, "*a_" * 15_000, "`" * 50_000, "> " * 25_000, "- " * 25_000, "a" * 5_000_000, "<" * 60_000,
     "[a](" * 12_000, "|a" * 20_000 + "\n" + "|-" * 20_000, "&" * 60_000, "**x" * 20_000, "![" * 30_000],
    ids=lambda text: f"{text[:4]}x{len(text)}",
)  # fmt: skip
def test_giants_are_bounded(text: str) -> None:
    began = time.thread_time()
    html = render_markdown(text)
    assert time.thread_time() - began < 1.5
    assert len(html) < 3_000_000
