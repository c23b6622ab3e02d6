"""Pictures inside the page: data URIs within a budget, by a stated rule."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from sspbench.images.pictures import read_pixels

from ..analysis.numbers import format_number
from ..analysis.paper import PROPOSED_ROW
from ..analysis.run_record import RowRecord, RunRecord, ShownImage
from ..figures.run_images import colour_mask
from ..parallel import parallel_map

# Longest side in pixels and WebP quality: the first step whose pictures fit the budget is taken.
QUALITY_STEPS = ((512, 88), (384, 80), (288, 75), (192, 70))

# Bytes that the gallery may add to the page.
MAX_GALLERY_BYTES = 4_000_000

# A step is skipped where its first sheet takes this many times its part of the budget.
SKIP_FACTOR = 1.5

MAX_FIGURE_WIDTH_PX = 1200
FIGURE_WEBP_QUALITY = 72


@dataclass(frozen=True)
class GalleryTile:
    """One image as one row shows it.

    Attributes:
        image: The enhanced image as a data URI, empty if missing.
        mask: Its mask as a data URI, empty if missing.
        absent: Why both are missing; else empty.
        scores: This image's scores that are defined, in words, a line each, Dice first.
    """

    row: str
    label: str
    image: str
    mask: str
    absent: str
    scores: tuple[str, ...] = ()


@dataclass(frozen=True)
class GallerySheet:
    """One chosen test image as all rows show it."""

    name: str
    why: str
    tiles: list[GalleryTile]


@dataclass(frozen=True)
class Gallery:
    """All chosen images."""

    sheets: list[GallerySheet]
    side: int
    quality: int
    labelled: bool

    @property
    def first_after(self) -> int:
        """The tile shown at the right first: the paper's method, else the last one with a picture."""
        tiles = self.sheets[0].tiles
        there = [index for index, tile in enumerate(tiles) if not tile.absent]
        named = [index for index in there if tiles[index].row == PROPOSED_ROW]
        return (named or there or [0])[-1]


def make_gallery(run: RunRecord, root: Path, processes: int = 1) -> Gallery:
    """Return the gallery at the first step of the ladder that fits the budget.

    The rows' pictures lie below the results folder ``root``; the bytes do not depend on the number of processes.
    """
    for side, quality in QUALITY_STEPS:
        make = partial(_make_sheet, run.rows, root, side=side, quality=quality)
        sheets = [make(image) for image in run.images[:1]]
        is_last = (side, quality) == QUALITY_STEPS[-1]
        if _count_bytes(sheets) * len(run.images) > SKIP_FACTOR * MAX_GALLERY_BYTES and not is_last:
            continue
        sheets += parallel_map(make, run.images[1:], processes)
        if _count_bytes(sheets) <= MAX_GALLERY_BYTES:
            break
    return Gallery(sheets, side, quality, any(_read_picture(image.label_file) is not None for image in run.images))


def _count_bytes(sheets: list[GallerySheet]) -> int:
    return sum(len(tile.image) + len(tile.mask) for sheet in sheets for tile in sheet.tiles)


def _make_sheet(rows: Sequence[RowRecord], root: Path, image: ShownImage, side: int, quality: int) -> GallerySheet:
    tiles = [_make_tile(row, root / row.pictures, image, side, quality) for row in rows]
    return GallerySheet(image.name, image.why, tiles)


def _make_tile(row: RowRecord, folder: Path, shown: ShownImage, side: int, quality: int) -> GalleryTile:
    defined = [score for score in row.tiles[shown.name] if math.isfinite(score.value)]
    scores = tuple(f"{score.label} {format_number(score.value)}" for score in defined)
    if row.status != "done":
        return GalleryTile(row.id, row.label, "", "", row.status, scores)
    image, mask = (_read_picture(folder / kind / f"{shown.name}.png") for kind in ("enhanced", "masks"))
    if image is None:
        return GalleryTile(row.id, row.label, "", "", "picture not kept", scores)
    photograph = encode_photograph(image, side, quality)
    return GalleryTile(row.id, row.label, photograph, _encode_mask(mask, shown.label_file, side), "", scores)


def _encode_mask(mask: np.ndarray | None, label_file: str, side: int) -> str:
    """Return a mask, coloured where its label is known, as a data URI; empty where there is none."""
    if mask is None:
        return ""
    label = _read_picture(label_file)
    return encode_flat_picture(colour_mask(mask > 127, None if label is None else label > 127), side)


def _read_picture(path: str | Path) -> np.ndarray | None:
    return read_pixels(Path(path)) if path and Path(path).is_file() else None


def encode_photograph(pixels: np.ndarray, side: int, quality: int) -> str:
    """Return (H, W) or (H, W, 3) uint8 as a WebP data URI, no side longer than ``side``."""
    image = Image.fromarray(pixels)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return _encode_uri(image, "webp", quality=quality, method=5)  # half the time of 6, 3 % more bytes


def encode_flat_picture(pixels: np.ndarray, side: int) -> str:
    """Return (H, W, 3) uint8 of few colours as a PNG data URI, no side longer than ``side``."""
    image = Image.fromarray(pixels)
    image.thumbnail((side, side), Image.Resampling.NEAREST)
    return _encode_uri(image.quantize(8, dither=Image.Dither.NONE), "png", optimize=True)


def encode_figure(path: Path, pictures: bool) -> str:
    """Return a figure's PNG as a data URI, narrowed for the screen: lossy where it is made of pictures."""
    with Image.open(path) as opened:
        image = opened.convert("RGB")
    image.thumbnail((MAX_FIGURE_WIDTH_PX, MAX_FIGURE_WIDTH_PX * 3), Image.Resampling.LANCZOS)
    if pictures:
        return _encode_uri(image, "webp", quality=FIGURE_WEBP_QUALITY, method=6)
    return _encode_uri(image, "webp", lossless=True, method=6)


def _encode_uri(image: Image.Image, kind: str, **options: object) -> str:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"
