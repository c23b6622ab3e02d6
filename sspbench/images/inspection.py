"""What a user's images are: readable, how large, grey or not, the same as another; every fault with its file."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np

from ..errors import Faults, UserError
from .decode import IMAGE_SUFFIXES, decode_image, read_image_size
from .decoded import CUT, MAX_VALUE, TOO_LARGE, DecodedImage, white_of_bits
from .labels import MIN_BRIGHTNESS_VALUE, LabelFacts, describe_label
from .pictures import to_grey8
from .pixels import get_usable_samples, has_transparent_pixel
from .white_level import Brightness, guess_white

# Smaller images carry no texture to enhance and are below what any method here can take.
MIN_SIDE_PX = 64

# Share of foreground beyond which a label is taken for inverted.
MAX_FOREGROUND_SHARE = 0.5

# Bits that the samples of a 16-bit file may have: those of cameras, of signed files, and all.
DEPTHS = (8, 10, 12, 14, 15, 16)

# A picture whose brightest 8-bit level is below is not compared at 8 bit: dark pictures look alike there.
MIN_BRIGHT_LEVEL = 32


@dataclass(frozen=True)
class InspectedImage:
    """What is known of a file once it was read.

    Attributes:
        path: The file.
        size: Width and height, pixels.
        digests: Hashes of its content; those of equal pictures overlap, regardless of file format and depth.
        is_grey: Whether it has one channel, or three that are equal.
        top: Its brightest 16-bit value; None for 8 bit.
        is_turned: Whether its metadata said that it had to be turned.
        is_transparent: Whether a pixel of it is transparent; pixels are taken as if none were.
        label: What it is as a label.
        brightness: What decides which of its values is white.
        um_per_px: Micrometres per pixel that the file declares, else None.
        notes: What of the file was ignored, in words.
        is_lossy: Whether its compression changed its pixels (JPEG).
    """

    path: Path
    size: tuple[int, int]
    digests: frozenset[str]
    is_grey: bool
    top: int | None
    is_turned: bool
    is_transparent: bool
    label: LabelFacts
    brightness: Brightness
    um_per_px: float | None = None
    notes: tuple[str, ...] = ()
    is_lossy: bool = False


def add_size_fault(path: Path, shown: PurePath, maximum: int, faults: Faults) -> None:
    """Add a fault if the file is an image of more than ``maximum`` pixels, by its header."""
    if path.suffix.lower() not in IMAGE_SUFFIXES:
        return
    try:
        width, height = read_image_size(path)
    except UserError as error:
        # What is not readable is reported, by name, when it is read.
        if error.what == TOO_LARGE:
            faults.add(TOO_LARGE, where=str(shown), why=error.why, hint=CUT)
        return
    if width * height > maximum:
        why = f"{width}x{height} pixels, at most {maximum}"
        faults.add(TOO_LARGE, where=str(shown), why=why, hint=CUT)


def inspect_image(path: Path, faults: Faults) -> InspectedImage | None:
    """Read one image; None, with a fault, where it cannot be used."""
    try:
        image = decode_image(path)
        pixels = get_usable_samples(image, path)
        label = describe_label(image, path)
    except UserError as error:
        faults.items.append(error)
        return None
    grey = to_grey8(pixels)
    height, width = grey.shape
    if min(grey.shape) < MIN_SIDE_PX:
        why, hint = f"{width}x{height}, least {MIN_SIDE_PX}", "remove it, and its label if it has one"
        faults.add("An image is too small", where=str(path), why=why, hint=hint)
    top = int(pixels.max()) if pixels.dtype == np.uint16 else None
    return InspectedImage(
        path=path,
        size=(width, height),
        digests=digest_picture(pixels),
        is_grey=pixels.ndim == 2 or bool((pixels == pixels[..., :1]).all()),
        top=top,
        is_turned=image.orientation != 1,
        is_transparent=has_transparent_pixel(image),
        label=label,
        brightness=measure_brightness(image, pixels, str(path)),
        um_per_px=image.um_per_px,
        notes=image.notes,
        is_lossy=image.is_lossy,
    )


def digest_picture(pixels: np.ndarray) -> frozenset[str]:
    """Return the hashes of a picture; those of two pictures overlap if one is the other at another depth.

    A copy at 8 bit may have been scaled (value / white x 255) or shifted (value >> 4 for 12 bit), and of a dark picture
    it is not known how many bits the camera had, so a deep picture has a hash for each way.
    """
    if pixels.dtype == np.uint8:
        return frozenset([_digest(to_grey8(pixels))])
    found = {_digest(pixels)}
    top = int(pixels.max())
    for bits in DEPTHS:
        white = white_of_bits(bits)
        if top > white:
            continue
        shifted = (pixels >> (bits - 8)).astype(np.uint8)
        copies = (to_grey8(pixels, white), to_grey8(shifted))
        found |= {_digest(copy) for copy in copies if copy.max() >= MIN_BRIGHT_LEVEL}
    return frozenset(found)


def _digest(pixels: np.ndarray) -> str:
    height, width = pixels.shape[:2]
    return hashlib.sha256(f"{width}x{height}:".encode() + pixels.tobytes()).hexdigest()


def measure_brightness(image: DecodedImage, pixels: np.ndarray, name: str) -> Brightness:
    """Return what decides which value of an image, with its usable samples, is white; ``name`` is shown."""
    top = int(pixels.max())
    if pixels.dtype == np.uint8:  # fewer bits have been spread over 0..255
        return Brightness(name, image.bits, top, None, "", 255)
    is_sixteen_signed = image.pixels.dtype == np.int16
    type_max = 32767 if is_sixteen_signed else MAX_VALUE
    white, source = image.white, image.white_source
    if image.is_white_zero and white is None:
        # It was inverted within the range of its largest value, which is its white now.
        white, source = guess_white(int(image.pixels.max()), type_max), "inverted, by its largest value"
    return Brightness(name, image.bits, top, white, source, type_max)


def add_duplicate_name_faults(names: Mapping[Path, str], faults: Faults) -> None:
    """Add a fault for every name that two files of a split would get, on any file system."""
    counts = Counter(_portable_name(name) for name in names.values())
    for path, name in names.items():
        if counts[_portable_name(name)] > 1:
            why = "some file systems ignore case, and how accents are encoded"
            faults.add(f"Two files share the name {name}", where=str(path), why=why, hint="rename one of them")


def _portable_name(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def add_duplicate_image_faults(groups: Mapping[str, Sequence[InspectedImage]], faults: Faults, hint: str) -> None:
    """Add a fault for every picture that is there twice, in two splits or within one."""
    first: dict[str, tuple[str, InspectedImage]] = {}
    for split, pictures in groups.items():
        for picture in pictures:
            known = next((first[digest] for digest in sorted(picture.digests) if digest in first), None)
            first |= {digest: (split, picture) for digest in picture.digests - first.keys()}
            if known is not None:
                faults.add(
                    f"The same picture is in {known[0]} and {split}" if known[0] != split else f"Twice in {split}",
                    where=f"{known[1].path}, {picture.path}",
                    why="training images must not be tested on, and none may count twice",
                    hint=hint,
                )


def add_label_faults(
    images: Mapping[str, InspectedImage | None],
    labels: Mapping[str, InspectedImage | None],
    faults: Faults,
    paths: Mapping[str, Path],
    nerve_classes: Collection[int] | None = None,
    hint: str = "save labels as black and white, white being nerve or vessel",
) -> None:
    """Add a fault for every label that has no image of its name, another size, or is not a label.

    Args:
        images: Images of a split by name; None for those that could not be read.
        labels: Its labels by name, alike.
        faults: Where faults are added.
        paths: Files of the labels by name.
        nerve_classes: The values that are nerve; None: labels are black and white, white is nerve.
        hint: What to do where it is not clear which values are foreground.
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
        _add_unclear_label_fault(label, faults, nerve_classes, hint)
    if nerve_classes is None:
        _add_mixed_classes_fault([label for label in labels.values() if label is not None], faults, hint)


