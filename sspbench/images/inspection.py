"""What a user's images are: readable, how large, grey or not, the same as another; every fault with its file."""

from __future__ import annotations

import hashlib
import unicodedata
import warnings
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np
from PIL import Image, UnidentifiedImageError

from ..errors import Faults, UserError
from .grey import SUFFIXES, decode_upright, to_grey8
from .labels import SMALL, LabelFacts, label_facts, label_values

MAX_PIXELS = 64_000_000
"""Pixels of one image; a few kilobytes of PNG can unpack to gigabytes."""

TOO_LARGE = "cut it into parts, or scale it down"

MIN_SIDE = 64
"""Smaller images carry no texture to enhance and are below what any method here can take."""

EIGHT_BIT, TWELVE_BIT, FULL = 255, 4095, 65535
"""White of cameras that write 16-bit files."""

MAX_NERVE = 0.5
"""Share of nerve beyond which a label is taken for inverted."""


@dataclass(frozen=True)
class Picture:
    """What is known of a file once it was read.

    Attributes:
        path: The file.
        size: Width and height, pixels.
        digest: SHA-256 of size and 8-bit grey pixels: equal for equal pictures, whatever the file format.
        grey: Whether it has one channel, or three that are equal.
        top: Its brightest 16-bit value; None for 8 bit.
        turned: Whether its metadata said that it had to be turned.
        transparent: Whether a pixel of it is transparent; pixels are taken as if none were.
        label: What it is as a label.
    """

    path: Path
    size: tuple[int, int]
    digest: str
    grey: bool
    top: int | None
    turned: bool
    transparent: bool
    label: LabelFacts

    @property
    def two_valued(self) -> bool:
        """Whether it looks like a label."""
        return self.label.two_valued


def refuse_huge(path: Path, shown: PurePath, maximum: int, faults: Faults) -> bool:
    """Add a fault if the file is an image of more than ``maximum`` pixels, by its header; tell whether it is."""
    if path.suffix.lower() not in SUFFIXES:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                width, height = image.size
    except Image.DecompressionBombError as error:
        faults.add("An image is too large", where=str(shown), why=str(error), hint=TOO_LARGE)
        return True
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError):
        return False  # not readable: told, by name, when it is read
    if width * height > maximum:
        why = f"{width}x{height} pixels, at most {maximum}"
        faults.add("An image is too large", where=str(shown), why=why, hint=TOO_LARGE)
    return width * height > maximum


def inspect(path: Path, faults: Faults) -> Picture | None:
    """Read one image; None, with a fault, where it cannot be used."""
    if refuse_huge(path, path, MAX_PIXELS, faults):
        return None
    try:
        pixels, turned = decode_upright(path)
    except UserError as error:
        faults.items.append(error)
        return None
    grey = to_grey8(pixels)
    height, width = grey.shape
    if min(grey.shape) < MIN_SIDE:
        why, hint = f"{width}x{height}, least {MIN_SIDE}", "remove it, and its label if it has one"
        faults.add("An image is too small", where=str(path), why=why, hint=hint)
    equal = pixels.ndim == 2 or bool((pixels == pixels[..., :1]).all())
    top = int(pixels.max()) if pixels.dtype == np.uint16 else None
    content = grey if top is None or top > TWELVE_BIT else pixels  # scaled to 8 bit, dark pictures look alike
    digest = hashlib.sha256(f"{width}x{height}:".encode() + content.tobytes()).hexdigest()
    return Picture(
        path, (width, height), digest, equal, top, turned, _is_transparent(path), label_facts(label_values(pixels))
    )


def _is_transparent(path: Path) -> bool:
    """Tell whether a readable image has a pixel that is not opaque."""
    with Image.open(path) as image:
        if not image.has_transparency_data:
            return False
        alpha = np.asarray(image.convert("RGBA").getchannel("A"))
        return bool(alpha.min() < EIGHT_BIT)


def white_of(pictures: Iterable[Picture]) -> int:
    """Return the 16-bit value that is white in all these images: 65535, or 4095 or 255 where none is brighter."""
    top = max((picture.top for picture in pictures if picture.top is not None), default=FULL)
    return next(white for white in (EIGHT_BIT, TWELVE_BIT, FULL) if top <= white)


def add_double_names(names: Mapping[Path, str], faults: Faults) -> None:
    """Add a fault for every name that two files of a split would get, on any file system."""
    counts = Counter(_anywhere(name) for name in names.values())
    for path, name in names.items():
        if counts[_anywhere(name)] > 1:
            why = "some file systems do not tell apart what differs in case or in the coding of accents alone"
            faults.add(f"Two files share the name {name}", where=str(path), why=why, hint="rename one of them")


def _anywhere(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


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
    nerve_classes: Collection[int] | None = None,
    hint: str = "save labels as black and white, white being nerve",
) -> None:
    """Add a fault for every label that has no image of its name, another size, or is no label.

    Args:
        images: Images of a split by name; None for those that could not be read.
        labels: Its labels by name.
        faults: Where faults are added.
        paths: Files of the labels by name.
        nerve_classes: The values that are nerve; None: labels are black and white, white is nerve.
        hint: What to do where it is not clear which values are nerve.
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
            fit = "give the label that was drawn on this image, unscaled"
            faults.add("A label differs in size from its image", where=str(label.path), why=sizes, hint=fit)
        _add_unclear(label, faults, nerve_classes, hint)
    if nerve_classes is None:
        _add_different_numbers([label for label in labels.values() if label is not None], faults, hint)


def _add_unclear(label: Picture, faults: Faults, nerve_classes: Collection[int] | None, hint: str) -> None:
    """Add a fault where it is not clear which pixels of a label are nerve."""
    where, facts = str(label.path), label.label
    values = ", ".join(map(str, facts.values))
    if nerve_classes is not None:
        if not facts.values:
            faults.add("A label has too many values for a map of classes", where=where, hint="save it without loss")
        return
    if facts.classes:
        faults.add("A label has more than two classes", where=where, why=f"its values: {values}", hint=hint)
    elif not facts.two_valued:
        faults.add("A label is not black and white", where=where, why="it looks like an image", hint=hint)
    elif facts.nerve > MAX_NERVE and facts.values != (0,):
        faults.add(
            "More than half of a label is nerve: it looks inverted",
            where=where,
            why=f"{facts.nerve:.0%} of it is bright, and bright is nerve",
            hint=f"invert it; its values: {values or 'many'}; {hint}",
        )


def _add_different_numbers(labels: Sequence[Picture], faults: Faults, hint: str) -> None:
    """Add a fault where the white of some labels is 1 and of others 2: these are numbers of classes, not white."""
    numbers = {label.path: label.label.values[-1] for label in labels if label.label.values}
    small = {path: number for path, number in numbers.items() if 0 < number < SMALL}
    if len(set(small.values())) > 1:
        first = {number: path for path, number in reversed(small.items())}
        faults.add(
            "Labels differ in the value of nerve",
            where=", ".join(f"{path}: {number}" for number, path in sorted(first.items())),
            why="values below 32 are numbers of classes, and nobody said which is nerve",
            hint=hint,
        )


def common_size(pictures: Iterable[Picture]) -> tuple[int, int] | None:
    """Return the size most pictures have; None without any."""
    counts = Counter(picture.size for picture in pictures)
    return counts.most_common(1)[0][0] if counts else None
