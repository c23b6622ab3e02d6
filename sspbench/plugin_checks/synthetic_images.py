"""Small pictures made on the spot, for checks: lines like nerves, and the degenerate ones; grey or coloured."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..contract import ColorMode
from ..images.pictures import to_uint8, write_grey

IMAGE_SIDE_PX = 96
"""Side of the pictures a plugin is trained on in a check."""

IMAGES_PER_DOMAIN = {"low": 5, "high": 6}


def draw_fibres(random: np.random.Generator, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture (H, W) uint8 with bright curved lines on an uneven background, and the (H, W) bool mask."""
    y, x = np.mgrid[:height, :width] / min(height, width)
    mask = np.zeros((height, width), bool)
    for _ in range(3):
        centre = random.uniform(0.1, 0.9) + random.uniform(-0.2, 0.2) * np.sin(3 * y + random.uniform(0, 6))
        mask |= np.abs(x - centre) < 0.02
    background = 0.3 + 0.15 * np.sin(4 * x + 3 * y + random.uniform(0, 6))
    return to_uint8(background + random.normal(0, 0.03, mask.shape) + 0.4 * mask), mask


def make_domain(quality: str, side: int, seed: int = 0) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return training pictures (side, side) uint8 of ``low`` or ``high`` quality, and their labels (255 foreground)."""
    random = np.random.default_rng([seed, quality == "high"])
    pictures, labels = [], []
    for _ in range(IMAGES_PER_DOMAIN[quality]):
        picture, mask = draw_fibres(random, side, side)
        pictures.append(picture if quality == "high" else to_uint8(0.1 + 0.5 * (picture / 255.0)))
        labels.append(np.where(mask, np.uint8(255), np.uint8(0)))
    return pictures, labels


def add_colour(pixels: np.ndarray) -> np.ndarray:
    """Return (H, W) uint8 as (H, W, 3) uint8: red as it is, green and blue darker; black and white stay so."""
    share = pixels[..., None] / 255
    return to_uint8(np.concatenate([share, share**1.5, share**2], axis=-1))


def make_method_inputs(color: ColorMode = "grey") -> dict[str, np.ndarray]:
    """Return the inputs every method must take: (N, C, H, W) float32 in [0, 1], by what they test."""
    if color == "rgb":
        powers = np.array([1, 1.5, 2], np.float32)[:, None, None]
        return {name: images**powers for name, images in make_method_inputs().items()}
    random = np.random.default_rng(0)
    odd = draw_fibres(random, 97, 61)[0].astype(np.float32)[None, None] / 255
    pair = np.stack([draw_fibres(random, 64, 64)[0] for _ in range(2)]).astype(np.float32)[:, None] / 255
    constant = {name: np.full((1, 1, 64, 64), value, np.float32) for name, value in CONSTANT_IMAGE_VALUES.items()}
    return {"odd size 97 x 61": odd, "two images": pair, **constant}


CONSTANT_IMAGE_VALUES = {"flat image": 0.5, "black image": 0.0, "white image": 1.0}


def write_synthetic_folder(root: Path, side: int = IMAGE_SIDE_PX) -> Path:
    """Write made pictures in CORN-2's layout (``trainA``, ``trainB``, ``testA`` and labels); return the folder."""
    for split, quality, seed in (("trainA", "low", 1), ("trainB", "high", 2), ("testA", "low", 3)):
        for index, (picture, label) in enumerate(zip(*make_domain(quality, side, seed), strict=True)):
            write_grey(root / split / f"{split}-{index:03d}.png", picture)
            write_grey(root / f"{split}_labels" / f"{split}-{index:03d}.png", label)
    return root