def _add_unclear_label_fault(
    label: InspectedImage, faults: Faults, nerve_classes: Collection[int] | None, hint: str
) -> None:
    """Add a fault where it is not clear which pixels of a label are foreground."""
    where, facts = str(label.path), label.label
    values = ", ".join(map(str, facts.values))
    if nerve_classes is not None:
        if not facts.values:
            faults.add("A label has too many values for a map of classes", where=where, hint="save it without loss")
        return
    if facts.has_classes:
        faults.add("A label has more than two classes", where=where, why=f"its values: {values}", hint=hint)
    elif not facts.is_two_valued:
        faults.add("A label is not black and white", where=where, why="it looks like an image", hint=hint)
    elif facts.foreground_share > MAX_FOREGROUND_SHARE and facts.values != (0,):
        faults.add(
            "More than half of a label is white: it looks inverted",
            where=where,
            why=f"{facts.foreground_share:.0%} of it is bright, and bright is nerve or vessel",
            hint=f"invert it; its values: {values or 'many'}; {hint}",
        )


def _add_mixed_classes_fault(labels: Sequence[InspectedImage], faults: Faults, hint: str) -> None:
    """Add a fault where the white of some labels is 1 and of others 2: these are numbers of classes, not white."""
    numbers = {label.path: label.label.values[-1] for label in labels if label.label.values}
    small = {path: number for path, number in numbers.items() if 0 < number < MIN_BRIGHTNESS_VALUE}
    if len(set(small.values())) > 1:
        first = {number: path for path, number in reversed(small.items())}
        faults.add(
            "Labels differ in the value of their foreground",
            where=", ".join(f"{path}: {number}" for number, path in sorted(first.items())),
            why="values below 32 number classes, and the labels do not agree on one class",
            hint=hint,
        )


def most_common_size(pictures: Iterable[InspectedImage]) -> tuple[int, int] | None:
    """Return the size most pictures have; None without any."""
    counts = Counter(picture.size for picture in pictures)
    return counts.most_common(1)[0][0] if counts else None
