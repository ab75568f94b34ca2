"""How values are shown: filters for the templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from flask_babel import get_locale, gettext
from markupsafe import Markup

from proapi_gateway.translatable import Translatable

NOTHING = "–"
_BYTE_UNITS = ("B", "kB", "MB", "GB", "TB")
_SECOND_MS, _MINUTE_MS = 1000, 60_000
_CENT = Decimal("0.01")


def number(value: float | None) -> str:
    """number(1234567) == "1,234,567"."""
    return NOTHING if value is None else f"{value:,}"


def short_number(value: float | None) -> str:
    """short_number(1234567) == "1.23M"; in Chinese, too: the unit is international."""
    if value is None:
        return NOTHING
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}" if abs(value) / size < 999.5 else f"{value / size:.0f}{unit}"
    return f"{value:,}"


def milliseconds(value: float | None) -> str:
    """milliseconds(85) == "85 ms", of 1234 "1.23 s", of 83000 "1 min 23 s"."""
    if value is None:
        return NOTHING
    if value < _SECOND_MS:
        return f"{value:.0f} ms"
    if value < _MINUTE_MS:
        return f"{value / _SECOND_MS:.3g} s"
    minutes, rest = divmod(round(value / _SECOND_MS), 60)
    return f"{minutes} min {rest} s"


def size(value: float | None) -> str:
    """size(1536) == "1.5 kB"."""
    if value is None:
        return NOTHING
    amount = float(value)
    for unit in _BYTE_UNITS[:-1]:
        if amount < 1000:
            return f"{amount:.3g} {unit}"
        amount /= 1024
    return f"{amount:.3g} {_BYTE_UNITS[-1]}"


def money(value: Decimal | None) -> str:
    """US dollars: money(Decimal("0.000123")) == "$0.000123", of 12.5 "$12.50"."""
    if value is None:
        return NOTHING
    if value == 0 or abs(value) >= _CENT * 100:
        return f"${value:,.2f}"
    shown = f"{value:.3g}" if value >= Decimal("0.0001") else f"{value:.7f}".rstrip("0")
    return f"${shown}{'0' * (4 - len(shown))}"  # "$0.20", as money is written


def moment(unix_ms: float) -> Markup:
    """A time as an element that the page's script puts into the reader's own time zone; without it, it is UTC's."""
    when = datetime.fromtimestamp(unix_ms / 1000, UTC)
    shown = when.strftime("%Y-%m-%d %H:%M:%S")
    return Markup('<time datetime="{}" data-locale="{}">{} UTC</time>').format(
        when.isoformat(timespec="milliseconds"), str(get_locale() or "en"), shown
    )


def in_words(text: str) -> str:
    """What the gateway says, in the reader's language; as it is, where somebody else said it."""
    if not isinstance(text, Translatable) or not text.template:
        return text
    told = str(gettext(text.template))
    values = {name: in_words(value) if isinstance(value, str) else value for name, value in text.values.items()}
    return told % values if values else told


FILTERS: Mapping[str, Callable[..., str]] = {
    "number": number,
    "short_number": short_number,
    "milliseconds": milliseconds,
    "size": size,
    "money": money,
    "moment": moment,
    "in_words": in_words,
}
