"""Pictures inside the page: data URIs within a budget, by a stated rule."""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from ..analysis.numbers import format_number
from ..analysis.paper import PROPOSED_ROW
from ..analysis.results import MethodRow, Results
from ..figures.image_choice import ChosenImage
from ..figures.run_images import RunImages, colour_mask
from ..parallel import parallel_map
from ..tables.render.text import NO_NUMBER

QUALITY_STEPS = ((512, 88), (384, 80), (288, 75), (192, 70))
"""Longest side in pixels and WebP quality: the first step whose pictures fit the budget is taken."""

MAX_GALLERY_BYTES = 4_000_000
"""Bytes that the gallery may take in the page."""

SKIP_FACTOR = 1.5
"""A step of the ladder at which the first sheet takes this many times its part of the budget is not tried further."""

MAX_FIGURE_WIDTH_PX = 1200
FIGURE_WEBP_QUALITY = 72


@dataclass(frozen=True)
class GalleryTile:
    """What one row shows of one image.

    Attributes:
        row: Id of the row.
        label: Its name.
        image: The enhanced image as a data URI, empty where there is none.
        mask: Its mask as a data URI, empty where there is none.
        absent: Why there is nothing; empty where there is something.
        scores: This image's scores in words, a line each, Dice first.
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
        """The tile shown at the right first: the paper's method, else the last picture there is."""
        tiles = self.sheets[0].tiles
        there = [index for index, tile in enumerate(tiles) if not tile.absent]
        named = [index for index in there if tiles[index].row == PROPOSED_ROW]
        return (named or there or [0])[-1]


def make_gallery(pictures: RunImages, choices: list[ChosenImage]) -> Gallery:
    """Return the gallery at the first step of the ladder that fits the budget."""
    labelled = any(pictures.read_label(choice.name) is not None for choice in choices)
    for side, quality in QUALITY_STEPS:
        make = partial(_make_sheet, pictures, side=side, quality=quality)
        sheets = [make(choice) for choice in choices[:1]]
        if (
            _count_bytes(sheets) * len(choices) > SKIP_FACTOR * MAX_GALLERY_BYTES
            and (side, quality) != QUALITY_STEPS[-1]
        ):
            continue
        sheets += parallel_map(make, choices[1:], pictures.results.processes)
        if _count_bytes(sheets) <= MAX_GALLERY_BYTES:
            break
    return Gallery(sheets, side, quality, labelled)


def _count_bytes(sheets: list[GallerySheet]) -> int:
    return sum(len(tile.image) + len(tile.mask) for sheet in sheets for tile in sheet.tiles)


def _make_sheet(pictures: RunImages, choice: ChosenImage, side: int, quality: int) -> GallerySheet:
    rows = pictures.results.rows
    return GallerySheet(
        choice.name, choice.why, [_make_tile(pictures, row, choice.name, side, quality) for row in rows]
    )


def _make_tile(pictures: RunImages, row: MethodRow, name: str, side: int, quality: int) -> GalleryTile:
    image, mask = pictures.read_enhanced(row, name), pictures.read_mask(row, name)
    if image is None:
        ended = pictures.results.status_text(row)
        why = "picture not kept" if ended == "done" else ended
        return GalleryTile(row.id, row.label, "", "", why, format_tile_scores(pictures.results, row, name))
    shown = "" if mask is None else encode_flat_picture(colour_mask(mask, pictures.read_label(name)), side)
    scores = format_tile_scores(pictures.results, row, name)
    return GalleryTile(row.id, row.label, encode_photograph(image, side, quality), shown, "", scores)


TILE_MEASURES = ("dice", "niqe", "psnr")
"""Measures whose values of the image stand under its pictures."""


def format_tile_scores(results: Results, row: MethodRow, name: str) -> tuple[str, ...]:
    """Return one image's scores of a row's first seed, the one whose pictures are shown."""
    found: list[str] = []
    for key in TILE_MEASURES if results.status_text(row) == "done" else ():
        values = results.values(row.id, key)
        if name in values.index and row.runs[0].seed in values.columns:
            value = float(values[row.runs[0].seed][name])
            text = format_number(value) if math.isfinite(value) else NO_NUMBER
            found.append(f"{results.measures[key].label} {text}")
    return tuple(found)


def encode_photograph(pixels: np.ndarray, side: int, quality: int) -> str:
    """Return (H, W) uint8 as a WebP data URI, no side longer than ``side``."""
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
