"""What a user's images are: readable, how large, grey or not, the same as another; every fault with its file."""

from __future__ import annotations

import hashlib
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np
from PIL import Image, UnidentifiedImageError

from ..errors import Faults, UserError
from .grey import SUFFIXES, decode, to_grey8

MOST_PIXELS = 64_000_000
"""Pixels of one image; a few kilobytes of PNG can unpack to gigabytes."""

LEAST_SIDE = 64
"""Smaller images carry no texture to enhance and are below what any method here can take."""

NEARLY = 0.9
"""Share of a label's pixels that must be near black or white; the rest are smoothed edges of resized labels."""


@dataclass(frozen=True)
class Picture:
    """What is known of a file once it was read.

    Attributes:
        path: The file.
        size: Width and height, pixels.
        digest: SHA-256 of size and 8-bit grey pixels: equal for equal pictures, whatever the file format.
        grey: Whether it has one channel, or three that are equal.
        two_valued: Whether it looks like a label.
    """

    path: Path
    size: tuple[int, int]
    digest: str
    grey: bool
    two_valued: bool


def refuse_huge(path: Path, shown: PurePath, most: int, faults: Faults) -> bool:
    """Add a fault if the file is an image of more than ``most`` pixels, by its header; tell whether it is."""
    if path.suffix.lower() not in SUFFIXES:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                width, height = image.size
    except Image.DecompressionBombError as error:
        faults.add("An image is too large", where=str(shown), why=str(error))
        return True
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError):
        return False  # not readable: told, by name, when it is read
    if width * height > most:
        faults.add("An image is too large", where=str(shown), why=f"{width}x{height} pixels, at most {most}")
    return width * height > most


def inspect(path: Path, faults: Faults) -> Picture | None:
    """Read one image; None, with a fault, where it cannot be used."""
    if refuse_huge(path, path, MOST_PIXELS, faults):
        return None
    try:
        pixels = decode(path)
    except UserError as error:
        faults.items.append(error)
        return None
    grey = to_grey8(pixels)
    height, width = grey.shape
    if min(grey.shape) < LEAST_SIDE:
        faults.add("An image is too small", where=str(path), why=f"{width}x{height}, least {LEAST_SIDE}")
    equal = pixels.ndim == 2 or bool((pixels == pixels[..., :1]).all())
    digest = hashlib.sha256(f"{width}x{height}:".encode() + grey.tobytes()).hexdigest()
    return Picture(path, (width, height), digest, equal, _two_valued(grey))


def _two_valued(grey: np.ndarray) -> bool:
    top = int(grey.max())
    extreme = (grey <= top * 0.1) | (grey >= top * 0.9)
    return bool(extreme.mean() >= NEARLY)


def binary(grey: np.ndarray) -> np.ndarray:
    """Bring a label (H, W) uint8 with any white (1, 128, 255) to 0 and 255."""
    return np.where(grey > grey.max() / 2, np.uint8(255), np.uint8(0))


def add_double_names(names: Mapping[Path, str], faults: Faults) -> None:
    """Add a fault for every name that two files of a split would get."""
    counts = Counter(names.values())
    for path, name in names.items():
        if counts[name] > 1:
            faults.add(f"Two files share the name {name}", where=str(path), hint="rename one of them")


def add_duplicates(groups: Mapping[str, Sequence[Picture]], faults: Faults, hint: str) -> None:
    """Add a fault for every picture that is there twice, in two splits or within one."""
    first: dict[str, tuple[str, Picture]] = {}
    for split, pictures in groups.items():
        for picture in pictures:
            known = first.setdefault(picture.digest, (split, picture))
            if known[1] is not picture:
                faults.add(
                    f"The same picture is in {known[0]} and {split}" if known[0] != split else f"Twice in {split}",
                    where=f"{known[1].path}, {picture.path}",
                    why="training images must not be tested on, and none may count twice",
                    hint=hint,
                )


def add_unpaired(
    images: Mapping[str, Picture | None],
    labels: Mapping[str, Picture | None],
    faults: Faults,
    paths: Mapping[str, Path],
) -> None:
    """Add a fault for every label that has no image of its name, another size, or is no label.

    Args:
        images: Images of a split by name; None for those that could not be read.
        labels: Its labels by name.
        faults: Where faults are added.
        paths: Files of the labels by name.
    """
    for name, label in labels.items():
        if name not in images:
            faults.add("A label has no image of its name", where=str(paths[name]), hint="rename or remove it")
            continue
        image = images[name]
        if label is None or image is None:
            continue
        if label.size != image.size:
            sizes = "{}x{}, its image {}x{}".format(*label.size, *image.size)
            faults.add("A label differs in size from its image", where=str(label.path), why=sizes)
        if not label.two_valued:
            faults.add("A label is not black and white", where=str(label.path), why="it looks like an image")


def common_size(pictures: Iterable[Picture]) -> tuple[int, int] | None:
    """Return the size most pictures have; None without any."""
    counts = Counter(picture.size for picture in pictures)
    return counts.most_common(1)[0][0] if counts else None
