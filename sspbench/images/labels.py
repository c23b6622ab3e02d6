"""Labels: masks of nerves or vessels, as black and white pictures of any depth or as maps of classes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import Faults
from .decode import decode_image
from .decoded import DecodedImage
from .pictures import to_grey8
from .pixels import get_usable_samples, turn_upright

# Distinct values up to which a label may be a map of classes; more are smoothed edges or a photograph.
MAX_CLASSES = 16

# A label whose brightest value is below holds numbers of classes, not brightness.
MIN_BRIGHTNESS_VALUE = 32

# Side of a block of one value that cannot be the edge of a line.
FLAT_BLOCK_SIDE_PX = 3

# Share of the pixels below which a third value is noise.
MAX_NOISE_SHARE = 0.0005

# Folders of labels that may be empty: nothing is trained on them.
MAY_BE_EMPTY = ("trainA_labels", "testA_labels")

# Share of a label's pixels that must be near black or white; the rest are smoothed edges of resized labels.
MIN_BLACK_WHITE_SHARE = 0.9


@dataclass(frozen=True)
class LabelFacts:
    """What a label looks like.

    Attributes:
        is_two_valued: Whether nearly all pixels are near its darkest or brightest value.
        values: Its distinct values, if they are few; of a palette picture, the indices.
        has_classes: Whether these are more than two classes.
        foreground_share: Share of the pixels that are foreground, which the brighter half is.
        pixels: Number of pixels of each of ``values``.
    """

    is_two_valued: bool
    values: tuple[int, ...]
    has_classes: bool
    foreground_share: float
    pixels: tuple[int, ...] = ()


def label_values(image: DecodedImage, path: Path) -> np.ndarray:
    """Return the values of a label as stored, (H, W), any integer type: indices of a palette, colour as its grey."""
    if image.channels == "P" or (image.channels == "L" and not image.is_float and not image.is_white_zero):
        values = turn_upright(image.pixels, image.orientation)
        if values.min() >= 0:
            return values
    samples = get_usable_samples(image, path)
    if samples.ndim == 3 and (samples == samples[..., :1]).all():
        return samples[..., 0]
    return samples if samples.ndim == 2 else to_grey8(samples)


def brightness(image: DecodedImage, path: Path) -> np.ndarray:
    """Return the (H, W) values of a label by which black and white are distinguished: the colours of a palette."""
    if image.channels == "P":
        return to_grey8(get_usable_samples(image, path))
    return label_values(image, path)


def binarise_label(values: np.ndarray) -> np.ndarray:
    """Bring a label (H, W) with any white (1, 128, 255, 4095) to 0 and 255, uint8."""
    return np.where(values > values.max() / 2, np.uint8(255), np.uint8(0))


def read_label(path: Path, nerve_classes: Collection[int] | None = None) -> np.ndarray:
    """Read a label as (H, W) uint8: 255 foreground (nerve or vessel), 0 background.

    Foreground are the values ``nerve_classes`` (of a palette picture, the indices); None: the brighter of two.
    """
    image = decode_image(path)
    if nerve_classes is None:
        return binarise_label(brightness(image, path))
    return np.where(np.isin(label_values(image, path), list(nerve_classes)), np.uint8(255), np.uint8(0))


def describe_label(image: DecodedImage, path: Path) -> LabelFacts:
    """Look at a label."""
    values, bright = label_values(image, path), brightness(image, path)
    top = int(bright.max())
    extreme = (bright <= top * 0.1) | (bright >= top * 0.9)
    found, counts = np.unique(values, return_counts=True)
    is_few = len(found) <= MAX_CLASSES
    return LabelFacts(
        is_two_valued=bool(extreme.mean() >= MIN_BLACK_WHITE_SHARE),
        values=tuple(found.tolist()) if is_few else (),
        has_classes=is_few and len(found) > 2 and (image.channels == "P" or _is_class_map(values, found, counts)),
        foreground_share=float((bright > top / 2).mean()),
        pixels=tuple(counts.tolist()) if is_few else (),
    )


def _is_class_map(values: np.ndarray, found: np.ndarray, counts: np.ndarray) -> bool:
    """Return whether values are classes and not the grey edges of a resized mask, which are many or nowhere flat."""
    if found[-1] < MIN_BRIGHTNESS_VALUE:
        return True
    between = found[1:-1][counts[1:-1] >= MAX_NOISE_SHARE * values.size]
    return len(between) > 0 and (len(found) == 3 or any(_has_flat_block(values == value) for value in between))


def _has_flat_block(mask: np.ndarray) -> bool:
    """Return whether a square block of a (H, W) mask is all true."""
    if min(mask.shape) < FLAT_BLOCK_SIDE_PX:
        return False
    blocks = np.lib.stride_tricks.sliding_window_view(mask, (FLAT_BLOCK_SIDE_PX, FLAT_BLOCK_SIDE_PX))
    return bool(blocks.all(axis=(-1, -2)).any())


def count_classes(labels: Sequence[LabelFacts]) -> dict[int, int]:
    """Return the number of pixels of each value over labels that have few, by value."""
    counts: dict[int, int] = {}
    for facts in labels:
        for value, pixels in zip(facts.values, facts.pixels, strict=True):
            counts[value] = counts.get(value, 0) + pixels
    return dict(sorted(counts.items()))


def add_unusable_sets(
    folders: Mapping[str, Sequence[LabelFacts]], nerve_classes: Collection[int] | None, faults: Faults, hint: str
) -> None:
    """Add a fault for every class that no label has, and every set whose labels have no foreground, or nothing else.

    ``folders`` holds the labels of each folder; ``nerve_classes`` are the values that are nerve, None: white is.
    """
    everything = count_classes([facts for labels in folders.values() for facts in labels])
    if nerve_classes is not None and everything:
        for number in sorted(set(nerve_classes) - everything.keys()):
            faults.add(f"No label has the class {number}", why=f"pixels by value: {tell_counts(everything)}", hint=hint)
    for folder, labels in folders.items():
        counts = count_classes(labels)
        if nerve_classes is None:
            nerve = sum(facts.foreground_share for facts in labels)
        else:
            nerve = sum(pixels for value, pixels in counts.items() if value in nerve_classes)
        total = sum(counts.values())
        why = f"pixels by value in its {len(labels)} labels: {tell_counts(counts)}"
        if labels and nerve == 0 and (nerve_classes is not None or folder not in MAY_BE_EMPTY):
            faults.add("All labels of a folder are empty", where=folder, why=why, hint=hint)
        if nerve_classes is not None and total and nerve == total:
            faults.add("The labels of a folder are foreground everywhere", where=folder, why=why, hint=hint)


def tell_counts(counts: Mapping[int, int]) -> str:
    """Return counts of pixels by value in words.

    >>> tell_counts({0: 100, 255: 7})
    '100 of 0, 7 of 255'
    """
    return ", ".join(f"{pixels} of {value}" for value, pixels in counts.items()) or "too many values to count"
