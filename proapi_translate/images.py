"""The neutral middle of image generation: what a client asks for, and what one backend's reply brings."""

from __future__ import annotations

import math
from collections.abc import Iterable

from msgspec import Struct

from .events import Usage

MAX_IMAGES = 10  # of one request: openai/types/image_generate_params.py of openai 3.57, read 2026-11-25


class Size(Struct, frozen=True):
    """Pixels: Size(1536, 1024)."""

    width: int
    height: int


class ImageRequest(Struct, frozen=True):
    """ImageRequest("a kelp forest", n=2, size=Size(1536, 1024)). `size` None and the other "" leave it to the backend.

    `as_url`: the client wants an address, not base64. `compression`: 0 to 100, of a JPEG.
    """

    prompt: str
    n: int = 1
    size: Size | None = None
    output_format: str = ""
    compression: int | None = None
    as_url: bool = False


class Picture(Struct, frozen=True):
    """`data` is base64. `revised_prompt`: what the backend made of the prompt."""

    data: str
    media_type: str = "image/png"
    revised_prompt: str = ""


class ImageReply(Struct, frozen=True):
    pictures: tuple[Picture, ...]
    usage: Usage | None = None
    model: str = ""


def nearest_ratio(size: Size, ratios: Iterable[str]) -> str:
    """The shape that comes closest: Size(1792, 1024), ("1:1", "16:9") → "16:9"."""
    wanted = math.log(size.width / size.height)

    def distance(ratio: str) -> float:
        width, _, height = ratio.partition(":")
        return abs(wanted - math.log(int(width) / int(height)))

    return min(ratios, key=distance)


def size_class(size: Size, classes: Iterable[str]) -> str:
    """The class whose square has about as many pixels: Size(2048, 1536), ("1K", "2K", "4K") → "2K"."""
    side = math.sqrt(size.width * size.height)
    return min(classes, key=lambda name: abs(math.log(side / (1024 * int(name.removesuffix("K"))))))
