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

from ..drawing.pictures import Pictures, mask_picture
from ..drawing.showcase import Choice
from ..processes import shared
from ..rendering.text import NO_NUMBER, number_text
from ..results import MethodRow, Results
from ..subject import SUBJECT

LADDER = ((512, 88), (384, 80), (288, 75), (192, 70))
"""Longest side in pixels and WebP quality: the first step whose pictures fit the budget is taken."""

BUDGET = 4_000_000
"""Bytes that the gallery may take in the page."""

BEYOND = 1.5
"""A step of the ladder at which the first sheet takes this many times its part of the budget is not tried further."""

FIGURE_WIDTH = 1200
FIGURE_QUALITY = 72


@dataclass(frozen=True)
class Tile:
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
class Sheet:
    """One chosen test image as all rows show it."""

    name: str
    why: str
    tiles: list[Tile]


@dataclass(frozen=True)
class Gallery:
    """All chosen images."""

    sheets: list[Sheet]
    side: int
    quality: int
    labelled: bool

    @property
    def first_after(self) -> int:
        """The tile shown at the right first: the paper's method, else the last picture there is."""
        tiles = self.sheets[0].tiles
        there = [index for index, tile in enumerate(tiles) if not tile.absent]
        named = [index for index in there if tiles[index].row == SUBJECT]
        return (named or there or [0])[-1]


def gallery(pictures: Pictures, choices: list[Choice]) -> Gallery:
    """Return the gallery at the first step of the ladder that fits the budget."""
    labelled = any(pictures.label(choice.name) is not None for choice in choices)
    for side, quality in LADDER:
        make = partial(_sheet, pictures, side=side, quality=quality)
        sheets = [make(choice) for choice in choices[:1]]
        if _size(sheets) * len(choices) > BEYOND * BUDGET and (side, quality) != LADDER[-1]:
            continue
        sheets += shared(make, choices[1:], pictures.results.processes)
        if _size(sheets) <= BUDGET:
            break
    return Gallery(sheets, side, quality, labelled)


def _size(sheets: list[Sheet]) -> int:
    return sum(len(tile.image) + len(tile.mask) for sheet in sheets for tile in sheet.tiles)


def _sheet(pictures: Pictures, choice: Choice, side: int, quality: int) -> Sheet:
    rows = pictures.results.rows
    return Sheet(choice.name, choice.why, [_tile(pictures, row, choice.name, side, quality) for row in rows])


def _tile(pictures: Pictures, row: MethodRow, name: str, side: int, quality: int) -> Tile:
    image, mask = pictures.enhanced(row, name), pictures.mask(row, name)
    if image is None:
        ended = pictures.results.ended(row)
        why = "picture not kept" if ended == "done" else ended
        return Tile(row.id, row.label, "", "", why, scores_of(pictures.results, row, name))
    shown = "" if mask is None else flat_picture(mask_picture(mask, pictures.label(name)), side)
    scores = scores_of(pictures.results, row, name)
    return Tile(row.id, row.label, photograph(image, side, quality), shown, "", scores)


UNDER_TILES = ("dice", "niqe", "psnr")
"""Measures whose values of the image stand under its pictures."""


def scores_of(results: Results, row: MethodRow, name: str) -> tuple[str, ...]:
    """Return one image's scores of a row's first seed, the one whose pictures are shown."""
    found: list[str] = []
    for key in UNDER_TILES if results.ended(row) == "done" else ():
        values = results.values(row.id, key)
        if name in values.index and row.runs[0].seed in values.columns:
            value = float(values[row.runs[0].seed][name])
            text = number_text(value) if math.isfinite(value) else NO_NUMBER
            found.append(f"{results.measures[key].label} {text}")
    return tuple(found)


def photograph(pixels: np.ndarray, side: int, quality: int) -> str:
    """Return (H, W) uint8 as a WebP data URI, no side longer than ``side``."""
    image = Image.fromarray(pixels)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return _uri(image, "webp", quality=quality, method=5)  # half the time of 6, 3 % more bytes


def flat_picture(pixels: np.ndarray, side: int) -> str:
    """Return (H, W, 3) uint8 of few colours as a PNG data URI, no side longer than ``side``."""
    image = Image.fromarray(pixels)
    image.thumbnail((side, side), Image.Resampling.NEAREST)
    return _uri(image.quantize(8, dither=Image.Dither.NONE), "png", optimize=True)


def figure_file(path: Path, pictures: bool) -> str:
    """Return a figure's PNG as a data URI, narrowed for the screen: lossy where it is made of pictures."""
    with Image.open(path) as opened:
        image = opened.convert("RGB")
    image.thumbnail((FIGURE_WIDTH, FIGURE_WIDTH * 3), Image.Resampling.LANCZOS)
    if pictures:
        return _uri(image, "webp", quality=FIGURE_QUALITY, method=6)
    return _uri(image, "webp", lossless=True, method=6)


def _uri(image: Image.Image, kind: str, **options: object) -> str:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"
