"""Shapes and classes of size for backends that do not draw to the pixel."""

from __future__ import annotations

import pytest

from proapi_translate.images import Size, nearest_ratio, size_class


@pytest.mark.parametrize(
    ("width", "height", "ratio"),
    [(1024, 1024, "1:1"), (1792, 1024, "16:9"), (1024, 1792, "9:16"), (1536, 1024, "4:3"), (3000, 1000, "16:9")],
)
def test_the_nearest_shape(width: int, height: int, ratio: str) -> None:
    assert nearest_ratio(Size(width, height), ("1:1", "4:3", "3:4", "16:9", "9:16")) == ratio


@pytest.mark.parametrize(
    ("width", "height", "name"),
    [(256, 256, "1K"), (1536, 1024, "1K"), (2048, 2048, "2K"), (3840, 2160, "2K"), (4096, 4096, "4K")],
)
def test_the_nearest_class_of_size(width: int, height: int, name: str) -> None:
    assert size_class(Size(width, height), ("1K", "2K", "4K")) == name
