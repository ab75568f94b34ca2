"""What a client's `Cache-Control` says about our cache. The directives are those of RFC 9111, section 5.2.1."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CacheControl:
    """`reads`: a stored reply may be given, none that is older than `max_age_s`. `stores`: this one may be stored."""

    reads: bool = True
    stores: bool = True
    max_age_s: float | None = None


ALL_ALLOWED = CacheControl()


def read_cache_control(header: str) -> CacheControl:
    """read_cache_control("no-cache") == CacheControl(reads=False); what is not known, or no number, says nothing."""
    told: dict[str, str] = {}
    for directive in header.split(","):
        name, _, value = directive.strip().partition("=")
        told[name.lower()] = value.strip('" ')
    age = told.get("max-age", "")
    return CacheControl(
        reads=not told.keys() & {"no-cache", "no-store"},
        stores="no-store" not in told,
        max_age_s=float(age) if age.isascii() and age.isdigit() else None,
    )
