"""How values are shown."""

from __future__ import annotations

from decimal import Decimal

import pytest

from admin.formats import milliseconds, moment, money, number, short_number, size
from tests.admin.pages import admin_app


@pytest.mark.parametrize(
    ("show", "value", "shown"),
    [
        (number, 1234567, "1,234,567"),
        (number, None, "–"),
        (short_number, 999, "999"),
        (short_number, 1234567, "1.23M"),
        (short_number, 12_000, "12k"),
        (short_number, 999_900, "1000k"),
        (short_number, None, "–"),
        (milliseconds, 0, "0 ms"),
        (milliseconds, 85.4, "85 ms"),
        (milliseconds, 1234, "1.23 s"),
        (milliseconds, 83_000, "1 min 23 s"),
        (milliseconds, None, "–"),
        (size, 0, "0 B"),
        (size, 1536, "1.5 kB"),
        (size, 2_000_000_000, "1.86 GB"),
        (size, None, "–"),
        (money, Decimal(0), "$0.00"),
        (money, Decimal("12.5"), "$12.50"),
        (money, Decimal("1234.5"), "$1,234.50"),
        (money, Decimal("0.2"), "$0.20"),
        (money, Decimal("0.0123"), "$0.0123"),
        (money, Decimal("0.000123"), "$0.000123"),
        (money, Decimal("0.0000012"), "$0.0000012"),
        (money, None, "–"),
    ],
)
def test_values(show: object, value: object, shown: str) -> None:
    assert callable(show)
    assert show(value) == shown


def test_a_moment_is_told_in_utc_until_the_browser_knows_better() -> None:
    with admin_app().test_request_context():
        shown = moment(1_764_000_000_250)
    assert 'datetime="2025-11-24T16:00:00.250+00:00"' in shown
    assert "2025-11-24 16:00:00 UTC" in shown
